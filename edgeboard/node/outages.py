"""What is said of a board that cannot be linked: one that is switched off must not fill the logs of the others."""

from dataclasses import dataclass
from typing import final

REMIND_S = 3600.0  # while it lasts


@final
@dataclass(slots=True)
class Outage:
    """The attempts to link one board, from the first that fails to the next link; `now` is in s."""

    attempts: int = 0
    _since: float = 0.0
    _said: float = 0.0
    _refused: bool = False

    def fail(self, now: float, *, refused: bool) -> bool:
        """An attempt has failed, or was refused; returns whether people should hear of it: the first time, when not
        answering turns into refusing or back, and once in `REMIND_S`."""
        is_news = self.attempts == 0 or refused != self._refused or now - self._said >= REMIND_S
        if self.attempts == 0:
            self._since = now
        if is_news:
            self._said = now
        self.attempts += 1
        self._refused = refused
        return is_news

    def end(self, now: float) -> str:
        """A link has opened; returns how long that took, or nothing if it opened at once."""
        text = "" if self.attempts == 0 else self.describe(now)
        self.attempts = 0
        return text

    def describe(self, now: float) -> str:
        """How long it has lasted: `3 attempts in 12 min`."""
        seconds, tried = now - self._since, f"{self.attempts} attempt{'s' if self.attempts > 1 else ''}"
        for unit, size in (("h", 3600), ("min", 60)):
            if seconds >= 2 * size:
                return f"{tried} in {seconds / size:.0f} {unit}"
        return f"{tried} in {seconds:.0f} s"
