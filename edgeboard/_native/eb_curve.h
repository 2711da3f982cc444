/* The curve that a stroke is drawn along: docs/formats/ink.md, "Smoothing" and "Radius".
 *
 * The twin of edgeboard/canvas/ink.py: every operation on doubles is the same one in the same order (so it is compiled
 * without contraction to fused ones). C11 with the built-ins of GCC and Clang; no allocation, no state.
 */
#ifndef EB_CURVE_H
#define EB_CURVE_H

#include <stddef.h>

#include "eb_strokes.h"

#define EB_PARTS_MAX 8
#define EB_DISCS_MAX ((EB_POINTS_MAX - 1) * EB_PARTS_MAX + 1)
#define EB_RUN_MAX (EB_DISCS_MAX + 1) /* discs that a run may have: cuts end between them */

/* Points in px, pressures 0 .. 4095. */
struct eb_points {
    double x[EB_POINTS_MAX];
    double y[EB_POINTS_MAX];
    double pressure[EB_POINTS_MAX];
};

/* What a curve leads along. */
struct eb_curve {
    size_t count;            /* points, 1 to EB_POINTS_MAX */
    int has_pressure;        /* 0 or 1 */
    double width;            /* px, at full pressure */
    struct eb_points points; /* smoothed */
};

/* Inner values become (a + 2b + c) / 4 of themselves and their neighbours. */
void eb_smooth(const double *values, size_t count, double *out);

/* Into how many parts segment i of smoothed points is cut. */
size_t eb_parts_of(const struct eb_points *points, size_t i);

/* Writes the disc of segment i at u: x, y, radius. */
void eb_disc(const struct eb_curve *curve, size_t i, double u, double *out);

/* Makes the curve of a stroke. */
void eb_curve_of(const struct eb_stroke *stroke, double width, struct eb_curve *curve);

/* Writes the discs from one path parameter to another, both within 0 .. count - 1 and included, as x, y, radius triples;
 * `out` has room for EB_RUN_MAX of them. Returns how many. */
size_t eb_run(const struct eb_curve *curve, double start, double end, double *out);

#endif
