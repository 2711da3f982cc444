"""A guest without a browser: says what a page says, over a simulated link or any other."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from edgeboard.canvas.bodies import Add, Body, ItemType, Undo
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.values import pack_value
from edgeboard.ids import BlobHash, OpId, Origin, PersonId, RoomId
from edgeboard.mesh.flow import CREDIT_STEP
from edgeboard.vectors import Vector
from edgeboard.wire.fields import BLOB_CHUNK_MAX, Held
from edgeboard.wire.messages import (
    BatchIs,
    BlobChunk,
    BlobHave,
    BlobLack,
    BlobWant,
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
        blobs: images that it has made or fetched.
        levels: of the blobs that its host holds: how far they have come.
        lacked: blobs that its host does not have or would not take, and why.
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
        self.blobs: dict[BlobHash, bytes] = {}
        self.levels: dict[BlobHash, int] = {}
        self.lacked: dict[BlobHash, str] = {}
        self._sizes: dict[BlobHash, int] = {}
        self._halves: dict[BlobHash, bytearray] = {}
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

    def add_image(self, data: bytes, media: str = "image/png") -> OpId:
        """Draw an image, and offer its bytes."""
        content = BlobHash(hashlib.sha256(data).digest())
        self.blobs[content] = data
        payload = pack_value([0, 0, 64, 64, content, media, len(data)])
        (made,) = self.draw(Add(0, 0, ItemType.IMAGE, payload))
        self._offer(content)
        return made

    def _offer(self, content: BlobHash) -> None:
        if self.room is not None:
            self.say(BlobHave((Held(content, len(self.blobs[content]), 0),)))

    def fetch(self, content: BlobHash) -> None:
        """Ask the host for a blob, piece by piece."""
        half = self._halves.setdefault(content, bytearray())
        left = self._sizes.get(content, BLOB_CHUNK_MAX) - len(half)
        self.say(BlobWant(content, len(half), min(left, BLOB_CHUNK_MAX)))

    def _take(self, chunk: BlobChunk) -> None:
        content = BlobHash(chunk.content)
        self._halves[content] += chunk.data
        self._sizes[content] = chunk.total
        if len(self._halves[content]) < chunk.total:
            self.fetch(content)
        else:
            self.blobs[content] = bytes(self._halves.pop(content))

    def lose_link(self) -> None:
        """The link is gone; drawing goes on into the outbox."""
        self.room = None
        self.levels.clear()  # the host says anew what it holds
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
                    for content in self.blobs:
                        self._offer(content)
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
            case BlobHave(held):
                self.levels |= {BlobHash(entry.content): entry.level for entry in held}
            case BlobWant(content, offset, length):
                data = self.blobs.get(BlobHash(content), b"")
                self.say(BlobChunk(content, offset, len(data), data[offset : offset + length]))
            case BlobChunk():
                self._take(message)
            case BlobLack(content, _, text):
                self.lacked[BlobHash(content)] = text
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
