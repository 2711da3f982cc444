"""One simulated node: a real pipeline, the machine it runs on, its disk and its links.

Signatures are a cheap stand-in unless asked for. A store commits after a delay, and can be told to fail; a node can
be killed, and comes back with what its store had committed.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, final

from edgeboard.blobs.values import DropBlob, KeepBlob, LoadBlob
from edgeboard.identity.credentials import boot_bytes
from edgeboard.identity.grants import Grant, Role
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, NodeKey, verify
from edgeboard.ids import AuthorTag, BlobHash, MeshId, NodeId, Origin, PersonId, RoomId, author_id, node_id
from edgeboard.mesh.values import CloseLink, Dial, Send
from edgeboard.node.pipeline import Pipeline
from edgeboard.node.values import Alarm, Damaged, ForReleases, Identity, LoadRoom, Output, Rewrite, Save
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.history import Entry, decode_segment, encode_segment
from edgeboard.testing.network import Pipe
from edgeboard.wire.messages import Channel

if TYPE_CHECKING:
    from edgeboard.testing.cluster import Cluster

FULL_RETRY_S = 0.5
LATE_S = 1e-9  # by which timers of a clock of its own are late, so that rounding makes none early
MESH = MeshId(b"simulated mesh.!")


def stand_in_sign(public_key: bytes) -> Callable[[bytes], bytes]:
    """A signature that costs a hash: anyone could make it, so nothing that tests forgery may use it."""
    return lambda message: hashlib.blake2b(message, key=public_key[:32], digest_size=64).digest()


def stand_in_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    return hashlib.blake2b(message, key=public_key[:32], digest_size=64).digest() == signature


@dataclass(slots=True)
class Disk:
    """What a simulated node has committed: it outlives its process."""

    batches: dict[RoomId, dict[tuple[AuthorTag, int], bytes]] = field(default_factory=dict)
    names: dict[RoomId, str] = field(default_factory=dict)
    history: dict[RoomId, list[bytes]] = field(default_factory=dict)  # segments
    blobs: dict[BlobHash, bytes] = field(default_factory=dict)
    chunks: dict[BlobHash, bytes] = field(default_factory=dict)  # of releases
    commit_s: float = 0.01
    full: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """What a node runs on."""

    clock_ahead_s: float = 0.0  # its wall clock is ahead by so much; without a battery it begins in 1970
    uptime_s: float = 0.0  # what its other clock, that of the engines, said when the simulation began
    drift_ppm: float = 0.0  # by which its crystal is fast
    message_s: float = 0.0  # time that it needs for each message it gets
    commit_s: float = 0.01  # that its card needs for a commit


def looking(public_key: bytes) -> bytes:
    """A grant with the role view, which nobody has signed."""
    return Grant(public_key, Role.VIEW, 0, bytes(PUBLIC_KEY_BYTES), bytes(SIGNATURE_BYTES)).to_bytes()


@final
class SimulatedNode:
    """One pipeline, its disk and its links; a new run of it after each kill."""

    def __init__(self, cluster: "Cluster", number: int) -> None:
        self.cluster = cluster
        self.number = number
        seed = hashlib.sha256(f"key of node {number}".encode()).digest()
        key = NodeKey(seed) if cluster.verify else None
        self.public_key = seed if key is None else key.public_key
        self.sign = stand_in_sign(seed) if key is None else key.sign
        self.verify = stand_in_verify if key is None else verify
        self.node: NodeId = node_id(self.public_key)
        machine = cluster.machine(number)
        self.disk = Disk(commit_s=machine.commit_s)
        self.clock_ahead_s = machine.clock_ahead_s
        self._message_s = machine.message_s
        self._uptime_s, self._rate = machine.uptime_s, 1.0 + machine.drift_ppm * 1e-6
        self._busy_until = 0.0
        self._unsaved: list[tuple[RoomId, list[tuple[AuthorTag, int, int, bytes]]]] = []
        self.boot = 0
        self.alarms: list[str] = []
        self.damage: list[Damaged] = []
        self.closed: list[CloseLink] = []
        self.alive = False
        self._links: dict[int, tuple[Pipe, Callable[[], None]]] = {}
        self._next_link = 1
        self._timer_at: float | None = None
        self._run = 0
        self.pipeline: Pipeline
        self.start()

    def start(self) -> None:
        """Boot with what the disk has."""
        cluster = self.cluster
        self.boot += 1
        self._run += 1
        self._timer_at = None
        self._unsaved = []
        self.alive = True
        boot, rng = self.boot, random.Random(f"{cluster.seed}/{self.number}/{self.boot}")

        def make_author(room: RoomId) -> LocalAuthor:
            author = author_id(self.node, boot, rng.getrandbits(32))
            return LocalAuthor(MESH, room, author, self.public_key, self.sign)

        identity = Identity(
            node=self.node,
            public_key=self.public_key,
            boot=boot_bytes(boot, rng.getrandbits(32)),
            name=f"node {self.number}",
            mesh=MESH,
            software="simulated",
            person=PersonId(hashlib.sha256(f"person {self.number}".encode()).digest()[:16]),
            origin=Origin(rng.getrandbits(64)),
            sign=self.sign,
            verify=self.verify,
            random=rng.random,
            draws=self.number not in cluster.viewers,
            grant=looking(self.public_key) if self.number in cluster.viewers else b"",
            make_author=make_author,
            wall_ms=self.wall_ms,
        )
        self.pipeline = Pipeline(identity, cluster.settings)
        held = [(content, len(data)) for content, data in self.disk.blobs.items()]
        self.pipeline.attachments.restore(held, all_rooms_open=True)
        self.pipeline.renewal.restore((content, len(data)) for content, data in self.disk.chunks.items())
        cluster.lan.started(self)
        for name in list(self.disk.names.values()):
            self.feed(partial(self.pipeline.open_room, name))

    def now(self) -> float:
        """What the clock of its engines says."""
        return self.cluster.clock.now() * self._rate + self._uptime_s

    def moment(self, now: float) -> float:
        """When the clock of its engines says that, on the clock of the simulation."""
        if self._rate == 1.0 and self._uptime_s == 0.0:
            return now
        return (now - self._uptime_s) / self._rate + LATE_S

    def wall_ms(self) -> int:
        """What this node's own clock says."""
        return max(0, self.cluster.clock.wall_ms() + int(self.clock_ahead_s * 1000))

    def kill(self) -> None:
        """The process is gone; what was not committed is lost. Neighbours notice when their links end."""
        self.alive = False
        self._run += 1
        for number in list(self._links):
            self.end_link(number)

    def crash(self) -> None:
        """As `kill`, but no neighbour hears of it: a power cut."""
        self.alive = False
        self._run += 1
        links, self._links = self._links, {}
        for pipe, _ in links.values():
            pipe.close()

    def feed(self, change: Callable[[float], object]) -> None:
        """One input, and all that comes of it."""
        if not self.alive:
            return
        change(self.now())
        for output in self.pipeline.drain():
            self._hand(output)
        self._arm()

    def _hand(self, output: Output) -> None:
        match output:
            case Send(link, channel, data):
                if link in self._links:
                    self._links[link][0].send(channel, data)
            case Save(room, batches):
                run = self._run
                saved = [(batch.author, batch.first, batch.end, batch.data) for batch in batches]
                self._later(self.disk.commit_s, lambda: self._commit(run, room, saved))
            case Rewrite(room, reduced, dropped):
                run = self._run
                segment = encode_segment(dropped)
                rows = [(batch.author, batch.first, batch.data) for batch in reduced]
                self._later(self.disk.commit_s, lambda: self._rewrite(run, room, rows, segment))
            case Dial(node):
                self.cluster.lan.dial(self, node)
            case CloseLink(link, _, _):
                self.closed.append(output)
                self._later(0.0, lambda: self.end_link(link))
            case LoadRoom(room, name):
                self.disk.names[room] = name
                stored = [data for _, data in sorted(self.disk.batches.get(room, {}).items())]
                self._later(0.0, lambda: self._loaded(room, stored))
            case KeepBlob(content, data):
                run = self._run
                self._later(self.disk.commit_s, lambda: self._keep_blob(run, content, data))
            case LoadBlob(content):
                run = self._run
                self._later(self.disk.commit_s, lambda: self._load_blob(run, content))
            case DropBlob(content):
                self.disk.blobs.pop(content, None)
            case ForReleases(KeepBlob(content, data)):
                run = self._run
                self._later(self.disk.commit_s, lambda: self._keep_chunk(run, content, data))
            case ForReleases(LoadBlob(content)):
                run = self._run
                self._later(self.disk.commit_s, lambda: self._load_chunk(run, content))
            case ForReleases(DropBlob(content)):
                self.disk.chunks.pop(content, None)
            case Alarm(text):
                self.alarms.append(text)
            case Damaged():
                self.damage.append(output)

    def _later(self, delay: float, call: Callable[[], None]) -> None:
        self.cluster.clock.call_at(self.cluster.clock.now() + delay, call)

    def _loaded(self, room: RoomId, stored: list[bytes]) -> None:
        self.feed(lambda now: self.pipeline.loaded(room, stored, now, done=True))

    def _commit(self, run: int, room: RoomId, saved: list[tuple[AuthorTag, int, int, bytes]]) -> None:
        if run != self._run:
            return
        self._unsaved.append((room, saved))
        if len(self._unsaved) == 1 or not self.disk.full:
            self._write(run)

    def _write(self, run: int) -> None:
        """Put on the disk what waits for it, in its order; a full one is tried again."""
        if run != self._run:
            return
        if self.disk.full:
            if self.pipeline.store_failed_text is None:
                self.feed(lambda _: self.pipeline.store_failed("no space left"))
            self._later(FULL_RETRY_S, lambda: self._write(run))
            return
        if self.pipeline.store_failed_text is not None:
            self.feed(self.pipeline.store_recovered)
        unsaved, self._unsaved = self._unsaved, []
        for room, saved in unsaved:
            kept = self.disk.batches.setdefault(room, {})
            for author, first, _, data in saved:
                kept.setdefault((author, first), data)
        ends = [(room, author, end) for room, saved in unsaved for author, _, end, _ in saved]
        self.feed(lambda now: self.pipeline.committed(ends, now))

    def _rewrite(self, run: int, room: RoomId, rows: list[tuple[AuthorTag, int, bytes]], segment: bytes) -> None:
        if run != self._run:
            return
        if not self.disk.full:
            kept = self.disk.batches.setdefault(room, {})
            kept.update({(author, first): data for author, first, data in rows if (author, first) in kept})
            self.disk.history.setdefault(room, []).append(segment)
        self.feed(lambda now: self.pipeline.rewritten(room, now, ok=not self.disk.full))

    def _keep_blob(self, run: int, content: BlobHash, data: bytes) -> None:
        if run == self._run:
            if not self.disk.full:
                self.disk.blobs[content] = data
            self.feed(lambda now: self.pipeline.attachments.kept(content, now, ok=not self.disk.full))

    def _load_blob(self, run: int, content: BlobHash) -> None:
        if run == self._run:
            data = self.disk.blobs.get(content)
            if data is not None and hashlib.sha256(data).digest() != content:
                data = None
            self.feed(lambda now: self.pipeline.attachments.loaded(content, data, now))

    def _keep_chunk(self, run: int, content: BlobHash, data: bytes) -> None:
        if run == self._run:
            if not self.disk.full:
                self.disk.chunks[content] = data
            self.feed(lambda now: self.pipeline.renewal.kept(content, now, ok=not self.disk.full))

    def _load_chunk(self, run: int, content: BlobHash) -> None:
        if run == self._run:
            data = self.disk.chunks.get(content)
            self.feed(lambda now: self.pipeline.renewal.loaded(content, data, now))

    def past(self, room: RoomId) -> list[Entry]:
        """What floors have let go of, as the disk's history holds it."""
        return [entry for segment in self.disk.history.get(room, []) for entry in decode_segment(segment)]

    def _arm(self) -> None:
        due = self.pipeline.next_timer()
        if due is None or (self._timer_at is not None and self._timer_at <= due):
            return
        self._timer_at = due
        run = self._run
        self.cluster.clock.call_at(self.moment(due), lambda: self._on_timer(run, due))

    def _on_timer(self, run: int, due: float) -> None:
        if run == self._run and due == self._timer_at:  # else an earlier one has been set since
            if self._busy_until > self.cluster.clock.now():
                self.cluster.clock.call_at(self._busy_until, lambda: self._on_timer(run, due))
                return
            self._timer_at = None
            self.feed(self.pipeline.on_timer)

    # -- links

    def open_link(self, pipe: Pipe, node: NodeId | None, end: Callable[[], None]) -> int:
        number, self._next_link = self._next_link, self._next_link + 1
        self._links[number] = (pipe, end)
        other = None if node is None else self.cluster.find(node)
        draws = other is None or other.number not in self.cluster.viewers
        self.feed(lambda now: self.pipeline.link_up(number, node, now, draws=draws))
        return number

    def arrive(self, number: int, channel: Channel, data: bytes) -> None:
        """A message is there; a slow machine comes to it when it is through with those before it."""
        if self._message_s == 0.0:
            self._take(number, channel, data)
            return
        clock = self.cluster.clock
        self._busy_until = max(clock.now(), self._busy_until) + self._message_s
        clock.call_at(self._busy_until, lambda: self._take(number, channel, data))

    def _take(self, number: int, channel: Channel, data: bytes) -> None:
        if number in self._links:
            self.feed(lambda now: self.pipeline.receive((number, channel, data), now))

    def end_link(self, number: int) -> None:
        """We end it; the other side hears of it."""
        entry = self._links.pop(number, None)
        if entry is not None:
            entry[1]()
            self.feed(lambda now: self.pipeline.link_down(number, now))

    def lose_link(self, number: int) -> None:
        """The other side has ended it."""
        if self._links.pop(number, None) is not None:
            self.feed(lambda now: self.pipeline.link_down(number, now))
