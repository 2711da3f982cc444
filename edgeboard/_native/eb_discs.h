/* Discs on a surface: placed, thinned, bounded. With eb_raster the twin of edgeboard/render/capsules.py, operation by
 * operation in IEEE double; compiled without contraction, so that every machine draws the same. */
#ifndef EB_DISCS_H
#define EB_DISCS_H

#include "eb_surface.h"

struct eb_disc {
    double x, y, r; /* px of the surface; r at least 0 */
};

/* How discs come to lie on a surface. */
struct eb_placing {
    double matrix[6]; /* x' = a x + c y + e, y' = b x + d y + f */
    double scale;     /* of radii; eb_scale gives it */
    double least;     /* radius, px */
};

double eb_scale(const double *matrix);

/* Places `count` discs, triples of x, y and radius as doubles, aligned or not; returns how many could be: the first that
 * could not is left in its place as it is, not rounded. */
size_t eb_place(const void *triples, size_t count, const struct eb_placing *placing, struct eb_disc *out);

/* Leaves out discs of a run that nobody would miss; returns how many stay, in front. */
size_t eb_merge(struct eb_disc *discs, size_t count);

/* The least area around the px that discs may cover, within a clip that lies on a surface. */
struct eb_area eb_around(const struct eb_disc *discs, size_t count, struct eb_area clip);

/* Whole numbers within bounds, of numbers that an int may not hold. */
static inline int32_t eb_floor(double number, int32_t low, int32_t high)
{
    if (!(number > low)) {
        return low;
    }
    int32_t whole = number < high ? (int32_t)number : high;
    return whole - (whole > number);
}

static inline int32_t eb_ceil(double number, int32_t low, int32_t high)
{
    if (!(number > low)) {
        return low;
    }
    int32_t whole = number < high ? (int32_t)number : high;
    return whole + (whole < number && whole < high);
}

#endif
