/* Rules of this file: bytes in, bytes out; whatever comes, nothing is read or written outside of what was given. */
#include "eb_frame.h"

/* CRC-32C a nibble at a time: 64 bytes of table instead of 1024, and a UART is slower still. */
static const uint32_t crc_table[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
    0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

uint32_t eb_crc32c(uint32_t crc, const uint8_t *data, size_t length)
{
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ crc_table[crc & 15];
        crc = crc >> 4 ^ crc_table[crc & 15];
    }
    return ~crc;
}

struct eb_result eb_frame_encode(const uint8_t *packet, size_t length, uint8_t *out, size_t capacity)
{
    if (length == 0) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    if (capacity < EB_FRAME_BYTES(length)) {
        return eb_result_of(EB_NO_ROOM, EB_FRAME_BYTES(length));
    }
    const uint32_t crc = eb_crc32c(0, packet, length);
    size_t at = 0;
    out[at++] = 0;
    size_t code = at++; /* where the length of the run that is being written will stand */
    uint8_t run = 1;
    const size_t total = length + EB_CRC_BYTES;
    for (size_t i = 0; i < total; i++) {
        const uint8_t byte = (uint8_t)(i < length ? packet[i] : crc >> 8 * (i - length));
        if (byte != 0) {
            out[at++] = byte;
            run++;
        }
        if (byte == 0 || (run == 255 && i + 1 < total)) {
            out[code] = run;
            code = at++;
            run = 1;
        }
    }
    out[code] = run;
    out[at++] = 0;
    return eb_result_of(EB_OK, at);
}

struct eb_result eb_frame_decode(uint8_t *data, size_t length)
{
    size_t from = 0;
    size_t to = 0;
    while (from < length) {
        const uint8_t code = data[from++];
        if (code == 0 || (size_t)(code - 1) > length - from) {
            return eb_result_of(EB_BAD_FRAME, 0);
        }
        for (uint8_t i = 1; i < code; i++) {
            if (data[from] == 0) {
                return eb_result_of(EB_BAD_FRAME, 0);
            }
            data[to++] = data[from++];
        }
        if (code != 255 && from < length) {
            data[to++] = 0;
        }
    }
    if (to <= EB_CRC_BYTES) {
        return eb_result_of(EB_BAD_FRAME, 0);
    }
    to -= EB_CRC_BYTES;
    const uint32_t crc = eb_crc32c(0, data, to);
    for (size_t i = 0; i < EB_CRC_BYTES; i++) {
        if (data[to + i] != (uint8_t)(crc >> 8 * i)) {
            return eb_result_of(EB_BAD_FRAME, 0);
        }
    }
    return eb_result_of(EB_OK, to);
}

void eb_deframer_init(struct eb_deframer *deframer, uint8_t *data, size_t capacity)
{
    deframer->data = data;
    deframer->capacity = capacity;
    deframer->length = 0;
    deframer->is_overlong = false;
    deframer->damaged = 0;
}

struct eb_result eb_deframer_take(struct eb_deframer *deframer, uint8_t byte)
{
    if (byte != 0) {
        if (deframer->length < deframer->capacity) {
            deframer->data[deframer->length++] = byte;
        } else {
            deframer->is_overlong = true;
        }
        return eb_result_of(EB_OK, 0);
    }
    const size_t length = deframer->length;
    const bool is_overlong = deframer->is_overlong;
    deframer->length = 0;
    deframer->is_overlong = false;
    if (length == 0) {
        return eb_result_of(EB_OK, 0);
    }
    const struct eb_result result =
        is_overlong ? eb_result_of(EB_BAD_FRAME, 0) : eb_frame_decode(deframer->data, length);
    deframer->damaged += result.status != EB_OK;
    return result;
}
