/* Closed contours on px, by the even-odd rule: the twin of edgeboard/render/polygons.py. The caller owns every buffer. */
#ifndef EB_POLYGON_H
#define EB_POLYGON_H

#include "eb_surface.h"

struct eb_edge {
    double x, y;  /* px, of the upper end */
    double below; /* y of the lower end */
    double slope; /* px to the right, in a px down */
};

struct eb_polygon {
    struct eb_edge *edges; /* room for one a corner */
    size_t count;
    double left, above, right, below; /* px that bound it; eb_polygon_begin sets them */
    int32_t *crossings;               /* room for two an edge */
};

void eb_polygon_begin(struct eb_polygon *polygon);

/* Adds a contour, pairs of x and y as doubles, aligned or not; returns how many numbers could be taken: fewer than all if
 * one is no place. */
size_t eb_polygon_add(struct eb_polygon *polygon, const void *numbers, size_t corners);

/* The least area around it, within a clip that lies on a surface. */
struct eb_area eb_polygon_around(const struct eb_polygon *polygon, struct eb_area clip);

/* Fills it in a box. */
void eb_polygon_fill(const struct eb_surface *surface, struct eb_area box, struct eb_polygon *polygon,
                     const struct eb_paint *paint, bool is_hard);

#endif
