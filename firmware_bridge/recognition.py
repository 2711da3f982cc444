"""Who is at the other end of a line: asks in the language of each device in turn, and stays with the one that answers.

An engine like any other, so that a device that is named and one that is found run through the same code. The order is
from the languages that others take least notice of to those that others might mistake for something.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from firmware_bridge.engine import Command, DeviceEngine, Failed, Output, Ready, SetBaud, Start


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be at the other end."""

    name: str  # for people
    rate: int  # baud, that it is asked at first
    make: Callable[[], DeviceEngine]


@final
class Recogniser:
    """Several engines, one after the other, until one of them is ready."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        """Args: candidates: in the order in which they are asked for."""
        self.chosen: str | None = None  # the name of the one that answered
        self._waiting = list(candidates)
        self._engine: DeviceEngine | None = None
        self._asked: list[str] = []
        self._is_ready = False
        self._is_heard = False  # something came while this one was asked for
        self._failures: list[tuple[str, bool]] = []  # why each does not work, and whether it was heard
        self._out: list[Output] = []

    def receive(self, data: bytes, now: float) -> None:
        self._is_heard = True
        if self._engine is not None:
            self._engine.receive(data, now)
            self._pass_on(now)

    def submit(self, command: Command, now: float) -> None:
        if self._engine is None and isinstance(command, Start):
            self._ask_next(now)
        elif self._engine is not None:
            self._engine.submit(command, now)
        self._pass_on(now)

    def on_timer(self, now: float) -> None:
        if self._engine is not None:
            self._engine.on_timer(now)
            self._pass_on(now)

    def next_timer(self) -> float | None:
        return None if self._engine is None else self._engine.next_timer()

    def drain(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def statistics(self) -> dict[str, int]:
        return {} if self._engine is None else self._engine.statistics()

    def _ask_next(self, now: float) -> None:
        if not self._waiting:
            self._engine = None
            self._out.append(Failed(self._explain()))
            return
        candidate = self._waiting.pop(0)
        self._asked.append(candidate.name)
        self._is_heard = False
        self._out.append(SetBaud(candidate.rate))
        self._engine = candidate.make()
        self._engine.submit(Start(), now)

    def _pass_on(self, now: float) -> None:
        """Hand on what the engine says; its failure is ours only once it has answered."""
        while self._engine is not None:
            engine = self._engine
            failures = len(self._failures)
            for output in engine.drain():
                if isinstance(output, Ready):
                    self._is_ready, self.chosen = True, self._asked[-1]
                if self._is_ready or not isinstance(output, Failed):
                    self._out.append(output)
                else:
                    self._failures.append((output.text, self._is_heard))
            if len(self._failures) == failures:
                return
            self._ask_next(now)

    def _explain(self) -> str:
        """Why nobody stays: of one that was meant, what it says; of many, what those say that something came from."""
        heard = [text for text, is_heard in self._failures if is_heard]
        if len(self._asked) == 1:
            return self._failures[0][0]
        text = f"nobody answers that we know; asked for: {', '.join(self._asked)}"
        return f"{text}. Something is there, though: {heard[-1]}" if heard else text
