#include "eb_strokes.h"

#include <stdbool.h>

enum {
    SCALE_MAX = 1024,
    STEP_MAX = 1 << 20,
    PRESSURE_MAX = 4095,
    TILT_MAX = 90,
    RICE_MAX = 24, /* the highest k, and the unary length that says that 32 bits follow */
    WIDE_BITS = 32,
    WIDE_COST = RICE_MAX + 1 + WIDE_BITS,
    ORDER_BITS = 2,
    FORM_BITS = ORDER_BITS + 5, /* the order and k */
    FLAG_TIME = 1 << 5,
    FLAG_TILT = 1 << 6,
    FLAG_COARSE_TIME = 1 << 7, /* all times are whole steps; without FLAG_TIME the first is 0 and left out */
    TIME_STEP = 16,            /* ms */
    GRIDS = 4,
    EXPLICIT = 0, /* the grid code that spells its numbers out */
    LEVEL_CODES = 7,
    RISING = 3, /* the order of differences that are never negative, without a sign */
    PEEKED = 64 - 7,       /* bits that one look at the data gives, wherever in a byte they begin */
    COLUMNS_MAX = 1 << 15, /* bytes; more than any columns take, so a decoder looks at no more */
};

#define COORDINATE_END (INT64_C(1) << 28)
#define TIME_END (INT64_C(1) << 32)
#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)
#define RESIDUAL_MAX UINT32_MAX

static const uint32_t GRID_SCALE[GRIDS] = {0, 20, 8, 20};
static const uint32_t GRID_STEP[GRIDS] = {0, 20, 1, 1};

static const int64_t LOW[EB_COLUMNS] = {1 - COORDINATE_END, 1 - COORDINATE_END, 0, 0, -TILT_MAX, -TILT_MAX};
static const int64_t HIGH[EB_COLUMNS] = {
    COORDINATE_END - 1, COORDINATE_END - 1, PRESSURE_MAX, TIME_END - 1, TILT_MAX, TILT_MAX,
};

int64_t eb_column_low(enum eb_column column)
{
    return LOW[column];
}

int64_t eb_column_high(enum eb_column column)
{
    return HIGH[column];
}

static bool has(const struct eb_stroke *stroke, enum eb_column column)
{
    return stroke->has >> column & 1;
}

/* Whether low <= values <= high; all of them far from the ends of 64 bits, or outside. Without a branch in the loop. */
static bool all_within(const int64_t *values, size_t count, int64_t low, int64_t high)
{
    uint64_t outside = 0;
    for (size_t j = 0; j < count; j++) {
        uint64_t above_low = (uint64_t)values[j] - (uint64_t)low;
        outside |= above_low > (uint64_t)(high - low);
    }
    return outside == 0;
}

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Of a value below 2**63. */
static unsigned bit_length(uint64_t value)
{
    return 63 - (unsigned)__builtin_clzll(value << 1 | 1);
}

/* The pressure of a level, rounded half up. */
static inline uint32_t pressure_of(uint32_t level, uint32_t levels)
{
    return (level * PRESSURE_MAX * 2 + levels) / (2 * levels);
}

/* ------------------------------------------------------------------------------------------------------- encoding */

/* How a column is written. */
struct plan {
    size_t bits;
    unsigned order;
    unsigned k;
    uint32_t codes[2][EB_POINTS_MAX - 1]; /* of order 2 in the second place */
};

struct codes {
    const uint32_t *codes;
    size_t count;
    uint64_t top; /* the greatest */
    uint64_t sum;
};

struct length {
    uint64_t bits;
    unsigned k;
};

/* The least bits over all k, and the lowest k that has them.
 *
 * Where no code is wide, one more k costs a bit a code and saves about half of the ones. With m the number of bits of
 * the mean, there are fewer ones than codes at k = m, so no higher k is shorter; and more than three ones a code at
 * k = m - 3, so no lower one than m - 2 is: three are tried, in one pass. Below that, each k is tried until what it
 * costs apart from low bits is too much for any lower k.
 */
