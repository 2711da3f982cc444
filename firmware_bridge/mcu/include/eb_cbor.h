/* As much of CBOR (RFC 8949, deterministic encoding) as the messages need: integers of 32 bits and a sign, byte
 * strings, text, arrays, maps with small keys. */
#ifndef EB_CBOR_H
#define EB_CBOR_H

#include "eb_result.h"

enum eb_major { EB_UINT, EB_NINT, EB_BYTES, EB_TEXT, EB_ARRAY, EB_MAP, EB_TAG, EB_SIMPLE };

/* Writes into the caller's buffer; what does not fit sets `status`, and nothing more is written. */
struct eb_writer {
    uint8_t *data;
    size_t capacity;
    size_t length;
    enum eb_status status;
};

void eb_writer_init(struct eb_writer *writer, uint8_t *data, size_t capacity);
void eb_put_head(struct eb_writer *writer, enum eb_major major, uint32_t value);
void eb_put_int(struct eb_writer *writer, int32_t value);
void eb_put_bytes(struct eb_writer *writer, enum eb_major major, const uint8_t *data, size_t length);

/* One value of a map: a number, or bytes inside the message. */
struct eb_value {
    bool is_there;
    enum eb_major major;
    uint32_t number;     /* of EB_UINT; of EB_NINT it is -1 - number */
    const uint8_t *data; /* of EB_BYTES and EB_TEXT */
    size_t length;
};

/* Reads a whole message: a map with keys 0 .. 23 in order. Values of keys below `count` are kept, all others checked
 * and skipped. */
struct eb_result eb_read_map(const uint8_t *data, size_t length, struct eb_value *values, size_t count);

#endif
