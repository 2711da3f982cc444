/* The kernels of drawing, dithering and comparing, with numbers that nobody would draw with.
 *
 *     raster_fuzz SEED ROUNDS
 *
 * Every round makes a surface whose px end where their memory ends, draws discs and contours of any doubles on it, whole
 * and within a clip, and demands that both are the same there and nothing changed elsewhere; then it dithers, packs and
 * compares. Says which kinds of numbers have been refused, one bit each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eb_blend.h"
#include "eb_dither.h"
#include "eb_polygon.h"
#include "eb_raster.h"
#include "eb_tiles.h"
#include "strokes_checks.h"

enum { PLACES = 12, SEEN_DISC = 1, SEEN_CORNER = 2, SEEN_NOTHING = 4, SEEN_INK = 8 };

static uint64_t state;
static uint32_t seen;

/* xorshift64*: a number below `end`. */
static size_t dice(size_t end)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % end;
}

static double number(void)
{
    static const double ODD[] = {0.0, -0.0, 0.5, 1e9, -1e9, 1.0000001e9, 1e300, -1e300, 5e-324, 1e-9, 4e6};
    switch (dice(40)) {
    case 0:
        return __builtin_nan("");
    case 1:
        return __builtin_inf();
    case 2:
        return -__builtin_inf();
    case 3:
        return ODD[dice(sizeof ODD / sizeof *ODD)];
    case 4:
    case 5:
        return ((double)dice(2000001) - 1000000.0) * (double)dice(1000);
    default:
        return ((double)dice(20000) - 5000.0) / 64;
    }
}

static uint8_t *room(size_t size)
{
    uint8_t *made = malloc(size);
    DEMAND(made != NULL);
    return made;
}

static struct eb_surface make_surface(void)
{
    struct eb_surface surface = {NULL, (int32_t)(1 + dice(70)), (int32_t)(1 + dice(50)), dice(2) ? 1 : 4};
    size_t size = (size_t)surface.width * (size_t)surface.height * (size_t)surface.channels;
    surface.pixels = room(size);
    for (size_t at = 0; at < size; at++) {
        surface.pixels[at] = (uint8_t)dice(256);
    }
    return surface;
}

static struct eb_area part_of(const struct eb_surface *surface)
{
    int32_t x = (int32_t)dice((size_t)surface->width), y = (int32_t)dice((size_t)surface->height);
    return (struct eb_area){x, y, (int32_t)dice((size_t)(surface->width - x) + 1),
                            (int32_t)dice((size_t)(surface->height - y) + 1)};
}

static bool is_inside(struct eb_area area, int32_t x, int32_t y)
{
    return x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height;
}

/* What was drawn within a clip is what was drawn without one, there, and what was there before, elsewhere. */
static void check_clip(const struct eb_surface *before, const struct eb_surface *whole, const struct eb_surface *part,
                       struct eb_area clip)
{
    for (int32_t y = 0; y < part->height; y++) {
        for (int32_t x = 0; x < part->width; x++) {
            const struct eb_surface *wanted = is_inside(clip, x, y) ? whole : before;
            DEMAND(memcmp(eb_pixel(part, x, y), eb_pixel(wanted, x, y), (size_t)part->channels) == 0);
        }
    }
}

static struct eb_surface copy_of(const struct eb_surface *surface)
{
    struct eb_surface copy = *surface;
    size_t size = (size_t)surface->width * (size_t)surface->height * (size_t)surface->channels;
    copy.pixels = room(size);
    memcpy(copy.pixels, surface->pixels, size);
    return copy;
}

static void draw_ink(const struct eb_surface *surface, struct eb_area clip, const double *triples, size_t count,
                     const struct eb_placing *placing, const struct eb_paint *paint, bool is_hard)
{
    struct eb_disc *discs = (struct eb_disc *)(void *)room((count + 1) * sizeof *discs);
    size_t placed = eb_place(triples, count, placing, discs);
    if (placed < count) {
        seen |= SEEN_DISC;
    } else if (count > 0) {
        size_t ends[2] = {count / 2, count};
        size_t kept = eb_merge(discs, ends[0]);
        memmove(discs + kept, discs + ends[0], (count - ends[0]) * sizeof *discs);
        ends[1] = kept + eb_merge(discs + kept, count - ends[0]);
        ends[0] = kept;
        struct eb_area box = eb_around(discs, ends[1], clip);
        seen |= eb_is_empty(box) ? SEEN_NOTHING : SEEN_INK;
        eb_ink(surface, box, discs, kept > 0 ? ends : ends + 1, kept > 0 ? 2 : 1, paint, is_hard);
    }
    free(discs);
}

