/* Rules of this file: the ring is touched under the port's lock only, and that is held for a few instructions. */
#include "eb_pen.h"

#define GATHER_US 5000u   /* a sample waits so long for others at most */
#define STEP_MAX 65535u   /* us between samples of a batch */
#define BATCH_HEAD 35u    /* bytes of a batch without samples: heads of the map, keys and columns */
#define SAMPLE_BYTES 9u   /* of a sample in it */
#define SAMPLE_TILTED 11u

_Static_assert(EB_PAYLOAD_MAX >= BATCH_HEAD + SAMPLE_TILTED, "a packet holds at least one sample");

void eb_pen_init(struct eb_pen *pen, const struct eb_port *port, const struct eb_pen_facts *facts)
{
    pen->port = port;
    pen->facts = facts;
    pen->head = pen->count = 0;
    pen->number = pen->lost = 0;
}

struct eb_result eb_pen_push(struct eb_pen *pen, struct eb_sample sample)
{
    struct eb_result result = eb_result_of(EB_OK, 1);
    const uint32_t state = pen->port->lock(pen->port->context);
    sample.number = pen->number++;
    if (pen->count == EB_PEN_RING) {
        pen->lost++;
        result = eb_result_of(EB_NO_ROOM, 0);
        if ((sample.state & EB_NEAR) == 0) {
            pen->count--;
        }
    }
    if (pen->count < EB_PEN_RING) {
        pen->ring[(pen->head + pen->count) % EB_PEN_RING] = sample;
        pen->count++;
    }
    pen->port->unlock(pen->port->context, state);
    return result;
}

/* How many of the ring's samples make one batch, and copies them. */
static size_t gather(struct eb_pen *pen, struct eb_sample *batch, size_t most)
{
    const uint32_t state = pen->port->lock(pen->port->context);
    size_t count = 0;
    while (count < most && count < pen->count) {
        const struct eb_sample *sample = &pen->ring[(pen->head + count) % EB_PEN_RING];
        if (count > 0 && (sample->number != batch[count - 1].number + 1 ||
                          sample->clock - batch[count - 1].clock > STEP_MAX)) {
            break;
        }
        batch[count++] = *sample;
    }
    const bool is_followed = count < pen->count;
    pen->port->unlock(pen->port->context, state);
    const bool has_left = count > 0 && (batch[count - 1].state & EB_NEAR) == 0;
    if (count < most && !is_followed && !has_left && count > 0 &&
        pen->port->ticks(pen->port->context) - batch[0].clock < GATHER_US) {
        return 0; /* others may still come */
    }
    return count;
}

void eb_pen_poll(struct eb_pen *pen, struct eb_link *link)
{
    if (pen->facts == NULL) {
        return;
    }
    const size_t most =
        (EB_PAYLOAD_MAX - BATCH_HEAD) / (pen->facts->has_tilt ? SAMPLE_TILTED : SAMPLE_BYTES);
    struct eb_sample batch[(EB_PAYLOAD_MAX - BATCH_HEAD) / SAMPLE_BYTES];
    uint8_t message[EB_PAYLOAD_MAX];
    for (;;) {
        const size_t count = gather(pen, batch, most);
        if (count == 0) {
            return;
        }
        const struct eb_result encoded =
            eb_pen_encode(batch, count, pen->facts->has_tilt, message, sizeof message);
        if (encoded.status == EB_OK && eb_link_send(link, message, encoded.length, true).status != EB_OK) {
            return; /* they wait in the ring */
        }
        const uint32_t state = pen->port->lock(pen->port->context);
        pen->head = (uint8_t)((pen->head + count) % EB_PEN_RING);
        pen->count = (uint8_t)(pen->count - count);
        pen->port->unlock(pen->port->context, state);
    }
}
