/* Ink on px: discs, each joined to the next by the outer tangents (docs/formats/ink.md). The twin of
 * edgeboard/render/capsules.py.
 *
 * No allocation, no state: the caller owns the discs and the px. What is drawn is a function of each px alone; which px
 * are looked at decides nothing. */
#ifndef EB_RASTER_H
#define EB_RASTER_H

#include "eb_discs.h"

/* Draws runs of discs in a box, `ends` their ends among the discs; nothing of one call is darker where it overlaps. */
void eb_ink(const struct eb_surface *surface, struct eb_area box, const struct eb_disc *discs, const size_t *ends,
            size_t runs, const struct eb_paint *paint, bool is_hard);

#endif
