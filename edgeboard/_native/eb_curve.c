#include "eb_curve.h"

#define PRESSURE_MAX 4095.0
#define PART_LENGTH 4.0 /* px */
#define RADIUS_MIN 0.3  /* px */

void eb_smooth(const double *values, size_t count, double *out)
{
    out[0] = values[0];
    for (size_t i = 1; i + 1 < count; i++) {
        out[i] = (values[i - 1] + 2 * values[i] + values[i + 1]) / 4;
    }
    out[count - 1] = values[count - 1];
}

static double catmull_rom(double p0, double p1, double p2, double p3, double u)
{
    double u2 = u * u;
    double u3 = u2 * u;
    return 0.5 * (2 * p1 + (p2 - p0) * u + (2 * p0 - 5 * p1 + 4 * p2 - p3) * u2 + (3 * p1 - p0 - 3 * p2 + p3) * u3);
}

size_t eb_parts_of(const struct eb_points *points, size_t i)
{
    double dx = points->x[i + 1] - points->x[i];
    double dy = points->y[i + 1] - points->y[i];
    double parts = __builtin_sqrt(dx * dx + dy * dy) / PART_LENGTH;
    return parts < EB_PARTS_MAX - 1 ? 1 + (size_t)parts : EB_PARTS_MAX;
}

void eb_disc(const struct eb_curve *curve, size_t i, double u, double *out)
{
    const struct eb_points *points = &curve->points;
    size_t last = curve->count - 1;
    size_t a = i > 0 ? i - 1 : 0, c = i + 1 < last ? i + 1 : last, d = i + 2 < last ? i + 2 : last;
    double radius = curve->width / 2;
    if (curve->has_pressure) {
        double here = points->pressure[i];
        double pressure = here + (points->pressure[c] - here) * u;
        radius = curve->width / 2 * (0.35 + 0.65 * pressure / PRESSURE_MAX);
    }
    out[0] = catmull_rom(points->x[a], points->x[i], points->x[c], points->x[d], u);
    out[1] = catmull_rom(points->y[a], points->y[i], points->y[c], points->y[d], u);
    out[2] = radius > RADIUS_MIN ? radius : RADIUS_MIN;
}

void eb_curve_of(const struct eb_stroke *stroke, double width, struct eb_curve *curve)
{
    double values[EB_POINTS_MAX] = {0};
    double scale = (double)stroke->scale;
    curve->count = stroke->count;
    curve->width = width;
    curve->has_pressure = (int)(stroke->has >> EB_PRESSURE & 1);
    for (size_t i = 0; i < stroke->count; i++) {
        values[i] = (double)stroke->values[EB_X][i] / scale;
    }
    eb_smooth(values, stroke->count, curve->points.x);
    for (size_t i = 0; i < stroke->count; i++) {
        values[i] = (double)stroke->values[EB_Y][i] / scale;
    }
    eb_smooth(values, stroke->count, curve->points.y);
    if (curve->has_pressure) {
        for (size_t i = 0; i < stroke->count; i++) {
            values[i] = (double)stroke->values[EB_PRESSURE][i];
        }
        eb_smooth(values, stroke->count, curve->points.pressure);
    }
}

size_t eb_run(const struct eb_curve *curve, double start, double end, double *out)
{
    size_t last = curve->count > 2 ? curve->count - 2 : 0; /* segment */
    size_t count = 0;
    if (start < end) {
        size_t first = (size_t)start < last ? (size_t)start : last;
        eb_disc(curve, first, start - (double)first, out + 3 * count++);
        for (size_t segment = first; (double)segment < end; segment++) {
            size_t parts = eb_parts_of(&curve->points, segment);
            for (size_t part = 0; part < parts; part++) {
                double u = (double)part / (double)parts;
                double place = (double)segment + u;
                if (start < place && place < end) {
                    eb_disc(curve, segment, u, out + 3 * count++);
                }
            }
        }
    }
    size_t segment = (size_t)end < last ? (size_t)end : last;
    eb_disc(curve, segment, end - (double)segment, out + 3 * count++);
    return count;
}