static struct length shortest(const struct codes *in)
{
    size_t count = in->count;
    struct length best = {(uint64_t)count * WIDE_COST, 0};
    unsigned uncapped = bit_length(in->top / RICE_MAX); /* from this k on no code is wide */
    if (uncapped <= RICE_MAX) {
        unsigned mean = bit_length(in->sum / count);
        unsigned low = mean > uncapped + 2 ? mean - 2 : uncapped;
        low = low < RICE_MAX ? low : RICE_MAX;
        uint32_t ones[3] = {0, 0, 0};
        for (size_t j = 0; j < count; j++) {
            uint32_t q = in->codes[j] >> low;
            ones[0] += q;
            ones[1] += q >> 1;
            ones[2] += q >> 2;
        }
        for (unsigned j = 0; j < 3 && low + j <= RICE_MAX; j++) {
            uint64_t bits = ones[j] + count * (1 + low + j);
            if (bits < best.bits) {
                best = (struct length){bits, low + j};
            }
        }
    }
    for (unsigned k = uncapped <= RICE_MAX ? uncapped : RICE_MAX + 1; k-- > 0;) {
        uint32_t ones = 0, wide = 0;
        for (size_t j = 0; j < count; j++) {
            uint32_t q = in->codes[j] >> k;
            wide += q >= RICE_MAX;
            ones += q >= RICE_MAX ? RICE_MAX : q;
        }
        size_t narrow = count - wide;
        uint64_t bits = ones + count + (uint64_t)wide * WIDE_BITS;
        if (bits > best.bits) {
            break;
        }
        bits += narrow * k;
        if (bits <= best.bits) {
            best = (struct length){bits, k};
        }
    }
    return best;
}

/* The shortest form of a column of at least two values whose differences are multiples of `step`; ties go to the lower
 * order, then the lower k. In a column that `may_rise`, order 3 takes the place of order 1 if no value is below the one
 * before. EB_TOO_FAR if a jump does not fit.
 */
static enum eb_status plan_column(const int64_t *values, size_t count, int64_t step, bool may_rise, struct plan *plan)
{
    struct codes in[2];
    int64_t last = 0;
    uint64_t falls = 0; /* the sign bit of any difference */
    for (unsigned order = 0; order < 2; order++) {
        in[order] = (struct codes){plan->codes[order], count - 1, 0, 0};
    }
    for (size_t j = 1; j < count; j++) {
        int64_t delta = values[j] - values[j - 1];
        if (step != 1) {
            delta = (int32_t)delta / (int32_t)step; /* only coordinates have steps: below 2**29 */
        }
        uint64_t code[2] = {zigzag(delta), zigzag(delta - last)};
        last = delta;
        falls |= (uint64_t)delta >> 63;
        for (unsigned order = 0; order < 2; order++) {
            plan->codes[order][j - 1] = (uint32_t)code[order];
            in[order].sum += code[order];
            in[order].top = code[order] > in[order].top ? code[order] : in[order].top;
        }
    }
    if (in[0].top == 0) {
        plan->order = plan->k = 0;
        plan->bits = ORDER_BITS;
        return EB_OK;
    }
    bool rises = may_rise && falls == 0;
    if (rises) {
        in[0].top /= 2;
        in[0].sum /= 2;
        for (size_t j = 1; j < count; j++) {
            plan->codes[0][j - 1] = (uint32_t)(values[j] - values[j - 1]); /* times have no steps */
        }
    }
    plan->bits = 0;
    for (unsigned order = 0; order < 2; order++) {
        if (in[order].top > RESIDUAL_MAX) {
            continue;
        }
        struct length least = shortest(&in[order]);
        if (plan->bits == 0 || FORM_BITS + least.bits < plan->bits + rises) {
            plan->bits = FORM_BITS + (size_t)least.bits;
            plan->order = order == 0 && rises ? RISING : order + 1;
            plan->k = least.k;
        }
    }
    return plan->bits == 0 ? EB_TOO_FAR : EB_OK;
}

/* A bound from below on the bits of a column once its differences are multiplied by 2**doublings or more.
 *
 * Whatever k is, a code costs at least a bit more than it has itself.
 */
