"""The health gate: what a release on trial is asked, and when it has passed or failed.

The rules of this file:

1. The gate looks from outside: at the process, and at what the node answers on its control socket. What a node says
   of itself counts only where an answer is itself the proof.
2. A fault of the surroundings is not a fault of the release: without a network nobody misses the other boards, and a
   device that is gone from the machine is not missed either.
3. First all of it must hold at one moment, within `start_s`. Then the node must live and answer through `soak_s`.
4. That it saves, a node proves by a write that is read back: before the soak, and once more at its end.
5. Whoever fails is told why in words that a person can act on, with the last that the process said.

Pure: the launcher looks, and hands in what it has seen with the time. Standard library only.
"""

from dataclasses import dataclass
from enum import Enum
from typing import final

START_S = 120.0  # a Zero 2 W starts in 20 s; ten seconds more on a slow first start
SOAK_S = 600.0  # what deadlocks or leaks at once, does within ten minutes
SILENCE_S = 20.0  # without an answer: the watchdog of the unit bites at 30 s, and this says more
MEMORY_MAX = 256 * 1024 * 1024  # bytes, as MemoryMax= of the unit: half of the smallest board
REASON_MAX = 600  # characters


@dataclass(frozen=True, slots=True)
class Settings:
    """How long the gate takes.

    Attributes:
        start_s: until all of it must hold.
        soak_s: for how long it must go on living, after that.
        silence_s: without an answer, in the soak.
        memory_max: bytes that the process may take.
    """

    start_s: float = START_S
    soak_s: float = SOAK_S
    silence_s: float = SILENCE_S
    memory_max: int = MEMORY_MAX


@dataclass(frozen=True, slots=True)
class Expected:
    """What the node must be.

    Attributes:
        slot: the folder that it must run from.
        version: what it must call itself.
        peers: links to other boards before the switch.
        devices: what was connected before the switch.
    """

    slot: str
    version: str
    peers: int = 0
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """What is seen of the process.

    Attributes:
        pid: 0: there is none.
        is_ready: it has said READY=1.
        is_fed: the watchdog has been fed in time, or there is none.
        ended: how the last one ended, in words; empty while it lives.
        memory: bytes that it takes; 0: unknown, as where a service manager keeps it within bounds.
    """

    pid: int
    is_ready: bool = False
    is_fed: bool = True
    ended: str = ""
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What the node answers.

    Attributes:
        slot: the folder that it runs from.
        version: as it says.
        store_failed: why it cannot save; empty if it can.
        peers: links to other boards.
        devices: what is connected.
    """

    slot: str
    version: str
    store_failed: str = ""
    peers: int = 0
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a node.

    Attributes:
        process: the process.
        report: its answer; None if there was none.
        silence: why there was none.
        has_network: some interface that is not the loopback has a carrier.
        plugged: of the devices that were there before, those that the machine still has.
        unsaved: why it has not saved what it was asked to; empty if it has; None if it was not asked.
    """

    process: Process
    report: Report | None = None
    silence: str = ""
    has_network: bool = True
    plugged: tuple[str, ...] = ()
    unsaved: str | None = None


class Standing(Enum):
    STARTING = "starting"
    PROVING = "asked to save"  # the next look shall say whether it does
    SOAKING = "soaking"
    HEALTHY = "healthy"
    ENDED = "ended"  # the process is gone; it may be tried again, if a try is left
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    standing: Standing
    text: str  # what is waited for, or why it failed


@final
class Gate:
    """One start of a release on trial."""

    def __init__(self, expected: Expected, settings: Settings, now: float) -> None:
        """Args:
        now: when the process was started; monotonic, seconds.
        """
        self._expected = expected
        self._settings = settings
        self._started = now
        self._soaks_since: float | None = None
        self._answered = now
        self._pid = 0

    def receive(self, look: Look, now: float) -> Verdict:
        """What one look shows."""
        process = look.process
        if process.ended or (self._pid and process.pid != self._pid):
            return Verdict(Standing.ENDED, self._ended(process, now))
        self._pid = process.pid
        if look.report is not None:
            self._answered = now
        if process.is_ready and not process.is_fed:
            return Verdict(Standing.FAILED, f"the node was ready and stopped feeding its watchdog, {self._when(now)}")
        if process.memory > self._settings.memory_max:
            return Verdict(Standing.FAILED, self._too_big(process.memory, now))
        if self._soaks_since is not None:
            return self._soak(look, now)
        missing = self._missing(look)
        if not missing and look.unsaved is None:
            return Verdict(Standing.PROVING, "")
        if not missing and not look.unsaved:
            self._soaks_since = now
            return self._soak(look, now)
        missing = missing or f"the node cannot save: {look.unsaved}"
        if now - self._started >= self._settings.start_s:
            return Verdict(Standing.FAILED, f"{missing}, {self._settings.start_s:.0f} s after it was started")
        return Verdict(Standing.STARTING, missing)

    def _missing(self, look: Look) -> str:
        """What does not hold yet, in words; empty: all of it holds."""
        expected, report = self._expected, look.report
        if not look.process.pid:
            return "there is no process"
        if report is None:
            if not look.process.is_ready:
                return f"the node is not ready ({look.silence or 'it does not answer on its control socket'})"
            return f"the node says that it is ready and does not answer on its control socket ({look.silence})"
        if report.slot != expected.slot:
            return f"the node runs from {report.slot} and not from {expected.slot}"
        if report.version != expected.version:
            return f"the node says that it is version {report.version} and not {expected.version}"
        if not look.process.is_ready:
            return "the node answers and has not said that it is ready (READY=1)"
        if report.store_failed:
            return f"the node cannot save: {report.store_failed}"
        gone = [each for each in expected.devices if each in look.plugged and each not in report.devices]
        if gone:
            return f"{', '.join(gone)} was connected before and is not now, though it is plugged in"
        if expected.peers and not report.peers and look.has_network:
            return f"the node had links to {expected.peers} boards before and has none now"
        return ""

    def _soak(self, look: Look, now: float) -> Verdict:
        since = now if self._soaks_since is None else self._soaks_since
        if look.report is not None and look.report.store_failed:
            return Verdict(Standing.FAILED, f"the node cannot save: {look.report.store_failed}")
        silent = now - self._answered
        if silent >= self._settings.silence_s:
            why = f" ({look.silence})" if look.silence else ""
            return Verdict(
                Standing.FAILED,
                f"the node was ready and then fell silent: no answer on its control socket for {silent:.0f} s{why}",
            )
        if look.unsaved:
            return Verdict(Standing.FAILED, f"the node cannot save any more: {look.unsaved}, {self._when(now)}")
        if now - since >= self._settings.soak_s and look.report is not None:
            return Verdict(Standing.PROVING if look.unsaved is None else Standing.HEALTHY, "")
        return Verdict(
            Standing.SOAKING, f"healthy so far; watched for {self._settings.soak_s - (now - since):.0f} s more"
        )

    def _too_big(self, memory: int, now: float) -> str:
        return (
            f"the node takes {memory >> 20} MiB of memory, and a board has {self._settings.memory_max >> 20} MiB for "
            f"it, {self._when(now)}"
        )

    def _ended(self, process: Process, now: float) -> str:
        return f"the node {process.ended or 'was started anew by the service manager'}, {self._when(now)}"

    def _when(self, now: float) -> str:
        if self._soaks_since is None:
            return f"{now - self._started:.1f} s after it was started"
        return f"{now - self._soaks_since:.1f} s after all was well"
