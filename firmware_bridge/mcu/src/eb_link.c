/* Rules of this file: every time is a difference of two ticks, so that the clock may wrap; nothing is sent from
 * anywhere but eb_link_poll, loose messages aside. */
#include "eb_link.h"

#include "eb_window.h"

#define MS 1000u
#define HELLO_EVERY (250 * MS)
#define KEEP_ALIVE (1000 * MS)
#define SILENCE (3500 * MS)
#define FAR (1u << 30) /* us: what is longer ago counts as so long ago, long before its difference turns negative */

static void keep_near(uint32_t *since, uint32_t now)
{
    if (eb_is_past(now, *since, FAR)) {
        *since = now - FAR;
    }
}

static uint32_t ticks(const struct eb_link *link)
{
    return link->port->ticks(link->port->context);
}

void eb_link_init(struct eb_link *link, const struct eb_port *port, struct eb_link_user user, uint32_t nonce)
{
    *link = (struct eb_link){.port = port, .user = user, .nonce = nonce != 0 ? nonce : 1, .is_hello_due = true};
    eb_deframer_init(&link->deframer, link->in, sizeof link->in);
    const uint32_t now = ticks(link);
    link->heard_at = link->said_at = link->progress_at = now;
    link->hello_at = now - HELLO_EVERY;
}

bool eb_link_check(const struct eb_link *link)
{
    return link->tx_count <= EB_TX_WINDOW && link->tx_head < EB_TX_WINDOW && link->rx_head < EB_RX_WINDOW &&
           link->message_length <= EB_MESSAGE_MAX && link->state <= EB_OPEN && link->nonce != 0;
}

/* -- the line */

/* Packets are made in the buffer that their frame is made in: the stack of a small part is short. */
static uint8_t *plain_of(struct eb_link *link)
{
    return link->out + EB_FRAME_GAP;
}

static bool send_packet(struct eb_link *link, struct eb_packet *packet)
{
    packet->is_from_device = true;
    const struct eb_result encoded = eb_packet_encode(packet, plain_of(link), EB_HELLO_MAX);
    if (encoded.status != EB_OK) {
        return false;
    }
    const struct eb_result frame = eb_frame_encode(plain_of(link), encoded.length, link->out, sizeof link->out);
    if (frame.status != EB_OK || !link->port->write(link->port->context, link->out, frame.length)) {
        return false;
    }
    link->said_at = ticks(link);
    return true;
}

static void send_hello(struct eb_link *link, uint32_t now)
{
    uint8_t *body = plain_of(link) + EB_HELLO_HEADER; /* where the packet will have it */
    const struct eb_result described =
        link->user.describe(link->user.context, body, EB_HELLO_MAX - EB_HELLO_HEADER);
    struct eb_packet hello = {
        .kind = EB_HELLO,
        .lowest = EB_VERSION_LOWEST,
        .highest = EB_VERSION_HIGHEST,
        .window = EB_RX_WINDOW,
        .frame = EB_FRAME_MAX,
        .nonce = link->nonce,
        .peer = link->peer,
        .payload = body,
        .length = described.status == EB_OK ? described.length : 0,
    };
    if (send_packet(link, &hello)) {
        link->hello_at = now;
        link->is_hello_due = false;
    }
}

static void send_ack(struct eb_link *link)
{
    struct eb_packet ack = {
        .kind = EB_ACK, .session = link->session, .ack = link->rx_ack, .held = eb_window_held(link)};
    if (send_packet(link, &ack)) {
        link->is_ack_due = false;
        link->unacked = 0;
    }
}

/* -- sessions */

static void end_session(struct eb_link *link, enum eb_state state)
{
    const bool was_open = link->state == EB_OPEN;
    link->state = state;
    eb_window_forget_in(link);
    eb_window_forget_out(link);
    if (was_open) {
        link->user.changed(link->user.context, false);
    }
}

static void take_hello(struct eb_link *link, const struct eb_packet *hello, uint32_t now)
{
    if (hello->lowest > EB_VERSION_HIGHEST || hello->highest < EB_VERSION_LOWEST) {
        link->is_hello_due = link->state == EB_LISTENING; /* so that the host can tell a person */
        return;
    }
    link->is_hello_due = true;
    link->heard_at = now;
    if (hello->nonce == link->peer) {
        return;
    }
    end_session(link, EB_ANSWERED);
    link->peer = hello->nonce;
    link->peer_window = hello->window;
    link->peer_frame = hello->frame;
    link->session = eb_session_of(link->peer, link->nonce);
}

