"""The marquee of one panel, frame by frame: which one is due is a function of mesh time alone.

Rules of this file: a frame is drawn before it is due, and shown when it begins, so that panels change at one moment;
what cannot be in time is skipped and counted, never caught up with; who is too slow shows every second or third frame,
of those that all show (`timesync.pace`); while nothing moves, nothing wakes up.

Where mesh time was set, what moves goes on as it was to the end of its turn; then the marquee is empty for a moment,
and begins again with the others: nobody sees a text leap.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import Any, Final, NamedTuple, final

from edgeboard.marquee.settings import Settings
from edgeboard.marquee.ticker import Ticker, TickerFrame
from edgeboard.render.bar import Bar
from edgeboard.render.poster import Poster
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PanelContext
from edgeboard.runtime.alarm import Alarm
from edgeboard.timesync.frameclock import FrameClock
from edgeboard.timesync.pace import Pace
from edgeboard.timesync.slewing import SLEW_MAX
from edgeboard.timesync.values import MeshTime

RATE_HZ: Final = 30.0
LATE_S: Final = 0.5 / RATE_HZ  # behind its beginning, a frame is late
LOOK_S: Final = 60.0  # mesh time may slew: longer waits are looked at again
AHEAD_S: Final = 1.5 / RATE_HZ  # before its beginning, at most, a frame is drawn
EARLY_S: Final = 0.000_05  # before its beginning, a frame may be shown: the timer is no better
COST_KEPT: Final = 0.9  # of what is known of how long a frame takes, with each further one
SET_S: Final = 0.05  # more than time can be slewed by: it was set
PARTING_S: Final = 30.0  # at most, what moves goes on after mesh time was set
EMPTY_S: Final = 0.5  # and then the marquee shows nothing


class Drawn(NamedTuple):
    """A frame that waits for its beginning."""

    number: int
    after: int | None  # the frame that comes next; None: none that is known
    area: Area
    pixels: bytes


class Parting(NamedTuple):
    """What is shown after mesh time was set."""

    lag_s: float  # of what was shown before to mesh time
    end: float  # of its turn, in its time
    begin: float  # on `now`, mesh time shows at last


@final
class Ribbon:
    """A marquee on a panel."""

    def __init__(
        self,
        ticker: Ticker,
        time: MeshTime,
        now: Callable[[], float],
        pixels: Callable[[Area], bytes],
        show: Callable[[Area, bytes], None],
        context: PanelContext,
    ) -> None:
        """
        Args:
            ticker: of the room.
            time: that all panels are in step by.
            now: monotonic seconds.
            pixels: gives what was drawn in an area as the panel takes it.
            show: takes that, at the moment at which it is to be seen.
            context: of the panel.
        """
        self._ticker = ticker
        self._time = time
        self._now = now
        self._pixels = pixels
        self._show = show
        self._context = context
        self._clock = FrameClock(RATE_HZ)
        self._pace = Pace()
        self._bar: Bar | Poster | None = None
        self._stirred = asyncio.Event()
        self._drawn: Drawn | None = None
        self._due: int | None = None  # the frame after the one that shows; None: look what is to be seen now
        self._last: int | None = None  # that was shown last
        self._looked: tuple[float, float] | None = None  # now and mesh time, when they were asked for last
        self._parting: Parting | None = None
        self._cost_s = 0.0  # of drawing a frame
        self._shown = self._late = self._dropped = self._repeated = 0

    def move_to(self, surface: Surface, area: Area | None, *, is_alone: bool = False) -> None:
        """Draw there from now on, `is_alone` if the panel shows nothing else; None: nowhere."""
        kind = Poster if is_alone else Bar
        if area is None:
            self._bar = None
        elif not isinstance(self._bar, kind) or self._bar.area != area or self._bar.surface is not surface:
            self._bar = kind(surface, area, self._context)
        else:
            self._bar.forget()
        self.stir()

    def stir(self) -> None:
        """Something is different: look now what is to be seen."""
        self._due = None
        self._let_go()
        self._stirred.set()

    def has_news(self, settings: Settings) -> bool:
        """Whether it says anything: an item, or what the owner has said for when there is none."""
        if settings.fallback:
            return True
        mesh_s = self._time.at(self._now())
        return any(item.expires > mesh_s for item in self._ticker.items)

    def draw(self) -> None:
        """Draw what is to be seen now, as part of a larger frame."""
        bar = self._bar
        if bar is None:
            return
        self.stir()
        shown_s = self._look(bar, self._now())
        if self._parting is not None and self._parting.begin < inf:
            bar.clear()
        else:
            bar.draw(self._ticker.at(self._clock.start_of(self._number_at(shown_s))))

    def statistics(self) -> dict[str, Any]:
        """Frames of the marquee, as JSON values; and how well this board knows what time it is."""
        quality = self._time.quality()
        return {
            "marquee": self._bar is not None,
            "marquee_frames": self._shown,
            "marquee_frame": self._last,
            "rate_hz": round(RATE_HZ / self._pace.stride, 1),
            "late": self._late,
            "dropped": self._dropped,
            "repeated": self._repeated,
            "offset_ms": round(quality.offset_s * 1000, 3),
            "jitter_ms": round(quality.jitter_s * 1000, 3),
            "drift_ppm": round(quality.drift_ppm, 2),
            "settled": quality.settled and self._parting is None,
        }

    async def run(self) -> None:
        """Show frame by frame, until this is cancelled."""
        alarm = Alarm(self._stirred.set)
        try:
            while True:
                wait = self.step()
                if wait > 0:
                    alarm.set(min(wait, LOOK_S))
                    await self._stirred.wait()
                else:
                    await asyncio.sleep(0)  # behind: others get their turn all the same
                self._stirred.clear()
        finally:
            alarm.close()

    def step(self) -> float:
        """Show the frame that begins now, and draw the one that comes next; returns s until there is more to do."""
        bar = self._bar
        if bar is None:
            return inf
        now = self._now()
        shown_s = self._look(bar, now)
        if self._parting is not None and self._parting.begin < inf:
            return self._parting.begin - now
        drawn = self._drawn
        if drawn is not None:
            wait = self._until(drawn.number, now)
            if wait > EARLY_S:
                return wait
            if drawn.after is None or shown_s < self._clock.start_of(drawn.after):
                self._hand_on(drawn, shown_s)
            else:
                self._let_go()  # something else is to be seen by now
        elif self._due is None:
            self._make(bar, self._number_at(shown_s))
            if self._drawn is not None:
                self._hand_on(self._drawn, shown_s)
        return self._go_on(bar, now, shown_s)

    # -- frame by frame

    def _go_on(self, bar: Bar | Poster, now: float, shown_s: float) -> float:
        """Draw what comes next, if that is soon; returns s until there is more to do."""
        if self._due is None:
            return LOOK_S
        if self._clock.start_of(self._due) - shown_s > AHEAD_S:
            return self._until(self._due, now) - AHEAD_S
        number = self._due
        if self._clock.start_of(number) < shown_s - EARLY_S:  # missed
            frame = self._ticker.at(self._clock.start_of(number))
            after, in_time = self._after(bar, number, frame), self._number_at(shown_s + self._cost_s)
            if after is not None and after <= in_time:
                number = in_time
        self._make(bar, number)
        return 0.0 if self._drawn is None else max(0.0, self._until(number, self._now()))

    def _make(self, bar: Bar | Poster, number: int) -> None:
        """Draw a frame that is to be shown when it begins."""
        began = self._now()
        frame = self._ticker.at(self._clock.start_of(number))
        area, after = bar.draw(frame), self._after(bar, number, frame)
        if area is None:  # it shows already
            self._due = after
            return
        self._drawn = Drawn(number, after, area, self._pixels(area))
        took = self._now() - began
        self._cost_s = max(took, COST_KEPT * self._cost_s + (1 - COST_KEPT) * took)

    def _after(self, bar: Bar | Poster, number: int, frame: TickerFrame) -> int | None:
        """The next frame that shows something else; None if that cannot be said."""
        change = bar.next_change(frame)
        if change == inf:
            return None
        after = max(number + 1, self._clock.frame_at(change))
        if self._clock.start_of(after) < change - 1e-9:
            after += 1
        return self._pace.next_number(after)

    def _hand_on(self, drawn: Drawn, shown_s: float) -> None:
        """Show a frame."""
        self._drawn = None
        self._count(drawn.number, shown_s - self._clock.start_of(drawn.number))
        self._due = None if drawn.after is None else self._pace.next_number(drawn.after)
        self._show(drawn.area, drawn.pixels)

    def _let_go(self) -> None:
        """Do not show what was drawn; the panel does not have what is on the surface."""
        if self._drawn is not None and self._bar is not None:
            self._bar.forget()
        self._drawn = None

    def _number_at(self, shown_s: float) -> int:
        return self._pace.last_number(self._clock.frame_at(shown_s))

    def _until(self, number: int, now: float) -> float:
        lag_s = 0.0 if self._parting is None else self._parting.lag_s
        return self._time.reverse(self._clock.start_of(number) - lag_s) - now

    def _count(self, number: int, behind_s: float) -> None:
        self._shown += 1
        if self._due is not None:
            dropped = max(0, number - self._due) // self._pace.stride
            is_late = behind_s > LATE_S or dropped > 0
            self._dropped += dropped
            self._late += is_late
            self._repeated += self._last is not None and number <= self._last
            self._pace.note(is_missed=is_late, now=self._now())
        self._last = number

    # -- when mesh time was set

    def _look(self, bar: Bar | Poster, now: float) -> float:
        """What mesh time is for who looks at this panel."""
        mesh_s = self._time.at(now)
        if self._looked is not None:
            elapsed = now - self._looked[0]
            leap = mesh_s - self._looked[1] - elapsed
            if abs(leap) > SET_S + SLEW_MAX * elapsed:
                self._part(bar, leap, mesh_s)
        self._looked = now, mesh_s
        parting = self._parting
        if parting is None:
            return mesh_s
        shown_s = mesh_s + parting.lag_s
        if parting.begin == inf and shown_s >= parting.end:
            self._parting = parting._replace(begin=now + EMPTY_S)
            self._let_go()
            area = bar.clear()
            self._show(area, self._pixels(area))
        elif parting.begin <= now or (self._is_urgent(mesh_s) and not self._is_urgent(shown_s)):
            self._parting = None
            self.stir()
            return mesh_s
        return shown_s

    def _part(self, bar: Bar | Poster, leap: float, mesh_s: float) -> None:
        """Mesh time was set: what moves goes on as if it was not, for a while."""
        lag_s = (0.0 if self._parting is None else self._parting.lag_s) - leap
        frame = self._ticker.at(mesh_s + lag_s)
        if self._parting is not None and self._parting.begin < inf:  # empty, and stays so for as long as it is
            self._parting = self._parting._replace(lag_s=lag_s)
        elif self._last is None or not bar.is_moving(frame):
            self._parting = None
        else:
            self._parting = Parting(lag_s, min(frame.next_change, frame.mesh_s + PARTING_S), inf)
        self.stir()

    def _is_urgent(self, mesh_s: float) -> bool:
        return self._ticker.at(mesh_s).plan.is_critical
