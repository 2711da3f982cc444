/* What the maker of a board adds to the port: its own panel and its own pen, in one file that `make rp2040 BOARD=FILE`
 * links in. What it leaves out is of `main.c`: a board that has neither, and says so. */
#ifndef BOARD_H
#define BOARD_H

#include "eb_device.h"

struct board {
    /* Its name, its pen or NULL, its panel or NULL; what they point at outlives all. */
    struct eb_facts facts;
    /* The panel's memory: the packed rows of docs/formats/serial.md, Tiles, one behind the other; NULL: without this
     * there is no panel. */
    uint8_t *frame;
};

/* Called once, when clocks, timer and UART run: prepares pins, and says what there is. */
struct board board_start(void);

/* Begins to bring the frame on the panel; false: it reports a fault. */
bool board_refresh(enum eb_mode mode, struct eb_rect rect);
enum eb_progress board_progress(void);
int16_t board_temperature(void);
void board_rest(void);

/* Called in the loop: measures the pen where no interrupt does, and pushes its samples. */
void board_poll(struct eb_pen *pen, uint32_t clock);

#endif
