/* What has to hold of the kernel of strokes, whatever it is given; a breach ends the process.
 *
 * Every buffer that the kernel sees is exactly as long as it was told, and ends where its memory ends, so that the
 * address sanitizer sees a step beyond it.
 */
#ifndef STROKES_CHECKS_H
#define STROKES_CHECKS_H

#include "eb_strokes.h"

#define DEMAND(condition) demand((condition), #condition, __FILE__, __LINE__)

void demand(int holds, const char *condition, const char *file, int line);

int is_equal(const struct eb_stroke *left, const struct eb_stroke *right);

/* Encodes into a buffer of exactly `capacity` bytes; what was written, `capacity` bytes at most, is copied to `out`. */
struct eb_result encode_into(const struct eb_stroke *stroke, uint8_t *out, size_t capacity);

/* Decodes from a copy that is exactly as long as the data. */
struct eb_result decode_copy(const uint8_t *data, size_t size, size_t at, struct eb_stroke *stroke);

/* Bytes of any kind: refused, or a stroke whose own encoding gives it back. Returns the status. */
enum eb_status check_bytes(const uint8_t *data, size_t size);

/* A stroke of any kind: refused, or it comes back, and no byte less of room would have done. Returns the status. */
enum eb_status check_stroke(const struct eb_stroke *stroke);

/* A stroke made of bytes, good ones and bad ones. */
void stroke_of_bytes(const uint8_t *data, size_t size, struct eb_stroke *stroke);

#endif
