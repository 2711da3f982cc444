/* Error diffusion, as edgeboard/render/diffusion.py says it.
 *
 * Each px waits for the one to its left, so greys go in a slant: one step takes a px of each of eight rows, two px
 * further left in each row than in the row above it, where all that it waits for is done. */
#include <string.h>

#include "eb_dither.h"
#include "eb_palettes.h"

enum {
    ROWS = 8,  /* at a time */
    SLANT = 2, /* px */
    LEAD = SLANT * ROWS, /* steps from a px of the first row to what it has given the row below the last */
    SIXTEENTHS = 16,
    MOST = 255 * SIXTEENTHS,
    FAR = 2 * MOST, /* what a px and its errors make is kept within -MOST and this */
};

typedef int16_t eb_lanes __attribute__((vector_size(2 * ROWS)));
typedef uint16_t eb_counts __attribute__((vector_size(2 * ROWS)));
typedef uint64_t eb_wide __attribute__((vector_size(2 * ROWS)));
typedef uint8_t eb_group __attribute__((vector_size(ROWS)));

/* The nearest level: u = (v + half) / 16, kept within 0 .. 255; then u * factor >> shift, which is u / (2 half / 16) for
 * all of these. */
struct levels {
    int16_t half;
    uint16_t factor, shift;
    int16_t step;
};

/* The lanes one further, what comes from above in the first. */
static inline eb_lanes moved(eb_lanes v, int16_t first)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ /* two shifts and a carry: there is no instruction for it everywhere */
    eb_wide wide = (eb_wide)v, carried = wide >> 48;
    return (eb_lanes)(wide << 16 | (eb_wide){(uint16_t)first, carried[0]});
#else
    for (int lane = ROWS - 1; lane > 0; lane--) {
        v[lane] = v[lane - 1];
    }
    v[0] = first;
    return v;
#endif
}

static inline eb_lanes choose(eb_lanes mask, eb_lanes yes, eb_lanes no)
{
    return (mask & yes) | (~mask & no);
}

static inline eb_lanes within(eb_lanes v, int16_t low, int16_t high)
{
    const eb_lanes zero = {0};
    v = choose(v < zero + low, zero + low, v);
    return choose(v > zero + high, zero + high, v);
}

/* Px of eight rows, slanted: group t holds px t of the first row, px t - SLANT of the second, and so on. */
struct slant {
    uint8_t groups[(EB_SIDE_MAX + LEAD) * ROWS];
    int16_t errors[LEAD + EB_SIDE_MAX + LEAD]; /* px x of the row above, later of the row below, at LEAD + x */
};

/* The px of the groups become levels, and the errors of the row above those of the last row. */
static inline void diffuse(struct slant *slant, int32_t width, const struct levels levels)
{
    const eb_lanes zero = {0};
    eb_lanes right = zero, left = zero, middle1 = zero, middle2 = zero, rest1 = zero, rest2 = zero, rest3 = zero;
    eb_lanes at = {0, -SLANT, -2 * SLANT, -3 * SLANT, -4 * SLANT, -5 * SLANT, -6 * SLANT, -7 * SLANT};
    for (int32_t t = 0; t < width + LEAD; t++, at += 1) {
        eb_lanes given = left + middle2 + rest3; /* of the last step, the one before it, and the one before that */
        slant->errors[t] = given[ROWS - 1];
        eb_group group;
        memcpy(&group, slant->groups + (size_t)t * ROWS, ROWS);
        eb_lanes v = __builtin_convertvector(group, eb_lanes) * SIXTEENTHS + moved(given, slant->errors[LEAD + t]) + right;
        v = within(v, -MOST, FAR);
        eb_lanes level = (v >= levels.half) & levels.step; /* of two */
        if (levels.step < 255) {
            eb_counts count = (eb_counts)within((v + levels.half) >> 4, 0, 255) * levels.factor;
            level = (eb_lanes)(count >> levels.shift) * levels.step;
        }
        group = __builtin_convertvector(level, eb_group);
        memcpy(slant->groups + (size_t)t * ROWS, &group, ROWS);
        eb_lanes off = (v - level * SIXTEENTHS) & (at >= 0) & (at < zero + (int16_t)width);
        rest3 = rest2;
        rest2 = rest1;
        middle2 = middle1;
        right = off * 7 >> 4;
        left = off * 3 >> 4;
        middle1 = off * 5 >> 4;
        rest1 = off - right - left - middle1;
    }
}

static inline void swap(uint64_t *one, uint64_t *other, int shift, uint64_t mask)
{
    uint64_t swapped = (*one >> shift ^ *other) & mask;
    *other ^= swapped;
    *one ^= swapped << shift;
}

/* Eight times eight bytes, the rows of the one are the columns of the other; on machines that begin with the low byte
 * (Hacker's Delight, 7-3). */
static inline void transpose(uint64_t *rows)
{
    for (int row = 0; row < 4; row++) {
        swap(&rows[row], &rows[row + 4], 32, 0x00000000FFFFFFFF);
    }
    for (int row = 0; row < 2; row++) {
        swap(&rows[row], &rows[row + 2], 16, 0x0000FFFF0000FFFF);
        swap(&rows[row + 4], &rows[row + 6], 16, 0x0000FFFF0000FFFF);
    }
    for (int row = 0; row < ROWS; row += 2) {
        swap(&rows[row], &rows[row + 1], 8, 0x00FF00FF00FF00FF);
    }
}

/* Groups that hold a px of each row, eight by eight: from LEAD up to and without this. */
static int32_t full_end(int32_t width, int32_t rows)
{
    bool can = rows == ROWS && width >= LEAD && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    return can ? LEAD + (width - LEAD) / ROWS * ROWS : LEAD;
}

