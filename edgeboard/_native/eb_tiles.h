/* Which tiles of two frames differ: the twin of edgeboard/render/tiles.py. */
#ifndef EB_TILES_H
#define EB_TILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eb_frames {
    const uint8_t *before, *after;
    size_t row;  /* bytes of a row */
    size_t tile; /* bytes of a row of a tile; the last of a row may be shorter */
};

/* Looks at `rows` rows from row `first` on, one row of tiles: sets `differs`, one for each tile, and says whether any
 * does. */
bool eb_tiles_differ(const struct eb_frames *frames, size_t first, size_t rows, uint8_t *differs);

#endif
