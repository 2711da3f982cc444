/* Rules of this file: from the first tile to the end of the refresh the panel's identity is 0, so that whatever goes
 * wrong on the way ends in a whole frame and never in a picture that nobody has drawn. */
#include "eb_panel.h"

#define LONGEST_MS 20000u    /* a refresh is given up no sooner: less than the host's patience */
#define TIME_MAX_MS 500000u  /* four times it is still less than half of the clock's range */

void eb_panel_init(struct eb_panel *panel, const struct eb_port *port, const struct eb_panel_facts *facts)
{
    panel->port = port;
    panel->facts = facts;
    panel->phase = EB_PANEL_IDLE;
    panel->shows = panel->number = panel->frame = 0;
    panel->begun_at = panel->longest = 0;
    panel->is_started_due = panel->is_end_due = false;
    panel->end = EB_IDLE;
    panel->reason = EB_NO_REASON;
}

/* -- tiles */

static uint32_t bits_of(uint8_t greys)
{
    return greys == 2 ? 1 : greys == 4 ? 2 : 4;
}

/* Rows that come out of a stream of bytes. */
struct rows {
    const struct eb_port *port;
    struct eb_rect rect;
    uint8_t *row;
    uint32_t stride, at, y;
    bool is_rising; /* each row is XORed with the one above, which `row` still holds */
};

static bool rows_put(struct rows *rows, uint8_t byte)
{
    if (rows->y == rows->rect.h) {
        return false;
    }
    uint8_t *cell = rows->row + rows->at;
    *cell = rows->is_rising && rows->y > 0 ? (uint8_t)(*cell ^ byte) : byte;
    if (++rows->at == rows->stride) {
        rows->port->blit(
            rows->port->context, rows->rect.x, (uint16_t)(rows->rect.y + rows->y), rows->rect.w, rows->row);
        rows->at = 0;
        rows->y++;
    }
    return true;
}

static bool rows_put_bits(struct rows *rows, const uint8_t *data, size_t length)
{
    size_t at = 0;
    while (at < length) {
        const uint8_t n = data[at++];
        if (n == 128) {
            return false;
        }
        const bool is_run = n > 128;
        size_t count = is_run ? 257u - n : n + 1u;
        if ((is_run ? 1 : count) > length - at) {
            return false;
        }
        while (count-- > 0) {
            if (!rows_put(rows, data[at])) {
                return false;
            }
            at += is_run ? 0 : 1;
        }
        at += is_run ? 1 : 0;
    }
    return true;
}

static struct eb_result paint_solid(
    const struct eb_message *tile, const struct eb_panel_facts *facts, const struct eb_port *port, uint8_t *row)
{
    if (tile->length != 1 || tile->data[0] >= facts->greys) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    const uint32_t bits = bits_of(facts->greys);
    uint8_t byte = 0;
    for (uint32_t shift = 0; shift < 8; shift += bits) {
        byte |= (uint8_t)(tile->data[0] << shift);
    }
    for (size_t i = 0; i < EB_ROW_MAX; i++) {
        row[i] = byte;
    }
    const uint32_t most = EB_ROW_MAX * 8 / bits;
    for (uint32_t y = 0; y < tile->rect.h; y++) {
        for (uint32_t x = 0; x < tile->rect.w; x += most) {
            const uint32_t w = tile->rect.w - x < most ? tile->rect.w - x : most;
            port->blit(
                port->context, (uint16_t)(tile->rect.x + x), (uint16_t)(tile->rect.y + y), (uint16_t)w, row);
        }
    }
    return eb_result_of(EB_OK, 0);
}

struct eb_result eb_tile_paint(
    const struct eb_message *tile, const struct eb_panel_facts *facts, const struct eb_port *port, uint8_t *row)
{
    if ((uint32_t)tile->rect.x + tile->rect.w > facts->width || (uint32_t)tile->rect.y + tile->rect.h > facts->height) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    if (tile->encoding == EB_SOLID) {
        return paint_solid(tile, facts, port, row);
    }
    struct rows rows = {
        .port = port,
        .rect = tile->rect,
        .row = row,
        .stride = (tile->rect.w * bits_of(facts->greys) + 7) / 8,
        .is_rising = tile->encoding == EB_RISES,
    };
    if (rows.stride > EB_ROW_MAX) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    bool is_good = true;
    if (tile->encoding == EB_RAW) {
        for (size_t i = 0; i < tile->length && is_good; i++) {
            is_good = rows_put(&rows, tile->data[i]);
        }
    } else {
        is_good = rows_put_bits(&rows, tile->data, tile->length);
    }
    return eb_result_of(is_good && rows.y == rows.rect.h ? EB_OK : EB_CUT_SHORT, 0);
}

/* -- updates */

