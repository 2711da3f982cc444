#include "eb_dither.h"

#include <string.h>

#include "eb_palettes.h"

enum {
    SIDE = 8,    /* px, of the pattern */
    KNOWN = 256, /* mixtures that are remembered while an area is dithered */
};

static const uint8_t PATTERN[SIDE][SIDE] = {
    {0, 32, 8, 40, 2, 34, 10, 42},  {48, 16, 56, 24, 50, 18, 58, 26}, {12, 44, 4, 36, 14, 46, 6, 38},
    {60, 28, 52, 20, 62, 30, 54, 22}, {3, 35, 11, 43, 1, 33, 9, 41},  {51, 19, 59, 27, 49, 17, 57, 25},
    {15, 47, 7, 39, 13, 45, 5, 37}, {63, 31, 55, 23, 61, 29, 53, 21},
};

/* Lanes that one instruction works on, on every machine that has such instructions. */
enum { LANES = 16 };
typedef uint8_t eb_bytes __attribute__((vector_size(LANES)));
typedef uint16_t eb_halves __attribute__((vector_size(2 * LANES)));

int32_t eb_format_channels(enum eb_format format)
{
    return format <= EB_GREY8 ? 1 : 4;
}

/* Thresholds of row y from px x on, `count` of them. */
static void thresholds(int32_t x, int32_t y, uint8_t *out, int count)
{
    for (int at = 0; at < count; at++) {
        out[at] = PATTERN[y % SIDE][(x + at) % SIDE];
    }
}

/* What a threshold adds to a grey in 255ths of a level, before the rest is cut off. */
static uint8_t added_of(uint8_t threshold)
{
    return (uint8_t)((2 * threshold + 1) * 255 / 128);
}

/* Two levels: white from a threshold on. */
static void dither_row_in_two(const uint8_t *row, size_t width, const uint8_t *added, uint8_t *out)
{
    eb_bytes adding, pixels, white;
    memcpy(&adding, added, LANES);
    const eb_bytes least = 255 - adding;
    size_t x = 0;
    for (; x + LANES <= width; x += LANES) {
        memcpy(&pixels, row + x, LANES);
        white = (eb_bytes)(pixels >= least);
        memcpy(out + x, &white, LANES);
    }
    for (; x < width; x++) {
        out[x] = row[x] >= 255 - added[x % LANES] ? 255 : 0;
    }
}

static inline uint32_t level_of(uint32_t value, uint32_t most, uint32_t added)
{
    uint32_t v = value * most + added + 1; /* v / 255 is (v + 1 + (v + 1 >> 8)) >> 8 below 65535 */
    return (v + (v >> 8)) >> 8;
}

static void dither_row(const uint8_t *row, size_t width, uint16_t most, const uint8_t *added, uint8_t *out)
{
    const uint16_t step = (uint16_t)(255 / most);
    eb_bytes pixels, adding;
    memcpy(&adding, added, LANES);
    const eb_halves plus = __builtin_convertvector(adding, eb_halves) + 1;
    size_t x = 0;
    for (; x + LANES <= width; x += LANES) {
        memcpy(&pixels, row + x, LANES);
        eb_halves v = __builtin_convertvector(pixels, eb_halves) * most + plus;
        v = ((v + (v >> 8)) >> 8) * step;
        pixels = __builtin_convertvector(v, eb_bytes);
        memcpy(out + x, &pixels, LANES);
    }
    for (; x < width; x++) {
        out[x] = (uint8_t)(level_of(row[x], most, added[x % LANES]) * step);
    }
}

static void dither_greys(const struct eb_surface *surface, struct eb_area area, uint16_t most, uint8_t *out)
{
    uint8_t added[SIDE][LANES]; /* of every row that the pattern has: to make it takes as long as a row itself */
    for (int32_t y = 0; y < SIDE; y++) {
        thresholds(area.x, y, added[y], LANES);
        for (int at = 0; at < LANES; at++) {
            added[y][at] = added_of(added[y][at]);
        }
    }
    for (int32_t y = area.y; y < area.y + area.height; y++, out += area.width) {
        if (most == 1) {
            dither_row_in_two(eb_pixel(surface, area.x, y), (size_t)area.width, added[y % SIDE], out);
        } else {
            dither_row(eb_pixel(surface, area.x, y), (size_t)area.width, most, added[y % SIDE], out);
        }
    }
}