static size_t least_bits(const struct plan *plan, size_t count, unsigned doublings)
{
    if (plan->order == 0) {
        return plan->bits;
    }
    size_t least = SIZE_MAX;
    for (unsigned order = 0; order < 2; order++) {
        size_t bits = count - 1;
        for (size_t j = 0; j < count - 1; j++) {
            uint32_t code = plan->codes[order][j];
            bits += bit_length(code) + (code != 0 ? doublings : 0);
        }
        least = bits < least ? bits : least;
    }
    return FORM_BITS + least;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The greatest common divisor of the differences; 0 if there are none, 1 if it is beyond what can be written. */
static uint32_t step_of(const int64_t *values, size_t count)
{
    uint32_t step = 0;
    for (size_t j = 1; j < count && step != 1; j++) {
        int64_t delta = values[j] - values[j - 1];
        step = common_divisor((uint32_t)(delta < 0 ? -delta : delta), step);
    }
    return step <= STEP_MAX ? step : 1;
}

static size_t number_size(uint64_t number)
{
    return number < 0x80 ? 1 : (bit_length(number) + 6) / 7;
}

static uint8_t *put_number(uint8_t *out, uint64_t number)
{
    while (number > 0x7F) {
        *out++ = (uint8_t)(number & 0x7F) | 0x80;
        number >>= 7;
    }
    *out++ = (uint8_t)number;
    return out;
}

struct grid {
    unsigned code;
    uint32_t step[2];
    size_t head;        /* bytes of the numbers that it spells out */
    size_t bytes;       /* of the head and all columns */
    struct plan *plans; /* of X and of Y; NULL while none is chosen */
};

/* The grid code of the fewest bytes, ties to the higher code. `plans` has room for two grids. */
static enum eb_status choose_grid(const struct eb_stroke *stroke, size_t other_bits, struct plan plans[4],
                                  struct grid *best)
{
    uint32_t own[2], least_step[2];
    for (unsigned axis = 0; axis < 2; axis++) {
        own[axis] = step_of(stroke->values[axis], stroke->count);
        least_step[axis] = own[axis] != 0 ? own[axis] : 1;
    }
    *best = (struct grid){0, {1, 1}, 0, SIZE_MAX, NULL};
    for (unsigned code = 0; code < GRIDS; code++) {
        struct grid grid = {code, {GRID_STEP[code], GRID_STEP[code]}, 0, 0, plans};
        if (code == EXPLICIT) {
            grid.step[0] = least_step[0];
            grid.step[1] = least_step[1];
            grid.head = number_size((uint64_t)stroke->scale);
            grid.head += number_size(grid.step[0]) + number_size(grid.step[1]);
            bool is_repeated = false; /* the same bits behind a shorter head */
            for (unsigned other = 1; other < GRIDS; other++) {
                is_repeated |= GRID_SCALE[other] == stroke->scale && grid.step[0] == GRID_STEP[other] &&
                               grid.step[1] == GRID_STEP[other];
            }
            if (is_repeated) {
                continue;
            }
        } else if (GRID_SCALE[code] != stroke->scale || own[0] % grid.step[0] != 0 || own[1] % grid.step[1] != 0) {
            continue;
        }
        size_t bits = other_bits;
        if (stroke->count > 1) {
            if (best->plans != NULL) {
                size_t least = other_bits;
                for (unsigned axis = 0; axis < 2; axis++) {
                    unsigned doublings = bit_length(best->step[axis] / grid.step[axis]) - 1;
                    least += least_bits(&best->plans[axis], stroke->count, doublings);
                }
                if (grid.head + (least + 7) / 8 > best->bytes) {
                    continue;
                }
                grid.plans = best->plans == plans ? plans + 2 : plans;
            }
            for (unsigned axis = 0; axis < 2; axis++) {
                enum eb_status status =
                    plan_column(stroke->values[axis], stroke->count, grid.step[axis], false, &grid.plans[axis]);
                if (status != EB_OK) {
                    return status;
                }
                bits += grid.plans[axis].bits;
            }
        }
        grid.bytes = grid.head + (bits + 7) / 8;
        if (grid.bytes <= best->bytes) {
            *best = grid;
        }
    }
    return EB_OK;
}

struct writer {
    uint8_t *at;
    uint64_t bits; /* the low `held` of them wait to be written */
    unsigned held; /* below 32 */
};

/* Appends the low `count` bits of `bits`, at most 32; the others are 0. */
static inline void put_bits(struct writer *writer, uint32_t bits, unsigned count)
{
    writer->bits = writer->bits << count | bits;
    writer->held += count;
    if (writer->held >= 32) {
        writer->held -= 32;
        uint32_t full = (uint32_t)(writer->bits >> writer->held);
        writer->at[0] = (uint8_t)(full >> 24);
        writer->at[1] = (uint8_t)(full >> 16);
        writer->at[2] = (uint8_t)(full >> 8);
        writer->at[3] = (uint8_t)full;
        writer->at += 4;
    }
}

/* Pads with zeros to a whole byte; returns where the bytes end. */
static uint8_t *flush(struct writer *writer)
{
    unsigned padding = (8 - writer->held % 8) % 8;
    uint64_t bits = writer->bits << padding;
    for (unsigned left = writer->held + padding; left > 0; left -= 8) {
        *writer->at++ = (uint8_t)(bits >> (left - 8));
    }
    return writer->at;
}

static void write_plan(struct writer *writer, const struct plan *plan, size_t count)
{
    put_bits(writer, plan->order, ORDER_BITS);
    if (plan->order == 0) {
        return;
    }
    unsigned k = plan->k;
    put_bits(writer, k, FORM_BITS - ORDER_BITS);
    const uint32_t *codes = plan->codes[plan->order == 2];
    size_t wide = 0;
    for (size_t j = 0; j < count - 1; j++) {
        uint32_t ones = codes[j] >> k;
        if (ones >= RICE_MAX) {
            ones = RICE_MAX;
            wide++;
        }
        put_bits(writer, (UINT32_C(2) << ones) - 2, ones + 1); /* ones and a zero */
    }
    uint32_t mask = (UINT32_C(1) << k) - 1;
    for (size_t j = 0; k > 0 && j < count - 1; j++) {
        if (codes[j] >> k < RICE_MAX) {
            put_bits(writer, codes[j] & mask, k);
        }
    }
    for (size_t j = 0; wide > 0 && j < count - 1; j++) {
        if (codes[j] >> k >= RICE_MAX) {
            put_bits(writer, codes[j], WIDE_BITS);
        }
    }
}

static struct eb_result check(const struct eb_stroke *stroke)
{
    if (stroke->count < 1 || stroke->count > EB_POINTS_MAX) {
        return (struct eb_result){EB_BAD_COUNT, stroke->count};
    }
    if (stroke->scale < 1 || stroke->scale > SCALE_MAX) {
        return (struct eb_result){EB_BAD_SCALE, 0};
    }
    if (has(stroke, EB_TILT_X) != has(stroke, EB_TILT_Y)) {
        return (struct eb_result){EB_HALF_TILT, 0};
    }
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        bool is_present = column <= EB_Y || has(stroke, column);
        if (is_present && !all_within(stroke->values[column], stroke->count, LOW[column], HIGH[column])) {
            return (struct eb_result){EB_BAD_COLUMN, column};
        }
    }
    return (struct eb_result){EB_OK, 0};
}

