#include "eb_tiles.h"

#include <string.h>

bool eb_tiles_differ(const struct eb_frames *frames, size_t first, size_t rows, uint8_t *differs)
{
    const uint8_t *before = frames->before + first * frames->row, *after = frames->after + first * frames->row;
    if (memcmp(before, after, rows * frames->row) == 0) {
        return false;
    }
    size_t tiles = (frames->row + frames->tile - 1) / frames->tile;
    memset(differs, 0, tiles);
    for (size_t row = 0; row < rows; row++, before += frames->row, after += frames->row) {
        if (memcmp(before, after, frames->row) == 0) {
            continue;
        }
        for (size_t tile = 0, at = 0; tile < tiles; tile++, at += frames->tile) {
            size_t size = frames->row - at < frames->tile ? frames->row - at : frames->tile;
            differs[tile] |= !differs[tile] && memcmp(before + at, after + at, size) != 0;
        }
    }
    return true;
}
