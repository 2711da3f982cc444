/* The kernel of strokes against tables: what it must refuse and by which status, and golden strokes from a file.
 *
 *     strokes_table GOLDEN
 *
 * GOLDEN holds numbers apart by spaces: scale, count, six columns, each 0 or 1 and its values, then the number of bytes
 * and the bytes. Says how many cases held.
 */
#include "strokes_checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct refused {
    const char *name;
    enum eb_status status;
    size_t size;
    const char *bytes;
};

#define BYTES(literal) (sizeof(literal) - 1), (literal)

static const struct refused REFUSED[] = {
    {"nothing", EB_CUT_SHORT, BYTES("")},
    {"a coarse time beyond 2**32 ms", EB_BAD_VALUE, BYTES("\xa1\x01\x00\x00\x80\x80\x80\x80\x01")},
    {"order 3 of tilt", EB_BAD_ORDER, BYTES("\x41\x02\x00\x00\x00\x00\x0c\x00")},
    {"pressure code 7", EB_BAD_FLAGS, BYTES("\x1d\x01\x00\x00\x00")},
    {"no count", EB_CUT_SHORT, BYTES("\x01")},
    {"no points", EB_NO_POINTS, BYTES("\x01\x00\x00\x00")},
    {"501 points", EB_MANY_POINTS, BYTES("\x01\xf5\x03\x00\x00")},
    {"2**53 - 1 points", EB_MANY_POINTS, BYTES("\x01\xff\xff\xff\xff\xff\xff\xff\x0f")},
    {"2**53 points", EB_BAD_NUMBER, BYTES("\x01\x80\x80\x80\x80\x80\x80\x80\x10")},
    {"a count of nine bytes", EB_BAD_NUMBER, BYTES("\x01\x81\x80\x80\x80\x80\x80\x80\x80\x01")},
    {"a count that is not in its shortest form", EB_BAD_NUMBER, BYTES("\x01\x81\x00\x00\x00")},
    {"a count that is cut", EB_CUT_SHORT, BYTES("\x01\x81")},
    {"scale 0", EB_BAD_GRID, BYTES("\x00\x01\x00\x01\x01\x00\x00")},
    {"scale 1025", EB_BAD_GRID, BYTES("\x00\x01\x81\x08\x01\x01\x00\x00")},
    {"step 0", EB_BAD_GRID, BYTES("\x00\x01\x01\x01\x00\x00\x00")},
    {"step 2**20 + 1", EB_BAD_GRID, BYTES("\x00\x01\x01\x81\x80\x40\x01\x00\x00")},
    {"no y", EB_CUT_SHORT, BYTES("\x01\x01\x00")},
    {"x at 2**28", EB_BAD_VALUE, BYTES("\x01\x01\x80\x80\x80\x80\x02\x00")},
    {"y at -2**28", EB_BAD_VALUE, BYTES("\x01\x01\x00\xff\xff\xff\xff\x01")},
    {"x at 2**52", EB_BAD_VALUE, BYTES("\x01\x01\xfe\xff\xff\xff\xff\xff\xff\x0f\x00")},
    {"level 101 of 100", EB_BAD_VALUE, BYTES("\x05\x01\x00\x00\x65")},
    {"time 2**32", EB_BAD_VALUE, BYTES("\x21\x01\x00\x00\x80\x80\x80\x80\x10")},
    {"tilt 91", EB_BAD_VALUE, BYTES("\x41\x01\x00\x00\xb6\x01\x00")},
    {"tilt -91", EB_BAD_VALUE, BYTES("\x41\x01\x00\x00\x00\xb5\x01")},
    {"no bits", EB_CUT_SHORT, BYTES("\x01\x02\x00\x00")},
    {"order 3", EB_BAD_ORDER, BYTES("\x01\x02\x00\x00\xc0\x00")},
    {"k of 25", EB_BAD_RICE, BYTES("\x01\x02\x00\x00\x72\x00\x00\x00\x00")},
    {"25 ones", EB_BAD_RICE, BYTES("\x01\x02\x00\x00\x41\xff\xff\xff\x80\x00\x00\x00\x00")},
    {"ones to the end", EB_CUT_SHORT, BYTES("\x01\x02\x00\x00\x41\xff\xff")},
    {"low bits that are cut", EB_CUT_SHORT, BYTES("\x01\x02\x00\x00\x70\x00\x00")},
    {"wide bits that are cut", EB_CUT_SHORT, BYTES("\x01\x02\x00\x00\x41\xff\xff\xfe\x00\x00\x00")},
    {"padding", EB_BAD_BITS, BYTES("\x01\x02\x00\x00\x01")},
    {"x beyond the end by steps", EB_BAD_VALUE, BYTES("\x00\x02\x01\x80\x80\x40\x01\x00\x00\x55\x00\x00")},
};

