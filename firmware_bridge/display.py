"""A panel kept up to date: the refresh policy with a clock, between what is wanted and whoever drives the panel.

Whoever drives it may be an engine at the end of a line or a driver in a thread: both take one update at a time and say
what became of it. When the panel comes back after it was lost, all of it is shown again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, final

from firmware_bridge.engine import Command, Measured, Refused, Rest, Show, Shown, Started, Told
from firmware_bridge.panel.events import Damage, Done, Event, Failed, PenState, Reconnected, Settings, Temperature
from firmware_bridge.panel.policy import RefreshPolicy
from firmware_bridge.panel.values import PanelFacts, Rect, Update

TIMES_KEPT: Final = 1_000  # of waits from damage to waveform


@final
class Display:
    """One panel, whether it is connected now or not."""

    def __init__(
        self, facts: PanelFacts, settings: Settings, drive: Callable[[Command], bool], on_told: Callable[[str], object]
    ) -> None:
        """
        Args:
            facts: what it is.
            settings: how it is to be treated.
            drive: takes a command for it; False if it is not connected now.
            on_told: hears what a person may want to know.
        """
        self.facts = facts
        self.updates = 0  # that stand on the panel
        self.waits: deque[float] = deque(maxlen=TIMES_KEPT)  # s, from damage on an idle panel to its waveform
        self._policy = RefreshPolicy(facts, settings)
        self._drive = drive
        self._on_told = on_told
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._is_there = True
        self._flight: Update | None = None
        self._asked_at: float | None = None  # since when the update on its way is wanted
        self._idle = asyncio.Event()
        self._idle.set()

    def show(self, rect: Rect, pixels: bytes, *, is_ink: bool) -> None:
        """These pixels are wanted now.

        Args:
            rect: px, inside the panel.
            pixels: 8-bit grey, row by row.
            is_ink: a person has just drawn them.

        Raises:
            ValueError: they do not fit.
        """
        self._feed(Damage(rect, pixels, is_ink))

    def pen(self, *, is_down: bool) -> None:
        """A pen at this panel was put down or lifted."""
        self._feed(PenState(is_down))

    def connected(self) -> None:
        """The panel is there again; nobody knows what it shows."""
        self._is_there = True
        self._flight = None
        self._feed(Reconnected())

    def lost(self) -> None:
        """The panel is gone; what is wanted is kept."""
        self._is_there = False
        self._flight = None
        self._set_timer(None)
        self._idle.set()

    def on_output(self, output: Started | Shown | Refused | Measured) -> None:
        """What became of the update that is on its way, or how warm the panel is."""
        if isinstance(output, Measured):
            self._feed(Temperature(output.celsius))
            return
        if self._flight is None or output.number != self._flight.number:
            return
        match output:
            case Started():
                if self._asked_at is not None:
                    self.waits.append(self._loop.time() - self._asked_at)
                    self._asked_at = None
            case Shown(number):
                self._flight = None
                self.updates += 1
                self._feed(Done(number))
            case Refused(number, text, needs_all):
                self._flight = None
                self._on_told(f"an update of the panel was refused: {text}")
                self._feed(Failed(number, needs_all))
        if self._flight is None:
            self._idle.set()

    async def until_idle(self) -> None:
        """Wait until no update is on its way."""
        await self._idle.wait()

    @property
    def is_busy(self) -> bool:
        """Whether an update is on its way."""
        return self._flight is not None

    def statistics(self) -> dict[str, int]:
        """Counters of the policy, by name."""
        return {**self._policy.statistics(), "shown": self.updates}

    def close(self) -> None:
        """Ask nothing more of the panel."""
        self.lost()

    def _feed(self, event: Event) -> None:
        now = self._loop.time()
        was_idle = self._flight is None
        self._policy.submit(event, now)
        self._hand_on(now if was_idle and isinstance(event, Damage) else None)

    def _hand_on(self, asked_at: float | None = None) -> None:
        for output in self._policy.drain():
            match output:
                case Update():
                    if self._is_there:
                        self._flight, self._asked_at = output, asked_at
                        self._idle.clear()
                        if not self._drive(Show(output)):
                            self.lost()
                case Rest():
                    if self._is_there:
                        self._drive(Rest())
                case Told(text):
                    self._on_told(text)
        self._set_timer(self._policy.next_timer() if self._is_there else None)

    def _set_timer(self, due: float | None) -> None:
        if self._timer is not None:
            if due is not None and self._timer.when() == due:
                return
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._policy.on_timer(self._loop.time())
        self._hand_on()
