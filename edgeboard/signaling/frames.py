"""What a node and a signaling service say to each other: msgpack arrays, one in each WebSocket message
(docs/formats/signaling.md). Numbers are append-only; an unknown one is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgpack

from edgeboard.errors import DecodeError, LimitError
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, length_prefixed
from edgeboard.ids import MeshTag, NodeId
from edgeboard.signaling.messages import ENVELOPE_MAX

VERSION = 1
CHALLENGE_BYTES = 32
NODES_MAX = 512  # of one mesh
TEXT_MAX = 400
FRAME_MAX = ENVELOPE_MAX + 64  # bytes; the longest list of nodes is shorter


@dataclass(frozen=True, slots=True)
class Challenge:
    """The first word of a service: sign this."""

    version: int
    challenge: bytes
    NUMBER: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Attend:
    """The answer: who is here, of which mesh."""

    public_key: bytes
    tag: bytes
    signature: bytes
    NUMBER: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Envelope:
    """For a node when it goes to the service, from a node when it comes."""

    node: bytes
    data: bytes
    NUMBER: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Here:
    """These nodes of the same mesh are here (too)."""

    nodes: tuple[bytes, ...]
    NUMBER: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class Left:
    nodes: tuple[bytes, ...]
    NUMBER: ClassVar[int] = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the service ends this, or did not take the last envelope."""

    code: int
    text: str
    NUMBER: ClassVar[int] = 6


Frame = Challenge | Attend | Envelope | Here | Left | Refusal


def encode(frame: Frame) -> bytes:
    match frame:
        case Challenge(version, challenge):
            fields: list[object] = [version, challenge]
        case Attend(public_key, tag, signature):
            fields = [public_key, tag, signature]
        case Envelope(node, data):
            fields = [node, data]
        case Here(nodes) | Left(nodes):
            fields = [list(nodes)]
        case Refusal(code, text):
            fields = [code, text[:TEXT_MAX]]
    return bytes(msgpack.packb([frame.NUMBER, *fields]))


def decode(data: bytes) -> Frame | None:
    """Read one frame; None for a number that this version does not know.

    Raises:
        DecodeError: not a frame; `LimitError` if it is too large.
    """
    if len(data) > FRAME_MAX:
        raise LimitError(f"a frame of {len(data)} bytes; the limit is {FRAME_MAX}")
    try:
        fields = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError, OverflowError):
        raise DecodeError("not msgpack") from None
    if not isinstance(fields, list) or not fields or not isinstance(fields[0], int):
        raise DecodeError("a frame is not an array with a number")
    match fields:
        case [Challenge.NUMBER, int(version), bytes(challenge), *_] if len(challenge) == CHALLENGE_BYTES:
            return Challenge(version, challenge)
        case [Attend.NUMBER, bytes(key), bytes(tag), bytes(signature), *_] if (
            len(key) == PUBLIC_KEY_BYTES and len(tag) == 8 and len(signature) == SIGNATURE_BYTES
        ):
            return Attend(key, tag, signature)
        case [Envelope.NUMBER, bytes(node), bytes(envelope), *_] if len(node) == 16:
            return Envelope(node, envelope)
        case [Here.NUMBER, list(nodes), *_]:
            return Here(_nodes(nodes))
        case [Left.NUMBER, list(nodes), *_]:
            return Left(_nodes(nodes))
        case [Refusal.NUMBER, int(code), str(text), *_]:
            return Refusal(code, text[:TEXT_MAX])
    if fields[0] > Refusal.NUMBER:
        return None
    raise DecodeError(f"frame {fields[0]} lacks fields, or has wrong ones")


def attendance(challenge: bytes, tag: MeshTag) -> bytes:
    """What a node signs, so that nobody takes envelopes in another's name."""
    return b"edgeboard-lobby-1" + length_prefixed(challenge) + length_prefixed(tag)


def _nodes(nodes: Sequence[object]) -> tuple[NodeId, ...]:
    if len(nodes) > NODES_MAX:
        raise LimitError(f"more than {NODES_MAX} nodes")
    found = [NodeId(node) for node in nodes if isinstance(node, bytes) and len(node) == 16]
    if len(found) != len(nodes):
        raise DecodeError("a node id is not 16 bytes")
    return tuple(found)