/* The level of each pressure, if every one comes back from its level. */
static inline bool find_levels(const int64_t *pressure, size_t count, uint32_t levels, int64_t *out)
{
    for (size_t j = 0; j < count; j++) {
        uint32_t value = (uint32_t)pressure[j];
        uint32_t level = (value * 2 * levels + PRESSURE_MAX) / (2 * PRESSURE_MAX);
        if (pressure_of(level, levels) != value) {
            return false;
        }
        out[j] = level;
    }
    return true;
}

/* The first pressure code that gives every value back, and the levels in it. */
static unsigned choose_levels(const int64_t *pressure, size_t count, int64_t *out)
{
    /* spelled out, so that the compiler divides by constants */
    if (find_levels(pressure, count, 15, out)) {
        return 6;
    }
    if (find_levels(pressure, count, 100, out)) {
        return 1;
    }
    if (find_levels(pressure, count, 255, out)) {
        return 2;
    }
    if (find_levels(pressure, count, 1023, out)) {
        return 3;
    }
    if (find_levels(pressure, count, 2047, out)) {
        return 4;
    }
    for (size_t j = 0; j < count; j++) {
        out[j] = pressure[j];
    }
    return 5;
}

/* The flags of a column of times; its steps to `out` if all are whole. */
static unsigned choose_times(const int64_t *times, size_t count, int64_t *out)
{
    uint64_t rest = 0;
    for (size_t j = 0; j < count; j++) {
        rest |= (uint64_t)times[j] % TIME_STEP;
        out[j] = times[j] / TIME_STEP;
    }
    if (rest != 0) {
        return FLAG_TIME;
    }
    return times[0] != 0 ? FLAG_COARSE_TIME | FLAG_TIME : FLAG_COARSE_TIME;
}

