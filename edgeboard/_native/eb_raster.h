/* Ink on px: discs, each joined to the next by the outer tangents. The twin of edgeboard/render/capsules.py, operation
 * by operation in IEEE double; compiled without contraction, so that every machine draws the same.
 *
 * No allocation, no state: the caller owns the discs and the px. What is drawn is a function of each px alone; which px
 * are looked at decides nothing. */
#ifndef EB_RASTER_H
#define EB_RASTER_H

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

/* The least area around the px that discs may cover, within a clip that lies on a surface. */
struct eb_area eb_around(const struct eb_disc *discs, size_t count, struct eb_area clip);

/* Draws runs of discs in a box, `ends` their ends among the discs; nothing of one call is darker where it overlaps. */
void eb_ink(const struct eb_surface *surface, struct eb_area box, const struct eb_disc *discs, const size_t *ends,
            size_t runs, const struct eb_paint *paint, bool is_hard);

#endif
