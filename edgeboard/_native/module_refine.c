/* The kernel of thinning as a function of Python; see module.c. */
#include "module.h"

#include <math.h>

#include "eb_refine.h"

/* The numbers of a column as doubles, divided by `scale`; -1 and an exception if there are not `count`. */
static int get_doubles(PyObject *sequence, size_t count, double scale, double *values)
{
    int64_t numbers[EB_POINTS_MAX];
    size_t given;
    if (get_column(sequence, numbers, &given) != 0) {
        return -1;
    }
    if (given != count) {
        PyErr_Format(PyExc_ValueError, "a column of %zu values; there are %zu", given, count);
        return -1;
    }
    for (size_t j = 0; j < count; j++) {
        values[j] = (double)numbers[j] / scale;
    }
    return 0;
}

/* Reads the arguments into `stroke`, which has room, and gives the indices. */
static PyObject *refine_into(PyObject *const *arguments, struct eb_refine *stroke)
{
    Py_ssize_t count = PySequence_Size(arguments[1]);
    double scale = PyFloat_AsDouble(arguments[0]);
    stroke->width = PyFloat_AsDouble(arguments[5]);
    stroke->tolerance = PyFloat_AsDouble(arguments[6]);
    if (!PyErr_Occurred() && !(scale > 0.0 && isfinite(scale) && stroke->width >= 0.0 && isfinite(stroke->width) &&
                               stroke->tolerance >= 0.0 && isfinite(stroke->tolerance))) {
        return PyErr_Format(PyExc_ValueError, "a scale is above 0, a width and a tolerance are 0 or more");
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    stroke->has_pressure = arguments[3] != Py_None;
    if (count < 1 || count > EB_POINTS_MAX || stroke->has_pressure != (arguments[4] != Py_None)) {
        return PyErr_Format(PyExc_ValueError, "%zd points; there are 1 to %d, with both pressures or none", count,
                            EB_POINTS_MAX);
    }
    stroke->count = (size_t)count;
    if (get_doubles(arguments[1], stroke->count, scale, stroke->recorded.x) != 0 ||
        get_doubles(arguments[2], stroke->count, scale, stroke->recorded.y) != 0) {
        return NULL;
    }
    if (stroke->has_pressure && (get_doubles(arguments[3], stroke->count, 1.0, stroke->recorded.pressure) != 0 ||
                                 get_doubles(arguments[4], stroke->count, 1.0, stroke->coarse) != 0)) {
        return NULL;
    }
    size_t kept = eb_refine(stroke);
    PyObject *indices = PyList_New((Py_ssize_t)kept);
    for (size_t j = 0; indices != NULL && j < kept; j++) {
        PyObject *index = PyLong_FromLong(stroke->kept[j]);
        if (index == NULL || PyList_SetItem(indices, (Py_ssize_t)j, index) != 0) {
            Py_CLEAR(indices);
        }
    }
    return indices;
}

/* refine(scale, x, y, pressure, pressure as logged, width, tolerance) -> indices of the points that stay */
PyObject *refine_stroke(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    if (given != 7) {
        return PyErr_Format(PyExc_TypeError, "refine takes a scale, four columns, a width and a tolerance");
    }
    struct eb_refine *stroke = PyMem_Calloc(1, sizeof *stroke); /* too large for a small stack */
    if (stroke == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *indices = refine_into(arguments, stroke);
    PyMem_Free(stroke);
    return indices;
}
