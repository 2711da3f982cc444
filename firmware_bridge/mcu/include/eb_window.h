/* The link's two windows: pieces that wait for their turn, messages that wait for their acknowledgement;
 * docs/formats/serial.md, "Reliable messages". The twin of firmware_bridge/window.py; the link's own, nobody else
 * calls these. */
#ifndef EB_WINDOW_H
#define EB_WINDOW_H

#include "eb_link.h"

/* Whether `span` us have gone by; `since` may be a little later than a `now` that was read before. */
static inline bool eb_is_past(uint32_t now, uint32_t since, uint32_t span)
{
    return (int32_t)(now - since) >= (int32_t)span;
}

/* What waits to be sent or acknowledged, 0 the oldest. */
struct eb_tx_slot *eb_window_tx(struct eb_link *link, unsigned place);

/* Bit i: packet rx_ack + i is here. */
uint32_t eb_window_held(struct eb_link *link);

void eb_window_forget_in(struct eb_link *link);

/* Of what has not been acknowledged stays what is to be kept, in its order, to be sent anew. */
void eb_window_forget_out(struct eb_link *link);

void eb_window_take_ack(struct eb_link *link, uint8_t ack, uint32_t held, uint32_t now);
void eb_window_take_data(struct eb_link *link, const struct eb_packet *data, uint32_t now);

/* Hands on what is whole and in turn, as far as the user takes it. */
void eb_window_hand_on(struct eb_link *link);

/* Marks what has to be sent again: the oldest, at each further time-out twice as many. */
void eb_window_time_out(struct eb_link *link, uint32_t now);

#endif
