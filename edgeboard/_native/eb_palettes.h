/* The colours of e-ink that has a few: the twin of edgeboard/render/palettes.py. */
#ifndef EB_PALETTES_H
#define EB_PALETTES_H

#include <stdint.h>

enum {
    EB_COLOURS_MAX = 4,
    EB_SHARES = 64, /* of a mixture */
};

extern const uint8_t EB_COLOURS[EB_COLOURS_MAX][4]; /* blue, green, red, 255: black, white, red, yellow */

struct eb_mixture {
    uint8_t one, other; /* numbers of colours */
    uint8_t share;      /* how many of EB_SHARES px have the other */
};

struct eb_mixture eb_mixture(const uint8_t *pixel, int colours);

/* The number of the nearest of the first `colours`; the first of several. */
int eb_nearest(const int32_t *colour, int colours);

#endif
