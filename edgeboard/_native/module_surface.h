/* Surfaces and areas as arguments of Python's functions; see module.c. */
#ifndef EB_MODULE_SURFACE_H
#define EB_MODULE_SURFACE_H

#include "module.h"

#include "eb_surface.h"

/* An area that may reach beyond a surface. */
struct place {
    long long x, y, width, height;
};

/* Four arguments: pixels, width, height, channels. On success `view` is the caller's to release. */
int get_surface(PyObject *const *arguments, Py_buffer *view, struct eb_surface *surface, int flags);

/* An area, a tuple of x, y, width and height, and what of it lies in another; `place` may be NULL. */
int get_area(PyObject *area, struct place *place, struct eb_area within, struct eb_area *part);

PyObject *make_area(struct eb_area area);

#endif
