"""The blobs that items of our rooms name: fetched where they are missing, and given to who may see them.

Rooms say what is named, the mesh who joined what; the exchange does the rest. A guest keeps what it has made until it
hears that a second board holds it, so here stands also who waits for that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import final

from edgeboard.blobs.exchange import Exchange
from edgeboard.blobs.values import BlobSettings, BlobStatistics, DropBlob, KeepBlob, LoadBlob, Misled, Say
from edgeboard.canvas.images import judge_image
from edgeboard.ids import BlobHash, RoomId
from edgeboard.node.core import Core
from edgeboard.node.values import Alarm, Output
from edgeboard.rooms.pictures import Pictures
from edgeboard.rooms.room import Outcome, Room
from edgeboard.timers import soonest
from edgeboard.wire.fields import BLOB_CHUNK_MAX
from edgeboard.wire.messages import BlobHave, OfBlobs

SAVED, SAFE = 1, 2  # levels of a blob, as of an op
PROMISES_MAX = 1024  # blobs of which one guest is to hear when they are safe
ANNOUNCED_MAX = 8192  # blobs of a room that who joins is told of, the newest: as many as it will remember
LOOK_S = 60.0  # between looks for what is named and not wanted, because too much was


@final
class Attachments:
    """The blobs of all rooms of a node."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._exchange = Exchange(_paced(core), judge_image, self._may_have, self._may_drop)
        self._pictures: dict[RoomId, Pictures] = {}
        self._rooms: dict[BlobHash, set[RoomId]] = {}  # in which live items name it
        self._promised: dict[int, dict[BlobHash, int]] = {}  # by guest: the level that it heard last
        self._all_rooms_open = False
        self._look_due: float | None = None  # for what is named and could not be wanted yet
        core.on_outcome.append(self._on_outcome)

    # -- the disk

    def restore(self, held: Iterable[tuple[BlobHash, int]], *, all_rooms_open: bool) -> None:
        """What the disk holds, oldest first; to be told before rooms are opened.

        Args:
            all_rooms_open: every room of the disk will be opened: then what none of them names may go.
        """
        self._exchange.restore(held)
        self._all_rooms_open = all_rooms_open

    def kept(self, content: BlobHash, now: float, *, ok: bool) -> None:
        """The answer to `KeepBlob`."""
        if not self._exchange.kept(content, now, ok=ok):
            return
        links = {link for room in self._rooms.get(content, ()) for link in self._joined(room)}
        for link in sorted(links):
            if content not in self._promised.get(link, ()):
                self._exchange.announce(link, [(content, SAVED)])
        for link in self._promised:
            self._tell_level(link, content)

    def loaded(self, content: BlobHash, data: bytes | None, now: float) -> None:
        """The answer to `LoadBlob`."""
        self._exchange.loaded(content, data, now)
        if data is None and content in self._rooms:
            self._want([content])

    def take(self, content: BlobHash, data: bytes) -> bool:
        """Keep a blob of an archive; False if it is here already.

        Raises:
            RefusedError: it does not fit its name, may not be shown, or there is no room for it.
        """
        return self._exchange.take(content, data)

    def holds(self, content: BlobHash) -> bool:
        return content in self._exchange.shelf

    # -- links and messages

    def link_up(self, link: int, now: float, *, is_guest: bool) -> None:
        self._exchange.link_up(link, now, is_guest=is_guest)
        if is_guest:
            self._promised[link] = {}

    def link_down(self, link: int, now: float) -> None:
        """The link has ended, and the mesh knows."""
        self._promised.pop(link, None)
        self._exchange.link_down(link, now)
        self._tell_levels()  # fewer boards may be needed for safety

    def joined(self, link: int, room: RoomId) -> None:
        """A link has joined a room: it may want what is named there."""
        pictures = self._pictures.get(room)
        if pictures is not None:
            self._exchange.announce(link, [(content, SAVED) for content in pictures.named()[-ANNOUNCED_MAX:]])

    def receive(self, link: int, message: OfBlobs, now: float) -> None:
        """A message about blobs.

        Raises:
            RefusedError: the link has to end.
        """
        state = self._core.mesh.state(link)
        is_guest = state is not None and state.is_guest
        if isinstance(message, BlobHave) and is_guest and not self._core.guests.may_draw(link):
            return  # who may only look has nothing to give
        self._exchange.receive(link, message, now)
        if not isinstance(message, BlobHave):
            return
        promised = self._promised.get(link)
        if promised is None:
            self._tell_levels()  # another node holds more
            return
        for entry in message.held:
            content = BlobHash(entry.content)
            if len(promised) < PROMISES_MAX or content in promised:
                promised[content] = 0
            self._tell_level(link, content)

    def _tell_levels(self) -> None:
        for link, promised in self._promised.items():
            for content in list(promised):
                self._tell_level(link, content)

    def _tell_level(self, link: int, content: BlobHash) -> None:
        """Tell a guest how far a blob that it has made has come, if that is further than it knows."""
        promised = self._promised[link]
        if content not in promised or not self.holds(content):
            return
        level = self._level(content)
        if promised[content] < level:
            promised[content] = level
            self._exchange.announce(link, [(content, level)])
        if level == SAFE:
            del promised[content]

    def _level(self, content: BlobHash) -> int:
        nodes = {link for room in self._rooms.get(content, ()) for link in self._core.mesh.node_links(room)}
        return SAFE if not nodes or any(self._exchange.has(link, content) for link in nodes) else SAVED

    # -- what rooms name

    def _on_outcome(self, room: Room, outcome: Outcome) -> None:
        pictures = self._pictures.get(room.room)
        if pictures is None:
            pictures = self._pictures[room.room] = Pictures()
        came, went = pictures.update(room.document, outcome.batches, room.log.table, outcome.items)
        for content in went:
            rooms = self._rooms[content]
            rooms.discard(room.room)
            if not rooms:
                del self._rooms[content]
                self._exchange.unwant(content)
        for content in came:
            self._rooms.setdefault(content, set()).add(room.room)
        self._want(content for content in came if not self.holds(content))
        held = [(content, SAVED) for content in came if self.holds(content)]
        for link in self._joined(room.room) if held else ():
            self._exchange.announce(link, held)

    def _want(self, contents: Iterable[BlobHash]) -> None:
        if not all(self._exchange.want(content) for content in contents) and self._look_due is None:
            self._look_due = 0.0  # too much is wanted; look again when there is time

    def _joined(self, room: RoomId) -> list[int]:
        return [state.link for state, _ in self._core.mesh.joined(room)]

    def _may_have(self, link: int, content: BlobHash) -> bool:
        state = self._core.mesh.state(link)
        rooms = self._rooms.get(content, ())
        return state is not None and any(room in state.rooms and state.rooms[room].joined for room in rooms)

    def _may_drop(self, content: BlobHash) -> bool:
        return (
            self._all_rooms_open
            and content not in self._rooms
            and all(room.is_loaded for room in self._core.rooms.values())
        )

    # -- time and output

    def next_timer(self) -> float | None:
        return soonest(self._exchange.next_timer(), self._look_due)

    def on_timer(self, now: float) -> None:
        self._exchange.on_timer(now)
        if self._look_due is not None and now >= self._look_due:
            missing = (content for content in self._rooms if not self.holds(content))
            self._look_due = None if all(map(self._exchange.want, missing)) else now + LOOK_S

    def drain(self) -> Iterator[Output]:
        """All output so far; messages go out through the core."""
        for output in self._exchange.drain():
            match output:
                case Say(link, message):
                    self._core.say(link, message)
                case Misled(link, content):
                    state = self._core.mesh.state(link)
                    who = "a guest" if state is None or state.is_guest else f"node {state.node.hex()[:8]}"
                    yield Alarm(f"{who} sent wrong bytes for blob {content.hex()[:16]}: it is faulty or lies")
                case KeepBlob() | LoadBlob() | DropBlob():
                    yield output

    def statistics(self) -> BlobStatistics:
        return self._exchange.statistics()


def _paced(core: Core) -> BlobSettings:
    """The settings, slowed down where boards are told to take few messages: each piece is one."""
    settings, rate = core.settings.blobs, core.settings.messages_per_s * BLOB_CHUNK_MAX
    return replace(
        settings,
        node_bytes_per_s=min(settings.node_bytes_per_s, rate / 4),
        node_bytes_burst=min(settings.node_bytes_burst, rate),
        serve_bytes_per_s=min(settings.serve_bytes_per_s, rate / 4),
        serve_bytes_burst=min(settings.serve_bytes_burst, rate),
    )
