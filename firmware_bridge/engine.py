"""What every device on a serial line is: an engine that bytes, time and commands go into, and values come out of.

One mutation, then drain: who drives an engine feeds it one input, empties `drain()`, and waits until `next_timer()`.
`session` is that driver; tests drive engines with a clock of their own.
"""

from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.panel.values import PanelFacts, Update
from firmware_bridge.pen.samples import PenFacts, PenSample

# -- commands


@dataclass(frozen=True, slots=True)
class Start:
    """The line is open: find out who is there. Comes first, and again after each time the line was lost."""


@dataclass(frozen=True, slots=True)
class Show:
    """Bring this on the panel; answered by `Shown` or `Refused`, one at a time."""

    update: Update


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing will come for a while: sleep, if the device can. `Show` wakes it."""


Command = Start | Show | Rest

# -- outputs


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes for the line."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SetBaud:
    """The line's rate from here on: what was written before leaves at the old one."""

    rate: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The device has answered: what it is, and what it can. May come again when it has changed."""

    name: str  # as it says, for a person: "Wacom ISDv4, version 1040"
    pen: PenFacts | None = None
    panel: PanelFacts | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What the pen has done, in order."""

    samples: tuple[PenSample, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """The waveform of an update has begun."""

    number: int


@dataclass(frozen=True, slots=True)
class Shown:
    """An update stands on the panel, and the next may come."""

    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An update is not on the panel. `needs_all`: what the panel shows is not known any more; send all of it."""

    number: int
    text: str  # for a person
    needs_all: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What a panel's thermometer says: its waveforms depend on it."""

    celsius: float


@dataclass(frozen=True, slots=True)
class Told:
    """Something a person may want to know, for the log."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """This does not work: no answer, or not the device that was meant. The line is closed and tried again later."""

    text: str


Output = Write | SetBaud | Ready | Moved | Started | Shown | Refused | Measured | Told | Failed


class DeviceEngine(Protocol):
    """A device at the other end of a line."""

    def receive(self, data: bytes, now: float) -> None:
        """Bytes from the line, split anyhow. Never raises: what is damaged is dropped and counted.

        Args:
            data: what has come.
            now: s, monotonic, when it came.
        """

    def submit(self, command: Command, now: float) -> None: ...

    def on_timer(self, now: float) -> None: ...

    def next_timer(self) -> float | None: ...

    def drain(self) -> list[Output]:
        """All output so far, in order."""

    def statistics(self) -> dict[str, int]:
        """Counters by name: packets, dropped, resynchronised and the like."""
