/* What panels can show of px, and the bits that go to them: the twin of edgeboard/render/dither.py and diffusion.py.
 *
 * Integers only. The caller owns every buffer; `out` has room for the px of the area, row by row, as many bytes each as
 * the surface has. Every area lies on its surface and is not empty. */
#ifndef EB_DITHER_H
#define EB_DITHER_H

#include "eb_surface.h"

/* In the order of edgeboard/render/values.py. */
enum eb_format {
    EB_GREY1,
    EB_GREY2,
    EB_GREY4,
    EB_GREY8,
    EB_BWR,
    EB_BWRY,
    EB_RGB565,
    EB_RGB888,
    EB_XRGB8888,
    EB_FORMATS
};

/* Bytes of a px that is drawn on, 1 or 4. */
int32_t eb_format_channels(enum eb_format format);

/* By the ordered pattern; formats that show everything are copied. */
void eb_dither(const struct eb_surface *surface, struct eb_area area, enum eb_format format, uint8_t *out);

/* By error diffusion, from the upper left corner of the area; formats without it as eb_dither. */
void eb_diffuse(const struct eb_surface *surface, struct eb_area area, enum eb_format format, uint8_t *out);

/* Bytes that `eb_pack` makes of a row. */
size_t eb_packed_row(size_t width, enum eb_format format);

/* Packs rows of px that a panel can show. */
void eb_pack(const uint8_t *pixels, size_t width, size_t rows, enum eb_format format, uint8_t *out);

#endif