/* A channel of 5 or 6 bits: the level below or above, as 8 bits again. */
static inline uint8_t channel_of(int32_t value, int bits, int32_t threshold)
{
    const int32_t most = (1 << bits) - 1;
    int32_t level = value >> (8 - bits);
    level -= (level << (8 - bits) | level >> (2 * bits - 8)) > value;
    int32_t above = level < most ? level + 1 : most;
    int32_t low = level << (8 - bits) | level >> (2 * bits - 8);
    int32_t high = above << (8 - bits) | above >> (2 * bits - 8);
    return (uint8_t)((value - low) * 128 >= (2 * threshold + 1) * (high - low) ? high : low);
}

static void dither_rgb565(const struct eb_surface *surface, struct eb_area area, uint8_t *out)
{
    for (int32_t y = area.y; y < area.y + area.height; y++) {
        const uint8_t *pixel = eb_pixel(surface, area.x, y);
        uint8_t threshold[SIDE];
        thresholds(area.x, y, threshold, SIDE);
        for (int32_t x = 0; x < area.width; x++, pixel += 4, out += 4) {
            int32_t at = threshold[x % SIDE];
            out[0] = channel_of(pixel[0], 5, at);
            out[1] = channel_of(pixel[1], 6, at);
            out[2] = channel_of(pixel[2], 5, at);
            out[3] = pixel[3];
        }
    }
}

/* Mixtures by the colour that they are of, so that each of the few colours of a page is mixed once. */
struct known {
    uint32_t colour[KNOWN]; /* 1 << 24 and a colour; 0 where nothing is known */
    struct eb_mixture mixture[KNOWN];
};

static struct eb_mixture known_mixture(struct known *known, const uint8_t *pixel, int colours)
{
    uint32_t colour = 1U << 24 | (uint32_t)pixel[2] << 16 | (uint32_t)pixel[1] << 8 | pixel[0];
    uint32_t at = (colour * 2654435761U) >> 24; /* Knuth's multiplicative hash */
    if (known->colour[at] != colour) {
        known->colour[at] = colour;
        known->mixture[at] = eb_mixture(pixel, colours);
    }
    return known->mixture[at];
}

static void dither_colours(const struct eb_surface *surface, struct eb_area area, int colours, uint8_t *out)
{
    struct known known;
    memset(known.colour, 0, sizeof known.colour);
    for (int32_t y = area.y; y < area.y + area.height; y++) {
        const uint8_t *pixel = eb_pixel(surface, area.x, y);
        uint8_t threshold[SIDE];
        thresholds(area.x, y, threshold, SIDE);
        for (int32_t x = 0; x < area.width; x++, pixel += 4, out += 4) {
            struct eb_mixture mixture = known_mixture(&known, pixel, colours);
            memcpy(out, EB_COLOURS[threshold[x % SIDE] < mixture.share ? mixture.other : mixture.one], 4);
        }
    }
}

void eb_dither(const struct eb_surface *surface, struct eb_area area, enum eb_format format, uint8_t *out)
{
    switch (format) {
    case EB_GREY1:
    case EB_GREY2:
    case EB_GREY4:
        dither_greys(surface, area, format == EB_GREY1 ? 1 : format == EB_GREY2 ? 3 : 15, out);
        return;
    case EB_BWR:
    case EB_BWRY:
        dither_colours(surface, area, format == EB_BWR ? 3 : 4, out);
        return;
    case EB_RGB565:
        dither_rgb565(surface, area, out);
        return;
    case EB_GREY8:
    case EB_RGB888:
    case EB_XRGB8888:
    case EB_FORMATS:
        break;
    }
    size_t size = (size_t)area.width * (size_t)surface->channels;
    for (int32_t y = area.y; y < area.y + area.height; y++, out += size) {
        memcpy(out, eb_pixel(surface, area.x, y), size);
    }
}
