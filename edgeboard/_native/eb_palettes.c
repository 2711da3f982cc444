#include "eb_palettes.h"

enum {
    PURE = 6, /* of EB_SHARES: what is nearly one colour becomes it */
    CHANNELS = 3,
};

static const int32_t WEIGHTS[CHANNELS] = {11, 59, 30};

const uint8_t EB_COLOURS[EB_COLOURS_MAX][4] = {
    {0, 0, 0, 255}, {255, 255, 255, 255}, {0, 0, 255, 255}, {0, 255, 255, 255}};

int eb_nearest(const int32_t *colour, int colours)
{
    int best = 0;
    int32_t least = INT32_MAX;
    for (int number = 0; number < colours; number++) {
        int32_t off = 0;
        for (int channel = 0; channel < CHANNELS; channel++) {
            int32_t apart = colour[channel] - EB_COLOURS[number][channel];
            off += WEIGHTS[channel] * apart * apart;
        }
        if (off < least) {
            least = off;
            best = number;
        }
    }
    return best;
}

/* How many of EB_SHARES of the way from colour a to colour b the nearest place to a px is, and how far off that is. */
static int32_t share_of(const uint8_t *pixel, const uint8_t *a, const uint8_t *b, int64_t *off)
{
    int32_t length = 0, along = 0;
    for (int channel = 0; channel < CHANNELS; channel++) {
        length += WEIGHTS[channel] * (b[channel] - a[channel]) * (b[channel] - a[channel]);
        along += WEIGHTS[channel] * (pixel[channel] - a[channel]) * (b[channel] - a[channel]);
    }
    int64_t doubled = (int64_t)along * EB_SHARES * 2 + length;
    int32_t share = doubled < 0 ? 0 : (int32_t)(doubled / (2 * (int64_t)length));
    share = share < EB_SHARES ? share : EB_SHARES;
    *off = 0;
    for (int channel = 0; channel < CHANNELS; channel++) {
        int64_t apart = pixel[channel] * EB_SHARES - (a[channel] * (EB_SHARES - share) + b[channel] * share);
        *off += WEIGHTS[channel] * apart * apart;
    }
    return share;
}

struct eb_mixture eb_mixture(const uint8_t *pixel, int colours)
{
    struct eb_mixture best = {0, 1, 0};
    int64_t least = INT64_MAX;
    for (int one = 0; one < colours - 1; one++) {
        for (int other = one + 1; other < colours; other++) {
            int64_t off;
            int32_t share = share_of(pixel, EB_COLOURS[one], EB_COLOURS[other], &off);
            if (off < least) {
                least = off;
                best = (struct eb_mixture){(uint8_t)one, (uint8_t)other, (uint8_t)share};
            }
        }
    }
    if (best.share < PURE) {
        best.share = 0;
    } else if (best.share > EB_SHARES - PURE) {
        best.share = EB_SHARES;
    }
    return best;
}
