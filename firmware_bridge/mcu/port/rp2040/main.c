/* The firmware on an RP2040: UART0 on pins 0 and 1, the microsecond timer, and what the board adds. Clock: the crystal
 * of 12 MHz without a PLL, which is more than the link needs. */
#include "board.h"
#include "rp2040.h"

#define CRYSTAL_HZ 12000000u
#define BAUD 115200u
#define RING 1024u /* bytes that came while the loop was busy: 89 ms at this rate; a power of two */

struct uart_ring {
    uint8_t data[RING];
    volatile uint32_t head, tail; /* the interrupt moves the head, the loop the tail */
};

/* A program has state; the core has none of its own. */
static struct uart_ring ring;
static struct eb_device device;
static struct board board;
static uint8_t waiting[EB_WRITE_MAX];
static uint32_t waiting_at, waiting_length;

int main(void);
void uart0_received(void);

__attribute__((weak)) struct board board_start(void)
{
    return (struct board){.facts = {"edgeboard on RP2040", NULL, NULL}};
}

__attribute__((weak)) bool board_refresh(enum eb_mode mode, struct eb_rect rect)
{
    (void)mode;
    (void)rect;
    return true;
}

__attribute__((weak)) enum eb_progress board_progress(void)
{
    return EB_DONE;
}

__attribute__((weak)) int16_t board_temperature(void)
{
    return INT16_MIN;
}

__attribute__((weak)) void board_rest(void)
{
}

__attribute__((weak)) void board_poll(struct eb_pen *pen, uint32_t clock)
{
    (void)pen;
    (void)clock;
}

void uart0_received(void)
{
    while ((UART0_FR & UART_RX_EMPTY) == 0) {
        const uint32_t word = UART0_DR;
        /* A byte with a framing error goes in as it is: the CRC of its frame will tell. What finds no room is lost. */
        if (ring.head - ring.tail < RING) {
            ring.data[ring.head % RING] = (uint8_t)word;
            ring.head++;
        }
    }
}

static size_t read_line(void *context, uint8_t *data, size_t capacity)
{
    (void)context;
    size_t count = 0;
    while (count < capacity && ring.tail != ring.head) {
        data[count++] = ring.data[ring.tail % RING];
        ring.tail++;
    }
    return count;
}

static void push_out(void)
{
    while (waiting_at < waiting_length && (UART0_FR & UART_TX_FULL) == 0) {
        UART0_DR = waiting[waiting_at++];
    }
}

static bool write_line(void *context, const uint8_t *data, size_t length)
{
    (void)context;
    push_out();
    if (waiting_at < waiting_length || length > sizeof waiting) {
        return false; /* one frame at a time: the link offers it again */
    }
    for (size_t i = 0; i < length; i++) {
        waiting[i] = data[i];
    }
    waiting_at = 0;
    waiting_length = (uint32_t)length;
    push_out();
    return true;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return TIMER_RAW_LOW;
}

static uint32_t lock(void *context)
{
    (void)context;
    uint32_t state;
    __asm volatile("mrs %0, primask\n cpsid i" : "=r"(state)::"memory");
    return state;
}

static void unlock(void *context, uint32_t state)
{
    (void)context;
    __asm volatile("msr primask, %0" ::"r"(state) : "memory");
}

static void blit(void *context, uint16_t x, uint16_t y, uint16_t w, const uint8_t *row)
{
    (void)context;
    const struct eb_panel_facts *panel = board.facts.panel;
    const uint32_t bits = panel->greys == 2 ? 1 : panel->greys == 4 ? 2 : 4;
    uint8_t *line = board.frame + y * ((panel->width * bits + 7) / 8);
    const uint32_t begin = x * bits;
    const uint32_t length = w * bits;
    uint32_t i = 0;
    if (begin % 8 == 0) { /* whole bytes at once: a white panel would take most of a second px by px */
        for (; i + 8 <= length; i += 8) {
            line[(begin + i) / 8] = row[i / 8];
        }
    }
    for (; i < length; i++) {
        const uint32_t at = begin + i;
        const uint8_t bit = (uint8_t)(0x80u >> at % 8);
        if ((row[i / 8] & 0x80u >> i % 8) != 0) {
            line[at / 8] |= bit;
        } else {
            line[at / 8] &= (uint8_t)~bit;
        }
    }
}

static bool refresh(void *context, enum eb_mode mode, struct eb_rect rect)
{
    (void)context;
    return board_refresh(mode, rect);
}

static enum eb_progress progress(void *context)
{
    (void)context;
    return board_progress();
}

static int16_t temperature(void *context)
{
    (void)context;
    return board_temperature();
}

static void rest(void *context)
{
    (void)context;
    board_rest();
}

static void reset(void *context)
{
    (void)context;
    SCB_AIRCR = AIRCR_RESET;
}

static void start_clocks(void)
{
    XOSC_CTRL = XOSC_1_15MHZ;
    XOSC_STARTUP = 47; /* 1 ms at 12 MHz, in 256 cycles each */
    XOSC_CTRL = XOSC_1_15MHZ | XOSC_ENABLE;
    while ((XOSC_STATUS & XOSC_STABLE) == 0) {
    }
    CLK_REF_CTRL = CLK_REF_FROM_XOSC;
    while ((CLK_REF_SELECTED & 1u << CLK_REF_FROM_XOSC) == 0) {
    }
    CLK_SYS_CTRL = 0; /* from the reference */
    CLK_PERI_CTRL = CLK_PERI_ENABLE | CLK_PERI_FROM_XOSC;
    WATCHDOG_TICK = WATCHDOG_TICK_ENABLE | CRYSTAL_HZ / 1000000u;
    const uint32_t wanted = RESET_IO_BANK0 | RESET_PADS_BANK0 | RESET_TIMER | RESET_UART0;
    RESETS_CLEAR = wanted;
    while ((RESETS_DONE & wanted) != wanted) {
    }
}

static void start_uart(void)
{
    const uint32_t divisor = (CRYSTAL_HZ * 8 / BAUD + 1) / 2; /* in 64ths of 16 bit times, rounded */
    UART0_IBRD = divisor >> 6;
    UART0_FBRD = divisor & 63;
    UART0_LCR_H = UART_8N1_FIFO;
    UART0_IMSC = UART_RX_INTERRUPTS;
    UART0_CR = UART_ON;
    GPIO_CTRL(0) = GPIO_UART;
    GPIO_CTRL(1) = GPIO_UART;
    NVIC_ENABLE = NVIC_UART0;
}

/* The ring oscillator's random bit is weak; here nothing has to be secret, only another than at the last boot. */
static uint32_t draw_nonce(void)
{
    uint32_t nonce = TIMER_RAW_LOW;
    for (uint32_t i = 0; i < 256; i++) {
        nonce = (nonce << 5 | nonce >> 27) ^ (ROSC_RANDOMBIT & 1) * 0x9E3779B9u;
    }
    return nonce;
}

int main(void)
{
    static const struct eb_port port = {
        NULL, read_line, write_line, ticks, lock, unlock, blit, refresh, progress, temperature, rest, reset,
    };
    start_clocks();
    start_uart();
    board = board_start();
    if (board.frame == NULL) {
        board.facts.panel = NULL;
    }
    eb_device_init(&device, &port, board.facts, draw_nonce());
    for (;;) {
        board_poll(&device.pen, ticks(NULL));
        eb_device_poll(&device);
        push_out();
    }
}
