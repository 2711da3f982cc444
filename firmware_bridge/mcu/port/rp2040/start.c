/* Vectors and the way from reset to main: the image lies in RAM as a whole, so there is nothing to copy. Also the two
 * functions that a compiler may call without being asked. */
#include <stddef.h>
#include <stdint.h>

#include "rp2040.h"

extern uint32_t bss_begin[], bss_end[], stack_end[];

int main(void);
void start(void);
void begin(void);
void stop(void);
void uart0_received(void);
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);

void *memcpy(void *to, const void *from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    while (length-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    uint8_t *out = to;
    while (length-- > 0) {
        *out++ = (uint8_t)byte;
    }
    return to;
}

void stop(void)
{
    for (;;) {
        __asm volatile("wfi");
    }
}

typedef void (*handler)(void);

union vector {
    uint32_t *stack;
    handler call;
};

__attribute__((section(".vectors"), used)) static const union vector vectors[16 + 26] = {
    {.stack = stack_end},
    {.call = start},
    [2 ... 41] = {.call = stop},
};

/* The table above names `stop` for all; this one, in RAM, adds the one interrupt that is used. */
static union vector live[16 + 26] __attribute__((aligned(256)));

/* The first bytes of the image, wherever the stack of whoever loaded it stands. */
__attribute__((naked, section(".entry"))) void start(void)
{
    __asm volatile("ldr r0, =stack_end\n mov sp, r0\n ldr r0, =begin\n bx r0\n");
}

__attribute__((used)) void begin(void)
{
    for (uint32_t *word = bss_begin; word < bss_end; word++) {
        *word = 0;
    }
    for (size_t i = 0; i < sizeof live / sizeof *live; i++) {
        live[i] = vectors[i];
    }
    live[16 + 20].call = uart0_received;
    SCB_VTOR = (uint32_t)(uintptr_t)live;
    (void)main();
    stop();
}
