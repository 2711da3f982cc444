"""Bytes of the Waveshare 4.3 inch UART e-paper module: commands out, text back.

    A5 | length, 2 bytes | command | data, 0 .. 1024 | CC 33 C3 3C | XOR of all before

The length counts the whole frame; nothing is stuffed; numbers are big-endian. Replies are ASCII without frame or
terminator: "OK", or "Error:" and a number, which ends where something else follows or the line falls silent.

Source: the vendor's manual, V1.6 of 8 April 2015.
"""

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import final

from firmware_bridge.panel.values import Rect

HEAD, TAIL = b"\xa5", b"\xcc\x33\xc3\x3c"
FRAME_LIMIT = 1033  # bytes

HANDSHAKE, REFRESH, ROTATE, COLOUR, PIXEL, LINE, FILL, CLEAR = 0x00, 0x0A, 0x0D, 0x10, 0x20, 0x22, 0x24, 0x2E

BEGINNINGS = (b"O", b"E", b"Er", b"Err", b"Erro", b"Error")  # of replies that are not whole yet

_REPLY = re.compile(rb"OK|Error:(?P<digits>[0-9]{0,3})")

WHITE = 3  # of the levels 0, black, to 3

ERRORS = {
    0: "it does not know the command",
    1: "its SD card does not start",
    2: "the arguments are not valid",
    3: "it has no SD card",
    4: "it has no such file",
    20: "the checksum was wrong: the line is noisy",
    21: "the frame was not valid: the line is noisy, or bytes were lost",
    250: "it does not say what is wrong",
}


def frame(command: int, data: bytes = b"") -> bytes:
    """One command, ready for the line."""
    body = HEAD + (len(data) + 9).to_bytes(2, "big") + bytes([command]) + data + TAIL
    return body + bytes([reduce(xor, body)])


def colour(level: int) -> bytes:
    """What is drawn has this level from here on; what is cleared becomes white."""
    return frame(COLOUR, bytes([level, WHITE]))


def fill(rect: Rect) -> bytes:
    """The shortest command that fills a rectangle with the colour: both corners belong to it."""
    if rect.area == 1:
        return frame(PIXEL, _numbers(rect.x, rect.y))
    command = LINE if 1 in (rect.w, rect.h) else FILL
    return frame(command, _numbers(rect.x, rect.y, rect.x + rect.w - 1, rect.y + rect.h - 1))


def explain(code: int) -> str:
    """For a person."""
    return f"{ERRORS.get(code, 'it reports an error unknown to its manual')} (error {code})"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the module said; `error` is None for OK."""

    error: int | None = None


@final
class ReplyReader:
    """Replies out of bytes that come split anyhow, and out of what is no reply."""

    GAP_S = 0.1  # silence that ends a number; bytes of one reply may come that far apart

    def __init__(self) -> None:
        self._text = b""
        self.noise = 0  # bytes that belonged to no reply
        self.silent_at: float | None = None  # when `settle` is to be called

    def receive(self, data: bytes, now: float) -> list[Reply]:
        self._text += data
        replies = []
        while (reply := self._next(is_over=False)) is not None:
            replies.append(reply)
        self.silent_at = now + self.GAP_S if self._text else None
        return replies

    def settle(self) -> list[Reply]:
        """The line has been silent: what stands there is all there is."""
        replies = []
        while (reply := self._next(is_over=True)) is not None:
            replies.append(reply)
        self.noise += _count(self._text)
        self._text, self.silent_at = b"", None
        return replies

    def _next(self, is_over: bool) -> Reply | None:
        """The next reply of the text; None where there is none, or not yet all of it."""
        while found := _REPLY.search(self._text):
            self.noise += _count(self._text[: found.start()])
            digits = found["digits"]
            if digits is not None and found.end() == len(self._text) and len(digits) < 3 and not is_over:
                self._text = self._text[found.start() :]
                return None  # more digits may come; there are three at most
            self._text = self._text[found.end() :]
            if digits != b"":
                return Reply() if digits is None else Reply(int(digits))
            self.noise += len(b"Error:")
        keep = 0 if is_over else max((len(part) for part in BEGINNINGS if self._text.endswith(part)), default=0)
        self.noise += _count(self._text[: len(self._text) - keep])
        self._text = self._text[len(self._text) - keep :]
        return None


def _numbers(*numbers: int) -> bytes:
    return b"".join([number.to_bytes(2, "big") for number in numbers])


def _count(data: bytes) -> int:
    """Bytes without line ends, which may stand around replies."""
    return len(data.translate(None, b"\r\n"))
