/* Rules of this file: no files, no clock, no allocation: whoever drives it supplies them. */
#include "eb_host.h"

static size_t read_line(void *context, uint8_t *data, size_t capacity)
{
    struct eb_host *host = context;
    size_t count = 0;
    while (count < capacity && host->in_at < host->in_length) {
        data[count++] = host->in[host->in_at++];
    }
    if (host->in_at == host->in_length) {
        host->in_at = host->in_length = 0;
    }
    return count;
}

static bool write_line(void *context, const uint8_t *data, size_t length)
{
    struct eb_host *host = context;
    if (length > sizeof host->out - host->out_length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        host->out[host->out_length++] = data[i];
    }
    return true;
}

static uint32_t ticks(void *context)
{
    const struct eb_host *host = context;
    return host->now;
}

static uint32_t lock(void *context)
{
    (void)context; /* one thread, no interrupts */
    return 0;
}

static void unlock(void *context, uint32_t state)
{
    (void)context;
    (void)state;
}

static void blit(void *context, uint16_t x, uint16_t y, uint16_t w, const uint8_t *row)
{
    struct eb_host *host = context;
    const unsigned bits = host->panel.greys == 2 ? 1 : host->panel.greys == 4 ? 2 : 4;
    const unsigned levels = host->panel.greys - 1u;
    uint8_t *cells = host->ram + (size_t)y * host->panel.width + x;
    for (unsigned i = 0; i < w; i++) {
        const unsigned shift = 8 - bits - i * bits % 8;
        cells[i] = (uint8_t)(((unsigned)row[i * bits / 8] >> shift & levels) * 255 / levels);
    }
}

static bool refresh(void *context, enum eb_mode mode, struct eb_rect rect)
{
    struct eb_host *host = context;
    host->is_busy = true;
    host->busy_since = host->now;
    host->busy_for = host->panel.times[mode] * 1000;
    host->mode = (uint32_t)mode;
    host->rect = rect;
    host->refreshes++;
    return true;
}

static enum eb_progress progress(void *context)
{
    struct eb_host *host = context;
    if (host->is_busy && !host->is_stuck && host->now - host->busy_since >= host->busy_for) {
        host->is_busy = false;
    }
    return host->is_busy ? EB_GOING_ON : host->is_broken ? EB_FAILED : EB_DONE;
}

static int16_t temperature(void *context)
{
    const struct eb_host *host = context;
    return (int16_t)host->settings.temperature;
}

static void rest(void *context)
{
    struct eb_host *host = context;
    host->rests++;
}

static void start(struct eb_host *host)
{
    const struct eb_facts facts = {
        host->settings.name,
        host->settings.has_pen != 0 ? &host->pen : NULL,
        host->settings.has_panel != 0 ? &host->panel : NULL,
    };
    eb_device_init(&host->device, &host->port, facts, host->settings.nonce + host->resets);
}

static void reset(void *context)
{
    struct eb_host *host = context;
    host->resets++;
    start(host);
}

size_t eb_host_size(void)
{
    return sizeof(struct eb_host);
}

struct eb_result eb_host_boot(struct eb_host *host, const struct eb_host_settings *settings, uint8_t *ram, uint32_t now)
{
    const bool is_wide = settings->width > EB_HOST_SIDE_MAX || settings->height > EB_HOST_SIDE_MAX;
    const bool is_grey = settings->greys == 2 || settings->greys == 4 || settings->greys == 16;
    if (settings->has_panel != 0 && (ram == NULL || is_wide || !is_grey)) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    *host = (struct eb_host){.settings = *settings, .now = now, .ram = ram};
    host->settings.name[EB_NAME_MAX] = '\0';
    host->port = (struct eb_port){host,  read_line, write_line,  ticks, lock, unlock,
                                  blit,  refresh,   progress,    temperature, rest, reset};
    host->pen = (struct eb_pen_facts){
        .x_max = (uint16_t)settings->x_max,
        .y_max = (uint16_t)settings->y_max,
        .pressure_max = (uint16_t)settings->pressure_max,
        .points_per_100mm = settings->points_per_100mm,
        .has_tilt = settings->has_tilt != 0,
        .rate = (uint16_t)settings->rate,
    };
    host->panel = (struct eb_panel_facts){
        .width = (uint16_t)settings->width,
        .height = (uint16_t)settings->height,
        .greys = (uint8_t)settings->greys,
        .modes = (uint8_t)settings->modes,
        .align_x = (uint8_t)settings->align_x,
        .align_y = (uint8_t)settings->align_y,
        .temperature_min = 0,
        .temperature_max = 50,
        .fast_min = 10,
        .has_rest = true,
    };
    for (size_t i = 0; i < EB_MODES; i++) {
        host->panel.times[i] = settings->times[i];
    }
    start(host);
    return eb_result_of(EB_OK, 0);
}

struct eb_result eb_host_receive(struct eb_host *host, const uint8_t *data, size_t length)
{
    size_t count = 0;
    while (count < length && host->in_length < sizeof host->in) {
        host->in[host->in_length++] = data[count++];
    }
    return eb_result_of(count == length ? EB_OK : EB_NO_ROOM, count);
}

void eb_host_poll(struct eb_host *host, uint32_t now)
{
    host->now = now;
    eb_device_poll(&host->device);
}

struct eb_result eb_host_drain(struct eb_host *host, uint8_t *out, size_t capacity)
{
    if (capacity < host->out_length) {
        return eb_result_of(EB_NO_ROOM, host->out_length);
    }
    const size_t length = host->out_length;
    for (size_t i = 0; i < length; i++) {
        out[i] = host->out[i];
    }
    host->out_length = 0;
    return eb_result_of(EB_OK, length);
}

struct eb_result eb_host_push(
    struct eb_host *host, uint32_t clock, uint32_t x, uint32_t y, uint32_t pressure, uint32_t state, int32_t tilt_x,
    int32_t tilt_y)
{
    const struct eb_sample sample = {
        .clock = clock,
        .x = (uint16_t)x,
        .y = (uint16_t)y,
        .pressure = (uint16_t)pressure,
        .state = (uint8_t)state,
        .tilt_x = (int8_t)tilt_x,
        .tilt_y = (int8_t)tilt_y,
    };
    return eb_pen_push(&host->device.pen, sample);
}

void eb_host_look(const struct eb_host *host, uint32_t facts[EB_HOST_FACTS])
{
    const struct eb_link *link = &host->device.link;
    facts[0] = host->refreshes;
    facts[1] = host->mode;
    facts[2] = host->rect.x;
    facts[3] = host->rect.y;
    facts[4] = host->rect.w;
    facts[5] = host->rect.h;
    facts[6] = (uint32_t)link->state;
    facts[7] = link->counters.sessions;
    facts[8] = link->deframer.damaged;
    facts[9] = link->counters.retransmitted;
    facts[10] = host->device.pen.lost;
}