struct outside {
    const char *name;
    enum eb_status status;
    size_t count;
    int64_t scale;
    uint32_t has;
    enum eb_column column; /* of the one value that is not 0 */
    size_t point;
    int64_t value;
};

enum { XY = 3, ALL = 63, ONE_TILT = 3 | 1 << EB_TILT_X, LAST = EB_POINTS_MAX - 1 };

static const struct outside OUTSIDE[] = {
    {"no points", EB_BAD_COUNT, 0, 20, XY, EB_X, 0, 0},
    {"501 points", EB_BAD_COUNT, 501, 20, XY, EB_X, 0, 0},
    {"any number of points", EB_BAD_COUNT, SIZE_MAX, 20, XY, EB_X, 0, 0},
    {"scale 0", EB_BAD_SCALE, 1, 0, XY, EB_X, 0, 0},
    {"scale 1025", EB_BAD_SCALE, 1, 1025, XY, EB_X, 0, 0},
    {"scale far off", EB_BAD_SCALE, 1, INT64_MIN, XY, EB_X, 0, 0},
    {"half a tilt", EB_HALF_TILT, 2, 20, ONE_TILT, EB_X, 0, 0},
    {"x at 2**28", EB_BAD_COLUMN, 500, 20, ALL, EB_X, LAST, INT64_C(1) << 28},
    {"y at -2**28", EB_BAD_COLUMN, 500, 20, ALL, EB_Y, LAST, -(INT64_C(1) << 28)},
    {"x far off", EB_BAD_COLUMN, 2, 20, ALL, EB_X, 1, INT64_MIN},
    {"y far off", EB_BAD_COLUMN, 2, 20, ALL, EB_Y, 1, INT64_MAX},
    {"pressure 4096", EB_BAD_COLUMN, 500, 20, ALL, EB_PRESSURE, 7, 4096},
    {"pressure -1", EB_BAD_COLUMN, 500, 20, ALL, EB_PRESSURE, 7, -1},
    {"time 2**32", EB_BAD_COLUMN, 500, 20, ALL, EB_TIME, LAST, INT64_C(1) << 32},
    {"time -1", EB_BAD_COLUMN, 500, 20, ALL, EB_TIME, 0, -1},
    {"tilt 91", EB_BAD_COLUMN, 500, 20, ALL, EB_TILT_X, 0, 91},
    {"tilt -91", EB_BAD_COLUMN, 500, 20, ALL, EB_TILT_Y, LAST, -91},
    {"a jump in time", EB_TOO_FAR, 2, 20, ALL, EB_TIME, 0, (INT64_C(1) << 32) - 1},
    {"no jump at all", EB_OK, 500, 20, ALL, EB_X, 0, 0},
    {"the longest jump in time", EB_OK, 2, 20, ALL, EB_TIME, 1, (INT64_C(1) << 31) - 1},
    {"the longest jump back", EB_OK, 2, 20, ALL, EB_TIME, 0, INT64_C(1) << 31},
    {"the longest jump in space", EB_OK, 500, 20, ALL, EB_X, 250, (INT64_C(1) << 28) - 1},
};

static int failures;

static void expect(const char *name, long long wanted, long long got)
{
    if (wanted != got) {
        printf("%s: wanted %lld, got %lld\n", name, wanted, got);
        failures++;
    }
}

static void check_refused(void)
{
    struct eb_stroke stroke;
    for (size_t j = 0; j < sizeof REFUSED / sizeof *REFUSED; j++) {
        const uint8_t *bytes = (const uint8_t *)REFUSED[j].bytes;
        expect(REFUSED[j].name, REFUSED[j].status, decode_copy(bytes, REFUSED[j].size, 0, &stroke).status);
        check_bytes(bytes, REFUSED[j].size);
    }
    expect("an offset at the end", EB_CUT_SHORT, decode_copy((const uint8_t *)"\x01", 1, 1, &stroke).status);
    expect("an offset far behind", EB_CUT_SHORT, decode_copy((const uint8_t *)"\x01", 1, SIZE_MAX, &stroke).status);
    expect("no buffer", EB_CUT_SHORT, eb_strokes_decode(NULL, 0, 0, &stroke).status);
}

