#include "eb_raster.h"

#include <string.h>

#include "eb_blend.h"

enum {
    BAND = 16384, /* px of coverage at a time: what the nearest cache holds, twice the longest row */
    ROWS = 256,   /* of them, at most */
};

#define SLACK (1.0 / 256) /* px, so that no px falls between what joins a disc to the one before it and the one after */
#define MARGIN (1.0 / 16) /* px that are looked at beyond what is computed, for rounding */
#define STEEP (1.0 / 128) /* a line less steep than this is not followed sideways */
#define WIDE 1e30         /* px: no bound at all */

static inline double larger(double a, double b)
{
    return a > b ? a : b;
}

static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* Some rows of coverage, all 0 but between `first` and `last` of each. */
struct band {
    struct eb_area area;
    uint8_t *plane;
    int32_t *first, *last;
};

/* Px `from` of a row that is looked at from there up to and without `to`. */
static inline uint8_t *row_of(const struct band *band, int32_t y, int32_t from, int32_t to)
{
    int32_t at = y - band->area.y;
    if (from < band->first[at]) {
        band->first[at] = from;
    }
    if (to > band->last[at]) {
        band->last[at] = to;
    }
    return band->plane + (size_t)at * (size_t)band->area.width + (from - band->area.x);
}

static inline void put(uint8_t *covered, double by, double most)
{
    uint8_t value = (uint8_t)(int32_t)(smaller(larger(by, 0.0), most) * 255.0 + 0.5);
    *covered = value > *covered ? value : *covered;
}

static void draw_disc(const struct band *band, const struct eb_disc *disc, double most)
{
    double r = disc->r, reach = r + 0.5 + MARGIN;
    int32_t bottom = band->area.y + band->area.height, side = band->area.x + band->area.width;
    int32_t y_end = eb_ceil(disc->y + reach, band->area.y, bottom);
    int32_t from = eb_floor(disc->x - reach, band->area.x, side);
    int32_t to = eb_ceil(disc->x + reach, band->area.x, side);
    for (int32_t y = eb_floor(disc->y - reach, band->area.y, bottom); y < y_end && from < to; y++) {
        uint8_t *covered = row_of(band, y, from, to);
        double ry = y + 0.5 - disc->y;
        for (int32_t x = from; x < to; x++) {
            double rx = x + 0.5 - disc->x;
            put(covered++, 0.5 - (__builtin_sqrt(rx * rx + ry * ry) - r), most);
        }
    }
}

/* Two joined discs; neither holds the other. */
struct capsule {
    double x0, y0, r0, r1, dx, dy, length;
    double ux, uy;       /* from the first centre to the second */
    double sine, cosine; /* of the angle that the tangents make with that */
    double end;          /* where they touch the second disc, from where they touch the first */
    double limit;        /* how far along the centres the second disc is drawn */
    double most;
    bool is_first; /* what lies before the first disc is drawn too */
};

/* Joins two discs; false if one of them holds the other. */
static bool join(const struct eb_disc *one, const struct eb_disc *other, struct capsule *c)
{
    c->x0 = one->x;
    c->y0 = one->y;
    c->r0 = one->r;
    c->r1 = other->r;
    c->dx = other->x - one->x;
    c->dy = other->y - one->y;
    c->most = smaller(one->r + other->r, 1.0);
    c->length = __builtin_sqrt(c->dx * c->dx + c->dy * c->dy);
    if (c->length <= __builtin_fabs(one->r - other->r)) {
        return false;
    }
    double inverse = 1.0 / c->length;
    c->ux = c->dx * inverse;
    c->uy = c->dy * inverse;
    c->sine = (one->r - other->r) * inverse;
    c->cosine = __builtin_sqrt(larger(1.0 - c->sine * c->sine, 0.0));
    c->end = c->cosine * c->length;
    c->limit = c->length + other->r + 0.5;
    return true;
}

/* Of the second disc, leaves to what follows what that covers: all but the wedge between both. */
static void follow(struct capsule *c, const struct capsule *next)
{
    double ahead = c->ux * next->ux + c->uy * next->uy, aside = __builtin_fabs(c->ux * next->uy - c->uy * next->ux);
    if (ahead * next->cosine - aside * next->sine > 0.0) { /* the wedge does not reach the line of the centres */
        double wedge = larger(larger(next->sine * ahead + next->cosine * aside, c->sine), 0.0);
        c->limit = c->length + (c->r1 + 0.5) * wedge + SLACK;
    }
}

/* What of each row may be covered: a strip around the line of the centres crosses it from px to px. Computed in other
 * ways than in the twin, because it decides nothing; MARGIN makes up for rounding. */
struct strip {
    double low, high;             /* along the centres, px */
    double left, right;           /* px that bound all of it */
    double slope, aside;          /* |rx uy - ry ux| <= reach */
    double tilt, nearer, farther; /* low <= rx ux + ry uy <= high */
};

static inline struct strip strip_of(const struct capsule *c, double reach)
{
    struct strip strip = {.low = -c->r0 - 0.5, .high = larger(c->limit, c->length), .aside = WIDE};
    if (!c->is_first) { /* only where cosine s >= sine q, and q <= reach */
        strip.low = c->sine >= 0.0 ? 0.0 : c->cosine > -c->sine ? c->sine / c->cosine * reach : -reach;
    }
    strip.left = c->x0 + smaller(c->dx, 0.0) - reach;
    strip.right = c->x0 + larger(c->dx, 0.0) + reach;
    strip.nearer = -WIDE;
    strip.farther = WIDE;
    if (__builtin_fabs(c->uy) > STEEP) {
        double inverse = 1.0 / c->uy;
        strip.slope = c->ux * inverse;
        strip.aside = __builtin_fabs(reach * inverse) + MARGIN;
    }
    if (__builtin_fabs(c->ux) > STEEP) {
        double inverse = 1.0 / c->ux, one = strip.low * inverse, other = strip.high * inverse;
        strip.tilt = c->uy * inverse;
        strip.nearer = smaller(one, other) - MARGIN;
        strip.farther = larger(one, other) + MARGIN;
    }
    return strip;
}

