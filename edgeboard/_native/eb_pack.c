/* Px as they go to a panel: edgeboard/render/dither.py, `pack`. */
#include <string.h>

#include "eb_dither.h"

size_t eb_packed_row(size_t width, enum eb_format format)
{
    switch (format) {
    case EB_GREY1:
        return (width + 7) / 8;
    case EB_GREY2:
    case EB_BWR:
    case EB_BWRY:
        return (width + 3) / 4;
    case EB_GREY4:
        return (width + 1) / 2;
    case EB_GREY8:
        return width;
    case EB_RGB565:
        return width * 2;
    case EB_RGB888:
        return width * 3;
    case EB_XRGB8888:
    case EB_FORMATS:
        break;
    }
    return width * 4;
}

/* The upper `bits` of each of 8 / bits bytes, the first highest. */
static inline uint8_t packed(const uint8_t *pixels, size_t count, unsigned bits)
{
    unsigned byte = 0;
    for (size_t at = 0; at < count; at++) {
        byte |= (unsigned)(pixels[at] >> (8 - bits)) << (8 - bits * (at + 1));
    }
    return (uint8_t)byte;
}

static void pack_bits(const uint8_t *row, size_t width, uint8_t *out)
{
    size_t x = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; x + 8 <= width; x += 8) { /* the upper bit of byte k, at 8 k + 7, to bit 63 - k; no two sums meet */
        uint64_t group;
        memcpy(&group, row + x, 8);
        *out++ = (uint8_t)(((group >> 7 & 0x0101010101010101) * 0x8040201008040201) >> 56);
    }
#endif
    for (; x < width; x += 8) {
        *out++ = packed(row + x, width - x < 8 ? width - x : 8, 1);
    }
}

static void pack_few(const uint8_t *row, size_t width, unsigned bits, uint8_t *out)
{
    const size_t group = 8 / bits;
    size_t x = 0;
    for (; x + group <= width; x += group) {
        *out++ = packed(row + x, group, bits);
    }
    if (x < width) {
        *out = packed(row + x, width - x, bits);
    }
}

/* The number of a colour of e-ink: 0 black, 1 white and whatever it does not have, 2 red, 3 yellow if it has that. */
static inline uint8_t number_of(const uint8_t *pixel, bool has_yellow)
{
    unsigned blue = pixel[0], green = pixel[1], red = pixel[2];
    if (blue == 0 && green == 0 && red == 0) {
        return 0;
    }
    if (blue == 0 && green == 0 && red == 255) {
        return 2;
    }
    return has_yellow && blue == 0 && green == 255 && red == 255 ? 3 : 1;
}

static void pack_colours(const uint8_t *row, size_t width, bool has_yellow, uint8_t *out)
{
    memset(out, 0, (width + 3) / 4);
    for (size_t x = 0; x < width; x++, row += 4) {
        out[x / 4] |= (uint8_t)(number_of(row, has_yellow) << (6 - x % 4 * 2));
    }
}

EB_WIDE static void pack_rgb565(const uint8_t *row, size_t width, uint8_t *out)
{
    for (size_t x = 0; x < width; x++) {
        const uint8_t *pixel = row + 4 * x;
        unsigned number = (unsigned)(pixel[2] >> 3) << 11 | (unsigned)(pixel[1] >> 2) << 5 | pixel[0] >> 3;
        out[2 * x] = (uint8_t)(number & 255);
        out[2 * x + 1] = (uint8_t)(number >> 8);
    }
}

void eb_pack(const uint8_t *pixels, size_t width, size_t rows, enum eb_format format, uint8_t *out)
{
    size_t size = eb_packed_row(width, format), step = width * (size_t)eb_format_channels(format);
    for (size_t row = 0; row < rows; row++, pixels += step, out += size) {
        switch (format) {
        case EB_GREY1:
            pack_bits(pixels, width, out);
            break;
        case EB_GREY2:
            pack_few(pixels, width, 2, out);
            break;
        case EB_GREY4:
            pack_few(pixels, width, 4, out);
            break;
        case EB_BWR:
        case EB_BWRY:
            pack_colours(pixels, width, format == EB_BWRY, out);
            break;
        case EB_RGB565:
            pack_rgb565(pixels, width, out);
            break;
        case EB_RGB888:
            for (size_t x = 0; x < width; x++) {
                memcpy(out + 3 * x, pixels + 4 * x, 3);
            }
            break;
        case EB_GREY8:
        case EB_XRGB8888:
        case EB_FORMATS:
            memcpy(out, pixels, step);
            break;
        }
    }
}
