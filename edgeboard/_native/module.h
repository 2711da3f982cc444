/* What the files of the extension share: its state, and the functions that its table of methods names. */
#ifndef EB_MODULE_H
#define EB_MODULE_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "eb_strokes.h"

enum { SMALL_END = 4096 }; /* ints below it are made once: all pressures, most times, coordinates near the origin */

struct state {
    PyObject *small[SMALL_END]; /* NULL until it is needed */
    PyObject *decode_error;
    PyObject *limit_error;
    PyObject *scale;               /* the names of a stroke's fields */
    PyObject *columns[EB_COLUMNS]; /* in the order of enum eb_column */
};

/* The values of a column; its length into *count. Values beyond EB_POINTS_MAX are counted and not read. */
int get_column(PyObject *sequence, int64_t *values, size_t *count);

/* Raises what a fault of decoding is in Python; NULL. */
PyObject *raise_stroke_fault(const struct state *state, struct eb_result result, const struct eb_stroke *stroke);

PyObject *discs(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *refine_stroke(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *decode_batch(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *survey_batch(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *hash_slots(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *digest_rows(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *ink(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *polygon(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *mask(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *image(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *dither(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *pack(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
PyObject *changed_tiles(PyObject *module, PyObject *const *arguments, Py_ssize_t given);

#endif
