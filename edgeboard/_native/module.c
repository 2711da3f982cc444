/* The kernels as a module of CPython: edgeboard._native._kernels, for the stable ABI of 3.11 and later.
 *
 * Only conversions live here; what is computed is computed in the eb_ files, which know nothing of Python. Every
 * buffer is on the stack, and what the module keeps is in its state, so that interpreters do not share it.
 */
#include "module.h"

#include <limits.h>
#include <stdlib.h>

static const char *const COLUMN_NAMES[EB_COLUMNS] = {"x", "y", "pressure", "t", "tilt_x", "tilt_y"};

/* Raises what the twin raises, in its words. */
PyObject *raise_stroke_fault(const struct state *state, struct eb_result result, const struct eb_stroke *stroke)
{
    unsigned long long number = result.length;
    switch (result.status) {
    case EB_BAD_COUNT:
        return PyErr_Format(state->limit_error, "%llu points in a piece; there are 1 to %d", number, EB_POINTS_MAX);
    case EB_BAD_SCALE:
        return PyErr_Format(state->limit_error, "the scale of a stroke is not 1 to 1024 steps per px");
    case EB_HALF_TILT:
        return PyErr_Format(state->limit_error, "one column of tilt without the other");
    case EB_BAD_COLUMN:
        return PyErr_Format(state->limit_error, "a column of a stroke is not %zu values within %lld .. %lld",
                            stroke->count, (long long)eb_column_low((enum eb_column)number),
                            (long long)eb_column_high((enum eb_column)number));
    case EB_TOO_FAR:
        return PyErr_Format(state->limit_error, "two points of a stroke are too far apart");
    case EB_CUT_SHORT:
        return PyErr_Format(state->decode_error, "a stroke is cut short");
    case EB_BAD_FLAGS:
        return PyErr_Format(state->decode_error, "a stroke has an unknown pressure code");
    case EB_BAD_NUMBER:
        return PyErr_Format(state->decode_error, "a number is above 2**53 - 1 or not in its shortest form");
    case EB_NO_POINTS:
        return PyErr_Format(state->decode_error, "a stroke has no points");
    case EB_MANY_POINTS:
        return PyErr_Format(state->limit_error, "%llu points in a piece; the limit is %d", number, EB_POINTS_MAX);
    case EB_BAD_GRID:
        return PyErr_Format(state->decode_error, "the scale or the step of a stroke is out of range");
    case EB_BAD_ORDER:
        return PyErr_Format(state->decode_error, "a column of a stroke is of order 3");
    case EB_BAD_RICE:
        return PyErr_Format(state->decode_error, "a Rice parameter or a unary code of a stroke is above 24");
    case EB_BAD_BITS:
        return PyErr_Format(state->decode_error, "the bits of a stroke are not padded with zeros");
    case EB_BAD_VALUE:
        return PyErr_Format(state->decode_error, "a value of a stroke is out of range");
    case EB_NO_ROOM:
    case EB_OK:
        break;
    }
    return PyErr_Format(PyExc_SystemError, "a kernel answered %d", (int)result.status);
}

