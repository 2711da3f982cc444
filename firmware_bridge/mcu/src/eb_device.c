#include "eb_device.h"

#ifdef EB_DEBUG
#define STOP() __builtin_trap()
#else
#define STOP() (void)0
#endif

static struct eb_result describe(void *context, uint8_t *out, size_t capacity)
{
    const struct eb_device *device = context;
    return eb_facts_encode(&device->facts, device->port->ticks(device->port->context), out, capacity);
}

static void changed(void *context, bool is_open)
{
    struct eb_device *device = context;
    if (!is_open) {
        eb_panel_abandon(&device->panel);
    }
}

static bool deliver(void *context, const uint8_t *data, size_t length)
{
    struct eb_device *device = context;
    struct eb_message message;
    const struct eb_result read = eb_message_decode(data, length, &message);
    if (read.status != EB_OK) {
        device->link.counters.bad += read.status != EB_BAD_KIND; /* what came later is skipped */
        return true;
    }
    if (message.kind == EB_PING) {
        uint8_t pong[16];
        const struct eb_result encoded =
            eb_pong_encode(message.token, device->port->ticks(device->port->context), pong, sizeof pong);
        if (encoded.status == EB_OK) {
            (void)eb_link_send_loose(&device->link, pong, encoded.length);
        }
        return true;
    }
    return eb_panel_take(&device->panel, &message);
}

void eb_device_init(struct eb_device *device, const struct eb_port *port, struct eb_facts facts, uint32_t nonce)
{
    const struct eb_link_user user = {device, describe, deliver, changed};
    device->port = port;
    device->facts = facts;
    eb_link_init(&device->link, port, user, nonce);
    eb_pen_init(&device->pen, port, facts.pen);
    eb_panel_init(&device->panel, port, facts.panel);
}

void eb_device_poll(struct eb_device *device)
{
    uint8_t data[64];
    size_t length = 0;
    do {
        length = device->port->read(device->port->context, data, sizeof data);
        eb_link_receive(&device->link, data, length);
    } while (length == sizeof data);
    eb_panel_poll(&device->panel, &device->link);
    eb_pen_poll(&device->pen, &device->link);
    eb_link_poll(&device->link);
    if (!eb_link_check(&device->link)) {
        STOP();
        device->port->reset(device->port->context);
    }
}

void eb_device_log(struct eb_device *device, const char *text)
{
    uint8_t message[EB_FRAME_MAX - 3];
    const struct eb_result encoded = eb_log_encode(text, message, sizeof message);
    if (encoded.status == EB_OK) {
        (void)eb_link_send_loose(&device->link, message, encoded.length);
    }
}
