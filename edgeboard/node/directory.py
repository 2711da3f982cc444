"""Boards by the names that people know them by: those of the mesh that are known here, and those that were put out.

Whoever is put out is forgotten at once, so his name is taken down at that moment, and kept in a file of its own. It is
for people alone: where it is lost, the id is shown.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from edgeboard.errors import DecodeError, StateError, UserError
from edgeboard.identity.charter import REVOCATIONS_MAX
from edgeboard.identity.grants import Grant
from edgeboard.identity.keyfile import keep_departed, load_departed
from edgeboard.ids import NodeId
from edgeboard.wire.members import Record

SHORTEST_ID = 6  # digits of a node id that are enough, if only one board that is known has them

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """A board; `name` is empty and `grant` None where that is not known."""

    node: NodeId
    name: str = ""
    grant: Grant | None = None

    def __str__(self) -> str:
        short = self.node.hex()[:8]
        return f"{self.name} ({short})" if self.name else short

    def is_called(self, wanted: str) -> bool:
        """Whether it has this name or an id that begins so, in small letters."""
        is_id = len(wanted) >= SHORTEST_ID and self.node.hex().startswith(wanted)
        return is_id or (bool(wanted) and self.name.casefold() == wanted)

    def as_fields(self) -> dict[str, str]:
        return {"node": self.node.hex(), "name": self.name}


@final
class Directory:
    """What one node knows of others by name.

    Args:
        records: what the members of the mesh say of themselves, this node among them.
        state: the directory where the names of those are kept that were put out.
    """

    def __init__(self, records: Callable[[], Iterable[Record]], state: Path) -> None:
        self._records = records
        self._state = state
        self._departed = {NodeId(node): name for node, name in load_departed(state).items()}
        self._keeping = asyncio.Lock()

    def __iter__(self) -> Iterator[Known]:
        """The boards that are known now."""
        for record in self._records():
            yield Known(record.node, record.about.name, _grant(record.about.grant))

    def get(self, node: NodeId) -> Known:
        """What is known of a board, though it may be its id alone."""
        found = next((each for each in self if each.node == node), None)
        if found is None or not found.name:
            return Known(node, self._departed.get(node, ""), None if found is None else found.grant)
        return found

    def find(self, text: str) -> Known:
        """The board that is meant by its name, its whole id, or the beginning of that.

        Raises:
            StateError: none that is known, or several; the text lists them.
        """
        wanted = text.strip().casefold()
        boards = list(self)
        found = [each for each in boards if each.is_called(wanted)]
        if not found:  # of a name that a new board has got, the old one is not meant any more
            found = [each for each in map(self.get, self._departed) if each.is_called(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise StateError(f"{text!r} may be any of: {_listed(found)}; say which by its id")
        if len(wanted) == 32:
            try:
                return Known(NodeId(bytes.fromhex(wanted)))
            except ValueError:
                pass
        raise StateError(
            f"no board is known here by the name or the id {text!r}; known are: {_listed(boards)}. "
            f"An id may be cut to {SHORTEST_ID} digits or more; `edgeboard status` on a board shows it"
        )

    def depart(self, node: NodeId) -> None:
        """A board was put out: take down its name before it is forgotten."""
        self.name(self.get(node))

    def name(self, known: Known) -> None:
        """Know from now on what a board was called that was put out."""
        if not known.name:
            return
        self._departed.pop(known.node, None)
        self._departed[known.node] = known.name
        while len(self._departed) > REVOCATIONS_MAX:
            del self._departed[next(iter(self._departed))]

    async def keep(self) -> None:
        """Put the names on the disk; a disk that takes nothing costs a name, and no more."""
        async with self._keeping:
            try:
                await asyncio.to_thread(
                    keep_departed, self._state, {bytes(node): name for node, name in self._departed.items()}
                )
            except UserError as error:
                _log.warning("the name of a board that was put out is not kept: %s", error)


def _grant(data: bytes) -> Grant | None:
    try:
        return Grant.from_bytes(data)
    except DecodeError:
        return None


def _listed(boards: Iterable[Known]) -> str:
    return ", ".join(str(each) for each in sorted(boards, key=lambda each: (each.name.casefold(), each.node))) or "none"
