/* The whole platform: what a new board has to supply. None may wait. All are called from eb_device_poll and what it
 * calls, in the loop; `lock` and `unlock` also from eb_pen_push, hence from the interrupt that pushes.
 *
 * Always needed: read, write, ticks, reset. A device with a pen needs lock and unlock as well, one with a panel blit,
 * refresh, progress, temperature and rest; what a device without one never calls may be NULL. */
#ifndef EB_PORT_H
#define EB_PORT_H

#include "eb_result.h"

/* Modes of a refresh, as on the wire. */
enum eb_mode { EB_INIT, EB_FULL, EB_GREY, EB_FAST, EB_DIRECT, EB_MODES };

/* How a refresh stands. */
enum eb_progress { EB_GOING_ON, EB_DONE, EB_FAILED };

struct eb_rect {
    uint16_t x, y, w, h;
};

struct eb_port {
    void *context; /* handed to each function */
    /* Bytes that have come, at most `capacity`; returns how many. What comes while the loop does something else has to
     * be kept by the port: bytes of the longest turn of the loop, a blit of a whole tile and yours included (12 a ms at
     * 115200 bit/s). EB_RX_WINDOW * EB_FRAME_BYTES(EB_FRAME_MAX) is enough: a host sends no more new DATA
     * before it is answered. A byte that is lost costs its packet a second way, nothing else. */
    size_t (*read)(void *context, uint8_t *data, size_t capacity);
    /* Takes all of these bytes for sending, or none where there is no room for all: they are offered again. Not more
     * than EB_WRITE_MAX (eb_frame.h) at once. They are the link's: copied or sent before this returns. */
    bool (*write)(void *context, const uint8_t *data, size_t length);
    /* Microseconds of a clock that wraps at 32 bits, and only there. */
    uint32_t (*ticks)(void *context);
    /* Keeps interrupts that push pen samples out, and lets them in again with what `lock` returned: from the loop and
     * from the interrupt, where the state before was another. */
    uint32_t (*lock)(void *context);
    void (*unlock)(void *context, uint32_t state);
    /* One row of px into the panel's memory: packed as in docs/formats/serial.md, Tiles. `row` is the panel's own. */
    void (*blit)(void *context, uint16_t x, uint16_t y, uint16_t w, const uint8_t *row);
    /* Begins a refresh of what was painted; false: the panel reports a fault, or is still busy with one that was given
     * up. */
    bool (*refresh)(void *context, enum eb_mode mode, struct eb_rect rect);
    /* How the refresh stands that was begun. EB_FAILED: a fault of the panel, what it shows is not known. One that
     * goes on for four times its mode's time, and for 20 s, counts as failed. */
    enum eb_progress (*progress)(void *context);
    /* Temperature of the panel, 1/100 degree Celsius; INT16_MIN: it has no thermometer. */
    int16_t (*temperature)(void *context);
    /* The panel may sleep until the next refresh. */
    void (*rest)(void *context);
    /* Boots anew: an invariant of ours does not hold any more. A debug build stops here instead. */
    void (*reset)(void *context);
};

#endif
