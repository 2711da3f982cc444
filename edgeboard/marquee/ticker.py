"""What of the marquee is to be seen at a moment of mesh time: a pure function of items, fall-back text and that moment.

`Ticker.at` may be asked for any moment, in any order, 100,000 times a second; plans are made when the items change or
their time has come, and kept.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, NamedTuple, final

from edgeboard.marquee.items import Level, TickerItem, one_line
from edgeboard.marquee.layout import Plan, Slot, cast, slots_of
from edgeboard.marquee.spans import Spans

KEPT_MAX: Final = 4  # items that have ended, and are tried to be kept by which the others stand where they do
PLANS_MAX: Final = 64  # kept; more are made anew
LEAST_FALLBACK: Final = "edgeboard"  # where even the fall-back text is empty

_make_frame: Final = tuple.__new__


class TickerFrame(NamedTuple):
    """What shows at a moment."""

    plan: Plan
    turn: int  # of the slot whose turn it is
    elapsed_s: float  # since that slot began
    mesh_s: float  # the moment
    next_change: float  # mesh s: the next slot, or the next plan

    @property
    def slot(self) -> Slot:
        return self.plan.slots[self.turn]

    @property
    def item(self) -> TickerItem:
        return self.plan.slots[self.turn].item

    @property
    def level(self) -> Level:
        return self.plan.slots[self.turn].item.level

    @property
    def text(self) -> str:
        return self.plan.slots[self.turn].item.text

    @property
    def offset_em(self) -> float:
        """How far the whole cycle has moved by, em: from 0 to below its length in seconds times `rate`."""
        plan = self.plan
        return (plan.starts_us[self.turn] / 1e6 + self.elapsed_s) * plan.rate

    def page(self, pages: int) -> int:
        """Which of so many pages shows, where texts are turned like pages: 0 .. pages - 1."""
        return min(pages - 1, int(self.elapsed_s * pages / self.plan.slots[self.turn].length_s))

    def next_page(self, pages: int) -> float:
        """Mesh s at which another page shows, where this slot has so many."""
        end = self.plan.slots[self.turn].length_s / pages * (self.page(pages) + 1)
        return min(self.next_change, self.mesh_s - self.elapsed_s + end)


@final
class Ticker:
    """The marquee of one room."""

    def __init__(self, fallback: str = "", rate: float = 3.75) -> None:
        """
        Args:
            fallback: shows while there is no valid item; never empty.
            rate: em a second, the same on all panels that are to be in step.
        """
        if not rate > 0:
            raise ValueError(f"the rate of a marquee is above 0 em a second, not {rate}")
        self._rate = rate
        self._fallback = slots_of([TickerItem("", one_line(fallback) or LEAST_FALLBACK)], rate)
        self._items: tuple[TickerItem, ...] = ()
        self._spans = Spans(rate)
        self._plans: dict[int, Plan] = {}  # of each span
        self.version = 0  # rises with each change of the items

    @property
    def items(self) -> tuple[TickerItem, ...]:
        """As they were set, those to come and those that have ended among them."""
        return self._items

    def set_items(self, items: Iterable[TickerItem]) -> bool:
        """From now on these; all at once. False if nothing is different."""
        by_id = {item.id: item for item in items}
        fresh = tuple(by_id[name] for name in sorted(by_id))
        if fresh == self._items:
            return False
        self._items = fresh
        self._spans.set_items(by_id)
        self._plans.clear()
        self.version += 1
        return True

    def at(self, mesh_s: float) -> TickerFrame:
        """What shows at a moment of mesh time."""
        number = self._spans.number_at(mesh_s)
        plan = self._plans.get(number)
        if plan is None:
            plan = self._plan(number)
        moment, starts = round(mesh_s * 1e6), plan.starts_us
        place = (moment - plan.begin_us) % plan.cycle_us
        index = bisect_right(starts, place) - 1
        end = starts[index + 1] if index + 1 < len(starts) else plan.cycle_us
        change, until = (moment - place + end) / 1e6, plan.until
        elapsed = (place - starts[index]) / 1e6
        return _make_frame(TickerFrame, (plan, index, elapsed, mesh_s, change if change < until else until))

    def _plan(self, number: int) -> Plan:
        """The plan of a span between two changes."""
        shown = cast(self._items, self._spans.start(number))
        slots = slots_of(shown, self._rate) if shown else self._fallback
        plan = Plan(
            slots,
            tuple(round(slot.start_s * 1e6) for slot in slots),
            round((slots[-1].start_s + slots[-1].length_s) * 1e6),
            round(self._spans.began(number) * 1e6),
            self._spans.end(number),
            self._rate,
            not shown,
        )
        if len(self._plans) >= PLANS_MAX:
            self._plans.clear()
        self._plans[number] = plan
        return plan

    def ended(self, mesh_s: float) -> list[str]:
        """The ids of items that ended before a moment and may be let go of: nothing that shows would move.

        Some of them, if there are many: of those whose end another cycle began at, the rest wait for the next.
        """
        begin = self._spans.began(self._spans.number_at(mesh_s))
        over = sorted(
            (item for item in self._items if item.expires <= mesh_s), key=lambda item: (item.expires, item.id)
        )
        sure = [item for item in over if max(item.expires, item.at) < begin]  # no part of what the cycle began with
        rest = [item for item in over if max(item.expires, item.at) >= begin]
        for kept in range(min(len(rest), KEPT_MAX) + 1):
            gone = sure + rest[: len(rest) - kept]
            if kept == len(rest) or self._stands_without(gone, mesh_s):
                return [item.id for item in gone]
        return [item.id for item in sure]

    def _stands_without(self, gone: list[TickerItem], mesh_s: float) -> bool:
        """Whether everybody stands where he does if these are not there."""
        ids = {item.id for item in gone}
        other = Ticker(self._fallback[0].item.text, self._rate)
        other.set_items(item for item in self._items if item.id not in ids)
        return other.at(mesh_s).plan.begin_us == self.at(mesh_s).plan.begin_us

    def check(self) -> None:
        """Assert what always holds."""
        self._spans.check()
        for number, plan in self._plans.items():
            assert plan.slots
            assert plan.begin_us < plan.until * 1e6
            assert plan.cycle_us > 0
            assert 0 <= number < len(self._spans)
            assert list(plan.starts_us) == sorted(plan.starts_us)
