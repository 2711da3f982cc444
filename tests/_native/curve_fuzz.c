/* The kernel of curves on strokes and places that nobody would send in good faith.
 *
 *     curve_fuzz SEED ROUNDS
 *
 * Every round makes a stroke of random bytes that can be encoded, curves it with a random width, and takes a run between
 * two random places out of it, now and then all of it, into a buffer of exactly the size that is promised to be enough.
 * Says which kinds it has seen, so that a driver that reaches nothing is noticed.
 */
#include "strokes_checks.h"

#include "eb_curve.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BYTES = 2048, SEEN_WHOLE = 1, SEEN_CUT = 2, SEEN_POINT = 4, SEEN_PRESSURE = 8, SEEN_FULL = 16 };

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

static double share(void)
{
    return (double)dice(1 << 20) / (double)((1 << 20) - 1);
}

static void check_run(const struct eb_curve *curve, double start, double end)
{
    double *out = malloc(sizeof *out * 3 * EB_RUN_MAX);
    DEMAND(out != NULL);
    size_t count = eb_run(curve, start, end, out);
    DEMAND(count >= 1);
    DEMAND(count <= EB_RUN_MAX);
    for (size_t at = 0; at < count; at++) {
        DEMAND(isfinite(out[3 * at]));
        DEMAND(isfinite(out[3 * at + 1]));
        DEMAND(isfinite(out[3 * at + 2]));
        DEMAND(out[3 * at + 2] > 0.0);
    }
    seen |= count > EB_DISCS_MAX / 2 ? SEEN_FULL : 0;
    free(out);
}

static void check_curve(const struct eb_stroke *stroke, struct eb_curve *curve)
{
    static const double WIDTHS[] = {1e-300, 1e-3, 0.6, 3.0, 300.0, 999999.9};
    eb_curve_of(stroke, WIDTHS[dice(sizeof WIDTHS / sizeof *WIDTHS)], curve);
    double last = (double)(curve->count - 1), start = share() * last;
    seen |= curve->count == 1 ? SEEN_POINT : SEEN_CUT;
    seen |= curve->has_pressure ? SEEN_PRESSURE : 0;
    check_run(curve, start, start + share() * (last - start));
    check_run(curve, (double)dice(curve->count), last);
    check_run(curve, start, start);
    check_run(curve, 0.0, last);
    seen |= SEEN_WHOLE;
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: curve_fuzz SEED ROUNDS\n");
        return 2;
    }
    state = strtoull(words[1], NULL, 10) * UINT64_C(0x9E3779B97F4A7C15) + 1;
    unsigned long rounds = strtoul(words[2], NULL, 10);
    struct eb_stroke *stroke = malloc(sizeof *stroke);
    struct eb_curve *curve = malloc(sizeof *curve);
    static uint8_t bytes[BYTES], written[EB_STROKE_BYTES_MAX];
    DEMAND(stroke != NULL && curve != NULL);
    for (unsigned long round = 0; round < rounds; round++) {
        size_t size = dice(BYTES);
        for (size_t at = 0; at < size; at++) {
            bytes[at] = (uint8_t)dice(256);
        }
        stroke_of_bytes(bytes, size, stroke);
        if (encode_into(stroke, written, sizeof written).status == EB_OK) { /* or no decoder would let it in */
            check_curve(stroke, curve);
        }
    }
    free(curve);
    free(stroke);
    printf("%lu rounds; seen %" PRIu32 "\n", rounds, seen);
    return 0;
}
