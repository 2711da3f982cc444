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

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
typedef uint64_t eb_words __attribute__((vector_size(16)));

/* The upper bits of 8 px, and of 8 that lie 64 px behind them. */
static inline eb_words upper_bits(const uint8_t *pixels)
{
    uint64_t near, far;
    memcpy(&near, pixels, 8);
    memcpy(&far, pixels + 64, 8);
    return (eb_words){near, far} & 0x8080808080808080;
}

/* Px 8 k + j of 64 is bit k of byte j first, and has to be bit 7 - j of byte k: bits, pairs and fours of bits change
 * places across a diagonal (H. S. Warren, Hacker's Delight, 7-3), and then the order of the bytes. */
static inline void pack_128_bits(const uint8_t *pixels, uint8_t *out)
{
    eb_words bits, moving;
    bits = upper_bits(pixels) >> 7 | upper_bits(pixels + 8) >> 6 | upper_bits(pixels + 16) >> 5;
    bits |= upper_bits(pixels + 24) >> 4 | upper_bits(pixels + 32) >> 3 | upper_bits(pixels + 40) >> 2;
    bits |= upper_bits(pixels + 48) >> 1 | upper_bits(pixels + 56);
    moving = (bits ^ bits >> 9) & 0x0055005500550055;
    bits ^= moving ^ moving << 9;
    moving = (bits ^ bits >> 18) & 0x0000333300003333;
    bits ^= moving ^ moving << 18;
    moving = (bits ^ bits >> 36) & 0x000000000f0f0f0f;
    bits ^= moving ^ moving << 36;
    const uint64_t packed[2] = {__builtin_bswap64(bits[0]), __builtin_bswap64(bits[1])};
    memcpy(out, packed, 16);
}
#endif

static void pack_bits(const uint8_t *row, size_t width, uint8_t *out)
{
    size_t x = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; x + 128 <= width; x += 128, out += 16) {
        pack_128_bits(row + x, out);
    }
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
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; bits == 2 && x + 8 <= width; x += 8) { /* px joined to pairs, in 16 bits each, and pairs to fours */
        uint64_t eight;
        memcpy(&eight, row + x, 8);
        eight = eight >> 6 & 0x0303030303030303;
        eight = (eight << 2 | eight >> 8) & 0x000f000f000f000f;
        eight = eight << 4 | eight >> 16;
        *out++ = (uint8_t)eight;
        *out++ = (uint8_t)(eight >> 32);
    }
#endif
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
    if (width % 8 == 0) { /* no row ends within a byte: they are one long one */
        width *= rows;
        size *= rows;
        step *= rows;
        rows = rows > 0;
    }
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
