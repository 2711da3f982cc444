/* Rules of this file: what is held is never more than the slots; a sequence number is a place in them, or it is
 * refused. */
#include "eb_window.h"

#define MS 1000u
#define ACK_DELAY (10 * MS)
#define RTO_FIRST (300 * MS)
#define RTO_MIN (50 * MS)
#define RTO_MAX (500 * MS)

static void copy(uint8_t *to, const uint8_t *from, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
    }
}

struct eb_tx_slot *eb_window_tx(struct eb_link *link, unsigned place)
{
    return &link->tx[(link->tx_head + place) % EB_TX_WINDOW];
}

static struct eb_rx_slot *rx_at(struct eb_link *link, unsigned place)
{
    return &link->rx[(link->rx_head + place) % EB_RX_WINDOW];
}

uint32_t eb_window_held(struct eb_link *link)
{
    uint32_t held = 0;
    for (unsigned place = 0; place < EB_RX_WINDOW; place++) {
        if (rx_at(link, place)->is_full) {
            held |= (uint32_t)1 << place;
        }
    }
    return held;
}

void eb_window_forget_in(struct eb_link *link)
{
    for (unsigned place = 0; place < EB_RX_WINDOW; place++) {
        link->rx[place].is_full = false;
    }
    link->rx_ack = link->rx_head = 0;
    link->is_message = false;
    link->message_length = 0;
    link->is_ack_due = false;
    link->unacked = 0;
}

void eb_window_forget_out(struct eb_link *link)
{
    uint8_t kept = 0;
    for (unsigned place = 0; place < link->tx_count; place++) {
        struct eb_tx_slot *slot = eb_window_tx(link, place);
        if (slot->is_kept) {
            struct eb_tx_slot *to = eb_window_tx(link, kept++);
            if (to != slot) {
                *to = *slot;
            }
            to->is_held = false;
            to->is_due = true;
            to->times = 0;
        }
    }
    link->tx_count = kept;
    link->tx_base = 0;
    link->order = 0;
    link->timeouts = 0;
    link->has_trip = false;
}

static void arrived(struct eb_link *link, const struct eb_tx_slot *slot, uint32_t now)
{
    link->timeouts = 0;
    link->progress_at = now;
    if (slot->times != 1) { /* Karn: of one sent twice nobody knows which has come */
        return;
    }
    const uint32_t took = now - slot->sent_at;
    if (!link->has_trip) {
        link->has_trip = true;
        link->trip = took;
        link->trip_variance = took / 2;
    } else {
        const uint32_t off = took > link->trip ? took - link->trip : link->trip - took;
        link->trip_variance += off / 4;
        link->trip_variance -= link->trip_variance / 4;
        link->trip += took / 8;
        link->trip -= link->trip / 8;
    }
}

void eb_window_take_ack(struct eb_link *link, uint8_t ack, uint32_t held, uint32_t now)
{
    uint8_t count = (uint8_t)(ack - link->tx_base);
    unsigned in_flight = 0;
    while (in_flight < link->tx_count && eb_window_tx(link, in_flight)->times > 0) {
        in_flight++;
    }
    if (count > in_flight) {
        return; /* of before */
    }
    uint16_t latest = 0;
    bool has_latest = false;
    for (unsigned place = 0; place < in_flight; place++) {
        struct eb_tx_slot *slot = eb_window_tx(link, place);
        const bool is_here = place < count || (place - count < 32 && (held >> (place - count) & 1) != 0);
        if (!is_here || slot->is_held) {
            continue;
        }
        slot->is_held = true;
        slot->is_due = false;
        arrived(link, slot, now);
        if (!has_latest || (int16_t)(uint16_t)(slot->order - latest) > 0) {
            latest = slot->order;
            has_latest = true;
        }
    }
    link->tx_head = (uint8_t)((link->tx_head + count) % EB_TX_WINDOW);
    link->tx_count = (uint8_t)(link->tx_count - count);
    link->tx_base = ack;
    for (unsigned place = 0; has_latest && place < in_flight - count; place++) {
        struct eb_tx_slot *slot = eb_window_tx(link, place);
        if (!slot->is_held && (int16_t)(uint16_t)(latest - slot->order) > 0) {
            slot->is_due = true; /* one that left later has come, and a line does not reorder: it is lost */
        }
    }
}

void eb_window_hand_on(struct eb_link *link)
{
    for (;;) {
        struct eb_rx_slot *slot = rx_at(link, 0);
        if (!slot->is_full) {
            return;
        }
        if (slot->is_first) {
            link->is_message = true;
            link->message_length = 0;
        }
        if (link->is_message && link->message_length + slot->length <= EB_MESSAGE_MAX) {
            copy(link->message + link->message_length, slot->payload, slot->length);
            const size_t length = (size_t)link->message_length + slot->length;
            if (slot->is_last) {
                if (!link->user.deliver(link->user.context, link->message, length)) {
                    return; /* not acknowledged, so that the host waits */
                }
                link->is_message = false;
            } else {
                link->message_length = (uint16_t)length;
            }
        } else {
            link->is_message = false; /* too long, or without a beginning */
            link->counters.refused++;
        }
        slot->is_full = false;
        link->rx_head = (uint8_t)((link->rx_head + 1) % EB_RX_WINDOW);
        link->rx_ack++;
        if (++link->unacked >= 2) {
            link->is_ack_due = true;
            link->ack_at = link->port->ticks(link->port->context);
        }
    }
}

void eb_window_take_data(struct eb_link *link, const struct eb_packet *data, uint32_t now)
{
    const uint8_t place = (uint8_t)(data->seq - link->rx_ack);
    const bool is_in_turn = place == 0;
    if (!link->is_ack_due || !is_in_turn) {
        link->is_ack_due = true;
        link->ack_at = is_in_turn ? now + ACK_DELAY : now;
    }
    if (place >= EB_RX_WINDOW || data->length > EB_PAYLOAD_MAX || rx_at(link, place)->is_full) {
        link->counters.repeated++;
        link->ack_at = now;
        return;
    }
    struct eb_rx_slot *slot = rx_at(link, place);
    slot->is_full = true;
    slot->is_first = data->is_first;
    slot->is_last = data->is_last;
    slot->length = (uint16_t)data->length;
    copy(slot->payload, data->payload, data->length);
    eb_window_hand_on(link);
}

static uint32_t timeout_of(const struct eb_link *link)
{
    uint32_t rto = link->has_trip ? link->trip + 4 * link->trip_variance : RTO_FIRST;
    rto = rto < RTO_MIN ? RTO_MIN : rto > RTO_MAX ? RTO_MAX : rto;
    rto *= 1u + (link->timeouts < 3 ? link->timeouts : 3u);
    return rto > RTO_MAX ? RTO_MAX : rto;
}

void eb_window_time_out(struct eb_link *link, uint32_t now)
{
    unsigned left = 0;
    for (unsigned place = 0; place < link->tx_count; place++) {
        struct eb_tx_slot *slot = eb_window_tx(link, place);
        if (slot->times == 0) {
            return;
        }
        if (slot->is_held || slot->is_due) {
            continue;
        }
        if (left == 0) {
            /* what waits behind one that has just arrived is not late yet */
            const uint32_t timeout = timeout_of(link);
            if (!eb_is_past(now, slot->sent_at, timeout) || !eb_is_past(now, link->progress_at, timeout)) {
                return;
            }
            left = 1u << (link->timeouts < 5 ? link->timeouts : 5);
            link->timeouts = (uint8_t)(link->timeouts < 255 ? link->timeouts + 1 : 255);
        }
        slot->is_due = true;
        if (--left == 0) {
            return;
        }
    }
}
