#include "eb_raster.h"

#include <string.h>

#include "eb_blend.h"

enum {
    BAND = 16384, /* px of coverage at a time: what the nearest cache holds, twice the longest row */
};

#define MARGIN (1.0 / 16) /* px that are looked at beyond what is computed, for rounding */
#define STEEP (1.0 / 128) /* a line less steep than this is not followed sideways */

double eb_scale(const double *matrix)
{
    return __builtin_sqrt(__builtin_fabs(matrix[0] * matrix[3] - matrix[1] * matrix[2]));
}

static bool is_place(double number)
{
    return number >= -EB_PLACE_MAX && number <= EB_PLACE_MAX;
}

size_t eb_place(const void *triples, size_t count, const struct eb_placing *placing, struct eb_disc *out)
{
    const double *m = placing->matrix;
    for (size_t at = 0; at < count; at++) {
        double given[3];
        memcpy(given, (const uint8_t *)triples + at * sizeof given, sizeof given);
        double x = m[0] * given[0] + m[2] * given[1] + m[4];
        double y = m[1] * given[0] + m[3] * given[1] + m[5];
        double r = given[2] * placing->scale;
        out[at] = (struct eb_disc){x, y, r};
        if (!(is_place(x) && is_place(y) && r >= 0.0 && r <= EB_PLACE_MAX)) {
            return at;
        }
        out[at].x = __builtin_floor(x * EB_PLACE_STEPS + 0.5) / EB_PLACE_STEPS;
        out[at].y = __builtin_floor(y * EB_PLACE_STEPS + 0.5) / EB_PLACE_STEPS;
        out[at].r = r >= placing->least ? r : placing->least;
    }
    return count;
}

/* Whole numbers within bounds, of numbers that an int may not hold. */
static int32_t floor_within(double number, int32_t low, int32_t high)
{
    return number <= low ? low : number >= high ? high : (int32_t)__builtin_floor(number);
}

static int32_t ceil_within(double number, int32_t low, int32_t high)
{
    return number <= low ? low : number >= high ? high : (int32_t)__builtin_ceil(number);
}

struct eb_area eb_around(const struct eb_disc *discs, size_t count, struct eb_area clip)
{
    double left = EB_PLACE_MAX * 4, above = left, right = -left, below = -left;
    for (size_t at = 0; at < count; at++) {
        const struct eb_disc *disc = &discs[at];
        left = disc->x - disc->r < left ? disc->x - disc->r : left;
        right = disc->x + disc->r > right ? disc->x + disc->r : right;
        above = disc->y - disc->r < above ? disc->y - disc->r : above;
        below = disc->y + disc->r > below ? disc->y + disc->r : below;
    }
    int32_t x = floor_within(left - 0.5, clip.x, clip.x + clip.width);
    int32_t y = floor_within(above - 0.5, clip.y, clip.y + clip.height);
    int32_t x_end = ceil_within(right + 0.5, clip.x, clip.x + clip.width);
    int32_t y_end = ceil_within(below + 0.5, clip.y, clip.y + clip.height);
    if (x >= x_end || y >= y_end) {
        return (struct eb_area){0, 0, 0, 0};
    }
    return (struct eb_area){x, y, x_end - x, y_end - y};
}

/* Some rows of coverage, all 0 but between `first` and `last` of each. */
struct band {
    struct eb_area area;
    uint8_t *plane;
    int32_t *first, *last;
};

/* Px `from` of a row that is looked at from there up to and without `to`. */
static uint8_t *row_of(const struct band *band, int32_t y, int32_t from, int32_t to)
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
    if (by > 0.0) {
        uint8_t value = (uint8_t)((by < most ? by : most) * 255.0 + 0.5);
        if (value > *covered) {
            *covered = value;
        }
    }
}

