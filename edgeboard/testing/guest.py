"""A guest without a browser: says what a page says, over a simulated link or any other."""

from collections.abc import Callable
from typing import TYPE_CHECKING, final

from edgeboard.canvas.bodies import Body, Undo
from edgeboard.canvas.ops import Maker
from edgeboard.ids import OpId, Origin, PersonId, RoomId
from edgeboard.mesh.flow import CREDIT_STEP
from edgeboard.vectors import Vector
from edgeboard.wire.messages import (
    BatchIs,
    Channel,
    Close,
    Credit,
    Guest,
    Join,
    Message,
    Ping,
    Pong,
    Receipt,
    Recent,
    Refused,
    RoomIs,
    Submit,
    decode,
    encode,
)

if TYPE_CHECKING:
    from edgeboard.wire.fields import Owned


@final
class ScriptedGuest:
    """Keeps what it hears. `send` is set by whoever connects it.

    Attributes:
        heard: every message, in order.
        saved, safe: counters of its ops with that receipt.
        outbox: what is not safe yet, by counter; survives reconnecting, as the browser's does.
    """

    send: Callable[[Channel, bytes], None]

    def __init__(self, person: PersonId, origin: Origin, name: str = "Ana") -> None:
        self.person = person
        self.origin = origin
        self.name = name
        self.room: RoomId | None = None
        self.heard: list[Message] = []
        self.batches: list[bytes] = []
        self.recent: list[Owned] = []
        self.saved: set[int] = set()
        self.safe: set[int] = set()
        self.refused: dict[int, str] = {}
        self.outbox: dict[int, bytes] = {}
        self.lamport = 0
        self.closed: Close | None = None
        self.send = lambda channel, data: None
        self._maker = Maker(origin)
        self._processed = self._credited = 0

    def enter(self, room: str, vector: Vector | None = None) -> None:
        """Say hello and join; what is in the outbox follows when the room answers."""
        self.say(Guest(1, self.person, self.origin.to_bytes(8, "big"), self.name, 5, {}))
        self.say(Join(b"", room, (vector or Vector()).to_bytes(), 0))

    def draw(self, *bodies: Body, undo: Undo = Undo.NONE) -> list[OpId]:
        """Make one gesture and hand it in, if there is anyone to hand it to."""
        made = []
        for at, body in enumerate(bodies):
            op = self._maker.make(body, self.lamport, undo=undo, more=at > 0)
            self.lamport = op.lamport
            self.outbox[op.id & 0xFFFFFFFF] = op.tail
            made.append(op)
        if self.room is not None:
            self.say(Submit(self.room, self.origin.to_bytes(8, "big"), tuple(op.tail for op in made)))
        return [op.id for op in made]

    def lose_link(self) -> None:
        """The link is gone; drawing goes on into the outbox."""
        self.room = None
        self._processed = self._credited = 0  # credit counts from the opening of a link

    def receive(self, channel: Channel, data: bytes) -> None:
        """Take one message of the host."""
        message = decode(channel, data)
        if message is None:
            return
        self.heard.append(message)
        match message:
            case RoomIs(room, _, _):
                if self.room is None:
                    self.room = RoomId(room)
                    if self.outbox:
                        self.say(Submit(room, self.origin.to_bytes(8, "big"), tuple(self.outbox.values())))
            case BatchIs(_, batch):
                self.batches.append(batch)
                self._process(len(data))
            case Recent(_, ops):
                self.recent += ops
                self._process(len(data))
            case Ping(sequence, _):
                self.say(Pong(sequence))
            case Receipt(_, level, _, counters):
                got = {
                    counter
                    for first, last in zip(counters[::2], counters[1::2], strict=True)
                    for counter in range(first, last + 1)
                }
                (self.saved if level == 1 else self.safe).update(got)
                if level == 2:
                    for counter in got:
                        self.outbox.pop(counter, None)
            case Refused(_, _, counter, _, text):
                self.refused[counter] = text
            case Close():
                self.closed = message

    def _process(self, size: int) -> None:
        self._processed += size
        if self._processed - self._credited >= CREDIT_STEP:
            self._credited = self._processed
            self.say(Credit(self._processed))

    def say(self, message: Message) -> None:
        channel = Channel.LOG if isinstance(message, Submit) else Channel.CTL
        self.send(channel, encode(message))
