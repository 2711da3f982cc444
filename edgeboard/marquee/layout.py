"""Who has the marquee when: items take turns, in a cycle that begins anew when the cast changes.

Rules of this file: each item has a slot of its own length, so that a changed text moves nobody else; only a text that
outgrows its slot makes it longer, by quarters of the interval. What shows at a moment depends on the items and that
moment alone: nothing is remembered between two calls that another panel would not know. The browser has a twin of
this (`web/static/tickers.js`), with the same vectors.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from math import ceil, floor
from operator import add
from typing import Final, NamedTuple

from edgeboard.marquee.items import ITEMS_MAX, Level, TickerItem

GAP_EM: Final = 3.0  # between two texts
ICON_EM: Final = 1.6  # that an icon and the space behind it take
BOLD: Final = 1.1  # how much wider bold letters are
QUARTERS: Final = 4  # a slot grows by parts of the interval: rarely, and not by much
SLOT_LEAST_S: Final = 4.0  # of an item that says nothing of its interval
WIDTHS_KEPT: Final = 2_048  # texts, and letters, whose width is not reckoned again

_NARROW: Final = frozenset("iljI|!.,:;'`ftr()[]{}/\\-")
_WIDE: Final = frozenset("mwMW@%&")
_FULL: Final = (  # letters as wide as they are high: ranges of code points, from .. to
    (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F),
    (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1FAFF), (0x20000, 0x3FFFD),
)  # fmt: skip
_MARKS: Final = (  # what stands above or below the letter before it
    (0x0300, 0x036F), (0x0483, 0x0489), (0x1AB0, 0x1AFF), (0x200B, 0x200F), (0x20D0, 0x20FF), (0xFE00, 0xFE0F),
)  # fmt: skip


class Slot(NamedTuple):
    """One turn of an item in a cycle."""

    item: TickerItem
    start_s: float  # from the beginning of the cycle
    length_s: float
    copies: int  # of the text that pass by in it, evenly spaced: a long slot shall not be empty


@dataclass(frozen=True, slots=True)
class Plan:
    """What shows from one change to the next."""

    slots: tuple[Slot, ...]  # at least one
    starts_us: tuple[int, ...]  # of each slot; whole microseconds, so that turns end exactly where the next begin
    cycle_us: int
    begin_us: int  # mesh time, microseconds: when the first cycle began
    until: float  # mesh s: when another plan comes
    rate: float  # em a second
    is_fallback: bool

    @property
    def is_critical(self) -> bool:
        return self.slots[0].item.level is Level.CRITICAL


@lru_cache(WIDTHS_KEPT)
def ems(text: str) -> float:
    """About how wide a text is, em: the same on all panels, whatever fonts they have, and rather too much."""
    return reduce(add, map(_em, text), 0.0)  # not sum(), which rounds in another way than the twin


@lru_cache(WIDTHS_KEPT)
def _em(character: str) -> float:
    if not character.isascii():
        return 0.0 if _is_in(_MARKS, character) else 1.0 if _is_in(_FULL, character) else 0.72
    if character == " ":
        return 0.32
    if character in _NARROW:
        return 0.4
    if character in _WIDE:
        return 0.98
    return 0.72 if character.isupper() else 0.64


def _is_in(ranges: Sequence[tuple[int, int]], character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in ranges)


def needed_s(item: TickerItem, rate: float) -> float:
    """How long the text of an item takes to pass a point, with the gap behind it; critical ones are in bold."""
    return (ICON_EM + ems(item.text) * (BOLD if item.level is Level.CRITICAL else 1.0) + GAP_EM) / rate


def default_interval(text: str, rate: float) -> float:
    """The interval of an item of which nobody has said one: as its first text needs, on any level."""
    return float(max(SLOT_LEAST_S, ceil((ICON_EM + ems(text) * BOLD + GAP_EM) / rate)))


def cast(items: Iterable[TickerItem], mesh_s: float) -> list[TickerItem]:
    """The items that show at a moment, in their order: as they are then, one for each id, critical ones alone."""
    shown: dict[str, TickerItem] = {}
    for each in items:
        item = version_at(each, mesh_s)
        if item is not None:
            shown[item.id] = item
    found = list(shown.values())
    critical = [item for item in found if item.level is Level.CRITICAL]
    found = critical or found
    found.sort(key=lambda item: (-item.priority, item.order, item.id))
    return found[:ITEMS_MAX]


def version_at(item: TickerItem, mesh_s: float) -> TickerItem | None:
    """What an item says at a moment; None if it is not valid then. What it said before, it need not tell for ever."""
    version = item if item.was is None or mesh_s >= item.at else item.was
    return version if version.since <= mesh_s < version.expires else None


def slots_of(items: Sequence[TickerItem], rate: float) -> tuple[Slot, ...]:
    """The turns of a cycle."""
    slots: list[Slot] = []
    start = 0.0
    for item in items:
        length = length_s(item, rate)
        slots.append(Slot(item, start, length, max(1, floor(length / needed_s(item, rate)))))
        start += length
    return tuple(slots)


def length_s(item: TickerItem, rate: float) -> float:
    """How long the slot of an item is."""
    interval = item.interval_s or default_interval(item.text, rate)
    return interval * max(QUARTERS, ceil(QUARTERS * needed_s(item, rate) / interval)) / QUARTERS
