/* The host port: the firmware with a line, a panel and a pen in memory, and a clock that is given. `main.c` runs it
 * on a pty; tests and the simulator drive it as a library. */
#ifndef EB_HOST_H
#define EB_HOST_H

#include "eb_device.h"

#define EB_HOST_LINE_MAX 4096 /* bytes that wait in each direction */
#define EB_HOST_SIDE_MAX 2048 /* px */

struct eb_host_settings {
    uint32_t nonce;
    uint32_t has_pen, has_panel;
    uint32_t x_max, y_max, pressure_max, points_per_100mm, has_tilt, rate;
    uint32_t width, height, greys, modes, align_x, align_y;
    uint32_t times[EB_MODES]; /* ms of each mode */
    int32_t temperature;      /* 1/100 degree Celsius */
    char name[EB_NAME_MAX + 1];
};

struct eb_host {
    struct eb_port port;
    struct eb_device device;
    struct eb_pen_facts pen;
    struct eb_panel_facts panel;
    struct eb_host_settings settings;
    uint32_t now; /* us */
    uint8_t in[EB_HOST_LINE_MAX];
    size_t in_at, in_length;
    uint8_t out[EB_HOST_LINE_MAX];
    size_t out_length;
    uint8_t *ram;   /* the panel's memory, one byte a px, 0 black .. 255 white; the caller's, width * height */
    bool is_busy;
    bool is_stuck, is_broken; /* set by a test: its busy line hangs; its next refreshes end in a fault */
    uint32_t busy_since, busy_for; /* us */
    uint32_t refreshes, rests, resets;
    uint32_t mode; /* of the last refresh */
    struct eb_rect rect;
};

/* Bytes of a `struct eb_host`, for who speaks no C. */
size_t eb_host_size(void);

/* Boots. `ram` may be NULL where there is no panel; it keeps what it holds. */
struct eb_result eb_host_boot(
    struct eb_host *host, const struct eb_host_settings *settings, uint8_t *ram, uint32_t now);

/* Bytes that have come; `length` is how many found room. */
struct eb_result eb_host_receive(struct eb_host *host, const uint8_t *data, size_t length);

/* Moves the clock and works. */
void eb_host_poll(struct eb_host *host, uint32_t now);

/* Bytes for the line; `length` is how many. */
struct eb_result eb_host_drain(struct eb_host *host, uint8_t *out, size_t capacity);

/* A sample of the pen, as its interrupt would push it. */
struct eb_result eb_host_push(
    struct eb_host *host, uint32_t clock, uint32_t x, uint32_t y, uint32_t pressure, uint32_t state, int32_t tilt_x,
    int32_t tilt_y);

/* What has happened: refreshes, mode of the last, its x, y, w, h, state of the link, sessions, damaged,
 * retransmitted, lost samples. */
#define EB_HOST_FACTS 11
void eb_host_look(const struct eb_host *host, uint32_t facts[EB_HOST_FACTS]);

#endif
