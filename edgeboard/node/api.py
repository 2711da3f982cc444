"""What people and scripts ask a node: status, rooms, logs, export and import. Answers are plain JSON values.

What only a question needs is imported when it is asked, in a thread, so that an idle board does not carry it and a pen
does not wait for it.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from importlib import import_module
from typing import Any, final

from edgeboard import __version__
from edgeboard.clock import Clock
from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError, StoreError
from edgeboard.ids import BlobHash, NodeId, RoomId, room_id, show_op
from edgeboard.node.links import Links
from edgeboard.node.node import Node
from edgeboard.ports import Blobs, Store
from edgeboard.rooms.room import MAY_LOOK, Room
from edgeboard.web.exports import Exported, Wanted

PREFIX = os.path.realpath(sys.prefix)  # now, before an update moves the link that it was started by
IMPORT_PORTION = 200  # ops logged before the loop gets a turn
PROOF_S = 4.0  # for a small write; whoever asks waits for 5 s


async def _loaded(module: str) -> None:
    await asyncio.to_thread(import_module, module)


@final
class Api:
    """The questions, over one node."""

    def __init__(
        self,
        node: Node,
        links: Links,
        store: Store,
        blobs: Blobs,
        clock: Clock,
        statistics: Callable[[], dict[str, Any]],
    ) -> None:
        self._node = node
        self._store = store
        self._links = links
        self._blobs = blobs
        self._clock = clock
        self._statistics = statistics
        self._started = clock.now()
        self._counted: dict[RoomId, tuple[int, int]] = {}  # ops then, live items then
        self._proving: asyncio.Future[bytes] | None = None

    def _room(self, name: str) -> Room:
        pipeline = self._node.pipeline
        room = pipeline.rooms.get(room_id(pipeline.identity.mesh, name))
        if room is None:
            raise StateError(f"this board has no room {name!r}; `edgeboard rooms` lists them")
        return room

    def status(self) -> dict[str, Any]:
        """Everything `edgeboard status` shows."""
        pipeline = self._node.pipeline
        identity = pipeline.identity
        mesh = asdict(pipeline.mesh.statistics())
        carriers = {number: (link.carrier, link.remote) for number, link in self._links.all()}
        for neighbour in mesh["links"]:
            neighbour["carrier"], neighbour["remote"] = carriers.get(neighbour["link"], ("", ""))
        members = pipeline.mesh.membership.members
        reached = {
            url for each in mesh["links"] if each["node"] for url in members.urls(NodeId(bytes.fromhex(each["node"])))
        }
        return {
            "software": __version__,
            "python": sys.version.split()[0],
            "prefix": PREFIX,
            "node": identity.node.hex(),
            "name": identity.name,
            "mesh": identity.mesh.hex(),
            "up_s": round(self._clock.now() - self._started, 1),
            "store_failed": pipeline.store_failed_text,
            "rooms": [self._describe(room) for room in self._sorted()],
            "guests": len(pipeline.guests),
            "links": mesh.pop("links"),
            "traffic": mesh,
            "counters": asdict(pipeline.counters),
            "refused_by": dict(self._links.refusals),
            "unreachable": {url: why for url, why in self._links.unreachable.items() if url not in reached},
            "alarms": list(self._node.alarms),
            **self._statistics(),
        }

    def _sorted(self) -> list[Room]:
        return sorted(self._node.pipeline.rooms.values(), key=lambda room: room.name)

    def _describe(self, room: Room) -> dict[str, Any]:
        """What is cheap to say of a room, however large it is."""
        return {
            "name": room.name,
            "id": room.room.hex(),
            "state": room.state.value,
            "loaded": room.is_loaded,
            "ops": room.document.statistics().ops,
            "items": self._live_items(room),
            "bytes": room.log.statistics().bytes,
            "authors": len(room.log.vector()),
            "people": len(self._node.pipeline.people[room.room]),
            "vector": room.log.vector().digest().hex(),
            "unsafe": len(room.receipts),
            "compaction": self._node.pipeline.upkeep.statistics(room.room),
        }

    def _live_items(self, room: Room) -> int:
        """How many items people see; counted anew only when something has happened."""
        ops = room.document.statistics().ops
        if self._counted.get(room.room, (-1, 0))[0] != ops:
            self._counted[room.room] = (ops, room.document.count_living())
        return self._counted[room.room][1]

    def rooms(self) -> list[dict[str, Any]]:
        """The rooms with the digest of their canvas, which is the same on every board that shows the same."""
        return [{**self._describe(room), "digest": room.document.digest().hex()} for room in self._sorted()]

    # What takes long is done in a thread, from values that no longer change; the pens never wait for it.

    async def survey(self) -> dict[str, Any]:
        """The mesh as this board sees it."""
        await _loaded("edgeboard.node.survey")
        from edgeboard.node.survey import survey

        return survey(self._node.pipeline)

    async def picture(self) -> str:
        """The same as SVG."""
        found = await self.survey()
        from edgeboard.node.survey import picture

        return await asyncio.to_thread(picture, found)

    async def prove_saving(self, token: bytes) -> dict[str, Any]:
        """Write this to the disk as ink is written, and read it back: the proof that this board saves.

        Raises:
            StoreError: it does not, or not within `PROOF_S`.
        """
        try:
            async with asyncio.timeout(PROOF_S):
                while self._proving is not None:  # a thread that hangs in a dead disk shall have no company
                    await asyncio.wait([self._proving])
                self._proving = asyncio.ensure_future(asyncio.to_thread(self._store.prove, token))
                self._proving.add_done_callback(self._proved)
                await asyncio.wait([proving := self._proving])
        except TimeoutError:
            raise StoreError(
                f"the disk has not taken a few bytes within {PROOF_S:.0f} s: it is dead or dying"
            ) from None
        return {"saved": proving.result().hex()}

    def _proved(self, proving: asyncio.Future[bytes]) -> None:
        self._proving = None
        if not proving.cancelled():
            proving.exception()  # nobody may be waiting for it any more

    async def room_log(self, name: str, at: int | None = None) -> dict[str, Any]:
        """Who did what, up to a moment (Unix ms) if one is given; `names` has those of who was here since the start."""
        room = self._room(name)
        await _loaded("edgeboard.node.exporting")
        await _loaded("edgeboard.rooms.chronicle")
        from edgeboard.node.exporting import describe_past
        from edgeboard.rooms.chronicle import describe_batches
        from edgeboard.rooms.past import take_record

        if at is None:
            batches, live = list(room.log.batches()), self._live_items(room)
            found = await asyncio.to_thread(describe_batches, room.name, batches, live)
        else:
            record = take_record(room.log, room.document)
            found = await asyncio.to_thread(describe_past, room.name, record, self._segments(room.room), at)
        people = self._node.pipeline.people[room.room]
        names = {who["person"]: people.name_of(bytes.fromhex(who["person"])) for who in found["people"]}
        return found | {"names": {person: name for person, name in names.items() if name}}

    async def export(self, name: str, wanted: Wanted) -> Exported:
        """A room as a file."""
        room = self._room(name)
        await _loaded("edgeboard.node.exporting")
        await _loaded("edgeboard.rooms.archive")
        from edgeboard.node.exporting import take_source, write_export

        source = take_source(room, self._node.pipeline.identity.mesh, wanted)
        return await asyncio.to_thread(write_export, source, wanted, self._segments(room.room), self._blobs.read)

    def _segments(self, room: RoomId) -> Callable[[], Iterator[bytes]]:
        return lambda: (segment.data for segment in self._store.history(room))

    async def convert(self, name: str, data: bytes) -> dict[str, Any]:
        """A file of another program, or of ours, as items that a page can add."""
        await _loaded("edgeboard.node.conversion")
        from edgeboard.node.conversion import convert

        return await asyncio.to_thread(convert, name, data)

    async def import_json(self, name: str, data: bytes) -> dict[str, Any]:
        """Take a room's JSON into a room of this board; ops keep their ids, so a second import changes nothing.

        Raises:
            DecodeError: no archive, or nothing in it can be taken. RefusedError: this board may look, and not draw.
            StateError: the board is busy. StoreError: the disk takes nothing.
        """
        if not self._node.pipeline.identity.draws:
            raise RefusedError(CloseCode.FORBIDDEN, MAY_LOOK)
        await _loaded("edgeboard.rooms.archive")
        from edgeboard.rooms.archive import plan_import, read_archive

        archive = await asyncio.to_thread(read_archive, data)
        room = self._node.feed(partial(self._node.pipeline.open_room, name))
        if room is None:
            raise StateError("the board is busy; try again")
        await self._node.until_loaded(room.room)
        plan = plan_import(archive, room.document)
        taken = known = 0
        refused: list[tuple[int, str]] = []
        for at in range(0, len(plan.ops), IMPORT_PORTION):
            portion = plan.ops[at : at + IMPORT_PORTION]
            result = self._node.feed(partial(self._node.pipeline.take, name, portion))
            if result is None:
                raise StateError("the board is busy; try again")
            taken, known = taken + result[0], known + result[1]
            refused += [(at + index, reason) for index, reason in result[2]]
            await asyncio.sleep(0)
        if plan.corrections:
            self._node.feed(lambda now: self._node.pipeline.draw(name, plan.corrections, now))
        if refused and not taken and not known:
            raise DecodeError(f"nothing could be taken: {refused[0][1]}")
        await self._node.until_stored(room)
        images, unkept = 0, list[tuple[BlobHash, str]]()
        for content, bytes_of_it in archive.blobs:  # after their items, so that they are needed when they come
            try:
                images += await self._node.keep_blob(content, bytes_of_it)
            except RefusedError as error:
                unkept.append((content, str(error)))
        skipped = [{"id": show_op(op), "reason": reason} for op, reason in plan.skipped]
        skipped += [{"id": content.hex(), "reason": reason} for content, reason in unkept]
        return {
            "room": name, "taken": taken, "known": known, "refused": refused, "skipped": skipped, "images": images,
        }  # fmt: skip
