/* As much of the RP2040 as the port needs: RP2040 datasheet, sections 2.14 (resets), 2.15 (clocks), 2.16 (crystal),
 * 2.17 (ring oscillator), 2.19 (pins), 4.2 (UART, an ARM PL011), 4.6 (timer), 4.7 (watchdog). */
#ifndef RP2040_H
#define RP2040_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define RESETS_CLEAR REGISTER(0x4000F000u) /* RESETS.RESET through the alias that clears bits */
#define RESETS_DONE REGISTER(0x4000C008u)
#define RESET_IO_BANK0 (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_TIMER (1u << 21)
#define RESET_UART0 (1u << 22)

#define CLK_REF_CTRL REGISTER(0x40008030u)
#define CLK_REF_SELECTED REGISTER(0x40008038u)
#define CLK_SYS_CTRL REGISTER(0x4000803Cu)
#define CLK_PERI_CTRL REGISTER(0x40008048u)
#define CLK_REF_FROM_XOSC 2u
#define CLK_PERI_ENABLE (1u << 11)
#define CLK_PERI_FROM_XOSC (4u << 5)

#define XOSC_CTRL REGISTER(0x40024000u)
#define XOSC_STATUS REGISTER(0x40024004u)
#define XOSC_STARTUP REGISTER(0x4002400Cu)
#define XOSC_1_15MHZ 0xAA0u
#define XOSC_ENABLE (0xFABu << 12)
#define XOSC_STABLE (1u << 31)

#define ROSC_RANDOMBIT REGISTER(0x4006001Cu)

#define GPIO_CTRL(pin) REGISTER(0x40014004u + 8u * (pin))
#define GPIO_UART 2u

#define UART0_DR REGISTER(0x40034000u)
#define UART0_FR REGISTER(0x40034018u)
#define UART0_IBRD REGISTER(0x40034024u)
#define UART0_FBRD REGISTER(0x40034028u)
#define UART0_LCR_H REGISTER(0x4003402Cu)
#define UART0_CR REGISTER(0x40034030u)
#define UART0_IMSC REGISTER(0x40034038u)
#define UART0_ICR REGISTER(0x40034044u)
#define UART_RX_EMPTY (1u << 4)
#define UART_TX_FULL (1u << 5)
#define UART_8N1_FIFO 0x70u
#define UART_ON 0x301u         /* enable, send, receive */
#define UART_RX_INTERRUPTS 0x50u /* receive FIFO is filled so far, or has been left alone for 32 bit times */

#define TIMER_RAW_LOW REGISTER(0x40054028u)

#define WATCHDOG_TICK REGISTER(0x4005802Cu)
#define WATCHDOG_TICK_ENABLE (1u << 9)

#define NVIC_ENABLE REGISTER(0xE000E100u)
#define NVIC_UART0 (1u << 20)
#define SCB_VTOR REGISTER(0xE000ED08u)
#define SCB_AIRCR REGISTER(0xE000ED0Cu)
#define AIRCR_RESET 0x05FA0004u

#endif
