/* Px that are drawn on, and areas of them; edgeboard/render/surface.py and values.py say what they are. */
#ifndef EB_SURFACE_H
#define EB_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EB_SIDE_MAX = 8192, /* px */
    EB_PLACES_MAX = 100000, /* discs or corners in one call */
};

#define EB_PLACE_MAX 1e9 /* px from the corner */
#define EB_PLACE_STEPS 256.0 /* in a px, that places are rounded to */

/* Within a surface sides are 0 to EB_SIDE_MAX. */
struct eb_area {
    int32_t x, y, width, height;
};

struct eb_surface {
    uint8_t *pixels; /* height rows of width px of `channels` bytes, without padding */
    int32_t width, height;
    int32_t channels; /* 1 or 4 */
};

/* What is painted with: a px, and its opacity in 1/255. */
struct eb_paint {
    uint8_t code[4];
    uint8_t strength;
};

/* Loops over bytes that GCC vectorizes at -O3 only; Clang does so anyway. */
#if defined(__GNUC__) && !defined(__clang__)
#define EB_WIDE __attribute__((optimize("O3")))
#else
#define EB_WIDE
#endif

static inline uint8_t *eb_pixel(const struct eb_surface *surface, int32_t x, int32_t y)
{
    return surface->pixels + ((size_t)y * (size_t)surface->width + (size_t)x) * (size_t)surface->channels;
}

static inline bool eb_is_empty(struct eb_area area)
{
    return area.width <= 0 || area.height <= 0;
}

#endif
