"""The shell around a sans-IO engine: feeds it, hands its outputs on, and keeps its one timer.

Rules of this file:

- One mutation, then drain: after each input every output goes to the handler before the next input is looked at.
- Never re-entrant: an input that arrives from within the handler waits until the outputs before it are handed on.
- One loop timer, set to what the engine asks for. Engines see only the clock's time.
- An engine or a handler that raises is a bug of ours; it goes to the loop's exception handler, and the next input is
  served all the same.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, final

from edgeboard.clock import Clock

Data = TypeVar("Data")
Command = TypeVar("Command")
Output = TypeVar("Output")
Data_contra = TypeVar("Data_contra", contravariant=True)
Command_contra = TypeVar("Command_contra", contravariant=True)
Output_co = TypeVar("Output_co", covariant=True)


class Engine(Protocol[Data_contra, Command_contra, Output_co]):
    """The five verbs."""

    def receive(self, data: Data_contra, now: float) -> object: ...

    def submit(self, command: Command_contra, now: float) -> object: ...

    def on_timer(self, now: float) -> object: ...

    def next_timer(self) -> float | None: ...

    def drain(self) -> Iterable[Output_co]: ...


@dataclass(frozen=True, slots=True)
class DriverStatistics:
    inputs: int  # with timers
    outputs: int
    timers: int  # that went off
    faults: int  # exceptions of the engine or the handler
    waiting: int  # inputs, now
    next_timer: float | None  # on the clock


@final
class Driver(Generic[Data, Command, Output]):
    """Runs one engine on the running event loop.

    Args:
        engine: what is driven; nobody else calls its verbs.
        clock: the time that the engine sees.
        handle: gets every output, in order.
    """

    def __init__(self, engine: Engine[Data, Command, Output], clock: Clock, handle: Callable[[Output], None]) -> None:
        self._engine = engine
        self._clock = clock
        self._handle = handle
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Callable[[float], object]] = deque()
        self._busy = False
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None  # what the timer is set to
        self._inputs = self._outputs = self._timers = self._faults = 0

    def start(self) -> None:
        """Hand on what the engine has to say of its own accord, and set its timer."""
        self._feed(lambda now: None)

    def receive(self, data: Data) -> None:
        self._feed(lambda now: self._engine.receive(data, now))

    def submit(self, command: Command) -> None:
        self._feed(lambda now: self._engine.submit(command, now))

    def close(self) -> None:
        """Drop the timer and what waits; inputs from now on are ignored."""
        self._closed = True
        self._waiting.clear()
        self._disarm()

    def statistics(self) -> DriverStatistics:
        return DriverStatistics(
            inputs=self._inputs,
            outputs=self._outputs,
            timers=self._timers,
            faults=self._faults,
            waiting=len(self._waiting),
            next_timer=self._due,
        )

    def _feed(self, change: Callable[[float], object]) -> None:
        if self._closed:
            return
        self._waiting.append(change)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._step(self._waiting.popleft())
        finally:
            self._busy = False
        self._arm()

    def _step(self, change: Callable[[float], object]) -> None:
        self._inputs += 1
        try:
            change(self._clock.now())
        except Exception as error:
            self._report("an engine raised", error)
        try:
            for output in self._engine.drain():
                self._outputs += 1
                self._hand_on(output)
        except Exception as error:
            self._report("an engine raised while it was drained", error)

    def _hand_on(self, output: Output) -> None:
        try:
            self._handle(output)
        except Exception as error:
            self._report(f"the handler of {type(output).__name__} raised", error)

    def _report(self, text: str, error: Exception) -> None:
        self._faults += 1
        self._loop.call_exception_handler({"message": f"{type(self._engine).__name__}: {text}", "exception": error})

    def _arm(self) -> None:
        due = None
        try:
            due = None if self._closed else self._engine.next_timer()
        except Exception as error:
            self._report("an engine raised when asked for its timer", error)
        if due == self._due and self._timer is not None:
            return
        self._disarm()
        if due is not None:
            self._due = due
            delay = max(0.0, due - self._clock.now())
            self._timer = self._loop.call_at(self._loop.time() + delay, self._on_timer)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._due = None

    def _on_timer(self) -> None:
        due, self._timer, self._due = self._due, None, None
        if due is not None and self._clock.now() < due:  # loops may be early by their resolution
            self._arm()
            return
        self._timers += 1
        self._feed(self._engine.on_timer)
