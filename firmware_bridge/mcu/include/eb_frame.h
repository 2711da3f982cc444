/* Frames: docs/formats/serial.md, "Frames". The twin of firmware_bridge/framing.py. */
#ifndef EB_FRAME_H
#define EB_FRAME_H

#include "eb_config.h"
#include "eb_result.h"

#define EB_CRC_BYTES 4
/* Bytes on the line of a packet of so many: two zeros, the CRC, one for each 254. */
#define EB_FRAME_BYTES(packet) ((packet) + EB_CRC_BYTES + ((packet) + EB_CRC_BYTES) / 254 + 3)
/* The most that a port has to write at once. */
#define EB_WRITE_MAX EB_FRAME_BYTES(EB_HELLO_MAX)

/* CRC-32C of data that goes on from `crc`; begin with 0. */
uint32_t eb_crc32c(uint32_t crc, const uint8_t *data, size_t length);

/* So far behind the beginning of `out` a packet of up to 250 bytes may lie in the same buffer. */
#define EB_FRAME_GAP 3

/* Writes a packet as it goes on the line, both zeros included; `length` is the bytes written. */
struct eb_result eb_frame_encode(const uint8_t *packet, size_t length, uint8_t *out, size_t capacity);

/* Reads what stands between two zeros, in place; `length` is that of the packet at the beginning of `data`. */
struct eb_result eb_frame_decode(uint8_t *data, size_t length);

/* Cuts a stream into packets. */
struct eb_deframer {
    uint8_t *data; /* the caller's; also where a packet lies until the next byte is taken */
    size_t capacity;
    size_t length;
    bool is_overlong;
    uint32_t damaged; /* stretches that were no frame: noise, or text */
};

void eb_deframer_init(struct eb_deframer *deframer, uint8_t *data, size_t capacity);

/* Takes a byte. EB_OK with a length: a packet of so many bytes is complete. EB_OK with 0: not yet. */
struct eb_result eb_deframer_take(struct eb_deframer *deframer, uint8_t byte);

#endif
