"""The pens of this board: which are plugged in, and who they are to others. What each does is `hand`."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, final

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import Origin, PersonId
from edgeboard.node.core import Core
from edgeboard.node.hosting import Hosting
from edgeboard.node.values import PenPlace
from edgeboard.ports import PenMove
from edgeboard.timers import soonest
from edgeboard.wire.fields import Person

if TYPE_CHECKING:
    from edgeboard.node.hand import Hand

PENS_MAX: Final = 16


@final
class Pens:
    """All pens of this board."""

    def __init__(self, core: Core, hosting: Hosting) -> None:
        self._core = core
        self._hosting = hosting
        self._hands: dict[str, Hand] = {}

    def plug(self, device: str, place: PenPlace, origin: Origin, now: float) -> None:
        """A pen is there.

        Args:
            device: names it across restarts.
            place: what it draws with, and where.
            origin: never used before.

        Raises:
            RefusedError: too many pens, or its room cannot be opened.
        """
        from edgeboard.node.hand import Hand  # and with it the codec's way of thinning: boards without a pen need none

        self.unplug(device, now)
        core = self._core
        if len(self._hands) >= PENS_MAX:
            raise RefusedError(CloseCode.LIMIT, f"this board has {PENS_MAX} pens already")
        room = core.open_room(place.room, now)
        person = PersonId(hashlib.sha256(core.identity.person + device.encode()).digest()[:16])
        self._hands[device] = Hand(core, room, person, origin, place)
        name = core.identity.name
        core.pens[origin] = (room.room, Person((person, origin.to_bytes(8, "big"), name, place.colour)))
        self._hosting.people_changed(room.room)

    def unplug(self, device: str, now: float) -> None:
        """A pen is gone; its open stroke ends where it was."""
        hand = self._hands.pop(device, None)
        if hand is not None:
            hand.lift(now)
            del self._core.pens[hand.maker.origin]
            self._hosting.people_changed(hand.room)

    def receive(self, device: str, moves: Sequence[PenMove], now: float) -> None:
        hand = self._hands.get(device)
        if hand is not None:
            hand.receive(moves, now)

    def next_timer(self) -> float | None:
        due = None
        for hand in self._hands.values():
            due = soonest(due, hand.next_timer())
        return due

    def on_timer(self, now: float) -> None:
        for hand in self._hands.values():
            hand.on_timer(now)

    def strokes(self, device: str) -> int:
        """How many strokes a pen has ended since it was plugged in."""
        hand = self._hands.get(device)
        return 0 if hand is None else hand.strokes
