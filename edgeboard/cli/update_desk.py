"""What `edgeboard ota` tells people while it works, and people or scripts when it has ended."""

import json
import sys
import time
from typing import Any, final

from edgeboard.ota.fetching import Progress

BAR = 24  # characters
DRAW_S = 0.1  # between two drawings of a bar


@final
class Desk:
    """Tells people, or scripts."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._has_bar = not as_json and sys.stderr.isatty()
        self._drawn = 0.0

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
        now = time.monotonic()
        if self._has_bar and (now - self._drawn >= DRAW_S or done >= whole):
            self._drawn = now
            filled = BAR * done // whole if whole else 0
            print(
                f"\r\033[K{what:<10} [{'#' * filled}{'.' * (BAR - filled)}] {_mib(done, whole)}",
                end="",
                file=sys.stderr,
            )
            sys.stderr.flush()

    def clear(self) -> None:
        if self._has_bar:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def waiting(self, waited_s: float) -> None:
        """Somebody else works: for how long that has been waited for."""
        now = time.monotonic()
        if self._has_bar and now - self._drawn >= DRAW_S:
            self._drawn = now
            minutes, seconds = divmod(int(waited_s), 60)
            print(f"\r\033[K{'waiting':<10} {minutes}:{seconds:02}", end="", file=sys.stderr, flush=True)

    def fetching(self, progress: Progress) -> None:
        self.draw("fetching", progress.done, progress.total)


def _mib(done: int, whole: int) -> str:
    return f"{done / 2**20:.1f} of {whole / 2**20:.1f} MiB" if whole > 1 else ""