/* Rows of px go into the groups. */
EB_WIDE static void slant_in(struct slant *slant, const uint8_t *pixels, size_t step, int32_t width, int32_t rows)
{
    int32_t end = full_end(width, rows);
    for (int32_t t = LEAD; t < end; t += ROWS) {
        uint64_t group[ROWS];
        for (int32_t row = 0; row < ROWS; row++) {
            memcpy(&group[row], pixels + (size_t)row * step + (size_t)(t - SLANT * row), ROWS);
        }
        transpose(group);
        memcpy(slant->groups + (size_t)t * ROWS, group, sizeof group);
    }
    for (int32_t row = 0; row < rows; row++) {
        const uint8_t *from = pixels + (size_t)row * step;
        uint8_t *to = slant->groups + (SLANT * ROWS + 1) * (size_t)row;
        for (int32_t x = 0; x < width; x++) {
            x = x + SLANT * row == LEAD ? end - SLANT * row : x; /* what is done */
            if (x < width) {
                to[(size_t)x * ROWS] = from[x];
            }
        }
    }
}

/* And back out of them. */
EB_WIDE static void slant_out(const struct slant *slant, uint8_t *pixels, size_t step, int32_t width, int32_t rows)
{
    int32_t end = full_end(width, rows);
    for (int32_t t = LEAD; t < end; t += ROWS) {
        uint64_t group[ROWS];
        memcpy(group, slant->groups + (size_t)t * ROWS, sizeof group);
        transpose(group);
        for (int32_t row = 0; row < ROWS; row++) {
            memcpy(pixels + (size_t)row * step + (size_t)(t - SLANT * row), &group[row], ROWS);
        }
    }
    for (int32_t row = 0; row < rows; row++) {
        const uint8_t *from = slant->groups + (SLANT * ROWS + 1) * (size_t)row;
        uint8_t *to = pixels + (size_t)row * step;
        for (int32_t x = 0; x < width; x++) {
            x = x + SLANT * row == LEAD ? end - SLANT * row : x;
            if (x < width) {
                to[x] = from[(size_t)x * ROWS];
            }
        }
    }
}

EB_WIDE static void diffuse_greys(const struct eb_surface *surface, struct eb_area area, enum eb_format format, uint8_t *out)
{
    struct slant slant; /* 160 KiB: within what the smallest stack of a thread of Python has */
    const size_t width = (size_t)area.width;
    memset(slant.errors, 0, (width + 2 * LEAD) * sizeof *slant.errors);
    for (int32_t y = 0; y < area.height; y += ROWS, out += ROWS * width) {
        int32_t rows = area.height - y < ROWS ? area.height - y : ROWS;
        memset(slant.groups, 0, (width + LEAD) * ROWS);
        slant_in(&slant, eb_pixel(surface, area.x, area.y + y), (size_t)surface->width, area.width, rows);
        if (format == EB_GREY1) {
            diffuse(&slant, area.width, (struct levels){2040, 129, 15, 255});
        } else if (format == EB_GREY2) {
            diffuse(&slant, area.width, (struct levels){680, 193, 14, 85});
        } else {
            diffuse(&slant, area.width, (struct levels){136, 241, 12, 17});
        }
        slant_out(&slant, out, width, area.width, rows);
    }
}

/* What is kept of the errors of a channel while a row is done: the row's own from px x on, those of the row below before
 * it, and the three that are not complete. */
struct channel {
    int32_t errors[EB_SIDE_MAX + 1]; /* px x at x + 1 */
    int32_t right, middle, rest;
};

static void spread(struct channel *channel, int32_t x, int32_t off)
{
    int32_t right = off * 7 >> 4, left = off * 3 >> 4, middle = off * 5 >> 4;
    channel->errors[x] = channel->middle + left;
    channel->middle = channel->rest + middle;
    channel->rest = off - right - left - middle;
    channel->right = right;
}

static void diffuse_colours(const struct eb_surface *surface, struct eb_area area, int colours, uint8_t *out)
{
    enum { CHANNELS = 3 };
    struct channel channels[CHANNELS];
    memset(channels, 0, sizeof channels);
    for (int32_t y = area.y; y < area.y + area.height; y++) {
        const uint8_t *pixel = eb_pixel(surface, area.x, y);
        for (int32_t x = 0; x < area.width; x++, pixel += 4, out += 4) {
            int32_t values[CHANNELS], sixteenth[CHANNELS];
            for (int at = 0; at < CHANNELS; at++) {
                int32_t value = pixel[at] * SIXTEENTHS + channels[at].errors[x + 1] + channels[at].right;
                values[at] = value < 0 ? 0 : value > MOST ? MOST : value;
                sixteenth[at] = values[at] / SIXTEENTHS;
            }
            const uint8_t *colour = EB_COLOURS[eb_nearest(sixteenth, colours)];
            memcpy(out, colour, 4);
            for (int at = 0; at < CHANNELS; at++) {
                spread(&channels[at], x, values[at] - colour[at] * SIXTEENTHS);
            }
        }
        for (int at = 0; at < CHANNELS; at++) {
            channels[at].errors[area.width] = channels[at].middle;
            channels[at].right = channels[at].middle = channels[at].rest = 0;
        }
    }
}

void eb_diffuse(const struct eb_surface *surface, struct eb_area area, enum eb_format format, uint8_t *out)
{
    if (format <= EB_GREY4) {
        diffuse_greys(surface, area, format, out);
    } else if (format == EB_BWR || format == EB_BWRY) {
        diffuse_colours(surface, area, format == EB_BWR ? 3 : 4, out);
    } else {
        eb_dither(surface, area, format, out);
    }
}
