"""The marquee of one panel, frame by frame: which one is due is a function of mesh time alone.

Rules of this file: a frame that is due is drawn as of its own beginning, so that panels that draw it at slightly
different moments show the same; what was missed is skipped and counted, never caught up with; while nothing moves,
nothing wakes up.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import Any, Final, final

from edgeboard.marquee.settings import Settings
from edgeboard.marquee.ticker import Ticker
from edgeboard.render.bar import Bar
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PanelContext
from edgeboard.timesync.frameclock import FrameClock
from edgeboard.timesync.values import MeshTime

RATE_HZ: Final = 30.0
LATE_S: Final = 0.5 / RATE_HZ  # behind its beginning, a frame is late
LOOK_S: Final = 60.0  # mesh time may slew: longer waits are looked at again


@final
class Ribbon:
    """A ticker on a panel."""

    def __init__(
        self,
        ticker: Ticker,
        time: MeshTime,
        now: Callable[[], float],
        hand_on: Callable[[Area], None],
        context: PanelContext,
    ) -> None:
        """
        Args:
            ticker: of the room.
            time: that all panels are in step by.
            now: monotonic seconds.
            hand_on: takes an area that was drawn.
            context: of the panel.
        """
        self._ticker = ticker
        self._time = time
        self._now = now
        self._hand_on = hand_on
        self._context = context
        self._clock = FrameClock(RATE_HZ)
        self._bar: Bar | None = None
        self._stirred = asyncio.Event()
        self._due: int | None = None  # the frame that is waited for
        self._last: int | None = None  # that was drawn last
        self._drawn = self._late = self._dropped = self._repeated = 0

    def move_to(self, surface: Surface, area: Area | None) -> None:
        """Draw there from now on; None: nowhere."""
        if area is None:
            self._bar = None
        elif self._bar is None or self._bar.area != area:
            self._bar = Bar(surface, area, self._context)
        else:
            self._bar.forget()
        self.stir()

    def stir(self) -> None:
        """Something is different: look now what is to be seen."""
        self._due = None
        self._stirred.set()

    def has_news(self, settings: Settings) -> bool:
        """Whether it says anything: an item, or what the owner has said for when there is none."""
        if settings.fallback != Settings().fallback:
            return True
        mesh_s = self._time.at(self._now())
        return any(item.expires > mesh_s for item in self._ticker.items)

    def draw(self) -> None:
        """Draw what is to be seen now, as part of a larger frame."""
        if self._bar is not None:
            self._bar.draw(self._ticker.at(self._time.at(self._now())))

    def statistics(self) -> dict[str, Any]:
        """Frames of the marquee, as JSON values; and how well this board knows what time it is."""
        quality = self._time.quality()
        return {
            "marquee": self._bar is not None,
            "marquee_frames": self._drawn,
            "marquee_frame": self._last,
            "late": self._late,
            "dropped": self._dropped,
            "repeated": self._repeated,
            "offset_ms": round(quality.offset_s * 1000, 3),
            "jitter_ms": round(quality.jitter_s * 1000, 3),
            "drift_ppm": round(quality.drift_ppm, 2),
            "settled": quality.settled,
        }

    async def run(self) -> None:
        """Draw frame by frame, until this is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            wait = self.step()
            if wait > 0:
                timer = loop.call_later(min(wait, LOOK_S), self._stirred.set)
                await self._stirred.wait()
                timer.cancel()
            else:
                await asyncio.sleep(0)  # behind: others get their turn all the same
            self._stirred.clear()

    def step(self) -> float:
        """Draw the frame that is due; returns s until the next one."""
        bar = self._bar
        if bar is None:
            return inf
        now = self._now()
        mesh_s = self._time.at(now)
        number = self._clock.frame_at(mesh_s)
        if self._due is not None and self._due - RATE_HZ <= number < self._due:  # mesh time was slewed meanwhile
            return self._until(self._due, now)
        begins = self._clock.start_of(number)
        frame = self._ticker.at(begins)
        area = bar.draw(frame)
        if area is not None:
            self._count(number, mesh_s - begins)
            self._hand_on(area)
        change = bar.next_change(frame)
        if change == inf:
            self._due = None
            return LOOK_S
        self._due = max(number + 1, self._clock.frame_at(change))
        if self._clock.start_of(self._due) < change - 1e-9:
            self._due += 1
        return self._until(self._due, now)

    def _until(self, number: int, now: float) -> float:
        return self._time.reverse(self._clock.start_of(number)) - now

    def _count(self, number: int, behind_s: float) -> None:
        self._drawn += 1
        if self._due is not None:
            self._dropped += max(0, number - self._due)
            self._late += behind_s > LATE_S or number > self._due
            self._repeated += number == self._last
        self._last = number
