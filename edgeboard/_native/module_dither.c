/* The kernels that prepare px for panels and compare frames, as functions of Python; see module.c. */
#include "module.h"

#include "eb_dither.h"
#include "eb_tiles.h"
#include "module_surface.h"

static int get_format(PyObject *object, enum eb_format *format)
{
    long number = PyLong_AsLong(object);
    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (number < 0 || number >= EB_FORMATS) {
        PyErr_Format(PyExc_ValueError, "there is no pixel format %ld", number);
        return -1;
    }
    *format = (enum eb_format)number;
    return 0;
}

/* dither(pixels, width, height, channels, area, format, is_still) -> the px of the area */
PyObject *dither(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_buffer view;
    struct eb_surface surface;
    if (given != 7) {
        return PyErr_Format(PyExc_TypeError, "%zd arguments instead of 7", given);
    }
    if (get_surface(arguments, &view, &surface, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    PyObject *out = NULL;
    enum eb_format format;
    struct place place;
    struct eb_area all = {0, 0, surface.width, surface.height}, area;
    int is_still = PyObject_IsTrue(arguments[6]);
    if (is_still < 0 || get_area(arguments[4], &place, all, &area) != 0 || get_format(arguments[5], &format) != 0) {
        goto done;
    }
    if (place.width != area.width || place.height != area.height || eb_is_empty(area) ||
        surface.channels != eb_format_channels(format)) {
        PyErr_Format(PyExc_ValueError, "an area of %lld x %lld px, on a surface of %d x %d px of %d", place.width,
                     place.height, (int)surface.width, (int)surface.height, (int)surface.channels);
        goto done;
    }
    out = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)area.width * area.height * surface.channels);
    if (out != NULL) {
        uint8_t *pixels = (uint8_t *)PyBytes_AsString(out);
        if (is_still) {
            eb_diffuse(&surface, area, format, pixels);
        } else {
            eb_dither(&surface, area, format, pixels);
        }
    }
done:
    PyBuffer_Release(&view);
    return out;
}

/* pack(pixels, width, format) -> bytes */
PyObject *pack(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_buffer view;
    enum eb_format format;
    if (given != 3) {
        return PyErr_Format(PyExc_TypeError, "pack takes px, a width and a format");
    }
    Py_ssize_t width = PyLong_AsSsize_t(arguments[1]);
    if ((width == -1 && PyErr_Occurred()) || get_format(arguments[2], &format) != 0 ||
        PyObject_GetBuffer(arguments[0], &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    PyObject *out = NULL;
    Py_ssize_t channels = eb_format_channels(format);
    if (width < 1 || width > PY_SSIZE_T_MAX / 4 || view.len % (width * channels) != 0) {
        PyErr_Format(PyExc_ValueError, "%zd bytes are no rows of %zd px", view.len, width);
    } else {
        size_t rows = (size_t)(view.len / (width * channels));
        out = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(rows * eb_packed_row((size_t)width, format)));
        if (out != NULL) {
            eb_pack(view.buf, (size_t)width, rows, format, (uint8_t *)PyBytes_AsString(out));
        }
    }
    PyBuffer_Release(&view);
    return out;
}

enum { TILES_MAX = EB_SIDE_MAX }; /* of a row, of 1 px each */

static int add_tiles(PyObject *list, const struct eb_frames *frames, size_t first, size_t rows, size_t channels)
{
    uint8_t differs[TILES_MAX];
    if (!eb_tiles_differ(frames, first, rows, differs)) {
        return 0;
    }
    for (size_t tile = 0, at = 0; at < frames->row; tile++, at += frames->tile) {
        if (differs[tile]) {
            size_t size = frames->row - at < frames->tile ? frames->row - at : frames->tile;
            struct eb_area area = {(int32_t)(at / channels), (int32_t)first, (int32_t)(size / channels), (int32_t)rows};
            PyObject *found = make_area(area);
            int failed = found == NULL || PyList_Append(list, found) != 0;
            Py_XDECREF(found);
            if (failed) {
                return -1;
            }
        }
    }
    return 0;
}

/* changed_tiles(before, after, width, height, channels, tile) -> areas */
PyObject *changed_tiles(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_buffer before, after;
    struct eb_surface surface;
    if (given != 6) {
        return PyErr_Format(PyExc_TypeError, "%zd arguments instead of 6", given);
    }
    Py_ssize_t tile = PyNumber_AsSsize_t(arguments[5], NULL); /* clipped */
    if ((tile == -1 && PyErr_Occurred()) || get_surface(arguments + 1, &after, &surface, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    if (PyObject_GetBuffer(arguments[0], &before, PyBUF_SIMPLE) != 0) {
        PyBuffer_Release(&after);
        return NULL;
    }
    PyObject *found = NULL;
    if (before.len != after.len || tile < 1) {
        PyErr_Format(PyExc_ValueError, "frames of %zd and %zd bytes, tiles of %zd px", before.len, after.len, tile);
    } else {
        found = PyList_New(0);
        size_t side = tile < EB_SIDE_MAX ? (size_t)tile : EB_SIDE_MAX, channels = (size_t)surface.channels;
        struct eb_frames frames = {before.buf, after.buf, (size_t)surface.width * channels, side * channels};
        size_t height = (size_t)surface.height;
        for (size_t y = 0; found != NULL && y < height; y += side) {
            if (add_tiles(found, &frames, y, height - y < side ? height - y : side, channels) != 0) {
                Py_CLEAR(found);
            }
        }
    }
    PyBuffer_Release(&before);
    PyBuffer_Release(&after);
    return found;
}