struct eb_result eb_strokes_encode(const struct eb_stroke *stroke, uint8_t *out, size_t capacity)
{
    struct eb_result checked = check(stroke);
    if (checked.status != EB_OK) {
        return checked;
    }
    size_t count = stroke->count;
    unsigned pressure_code = 0;
    int64_t levels[EB_POINTS_MAX];
    if (has(stroke, EB_PRESSURE)) {
        pressure_code = choose_levels(stroke->values[EB_PRESSURE], count, levels);
    }
    unsigned time_flags = 0;
    int64_t steps[EB_POINTS_MAX];
    const int64_t *times = stroke->values[EB_TIME];
    if (has(stroke, EB_TIME)) {
        time_flags = choose_times(times, count, steps);
        times = time_flags & FLAG_COARSE_TIME ? steps : times;
    }
    struct plan plans[EB_COLUMNS]; /* of the columns behind X and Y; the first two places are not used */
    size_t other_bits = 0;
    for (unsigned column = EB_PRESSURE; column < EB_COLUMNS && count > 1; column++) {
        if (!has(stroke, column)) {
            continue;
        }
        const int64_t *values = column == EB_PRESSURE ? levels : column == EB_TIME ? times : stroke->values[column];
        enum eb_status status = plan_column(values, count, 1, column == EB_TIME, &plans[column]);
        if (status != EB_OK) {
            return (struct eb_result){status, 0};
        }
        other_bits += plans[column].bits;
    }
    struct plan placed[4];
    struct grid grid;
    enum eb_status status = choose_grid(stroke, other_bits, placed, &grid);
    if (status != EB_OK) {
        return (struct eb_result){status, 0};
    }

    uint64_t firsts[EB_COLUMNS];
    size_t size = 1 + number_size(count) + grid.bytes;
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        if (column > EB_Y && !has(stroke, column)) {
            continue;
        }
        if (column == EB_TIME && !(time_flags & FLAG_TIME)) {
            continue;
        }
        int64_t first = column == EB_PRESSURE ? levels[0] : column == EB_TIME ? times[0] : stroke->values[column][0];
        firsts[column] = column == EB_PRESSURE || column == EB_TIME ? (uint64_t)first : zigzag(first);
        size += number_size(firsts[column]);
    }
    if (size > capacity) {
        return (struct eb_result){EB_NO_ROOM, size};
    }
    *out = (uint8_t)(grid.code | pressure_code << 2 | time_flags);
    *out |= has(stroke, EB_TILT_X) ? FLAG_TILT : 0;
    uint8_t *at = put_number(out + 1, count);
    if (grid.code == EXPLICIT) {
        at = put_number(at, (uint64_t)stroke->scale);
        at = put_number(at, grid.step[0]);
        at = put_number(at, grid.step[1]);
    }
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        if (column <= EB_Y || (column == EB_TIME ? time_flags & FLAG_TIME : has(stroke, column))) {
            at = put_number(at, firsts[column]);
        }
    }
    if (count > 1) {
        struct writer writer = {at, 0, 0};
        for (unsigned column = 0; column < EB_COLUMNS; column++) {
            if (column <= EB_Y || has(stroke, column)) {
                write_plan(&writer, column <= EB_Y ? &grid.plans[column] : &plans[column], count);
            }
        }
        flush(&writer);
    }
    return (struct eb_result){EB_OK, size};
}

