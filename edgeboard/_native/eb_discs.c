#include "eb_discs.h"

#include <string.h>

#define MERGE_REACH 1.0        /* px from the last disc that is drawn */
#define MERGE_OFF (1.0 / 32.0) /* px, of place and of radius */

double eb_scale(const double *matrix)
{
    return __builtin_sqrt(__builtin_fabs(matrix[0] * matrix[3] - matrix[1] * matrix[2]));
}

static bool is_place(double number)
{
    return number >= -EB_PLACE_MAX && number <= EB_PLACE_MAX;
}

/* The nearest place of the grid; a floor that is no call of a library. */
static double rounded(double number)
{
    double steps = number * EB_PLACE_STEPS + 0.5;
    double whole = (double)(int64_t)steps;
    return (whole > steps ? whole - 1.0 : whole) / EB_PLACE_STEPS;
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
        out[at].x = rounded(x);
        out[at].y = rounded(y);
        out[at].r = r >= placing->least ? r : placing->least;
    }
    return count;
}

/* Whether a disc lies on what joins the one that was drawn last with the one after it, as nearly as anybody sees. */
static bool is_between(const struct eb_disc *last, const struct eb_disc *disc, const struct eb_disc *next)
{
    double dx = disc->x - last->x, dy = disc->y - last->y, dr = disc->r - last->r;
    double nx = next->x - last->x, ny = next->y - last->y, nr = next->r - last->r;
    double square = nx * nx + ny * ny, along = dx * nx + dy * ny, aside = dx * ny - dy * nx;
    return dx * dx + dy * dy < MERGE_REACH * MERGE_REACH && 0.0 <= along && along <= square && square > 0.0 &&
           aside * aside <= MERGE_OFF * MERGE_OFF * square &&
           __builtin_fabs(dr * square - nr * along) <= MERGE_OFF * square;
}

size_t eb_merge(struct eb_disc *discs, size_t count)
{
    size_t last = 0;
    for (size_t at = 1; at < count; at++) {
        if (at + 1 == count || !is_between(&discs[last], &discs[at], &discs[at + 1])) {
            discs[++last] = discs[at];
        }
    }
    return count == 0 ? 0 : last + 1;
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
    int32_t x = eb_floor(left - 0.5, clip.x, clip.x + clip.width);
    int32_t y = eb_floor(above - 0.5, clip.y, clip.y + clip.height);
    int32_t x_end = eb_ceil(right + 0.5, clip.x, clip.x + clip.width);
    int32_t y_end = eb_ceil(below + 0.5, clip.y, clip.y + clip.height);
    if (x >= x_end || y >= y_end) {
        return (struct eb_area){0, 0, 0, 0};
    }
    return (struct eb_area){x, y, x_end - x, y_end - y};
}
