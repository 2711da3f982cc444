"""The lobby of a signaling service: who is here, and whom an envelope is for. Pure: time comes in as `now`.

It knows tags, node ids and sizes, and nothing else: an envelope it can neither change unnoticed nor answer. Nothing is
kept: an envelope for somebody who is not here is refused, and a restart forgets everybody.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.ids import MeshTag, NodeId, node_id
from edgeboard.rate import TokenBucket
from edgeboard.signaling.frames import (
    NODES_MAX,
    VERSION,
    Attend,
    Challenge,
    Envelope,
    Frame,
    Here,
    Left,
    Refusal,
    attendance,
    decode,
    encode,
)
from edgeboard.signaling.messages import ENVELOPE_MAX
from edgeboard.signaling.seal import SEAL_BYTES

SEALED_MAX = ENVELOPE_MAX + SEAL_BYTES

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, signature, message


@dataclass(frozen=True, slots=True)
class LobbySettings:
    visitors: int = 4_096  # connections in all: 20 KiB each
    per_source: int = 64  # connections of one address: a building behind one router
    arrivals_per_s: float = 2.0  # of one address
    arrivals_burst: float = 64.0  # a building after a power cut
    envelopes_per_s: float = 5.0  # of one node
    envelopes_burst: float = 40.0  # a node that finds forty others at once
    sources: int = 4_096  # addresses whose arrivals are remembered


@dataclass(frozen=True, slots=True)
class Say:
    visitor: int
    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Close a visitor's connection, after all that was said to it before."""

    visitor: int


Output = Say | End


@dataclass(slots=True)
class Visitor:
    source: str
    challenge: bytes
    bucket: TokenBucket
    node: NodeId | None = None  # None until it has proved who it is
    tag: MeshTag | None = None


@dataclass(slots=True)
class LobbyStatistics:
    visitors: int = 0
    meshes: int = 0
    carried: int = 0
    bytes: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by the name of the reason


@final
class Lobby:
    """One service.

    Args:
        settings: its bounds.
        verify: checks a signature.
    """

    def __init__(self, settings: LobbySettings, verify: Verify) -> None:
        self._settings = settings
        self._verify = verify
        self._visitors: dict[int, Visitor] = {}
        self._rooms: dict[MeshTag, dict[NodeId, int]] = {}
        self._per_source: Counter[str] = Counter()
        self._arrivals: OrderedDict[str, TokenBucket] = OrderedDict()
        self._next = 1
        self._out: list[Output] = []
        self._statistics = LobbyStatistics()

    def arrive(self, source: str, challenge: bytes, now: float) -> int:
        """A connection has opened; returns the number by which it is known.

        Args:
            source: its address.
            challenge: 32 fresh random bytes.

        Raises:
            RefusedError: too many, or too often (LIMIT, RATE).
        """
        settings = self._settings
        if len(self._visitors) >= settings.visitors or self._per_source[source] >= settings.per_source:
            raise self._refuse(CloseCode.LIMIT, "too many boards are here already; try again later")
        bucket = self._arrivals.pop(source, None) or TokenBucket(settings.arrivals_per_s, settings.arrivals_burst, now)
        self._arrivals[source] = bucket
        if len(self._arrivals) > settings.sources:
            self._arrivals.popitem(last=False)
        if not bucket.take(now):
            raise self._refuse(CloseCode.RATE, "too many connections in a short time; try again later")
        number, self._next = self._next, self._next + 1
        self._visitors[number] = Visitor(
            source, challenge, TokenBucket(settings.envelopes_per_s, settings.envelopes_burst, now)
        )
        self._per_source[source] += 1
        self._say(number, Challenge(VERSION, challenge))
        return number

    def receive(self, number: int, data: bytes, now: float) -> None:
        """One frame of a visitor; whatever is wrong with it ends that visit and nothing else."""
        visitor = self._visitors.get(number)
        if visitor is None:
            return
        try:
            match decode(data):
                case Attend(public_key, tag, signature):
                    self._attend(number, visitor, public_key, MeshTag(tag), signature)
                case Envelope(node, envelope):
                    self._carry(number, visitor, NodeId(node), envelope, now)
                case None:
                    pass
                case _:
                    raise DecodeError("a board does not say that")
        except DecodeError as error:
            self._end(number, self._refuse(CloseCode.MALFORMED, str(error)))
        except RefusedError as error:
            self._end(number, error)

    def leave(self, number: int) -> None:
        """A connection has ended."""
        visitor = self._visitors.pop(number, None)
        if visitor is None:
            return
        self._per_source[visitor.source] -= 1
        if not self._per_source[visitor.source]:
            del self._per_source[visitor.source]
        room = self._rooms.get(visitor.tag) if visitor.tag is not None else None
        if room is None or visitor.node is None or visitor.tag is None or room.get(visitor.node) != number:
            return
        del room[visitor.node]
        if not room:
            del self._rooms[visitor.tag]
        for other in room.values():
            self._say(other, Left((visitor.node,)))

    def drain(self) -> list[Output]:
        """All that is to be said and done, in order."""
        out, self._out = self._out, []
        return out

    def statistics(self) -> LobbyStatistics:
        self._statistics.visitors, self._statistics.meshes = len(self._visitors), len(self._rooms)
        return self._statistics

    def _attend(self, number: int, visitor: Visitor, public_key: bytes, tag: MeshTag, signature: bytes) -> None:
        if visitor.node is not None:
            raise self._refuse(CloseCode.MALFORMED, "this board is here already")
        if not self._verify(public_key, signature, attendance(visitor.challenge, tag)):
            raise self._refuse(CloseCode.BAD_SIGNATURE, "the signature does not hold")
        node = node_id(public_key)
        room = self._rooms.get(tag, {})
        before = room.get(node)
        if before is None and len(room) >= NODES_MAX:
            raise self._refuse(CloseCode.LIMIT, f"{NODES_MAX} boards of this mesh are here already")
        visitor.node, visitor.tag = node, tag
        if before is not None:
            self._end(before, self._refuse(CloseCode.NORMAL, "the same board has come again"))
        room = self._rooms.setdefault(tag, {})
        others = [(other, at) for other, at in room.items() if other != node]
        room[node] = number
        self._say(number, Here(tuple(other for other, _ in others)))
        for _, at in others:
            self._say(at, Here((node,)))

    def _carry(self, number: int, visitor: Visitor, to: NodeId, envelope: bytes, now: float) -> None:
        if visitor.node is None or visitor.tag is None:
            raise self._refuse(CloseCode.AUTH_FAILED, "an envelope before it is known whose")
        if len(envelope) > SEALED_MAX:
            raise self._refuse(CloseCode.TOO_BIG, f"a sealed envelope has at most {SEALED_MAX} bytes")
        if not visitor.bucket.take(now):
            self._refuse(CloseCode.RATE, "")
            self._say(number, Refusal(CloseCode.RATE, "too many envelopes; try again later"))
            return
        there = self._rooms[visitor.tag].get(to)
        if there is None:
            self._say(number, Left((to,)))
            return
        self._statistics.carried += 1
        self._statistics.bytes += len(envelope)
        self._say(there, Envelope(visitor.node, envelope))

    def _say(self, number: int, frame: Frame) -> None:
        self._out.append(Say(number, encode(frame)))

    def _end(self, number: int, error: RefusedError) -> None:
        self._say(number, Refusal(error.code, str(error)))
        self._out.append(End(number))
        self.leave(number)

    def _refuse(self, code: CloseCode, text: str) -> RefusedError:
        self._statistics.refused[code.name.lower()] += 1
        return RefusedError(code, text)