static void take_packet(struct eb_link *link, const uint8_t *data, size_t length, uint32_t now)
{
    struct eb_packet packet;
    if (eb_packet_decode(data, length, &packet).status != EB_OK) {
        link->counters.bad++;
        return;
    }
    if (packet.is_from_device) {
        link->counters.echoed++;
        return;
    }
    if (packet.kind == EB_HELLO) {
        take_hello(link, &packet, now);
        return;
    }
    if (link->state == EB_LISTENING || packet.session != link->session) {
        link->counters.foreign++;
        if (link->state != EB_OPEN && eb_is_past(now, link->hello_at, HELLO_EVERY)) {
            link->is_hello_due = true;
        }
        return;
    }
    link->heard_at = now;
    if (link->state == EB_ANSWERED) {
        link->state = EB_OPEN;
        link->is_hello_due = false;
        link->is_ack_due = true;
        link->ack_at = now;
        link->counters.sessions++;
        link->user.changed(link->user.context, true);
    }
    switch (packet.kind) {
    case EB_DATA:
        eb_window_take_data(link, &packet, now);
        eb_window_take_ack(link, packet.ack, 0, now);
        break;
    case EB_ACK:
        eb_window_take_ack(link, packet.ack, packet.held, now);
        break;
    case EB_LOOSE:
        (void)link->user.deliver(link->user.context, packet.payload, packet.length);
        break;
    case EB_HELLO:
    default:
        break;
    }
}

void eb_link_receive(struct eb_link *link, const uint8_t *data, size_t length)
{
    const uint32_t now = ticks(link);
    for (size_t i = 0; i < length; i++) {
        const struct eb_result found = eb_deframer_take(&link->deframer, data[i]);
        if (found.status == EB_OK && found.length > 0) {
            take_packet(link, link->deframer.data, found.length, now);
        }
    }
}

/* -- sending */

static void send_data(struct eb_link *link, uint32_t now)
{
    for (unsigned place = 0; place < link->tx_count && place < link->peer_window; place++) {
        struct eb_tx_slot *slot = eb_window_tx(link, place);
        if (!slot->is_due) {
            continue;
        }
        struct eb_packet data = {
            .kind = EB_DATA,
            .is_first = true,
            .is_last = true,
            .session = link->session,
            .seq = (uint8_t)(link->tx_base + place),
            .ack = link->rx_ack,
            .payload = slot->payload,
            .length = slot->length,
        };
        if (!send_packet(link, &data)) {
            return;
        }
        link->counters.retransmitted += slot->times > 0;
        slot->times = (uint8_t)(slot->times < 255 ? slot->times + 1 : 255);
        slot->order = ++link->order;
        slot->sent_at = now;
        slot->is_due = false;
        if (eb_window_held(link) == 0) {
            link->is_ack_due = false;
            link->unacked = 0;
        }
    }
}

void eb_link_poll(struct eb_link *link)
{
    const uint32_t now = ticks(link);
    keep_near(&link->hello_at, now);
    keep_near(&link->said_at, now);
    keep_near(&link->progress_at, now);
    if (link->state != EB_LISTENING && eb_is_past(now, link->heard_at, SILENCE)) {
        end_session(link, EB_LISTENING);
        link->peer = 0;
    }
    if (link->is_hello_due) {
        send_hello(link, now);
    }
    if (link->state != EB_OPEN) {
        return;
    }
    eb_window_hand_on(link);
    eb_window_time_out(link, now);
    send_data(link, now);
    const bool is_ack_late = link->is_ack_due && (int32_t)(now - link->ack_at) >= 0;
    if (is_ack_late || eb_is_past(now, link->said_at, KEEP_ALIVE)) {
        send_ack(link);
    }
}

struct eb_result eb_link_send(struct eb_link *link, const uint8_t *message, size_t length, bool is_kept)
{
    const bool is_too_long = link->peer_frame != 0 && length + EB_DATA_HEADER > link->peer_frame;
    if (length == 0 || length > EB_PAYLOAD_MAX || is_too_long) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    if (link->tx_count == EB_TX_WINDOW || (!is_kept && link->state != EB_OPEN)) {
        return eb_result_of(EB_NO_ROOM, 0);
    }
    struct eb_tx_slot *slot = eb_window_tx(link, link->tx_count++);
    slot->is_kept = is_kept;
    slot->is_held = false;
    slot->is_due = true;
    slot->times = 0;
    slot->length = (uint16_t)length;
    for (size_t i = 0; i < length; i++) {
        slot->payload[i] = message[i];
    }
    return eb_result_of(EB_OK, length);
}

struct eb_result eb_link_send_loose(struct eb_link *link, const uint8_t *message, size_t length)
{
    struct eb_packet loose = {.kind = EB_LOOSE, .session = link->session, .payload = message, .length = length};
    if (length == 0 || link->state != EB_OPEN || !send_packet(link, &loose)) {
        return eb_result_of(EB_NO_ROOM, 0);
    }
    return eb_result_of(EB_OK, length);
}
