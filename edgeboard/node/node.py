"""A running node: the pipeline between disk, links and page. A thin shell; every decision is the pipeline's.

Rules of this file: everything runs on one event loop; an input is fed, its output is handed out in order, one timer is
set; nothing here may raise into a link or a writer.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar, final

from edgeboard.blobs.values import DropBlob, KeepBlob, LoadBlob
from edgeboard.clock import Clock
from edgeboard.errors import CloseCode, EdgeboardError, RefusedError, StateError, StoreError
from edgeboard.identity.grants import Role
from edgeboard.ids import BlobHash, MeshId, NodeId, RoomId
from edgeboard.mesh.introductions import Introduced
from edgeboard.mesh.membership import LEFT_ALONE
from edgeboard.mesh.values import CloseLink, CutOff, Dial, Send
from edgeboard.node.links import Links
from edgeboard.node.pipeline import Pipeline
from edgeboard.node.values import (
    Alarm,
    Damaged,
    ForReleases,
    Inked,
    KeepTime,
    LoadRoom,
    Output,
    Rewrite,
    RoomChanged,
    Save,
)
from edgeboard.ports import Blobs, Store, StoredBatch, StoredRoom, Writer
from edgeboard.rooms.admission import Source
from edgeboard.rooms.elsewhere import read_host
from edgeboard.rooms.room import Room
from edgeboard.runtime import failpoints
from edgeboard.runtime.driver import Driver
from edgeboard.wire.messages import Channel, Receipt

LOAD_PORTION = 64  # batches applied before the loop gets a turn
ALARMS_KEPT = 50

T = TypeVar("T")
DialNode = Callable[[NodeId, tuple[str, ...], Callable[[NodeId], None]], None]  # the last is told if no link came of it
_log = logging.getLogger(__name__)


@final
class Node:
    """Drives one pipeline."""

    def __init__(
        self, pipeline: Pipeline, clock: Clock, store: Store, mesh: MeshId, source_of: Callable[[str], Source] = Source
    ) -> None:
        self.pipeline = pipeline
        self._source_of = source_of
        self.alarms: deque[str] = deque(maxlen=ALARMS_KEPT)
        self.on_damage: list[Callable[[Damaged], None]] = []
        self.on_ink: list[Callable[[Inked], None]] = []
        self.on_introduced: Callable[[Introduced], None] = lambda came: None
        self.on_keep_time: Callable[[float], None] = lambda mesh_s: None
        self.on_releases: Callable[[ForReleases], None] = lambda output: None
        self._driver: Driver[tuple[int, Channel, bytes], Callable[[float], object], Output] = Driver(
            pipeline, clock, self._hand
        )
        self._loads: dict[RoomId, asyncio.Event] = {}
        self._unnamed: dict[RoomId, str] = {}  # open rooms whose name is not on the disk yet
        self._store = store
        self._mesh = mesh
        self._writer: Writer | None = None
        self._blobs: Blobs | None = None
        self._keeps: dict[BlobHash, asyncio.Future[bool]] = {}  # blobs that somebody waits for
        self._commits: list[asyncio.Future[None]] = []  # whoever waits for the next, or for the disk to fail
        self._links: Links | None = None
        self._spawn: Callable[..., object] | None = None
        self._dial: DialNode | None = None

    def wire(self, writer: Writer, blobs: Blobs, links: Links, spawn: Callable[..., object], dial: DialNode) -> None:
        """Join what needs the node with what the node needs; once, before the first input."""
        self._writer, self._blobs, self._links, self._spawn, self._dial = writer, blobs, links, spawn, dial
        self.pipeline.bound_store(lambda: writer.room_left)

    # -- inputs

    def feed(self, change: Callable[[float], T]) -> T | None:
        """Give the pipeline one input, and hand its output out.

        From within an output it is done afterwards, and the result is None.
        """
        results: list[T] = []
        self._driver.submit(lambda now: results.append(change(now)))
        return results[0] if results else None

    def ask(self, change: Callable[[float], T]) -> T:
        """As `feed`, for who waits for the result: what of our errors the change raises is raised here.

        Raises:
            StateError: this is called from within an output.
        """
        refused: list[EdgeboardError] = []
        results: list[T] = []

        def attempt(now: float) -> None:
            try:
                results.append(change(now))
            except EdgeboardError as error:
                refused.append(error)

        self.feed(attempt)
        for error in refused:
            raise error
        if not results:
            raise StateError("the board is busy; try again")
        return results[0]

    def link_up(self, number: int, node: NodeId | None) -> None:
        link = None if self._links is None else self._links.get(number)
        peer = None if link is None else link.peer
        if link is not None and peer is None:
            source = self._source_of(link.remote)
            self.pipeline.hosting.arrived(number, source)
        host = None if peer is None else read_host(peer.node, peer.capabilities)
        draws = peer is None or peer.role >= Role.DRAW
        self.feed(lambda now: self.pipeline.link_up(number, node, now, draws=draws))
        if peer is not None:
            self.feed(lambda _: self.pipeline.hosting.node_linked(peer.node, host))

    def link_down(self, number: int) -> None:
        self.feed(lambda now: self.pipeline.link_down(number, now))

    def message(self, number: int, channel: Channel, data: bytes) -> None:
        self._driver.receive((number, channel, data))

    def committed(self, batches: Sequence[StoredBatch]) -> None:
        ends = [(batch.room, batch.author, batch.first + batch.count) for batch in batches]
        self.feed(lambda now: self.pipeline.committed(ends, now))
        self._wake()
        if self._unnamed and self._spawn is not None:
            self._spawn(self._name_again(), name="name rooms on the disk")

    def store_failed(self, error: StoreError) -> None:
        self.feed(lambda _: self.pipeline.store_failed(str(error)))
        self._wake()

    def store_recovered(self) -> None:
        self.feed(self.pipeline.store_recovered)

    def heard(self, number: int) -> float | None:
        state = self.pipeline.mesh.state(number)
        return None if state is None else state.heard

    def is_suspect(self, number: int) -> bool:
        return self.pipeline.mesh.is_suspect(number)

    def check_welcome(self, node: NodeId) -> None:
        """Before a link costs anything: whether we want one to this node at all.

        Raises:
            RefusedError: it lied, forged or flooded a while ago.
        """
        if self.pipeline.mesh.membership.overlay.is_shunned(node):
            raise RefusedError(CloseCode.FORBIDDEN, LEFT_ALONE)

    def found(self, node: NodeId, urls: tuple[str, ...]) -> None:
        """Discovery sees a board."""
        self.feed(lambda now: self.pipeline.found(node, urls, now))

    def gone(self, node: NodeId) -> None:
        """A board has said goodbye to discovery."""
        self.feed(lambda now: self.pipeline.found(node, (), now))

    def put_out(self, node: NodeId) -> None:
        """A board is no member any more: it is not looked for, and no guest is sent there."""

        def forget(now: float) -> None:
            self.pipeline.found(node, (), now)
            self.pipeline.mesh.membership.members.forget(node)
            self.pipeline.hosting.node_put_out(node)

        self.feed(forget)

    def reachable_at(self, urls: tuple[str, ...]) -> None:
        """Where this board can be reached now."""
        self.feed(lambda now: self.pipeline.reachable_at(urls, now))

    def _dial_failed(self, node: NodeId) -> None:
        self.feed(lambda now: self.pipeline.dial_failed(node, now))

    def introduce(self, node: NodeId, envelope: bytes) -> bool | None:
        """See `Pipeline.introduce`."""
        return self.feed(lambda _: self.pipeline.introduce(node, envelope))

    # -- outputs

    def _hand(self, output: Output) -> None:
        assert self._writer is not None
        assert self._blobs is not None
        assert self._links is not None
        match output:
            case Send():
                self._send(output)
            case Save(room, batches):
                self._writer.put(StoredBatch(room, b.author, b.first, b.count, b.data) for b in batches)
            case Rewrite(room, reduced, dropped):
                self._writer.rewrite(room, reduced, dropped, partial(self._rewritten, room))
            case Damaged():
                for listener in self.on_damage:
                    listener(output)
            case Inked():
                for see in self.on_ink:
                    see(output)
            case CloseLink(number, code, text):
                link = self._links.get(number)
                if link is not None:
                    if link.peer is not None or code not in (CloseCode.NORMAL, CloseCode.SILENT):
                        _log.warning("closing the link from %s: %s (code %d)", link.remote, text[:200], code)
                    link.close(code, text)
            case Dial(node, urls):
                assert self._dial is not None
                self._dial(node, urls, self._dial_failed)
            case LoadRoom(room, name):
                assert self._spawn is not None
                self._unnamed[room] = name
                self._spawn(self._load(room, name), name=f"load {name}")
            case KeepBlob(content, data):
                self._blobs.keep(content, data, partial(self._kept, content))
            case LoadBlob(content):
                self._blobs.load(content, partial(self._loaded, content))
            case DropBlob(content):
                self._blobs.drop(content)
            case ForReleases():
                self.on_releases(output)
            case Introduced():
                self.on_introduced(output)
            case KeepTime(mesh_s):
                self.on_keep_time(mesh_s)
            case Alarm(text):
                self._alarm(text)
            case CutOff(node, text):
                self._alarm(f"board {node.hex()[:8]} is cut off for a while: {text}")
            case RoomChanged(_, name, before, after):
                _log.info("room %s: %s -> %s", name, before.value, after.value)

    def _alarm(self, text: str) -> None:
        self.alarms.append(text)
        _log.error("%s", text)

    def _rewritten(self, room: RoomId, ok: bool) -> None:
        self.feed(lambda now: self.pipeline.rewritten(room, now, ok=ok))

    def _kept(self, content: BlobHash, ok: bool) -> None:
        self.feed(lambda now: self.pipeline.attachments.kept(content, now, ok=ok))
        waiting = self._keeps.pop(content, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(ok)

    def _loaded(self, content: BlobHash, data: bytes | None) -> None:
        self.feed(lambda now: self.pipeline.attachments.loaded(content, data, now))

    async def keep_blob(self, content: BlobHash, data: bytes) -> bool:
        """Keep a blob of an archive, and wait until it is durable; False if it was here already.

        Raises:
            RefusedError: it does not fit its name, may not be shown, or there is no room for it.
            StoreError: the disk takes nothing.
        """
        refused: list[RefusedError] = []
        taken = False

        def take(now: float) -> None:
            nonlocal taken
            try:
                taken = self.pipeline.attachments.take(content, data)
            except RefusedError as error:
                refused.append(error)

        self.feed(take)
        if refused:
            raise refused[0]
        if not taken:
            return False
        self._keeps[content] = done = asyncio.get_running_loop().create_future()  # `_kept` comes in a later turn
        if not await done:
            raise StoreError("an image could not be written; free some space on the disk and import again")
        return True

    def _send(self, output: Send) -> None:
        assert self._links is not None
        link = self._links.get(output.link)
        if link is None:
            return
        if output.channel is Channel.LOG:
            failpoints.hit("before_send")
        elif output.channel is Channel.CTL and output.data[1:2] == RECEIPT_BYTE:
            failpoints.hit("before_receipt")
        sent = link.send(output.channel, output.data)
        if not sent and output.channel is not Channel.LIVE:
            link.close(CloseCode.SLOW, "this link takes nothing any more")
        if output.channel is Channel.LOG:
            failpoints.hit("after_send")
        elif output.channel is Channel.CTL and output.data[1:2] == RECEIPT_BYTE:
            failpoints.hit("after_receipt")

    async def until_loaded(self, room: RoomId) -> None:
        """Wait until all that the disk holds of an open room has been brought."""
        await self._loads.setdefault(room, asyncio.Event()).wait()

    async def until_stored(self, room: Room) -> None:
        """Log what is being gathered, and wait until the disk has all that this board has logged in a room by now.

        Raises:
            StoreError: the disk takes nothing.
        """
        self.feed(self.pipeline.flush)
        is_stored = room.saved_by_now()  # people go on drawing meanwhile
        while not is_stored():
            if self.pipeline.store_failed_text is not None:
                raise StoreError(f"what was taken is in memory and not on the disk: {self.pipeline.store_failed_text}")
            self._commits.append(asyncio.get_running_loop().create_future())
            await self._commits[-1]

    def _wake(self) -> None:
        waiting, self._commits = self._commits, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def name_rooms(self) -> None:
        """Write the names of rooms to the disk that are not there yet, so that their ink is found by name.

        Raises:
            StoreError: the disk takes nothing.
        """
        for room, name in list(self._unnamed.items()):
            await asyncio.to_thread(self._store.add_room, StoredRoom(room, self._mesh, name))
            self._unnamed.pop(room, None)

    async def _name_again(self) -> None:
        with suppress(StoreError):  # it comes again with the next commit
            await self.name_rooms()

    async def _load(self, room: RoomId, name: str) -> None:
        """Remember a room, and bring what the disk holds of it to the pipeline, in portions."""
        try:
            await self.name_rooms()
        except StoreError as error:  # a full disk can still be read
            _log.error("room %s cannot be named on the disk, which is tried again with its ink: %s", name, error)
        try:
            batches = await asyncio.to_thread(lambda: [batch.data for batch in self._store.load(room)])
        except StoreError as error:
            text = str(error)
            _log.error("room %s cannot be read: %s", name, text)
            self.feed(lambda _: self.pipeline.store_failed(text))
            batches = []
        for at in range(0, len(batches), LOAD_PORTION):
            portion = batches[at : at + LOAD_PORTION]
            self.feed(partial(self.pipeline.loaded, room, portion, done=False))
            await asyncio.sleep(0)
        self.feed(partial(self.pipeline.loaded, room, (), done=True))
        self._loads.setdefault(room, asyncio.Event()).set()

    def stop(self) -> None:
        """Log what is being gathered, and take no further input."""
        self.feed(self.pipeline.flush)
        self._driver.close()


RECEIPT_BYTE = bytes((Receipt.NUMBER,))
