#include "module_surface.h"

#define FAR (1LL << 40) /* px; what lies beyond is as good as there */

static int get_number(PyObject *object, long long *number)
{
    int overflow;
    *number = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (*number == -1 && overflow == 0 && PyErr_Occurred()) {
        return -1;
    }
    if (overflow != 0 || *number > FAR || *number < -FAR) {
        *number = overflow > 0 || (overflow == 0 && *number > 0) ? FAR : -FAR;
    }
    return 0;
}

int get_surface(PyObject *const *arguments, Py_buffer *view, struct eb_surface *surface, int flags)
{
    long long width, height, channels;
    if (get_number(arguments[1], &width) != 0 || get_number(arguments[2], &height) != 0 ||
        get_number(arguments[3], &channels) != 0) {
        return -1;
    }
    if (width < 1 || width > EB_SIDE_MAX || height < 1 || height > EB_SIDE_MAX || (channels != 1 && channels != 4)) {
        PyErr_Format(PyExc_ValueError, "a surface of %lld x %lld px of %lld", width, height, channels);
        return -1;
    }
    if (PyObject_GetBuffer(arguments[0], view, flags) != 0) {
        return -1;
    }
    if (view->len != width * height * channels) {
        PyErr_Format(PyExc_ValueError, "%zd bytes for %lld x %lld px of %lld; there must be %lld", view->len, width,
                     height, channels, width * height * channels);
        PyBuffer_Release(view);
        return -1;
    }
    *surface = (struct eb_surface){view->buf, (int32_t)width, (int32_t)height, (int32_t)channels};
    return 0;
}

int get_area(PyObject *area, struct place *place, struct eb_area within, struct eb_area *part)
{
    struct place whole;
    long long *numbers[4] = {&whole.x, &whole.y, &whole.width, &whole.height};
    if (!PyTuple_Check(area) || PyTuple_Size(area) != 4) {
        PyErr_SetString(PyExc_TypeError, "an area is a tuple of x, y, width and height");
        return -1;
    }
    for (Py_ssize_t at = 0; at < 4; at++) {
        if (get_number(PyTuple_GetItem(area, at), numbers[at]) != 0) {
            return -1;
        }
    }
    if (whole.width < 0 || whole.height < 0) {
        PyErr_Format(PyExc_ValueError, "an area of %lld x %lld px; sides are not negative", whole.width, whole.height);
        return -1;
    }
    long long x = whole.x > within.x ? whole.x : within.x, y = whole.y > within.y ? whole.y : within.y;
    long long right = whole.x + whole.width, below = whole.y + whole.height;
    right = right < within.x + within.width ? right : within.x + within.width;
    below = below < within.y + within.height ? below : within.y + within.height;
    if (place != NULL) {
        *place = whole;
    }
    *part = (struct eb_area){0, 0, 0, 0};
    if (x < right && y < below) {
        *part = (struct eb_area){(int32_t)x, (int32_t)y, (int32_t)(right - x), (int32_t)(below - y)};
    }
    return 0;
}

PyObject *make_area(struct eb_area area)
{
    return Py_BuildValue("(iiii)", (int)area.x, (int)area.y, (int)area.width, (int)area.height);
}