/* Covers some px of a row, the first of them px `x`. */
static inline void draw_row(const struct capsule *c, uint8_t *covered, double ry, int32_t x, int32_t count)
{
    for (int32_t at = 0; at < count; at++) {
        double rx = x + at + 0.5 - c->x0;
        double s = rx * c->ux + ry * c->uy;
        double q = __builtin_fabs(rx * c->uy - ry * c->ux);
        double along = c->cosine * s - c->sine * q;
        double distance = c->sine * s + c->cosine * q - c->r0;
        if (__builtin_expect((along < 0.0) | (along > c->end), 0)) {
            if (along < 0.0 ? !c->is_first : s > c->limit) {
                continue;
            }
            double ex = along < 0.0 ? rx : rx - c->dx, ey = along < 0.0 ? ry : ry - c->dy;
            distance = __builtin_sqrt(ex * ex + ey * ey) - (along < 0.0 ? c->r0 : c->r1);
        }
        put(&covered[at], 0.5 - distance, c->most);
    }
}

static void draw_capsule(const struct band *band, const struct capsule *c)
{
    double reach = larger(c->r0, c->r1) + 0.5, wide = reach * __builtin_fabs(c->ux) + MARGIN;
    struct strip strip = strip_of(c, reach);
    double above = c->y0 + smaller(strip.low * c->uy, strip.high * c->uy) - wide;
    double below = c->y0 + larger(strip.low * c->uy, strip.high * c->uy) + wide;
    int32_t bottom = band->area.y + band->area.height, side = band->area.x + band->area.width;
    int32_t y_end = eb_floor(below + 0.5, band->area.y, bottom);
    for (int32_t y = eb_ceil(above - 0.5, band->area.y, bottom); y < y_end; y++) {
        double ry = y + 0.5 - c->y0;
        double middle = c->x0 + ry * strip.slope, start = c->x0 - ry * strip.tilt;
        double left = larger(larger(strip.left, middle - strip.aside), start + strip.nearer);
        double right = smaller(smaller(strip.right, middle + strip.aside), start + strip.farther);
        int32_t from = eb_ceil(left - 0.5, band->area.x, side), to = eb_floor(right + 0.5, band->area.x, side);
        if (from < to) {
            draw_row(c, row_of(band, y, from, to), ry, from, to - from);
        }
    }
}

static void draw_run(const struct band *band, const struct eb_disc *discs, size_t count)
{
    struct capsule before, c;
    bool has_before = false;
    if (count == 1) {
        draw_disc(band, &discs[0], smaller(discs[0].r + discs[0].r, 1.0));
    }
    for (size_t at = 1; at < count; at++) {
        bool is_joined = join(&discs[at - 1], &discs[at], &c);
        c.is_first = at == 1;
        if (has_before) {
            if (is_joined) {
                follow(&before, &c);
            }
            draw_capsule(band, &before);
        }
        has_before = is_joined;
        if (is_joined) {
            before = c;
        } else if (c.r1 >= c.r0) {
            draw_disc(band, &discs[at], c.most);
        } else if (c.is_first) {
            draw_disc(band, &discs[0], c.most);
        }
    }
    if (has_before) {
        draw_capsule(band, &before);
    }
}

static void draw_band(const struct band *band, const struct eb_disc *discs, const size_t *ends, size_t runs)
{
    size_t begin = 0;
    for (size_t run = 0; run < runs; begin = ends[run++]) {
        draw_run(band, discs + begin, ends[run] - begin);
    }
}

/* Paints what a band covers, and clears it. */
static void blend_band(const struct eb_surface *surface, const struct band *band, const struct eb_paint *paint,
                       bool is_hard)
{
    for (int32_t at = 0; at < band->area.height; at++) {
        int32_t first = band->first[at], count = band->last[at] - first;
        if (count <= 0) {
            continue;
        }
        uint8_t *covered = band->plane + (size_t)at * (size_t)band->area.width + (first - band->area.x);
        if (is_hard) {
            eb_harden(covered, (size_t)count);
        }
        eb_blend_row(surface, first, band->area.y + at, covered, count, paint);
        memset(covered, 0, (size_t)count);
    }
}

void eb_ink(const struct eb_surface *surface, struct eb_area box, const struct eb_disc *discs, const size_t *ends,
            size_t runs, const struct eb_paint *paint, bool is_hard)
{
    if (eb_is_empty(box)) {
        return;
    }
    uint8_t plane[BAND];
    int32_t first[ROWS], last[ROWS];
    int32_t rows = BAND / box.width < ROWS ? BAND / box.width : ROWS, bottom = box.y + box.height;
    rows = rows < box.height ? rows : box.height;
    memset(plane, 0, (size_t)rows * (size_t)box.width);
    for (int32_t y = box.y; y < bottom; y += rows) {
        struct eb_area area = {box.x, y, box.width, rows < bottom - y ? rows : bottom - y};
        struct band band = {area, plane, first, last};
        for (int32_t at = 0; at < area.height; at++) {
            first[at] = box.x + box.width;
            last[at] = box.x;
        }
        draw_band(&band, discs, ends, runs);
        blend_band(surface, &band, paint, is_hard);
    }
}
