#include "eb_blend.h"

#include <string.h>

/* v / 255, to the nearest, for v up to 255 * 255. */
static inline uint32_t share(uint32_t v)
{
    uint32_t t = v + 128;
    return (t + (t >> 8)) >> 8;
}

void eb_fill(const struct eb_surface *surface, struct eb_area area, const struct eb_paint *paint)
{
    if (eb_is_empty(area)) {
        return;
    }
    size_t size = (size_t)area.width * (size_t)surface->channels;
    uint8_t *first = eb_pixel(surface, area.x, area.y);
    if (surface->channels == 1) {
        memset(first, paint->code[0], size);
    } else {
        for (int32_t x = 0; x < area.width; x++) {
            memcpy(first + 4 * (size_t)x, paint->code, 4);
        }
    }
    for (int32_t y = 1; y < area.height; y++) {
        memcpy(eb_pixel(surface, area.x, area.y + y), first, size);
    }
}

EB_WIDE static void blend_grey(uint8_t *row, const uint8_t *coverage, size_t count, const struct eb_paint *paint)
{
    const uint16_t above = paint->code[0], strength = paint->strength;
    for (size_t x = 0; x < count; x++) {
        uint16_t t = (uint16_t)(coverage[x] * strength + 128);
        uint16_t alpha = (uint16_t)((t + (t >> 8)) >> 8);
        uint16_t v = (uint16_t)(row[x] * (255 - alpha) + above * alpha + 128);
        row[x] = (uint8_t)((v + (v >> 8)) >> 8);
    }
}

static void blend_colour(uint8_t *row, const uint8_t *coverage, size_t count, const struct eb_paint *paint)
{
    for (size_t x = 0; x < count; x++) {
        uint32_t alpha = share((uint32_t)coverage[x] * paint->strength);
        if (alpha == 0) {
            continue;
        }
        uint8_t *pixel = row + 4 * x;
        for (unsigned channel = 0; channel < 4; channel++) {
            pixel[channel] = (uint8_t)share(pixel[channel] * (255 - alpha) + paint->code[channel] * alpha);
        }
    }
}

void eb_blend_row(const struct eb_surface *surface, int32_t x, int32_t y, const uint8_t *coverage, int32_t count,
                  const struct eb_paint *paint)
{
    if (count <= 0) {
        return;
    }
    if (surface->channels == 1) {
        blend_grey(eb_pixel(surface, x, y), coverage, (size_t)count, paint);
    } else {
        blend_colour(eb_pixel(surface, x, y), coverage, (size_t)count, paint);
    }
}

void eb_lay_row(const struct eb_surface *surface, int32_t x, int32_t y, const uint8_t *image, int32_t count,
                uint8_t strength)
{
    uint8_t *row = eb_pixel(surface, x, y);
    if (surface->channels == 1) {
        for (int32_t at = 0; at < count; at++) {
            row[at] = (uint8_t)share((uint32_t)row[at] * (255U - strength) + (uint32_t)image[at] * strength);
        }
        return;
    }
    for (int32_t at = 0; at < count; at++, row += 4, image += 4) {
        uint32_t alpha = share((uint32_t)image[3] * strength);
        for (unsigned channel = 0; channel < 3; channel++) {
            row[channel] = (uint8_t)share(row[channel] * (255 - alpha) + image[channel] * alpha);
        }
        row[3] = 255;
    }
}

EB_WIDE void eb_harden(uint8_t *coverage, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        coverage[at] = coverage[at] >= 128 ? 255 : 0;
    }
}
