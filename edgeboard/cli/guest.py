"""A guest without a page: what a recorded pen says to the node that is its host (docs/formats/wire.md).

An engine: it knows neither sockets nor clocks. A host's messages go in through `receive`, frames for it come out of
`drain`; `connect` begins a new link, over which everything that is not safe yet is submitted again under the same ids,
so nothing is lost and nothing doubled however often the link ends.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import final

from edgeboard.canvas.ops import Body, Maker, Op, decode_op
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import AuthorTag, OpId, Origin, PersonId, counter_of
from edgeboard.mesh.flow import Window
from edgeboard.mesh.live import packets
from edgeboard.oplog.batch import decode_batch
from edgeboard.vectors import Vector
from edgeboard.wire.fragments import Joiner
from edgeboard.wire.live import Live, LiveItem
from edgeboard.wire.messages import (
    VERSION,
    BatchIs,
    CaughtUp,
    Channel,
    Close,
    Credit,
    Fragment,
    Guest,
    Join,
    Message,
    Notice,
    Ping,
    Pong,
    Receipt,
    Refused,
    RoomIs,
    Submit,
    Welcome,
    decode,
    encode,
)

HANDLE = 1  # our number for the room in live frames: there is one room
SUBMIT_BYTES = 32 * 1024  # of tails in one SUBMIT, so that it never needs fragments
SUBMIT_OPS = 256
SAVED = 1
SAFE = 2


@dataclass(frozen=True, slots=True)
class Me:
    """Who the guest says it is."""

    person: PersonId
    origin: Origin
    name: str
    colour: int

    @property
    def origin_bytes(self) -> bytes:
        return self.origin.to_bytes(8, "big")


@dataclass(slots=True)
class Tally:
    """What has become of the ops so far, by counter."""

    made: int = 0
    saved: set[int] = field(default_factory=set)
    safe: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def unsaved(self) -> int:
        return self.made - len(self.saved | self.refused.keys())

    @property
    def unsafe(self) -> int:
        return self.made - len(self.safe | self.refused.keys())


@final
class GuestSession:
    """One person's run in one room, over any number of links."""

    def __init__(self, me: Me, room: str) -> None:
        self.me = me
        self.tally = Tally()
        self.host = ""  # the node's name, once it has said it
        self.ready = False  # caught up with the room over the present link
        self.notices: deque[str] = deque(maxlen=20)
        self.room = room  # its name
        self._room = b""
        self._maker = Maker(me.origin)
        self._lamport = 0
        self._held: dict[AuthorTag, int] = {}
        self._keep: dict[int, bytes] = {}  # tails that are not safe yet, by counter, in order
        self._unsent: deque[int] = deque()
        self._window = Window()
        self._joiners: dict[Channel, Joiner] = {}
        self._out: list[bytes] = []

    # -- links

    def connect(self) -> None:
        """A link is open: greet, join, and submit again what is not safe."""
        self.ready = False
        self._room = b""
        self._window = Window()
        self._joiners = {Channel.CTL: Joiner(), Channel.LOG: Joiner()}
        self._unsent = deque(self._keep)
        me = self.me
        self._out = []
        self._say(Guest(VERSION, me.person, me.origin_bytes, me.name, me.colour, {}))
        self._say(Join(b"", self.room, Vector(self._held).to_bytes(), HANDLE))

    def receive(self, data: bytes) -> None:
        """One frame of the link: a byte of channel, and a message.

        Raises:
            DecodeError: the host's bytes break a format. RefusedError: the host ends the link, and says why.
        """
        if not data or data[0] not in (Channel.CTL, Channel.LOG):
            return  # live traffic of others: a pen that writes does not look
        channel = Channel(data[0])
        self._take(channel, decode(channel, data[1:]))
        if channel is Channel.LOG:
            self._window.took(len(data) - 1)
            if self._window.due():
                self._say(Credit(self._window.announce()))
        self._pump()

    def _take(self, channel: Channel, message: Message | None) -> None:
        match message:
            case Fragment():
                whole = self._joiners[channel].add(message)
                if whole is not None:
                    self._take(channel, decode(channel, whole))
            case Close(code, text):
                known = code in {member.value for member in CloseCode}
                raise RefusedError(CloseCode(code) if known else CloseCode.NORMAL, text)
            case Welcome(_, _, name):
                self.host = name
            case RoomIs(room) | Join(room):
                self._room = room
            case CaughtUp():
                self.ready = True
            case Ping(sequence):
                self._say(Pong(sequence))
            case Credit(processed):
                self._window.credit(processed)
            case BatchIs(_, batch):
                self._learn(batch)
            case Receipt(_, level, origin, counters):
                if origin == self.me.origin_bytes:
                    self._receipt(level, counters)
            case Refused(_, origin, counter, _, text):
                if origin == self.me.origin_bytes:
                    self.tally.refused[counter] = text
                    self._keep.pop(counter, None)
            case Notice(level, text):
                if level:
                    self.notices.append(text)
            case _:
                pass

    def _learn(self, data: bytes) -> None:
        """Others have drawn: our next stamps are above theirs."""
        batch = decode_batch(data)
        self._held[batch.author] = max(batch.end, self._held.get(batch.author, 0))
        for slot in batch.slots:
            if slot.dropped is None:
                self._lamport = max(self._lamport, decode_op(self.me.origin, slot.tail).lamport)

    def _receipt(self, level: int, counters: Sequence[int]) -> None:
        for first, last in zip(counters[::2], counters[1::2], strict=True):
            for counter in range(first, min(last, self.tally.made) + 1):
                self.tally.saved.add(counter)
                if level >= SAFE:
                    self.tally.safe.add(counter)
                    self._keep.pop(counter, None)

    # -- ink

    @property
    def next_counter(self) -> int:
        """Of the op that is made next."""
        return counter_of(self._maker.next_id)

    @property
    def under_way(self) -> int:
        """Ops whose receipt for "saved" is still to come."""
        return self.tally.unsaved

    def make(self, body: Body, *, more: bool = False) -> OpId:
        """Make an op and submit it.

        Raises:
            LimitError: it is too large; nothing has happened.
        """
        op: Op = self._maker.make(body, self._lamport, more=more)
        counter = counter_of(op.id)
        self._keep[counter] = op.tail
        self._unsent.append(counter)
        self.tally.made += 1
        self._pump()
        return op.id

    def _pump(self) -> None:
        """Submit what waits, as far as the host's credit goes."""
        while self._unsent and self._room:
            tails: list[bytes] = []
            size = 0
            for counter in islice(self._unsent, SUBMIT_OPS):
                tail = self._keep[counter]
                if tails and size + len(tail) > SUBMIT_BYTES:
                    break
                tails.append(tail)
                size += len(tail)
            message = encode(Submit(self._room, self.me.origin_bytes, tuple(tails)))
            if self._window.free < len(message):
                return
            for _ in tails:
                self._unsent.popleft()
            self._window.sent += len(message)
            self._out.append(bytes((Channel.LOG,)) + message)

    # -- live

    def show(self, items: Iterable[LiveItem]) -> None:
        """Send live items in as few frames as they fit in; nothing is lost with them."""
        if self._room:
            for part in packets(list(items)):
                self._out.append(bytes((Channel.LIVE,)) + encode(Live(HANDLE, part)))

    def _say(self, message: Message) -> None:
        self._out.append(bytes((Channel.CTL,)) + encode(message))

    def drain(self) -> Iterator[bytes]:
        """The frames to send, in order."""
        out, self._out = self._out, []
        yield from out
