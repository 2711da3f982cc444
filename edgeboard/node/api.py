"""What people and scripts ask a node: status, rooms, logs, export and import. Answers are plain JSON values."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, final

from edgeboard import __version__
from edgeboard.clock import Clock
from edgeboard.errors import DecodeError, StateError
from edgeboard.ids import room_id
from edgeboard.node.links import Links
from edgeboard.node.node import Node
from edgeboard.render.svg import render_svg
from edgeboard.rooms.archive import describe_log, export_room, plan_import, read_archive
from edgeboard.rooms.room import Room

IMPORT_PORTION = 200  # ops logged before the loop gets a turn


@final
class Api:
    """The questions, over one node."""

    def __init__(self, node: Node, links: Links, clock: Clock, statistics: Callable[[], dict[str, Any]]) -> None:
        self._node = node
        self._links = links
        self._clock = clock
        self._statistics = statistics
        self._started = clock.now()

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
        return {
            "software": __version__,
            "python": sys.version.split()[0],
            "node": identity.node.hex(),
            "name": identity.name,
            "mesh": identity.mesh.hex(),
            "up_s": round(self._clock.now() - self._started, 1),
            "store_failed": pipeline.store_failed_text,
            "rooms": self.rooms(),
            "guests": len(pipeline.guests),
            "links": mesh.pop("links"),
            "traffic": mesh,
            "counters": asdict(pipeline.counters),
            "refused_by": dict(self._links.refusals),
            "alarms": list(self._node.alarms),
            **self._statistics(),
        }

    def rooms(self) -> list[dict[str, Any]]:
        pipeline = self._node.pipeline
        return [
            {
                "name": room.name,
                "id": room.room.hex(),
                "state": room.state.value,
                "ops": room.document.statistics().ops,
                "items": room.document.statistics().live_items,
                "bytes": room.log.statistics().bytes,
                "authors": len(room.log.vector()),
                "people": len(pipeline.people[room.room]),
                "digest": room.document.digest().hex(),
                "vector": room.log.vector().digest().hex(),
                "unsafe": len(room.receipts),
            }
            for room in sorted(pipeline.rooms.values(), key=lambda room: room.name)
        ]

    def room_log(self, name: str) -> dict[str, Any]:
        room = self._room(name)
        return describe_log(room.name, room.document, room.log)

    def export_json(self, name: str) -> str:
        room = self._room(name)
        return json.dumps(export_room(room.name, room.document, room.log), ensure_ascii=False)

    def export_svg(self, name: str, page: int) -> str:
        return render_svg(self._room(name).document, page=page)

    async def import_json(self, name: str, data: bytes) -> dict[str, Any]:
        """Take a room's JSON into a room of this board; ops keep their ids, so a second import changes nothing."""
        archive = await asyncio.to_thread(read_archive, data)
        room = self._node.feed(lambda now: self._node.pipeline.open_room(name, now))
        if room is None:
            raise StateError("the board is busy; try again")
        while not room.is_loaded:
            await asyncio.sleep(0.02)
        plan = plan_import(archive, room.document)
        taken = known = 0
        refused: list[tuple[int, str]] = []
        for at in range(0, len(plan.ops), IMPORT_PORTION):
            portion = plan.ops[at : at + IMPORT_PORTION]
            result = self._node.feed(lambda now, portion=portion: self._node.pipeline.take(name, portion, now))
            if result is None:
                raise StateError("the board is busy; try again")
            taken, known = taken + result[0], known + result[1]
            refused += [(at + index, reason) for index, reason in result[2]]
            await asyncio.sleep(0)
        if plan.corrections:
            self._node.feed(lambda now: self._node.pipeline.draw(name, plan.corrections, now))
        if refused and not taken and not known:
            raise DecodeError(f"nothing could be taken: {refused[0][1]}")
        return {"room": name, "taken": taken, "known": known, "refused": refused}
