/* What every function here answers: a status of bits, and a length whose meaning the function says. */
#ifndef EB_RESULT_H
#define EB_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum eb_status {
    EB_OK = 0,
    EB_NO_ROOM = 1 << 0,     /* the buffer, the window or the line is full: try again later */
    EB_CUT_SHORT = 1 << 1,   /* the bytes end too early */
    EB_BAD_FRAME = 1 << 2,   /* COBS or CRC does not hold */
    EB_BAD_KIND = 1 << 3,    /* a kind or a flag that nobody knows */
    EB_BAD_VALUE = 1 << 4,   /* out of its range */
    EB_BAD_ENCODING = 1 << 5 /* CBOR that is not in its deterministic encoding */
};

struct eb_result {
    enum eb_status status;
    size_t length;
};

static inline struct eb_result eb_result_of(enum eb_status status, size_t length)
{
    struct eb_result result = {status, length};
    return result;
}

#endif
