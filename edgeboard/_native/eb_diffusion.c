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
#if defined(__clang__)
    v = __builtin_shufflevector(v, v, 7, 0, 1, 2, 3, 4, 5, 6);
#else
    v = __builtin_shuffle(v, (eb_lanes){7, 0, 1, 2, 3, 4, 5, 6});
#endif
    v[0] = first;
    return v;
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
        eb_counts count = (eb_counts)within((v + levels.half) >> 4, 0, 255) * levels.factor;
        eb_lanes level = (eb_lanes)(count >> levels.shift) * levels.step;
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

static void diffuse_greys(const struct eb_surface *surface, struct eb_area area, enum eb_format format, uint8_t *out)
{
    struct slant slant; /* 160 KiB: within what the smallest stack of a thread of Python has */
    int32_t width = area.width;
    size_t groups = (size_t)(width + LEAD) * ROWS;
    memset(slant.errors, 0, (size_t)(width + 2 * LEAD) * sizeof *slant.errors);
    for (int32_t y = 0; y < area.height; y += ROWS) {
        int32_t rows = area.height - y < ROWS ? area.height - y : ROWS;
        memset(slant.groups, 0, groups);
        for (int32_t row = 0; row < rows; row++) {
            const uint8_t *pixels = eb_pixel(surface, area.x, area.y + y + row);
            uint8_t *to = slant.groups + (SLANT * ROWS + 1) * (size_t)row;
            for (int32_t x = 0; x < width; x++) {
                to[(size_t)x * ROWS] = pixels[x];
            }
        }
        if (format == EB_GREY1) {
            diffuse(&slant, width, (struct levels){2040, 129, 15, 255});
        } else if (format == EB_GREY2) {
            diffuse(&slant, width, (struct levels){680, 193, 14, 85});
        } else {
            diffuse(&slant, width, (struct levels){136, 241, 12, 17});
        }
        for (int32_t row = 0; row < rows; row++, out += width) {
            const uint8_t *from = slant.groups + (SLANT * ROWS + 1) * (size_t)row;
            for (int32_t x = 0; x < width; x++) {
                out[x] = from[(size_t)x * ROWS];
            }
        }
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
