"""Keeps a node running where there is no systemd: starts it, starts it again, switches when an update is armed.

The rules of this file: who ends by itself with exit code 0 wanted to; whoever ends otherwise is started anew, slower
and slower; five ends within 15 minutes are a loop, and the launcher goes back to the release before.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, final

from edgeboard.ota import records
from edgeboard.ota.launch.launcher import Clock, Launcher
from edgeboard.ota.launch.service import Child
from edgeboard.ota.states import State
from edgeboard.ota.values import Layout

LOOK_S: Final = 0.25  # between two looks
PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)  # before it is started again
ENDS_MAX: Final = 5  # as StartLimitBurst= of the unit
ENDS_S: Final = 900.0  # and StartLimitIntervalSec=


@final
class Supervisor:
    """One node, for as long as the launcher runs."""

    def __init__(
        self,
        layout: Layout,
        launcher: Launcher,
        child: Child,
        clock: Clock,
        is_told_to_stop: Callable[[], bool],
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._layout = layout
        self._launcher = launcher
        self._child = child
        self._clock = clock
        self._is_told_to_stop = is_told_to_stop
        self._say = say
        self._ends: deque[float] = deque(maxlen=ENDS_MAX)

    def run(self) -> int:
        """Until it is told to stop, or the node has ended as it wanted; returns the exit code.

        Raises:
            NoSlotError: no release can run.
        """
        self._child.start()
        while not self._is_told_to_stop():
            state = records.read_journal(self._layout).state
            if state in (State.ARMED, State.TRIAL):
                self._activate()
                continue
            process = self._child.look()
            if not process.ended:
                self._clock.pause(LOOK_S)
                continue
            if self._child.exit_code == 0:
                return 0
            self._again(process.ended)
        self._child.stop()
        return 0

    def _activate(self) -> None:
        try:
            self._launcher.activate(self._child)
        except OSError as error:
            self._say(f"the disk cannot be written, so the update waits: {error}")
            if self._child.look().ended:
                self._child.start()
            self._clock.pause(PAUSES_S[-1])

    def _again(self, how: str) -> None:
        now = self._clock.now()
        self._ends.append(now)
        if len(self._ends) == ENDS_MAX and now - self._ends[0] < ENDS_S:
            self._ends.clear()
            reason = f"it ended {ENDS_MAX} times within {ENDS_S:.0f} s; at last it {how}"
            try:
                self._launcher.give_up(self._child, reason)
            except OSError as error:
                self._say(f"{reason}, and the disk cannot be written: {error}")
            if not self._child.look().ended:
                return
        recent = sum(1 for end in self._ends if now - end < ENDS_S)
        self._clock.pause(PAUSES_S[min(recent, len(PAUSES_S)) - 1])
        self._child.start()
