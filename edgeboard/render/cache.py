"""What is kept because it may be wanted again: so many bytes at most, and what was wanted longest ago goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OVERHEAD_BYTES: Final = 200  # of an entry, beyond the bytes of its value: about what Python takes for it


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """What a cache holds, and how often it had what was asked for."""

    entries: int
    bytes: int
    budget: int
    hits: int
    misses: int


@final
class Cache(Generic[K, V]):
    """Values by key, within a budget of bytes."""

    def __init__(self, budget: int, on_drop: Callable[[V], None] | None = None) -> None:
        """
        Args:
            budget: bytes, 0 or more; with 0 nothing is kept.
            on_drop: told of each value that is no longer kept, or was not in the first place.
        """
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0
        self._hits = 0
        self._misses = 0
        self._budget = 0
        self._on_drop = on_drop
        self.resize(budget)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def get(self, key: K) -> V | None:
        """The value, which from now on is the one that was wanted last; None if it is not here."""
        found = self._entries.get(key)
        if found is None:
            self._misses += 1
            return None
        self._hits += 1
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value of so many bytes, if it fits at all; others make room for it."""
        self.drop(key)
        size += OVERHEAD_BYTES
        if size > self._budget:
            self._let_go(value)
            return
        self._entries[key] = value, size
        self._bytes += size
        self._make_room()

    def drop(self, key: K) -> None:
        """Forget a value, if it is here."""
        found = self._entries.pop(key, None)
        if found is not None:
            self._bytes -= found[1]
            self._let_go(found[0])

    def resize(self, budget: int) -> None:
        """Another budget, bytes; what does not fit into it goes at once.

        Raises:
            ValueError: below 0.
        """
        if budget < 0:
            raise ValueError(f"a budget of {budget} bytes; it is 0 or more")
        self._budget = budget
        self._make_room()

    def statistics(self) -> CacheStatistics:
        return CacheStatistics(len(self._entries), self._bytes, self._budget, self._hits, self._misses)

    def check(self) -> None:
        """Assert that what is counted is what is held."""
        assert self._bytes == sum(size for _, size in self._entries.values())
        assert self._bytes <= self._budget

    def _make_room(self) -> None:
        while self._bytes > self._budget:
            _, (value, size) = self._entries.popitem(last=False)
            self._bytes -= size
            self._let_go(value)

    def _let_go(self, value: V) -> None:
        if self._on_drop is not None:
            self._on_drop(value)
