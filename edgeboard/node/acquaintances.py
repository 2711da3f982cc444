"""Boards that this one has met, kept for the next start: where multicast does not reach, nobody else names them."""

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import final

from edgeboard.errors import UserError
from edgeboard.identity.keyfile import keep_boards, load_boards
from edgeboard.ids import MeshId, NodeId
from edgeboard.ports import Found

BOARDS_MAX = 24
URLS_MAX = 4  # of a board

Known = Iterable[tuple[NodeId, tuple[str, ...]]]

_log = logging.getLogger(__name__)


@final
class Acquaintances:
    """Whom we know, on the disk.

    Args:
        state: the state directory.
        mesh: whose members they are; those of another one are forgotten.
        alive: who is alive now, and where.
    """

    def __init__(self, state: Path, mesh: MeshId, alive: Callable[[], Known]) -> None:
        self._state = state
        self._mesh = mesh
        self._alive = alive
        self._boards: dict[NodeId, tuple[str, ...]] = {}  # who was met last comes last
        self._kept = b""

    def recall(self, found: Found) -> None:
        """Read who was met before, and tell of each."""
        data = load_boards(self._state)
        self._boards = _read(data, self._mesh)
        self._kept = data or b""
        for node, urls in self._boards.items():
            found(node, urls)

    def note(self) -> None:
        """Write down who is alive, if it is not written already. Blocks; call it in a thread, after `look`."""
        data = json.dumps(
            {"mesh": self._mesh.hex(), "boards": {node.hex(): list(urls) for node, urls in self._boards.items()}},
            indent=1,
        ).encode()
        if data == self._kept or not self._boards:
            return
        try:
            keep_boards(self._state, data)
        except UserError as error:
            _log.warning("who was met is not kept: %s", error)
        self._kept = data

    def look(self) -> None:
        """See who is alive. Whoever stays keeps its place, so that a mesh where nothing happens writes nothing."""
        alive = dict(self._alive())
        for node, urls in sorted(alive.items()):
            boards = tuple(url for url in urls if url.startswith(("http://", "https://")))[:URLS_MAX]
            if not boards:
                continue
            if node not in self._boards and len(self._boards) >= BOARDS_MAX:
                gone = next((each for each in self._boards if each not in alive), None)
                if gone is None:
                    continue
                del self._boards[gone]
            self._boards[node] = boards


def _read(data: bytes | None, mesh: MeshId) -> dict[NodeId, tuple[str, ...]]:
    """What `note` has written; nothing if it cannot be read: boards are met again."""
    try:
        fields = json.loads(data or b"{}")
        if fields.get("mesh") != mesh.hex():
            return {}
        boards = list(fields["boards"].items())[:BOARDS_MAX]
        return {NodeId(bytes.fromhex(node)): tuple(str(url) for url in urls[:URLS_MAX]) for node, urls in boards}
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as error:
        _log.warning("who was met before cannot be read: %s", error)
        return {}
