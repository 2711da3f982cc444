/* Rules of this file: the reader refuses whatever the writer of the other side would not have written. */
#include "eb_cbor.h"

#define DEPTH_MAX 4 /* of arrays in arrays */
#define KEY_MAX 23

void eb_writer_init(struct eb_writer *writer, uint8_t *data, size_t capacity)
{
    writer->data = data;
    writer->capacity = capacity;
    writer->length = 0;
    writer->status = EB_OK;
}

static void put(struct eb_writer *writer, uint8_t byte)
{
    if (writer->length < writer->capacity) {
        writer->data[writer->length++] = byte;
    } else {
        writer->status = EB_NO_ROOM;
    }
}

void eb_put_head(struct eb_writer *writer, enum eb_major major, uint32_t value)
{
    const uint8_t top = (uint8_t)((unsigned)major << 5);
    unsigned bytes = 0;
    if (value < 24) {
        put(writer, (uint8_t)(top | value));
    } else if (value <= 0xFF) {
        put(writer, top | 24);
        bytes = 1;
    } else if (value <= 0xFFFF) {
        put(writer, top | 25);
        bytes = 2;
    } else {
        put(writer, top | 26);
        bytes = 4;
    }
    while (bytes-- > 0) {
        put(writer, (uint8_t)(value >> 8 * bytes));
    }
}

void eb_put_int(struct eb_writer *writer, int32_t value)
{
    if (value < 0) {
        eb_put_head(writer, EB_NINT, (uint32_t)(-(value + 1)));
    } else {
        eb_put_head(writer, EB_UINT, (uint32_t)value);
    }
}

void eb_put_bytes(struct eb_writer *writer, enum eb_major major, const uint8_t *data, size_t length)
{
    eb_put_head(writer, major, (uint32_t)length);
    for (size_t i = 0; i < length; i++) {
        put(writer, data[i]);
    }
}

struct reader {
    const uint8_t *data;
    size_t length;
    size_t at;
};

static enum eb_status read_head(struct reader *reader, enum eb_major *major, uint32_t *value)
{
    if (reader->at >= reader->length) {
        return EB_CUT_SHORT;
    }
    const uint8_t first = reader->data[reader->at++];
    const unsigned low = first & 31;
    *major = (enum eb_major)(first >> 5);
    if (low < 24) {
        *value = low;
        return EB_OK;
    }
    if (low > 26) { /* 64 bits, reserved, or of indefinite length */
        return EB_BAD_ENCODING;
    }
    const size_t bytes = (size_t)1 << (low - 24);
    if (bytes > reader->length - reader->at) {
        return EB_CUT_SHORT;
    }
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum = sum << 8 | reader->data[reader->at++];
    }
    *value = sum;
    const uint32_t least = bytes == 1 ? 24 : bytes == 2 ? 0x100 : 0x10000;
    return sum < least ? EB_BAD_ENCODING : EB_OK;
}

/* One value, arrays with all they hold. Its nesting is counted, not recursed: the stack of a small part is short. */
static enum eb_status read_value(struct reader *reader, struct eb_value *value)
{
    uint32_t left[DEPTH_MAX + 1] = {1};
    size_t depth = 0;
    bool is_first = true;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0) {
                return EB_OK;
            }
            depth--;
        }
        left[depth]--;
        struct eb_value found = {.is_there = true};
        const enum eb_status status = read_head(reader, &found.major, &found.number);
        if (status != EB_OK) {
            return status;
        }
        switch (found.major) {
        case EB_UINT:
        case EB_NINT:
            break;
        case EB_BYTES:
        case EB_TEXT:
            if (found.number > reader->length - reader->at) {
                return EB_CUT_SHORT;
            }
            found.data = reader->data + reader->at;
            found.length = found.number;
            reader->at += found.length;
            break;
        case EB_ARRAY:
            if (depth == DEPTH_MAX) {
                return EB_BAD_ENCODING;
            }
            left[++depth] = found.number;
            break;
        case EB_SIMPLE:
            if (found.number < 20 || found.number > 22) { /* false, true, null */
                return EB_BAD_ENCODING;
            }
            break;
        case EB_MAP:
        case EB_TAG:
        default:
            return EB_BAD_ENCODING;
        }
        if (is_first) {
            *value = found;
            is_first = false;
        }
    }
}

struct eb_result eb_read_map(const uint8_t *data, size_t length, struct eb_value *values, size_t count)
{
    struct reader reader = {data, length, 0};
    enum eb_major major = EB_SIMPLE;
    uint32_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        values[i].is_there = false;
    }
    enum eb_status status = read_head(&reader, &major, &pairs);
    if (status == EB_OK && (major != EB_MAP || pairs > KEY_MAX + 1)) {
        status = EB_BAD_ENCODING;
    }
    uint32_t next = 0; /* least key that may come */
    for (; status == EB_OK && pairs > 0; pairs--) {
        uint32_t key = 0;
        struct eb_value value;
        status = read_head(&reader, &major, &key);
        if (status == EB_OK && (major != EB_UINT || key < next || key > KEY_MAX)) {
            status = EB_BAD_ENCODING;
        }
        if (status == EB_OK) {
            status = read_value(&reader, &value);
        }
        if (status == EB_OK && key < count) {
            values[key] = value;
        }
        next = key + 1;
    }
    if (status == EB_OK && reader.at != length) {
        status = EB_BAD_ENCODING;
    }
    return eb_result_of(status, reader.at);
}
