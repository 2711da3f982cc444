/* Updates of a panel: docs/formats/serial.md, "Messages" and "Tiles". */
#ifndef EB_PANEL_H
#define EB_PANEL_H

#include "eb_link.h"

enum eb_panel_phase { EB_PANEL_IDLE, EB_PANEL_PAINTING, EB_PANEL_SKIPPING, EB_PANEL_REFRESHING };

struct eb_panel {
    const struct eb_port *port;
    const struct eb_panel_facts *facts; /* NULL: no panel */
    enum eb_panel_phase phase;
    uint32_t shows; /* identity of what stands on it; 0: not known */
    uint32_t number, frame;
    uint32_t begun_at, longest; /* us, of the refresh that goes on */
    struct eb_rect rect;
    bool is_started_due, is_end_due; /* words to the host that have found no room yet */
    enum eb_update_state end;
    enum eb_reason reason;
    uint8_t row[EB_ROW_MAX];
};

void eb_panel_init(struct eb_panel *panel, const struct eb_port *port, const struct eb_panel_facts *facts);

/* Takes a message for a panel; false: not now, an earlier update is still going on. */
bool eb_panel_take(struct eb_panel *panel, const struct eb_message *message);

/* The session is over: an update that was being painted is void. */
void eb_panel_abandon(struct eb_panel *panel);

/* Watches the refresh and tells the host. */
void eb_panel_poll(struct eb_panel *panel, struct eb_link *link);

/* Paints one tile row by row through the port; EB_BAD_VALUE, or EB_CUT_SHORT: it does not fill its rectangle exactly.
 * */
struct eb_result eb_tile_paint(
    const struct eb_message *tile, const struct eb_panel_facts *facts, const struct eb_port *port, uint8_t *row);

#endif