/* ------------------------------------------------------------------------------------------------------- decoding */

struct reader {
    const uint8_t *data;
    size_t size;
    size_t at;
    enum eb_status status; /* the first fault; what is read after it is 0 */
};

static uint64_t fail(struct reader *reader, enum eb_status status)
{
    if (reader->status == EB_OK) {
        reader->status = status;
    }
    return 0;
}

static uint64_t get_number(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; reader->status == EB_OK; shift += 7) {
        if (reader->at >= reader->size) {
            return fail(reader, EB_CUT_SHORT);
        }
        uint8_t byte = reader->data[reader->at++];
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            bool is_shortest = byte != 0 || shift == 0;
            return is_shortest && value <= NUMBER_MAX ? value : fail(reader, EB_BAD_NUMBER);
        }
        if (shift == 49) { /* 2**53 - 1 has eight groups of seven bits */
            return fail(reader, EB_BAD_NUMBER);
        }
    }
    return 0;
}

static inline uint64_t load(const uint8_t *data)
{
    return (uint64_t)data[0] << 56 | (uint64_t)data[1] << 48 | (uint64_t)data[2] << 40 | (uint64_t)data[3] << 32 |
           (uint64_t)data[4] << 24 | (uint64_t)data[5] << 16 | (uint64_t)data[6] << 8 | (uint64_t)data[7];
}

/* The PEEKED or more bits that begin at bit `at`, at the top of a word; zeros stand behind the data. */
static inline uint64_t peek_bits(const struct reader *reader, size_t at)
{
    size_t byte = at / 8;
    uint64_t word = 0;
    if (byte + 8 <= reader->size) {
        word = load(reader->data + byte);
    } else if (reader->size >= 8 && byte < reader->size) {
        word = load(reader->data + reader->size - 8) << 8 * (byte + 8 - reader->size);
    } else {
        for (unsigned shift = 56; byte < reader->size; byte++, shift -= 8) {
            word |= (uint64_t)reader->data[byte] << shift;
        }
    }
    return word << at % 8;
}

/* Reads the unary plane of `count` codes that begins at bit *at, and moves *at behind it, which may be behind the data;
 * how many are wide, to *wide.
 */
static enum eb_status read_unary(const struct reader *reader, size_t *at, size_t count, uint32_t *codes, size_t *wide)
{
    size_t bit = *at;
    uint64_t window = 0;
    unsigned left = 0; /* bits of the window that are from the data */
    *wide = 0;
    for (size_t j = 0; j < count; j++) {
        if (left <= RICE_MAX) {
            window = peek_bits(reader, bit);
            left = PEEKED;
        }
        unsigned ones = (unsigned)__builtin_clzll(~window | 1);
        if (ones > RICE_MAX) {
            return EB_BAD_RICE;
        }
        codes[j] = ones;
        *wide += ones == RICE_MAX;
        window <<= ones + 1;
        left -= ones + 1;
        bit += ones + 1;
    }
    *at = bit;
    return EB_OK;
}

/* Puts the low plane, which begins at `bit`, beneath what the unary plane has given; no code is wide. */
static void read_low(const struct reader *reader, size_t bit, size_t count, unsigned k, uint32_t *codes)
{
    uint64_t window = 0;
    unsigned left = 0; /* bits of the window that are from the data */
    for (size_t j = 0; k > 0 && j < count; j++) {
        if (left < k) {
            window = peek_bits(reader, bit);
            left = PEEKED;
        }
        codes[j] = codes[j] << k | (uint32_t)(window >> (64 - k));
        window <<= k;
        left -= k;
        bit += k;
    }
}

/* The same where codes are wide: their bits begin at `wide_bit`. */
static void read_low_and_wide(const struct reader *reader, size_t bit, size_t wide_bit, size_t count, unsigned k,
                              uint32_t *codes)
{
    for (size_t j = 0; j < count; j++) {
        if (codes[j] < RICE_MAX) {
            codes[j] = codes[j] << k | (uint32_t)(peek_bits(reader, bit) >> 1 >> (63 - k));
            bit += k;
        } else {
            codes[j] = (uint32_t)(peek_bits(reader, wide_bit) >> (64 - WIDE_BITS));
            wide_bit += WIDE_BITS;
        }
    }
}

