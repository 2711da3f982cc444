"""What people and scripts do about the marquee: answers are plain JSON values, and a change is on the disk by then."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, final

from edgeboard.errors import DecodeError, StateError
from edgeboard.node.node import Node

if TYPE_CHECKING:
    from edgeboard.node.polling import Polling
    from edgeboard.sources.settings import Settings


@final
class Announcing:
    """The marquee of a node, for whoever asks."""

    def __init__(self, node: Node, default_room: str, sources: "Sequence[Settings]" = ()) -> None:
        """
        Args:
            node: whose rooms these are.
            default_room: whose marquee is meant where nobody says.
            sources: what is read here.
        """
        self._node = node
        self._default_room = default_room
        self._sources = sources
        self._polling: Polling | None = None

    def room(self, name: str) -> str:
        """The room that is meant."""
        return name or self._node.pipeline.marquee.default_room or self._default_room

    def listing(self, name: str) -> dict[str, Any]:
        """The items of a room, and what shows now."""
        found = self._node.ask(partial(self._node.pipeline.marquee.listing, self.room(name)))
        return found | {"sources": [] if self._polling is None else self._polling.describe()}

    async def poll(self) -> None:
        """Read the sources until this is cancelled."""
        from edgeboard.node.polling import Polling, make_source  # boards that read nothing need not load it

        self._polling = Polling(self._node, self.room(""), self._sources, make_source)
        await self._polling.run()

    async def put(self, name: str, wishes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Set items, all at one moment.

        Raises:
            DecodeError: a wish that cannot be met; nothing has changed. RefusedError, StateError: the room takes
                nothing. StoreError: the disk takes nothing; what was taken is in memory.
        """
        from edgeboard.render.icons import ICONS  # only who sets items needs them

        for wish in wishes:
            icon = wish.get("icon")
            if isinstance(icon, str) and icon and icon not in ICONS:
                raise DecodeError(f"there is no icon {icon!r:.40}; there are {', '.join(sorted(ICONS))}")
        room = self.room(name)
        changed = self._node.ask(partial(self._node.pipeline.marquee.put, room, wishes))
        answer = await self._answer(room, "changed", [item.id for item in changed])
        return answer | _boxes([str(wish.get("text", "")) for wish in wishes])

    async def remove(self, name: str, ids: Sequence[str]) -> dict[str, Any]:
        """Remove items, all at one moment; raises as `put`, and StateError if none of them is there."""
        room = self.room(name)
        removed = self._node.ask(partial(self._node.pipeline.marquee.remove, room, ids))
        if not removed:
            raise StateError(f"there is no item {ids[0]!r:.70}; list them with: edgeboard marquee list")
        return await self._answer(room, "removed", removed)

    async def _answer(self, name: str, what: str, ids: list[str]) -> dict[str, Any]:
        if ids:
            await self._node.until_stored(self._node.ask(partial(self._node.pipeline.open_room, name)))
        return self.listing(name) | {what: ids}


def _boxes(texts: Sequence[str]) -> dict[str, str]:
    """What of texts no font of this board has, and the remedy; nothing where all is well."""
    if all(text.isascii() for text in texts):
        return {}
    from edgeboard.render.typefaces import boxes_in, remedy_for  # only who needs it reads what fonts have

    boxes = boxes_in(" ".join(texts))
    return {"boxes": boxes, "boxes_remedy": remedy_for(boxes)} if boxes else {}
