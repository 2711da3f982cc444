/* The kernel of curves as a function of Python; see module.c. */
#include "module.h"

#include "eb_curve.h"

#define CUT_STEPS 1024.0 /* of the path parameter, in a segment */

/* What a call works in: too large for a small stack. */
struct work {
    struct eb_stroke stroke;
    struct eb_curve curve;
    double run[3 * EB_RUN_MAX];
};

static int add_run(PyObject *runs, struct work *work, double start, double end)
{
    size_t count = eb_run(&work->curve, start, end, work->run);
    PyObject *run = PyBytes_FromStringAndSize((const char *)work->run, (Py_ssize_t)(count * 3 * sizeof(double)));
    int failed = run == NULL || PyList_Append(runs, run) != 0;
    Py_XDECREF(run);
    return failed ? -1 : 0;
}

/* The two numbers of cut `at`, in path parameters. */
static int get_cut(PyObject *cuts, Py_ssize_t at, double *start, double *end)
{
    PyObject *cut = PySequence_GetItem(cuts, at);
    PyObject *from = cut == NULL ? NULL : PySequence_GetItem(cut, 0);
    PyObject *to = cut == NULL ? NULL : PySequence_GetItem(cut, 1);
    if (from != NULL && to != NULL) {
        *start = PyFloat_AsDouble(from) / CUT_STEPS;
        *end = PyFloat_AsDouble(to) / CUT_STEPS;
    }
    Py_XDECREF(cut);
    Py_XDECREF(from);
    Py_XDECREF(to);
    return PyErr_Occurred() ? -1 : 0;
}

/* The runs that rising cuts leave, as `_visible` of edgeboard/canvas/ink.py finds them. */
static PyObject *runs_of(PyObject *cuts, struct work *work)
{
    Py_ssize_t count = PySequence_Size(cuts);
    PyObject *runs = count < 0 ? NULL : PyList_New(0);
    double start = 0.0, end = (double)(work->curve.count - 1);
    for (Py_ssize_t at = 0; runs != NULL && at < count; at++) {
        double stop = 0.0, next = 0.0;
        if (get_cut(cuts, at, &stop, &next) != 0) {
            Py_CLEAR(runs);
            break;
        }
        if (!(stop <= end)) {
            break;
        }
        if (stop > start && add_run(runs, work, start, stop) != 0) {
            Py_CLEAR(runs);
            break;
        }
        start = next > start ? next : start;
    }
    if (runs != NULL && (start < end || (end == 0.0 && start == 0.0)) && add_run(runs, work, start, end) != 0) {
        Py_CLEAR(runs);
    }
    return runs;
}

/* discs(data, at, width, cuts) -> runs of the columns that begin at `at`, as bytes of x, y, radius doubles */
PyObject *discs(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    if (given != 4) {
        return PyErr_Format(PyExc_TypeError, "discs takes bytes, an offset, a width and cuts");
    }
    Py_ssize_t at = PyNumber_AsSsize_t(arguments[1], NULL); /* clipped */
    double width = PyFloat_AsDouble(arguments[2]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (at < 0 || !(width > 0.0 && width < 1e6)) {
        return PyErr_Format(PyExc_ValueError, "an offset is not negative, a width above 0");
    }
    struct work *work = PyMem_Calloc(1, sizeof *work);
    if (work == NULL) {
        return PyErr_NoMemory();
    }
    Py_buffer data;
    PyObject *runs = NULL;
    if (PyObject_GetBuffer(arguments[0], &data, PyBUF_SIMPLE) == 0) {
        struct eb_result result = eb_strokes_decode(data.buf, (size_t)data.len, (size_t)at, &work->stroke);
        PyBuffer_Release(&data);
        if (result.status == EB_OK) {
            eb_curve_of(&work->stroke, width, &work->curve);
            runs = runs_of(arguments[3], work);
        } else {
            raise_stroke_fault(PyModule_GetState(module), result, &work->stroke);
        }
    }
    PyMem_Free(work);
    return runs;
}