static void draw_disc(const struct band *band, const struct eb_disc *disc, double most)
{
    double r = disc->r, reach = r + 0.5 + MARGIN;
    int32_t bottom = band->area.y + band->area.height, side = band->area.x + band->area.width;
    int32_t y_end = ceil_within(disc->y + reach, band->area.y, bottom);
    int32_t from = floor_within(disc->x - reach, band->area.x, side);
    int32_t to = ceil_within(disc->x + reach, band->area.x, side);
    for (int32_t y = floor_within(disc->y - reach, band->area.y, bottom); y < y_end && from < to; y++) {
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
    double x0, y0, r0, r1, dx, dy;
    double ux, uy;       /* from the first centre to the second */
    double sine, cosine; /* of the angle that the tangents make with that */
    double end;          /* where they touch the second disc, from where they touch the first */
    double most;
    bool is_first; /* what lies beyond the first disc is drawn too */
};

/* What of each row may be covered: a strip around the line of the centres crosses it from px to px. Values that are
 * computed in other ways in the twin, because they decide nothing; MARGIN makes up for their rounding. */
struct strip {
    double left, right;       /* px that bound all of it */
    bool is_steep, is_flat;   /* whether the next two, and the three after them, are of use */
    double slope, aside;      /* |rx uy - ry ux| <= reach */
    double tilt, nearer, farther; /* low <= rx ux + ry uy <= high */
};

static struct strip strip_of(const struct capsule *c, double reach, double low, double high)
{
    struct strip strip = {.is_steep = __builtin_fabs(c->uy) > STEEP, .is_flat = __builtin_fabs(c->ux) > STEEP};
    if (strip.is_steep) {
        strip.slope = c->ux / c->uy;
        strip.aside = __builtin_fabs(reach / c->uy) + MARGIN;
    }
    if (strip.is_flat) {
        double one = low / c->ux, other = high / c->ux;
        strip.tilt = c->uy / c->ux;
        strip.nearer = (one < other ? one : other) - MARGIN;
        strip.farther = (one < other ? other : one) + MARGIN;
    }
    return strip;
}

static void narrow(const struct strip *strip, double x0, double ry, double *from, double *to)
{
    double left = strip->left, right = strip->right;
    if (strip->is_steep) {
        double middle = x0 + ry * strip->slope;
        left = left > middle - strip->aside ? left : middle - strip->aside;
        right = right < middle + strip->aside ? right : middle + strip->aside;
    }
    if (strip->is_flat) {
        double start = x0 - ry * strip->tilt;
        left = left > start + strip->nearer ? left : start + strip->nearer;
        right = right < start + strip->farther ? right : start + strip->farther;
    }
    *from = left - 0.5;
    *to = right + 0.5;
}

/* Covers some px of a row, the first of them px `x`. */
static void draw_row(const struct capsule *c, uint8_t *covered, double ry, int32_t x, int32_t count)
{
    for (int32_t at = 0; at < count; at++) {
        double rx = x + at + 0.5 - c->x0;
        double s = rx * c->ux + ry * c->uy;
        double q = __builtin_fabs(rx * c->uy - ry * c->ux);
        double along = c->cosine * s - c->sine * q;
        double distance;
        if (along < 0.0) {
            if (!c->is_first) {
                continue;
            }
            distance = __builtin_sqrt(rx * rx + ry * ry) - c->r0;
        } else if (along > c->end) {
            double ex = rx - c->dx, ey = ry - c->dy;
            distance = __builtin_sqrt(ex * ex + ey * ey) - c->r1;
        } else {
            distance = c->sine * s + c->cosine * q - c->r0;
        }
        put(&covered[at], 0.5 - distance, c->most);
    }
}

static void draw_capsule(const struct band *band, const struct eb_disc *one, const struct eb_disc *other, bool is_first)
{
    double r0 = one->r, r1 = other->r;
    double above = one->y - r0 < other->y - r1 ? one->y - r0 : other->y - r1;
    double below = one->y + r0 > other->y + r1 ? one->y + r0 : other->y + r1;
    int32_t bottom = band->area.y + band->area.height, side = band->area.x + band->area.width;
    int32_t y = floor_within(above - 0.5, band->area.y, bottom), y_end = ceil_within(below + 0.5, band->area.y, bottom);
    if (y >= y_end) {
        return;
    }
    struct capsule c = {.x0 = one->x, .y0 = one->y, .r0 = r0, .r1 = r1, .is_first = is_first};
    c.dx = other->x - one->x;
    c.dy = other->y - one->y;
    c.most = r0 + r1 < 1.0 ? r0 + r1 : 1.0;
    double length = __builtin_sqrt(c.dx * c.dx + c.dy * c.dy);
    if (length <= __builtin_fabs(r0 - r1)) { /* one holds the other */
        if (r1 >= r0) {
            draw_disc(band, other, c.most);
        } else if (is_first) {
            draw_disc(band, one, c.most);
        }
        return;
    }
    c.ux = c.dx / length;
    c.uy = c.dy / length;
    c.sine = (r0 - r1) / length;
    c.cosine = __builtin_sqrt(1.0 - c.sine * c.sine);
    c.end = c.cosine * length;
    double reach = (r0 > r1 ? r0 : r1) + 0.5;
    double low = -r0 - 0.5;
    if (!is_first) { /* only where along >= 0, which is cosine s >= sine q */
        low = c.sine >= 0.0 ? 0.0 : c.cosine > -c.sine ? c.sine / c.cosine * reach : -reach - r0;
    }
    struct strip strip = strip_of(&c, reach, low, length + r1 + 0.5);
    strip.left = (one->x - r0 < other->x - r1 ? one->x - r0 : other->x - r1) - 0.5;
    strip.right = (one->x + r0 > other->x + r1 ? one->x + r0 : other->x + r1) + 0.5;
    for (; y < y_end; y++) {
        double ry = y + 0.5 - c.y0, left, right;
        narrow(&strip, c.x0, ry, &left, &right);
        int32_t from = floor_within(left, band->area.x, side), to = ceil_within(right, band->area.x, side);
        if (from < to) {
            draw_row(&c, row_of(band, y, from, to), ry, from, to - from);
        }
    }
}

static void draw_band(const struct band *band, const struct eb_disc *discs, const size_t *ends, size_t runs)
{
    size_t begin = 0;
    for (size_t run = 0; run < runs; begin = ends[run++]) {
        if (ends[run] == begin + 1) {
            double both = discs[begin].r + discs[begin].r;
            draw_disc(band, &discs[begin], both < 1.0 ? both : 1.0);
        }
        for (size_t at = begin + 1; at < ends[run]; at++) {
            draw_capsule(band, &discs[at - 1], &discs[at], at == begin + 1);
        }
    }
}

void eb_ink(const struct eb_surface *surface, struct eb_area box, const struct eb_disc *discs, const size_t *ends,
            size_t runs, const struct eb_paint *paint, bool is_hard)
{
    if (eb_is_empty(box)) {
        return;
    }
    enum { ROWS = 256 }; /* at a time, at most */
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
        for (int32_t at = 0; at < area.height; at++) {
            if (first[at] < last[at]) {
                uint8_t *covered = plane + (size_t)at * (size_t)box.width + (first[at] - box.x);
                size_t count = (size_t)(last[at] - first[at]);
                if (is_hard) {
                    eb_harden(covered, count);
                }
                eb_blend_row(surface, first[at], y + at, covered, (int32_t)count, paint);
                memset(covered, 0, count);
            }
        }
    }
}
