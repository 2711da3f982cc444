/* Coverage and images, blended over px: the twin of edgeboard/render/blending.py. Every area lies on its surface. */
#ifndef EB_BLEND_H
#define EB_BLEND_H

#include "eb_surface.h"

/* Paints an area with one px; opacity is not asked. */
void eb_fill(const struct eb_surface *surface, struct eb_area area, const struct eb_paint *paint);

/* Paints one row of px through `count` values of coverage. */
void eb_blend_row(const struct eb_surface *surface, int32_t x, int32_t y, const uint8_t *coverage, int32_t count,
                  const struct eb_paint *paint);

/* Lays one row of an image over px: grey, or blue, green, red and alpha. */
void eb_lay_row(const struct eb_surface *surface, int32_t x, int32_t y, const uint8_t *image, int32_t count,
                uint8_t strength);

/* Half covered becomes covered, all else not. */
void eb_harden(uint8_t *coverage, size_t count);

#endif
