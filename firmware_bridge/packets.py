"""Packets of the microcontroller link, each in a frame (docs/formats/serial.md, Packets); little-endian throughout."""

import struct
from dataclasses import dataclass, replace
from typing import Final

from firmware_bridge.errors import DeviceError
from firmware_bridge.framing import PACKET_MAX, crc32c

VERSION_LOWEST: Final = 1
VERSION_HIGHEST: Final = 1

KIND = 0x0F  # bits of the first byte
HELLO, DATA, ACK, LOOSE = 1, 2, 3, 4
FIRST = 0x10  # of DATA: the piece begins a message
LAST = 0x20  # of DATA: the piece ends a message
FROM_DEVICE = 0x80  # who hears its own voice on a line that echoes, can tell

WINDOW_MAX = 32  # packets in flight: as many as an ACK has bits for
FRAME_MIN = 32  # bytes: a packet that every receiver takes
_HELLO = struct.Struct("<BBBBHII")
_DATA = struct.Struct("<BHBB")
_ACK = struct.Struct("<BHB")
_LOOSE = struct.Struct("<BH")
DATA_HEADER = _DATA.size  # bytes
LOOSE_HEADER = _LOOSE.size


@dataclass(frozen=True, slots=True)
class Hello:
    """Who speaks, which versions, how much it takes. The one packet whose layout no version changes."""

    nonce: int  # of this boot or call, 1 .. 2**32 - 1
    peer: int = 0  # nonce of the other side that is answered; 0: nobody's
    lowest: int = VERSION_LOWEST
    highest: int = VERSION_HIGHEST
    window: int = WINDOW_MAX  # DATA packets that it can hold, 1 .. 32
    frame: int = PACKET_MAX  # bytes of the longest packet that it takes, 32 .. 1024
    body: bytes = b""  # of a device: its description
    from_device: bool = False


@dataclass(frozen=True, slots=True)
class Data:
    """A piece of a reliable message, with an acknowledgement on its back."""

    session: int
    seq: int  # 0 .. 255, wraps
    ack: int  # next seq that its sender waits for
    payload: bytes
    first: bool = True
    last: bool = True
    from_device: bool = False


@dataclass(frozen=True, slots=True)
class Ack:
    """What has come: all before `ack`, and those `held` behind it. Sent alone it also says: I am alive."""

    session: int
    ack: int
    held: int = 0  # bit i: packet ack + i is here, though its turn has not come
    from_device: bool = False


@dataclass(frozen=True, slots=True)
class Loose:
    """A message that may be lost: what comes next makes up for it."""

    session: int
    payload: bytes
    from_device: bool = False


Packet = Hello | Data | Ack | Loose


def session_of(host_nonce: int, device_nonce: int) -> int:
    """The number in all packets of a session, 0 .. 65535: of both nonces, so that nobody's past is taken for now."""
    return crc32c(struct.pack("<II", host_nonce, device_nonce)) & 0xFFFF


def encode_packet(packet: Packet) -> bytes:
    side = FROM_DEVICE if packet.from_device else 0
    match packet:
        case Hello():
            head = _HELLO.pack(
                HELLO | side, packet.lowest, packet.highest, packet.window, packet.frame, packet.nonce, packet.peer
            )
            return head + packet.body
        case Data():
            flags = (FIRST if packet.first else 0) | (LAST if packet.last else 0)
            return _DATA.pack(DATA | flags | side, packet.session, packet.seq, packet.ack) + packet.payload
        case Ack():
            held = packet.held.to_bytes(4, "little").rstrip(b"\0")
            return _ACK.pack(ACK | side, packet.session, packet.ack) + held
        case Loose():
            return _LOOSE.pack(LOOSE | side, packet.session) + packet.payload


def decode_packet(data: bytes) -> Packet:
    """A packet from the inside of a frame.

    Raises:
        DeviceError: unknown kind, cut short, or out of its ranges.
    """
    if not 0 < len(data) <= PACKET_MAX:
        raise DeviceError(f"a packet of {len(data)} bytes")
    kind = data[0] & KIND
    others = data[0] & ~(KIND | FROM_DEVICE)
    from_device = bool(data[0] & FROM_DEVICE)
    if kind != DATA and others:
        raise DeviceError(f"unknown flags in the first byte, {data[0]:02x}")
    try:
        if kind == HELLO:
            return _checked(_read_hello(data, from_device))
        if kind == DATA:
            _, session, seq, ack = _DATA.unpack_from(data)
            if others & ~(FIRST | LAST) or len(data) == DATA_HEADER:
                raise DeviceError("data without a payload, or with unknown flags")
            first, last = bool(others & FIRST), bool(others & LAST)
            return Data(session, seq, ack, data[DATA_HEADER:], first, last, from_device)
        if kind == ACK:
            _, session, ack = _ACK.unpack_from(data)
            held = data[_ACK.size :]
            if len(held) > 4 or held.endswith(b"\0"):
                raise DeviceError("an acknowledgement that is longer than it need be")
            return Ack(session, ack, int.from_bytes(held, "little"), from_device)
        if kind == LOOSE:
            _, session = _LOOSE.unpack_from(data)
            if len(data) == LOOSE_HEADER:
                raise DeviceError("a loose packet without a payload")
            return Loose(session, data[LOOSE_HEADER:], from_device)
    except struct.error:
        raise DeviceError(f"a packet of kind {kind} cut short at {len(data)} bytes") from None
    raise DeviceError(f"a packet of unknown kind {kind}")


def _read_hello(data: bytes, from_device: bool) -> Hello:
    _, lowest, highest, window, frame, nonce, peer = _HELLO.unpack_from(data)
    return Hello(nonce, peer, lowest, highest, window, frame, data[_HELLO.size :], from_device)


def _checked(hello: Hello) -> Hello:
    if not hello.nonce or not 1 <= hello.lowest <= hello.highest:
        raise DeviceError("a hello without a nonce, or with versions that are no range")
    if hello.window < 1 or hello.frame < FRAME_MIN:
        raise DeviceError(f"a hello with a window of {hello.window} and packets of {hello.frame} bytes")
    return replace(hello, window=min(hello.window, WINDOW_MAX), frame=min(hello.frame, PACKET_MAX))


def common_version(hello: Hello) -> int | None:
    """The highest version that both speak; None if there is none."""
    version = min(hello.highest, VERSION_HIGHEST)
    return version if version >= max(hello.lowest, VERSION_LOWEST) else None