/* Reads a column that begins at bit *at, and moves *at behind it. The sums stay below 2**54: `first` is below 2**53,
 * and 499 residuals below 2**32, summed twice, below 2**50.
 */
static enum eb_status read_column(const struct reader *reader, size_t *at, int64_t first, size_t count, bool may_rise,
                                  int64_t *values)
{
    size_t end = reader->size * 8;
    unsigned form = (unsigned)(peek_bits(reader, *at) >> (64 - FORM_BITS));
    unsigned order = form >> (FORM_BITS - ORDER_BITS);
    unsigned k = form & 31;
    if (order == 0) {
        *at += ORDER_BITS;
        for (size_t j = 0; j < count; j++) {
            values[j] = first;
        }
        return *at <= end ? EB_OK : EB_CUT_SHORT;
    }
    *at += FORM_BITS;
    if (*at > end) {
        return EB_CUT_SHORT;
    }
    if (order == RISING && !may_rise) {
        return EB_BAD_ORDER;
    }
    if (k > RICE_MAX) {
        return EB_BAD_RICE;
    }
    uint32_t codes[EB_POINTS_MAX - 1];
    size_t wide;
    enum eb_status status = read_unary(reader, at, count - 1, codes, &wide);
    if (status != EB_OK) {
        return status;
    }
    size_t low_bit = *at;
    size_t wide_bit = low_bit + (count - 1 - wide) * k;
    *at = wide_bit + wide * WIDE_BITS;
    if (*at > end) {
        return EB_CUT_SHORT;
    }
    if (wide == 0) {
        read_low(reader, low_bit, count - 1, k, codes);
    } else {
        read_low_and_wide(reader, low_bit, wide_bit, count - 1, k, codes);
    }
    int64_t value = first, delta = 0;
    values[0] = first;
    switch (order) {
    case 1:
        for (size_t j = 1; j < count; j++) {
            value += unzigzag(codes[j - 1]);
            values[j] = value;
        }
        break;
    case 2:
        for (size_t j = 1; j < count; j++) {
            delta += unzigzag(codes[j - 1]);
            value += delta;
            values[j] = value;
        }
        break;
    default: /* RISING */
        for (size_t j = 1; j < count; j++) {
            value += codes[j - 1];
            values[j] = value;
        }
    }
    return EB_OK;
}

/* From the column of a grid to coordinates. */
static enum eb_status place(int64_t *values, size_t count, int64_t first, int64_t step)
{
    if (first < LOW[EB_X] || first > HIGH[EB_X] ||
        !all_within(values, count, -2 * COORDINATE_END, 2 * COORDINATE_END)) {
        return EB_BAD_VALUE;
    }
    for (size_t j = 0; j < count; j++) {
        values[j] = first + step * values[j];
    }
    return all_within(values, count, LOW[EB_X], HIGH[EB_X]) ? EB_OK : EB_BAD_VALUE;
}

static inline enum eb_status place_levels(int64_t *values, size_t count, uint32_t levels)
{
    if (!all_within(values, count, 0, levels)) {
        return EB_BAD_VALUE;
    }
    for (size_t j = 0; j < count; j++) {
        values[j] = pressure_of((uint32_t)values[j], levels);
    }
    return EB_OK;
}

/* From levels to pressures. */
static enum eb_status place_pressure(int64_t *values, size_t count, unsigned code)
{
    switch (code) { /* as in choose_levels */
    case 1:
        return place_levels(values, count, 100);
    case 2:
        return place_levels(values, count, 255);
    case 3:
        return place_levels(values, count, 1023);
    case 4:
        return place_levels(values, count, 2047);
    case 6:
        return place_levels(values, count, 15);
    default:
        return place_levels(values, count, PRESSURE_MAX);
    }
}

/* From steps to ms. */
static enum eb_status place_times(int64_t *values, size_t count)
{
    if (!all_within(values, count, 0, HIGH[EB_TIME] / TIME_STEP)) {
        return EB_BAD_VALUE;
    }
    for (size_t j = 0; j < count; j++) {
        values[j] *= TIME_STEP;
    }
    return EB_OK;
}

