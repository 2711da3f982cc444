#include "eb_refine.h"

#include <stdbool.h>

enum {
    SPAN_MAX = 32, /* points in a row that may go */
    SLIDE = 2,     /* points beyond the neighbours of a segment that it is compared with */
    REACH = 7,     /* points to either side that shape what changes, and what that is compared with */
};


/* ------------------------------------------------------------------------------------------------------- drawing */

/* Segment i at u goes to place `at` of the discs. */
static void put_disc(const struct eb_curve *curve, size_t i, double u, struct eb_drawn *out, size_t at)
{
    double disc[3];
    eb_disc(curve, i, u, disc);
    out->x[at] = disc[0];
    out->y[at] = disc[1];
    out->r[at] = disc[2];
}

/* Draws at least two points. */
static void draw(struct eb_refine *stroke, const struct eb_points *points, size_t count, struct eb_drawn *out)
{
    struct eb_curve *curve = &stroke->curve;
    curve->count = count;
    curve->has_pressure = stroke->has_pressure;
    curve->width = stroke->width;
    eb_smooth(points->x, count, curve->points.x);
    eb_smooth(points->y, count, curve->points.y);
    if (stroke->has_pressure) {
        eb_smooth(points->pressure, count, curve->points.pressure);
    }
    size_t at = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        size_t parts = eb_parts_of(&curve->points, i);
        out->at[i] = at;
        for (size_t j = 0; j < parts; j++) {
            put_disc(curve, i, (double)j / (double)parts, out, at++);
        }
    }
    out->at[count - 1] = at;
    put_disc(curve, count - 2, 1.0, out, at);
}

/* ----------------------------------------------------------------------------------------------------- comparing */

/* Whether a disc lies on what joins disc `at` of a curve to the next. */
static bool is_on(double x, double y, double r, const struct eb_drawn *b, size_t at, double tolerance)
{
    double dx = b->x[at + 1] - b->x[at];
    double dy = b->y[at + 1] - b->y[at];
    double square = dx * dx + dy * dy;
    double u = 0.0;
    if (square > 0) {
        u = ((x - b->x[at]) * dx + (y - b->y[at]) * dy) / square;
        u = u > 0.0 ? u : 0.0;
        u = u < 1.0 ? u : 1.0;
    }
    double off_x = x - b->x[at] - u * dx;
    double off_y = y - b->y[at] - u * dy;
    double slack = tolerance - __builtin_fabs(r - b->r[at] - u * (b->r[at + 1] - b->r[at]));
    return slack >= 0 && off_x * off_x + off_y * off_y <= slack * slack;
}

/* Some consecutive discs of a curve, both ends included. */
struct stretch {
    const struct eb_drawn *of;
    size_t first, last;
};

/* Whether every disc of one stretch lies on the other; `near` is the disc of the other that is looked at first. */
static bool is_near(struct stretch a, struct stretch b, size_t near, double tolerance)
{
    size_t count = b.last - b.first;
    for (size_t i = a.first; i <= a.last; i++) {
        size_t at = near < b.last ? near : b.first;
        size_t n = 0;
        while (n < count && !is_on(a.of->x[i], a.of->y[i], a.of->r[i], b.of, at, tolerance)) {
            at = at + 1 < b.last ? at + 1 : b.first;
            n++;
        }
        if (n == count) {
            return false;
        }
        near = at; /* neighbours of a disc are near the neighbours of what it was near */
    }
    return true;
}

/* A few points that may stay, and which of their segments stands where a point is to go. */
struct window {
    size_t points[2 * REACH];
    size_t count;
    size_t gap;
};

/* Whether the points of the window are drawn on the full curve, and it on them, around the gap. */
static bool is_same(struct eb_refine *stroke, const struct window *window)
{
    static const int OFFSETS[] = {0, -1, 1, -2, 2, -3, 3};
    size_t last = stroke->count - 1, end = window->count - 1;
    for (size_t i = 0; i < window->count; i++) {
        size_t point = window->points[i];
        stroke->work.x[i] = stroke->recorded.x[point];
        stroke->work.y[i] = stroke->recorded.y[point];
        stroke->work.pressure[i] = stroke->coarse[point];
    }
    draw(stroke, &stroke->work, window->count, &stroke->thin);
    const struct eb_drawn *full = &stroke->full, *thin = &stroke->thin;
    ptrdiff_t low = window->points[0] == 0 ? 0 : 2; /* segments whose points all have their neighbours */
    ptrdiff_t high = (ptrdiff_t)end - (window->points[end] == last ? 0 : 2);
    for (size_t n = 0; n < sizeof OFFSETS / sizeof *OFFSETS; n++) {
        ptrdiff_t i = (ptrdiff_t)window->gap + OFFSETS[n];
        if (i < low || i >= high) {
            continue;
        }
        size_t start = window->points[i], stop = window->points[i + 1];
        if (OFFSETS[n] >= -2 && OFFSETS[n] <= 2) {
            /* smoothing slides points towards their neighbours */
            size_t before = window->points[i > 0 ? i - 1 : 0];
            size_t behind = window->points[i + 2 < (ptrdiff_t)end ? i + 2 : (ptrdiff_t)end];
            struct stretch there = {full, full->at[before > SLIDE ? before - SLIDE : 0],
                                    full->at[behind + SLIDE < last ? behind + SLIDE : last]};
            struct stretch here = {thin, thin->at[i], thin->at[i + 1]};
            if (!is_near(here, there, full->at[start], stroke->tolerance)) {
                return false;
            }
        }
        struct stretch there = {thin, thin->at[i - 1 > low ? i - 1 : low], thin->at[i + 2 < high ? i + 2 : high]};
        struct stretch here = {full, full->at[start], full->at[stop]};
        if (!is_near(here, there, thin->at[i], stroke->tolerance)) {
            return false;
        }
    }
    return true;
}

size_t eb_refine(struct eb_refine *stroke)
{
    size_t last = stroke->count - 1, kept = 0;
    if (last < 2) {
        for (; kept <= last; kept++) {
            stroke->kept[kept] = (uint16_t)kept;
        }
        return kept;
    }
    draw(stroke, &stroke->recorded, stroke->count, &stroke->full);
    stroke->kept[kept++] = 0;
    for (size_t point = 1; point < last; point++) {
        struct window window = {{0}, 0, 0};
        for (size_t i = kept > REACH ? kept - REACH : 0; i < kept; i++) {
            window.points[window.count++] = stroke->kept[i];
        }
        window.gap = window.count - 1;
        for (size_t i = point + 1; i <= point + REACH && i <= last; i++) {
            window.points[window.count++] = i;
        }
        bool is_short = window.points[window.gap + 1] - window.points[window.gap] <= SPAN_MAX;
        if (!is_short || !is_same(stroke, &window)) {
            stroke->kept[kept++] = (uint16_t)point;
        }
    }
    stroke->kept[kept++] = (uint16_t)last;
    return kept;
}
