"""SMP messages on a console: base64 lines that share a serial line with a shell and its log.

    first line    06 09  base64(part)  0A
    next lines    04 14  base64(part)  0A
    the parts     length (u16) || message || CRC-16/XMODEM of the message (u16); length counts message and CRC
    a line        127 bytes at most, so 93 bytes of the parts

Source: Zephyr, "SMP Transport Specification", section UART/serial and console; MCUboot's serial recovery speaks the
same. What else is on the line (a prompt, log lines) is skipped. Numbers are big-endian.
"""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64, crc_hqx
from collections.abc import Iterator
from typing import final

FIRST = b"\x06\x09"
NEXT = b"\x04\x14"
END = b"\n"
LINE_MAX = 127  # bytes with marker and end; servers have buffers of this size
PART_MAX = (LINE_MAX - len(FIRST) - len(END)) // 4 * 3  # bytes of the parts that one line carries
FRAMING = 4  # bytes of length and CRC; a server's buffer holds them too
MESSAGE_MAX = 4096  # bytes of a message that is taken; an answer is as long as a server's buffer, 256 to 2048
PENDING_MAX = 4096  # bytes without an end of line that are kept: noise at a wrong rate has none


def compute_crc(message: bytes) -> int:
    """CRC-16/XMODEM: polynomial 1021, begun with 0, not reflected; 31C3 for "123456789"."""
    return crc_hqx(message, 0)


def frame(message: bytes) -> bytes:
    """The lines of a message, for the line."""
    body = message + compute_crc(message).to_bytes(2, "big")
    parts = len(body).to_bytes(2, "big") + body
    lines = [b64encode(parts[at : at + PART_MAX]) + END for at in range(0, len(parts), PART_MAX)]
    return FIRST + NEXT.join(lines)


def fits(lines: int) -> int:
    """The longest message, in bytes, that this many lines carry."""
    return lines * PART_MAX - FRAMING


@final
class LineReader:
    """Bytes of a line in, whole messages out; what is damaged is dropped and counted, and a first line begins anew."""

    def __init__(self) -> None:
        self.messages = 0
        self.damaged = 0  # messages that were begun and came to nothing
        self._pending = bytearray()  # a line that has not ended
        self._parts: bytearray | None = None  # of a message that was begun

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Messages that are whole by now; never raises.

        Args:
            data: what has come, split anyhow.
        """
        self._pending += data
        while (end := self._pending.find(END)) >= 0:
            line = bytes(self._pending[:end])
            del self._pending[: end + 1]
            if (message := self._take(line)) is not None:
                self.messages += 1
                yield message
        if len(self._pending) > PENDING_MAX:
            del self._pending[:-LINE_MAX]

    def _take(self, line: bytes) -> bytes | None:
        first, following = line.rfind(FIRST), line.rfind(NEXT)  # a prompt may stand before it; base64 has no such bytes
        if first >= 0 and first > following:
            self._drop()
            self._parts = bytearray()
        elif following < 0 or self._parts is None:
            return None  # somebody else's line, or the rest of a message whose beginning was lost
        text = line[max(first, following) + len(FIRST) :].rstrip(b"\r")
        try:
            assert self._parts is not None
            self._parts += a2b_base64(text, strict_mode=True)
        except Base64Error:
            self._drop()
            return None
        return self._finish()

    def _finish(self) -> bytes | None:
        parts = self._parts
        assert parts is not None
        if len(parts) < 2:
            return None
        length = int.from_bytes(parts[:2], "big")
        if length - 2 > MESSAGE_MAX or len(parts) - 2 > length:
            self._drop()
            return None
        if len(parts) - 2 < length:
            return None  # more lines are to come
        message, crc = bytes(parts[2:length]), int.from_bytes(parts[length:], "big")
        if length < 2 or crc != compute_crc(message):
            self._drop()
            return None
        self._parts = None
        return message

    def _drop(self) -> None:
        if self._parts is not None:
            self.damaged += 1
        self._parts = None
