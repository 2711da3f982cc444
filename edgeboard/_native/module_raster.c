/* The kernels that draw on surfaces, as functions of Python; see module.c. They raise what the twins raise, in the same
 * words (edgeboard/render/surface.py). */
#include "module.h"

#include <string.h>

#include "eb_blend.h"
#include "eb_polygon.h"
#include "eb_raster.h"
#include "module_surface.h"

enum {
    FEW = 512,  /* discs, for which the stack has room */
    GIVEN = 7,  /* arguments that all of these begin with: pixels, width, height, channels, clip, colour, opacity */
};

/* What is drawn on, where, and with what. */
struct drawing {
    Py_buffer view;
    struct eb_surface surface;
    struct eb_area clip;
    struct eb_paint paint;
};

static int get_paint(PyObject *colour, PyObject *opacity, int32_t channels, struct eb_paint *paint)
{
    int overflow;
    long long code = PyLong_AsLongLongAndOverflow(colour, &overflow);
    double share = PyFloat_AsDouble(opacity);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (overflow != 0 || code < 0 || code > 0xFFFFFF) {
        PyErr_Format(PyExc_ValueError, "colour %S; colours are 0 to 0xFFFFFF, as 0xRRGGBB", colour);
        return -1;
    }
    if (!(share >= 0.0 && share <= 1.0)) {
        PyErr_Format(PyExc_ValueError, "opacity %S; it is 0 to 1", opacity);
        return -1;
    }
    unsigned red = (unsigned)(code >> 16), green = (unsigned)(code >> 8 & 255), blue = (unsigned)(code & 255);
    if (channels == 1) {
        paint->code[0] = (uint8_t)((299 * red + 587 * green + 114 * blue + 500) / 1000); /* ITU-R BT.601 */
    } else {
        const uint8_t pixel[4] = {(uint8_t)blue, (uint8_t)green, (uint8_t)red, 255};
        memcpy(paint->code, pixel, sizeof pixel);
    }
    paint->strength = (uint8_t)(share * 255 + 0.5);
    return 0;
}

/* Begins with the arguments that all have; whoever gets 0 calls `end`. */
static int begin(PyObject *const *arguments, Py_ssize_t given, Py_ssize_t wanted, struct drawing *drawing)
{
    if (given != wanted) {
        PyErr_Format(PyExc_TypeError, "%zd arguments instead of %zd", given, wanted);
        return -1;
    }
    if (get_surface(arguments, &drawing->view, &drawing->surface, PyBUF_WRITABLE) != 0) {
        return -1;
    }
    struct eb_area all = {0, 0, drawing->surface.width, drawing->surface.height};
    if (get_area(arguments[4], NULL, all, &drawing->clip) != 0 ||
        get_paint(arguments[5], arguments[6], drawing->surface.channels, &drawing->paint) != 0) {
        PyBuffer_Release(&drawing->view);
        return -1;
    }
    return 0;
}

static void end(struct drawing *drawing)
{
    PyBuffer_Release(&drawing->view);
}

/* A buffer of doubles, `each` of which belong together. */
static int get_doubles(PyObject *object, size_t each, const char *fault, Py_buffer *view)
{
    if (PyObject_GetBuffer(object, view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) != 0) {
        return -1;
    }
    if (view->format == NULL || strcmp(view->format, "d") != 0 || (size_t)view->len % (each * sizeof(double)) != 0) {
        PyBuffer_Release(view);
        PyErr_SetString(PyExc_ValueError, fault);
        return -1;
    }
    return 0;
}

/* How many groups of `each` doubles some buffers have together; -1 and an exception if they are too many. */
static Py_ssize_t count_places(PyObject *buffers, Py_ssize_t each, const char *what)
{
    Py_ssize_t total = 0, size = PyTuple_Size(buffers);
    for (Py_ssize_t at = 0; at < size; at++) {
        Py_ssize_t length = PyObject_Size(PyTuple_GetItem(buffers, at));
        if (length < 0) {
            return -1;
        }
        total += length / each < EB_PLACES_MAX ? length / each : EB_PLACES_MAX + 1;
        if (total > EB_PLACES_MAX) {
            PyErr_Format(PyExc_ValueError, "more than %d %s in one call", EB_PLACES_MAX, what);
            return -1;
        }
    }
    return total;
}

/* ----------------------------------------------------------------------------------------------------------- ink */

struct pile {
    struct eb_disc *discs;
    size_t *ends;
    size_t room, count, runs;
};

static void raise_disc(const struct eb_disc *disc)
{
    PyObject *x = PyFloat_FromDouble(disc->x), *y = PyFloat_FromDouble(disc->y), *r = PyFloat_FromDouble(disc->r);
    if (x != NULL && y != NULL && r != NULL) {
        PyErr_Format(PyExc_ValueError, "a disc at %S, %S px of radius %S; the limit is 1e+09, from 0", x, y, r);
    }
    Py_XDECREF(x);
    Py_XDECREF(y);
    Py_XDECREF(r);
}

