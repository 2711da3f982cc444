/* The device's side of the link: docs/formats/serial.md, "Sessions" and "Reliable messages". The twin of
 * firmware_bridge/link.py and window.py. */
#ifndef EB_LINK_H
#define EB_LINK_H

#include "eb_frame.h"
#include "eb_packet.h"

enum eb_state { EB_LISTENING, EB_ANSWERED, EB_OPEN };

/* Whom the link serves. */
struct eb_link_user {
    void *context;
    /* Writes the body of a hello; EB_HELLO_MAX - EB_HELLO_HEADER bytes are there. */
    struct eb_result (*describe)(void *context, uint8_t *out, size_t capacity);
    /* Takes a whole message; false: not now, it will be offered again. Loose ones are not. */
    bool (*deliver)(void *context, const uint8_t *message, size_t length);
    /* A session has begun, or is over. */
    void (*changed)(void *context, bool is_open);
};

struct eb_rx_slot {
    bool is_full, is_first, is_last;
    uint16_t length;
    uint8_t payload[EB_PAYLOAD_MAX];
};

struct eb_tx_slot {
    bool is_kept; /* goes into the next session where it was not acknowledged */
    bool is_held; /* the other side has it, out of turn */
    bool is_due;
    uint8_t times;  /* sent, at most 255 */
    uint16_t order; /* counts transmissions */
    uint16_t length;
    uint32_t sent_at; /* us */
    uint8_t payload[EB_PAYLOAD_MAX];
};

struct eb_link_counters {
    uint32_t sessions, bad, echoed, foreign, retransmitted, repeated, refused;
};

/* All fields are the link's own; `state`, `counters` and `deframer.damaged` may be read. */
struct eb_link {
    const struct eb_port *port;
    struct eb_link_user user;
    enum eb_state state;
    uint32_t nonce, peer; /* ours of this boot, the host's or 0 */
    uint16_t session;
    uint8_t peer_window;
    uint16_t peer_frame;
    bool is_hello_due, is_ack_due;
    uint8_t unacked;
    uint32_t hello_at, heard_at, said_at, ack_at; /* us */
    /* what comes in: slot rx_head is packet rx_ack */
    uint8_t rx_ack, rx_head;
    bool is_message; /* `message` holds the beginning of one */
    uint16_t message_length;
    struct eb_rx_slot rx[EB_RX_WINDOW];
    uint8_t message[EB_MESSAGE_MAX];
    /* what goes out: slot tx_head is packet tx_base */
    uint8_t tx_base, tx_head, tx_count;
    uint16_t order;
    uint8_t timeouts;
    bool has_trip;
    uint32_t trip, trip_variance; /* us */
    uint32_t progress_at;         /* us, when something was acknowledged last */
    struct eb_tx_slot tx[EB_TX_WINDOW];
    /* the line */
    struct eb_deframer deframer;
    uint8_t in[EB_FRAME_BYTES(EB_FRAME_MAX)];
    uint8_t out[EB_FRAME_BYTES(EB_HELLO_MAX) + EB_FRAME_GAP];
    struct eb_link_counters counters;
};

/* `nonce`: another at each boot, not 0. Says hello at the next poll. */
void eb_link_init(struct eb_link *link, const struct eb_port *port, struct eb_link_user user, uint32_t nonce);

/* Bytes from the line. */
void eb_link_receive(struct eb_link *link, const uint8_t *data, size_t length);

/* Sends what is due. To be called often: at least every few milliseconds. */
void eb_link_poll(struct eb_link *link);

/* A reliable message of at most EB_PAYLOAD_MAX bytes. `is_kept`: it waits for a session, and for the next; other
 * messages are taken in an open session only. EB_NO_ROOM: the window is full. */
struct eb_result eb_link_send(struct eb_link *link, const uint8_t *message, size_t length, bool is_kept);

/* A message that may be lost; gone at once, or EB_NO_ROOM. */
struct eb_result eb_link_send_loose(struct eb_link *link, const uint8_t *message, size_t length);

/* Whether the invariants hold. */
bool eb_link_check(const struct eb_link *link);

#endif