/* An int of any size; one that 64 bits do not hold becomes INT64_MIN, which is outside every range. */
static int get_int(PyObject *item, int64_t *value)
{
    int overflow = 0;
    *value = PyLong_AsLongLongAndOverflow(item, &overflow);
    if (overflow != 0) {
        *value = INT64_MIN;
    }
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

/* The values of a column; its length into *count. Values beyond EB_POINTS_MAX are counted and not read. */
int get_column(PyObject *sequence, int64_t *values, size_t *count)
{
    PyObject *items = PySequence_Tuple(sequence); /* a tuple is itself */
    if (items == NULL) {
        return -1;
    }
    int failed = 0;
    Py_ssize_t size = PyTuple_Size(items);
    Py_ssize_t read = size < EB_POINTS_MAX ? size : EB_POINTS_MAX;
    for (Py_ssize_t j = 0; j < read && !failed; j++) {
        failed = get_int(PyTuple_GetItem(items, j), &values[j]);
    }
    Py_DECREF(items);
    *count = (size_t)size;
    return failed;
}

/* encode(scale, x, y, pressure, t, tilt_x, tilt_y) -> bytes */
static PyObject *encode(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    const struct state *state = PyModule_GetState(module);
    if (given != 1 + EB_COLUMNS) {
        return PyErr_Format(PyExc_TypeError, "encode takes the scale and %d columns", EB_COLUMNS);
    }
    struct eb_stroke stroke;
    stroke.has = 0;
    if (get_int(arguments[0], &stroke.scale) != 0) {
        return NULL;
    }
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        PyObject *sequence = arguments[1 + column];
        if (column > EB_Y && sequence == Py_None) {
            continue;
        }
        size_t count;
        if (get_column(sequence, stroke.values[column], &count) != 0) {
            return NULL;
        }
        if (column == EB_X) {
            stroke.count = count;
        } else if (count != stroke.count) {
            stroke.values[column][0] = INT64_MIN; /* so the kernel refuses it when its turn comes */
        }
        stroke.has |= 1U << column;
    }
    uint8_t out[EB_STROKE_BYTES_MAX];
    struct eb_result result = eb_strokes_encode(&stroke, out, sizeof out);
    if (result.status != EB_OK) {
        return raise_stroke_fault(state, result, &stroke);
    }
    return PyBytes_FromStringAndSize((const char *)out, (Py_ssize_t)result.length);
}

static PyObject *make_int(struct state *state, int64_t value)
{
    if (value >= 0 && value < SMALL_END) {
        PyObject **kept = &state->small[value];
        if (*kept == NULL) {
            *kept = PyLong_FromLong((long)value);
        }
        Py_XINCREF(*kept);
        return *kept;
    }
    if (value >= LONG_MIN && value <= LONG_MAX) {
        return PyLong_FromLong((long)value); /* the shorter way */
    }
    return PyLong_FromLongLong(value);
}

/* A tuple of ints; neighbours that are equal are one object. */
static PyObject *make_column(struct state *state, const int64_t *values, size_t count)
{
    PyObject *column = PyTuple_New((Py_ssize_t)count);
    PyObject *item = NULL;
    for (size_t j = 0; column != NULL && j < count; j++) {
        if (j > 0 && values[j] == values[j - 1]) {
            Py_INCREF(item);
        } else {
            item = make_int(state, values[j]);
        }
        if (item == NULL || PyTuple_SetItem(column, (Py_ssize_t)j, item) != 0) {
            Py_CLEAR(column);
        }
    }
    return column;
}

/* A frozen dataclass with slots, filled as its own __init__ does it: past its __setattr__, which refuses. */
static PyObject *make_stroke(struct state *state, PyTypeObject *type, const struct eb_stroke *stroke)
{
    PyObject *made = PyType_GenericNew(type, NULL, NULL);
    PyObject *value = PyLong_FromLongLong(stroke->scale);
    int failed = made == NULL || value == NULL || PyObject_GenericSetAttr(made, state->scale, value) != 0;
    Py_XDECREF(value);
    for (unsigned column = 0; column < EB_COLUMNS && !failed; column++) {
        if (stroke->has >> column & 1) {
            value = make_column(state, stroke->values[column], stroke->count);
        } else {
            value = Py_None;
            Py_INCREF(value);
        }
        failed = value == NULL || PyObject_GenericSetAttr(made, state->columns[column], value) != 0;
        Py_XDECREF(value);
    }
    if (failed) {
        Py_CLEAR(made);
    }
    return made;
}

