"""Frames on a line that also carries text: COBS between zero bytes, closed by CRC-32C (docs/formats/serial.md, Frames).

A frame begins and ends with a zero, so that a lost zero costs no frame but one, and noise before a frame costs none.
What stands between two zeros and is no sound frame is text where it reads like text, and damage where it does not.
Consistent overhead byte stuffing: Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999. CRC-32C:
polynomial 1EDC6F41, reflected, as in RFC 3720; its check value over "123456789" is E3069283.
"""

from dataclasses import dataclass
from typing import final

PACKET_MAX = 1024  # bytes, header and payload, without the CRC
CRC_BYTES = 4
ENCODED_MAX = PACKET_MAX + CRC_BYTES + (PACKET_MAX + CRC_BYTES) // 254 + 1  # between two zeros
RUN_MAX = 254  # bytes that one COBS code announces


def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC = _table()


def crc32c(data: bytes) -> int:
    """CRC-32C, 0 .. 2**32 - 1."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def stuff(data: bytes) -> bytes:
    """COBS: the same without any zero, longer by one byte and one more for each full run of 254."""
    out = bytearray()
    runs = data.split(b"\0")
    for number, run in enumerate(runs, 1):
        was_full = False
        while len(run) >= RUN_MAX:
            was_full = True
            out.append(0xFF)
            out += run[:RUN_MAX]
            run = run[RUN_MAX:]
        if run or not was_full or number < len(runs):  # a full run that ends the data needs no code behind it
            out.append(len(run) + 1)
            out += run
    return bytes(out)


def unstuff(data: bytes) -> bytes | None:
    """What `stuff` was given; None if a code points past the end, or past a zero."""
    out = bytearray()
    at, end = 0, len(data)
    while at < end:
        code = data[at]
        run = data[at + 1 : at + code]
        if not code or len(run) != code - 1 or 0 in run:
            return None
        out += run
        at += code
        if code != 0xFF and at < end:
            out.append(0)
    return bytes(out)


def enframe(packet: bytes) -> bytes:
    """A packet as it goes on the line, both zeros included.

    Raises:
        ValueError: empty or longer than PACKET_MAX.
    """
    if not 0 < len(packet) <= PACKET_MAX:
        raise ValueError(f"a packet of {len(packet)} bytes; 1 to {PACKET_MAX} fit a frame")
    return b"\0" + stuff(packet + crc32c(packet).to_bytes(CRC_BYTES, "little")) + b"\0"


def deframe(encoded: bytes) -> bytes | None:
    """The packet that stands between two zeros; None if it is damaged or never was one."""
    if len(encoded) > ENCODED_MAX:
        return None
    plain = unstuff(encoded)
    if plain is None or len(plain) <= CRC_BYTES:
        return None
    packet = plain[:-CRC_BYTES]
    return packet if crc32c(packet) == int.from_bytes(plain[-CRC_BYTES:], "little") else None


@dataclass(frozen=True, slots=True)
class Text:
    """What is no frame and reads like text: boot messages, a console, lines of other protocols."""

    data: bytes


def is_text(data: bytes) -> bool:
    """Whether this is UTF-8 without control characters, but for tab, line ends, escape and the marks of SMP lines."""
    if not all(byte >= 32 or byte in b"\t\n\r\x1b\x06\x09\x04\x14" for byte in data) or b"\x7f" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@final
class Deframer:
    """Cuts what comes from a line, split anyhow, into packets and text. Keeps at most ENCODED_MAX bytes.

    Attributes:
        damaged: stretches that were neither, dropped.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._kept = bytearray()
        self._is_overlong = False  # what came before in this stretch is gone already

    def receive(self, data: bytes) -> list[bytes | Text]:
        """All packets and all text that end in this piece, in order."""
        out: list[bytes | Text] = []
        pieces = data.split(b"\0")
        for number, piece in enumerate(pieces):
            self._kept += piece
            if number < len(pieces) - 1:
                self._close(out)
            elif len(self._kept) > ENCODED_MAX:
                self._give_up(out)
        return out

    def flush(self) -> list[bytes | Text]:
        """Whole lines of text that no zero has ended; to be asked when the line has been quiet for a while."""
        out: list[bytes | Text] = []
        if self._kept.endswith(b"\n") and is_text(bytes(self._kept)):
            self._give_up(out)
        return out

    def _close(self, out: list[bytes | Text]) -> None:
        stretch = bytes(self._kept)
        self._kept.clear()
        if stretch and not self._is_overlong and (packet := deframe(stretch)) is not None:
            out.append(packet)
        elif stretch:
            self._judge(stretch, out)
        self._is_overlong = False

    def _give_up(self, out: list[bytes | Text]) -> None:
        self._judge(bytes(self._kept), out)
        self._kept.clear()
        self._is_overlong = True

    def _judge(self, stretch: bytes, out: list[bytes | Text]) -> None:
        if is_text(stretch):
            out.append(Text(stretch))
        else:
            self.damaged += 1
