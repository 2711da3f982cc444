#include "strokes_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void demand(int holds, const char *condition, const char *file, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
        abort();
    }
}

static int has(const struct eb_stroke *stroke, unsigned column)
{
    return stroke->has >> column & 1;
}

int is_equal(const struct eb_stroke *left, const struct eb_stroke *right)
{
    if (left->scale != right->scale || left->count != right->count || left->has != right->has) {
        return 0;
    }
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        size_t bytes = left->count * sizeof left->values[column][0];
        if (has(left, column) && memcmp(left->values[column], right->values[column], bytes) != 0) {
            return 0;
        }
    }
    return 1;
}

struct eb_result encode_into(const struct eb_stroke *stroke, uint8_t *out, size_t capacity)
{
    uint8_t *exact = malloc(capacity != 0 ? capacity : 1);
    DEMAND(exact != NULL);
    struct eb_result result = eb_strokes_encode(stroke, exact, capacity);
    if (result.status == EB_OK) {
        DEMAND(result.length <= capacity);
        memcpy(out, exact, (size_t)result.length);
    }
    free(exact);
    return result;
}

struct eb_result decode_copy(const uint8_t *data, size_t size, size_t at, struct eb_stroke *stroke)
{
    uint8_t *exact = malloc(size != 0 ? size : 1);
    DEMAND(exact != NULL);
    if (size != 0) {
        memcpy(exact, data, size);
    }
    struct eb_result result = eb_strokes_decode(exact, size, at, stroke);
    free(exact);
    return result;
}

enum eb_status check_stroke(const struct eb_stroke *stroke)
{
    static uint8_t out[EB_STROKE_BYTES_MAX], again[EB_STROKE_BYTES_MAX];
    struct eb_result written = encode_into(stroke, out, sizeof out);
    DEMAND(written.status != EB_NO_ROOM);
    if (written.status != EB_OK) {
        return written.status;
    }
    size_t size = (size_t)written.length;
    struct eb_stroke *read = malloc(sizeof *read);
    DEMAND(read != NULL);
    struct eb_result back = decode_copy(out, size, 0, read);
    DEMAND(back.status == EB_OK);
    DEMAND(back.length == size);
    DEMAND(is_equal(read, stroke));
    DEMAND(encode_into(stroke, again, size).status == EB_OK);
    DEMAND(memcmp(out, again, size) == 0);
    DEMAND(encode_into(stroke, again, size - 1).status == EB_NO_ROOM);
    for (size_t cut = 0; cut < size; cut += 1 + size / 16) {
        DEMAND(decode_copy(out, cut, 0, read).status != EB_OK);
    }
    free(read);
    return EB_OK;
}

enum eb_status check_bytes(const uint8_t *data, size_t size)
{
    struct eb_stroke *stroke = malloc(sizeof *stroke);
    DEMAND(stroke != NULL);
    struct eb_result read = decode_copy(data, size, 0, stroke);
    if (read.status == EB_OK) {
        DEMAND(read.length <= size);
        DEMAND(check_stroke(stroke) == EB_OK);
        DEMAND(decode_copy(data, (size_t)read.length, 0, stroke).status == EB_OK);
    }
    free(stroke);
    return read.status;
}

/* The next number of up to `width` bytes; zeros follow the data. */
static uint64_t take(const uint8_t **data, size_t *left, unsigned width)
{
    uint64_t number = 0;
    for (unsigned j = 0; j < width && *left > 0; j++) {
        number = number << 8 | *(*data)++;
        --*left;
    }
    return number;
}

static int64_t take_value(const uint8_t **data, size_t *left, enum eb_column column, int64_t last, uint8_t habit)
{
    static const int64_t EDGES[] = {INT64_MIN, INT64_MAX, -1, 4096, INT64_C(1) << 32, INT64_C(1) << 28};
    int64_t low = eb_column_low(column), high = eb_column_high(column);
    uint64_t choice = take(data, left, 1);
    if (habit == 255 && choice < sizeof EDGES / sizeof *EDGES) {
        return EDGES[choice];
    }
    switch (choice % 8) {
    case 0:
        return last;
    case 1:
        return choice & 8 ? low : high;
    case 2:
        return low + (int64_t)(take(data, left, 5) % (uint64_t)(high - low + 1));
    default: { /* a little further, on a grid */
        int64_t step = habit % 2 == 0 ? 20 : 1 + habit % 7;
        int64_t next = last + step * ((int64_t)take(data, left, 1) - 128);
        return next < low ? low : next > high ? high : next;
    }
    }
}

void stroke_of_bytes(const uint8_t *data, size_t size, struct eb_stroke *stroke)
{
    static const int64_t SCALES[] = {20, 8, 1, 1024, 3, 20, 8, 0};
    memset(stroke, 0, sizeof *stroke);
    uint8_t habit = (uint8_t)take(&data, &size, 1);
    stroke->scale = SCALES[take(&data, &size, 1) % 8];
    stroke->count = (size_t)(take(&data, &size, 2) % (EB_POINTS_MAX + 2));
    stroke->count = habit & 4 ? stroke->count : stroke->count % 24;
    uint64_t columns = take(&data, &size, 1);
    stroke->has = 3;
    stroke->has |= columns & 1 ? 1U << EB_PRESSURE : 0;
    stroke->has |= columns & 2 ? 1U << EB_TIME : 0;
    stroke->has |= columns & 4 ? 1U << EB_TILT_X | 1U << EB_TILT_Y : 0;
    stroke->has |= habit == 254 ? 1U << EB_TILT_Y : 0;
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        int64_t last = 0;
        for (size_t j = 0; j < stroke->count && j < EB_POINTS_MAX; j++) {
            last = take_value(&data, &size, (enum eb_column)column, last, habit);
            stroke->values[column][j] = last;
            last = habit == 255 ? 0 : last;
        }
    }
}
