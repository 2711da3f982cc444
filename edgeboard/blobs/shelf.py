"""What a node holds of blobs: which are on its disk, what of them is in memory, and what may go when room is needed."""

from collections.abc import Callable, Iterable, Iterator
from typing import final

from edgeboard.ids import BlobHash


@final
class Shelf:
    """The blobs of a node, oldest first.

    Args:
        keep_bytes: what all blobs together may take on the disk.
        cache_bytes: of blobs in memory, beside those that are being written.
        may_drop: whether nobody needs a blob.
    """

    def __init__(self, keep_bytes: int, cache_bytes: int, may_drop: Callable[[BlobHash], bool]) -> None:
        self._keep_bytes = keep_bytes
        self._cache_bytes = cache_bytes
        self._may_drop = may_drop
        self._held: dict[BlobHash, int] = {}  # on the disk: bytes
        self._keeping: dict[BlobHash, bytes] = {}  # being written
        self._cache: dict[BlobHash, bytes] = {}  # least used first
        self.held_bytes = 0

    def __contains__(self, content: BlobHash) -> bool:
        return content in self._held

    def __len__(self) -> int:
        return len(self._held)

    def restore(self, held: Iterable[tuple[BlobHash, int]]) -> None:
        """What the disk holds at the start, oldest first."""
        for content, size in held:
            if content not in self._held:
                self._held[content] = size
                self.held_bytes += size

    def size(self, content: BlobHash) -> int | None:
        """Bytes of a blob that is on the disk."""
        return self._held.get(content)

    @property
    def keeping(self) -> int:
        """How many blobs are being written."""
        return len(self._keeping)

    def is_known(self, content: BlobHash) -> bool:
        """Whether a blob is on the disk, or will be in a moment."""
        return content in self._held or content in self._keeping

    def keep(self, content: BlobHash, data: bytes) -> None:
        """A blob goes to the disk."""
        self._keeping[content] = data

    def kept(self, content: BlobHash, *, ok: bool) -> bool:
        """It is there, or could not be written; False if nothing was under way."""
        data = self._keeping.pop(content, None)
        if data is None:
            return False
        if ok:
            self._held[content] = len(data)
            self.held_bytes += len(data)
            self.cache(content, data)
        return True

    def read(self, content: BlobHash) -> bytes | None:
        """The bytes of a blob, if they are in memory."""
        data = self._keeping.get(content)
        if data is None and (data := self._cache.pop(content, None)) is not None:
            self._cache[content] = data  # used last
        return data

    def cache(self, content: BlobHash, data: bytes) -> None:
        """Have the bytes of a blob in memory for a while."""
        self._cache.pop(content, None)
        self._cache[content] = data
        size = sum(map(len, self._cache.values()))
        while size > self._cache_bytes and len(self._cache) > 1:
            size -= len(self._cache.pop(next(iter(self._cache))))

    def lose(self, content: BlobHash) -> None:
        """The disk does not hold it after all."""
        self.held_bytes -= self._held.pop(content, 0)
        self._cache.pop(content, None)

    def make_room(self, size: int) -> Iterator[BlobHash]:
        """Let go of what nobody needs, oldest first, until `size` bytes more would fit, if that can be done."""
        for content in list(self._held):
            if self.has_room(size):
                return
            if self._may_drop(content):
                self.lose(content)
                yield content

    def has_room(self, size: int) -> bool:
        """Whether so many bytes fit beside all that is here or under way."""
        return self.held_bytes + sum(map(len, self._keeping.values())) + size <= self._keep_bytes