/* decode(data, at, type of the stroke) -> (stroke, offset behind it) */
static PyObject *decode(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    struct state *state = PyModule_GetState(module);
    if (given != 3 || !PyType_Check(arguments[2])) {
        return PyErr_Format(PyExc_TypeError, "decode takes bytes, an offset and the type of a stroke");
    }
    Py_ssize_t at = PyNumber_AsSsize_t(arguments[1], NULL); /* clipped */;
    if (at == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (at < 0) {
        return PyErr_Format(PyExc_ValueError, "an offset is not negative");
    }
    Py_buffer data;
    if (PyObject_GetBuffer(arguments[0], &data, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    struct eb_stroke stroke;
    struct eb_result result = eb_strokes_decode(data.buf, (size_t)data.len, (size_t)at, &stroke);
    PyBuffer_Release(&data);
    if (result.status != EB_OK) {
        return raise_stroke_fault(state, result, &stroke);
    }
    PyObject *made = make_stroke(state, (PyTypeObject *)arguments[2], &stroke);
    PyObject *behind = PyLong_FromUnsignedLongLong(result.length);
    PyObject *pair = made == NULL || behind == NULL ? NULL : PyTuple_Pack(2, made, behind);
    Py_XDECREF(made);
    Py_XDECREF(behind);
    return pair;
}

static int fill(PyObject *module)
{
    const char *pure = getenv("EDGEBOARD_PURE"); /* asked here, because pure modules of Python do not know `os` */
    if (pure != NULL && pure[0] != '\0' && !(pure[0] == '0' && pure[1] == '\0')) {
        PyErr_SetString(PyExc_ImportError, "EDGEBOARD_PURE asks for the twins in Python");
        return -1;
    }
    struct state *state = PyModule_GetState(module);
    PyObject *errors = PyImport_ImportModule("edgeboard.errors");
    if (errors == NULL) {
        return -1;
    }
    state->decode_error = PyObject_GetAttrString(errors, "DecodeError");
    state->limit_error = PyObject_GetAttrString(errors, "LimitError");
    Py_DECREF(errors);
    state->scale = PyUnicode_InternFromString("scale");
    int failed = state->decode_error == NULL || state->limit_error == NULL || state->scale == NULL;
    for (unsigned column = 0; column < EB_COLUMNS && !failed; column++) {
        state->columns[column] = PyUnicode_InternFromString(COLUMN_NAMES[column]);
        failed = state->columns[column] == NULL;
    }
    return failed ? -1 : 0;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    struct state *state = PyModule_GetState(module);
    Py_VISIT(state->decode_error);
    Py_VISIT(state->limit_error);
    return 0;
}

static int clear(PyObject *module)
{
    struct state *state = PyModule_GetState(module);
    Py_CLEAR(state->decode_error);
    Py_CLEAR(state->limit_error);
    Py_CLEAR(state->scale);
    for (unsigned value = 0; value < SMALL_END; value++) {
        Py_CLEAR(state->small[value]);
    }
    for (unsigned column = 0; column < EB_COLUMNS; column++) {
        Py_CLEAR(state->columns[column]);
    }
    return 0;
}

static void release(void *module)
{
    clear(module);
}

static PyMethodDef METHODS[] = {
    {"encode", (PyCFunction)(void (*)(void))encode, METH_FASTCALL, NULL},
    {"decode", (PyCFunction)(void (*)(void))decode, METH_FASTCALL, NULL},
    {"discs", (PyCFunction)(void (*)(void))discs, METH_FASTCALL, NULL},
    {"refine", (PyCFunction)(void (*)(void))refine_stroke, METH_FASTCALL, NULL},
    {"decode_batch", (PyCFunction)(void (*)(void))decode_batch, METH_FASTCALL, NULL},
    {"survey_batch", (PyCFunction)(void (*)(void))survey_batch, METH_FASTCALL, NULL},
    {"hash_slots", (PyCFunction)(void (*)(void))hash_slots, METH_FASTCALL, NULL},
    {"digest_rows", (PyCFunction)(void (*)(void))digest_rows, METH_FASTCALL, NULL},
    {"ink", (PyCFunction)(void (*)(void))ink, METH_FASTCALL, NULL},
    {"polygon", (PyCFunction)(void (*)(void))polygon, METH_FASTCALL, NULL},
    {"mask", (PyCFunction)(void (*)(void))mask, METH_FASTCALL, NULL},
    {"image", (PyCFunction)(void (*)(void))image, METH_FASTCALL, NULL},
    {"dither", (PyCFunction)(void (*)(void))dither, METH_FASTCALL, NULL},
    {"pack", (PyCFunction)(void (*)(void))pack, METH_FASTCALL, NULL},
    {"changed_tiles", (PyCFunction)(void (*)(void))changed_tiles, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, fill},
    {0, NULL},
};

static struct PyModuleDef MODULE = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_kernels",
    .m_size = sizeof(struct state),
    .m_methods = METHODS,
    .m_slots = SLOTS,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit__kernels(void);

PyMODINIT_FUNC PyInit__kernels(void)
{
    return PyModuleDef_Init(&MODULE);
}
