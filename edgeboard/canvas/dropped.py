"""What was dropped at floors: the places that are empty by it, and the contents that are void wherever they lie.

Hashes of everything are kept from the first such entry on, and not before: most rooms never meet one.
"""

from typing import final

from edgeboard.canvas.facts import Fact, Facts
from edgeboard.ids import OpId


@final
class Dropped:
    """The dropped entries of a log."""

    __slots__ = ("_contents", "places")

    _contents: dict[bytes, OpId | None]  # by content hash: whose it is; None if it was dropped

    def __init__(self) -> None:
        self.places: list[int] = []
        self._contents = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.places)

    def add(self, place: int, content: bytes, facts: Facts) -> Fact | None:
        """Take an entry; gives the fact of that content that is held, if there is one not dropped before."""
        if not self.places:
            self._contents = {fact.hash(): fact.id for fact in facts.every()}
        self.places.append(place)
        op = self._contents.get(content)
        self._contents[content] = None
        return None if op is None else next(fact for fact in facts.contents(op) if fact.hash() == content)

    def meets(self, fact: Fact) -> bool:
        """Take a content that has come; whether it was dropped elsewhere."""
        return self._contents.setdefault(fact.hash(), fact.id) is None
