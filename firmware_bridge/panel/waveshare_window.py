"""Commands under way to a Waveshare UART module: how many, for how long, and what is doubtful when one goes wrong.

The module answers every command it has understood, in order, with the same "OK", and skips in silence what lost its
first byte. So the OK of a later command may be taken for that of a lost one, and only a count tells: each command is
sure once all that were said are answered, which is brought about every few windows. What is not sure is said again.

The window falls to one command when something goes wrong and grows by one after every `CLEAN` answers, so that a bad
line or a slow module is driven gently. Patience is the retransmission timer of RFC 6298 in other bounds.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, final

COMMANDS_MAX: Final = 12  # under way; nothing is known of the module's buffer but that it holds the longest frame
BYTES_MAX: Final = 256  # of them; the longest frame has 1033
SURE_AFTER: Final = 4  # windows: no more is said until all is answered
CLEAN: Final = 16  # answers in a row that let the window grow
PATIENCE_MIN_S: Final = 0.2
PATIENCE_MAX_S: Final = 1.0  # also before anything was measured
UNMEASURED_S: Final = 0.01  # commands that may work for longer say nothing about the line


@dataclass(frozen=True, slots=True)
class Order:
    """One command on its way to the module."""

    data: bytes
    work_s: float = 0.0  # that the module may take beyond the way there and back
    lasts: bool = False  # what follows depends on it: a colour


@final
class Window:
    """What was said since all was last answered."""

    def __init__(self) -> None:
        self.size = COMMANDS_MAX
        self.patience = PATIENCE_MAX_S  # s, for the answer to a command without work
        self._said: list[Order] = []
        self._open: deque[tuple[Order, float]] = deque()  # the last of them, without an answer; when they were said
        self._open_bytes = 0
        self._lasting: Order | None = None  # in force before what was said
        self._waits_since = 0.0
        self._clean = 0
        self._mean: float | None = None
        self._spread = 0.0

    @property
    def is_open(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._open)

    def deadline(self) -> float | None:
        """When the oldest should have been answered."""
        return self._waits_since + self.patience + self._open[0][0].work_s if self._open else None

    def has_room(self, order: Order) -> bool:
        if not self._open:
            return True
        if len(self._open) >= self.size or len(self._said) >= SURE_AFTER * self.size:
            return False
        return self._open_bytes + len(order.data) <= BYTES_MAX

    def say(self, order: Order, now: float) -> None:
        if not self._open:
            self._waits_since = now
        self._said.append(order)
        self._open.append((order, now))
        self._open_bytes += len(order.data)

    def answer(self, now: float) -> bool:
        """The oldest was answered; whether all is sure now."""
        order, said_at = self._open.popleft()
        self._open_bytes -= len(order.data)
        self._waits_since = now
        if order.work_s <= UNMEASURED_S:
            self.measure(now - said_at)
        self._clean += 1
        if self._clean >= CLEAN:
            self._clean = 0
            self.size = min(self.size + 1, COMMANDS_MAX)
        if self._open:
            return False
        self._lasting = next((order for order in reversed(self._said) if order.lasts), self._lasting)
        self._said.clear()
        return True

    def fall_back(self) -> list[Order]:
        """Something went wrong: what is to be said again, one by one."""
        again = [*([] if self._lasting is None else [self._lasting]), *self._said]
        self._said.clear()
        self._open.clear()
        self._open_bytes = self._clean = 0
        self.size = 1
        return again

    def measure(self, trip: float) -> None:
        """There and back took that long, in s."""
        if self._mean is None:
            self._mean, self._spread = trip, trip / 2
        else:
            self._spread += (abs(trip - self._mean) - self._spread) / 4
            self._mean += (trip - self._mean) / 8
        self.patience = min(max(self._mean + 4 * self._spread, PATIENCE_MIN_S), PATIENCE_MAX_S)

    def miss(self) -> None:
        """There was no answer in time."""
        self.patience = min(2 * self.patience, PATIENCE_MAX_S)
