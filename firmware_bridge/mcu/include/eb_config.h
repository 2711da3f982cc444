/* Sizes, all of them: what the core takes of RAM follows from here. Each may be set from outside with -D. */
#ifndef EB_CONFIG_H
#define EB_CONFIG_H

#ifndef EB_FRAME_MAX
#define EB_FRAME_MAX 96 /* bytes of the longest packet that we take and send, HELLO aside; at least 64 */
#endif
#ifndef EB_RX_WINDOW
#define EB_RX_WINDOW 10 /* packets that we hold until their turn, 1 .. 32 */
#endif
#ifndef EB_TX_WINDOW
#define EB_TX_WINDOW 8 /* packets that we keep until they are acknowledged, 1 .. 32 */
#endif
#ifndef EB_PEN_RING
#define EB_PEN_RING 20 /* samples that wait for a packet */
#endif
#define EB_MESSAGE_MAX 512 /* bytes, of the format */
#define EB_HELLO_MAX 160   /* bytes of our own hello */
#define EB_ROW_MAX 256     /* bytes of a packed row, of the format */
#define EB_NAME_MAX 40     /* bytes of the device's name that are told */

_Static_assert(EB_FRAME_MAX >= 64 && EB_FRAME_MAX <= EB_HELLO_MAX, "a pen batch needs 64 bytes");
_Static_assert(EB_RX_WINDOW >= 1 && EB_RX_WINDOW <= 32, "an ACK has 32 bits");
_Static_assert(EB_TX_WINDOW >= 1 && EB_TX_WINDOW <= 32, "an ACK has 32 bits");

#endif