static void check_outside(void)
{
    for (size_t j = 0; j < sizeof OUTSIDE / sizeof *OUTSIDE; j++) {
        struct eb_stroke stroke;
        memset(&stroke, 0, sizeof stroke);
        stroke.count = OUTSIDE[j].count;
        stroke.scale = OUTSIDE[j].scale;
        stroke.has = OUTSIDE[j].has;
        stroke.values[OUTSIDE[j].column][OUTSIDE[j].point] = OUTSIDE[j].value;
        expect(OUTSIDE[j].name, OUTSIDE[j].status, check_stroke(&stroke));
        if (OUTSIDE[j].status == EB_BAD_COLUMN) {
            uint8_t out[EB_STROKE_BYTES_MAX];
            expect(OUTSIDE[j].name, OUTSIDE[j].column, (long long)eb_strokes_encode(&stroke, out, sizeof out).length);
        }
    }
}

/* Jumps that add up beyond 64 bits, were they multiplied by the step before they are looked at. */
static void check_sums(void)
{
    enum { JUMPS = EB_POINTS_MAX - 1, HEAD = 10, ONES = 24, WIDE = 32 };
    static uint8_t data[HEAD + (7 + JUMPS * (ONES + 1 + WIDE) + 2 + 7) / 8];
    static const uint8_t FRONT[HEAD] = {0x00, 0xF4, 0x03, 0x01, 0x80, 0x80, 0x40, 0x01, 0x00, 0x00};
    memcpy(data, FRONT, HEAD);
    size_t bit = 8 * HEAD;
    data[bit / 8] = 0x80; /* order 2, k = 0 */
    bit += 7;
    for (size_t j = 0; j < JUMPS; j++, bit++) {
        for (size_t end = bit + ONES; bit < end; bit++) {
            data[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
    }
    for (size_t j = 0; j < JUMPS; j++, bit++) { /* each the longest jump forwards: ones and a zero */
        for (size_t end = bit + WIDE - 1; bit < end; bit++) {
            data[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
    }
    struct eb_stroke stroke;
    expect("jumps that add up", EB_BAD_VALUE, decode_copy(data, sizeof data, 0, &stroke).status);
    expect("jumps that add up, cut", EB_CUT_SHORT, decode_copy(data, sizeof data - 1, 0, &stroke).status);
}

static int64_t get(FILE *file)
{
    int64_t number = 0;
    DEMAND(fscanf(file, "%" SCNd64, &number) == 1);
    return number;
}

static unsigned check_golden(FILE *file)
{
    unsigned cases = 0;
    struct eb_stroke stroke, read;
    while (fscanf(file, "%" SCNd64, &stroke.scale) == 1) {
        stroke.count = (size_t)get(file);
        stroke.has = 0;
        for (unsigned column = 0; column < EB_COLUMNS; column++) {
            int is_present = get(file) != 0;
            stroke.has |= is_present ? 1U << column : 0;
            for (size_t j = 0; is_present && j < stroke.count; j++) {
                stroke.values[column][j] = get(file);
            }
        }
        static uint8_t wanted[EB_STROKE_BYTES_MAX], out[EB_STROKE_BYTES_MAX];
        size_t size = (size_t)get(file);
        DEMAND(size <= sizeof wanted);
        for (size_t j = 0; j < size; j++) {
            wanted[j] = (uint8_t)get(file);
        }
        struct eb_result result = encode_into(&stroke, out, sizeof out);
        expect("golden length", (long long)size, (long long)result.length);
        expect("golden bytes", 0, memcmp(out, wanted, size));
        expect("golden end", (long long)size, (long long)decode_copy(wanted, size, 0, &read).length);
        expect("golden values", 1, is_equal(&read, &stroke));
        expect("golden", EB_OK, check_stroke(&stroke));
        cases++;
    }
    return cases;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: strokes_table GOLDEN\n");
        return 2;
    }
    FILE *file = fopen(arguments[1], "r");
    DEMAND(file != NULL);
    check_refused();
    check_outside();
    check_sums();
    unsigned golden = check_golden(file);
    fclose(file);
    printf("%d failures; golden %u\n", failures, golden);
    return failures != 0;
}