static int add_run(PyObject *run, const struct eb_placing *placing, struct pile *pile)
{
    Py_buffer view;
    if (get_doubles(run, 3, "a run of discs is an array of 64-bit floats: x, y and radius of each", &view) != 0) {
        return -1;
    }
    size_t count = (size_t)view.len / (3 * sizeof(double));
    if (count > pile->room - pile->count) {
        PyBuffer_Release(&view);
        PyErr_SetString(PyExc_ValueError, "a run of discs has grown");
        return -1;
    }
    struct eb_disc *discs = pile->discs + pile->count;
    size_t placed = eb_place(view.buf, count, placing, discs);
    PyBuffer_Release(&view);
    if (placed < count) {
        raise_disc(&discs[placed]);
        return -1;
    }
    if (count > 0) {
        pile->count += eb_merge(discs, count);
        pile->ends[pile->runs++] = pile->count;
    }
    return 0;
}

static int get_placing(PyObject *matrix, bool is_hard, struct eb_placing *placing)
{
    PyObject *numbers = PySequence_Tuple(matrix);
    if (numbers == NULL) {
        return -1;
    }
    bool is_good = PyTuple_Size(numbers) == 6;
    for (Py_ssize_t at = 0; at < 6 && is_good; at++) {
        double number = PyFloat_AsDouble(PyTuple_GetItem(numbers, at));
        if (PyErr_Occurred()) {
            Py_DECREF(numbers);
            return -1;
        }
        placing->matrix[at] = number;
        is_good = number >= -EB_PLACE_MAX && number <= EB_PLACE_MAX;
    }
    if (!is_good) {
        PyErr_Format(PyExc_ValueError, "matrix %S; it is six numbers up to 1e+09", numbers);
        Py_DECREF(numbers);
        return -1;
    }
    Py_DECREF(numbers);
    placing->scale = eb_scale(placing->matrix);
    placing->least = is_hard ? 0.5 : 0.0;
    return 0;
}

static PyObject *draw_runs(const struct drawing *drawing, PyObject *runs, const struct eb_placing *placing,
                           struct pile *pile, bool is_hard)
{
    Py_ssize_t size = PyTuple_Size(runs);
    for (Py_ssize_t at = 0; at < size; at++) {
        if (add_run(PyTuple_GetItem(runs, at), placing, pile) != 0) {
            return NULL;
        }
    }
    struct eb_area box = eb_around(pile->discs, pile->count, drawing->clip);
    eb_ink(&drawing->surface, box, pile->discs, pile->ends, pile->runs, &drawing->paint, is_hard);
    return make_area(box);
}

static PyObject *draw_ink(const struct drawing *drawing, PyObject *runs, const struct eb_placing *placing, bool is_hard)
{
    Py_ssize_t count = count_places(runs, 3, "discs");
    if (count < 0) {
        return NULL;
    }
    struct eb_disc few[FEW];
    size_t few_ends[FEW];
    struct pile pile = {few, few_ends, FEW, 0, 0};
    if (count <= FEW) {
        return draw_runs(drawing, runs, placing, &pile, is_hard);
    }
    size_t room = (size_t)count;
    pile = (struct pile){PyMem_Malloc(room * sizeof few[0]), PyMem_Malloc(room * sizeof few_ends[0]), room, 0, 0};
    PyObject *area = pile.discs == NULL || pile.ends == NULL ? PyErr_NoMemory()
                                                             : draw_runs(drawing, runs, placing, &pile, is_hard);
    PyMem_Free(pile.discs);
    PyMem_Free(pile.ends);
    return area;
}

/* ink(pixels, width, height, channels, clip, colour, opacity, runs, matrix, is_hard) -> area */
PyObject *ink(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    struct drawing drawing;
    if (begin(arguments, given, GIVEN + 3, &drawing) != 0) {
        return NULL;
    }
    struct eb_placing placing;
    int is_hard = PyObject_IsTrue(arguments[9]);
    PyObject *area = NULL;
    PyObject *runs = PySequence_Tuple(arguments[7]);
    if (is_hard >= 0 && runs != NULL && get_placing(arguments[8], is_hard, &placing) == 0) {
        area = draw_ink(&drawing, runs, &placing, is_hard);
    }
    Py_XDECREF(runs);
    end(&drawing);
    return area;
}

/* ------------------------------------------------------------------------------------------------------ polygons */

