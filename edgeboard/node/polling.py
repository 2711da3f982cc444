"""Reads the sources of the marquee: each by one board of the mesh, the first alive of those that have it.

Rules of this file: who reads is found out anew several times a second; whoever takes a source over reads it at once,
and logs only what is news, under the same id, so that nothing is said twice and nothing is missed; a source that does
not answer takes no other with it, and its trouble is told once.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, final

from edgeboard.errors import EdgeboardError
from edgeboard.ids import NodeId
from edgeboard.node.node import Node
from edgeboard.ports import Source
from edgeboard.sources.mapping import item_id, wish_of
from edgeboard.sources.settings import Settings

LOOK_S: Final = 0.25  # between looks at who reads
CLAIM_S: Final = 30.0  # between looks whether the room still says what we have
AGAIN_S: Final = 1.0  # after the room has refused that

_log = logging.getLogger(__name__)


@final
class _Watched:
    """A source, and how it goes."""

    def __init__(self, settings: Settings, source: Source) -> None:
        self.settings = settings
        self.source = source
        self.reader: NodeId | None = None
        self.is_ours = not settings.shared
        self.turn = asyncio.Event()  # it is for us to read
        self.lost = asyncio.Event()  # it is not any more
        self.reads = 0
        self.trouble = ""

    def let(self, reader: NodeId | None, me: NodeId) -> None:
        """Somebody reads it now."""
        self.reader, self.is_ours = reader, reader == me
        if self.is_ours:
            self.turn.set()
            self.lost.clear()
        else:
            self.turn.clear()
            self.lost.set()


@final
class Polling:
    """All sources of a board."""

    def __init__(
        self, node: Node, room: str, settings: Sequence[Settings], make_source: Callable[[Settings], Source]
    ) -> None:
        """
        Args:
            node: whose marquee is written.
            room: which.
            settings: of each source.
            make_source: makes what reads it.
        """
        self._node = node
        self._room = room
        self._watched = [_Watched(each, make_source(each)) for each in settings]

    def describe(self) -> list[dict[str, Any]]:
        """How each goes, as JSON values."""
        name = self._node.pipeline.identity.name
        return [
            {
                "id": item_id(each.settings, name),
                "url": each.settings.url,
                "ours": each.is_ours,
                "reader": None if each.reader is None else each.reader.hex(),
                "reads": each.reads,
                "trouble": each.trouble,
            }
            for each in self._watched
        ]

    async def run(self) -> None:
        """Read until this is cancelled."""
        room = self._node.ask(partial(self._node.pipeline.open_room, self._room))
        await self._node.until_loaded(room.room)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._claim(), name="say which sources this board has")
            group.create_task(self._elect(), name="find out who reads each source")
            for each in self._watched:
                group.create_task(self._read(each), name=f"read {each.settings.name}")

    async def _claim(self) -> None:
        marquee = self._node.pipeline.marquee
        board = self._node.pipeline.identity.name
        while True:
            try:
                ids = [item_id(each.settings, board) for each in self._watched]
                self._node.ask(partial(marquee.claim, self._room, ids))
            except EdgeboardError as error:
                _log.debug("the sources of this board are not told yet: %s", error)
                await asyncio.sleep(AGAIN_S)
            else:
                await asyncio.sleep(CLAIM_S)

    async def _elect(self) -> None:
        marquee, me = self._node.pipeline.marquee, self._node.pipeline.identity.node
        while True:
            shared = [each for each in self._watched if each.settings.shared]
            names = [each.settings.name for each in shared]
            readers = self._node.ask(partial(marquee.readers, self._room, names))
            for each, reader in zip(shared, readers, strict=True):
                each.let(reader, me)
            await asyncio.sleep(LOOK_S)

    async def _read(self, watched: _Watched) -> None:
        if not watched.settings.shared:
            watched.turn.set()
        while True:
            await watched.turn.wait()
            await self._look(watched)
            await self._pause(watched)

    async def _pause(self, watched: _Watched) -> None:
        """Until it is read again; who loses it meanwhile and gets it back reads it at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(watched.settings.every_s):
                await watched.lost.wait()

    async def _look(self, watched: _Watched) -> None:
        settings, trouble = watched.settings, ""
        try:
            async with asyncio.timeout(settings.timeout_s):
                answer = await watched.source.read()
            wish = wish_of(settings, answer, self._node.pipeline.identity.name)
            self._node.ask(partial(self._node.pipeline.marquee.report, self._room, wish, settings.keep_s))
            watched.reads += 1
        except TimeoutError:
            trouble = f"it does not answer within {settings.timeout_s:g} s"
        except EdgeboardError as error:
            trouble = str(error)
        if trouble != watched.trouble:
            if trouble:
                _log.warning("source %s (%s): %s", settings.name, settings.url, trouble)
            else:
                _log.info("source %s can be read again", settings.name)
        watched.trouble = trouble


def make_source(settings: Settings) -> Source:
    """What reads a source: a file, or a web address."""
    if "://" not in settings.url:
        from edgeboard.sources.files import FileSource

        return FileSource(Path(settings.url))
    from edgeboard.sources.remote import RemoteSource

    return RemoteSource(settings.url, settings.timeout_s)
