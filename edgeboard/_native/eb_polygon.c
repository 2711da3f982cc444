#include "eb_polygon.h"

#include <stdlib.h>
#include <string.h>

#include "eb_blend.h"

enum {
    LINES = 16, /* of a px */
    STEPS = 256, /* of a px, along a line */
    WHOLE = LINES * STEPS,
    FEW = 24, /* crossings that are sorted by insertion */
};

void eb_polygon_begin(struct eb_polygon *polygon)
{
    polygon->count = 0;
    polygon->left = polygon->above = EB_PLACE_MAX * 4;
    polygon->right = polygon->below = -EB_PLACE_MAX * 4;
}

static double rounded(double number)
{
    return __builtin_floor(number * EB_PLACE_STEPS + 0.5) / EB_PLACE_STEPS;
}

static void add_edge(struct eb_polygon *polygon, double x0, double y0, double x1, double y1)
{
    if (y0 < y1) {
        polygon->edges[polygon->count++] = (struct eb_edge){x0, y0, y1, (x1 - x0) / (y1 - y0)};
    } else if (y1 < y0) {
        polygon->edges[polygon->count++] = (struct eb_edge){x1, y1, y0, (x0 - x1) / (y0 - y1)};
    }
}

static double number_at(const void *numbers, size_t at)
{
    double number;
    memcpy(&number, (const uint8_t *)numbers + at * sizeof number, sizeof number);
    return number;
}

size_t eb_polygon_add(struct eb_polygon *polygon, const void *numbers, size_t corners)
{
    for (size_t at = 0; at < 2 * corners; at++) {
        double number = number_at(numbers, at);
        if (!(number >= -EB_PLACE_MAX && number <= EB_PLACE_MAX)) {
            return at;
        }
    }
    if (corners < 3) {
        return 2 * corners;
    }
    double x0 = rounded(number_at(numbers, 2 * corners - 2)), y0 = rounded(number_at(numbers, 2 * corners - 1));
    for (size_t at = 0; at < corners; at++) {
        double x = rounded(number_at(numbers, 2 * at)), y = rounded(number_at(numbers, 2 * at + 1));
        polygon->left = x < polygon->left ? x : polygon->left;
        polygon->right = x > polygon->right ? x : polygon->right;
        polygon->above = y < polygon->above ? y : polygon->above;
        polygon->below = y > polygon->below ? y : polygon->below;
        add_edge(polygon, x0, y0, x, y);
        x0 = x;
        y0 = y;
    }
    return 2 * corners;
}

struct eb_area eb_polygon_around(const struct eb_polygon *polygon, struct eb_area clip)
{
    double x = __builtin_floor(polygon->left), y = __builtin_floor(polygon->above);
    double x_end = __builtin_ceil(polygon->right), y_end = __builtin_ceil(polygon->below);
    x = x > clip.x ? x : clip.x;
    y = y > clip.y ? y : clip.y;
    x_end = x_end < clip.x + clip.width ? x_end : clip.x + clip.width;
    y_end = y_end < clip.y + clip.height ? y_end : clip.y + clip.height;
    if (!(x < x_end && y < y_end)) {
        return (struct eb_area){0, 0, 0, 0};
    }
    return (struct eb_area){(int32_t)x, (int32_t)y, (int32_t)(x_end - x), (int32_t)(y_end - y)};
}

static int by_top(const void *one, const void *other)
{
    double a = ((const struct eb_edge *)one)->y, b = ((const struct eb_edge *)other)->y;
    return (a > b) - (a < b);
}

static int by_place(const void *one, const void *other)
{
    int32_t a = *(const int32_t *)one, b = *(const int32_t *)other;
    return (a > b) - (a < b);
}

static void sort(int32_t *crossings, size_t count)
{
    if (count > FEW) {
        qsort(crossings, count, sizeof *crossings, by_place);
        return;
    }
    for (size_t at = 1; at < count; at++) {
        int32_t moved = crossings[at];
        size_t to = at;
        for (; to > 0 && crossings[to - 1] > moved; to--) {
            crossings[to] = crossings[to - 1];
        }
        crossings[to] = moved;
    }
}

/* Where an edge crosses a line, in steps from the left side of the box, kept within it. */
static int32_t crossing_of(const struct eb_edge *edge, double y, const struct eb_area *box)
{
    double left = (double)box->x * STEPS, right = (double)(box->x + box->width) * STEPS;
    double x = edge->x * STEPS + __builtin_floor((y - edge->y) * edge->slope * STEPS + 0.5);
    x = x < left ? left : x;
    x = x > right ? right : x;
    return (int32_t)(x - left);
}

/* The changes of coverage along a row, from px to px; `active` of the edges may cross it. */
static void add_row(int32_t *changes, struct eb_area box, int32_t row, struct eb_polygon *polygon, const int32_t *active,
                    size_t count)
{
    int32_t *crossings = polygon->crossings + polygon->count;
    for (int line = 0; line < LINES; line++) {
        double y = row + (line + 0.5) / LINES;
        size_t crossed = 0;
        for (size_t at = 0; at < count; at++) {
            const struct eb_edge *edge = &polygon->edges[active[at]];
            if (edge->y <= y && y < edge->below) {
                crossings[crossed++] = crossing_of(edge, y, &box);
            }
        }
        sort(crossings, crossed);
        for (size_t at = 0; at < crossed; at++) {
            int32_t px = crossings[at] / STEPS, part = crossings[at] % STEPS, sign = at & 1 ? -1 : 1;
            changes[px] += sign * (STEPS - part);
            changes[px + 1] += sign * part;
        }
    }
}

void eb_polygon_fill(const struct eb_surface *surface, struct eb_area box, struct eb_polygon *polygon,
                     const struct eb_paint *paint, bool is_hard)
{
    if (eb_is_empty(box) || polygon->count == 0) {
        return;
    }
    int32_t changes[EB_SIDE_MAX + 2];
    uint8_t coverage[EB_SIDE_MAX];
    int32_t *active = polygon->crossings; /* numbers of edges; the other half holds crossings */
    size_t count = 0, next = 0;
    qsort(polygon->edges, polygon->count, sizeof *polygon->edges, by_top);
    for (int32_t row = box.y; row < box.y + box.height; row++) {
        size_t kept = 0;
        for (size_t at = 0; at < count; at++) {
            if (polygon->edges[active[at]].below > row) {
                active[kept++] = active[at];
            }
        }
        for (; next < polygon->count && polygon->edges[next].y < row + 1; next++) {
            if (polygon->edges[next].below > row) {
                active[kept++] = (int32_t)next;
            }
        }
        count = kept;
        if (count == 0) {
            continue;
        }
        memset(changes, 0, (size_t)(box.width + 2) * sizeof *changes);
        add_row(changes, box, row, polygon, active, count);
        int32_t covered = 0;
        for (int32_t x = 0; x < box.width; x++) {
            covered += changes[x];
            coverage[x] = (uint8_t)((covered * 255 + WHOLE / 2) / WHOLE);
        }
        if (is_hard) {
            eb_harden(coverage, (size_t)box.width);
        }
        eb_blend_row(surface, box.x, row, coverage, box.width, paint);
    }
}