static int add_contour(PyObject *contour, struct eb_polygon *polygon, size_t room)
{
    Py_buffer view;
    if (get_doubles(contour, 2, "a contour is an array of 64-bit floats: x and y of each point", &view) != 0) {
        return -1;
    }
    size_t corners = (size_t)view.len / (2 * sizeof(double));
    if (corners > room) {
        PyBuffer_Release(&view);
        PyErr_SetString(PyExc_ValueError, "a contour has grown");
        return -1;
    }
    size_t taken = eb_polygon_add(polygon, view.buf, corners);
    if (taken < 2 * corners) {
        double number;
        memcpy(&number, (const char *)view.buf + taken * sizeof number, sizeof number);
        PyObject *shown = PyFloat_FromDouble(number);
        if (shown != NULL) {
            PyErr_Format(PyExc_ValueError, "a corner at %S px; the limit is 1e+09", shown);
            Py_DECREF(shown);
        }
    }
    PyBuffer_Release(&view);
    return taken < 2 * corners ? -1 : (int)corners;
}

static PyObject *fill_contours(const struct drawing *drawing, PyObject *contours, size_t room, bool is_hard)
{
    struct eb_polygon polygon = {.edges = PyMem_Malloc((room + 1) * sizeof(struct eb_edge)),
                                 .crossings = PyMem_Malloc((room + 1) * 2 * sizeof(int32_t))};
    PyObject *area = NULL;
    if (polygon.edges == NULL || polygon.crossings == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    eb_polygon_begin(&polygon);
    Py_ssize_t size = PyTuple_Size(contours);
    for (Py_ssize_t at = 0; at < size; at++) {
        int corners = add_contour(PyTuple_GetItem(contours, at), &polygon, room);
        if (corners < 0) {
            goto done;
        }
        room -= (size_t)corners;
    }
    struct eb_area box = eb_polygon_around(&polygon, drawing->clip);
    eb_polygon_fill(&drawing->surface, box, &polygon, &drawing->paint, is_hard);
    area = make_area(box);
done:
    PyMem_Free(polygon.edges);
    PyMem_Free(polygon.crossings);
    return area;
}

/* polygon(pixels, width, height, channels, clip, colour, opacity, contours, is_hard) -> area */
PyObject *polygon(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    struct drawing drawing;
    if (begin(arguments, given, GIVEN + 2, &drawing) != 0) {
        return NULL;
    }
    PyObject *area = NULL;
    PyObject *contours = PySequence_Tuple(arguments[7]);
    int is_hard = PyObject_IsTrue(arguments[8]);
    Py_ssize_t corners = contours == NULL || is_hard < 0 ? -1 : count_places(contours, 2, "points");
    if (corners >= 0) {
        area = fill_contours(&drawing, contours, (size_t)corners, is_hard);
    }
    Py_XDECREF(contours);
    end(&drawing);
    return area;
}

/* ----------------------------------------------------------------------------------------------- masks and images */

/* Draws rows of what lies at a place that may reach beyond the clip. */
static PyObject *draw_rows(const struct drawing *drawing, PyObject *place, PyObject *bytes, int is_image, bool is_hard)
{
    struct place whole;
    struct eb_area part;
    Py_buffer view;
    if (get_area(place, &whole, drawing->clip, &part) != 0 || PyObject_GetBuffer(bytes, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    int32_t channels = is_image ? drawing->surface.channels : 1;
    if (whole.width > PY_SSIZE_T_MAX / 4 / (whole.height + 1) || view.len != whole.width * whole.height * channels) {
        PyErr_Format(PyExc_ValueError, "%zd bytes for %lld x %lld px of %d", view.len, whole.width, whole.height,
                     (int)channels);
        PyBuffer_Release(&view);
        return NULL;
    }
    uint8_t hard[EB_SIDE_MAX];
    for (int32_t y = part.y; y < part.y + part.height; y++) {
        size_t at = (size_t)(y - whole.y) * (size_t)whole.width + (size_t)(part.x - whole.x);
        const uint8_t *row = (const uint8_t *)view.buf + at * (size_t)channels;
        if (is_image) {
            eb_lay_row(&drawing->surface, part.x, y, row, part.width, drawing->paint.strength);
        } else {
            if (is_hard) {
                memcpy(hard, row, (size_t)part.width);
                eb_harden(hard, (size_t)part.width);
            }
            eb_blend_row(&drawing->surface, part.x, y, is_hard ? hard : row, part.width, &drawing->paint);
        }
    }
    PyBuffer_Release(&view);
    return make_area(part);
}

/* mask(pixels, width, height, channels, clip, colour, opacity, area, coverage, is_hard) -> area */
PyObject *mask(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    struct drawing drawing;
    if (begin(arguments, given, GIVEN + 3, &drawing) != 0) {
        return NULL;
    }
    int is_hard = PyObject_IsTrue(arguments[9]);
    PyObject *area = is_hard < 0 ? NULL : draw_rows(&drawing, arguments[7], arguments[8], 0, is_hard);
    end(&drawing);
    return area;
}

/* image(pixels, width, height, channels, clip, 0, opacity, area, pixels of the image) -> area */
PyObject *image(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    struct drawing drawing;
    if (begin(arguments, given, GIVEN + 2, &drawing) != 0) {
        return NULL;
    }
    PyObject *area = draw_rows(&drawing, arguments[7], arguments[8], 1, false);
    end(&drawing);
    return area;
}
