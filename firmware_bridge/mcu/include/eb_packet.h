/* Packets and messages: docs/formats/serial.md. The twin of firmware_bridge/packets.py and messages.py. */
#ifndef EB_PACKET_H
#define EB_PACKET_H

#include "eb_cbor.h"
#include "eb_config.h"
#include "eb_port.h"

#define EB_VERSION_LOWEST 1
#define EB_VERSION_HIGHEST 1

enum eb_packet_kind { EB_HELLO = 1, EB_DATA = 2, EB_ACK = 3, EB_LOOSE = 4 };

#define EB_FIRST 0x10
#define EB_LAST 0x20
#define EB_FROM_DEVICE 0x80

#define EB_HELLO_HEADER 14
#define EB_DATA_HEADER 5
#define EB_PAYLOAD_MAX (EB_FRAME_MAX - EB_DATA_HEADER)

/* A packet of any kind; fields of other kinds are 0. `payload` points into what was read. */
struct eb_packet {
    enum eb_packet_kind kind;
    bool is_first, is_last, is_from_device;
    uint16_t session;
    uint8_t seq, ack;
    uint32_t held;
    uint8_t lowest, highest, window;
    uint16_t frame;
    uint32_t nonce, peer;
    const uint8_t *payload; /* of DATA and LOOSE, body of HELLO */
    size_t length;
};

/* `length` is the bytes written. */
struct eb_result eb_packet_encode(const struct eb_packet *packet, uint8_t *out, size_t capacity);
struct eb_result eb_packet_decode(const uint8_t *data, size_t length, struct eb_packet *packet);

uint16_t eb_session_of(uint32_t host_nonce, uint32_t device_nonce);

/* -- messages from the host */

enum eb_message_kind {
    EB_PING = 1,
    EB_BEGIN = 2,
    EB_PAINT = 3,
    EB_REFRESH = 4,
    EB_REST = 5,
    EB_PEN = 8,
    EB_STATUS = 9,
    EB_LOG = 10,
    EB_PONG = 11
};

enum eb_encoding { EB_SOLID, EB_RAW, EB_RUNS, EB_RISES, EB_ENCODINGS };

/* A message of any kind that a host sends; fields of other kinds are 0. */
struct eb_message {
    enum eb_message_kind kind;
    uint32_t token;               /* PING */
    uint32_t number, base, frame; /* BEGIN; the first also PAINT, REFRESH */
    struct eb_rect rect;          /* BEGIN, PAINT */
    enum eb_encoding encoding;    /* PAINT */
    const uint8_t *data;          /* PAINT; points into what was read */
    size_t length;
    enum eb_mode mode; /* REFRESH */
};

/* EB_BAD_KIND: of a kind that came later, or of a device; to be skipped. */
struct eb_result eb_message_decode(const uint8_t *data, size_t length, struct eb_message *message);

/* -- messages from the device; `length` is the bytes written */

struct eb_sample {
    uint32_t number; /* since boot; eb_pen_push gives it */
    uint32_t clock;  /* us, of the port's `ticks` */
    uint16_t x, y, pressure;
    uint8_t state; /* EB_NEAR, EB_TIP, EB_SIDE, EB_SIDE2, and one of the tools */
    int8_t tilt_x, tilt_y; /* degrees */
};

#define EB_NEAR 0x01
#define EB_TIP 0x02
#define EB_SIDE 0x04
#define EB_SIDE2 0x08
#define EB_TOOL_MASK 0x30 /* 0: the pen */
#define EB_ERASER 0x10
#define EB_CURSOR 0x20
#define EB_FINGER 0x30

/* A batch of samples whose numbers follow each other, none more than 65535 us behind the one before. */
struct eb_result eb_pen_encode(
    const struct eb_sample *samples, size_t count, bool has_tilt, uint8_t *out, size_t capacity);

enum eb_update_state { EB_IDLE, EB_STARTED, EB_SHOWN, EB_REFUSED };
enum eb_reason { EB_NO_REASON, EB_OTHER_BASE, EB_BAD_UPDATE, EB_PANEL_FAULT };

/* `temperature`: 1/100 degree Celsius; INT16_MIN leaves it out. */
struct eb_result eb_status_encode(
    uint32_t number, enum eb_update_state state, enum eb_reason reason, int16_t temperature, uint8_t *out,
    size_t capacity);
struct eb_result eb_pong_encode(uint32_t token, uint32_t clock, uint8_t *out, size_t capacity);
struct eb_result eb_log_encode(const char *text, uint8_t *out, size_t capacity);

/* -- what a device says of itself */

struct eb_pen_facts {
    uint16_t x_max, y_max, pressure_max;
    uint32_t points_per_100mm; /* 0: not known */
    bool has_tilt;
    uint16_t rate; /* samples a second at most */
};

struct eb_panel_facts {
    uint16_t width, height;
    uint8_t greys; /* 2, 4 or 16 */
    uint8_t modes; /* bit i: mode i */
    bool is_whole;
    uint8_t align_x, align_y;
    uint32_t times[EB_MODES]; /* ms, 0: not known */
    int16_t temperature_min, temperature_max, fast_min; /* degrees Celsius */
    uint32_t full_every; /* s */
    bool has_rest;
};

struct eb_facts {
    const char *name;
    const struct eb_pen_facts *pen;     /* NULL: it has none */
    const struct eb_panel_facts *panel; /* NULL: it has none */
};

struct eb_result eb_facts_encode(const struct eb_facts *facts, uint32_t clock, uint8_t *out, size_t capacity);

#endif
