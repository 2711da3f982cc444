/* Rules of this file: no state; every field of what is read is checked here, so that nobody behind has to. */
#include "eb_packet.h"

#include "eb_frame.h"

#define KIND 0x0F
#define ACK_HEADER 4
#define LOOSE_HEADER 3
#define PACKET_MAX 1024
#define FRAME_LEAST 32
#define WINDOW_LARGEST 32

static void put_16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static void put_32(uint8_t *out, uint32_t value)
{
    put_16(out, (uint16_t)value);
    put_16(out + 2, (uint16_t)(value >> 16));
}

static uint16_t get_16(const uint8_t *data)
{
    return (uint16_t)(data[0] | data[1] << 8);
}

static uint32_t get_32(const uint8_t *data)
{
    return get_16(data) | (uint32_t)get_16(data + 2) << 16;
}

uint16_t eb_session_of(uint32_t host_nonce, uint32_t device_nonce)
{
    uint8_t nonces[8];
    put_32(nonces, host_nonce);
    put_32(nonces + 4, device_nonce);
    return (uint16_t)eb_crc32c(0, nonces, sizeof nonces);
}

struct eb_result eb_packet_encode(const struct eb_packet *packet, uint8_t *out, size_t capacity)
{
    uint8_t head[EB_HELLO_HEADER];
    size_t size = 0;
    head[0] = (uint8_t)((unsigned)packet->kind | (packet->is_from_device ? EB_FROM_DEVICE : 0));
    put_16(head + 1, packet->session);
    switch (packet->kind) {
    case EB_HELLO:
        head[1] = packet->lowest;
        head[2] = packet->highest;
        head[3] = packet->window;
        put_16(head + 4, packet->frame);
        put_32(head + 6, packet->nonce);
        put_32(head + 10, packet->peer);
        size = EB_HELLO_HEADER;
        break;
    case EB_DATA:
        head[0] |= (uint8_t)((packet->is_first ? EB_FIRST : 0) | (packet->is_last ? EB_LAST : 0));
        head[3] = packet->seq;
        head[4] = packet->ack;
        size = EB_DATA_HEADER;
        break;
    case EB_ACK:
        head[3] = packet->ack;
        size = ACK_HEADER;
        for (uint32_t held = packet->held; held != 0; held >>= 8) {
            head[size++] = (uint8_t)held;
        }
        break;
    case EB_LOOSE:
        size = LOOSE_HEADER;
        break;
    default:
        return eb_result_of(EB_BAD_KIND, 0);
    }
    const size_t payload = packet->kind == EB_ACK ? 0 : packet->length;
    if (size + payload > capacity) {
        return eb_result_of(EB_NO_ROOM, size + payload);
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = head[i];
    }
    for (size_t i = 0; i < payload; i++) {
        out[size + i] = packet->payload[i];
    }
    return eb_result_of(EB_OK, size + payload);
}

static enum eb_status decode_hello(const uint8_t *data, struct eb_packet *packet)
{
    packet->lowest = data[1];
    packet->highest = data[2];
    packet->window = data[3];
    packet->frame = get_16(data + 4);
    packet->nonce = get_32(data + 6);
    packet->peer = get_32(data + 10);
    if (packet->nonce == 0 || packet->lowest < 1 || packet->lowest > packet->highest || packet->window < 1 ||
        packet->frame < FRAME_LEAST) {
        return EB_BAD_VALUE;
    }
    if (packet->window > WINDOW_LARGEST) {
        packet->window = WINDOW_LARGEST;
    }
    if (packet->frame > PACKET_MAX) {
        packet->frame = PACKET_MAX;
    }
    return EB_OK;
}

struct eb_result eb_packet_decode(const uint8_t *data, size_t length, struct eb_packet *packet)
{
    static const uint8_t headers[] = {[EB_HELLO] = EB_HELLO_HEADER, [EB_DATA] = EB_DATA_HEADER, [EB_ACK] = ACK_HEADER,
                                      [EB_LOOSE] = LOOSE_HEADER};
    if (length == 0 || length > PACKET_MAX) {
        return eb_result_of(EB_CUT_SHORT, 0);
    }
    const uint8_t kind = data[0] & KIND;
    const uint8_t flags = data[0] & (uint8_t)~(KIND | EB_FROM_DEVICE);
    if (kind < EB_HELLO || kind > EB_LOOSE ||
        (flags & (uint8_t)~(kind == EB_DATA ? EB_FIRST | EB_LAST : 0)) != 0) {
        return eb_result_of(EB_BAD_KIND, 0);
    }
    const size_t header = headers[kind];
    if (length < header) {
        return eb_result_of(EB_CUT_SHORT, 0);
    }
    *packet = (struct eb_packet){
        .kind = (enum eb_packet_kind)kind,
        .is_from_device = (data[0] & EB_FROM_DEVICE) != 0,
        .payload = data + header,
        .length = length - header,
    };
    if (kind == EB_HELLO) {
        return eb_result_of(decode_hello(data, packet), length);
    }
    packet->session = get_16(data + 1);
    if (kind == EB_ACK) {
        if (packet->length > 4 || (packet->length > 0 && data[length - 1] == 0)) {
            return eb_result_of(EB_BAD_VALUE, 0);
        }
        packet->ack = data[3];
        for (size_t i = 0; i < packet->length; i++) {
            packet->held |= (uint32_t)packet->payload[i] << 8 * i;
        }
        packet->length = 0;
        return eb_result_of(EB_OK, length);
    }
    if (packet->length == 0) {
        return eb_result_of(EB_CUT_SHORT, 0);
    }
    if (kind == EB_DATA) {
        packet->is_first = (flags & EB_FIRST) != 0;
        packet->is_last = (flags & EB_LAST) != 0;
        packet->seq = data[3];
        packet->ack = data[4];
    }
    return eb_result_of(EB_OK, length);
}

