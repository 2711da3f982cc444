"""Which entries of which logs have been taken, in whatever order they come."""

from collections.abc import Sequence
from typing import final

from edgeboard.ids import AuthorTag
from edgeboard.vectors import Vector


@final
class Holdings:
    """Per author, by a small number: how many entries are held without a gap, and which behind it."""

    __slots__ = ("_ahead", "next")

    def __init__(self) -> None:
        self.next: list[int] = []
        self._ahead: dict[int, set[int]] = {}

    def hold(self, number: int, entry: int) -> None:
        """Take an entry; one that is held already changes nothing."""
        following = self.next
        while number >= len(following):
            following.append(0)
        if entry > following[number]:
            self._ahead.setdefault(number, set()).add(entry)
        elif entry == following[number]:
            entry += 1
            ahead = self._ahead.get(number)
            if ahead:
                while entry in ahead:
                    ahead.remove(entry)
                    entry += 1
            following[number] = entry

    def hold_range(self, number: int, first: int, end: int) -> None:
        """Take the entries `first` .. `end` - 1."""
        while number >= len(self.next):
            self.next.append(0)
        if self.next[number] == first and not self._ahead.get(number):
            self.next[number] = end
        else:
            for entry in range(first, end):
                self.hold(number, entry)

    def vector(self, authors: Sequence[AuthorTag]) -> Vector:
        """What is held without gaps, by the tags of the authors."""
        return Vector(dict(zip(authors, self.next, strict=False)))

    def entries(self, number: int) -> set[int]:
        """All entries of an author that are held."""
        following = self.next[number] if number < len(self.next) else 0
        return set(range(following)) | self._ahead.get(number, set())
