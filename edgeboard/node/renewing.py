"""Between the disk, `edgeboard ota` and the engine of releases (`renewal`). A shell: nothing is decided here.

What boards fetch for each other lies in a folder of the node's own; what `edgeboard ota` has verified is read where
that keeps it, and nothing is ever written there.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, final

from edgeboard.blobs.values import DropBlob, KeepBlob, LoadBlob
from edgeboard.errors import CloseCode, RefusedError, StateError
from edgeboard.ids import BlobHash, NodeId
from edgeboard.node.node import Node
from edgeboard.node.renewal import Renewal
from edgeboard.node.values import ForReleases
from edgeboard.ota.values import Layout
from edgeboard.storage.blobs import BlobShelves, BlobStore

if TYPE_CHECKING:
    from edgeboard.ota.chunks import Place

LOOK_S = 30.0  # between two looks at what `edgeboard ota` has brought
OFFER_S = 4.0  # for which somebody who may have it is waited for
COME_S = 16.0  # for which it may take to come; `edgeboard ota` waits for 20 s
WAITING_MAX = 16  # questions at the same time


@final
class ReleaseFiles:
    """Implements `BlobStore`: own chunks in a store, and others where updates are kept."""

    def __init__(self, chunks: BlobStore) -> None:
        self._chunks = chunks
        self.places: Mapping[bytes, Place] = {}

    def listing(self) -> list[tuple[BlobHash, int]]:
        return self._chunks.listing()

    def read(self, content: BlobHash) -> bytes | None:
        place = self.places.get(content)
        data = None if place is None else place.read()
        if data is not None and hashlib.sha256(data).digest() == content:
            return data
        return self._chunks.read(content)

    def write(self, content: BlobHash, data: bytes) -> None:
        self._chunks.write(content, data)

    def remove(self, content: BlobHash) -> None:
        self._chunks.remove(content)


@final
class Renewing:
    """Gives and gets releases for one node."""

    def __init__(self, node: Node, layout: Layout, chunks: BlobStore) -> None:
        self._node = node
        self._layout = layout
        self._files = ReleaseFiles(chunks)
        self._shelves = BlobShelves(self._files)
        self._waiting: dict[BlobHash, list[asyncio.Future[None]]] = {}
        self._stored: set[BlobHash] = set()
        self._stamp: tuple[object, ...] = ()
        node.on_releases = self._hand

    async def run(self) -> None:
        """Look at the disk, now and then."""
        held = await asyncio.to_thread(self._shelves.listing)
        self._stored.update(content for content, _ in held)
        self._node.feed(lambda _: self._renewal.restore(held))
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell the engine what `edgeboard ota` has brought since the last look."""
        if not await asyncio.to_thread(self._layout.state.is_dir):
            return
        from edgeboard.ota import seeding  # a board without updates carries none of it

        stamp = await asyncio.to_thread(seeding.stamp, self._layout)
        if stamp == self._stamp:
            return
        seed = await asyncio.to_thread(seeding.look, self._layout)
        self._stamp = stamp
        self._files.places = seed.places
        for content in self._twice(seed.places):
            self._shelves.drop(content)
        own = {BlobHash(content): place.size for content, place in seed.places.items()}
        self._node.feed(lambda now: self._renewal.offer(own, seed.told, seed.reports, now))

    def _twice(self, places: "Mapping[bytes, Place]") -> list[BlobHash]:
        """Chunks of our own that now lie where updates are kept, too."""
        found = [content for content in self._stored if content in places]
        self._stored.difference_update(found)
        return found

    @property
    def _renewal(self) -> Renewal:
        return self._node.pipeline.renewal

    # -- what `edgeboard ota` asks for

    def describe(self) -> dict[str, Any]:
        """Which boards have what, and how releases fared."""
        boards = [
            {
                "node": node.hex(),
                "channel": told.channel,
                "machine": told.machine,
                "version": told.version,
                "counter": told.counter,
                "timestamp": told.timestamp,
                "committed": bool(told.is_committed),
                "metadata": hashlib.sha256(repr(sorted(told.files)).encode()).hexdigest(),
            }
            for node, told in self._renewal.boards().items()
        ]
        outcomes = {str(counter): list(told) for counter, told in self._renewal.outcomes().items()}
        return {"boards": boards, "outcomes": outcomes}

    def want(self, wanted: Sequence[str]) -> None:
        """Fetch these chunks, by their SHA-256, hex; soon."""
        contents = [BlobHash(bytes.fromhex(each)) for each in wanted]
        self._node.feed(lambda now: self._renewal.want(contents, now))

    async def metadata(self, name: str, board: str) -> bytes:
        """A metadata file of one board, or of any.

        Raises:
            StateError: nobody has it. RefusedError: too much is asked for.
        """
        try:
            node = NodeId(bytes.fromhex(board)) if board else None
        except ValueError:
            raise StateError(f"{board[:40]!r} is no board") from None
        for content, _ in self._renewal.files(name, node)[:2]:
            try:
                return await self._get(content)
            except StateError:
                continue
        raise StateError(f"no board of the mesh gives {name[:80]}")

    async def content(self, sha256: str) -> bytes:
        """A manifest or a chunk, as long as a board has it. Raises as `metadata`."""
        return await self._get(BlobHash(bytes.fromhex(sha256)))

    async def _get(self, content: BlobHash) -> bytes:
        if sum(map(len, self._waiting.values())) >= WAITING_MAX:
            raise RefusedError(CloseCode.RATE, "too much is asked of the mesh at once; try again in a moment")
        self._node.feed(lambda now: self._renewal.want([content], now))
        if not self._renewal.holds(content):
            await self._wait(content)
        data = await asyncio.to_thread(self._files.read, content)
        if data is None:
            self._node.feed(lambda now: self._renewal.loaded(content, None, now))
            raise StateError("it is gone from the disk of this board")
        return data

    async def _wait(self, content: BlobHash) -> None:
        came = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(content, []).append(came)
        try:
            await asyncio.wait([came], timeout=OFFER_S)
            if not came.done() and self._renewal.can_come(content):
                await asyncio.wait([came], timeout=COME_S - OFFER_S)
            if not came.done():
                raise StateError("no board of the mesh has given it")
        finally:
            waiting = self._waiting[content]
            waiting.remove(came)
            if not waiting:
                del self._waiting[content]

    # -- the engine's outputs

    def _hand(self, output: ForReleases) -> None:
        match output.output:
            case KeepBlob(content, data):
                self._shelves.keep(content, data, partial(self._kept, content))
            case LoadBlob(content):
                self._shelves.load(content, partial(self._loaded, content))
            case DropBlob(content):
                self._stored.discard(content)
                self._shelves.drop(content)

    def _kept(self, content: BlobHash, ok: bool) -> None:
        if ok:
            self._stored.add(content)
        self._node.feed(lambda now: self._renewal.kept(content, now, ok=ok))
        for came in self._waiting.get(content, ()) if ok else ():
            if not came.done():
                came.set_result(None)

    def _loaded(self, content: BlobHash, data: bytes | None) -> None:
        self._node.feed(lambda now: self._renewal.loaded(content, data, now))

    def close(self) -> None:
        """Wait for what is being written."""
        self._shelves.close()