/* -- messages from the host */

static bool is_number(const struct eb_value *value, uint32_t low, uint32_t high)
{
    return value->is_there && value->major == EB_UINT && value->number >= low && value->number <= high;
}

static bool read_rect(const struct eb_value *values, struct eb_rect *rect)
{
    for (size_t i = 0; i < 4; i++) {
        if (!is_number(values + i, 0, UINT16_MAX)) {
            return false;
        }
    }
    *rect = (struct eb_rect){(uint16_t)values[0].number, (uint16_t)values[1].number, (uint16_t)values[2].number,
                             (uint16_t)values[3].number};
    return true;
}

struct eb_result eb_message_decode(const uint8_t *data, size_t length, struct eb_message *message)
{
    struct eb_value values[8];
    const struct eb_result read = eb_read_map(data, length, values, sizeof values / sizeof *values);
    if (read.status != EB_OK) {
        return read;
    }
    if (!is_number(values, 0, UINT32_MAX)) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    *message = (struct eb_message){.kind = (enum eb_message_kind)values[0].number};
    bool is_good = true;
    switch (values[0].number) {
    case EB_PING:
        is_good = is_number(values + 1, 0, UINT32_MAX);
        message->token = values[1].number;
        break;
    case EB_BEGIN:
        is_good = is_number(values + 1, 1, UINT32_MAX) && is_number(values + 2, 0, UINT32_MAX) &&
                  is_number(values + 3, 1, UINT32_MAX) && read_rect(values + 4, &message->rect);
        message->number = values[1].number;
        message->base = values[2].number;
        message->frame = values[3].number;
        break;
    case EB_PAINT:
        is_good = is_number(values + 1, 1, UINT32_MAX) && read_rect(values + 2, &message->rect) &&
                  message->rect.w > 0 && message->rect.h > 0 && is_number(values + 6, 0, EB_ENCODINGS - 1) &&
                  values[7].is_there && values[7].major == EB_BYTES;
        message->number = values[1].number;
        message->encoding = is_good ? (enum eb_encoding)values[6].number : EB_SOLID;
        message->data = is_good ? values[7].data : NULL;
        message->length = is_good ? values[7].length : 0;
        break;
    case EB_REFRESH:
        is_good = is_number(values + 1, 1, UINT32_MAX) && is_number(values + 2, 0, EB_MODES - 1);
        message->number = values[1].number;
        message->mode = is_good ? (enum eb_mode)values[2].number : EB_INIT;
        break;
    case EB_REST:
        break;
    default:
        return eb_result_of(EB_BAD_KIND, 0);
    }
    return eb_result_of(is_good ? EB_OK : EB_BAD_VALUE, length);
}

/* -- messages from the device */

static void put_pair(struct eb_writer *writer, uint32_t key, uint32_t value)
{
    eb_put_head(writer, EB_UINT, key);
    eb_put_head(writer, EB_UINT, value);
}

static struct eb_result written(const struct eb_writer *writer)
{
    return eb_result_of(writer->status, writer->length);
}

static uint16_t column_of(const struct eb_sample *samples, size_t i, uint32_t key)
{
    switch (key) {
    case 3:
        return i == 0 ? 0 : (uint16_t)(samples[i].clock - samples[i - 1].clock);
    case 4:
        return samples[i].x;
    case 5:
        return samples[i].y;
    default:
        return samples[i].pressure;
    }
}

