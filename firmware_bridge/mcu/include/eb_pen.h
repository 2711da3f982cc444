/* Pen samples from wherever they are measured, often an interrupt, to messages. */
#ifndef EB_PEN_H
#define EB_PEN_H

#include "eb_link.h"

struct eb_pen {
    const struct eb_port *port;
    const struct eb_pen_facts *facts; /* NULL: no pen */
    struct eb_sample ring[EB_PEN_RING];
    uint8_t head, count;
    uint32_t number; /* of the next sample */
    uint32_t lost;   /* that found no room: the host sees a gap in the numbers */
};

void eb_pen_init(struct eb_pen *pen, const struct eb_port *port, const struct eb_pen_facts *facts);

/* A sample; may be called in an interrupt, of one priority only unless `lock` keeps all of them out. Its number is
 * given here, its clock by you: the port's `ticks` when it was measured.
 * EB_NO_ROOM: it is lost, unless the tool leaves: then it takes the place of the newest, so that a stroke always
 * ends. */
struct eb_result eb_pen_push(struct eb_pen *pen, struct eb_sample sample);

/* Moves what waits into the link, as far as that has room. */
void eb_pen_poll(struct eb_pen *pen, struct eb_link *link);

#endif