struct eb_result eb_strokes_decode(const uint8_t *data, size_t size, size_t at, struct eb_stroke *stroke)
{
    if (at >= size) {
        return (struct eb_result){EB_CUT_SHORT, 0};
    }
    size_t left = size - at < COLUMNS_MAX ? size - at : COLUMNS_MAX;
    struct reader reader = {data + at, left, 0, EB_OK};
    unsigned flags = reader.data[reader.at++];
    unsigned pressure_code = flags >> 2 & 7;
    if (pressure_code >= LEVEL_CODES) {
        return (struct eb_result){EB_BAD_FLAGS, 0};
    }
    uint64_t count = get_number(&reader);
    if (reader.status != EB_OK) {
        return (struct eb_result){reader.status, 0};
    }
    if (count < 1) {
        return (struct eb_result){EB_NO_POINTS, 0};
    }
    if (count > EB_POINTS_MAX) {
        return (struct eb_result){EB_MANY_POINTS, count};
    }
    stroke->count = (size_t)count;
    stroke->has = 1U << EB_X | 1U << EB_Y;
    stroke->has |= pressure_code != 0 ? 1U << EB_PRESSURE : 0;
    stroke->has |= flags & (FLAG_TIME | FLAG_COARSE_TIME) ? 1U << EB_TIME : 0;
    stroke->has |= flags & FLAG_TILT ? 1U << EB_TILT_X | 1U << EB_TILT_Y : 0;

    unsigned code = flags & 3;
    uint64_t scale = GRID_SCALE[code];
    uint64_t step[2] = {GRID_STEP[code], GRID_STEP[code]};
    if (code == EXPLICIT) {
        scale = get_number(&reader);
        step[0] = get_number(&reader);
        step[1] = get_number(&reader);
        bool is_sound = scale >= 1 && scale <= SCALE_MAX && step[0] >= 1 && step[0] <= STEP_MAX && step[1] >= 1 &&
                        step[1] <= STEP_MAX;
        if (!is_sound) {
            fail(&reader, EB_BAD_GRID);
        }
    }
    stroke->scale = (int64_t)scale;
    int64_t firsts[EB_COLUMNS];
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        if (column == EB_TIME && !(flags & FLAG_TIME)) {
            firsts[column] = 0; /* of whole steps, or of no times */
        } else if (has(stroke, column)) {
            uint64_t first = get_number(&reader);
            firsts[column] = column == EB_PRESSURE || column == EB_TIME ? (int64_t)first : unzigzag(first);
        }
    }
    if (reader.status != EB_OK) {
        return (struct eb_result){reader.status, 0};
    }

    size_t bit = reader.at * 8;
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        if (!has(stroke, column)) {
            continue;
        }
        int64_t first = column <= EB_Y ? 0 : firsts[column];
        if (stroke->count == 1) {
            stroke->values[column][0] = first;
            continue;
        }
        enum eb_status status =
            read_column(&reader, &bit, first, stroke->count, column == EB_TIME, stroke->values[column]);
        if (status != EB_OK) {
            return (struct eb_result){status, 0};
        }
    }
    if (bit % 8 != 0) {
        if ((uint8_t)(reader.data[bit / 8] << bit % 8) != 0) {
            return (struct eb_result){EB_BAD_BITS, 0};
        }
        bit += 8 - bit % 8;
    }

    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        if (!has(stroke, column)) {
            continue;
        }
        int64_t *values = stroke->values[column];
        enum eb_status status = EB_OK;
        if (column <= EB_Y) {
            status = place(values, stroke->count, firsts[column], (int64_t)step[column]);
        } else if (column == EB_PRESSURE) {
            status = place_pressure(values, stroke->count, pressure_code);
        } else if (column == EB_TIME && flags & FLAG_COARSE_TIME) {
            status = place_times(values, stroke->count);
        } else if (!all_within(values, stroke->count, LOW[column], HIGH[column])) {
            status = EB_BAD_VALUE;
        }
        if (status != EB_OK) {
            return (struct eb_result){status, 0};
        }
    }
    return (struct eb_result){EB_OK, at + bit / 8};
}