struct eb_result eb_pen_encode(
    const struct eb_sample *samples, size_t count, bool has_tilt, uint8_t *out, size_t capacity)
{
    struct eb_writer writer;
    if (count < 1 || count > 32) {
        return eb_result_of(EB_BAD_VALUE, 0);
    }
    eb_writer_init(&writer, out, capacity);
    eb_put_head(&writer, EB_MAP, has_tilt ? 10 : 8);
    put_pair(&writer, 0, EB_PEN);
    put_pair(&writer, 1, samples[0].number);
    put_pair(&writer, 2, samples[0].clock);
    for (uint32_t key = 3; key <= 6; key++) {
        uint8_t words[64];
        for (size_t i = 0; i < count; i++) {
            put_16(words + 2 * i, column_of(samples, i, key));
        }
        eb_put_head(&writer, EB_UINT, key);
        eb_put_bytes(&writer, EB_BYTES, words, 2 * count);
    }
    for (uint32_t key = 7; key <= (has_tilt ? 9U : 7U); key++) {
        uint8_t bytes[32];
        for (size_t i = 0; i < count; i++) {
            bytes[i] = key == 7 ? samples[i].state : (uint8_t)(key == 8 ? samples[i].tilt_x : samples[i].tilt_y);
        }
        eb_put_head(&writer, EB_UINT, key);
        eb_put_bytes(&writer, EB_BYTES, bytes, count);
    }
    return written(&writer);
}

struct eb_result eb_status_encode(
    uint32_t number, enum eb_update_state state, enum eb_reason reason, int16_t temperature, uint8_t *out,
    size_t capacity)
{
    struct eb_writer writer;
    eb_writer_init(&writer, out, capacity);
    eb_put_head(&writer, EB_MAP, temperature == INT16_MIN ? 4 : 5);
    put_pair(&writer, 0, EB_STATUS);
    put_pair(&writer, 1, number);
    put_pair(&writer, 2, (uint32_t)state);
    put_pair(&writer, 3, (uint32_t)reason);
    if (temperature != INT16_MIN) {
        eb_put_head(&writer, EB_UINT, 4);
        eb_put_int(&writer, temperature);
    }
    return written(&writer);
}

struct eb_result eb_pong_encode(uint32_t token, uint32_t clock, uint8_t *out, size_t capacity)
{
    struct eb_writer writer;
    eb_writer_init(&writer, out, capacity);
    eb_put_head(&writer, EB_MAP, 3);
    put_pair(&writer, 0, EB_PONG);
    put_pair(&writer, 1, token);
    put_pair(&writer, 2, clock);
    return written(&writer);
}

static size_t text_length(const char *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length] != '\0') {
        length++;
    }
    if (length == most) { /* not in the middle of a character of UTF-8 */
        while (length > 0 && ((uint8_t)text[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    return length;
}

struct eb_result eb_log_encode(const char *text, uint8_t *out, size_t capacity)
{
    struct eb_writer writer;
    eb_writer_init(&writer, out, capacity);
    eb_put_head(&writer, EB_MAP, 2);
    put_pair(&writer, 0, EB_LOG);
    eb_put_head(&writer, EB_UINT, 1);
    const size_t most = capacity > 6 ? capacity - 6 : 0;
    eb_put_bytes(&writer, EB_TEXT, (const uint8_t *)text, text_length(text, most < 200 ? most : 200));
    return written(&writer);
}

/* -- what a device says of itself */

static void put_pen(struct eb_writer *writer, const struct eb_pen_facts *pen)
{
    const uint32_t numbers[] = {pen->x_max,           pen->y_max, pen->pressure_max, pen->points_per_100mm,
                                pen->has_tilt ? 1 : 0, pen->rate};
    eb_put_head(writer, EB_ARRAY, sizeof numbers / sizeof *numbers);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        eb_put_head(writer, EB_UINT, numbers[i]);
    }
}

static void put_panel(struct eb_writer *writer, const struct eb_panel_facts *panel)
{
    const uint32_t numbers[] = {panel->width, panel->height,  panel->greys,  panel->modes,
                                panel->is_whole ? 1 : 0, panel->align_x, panel->align_y};
    eb_put_head(writer, EB_ARRAY, 7 + EB_MODES + 5);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        eb_put_head(writer, EB_UINT, numbers[i]);
    }
    for (size_t i = 0; i < EB_MODES; i++) {
        eb_put_head(writer, EB_UINT, panel->times[i]);
    }
    eb_put_int(writer, panel->temperature_min);
    eb_put_int(writer, panel->temperature_max);
    eb_put_int(writer, panel->fast_min);
    eb_put_head(writer, EB_UINT, panel->full_every);
    eb_put_head(writer, EB_UINT, panel->has_rest ? 1 : 0);
}

struct eb_result eb_facts_encode(const struct eb_facts *facts, uint32_t clock, uint8_t *out, size_t capacity)
{
    struct eb_writer writer;
    eb_writer_init(&writer, out, capacity);
    eb_put_head(&writer, EB_MAP, 2U + (facts->pen != NULL ? 1 : 0) + (facts->panel != NULL ? 1 : 0));
    eb_put_head(&writer, EB_UINT, 0);
    eb_put_bytes(&writer, EB_TEXT, (const uint8_t *)facts->name, text_length(facts->name, EB_NAME_MAX));
    put_pair(&writer, 1, clock);
    if (facts->pen != NULL) {
        eb_put_head(&writer, EB_UINT, 2);
        put_pen(&writer, facts->pen);
    }
    if (facts->panel != NULL) {
        eb_put_head(&writer, EB_UINT, 3);
        put_panel(&writer, facts->panel);
    }
    return written(&writer);
}
