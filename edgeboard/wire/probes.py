"""Clock probes: items of kind 4 in live frames of their own (docs/formats/wire.md, "Clock probes")."""

import struct
from dataclasses import dataclass
from typing import Final

from edgeboard.canvas.fields import get_number
from edgeboard.errors import DecodeError
from edgeboard.ids import NodeId, Origin
from edgeboard.timesync.reference import HOPS_MAX, RATE_MAX, Advert
from edgeboard.varints import put_uvarint
from edgeboard.wire.live import HANDLE_MAX, Live, LiveItem, LiveKind, encode_live

PROBE_HANDLE: Final = HANDLE_MAX  # of no room
PROBE_HOPS: Final = 6  # nobody passes it on
MESH_S_MAX: Final = 1 << 33  # mesh time goes on until 2242

_ORIGIN_BYTES: Final = 8
_ASKS: Final = 0
_ANSWERS: Final = 1
_LONE: Final = 1
_DATED: Final = 2
_NS: Final = 1_000_000_000
_ANSWER: Final = struct.Struct(">qIqiIQBB16s")


@dataclass(frozen=True, slots=True)
class Ask:
    """What time is it at yours?"""

    origin: Origin  # of who asks
    sequence: int


@dataclass(frozen=True, slots=True)
class Answer:
    """When the question came, how long it stayed, and what mesh time was when the answer left."""

    origin: Origin  # of who answers
    sequence: int  # of the question
    there_s: float  # the answerer's clock when the question came
    back_s: float  # and when the answer left
    advert: Advert


def encode_probe(probe: Ask | Answer) -> bytes:
    """A frame with one probe."""
    out = bytearray(probe.origin.to_bytes(_ORIGIN_BYTES, "big"))
    put_uvarint(out, probe.sequence)
    if isinstance(probe, Ask):
        out.append(_ASKS)
    else:
        advert = probe.advert
        out.append(_ANSWERS)
        out += _ANSWER.pack(
            _ns(probe.there_s),
            min(0xFFFF_FFFF, max(0, round((probe.back_s - probe.there_s) * _NS))),
            _ns(advert.ahead_s),
            round(advert.drift * _NS),
            min(0xFFFF_FFFF, round(advert.error_s * 1e6)),
            advert.beat,
            advert.hops,
            _LONE * advert.is_lone | _DATED * advert.is_dated,
            advert.reference,
        )
    return encode_live(Live(PROBE_HANDLE, (LiveItem(LiveKind.PROBE, PROBE_HOPS, bytes(out)),)))


def is_probe(frame: Live) -> bool:
    """Whether a frame is a probe, and not an item of that kind in a room, as guests may send."""
    if frame.handle != PROBE_HANDLE or len(frame.items) != 1:
        return False
    return frame.items[0].kind == LiveKind.PROBE and frame.items[0].hops == PROBE_HOPS


def read_probe(item: LiveItem) -> Ask | Answer | None:
    """What a probe says; None for a form of a later version. Bytes behind the fields belong to one as well.

    Raises:
        DecodeError: cut short, or out of range.
    """
    data = item.body
    if len(data) < _ORIGIN_BYTES:
        raise DecodeError("a clock probe has no origin")
    origin = Origin(int.from_bytes(data[:_ORIGIN_BYTES], "big"))
    sequence, at = get_number(data, _ORIGIN_BYTES)
    form, at = get_number(data, at)
    if form == _ASKS:
        return Ask(origin, sequence)
    if form != _ANSWERS:
        return None
    if len(data) - at < _ANSWER.size:
        raise DecodeError("the answer to a clock probe is cut short")
    there, held, ahead, drift, error, beat, hops, flags, reference = _ANSWER.unpack_from(data, at)
    mesh_s = (there + held + ahead) / _NS
    if hops > HOPS_MAX or abs(drift) > RATE_MAX * _NS or not 0 <= mesh_s < MESH_S_MAX:
        raise DecodeError("the answer to a clock probe is out of range")
    advert = Advert(
        NodeId(reference), hops, beat, bool(flags & _LONE), bool(flags & _DATED), _s(ahead), drift / _NS, error / 1e6
    )
    return Answer(origin, sequence, _s(there), _s(there + held), advert)


def _ns(seconds: float) -> int:
    """Whole nanoseconds; the product alone would lose some of what seconds since 1970 have."""
    whole = int(seconds // 1)
    return whole * _NS + round((seconds - whole) * _NS)


def _s(ns: int) -> float:
    return ns // _NS + ns % _NS / _NS
