/* Thinning that keeps the look: docs/formats/ink.md, one piece a call.
 *
 * The twin of edgeboard/canvas/refine.py, which says what is done and why: the same points stay, since every operation on
 * doubles is the same one in the same order (so it is compiled without contraction to fused ones). C11 with the built-ins
 * of GCC and Clang; no allocation, no state: the caller owns every buffer.
 */
#ifndef EB_REFINE_H
#define EB_REFINE_H

#include <stddef.h>
#include <stdint.h>

#include "eb_curve.h"

/* A curve as discs, and where among them each of its points stands. */
struct eb_drawn {
    double x[EB_DISCS_MAX];
    double y[EB_DISCS_MAX];
    double r[EB_DISCS_MAX];
    size_t at[EB_POINTS_MAX];
};

/* What a call reads and works in: about 220 KB. */
struct eb_refine {
    size_t count;                   /* points, 1 to EB_POINTS_MAX */
    int has_pressure;               /* 0 or 1 */
    double width;                   /* px, at full pressure */
    double tolerance;               /* px */
    struct eb_points recorded;      /* as recorded */
    double coarse[EB_POINTS_MAX];   /* pressures as they will be logged */
    uint16_t kept[EB_POINTS_MAX];   /* out: indices of the points that stay, rising */
    struct eb_points work;          /* of eb_refine alone, like all below */
    struct eb_curve curve;
    struct eb_drawn full, thin;
};

/* Finds the points that stay; returns how many. */
size_t eb_refine(struct eb_refine *stroke);

#endif