static void finish(struct eb_panel *panel, enum eb_update_state end, enum eb_reason reason)
{
    panel->phase = end == EB_REFUSED ? EB_PANEL_SKIPPING : EB_PANEL_IDLE;
    panel->end = end;
    panel->reason = reason;
    panel->is_end_due = true;
}

static void begin(struct eb_panel *panel, const struct eb_message *message)
{
    panel->number = message->number;
    panel->frame = message->frame;
    panel->rect = message->rect;
    if (message->base != 0 && message->base != panel->shows) {
        finish(panel, EB_REFUSED, EB_OTHER_BASE);
    } else if ((uint32_t)message->rect.x + message->rect.w > panel->facts->width ||
               (uint32_t)message->rect.y + message->rect.h > panel->facts->height) {
        finish(panel, EB_REFUSED, EB_BAD_UPDATE);
    } else {
        panel->phase = EB_PANEL_PAINTING;
        panel->shows = 0;
    }
}

/* A panel whose busy line hangs must not be waited for for ever. */
static uint32_t longest_of(uint32_t ms)
{
    const uint32_t patient = 4 * (ms < TIME_MAX_MS ? ms : TIME_MAX_MS);
    return 1000 * (patient > LONGEST_MS ? patient : LONGEST_MS);
}

static enum eb_progress progress_of(const struct eb_panel *panel)
{
    const enum eb_progress progress = panel->port->progress(panel->port->context);
    const uint32_t since = panel->port->ticks(panel->port->context) - panel->begun_at;
    return progress == EB_GOING_ON && since > panel->longest ? EB_FAILED : progress;
}

bool eb_panel_take(struct eb_panel *panel, const struct eb_message *message)
{
    if (panel->facts == NULL) {
        return true;
    }
    const bool is_current = panel->phase == EB_PANEL_PAINTING && message->number == panel->number;
    switch (message->kind) {
    case EB_BEGIN:
        if (panel->phase == EB_PANEL_REFRESHING || panel->is_started_due || panel->is_end_due) {
            return false;
        }
        begin(panel, message);
        break;
    case EB_PAINT:
        if (is_current && eb_tile_paint(message, panel->facts, panel->port, panel->row).status != EB_OK) {
            finish(panel, EB_REFUSED, EB_BAD_UPDATE);
        }
        break;
    case EB_REFRESH:
        if (!is_current) {
            break;
        }
        if ((panel->facts->modes >> (unsigned)message->mode & 1) == 0) {
            finish(panel, EB_REFUSED, EB_BAD_UPDATE);
        } else if (!panel->port->refresh(panel->port->context, message->mode, panel->rect)) {
            finish(panel, EB_REFUSED, EB_PANEL_FAULT);
        } else {
            panel->phase = EB_PANEL_REFRESHING;
            panel->begun_at = panel->port->ticks(panel->port->context);
            panel->longest = longest_of(panel->facts->times[message->mode]);
            panel->is_started_due = true;
        }
        break;
    case EB_REST:
        if (panel->phase == EB_PANEL_REFRESHING) {
            return false;
        }
        panel->port->rest(panel->port->context);
        break;
    case EB_PING:
    case EB_PEN:
    case EB_STATUS:
    case EB_LOG:
    case EB_PONG:
    default:
        break;
    }
    return true;
}

void eb_panel_abandon(struct eb_panel *panel)
{
    if (panel->phase == EB_PANEL_PAINTING || panel->phase == EB_PANEL_SKIPPING) {
        panel->phase = EB_PANEL_IDLE;
    }
    panel->number = 0; /* whoever calls next knows nothing of it */
    panel->is_started_due = panel->is_end_due = false;
}

static bool tell(struct eb_panel *panel, struct eb_link *link, enum eb_update_state state, enum eb_reason reason)
{
    uint8_t message[32];
    const int16_t temperature = panel->port->temperature(panel->port->context);
    const struct eb_result encoded =
        eb_status_encode(panel->number, state, reason, temperature, message, sizeof message);
    return encoded.status == EB_OK && eb_link_send(link, message, encoded.length, false).status == EB_OK;
}

void eb_panel_poll(struct eb_panel *panel, struct eb_link *link)
{
    if (panel->phase == EB_PANEL_REFRESHING) {
        const enum eb_progress progress = progress_of(panel);
        if (progress == EB_DONE) {
            panel->shows = panel->frame;
            finish(panel, EB_SHOWN, EB_NO_REASON);
        } else if (progress == EB_FAILED) {
            finish(panel, EB_REFUSED, EB_PANEL_FAULT);
        }
    }
    if (panel->number == 0) {
        panel->is_started_due = panel->is_end_due = false;
    }
    if (panel->is_started_due && tell(panel, link, EB_STARTED, EB_NO_REASON)) {
        panel->is_started_due = false;
    }
    if (panel->is_end_due && !panel->is_started_due && tell(panel, link, panel->end, panel->reason)) {
        panel->is_end_due = false;
    }
}