static void draw_polygon(const struct eb_surface *surface, struct eb_area clip, const double *numbers, size_t corners,
                         const struct eb_paint *paint, bool is_hard)
{
    struct eb_polygon polygon = {.edges = (struct eb_edge *)(void *)room((corners + 1) * sizeof(struct eb_edge)),
                                 .crossings = (int32_t *)(void *)room((corners + 1) * 2 * sizeof(int32_t))};
    eb_polygon_begin(&polygon);
    size_t first = corners / 3;
    if (eb_polygon_add(&polygon, numbers, first) < 2 * first ||
        eb_polygon_add(&polygon, numbers + 2 * first, corners - first) < 2 * (corners - first)) {
        seen |= SEEN_CORNER;
    } else {
        eb_polygon_fill(surface, eb_polygon_around(&polygon, clip), &polygon, paint, is_hard);
    }
    free(polygon.edges);
    free(polygon.crossings);
}

static void try_drawing(const struct eb_surface *before)
{
    double numbers[3 * PLACES];
    size_t count = dice(PLACES + 1);
    for (size_t at = 0; at < 3 * PLACES; at++) {
        numbers[at] = number();
        if (at % 3 == 2 && dice(8)) {
            numbers[at] = (double)dice(1000) / 100;
        }
    }
    struct eb_placing placing = {{1.0, 0.0, 0.0, 1.0, 0.0, 0.0}, 0.0, dice(2) ? 0.5 : 0.0};
    for (size_t at = 0; at < 6 && dice(3) == 0; at++) {
        placing.matrix[at] = ((double)dice(4000) - 2000.0) / 1000;
    }
    placing.scale = eb_scale(placing.matrix);
    struct eb_paint paint = {{(uint8_t)dice(256), (uint8_t)dice(256), (uint8_t)dice(256), 255}, (uint8_t)dice(256)};
    struct eb_area all = {0, 0, before->width, before->height}, clip = part_of(before);
    struct eb_surface whole = copy_of(before), part = copy_of(before);
    bool is_hard = dice(4) == 0, is_ink = dice(3) > 0;
    if (is_ink) {
        draw_ink(&whole, all, numbers, count, &placing, &paint, is_hard);
        draw_ink(&part, clip, numbers, count, &placing, &paint, is_hard);
    } else {
        draw_polygon(&whole, all, numbers, count, &paint, is_hard);
        draw_polygon(&part, clip, numbers, count, &paint, is_hard);
    }
    check_clip(before, &whole, &part, clip);
    free(whole.pixels);
    free(part.pixels);
}

static void try_dithering(const struct eb_surface *surface)
{
    struct eb_area area = part_of(surface);
    enum eb_format format = (enum eb_format)dice(EB_FORMATS);
    if (eb_is_empty(area) || eb_format_channels(format) != surface->channels) {
        return;
    }
    size_t width = (size_t)area.width, rows = (size_t)area.height;
    uint8_t *out = room(width * rows * (size_t)surface->channels);
    uint8_t *bits = room(rows * eb_packed_row(width, format));
    if (dice(2)) {
        eb_diffuse(surface, area, format, out);
    } else {
        eb_dither(surface, area, format, out);
    }
    eb_pack(out, width, rows, format, bits);
    free(out);
    free(bits);
}

static void try_comparing(const struct eb_surface *surface)
{
    struct eb_surface after = copy_of(surface);
    struct eb_area area = part_of(surface);
    struct eb_paint paint = {{(uint8_t)dice(256), 0, 0, 255}, 255};
    eb_fill(&after, area, &paint);
    size_t row = (size_t)surface->width * (size_t)surface->channels, tile = (1 + dice(20)) * (size_t)surface->channels;
    struct eb_frames frames = {surface->pixels, after.pixels, row, tile};
    size_t tiles = (row + tile - 1) / tile;
    uint8_t *differs = room(tiles);
    bool is_changed = memcmp(surface->pixels, after.pixels, row * (size_t)surface->height) != 0;
    DEMAND(eb_tiles_differ(&frames, 0, (size_t)surface->height, differs) == is_changed);
    size_t count = 0;
    for (size_t at = 0; is_changed && at < tiles; at++) {
        count += differs[at];
    }
    DEMAND((count > 0) == is_changed);
    free(differs);
    free(after.pixels);
}

int main(int count, char **arguments)
{
    if (count != 3) {
        return 2;
    }
    state = strtoull(arguments[1], NULL, 10) * UINT64_C(0x9E3779B97F4A7C15) + 1;
    size_t rounds = (size_t)strtoull(arguments[2], NULL, 10);
    for (size_t round = 0; round < rounds; round++) {
        struct eb_surface surface = make_surface();
        try_drawing(&surface);
        try_dithering(&surface);
        try_comparing(&surface);
        free(surface.pixels);
    }
    printf("%zu rounds; seen %" PRIu32 "\n", rounds, seen);
    return 0;
}
