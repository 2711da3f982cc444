/* A whole device: link, pen and panel on one port. Its owner supplies the memory, the port and the facts, and calls
 * eb_device_poll in a loop; pen samples go into `pen` with eb_pen_push. */
#ifndef EB_DEVICE_H
#define EB_DEVICE_H

#include "eb_panel.h"
#include "eb_pen.h"

struct eb_device {
    const struct eb_port *port;
    struct eb_facts facts;
    struct eb_link link;
    struct eb_pen pen;
    struct eb_panel panel;
};

/* `nonce`: another at each boot, and not 0 (which counts as 1). `facts` is copied; the port and what the facts point at
 * must outlive the device. */
void eb_device_init(struct eb_device *device, const struct eb_port *port, struct eb_facts facts, uint32_t nonce);

/* Reads, works, writes; never waits. */
void eb_device_poll(struct eb_device *device);

/* A line for the host's log; may be lost. */
void eb_device_log(struct eb_device *device, const char *text);

#endif
