"""Which blobs the live images of a room name.

Items are looked at when they come and when something touches them, never all of them: a batch without the bytes of an
image is passed over as a whole, and a room without images costs nothing.
"""

from collections.abc import Iterable
from typing import final

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.document import Document
from edgeboard.canvas.images import MARK, read_image
from edgeboard.ids import BlobHash, OpId
from edgeboard.oplog.batch import Batch
from edgeboard.rooms.arrivals import Table, added_items


@final
class Pictures:
    """The images of one room."""

    def __init__(self) -> None:
        self._shown: dict[OpId, BlobHash | None] = {}  # every image item that has come; None while it is dead
        self._counts: dict[BlobHash, int] = {}  # live items that name it

    def __contains__(self, content: BlobHash) -> bool:
        return content in self._counts

    def __len__(self) -> int:
        return len(self._counts)

    def named(self) -> list[BlobHash]:
        """The blobs that live items name."""
        return list(self._counts)

    def update(
        self, document: Document, batches: Iterable[Batch], table: Table, items: Iterable[OpId]
    ) -> tuple[list[BlobHash], list[BlobHash]]:
        """Something has happened in the room.

        Args:
            document: its canvas, which shows it already.
            batches: what came; may hold images.
            table: the origins of an author.
            items: may look different now.

        Returns:
            The blobs that are named from now on, and those that no longer are.
        """
        fresh = set(added_items(batches, table, MARK, ItemType.IMAGE))
        touched = fresh.union(self._shown.keys() & set(items)) if self._shown else fresh
        came: list[BlobHash] = []
        went: list[BlobHash] = []
        for item in sorted(touched):
            before, now = self._shown.get(item), _content(document, item)
            self._shown[item] = now
            if before == now:
                continue
            if now is not None:
                self._counts[now] = self._counts.get(now, 0) + 1
                if self._counts[now] == 1:
                    came.append(now)
            if before is not None:
                self._counts[before] -= 1
                if not self._counts[before]:
                    del self._counts[before]
                    went.append(before)
        return came, went


def _content(document: Document, item: OpId) -> BlobHash | None:
    """The blob that an item names, if it is live and can be shown."""
    shown = document.item(item)
    image = None if shown is None or shown.type != ItemType.IMAGE else read_image(shown.pieces[0][1])
    return image.content if image is not None and image.is_showable else None
