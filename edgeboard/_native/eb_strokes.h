/* Strokes as bytes: docs/formats/oplog.md, "Columns of a stroke", one whole stroke a call.
 *
 * The twin of edgeboard/oplog/codec.py and planes.py, which say why things are as they are: the same bytes out, the
 * same values back, an error for the same inputs. C11 with the built-ins of GCC and Clang; no allocation, no state, no
 * platform header: the caller owns every buffer. Whatever the input, nothing is read or written outside of it.
 */
#ifndef EB_STROKES_H
#define EB_STROKES_H

#include <stddef.h>
#include <stdint.h>

#define EB_POINTS_MAX 500
#define EB_STROKE_BYTES_MAX 21400 /* flags, n, grid, firsts: 33; six columns of 7 + 499 * 57 bits */

enum eb_column { EB_X, EB_Y, EB_PRESSURE, EB_TIME, EB_TILT_X, EB_TILT_Y, EB_COLUMNS };

/* One bit each. A function reports the first fault it meets. */
enum eb_status {
    EB_OK = 0,
    /* encoding: the stroke is outside the format */
    EB_BAD_COUNT = 1 << 0, /* not 1 to EB_POINTS_MAX points */
    EB_BAD_SCALE = 1 << 1,
    EB_HALF_TILT = 1 << 2,  /* one column of tilt without the other */
    EB_BAD_COLUMN = 1 << 3, /* a value out of range; `length` is the column */
    EB_TOO_FAR = 1 << 4,    /* a jump does not fit in 32 bits */
    EB_NO_ROOM = 1 << 5,    /* the caller's buffer; EB_STROKE_BYTES_MAX is always enough */
    /* decoding: the bytes break the format */
    EB_CUT_SHORT = 1 << 8,
    EB_BAD_FLAGS = 1 << 9,
    EB_BAD_NUMBER = 1 << 10, /* a varint above 2**53 - 1, too long, or not in its shortest form */
    EB_NO_POINTS = 1 << 11,
    EB_MANY_POINTS = 1 << 12, /* a limit; `length` is the number of points */
    EB_BAD_GRID = 1 << 13,
    EB_BAD_ORDER = 1 << 14,
    EB_BAD_RICE = 1 << 15,  /* the parameter, or a unary code, is above 24 */
    EB_BAD_BITS = 1 << 16,  /* not padded with zeros */
    EB_BAD_VALUE = 1 << 17, /* out of range */
};

struct eb_result {
    enum eb_status status;
    uint64_t length; /* encoding: bytes written; decoding: the offset behind the columns */
};

struct eb_stroke {
    int64_t scale; /* steps per px */
    size_t count;  /* points */
    uint32_t has;  /* 1 << column for each that is present; EB_X and EB_Y always are */
    int64_t values[EB_COLUMNS][EB_POINTS_MAX];
};

/* The values that a column may hold, both included. */
int64_t eb_column_low(enum eb_column column);
int64_t eb_column_high(enum eb_column column);

/* Writes the one encoding that the format has for a stroke; on an error `out` holds nothing of use. */
struct eb_result eb_strokes_encode(const struct eb_stroke *stroke, uint8_t *out, size_t capacity);

/* Reads the columns that begin at offset `at`; on an error `stroke` holds nothing of use. */
struct eb_result eb_strokes_decode(const uint8_t *data, size_t size, size_t at, struct eb_stroke *stroke);

#endif
