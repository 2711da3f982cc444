"""What `edgeboard ota` tells people while it works, and people or scripts when it has ended."""

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from edgeboard.ota.fetching import Progress  # which takes cryptography; an installer shows progress, too

BAR = 24  # characters
DRAW_S = 0.1  # between two drawings of a bar
CLOCK_S = 0.5  # between two drawings of how long something has taken


@final
class Desk:
    """Tells people, or scripts."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._has_bar = not as_json and sys.stderr.isatty()
        self._drawn = 0.0
        self._clock: _Clock | None = None

    def tell(self, fields: dict[str, Any], text: str, *, is_trouble: bool = False) -> None:
        """The result, in one of its two forms."""
        self.clear()
        if self._as_json:
            print(json.dumps(fields))
        else:
            print(text, file=sys.stderr if is_trouble else sys.stdout)

    def say(self, line: str) -> None:
        """What is going on, for people."""
        self.clear()
        if not self._as_json:
            print(line, file=sys.stderr, flush=True)

    def draw(self, what: str, done: int, whole: int) -> None:
        """How far something is; of what nobody can tell how long it will be (`whole` 0), for how long it has been."""
        self._stop_clock()
        if self._has_bar and not whole:
            self._clock = _Clock(what)
            return
        now = time.monotonic()
        if self._has_bar and (now - self._drawn >= DRAW_S or done >= whole):
            self._drawn = now
            filled = BAR * done // whole
            _draw_line(f"{what:<10} [{'#' * filled}{'.' * (BAR - filled)}] {_mib(done, whole)}")

    def clear(self) -> None:
        self._stop_clock()
        if self._has_bar:
            _draw_line("")

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.stop()
            self._clock = None

    def waiting(self, waited_s: float) -> None:
        """Somebody else works: for how long that has been waited for."""
        now = time.monotonic()
        if self._has_bar and now - self._drawn >= DRAW_S:
            self._drawn = now
            _draw_time("waiting", waited_s)

    def fetching(self, progress: "Progress") -> None:
        self.draw("fetching", progress.done, progress.total)


@final
class _Clock:
    """Draws how long something has taken, while whoever does it is busy."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        began = time.monotonic()
        _draw_time(self._what, 0.0)
        while not self._is_over.wait(CLOCK_S):
            _draw_time(self._what, time.monotonic() - began)

    def stop(self) -> None:
        """Nothing is drawn from here on."""
        self._is_over.set()
        self._thread.join()


def _draw_time(what: str, seconds: float) -> None:
    minutes, rest = divmod(int(seconds), 60)
    _draw_line(f"{what:<10} {minutes}:{rest:02}")


def _draw_line(line: str) -> None:
    """In the place of the line that stands there."""
    print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def _mib(done: int, whole: int) -> str:
    return f"{done / 2**20:.1f} of {whole / 2**20:.1f} MiB"
