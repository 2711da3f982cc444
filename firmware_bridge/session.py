"""A device kept connected: opens its line, runs its engine, and begins anew whenever the line is lost.

Rules of this file: every connection gets a fresh engine; an input is fed, the output handed on in order, one timer is
armed; what ends a connection is told once, and pauses between attempts grow to a bound.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, final

from firmware_bridge.engine import Command, DeviceEngine, Failed, Output, Ready, SetBaud, Start, Told, Write
from firmware_bridge.errors import PortError, PortMissingError
from firmware_bridge.port import OnData, OnLost, Port
from firmware_bridge.words import plain

PAUSE_FIRST_S: Final = 0.25
PAUSE_LAST_S: Final = 2.0  # a device that is plugged in again is found after this long at most

OpenPort = Callable[[OnData, OnLost], Awaitable[Port]]


class Standing(Enum):
    """How a device stands."""

    WAITING = "waiting"  # its line cannot be opened; tried again and again
    ASKING = "asking"  # the line is open, the device has not answered yet
    READY = "ready"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Change:
    """A device stands differently now."""

    standing: Standing
    text: str  # for a person: why, or who answered
    is_missing: bool = False  # nothing is plugged in there

    @property
    def is_ready(self) -> bool:
        """Whether it has answered, and is there."""
        return self.standing is Standing.READY


@final
class Session:
    """One device."""

    def __init__(
        self,
        open_port: OpenPort,
        make_engine: Callable[[], DeviceEngine],
        on_output: Callable[[Output], None],
        on_change: Callable[[Change], object],
    ) -> None:
        """
        Args:
            open_port: opens the line.
            make_engine: a fresh engine for each connection.
            on_output: gets what the engine says beyond the line's own business.
            on_change: told whenever the device stands differently.
        """
        self.change = Change(Standing.WAITING, "not opened yet")
        self.connections = 0  # that the device answered on
        self._open_port = open_port
        self._make_engine = make_engine
        self._on_output = on_output
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._engine: DeviceEngine | None = None
        self._port: Port | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over: asyncio.Future[Change] | None = None

    async def run(self) -> None:
        """Keep the device connected until this is cancelled."""
        pause = PAUSE_FIRST_S
        try:
            while True:
                change = await self._connect()
                if self.change.standing is Standing.READY:
                    pause = PAUSE_FIRST_S
                self._tell(change)
                await asyncio.sleep(pause)
                pause = min(2 * pause, PAUSE_LAST_S)
        finally:
            self._close()
            self._tell(Change(Standing.ENDED, "let go of"))

    async def ask(self) -> Change:
        """Connect once, and let go again when the device has answered or turned out not to; nothing is handed on."""
        answered = asyncio.Event()

        def listen(change: Change) -> None:
            if change.standing is Standing.READY:
                answered.set()

        told, handed = self._on_change, self._on_output
        self._on_change, self._on_output = listen, lambda output: None
        connecting, waiting = asyncio.ensure_future(self._connect()), asyncio.ensure_future(answered.wait())
        try:
            await asyncio.wait({connecting, waiting}, return_when=asyncio.FIRST_COMPLETED)
            answer = replace(connecting.result(), standing=Standing.ENDED) if connecting.done() else self.change
            self.change = Change(Standing.WAITING, "asked, and let go of")
            return answer
        finally:
            for task in (connecting, waiting):
                task.cancel()
            await asyncio.wait({connecting, waiting})
            self._on_change, self._on_output = told, handed

    def submit(self, command: Command) -> bool:
        """Hand the device a command; False if it is not connected now."""
        engine = self._engine
        if engine is None or self.change.standing is not Standing.READY:
            return False
        engine.submit(command, self._loop.time())
        self._drain()
        return True

    def statistics(self) -> dict[str, int]:
        """The counters of the engine that runs now."""
        return {} if self._engine is None else self._engine.statistics()

    async def _connect(self) -> Change:
        """One connection from its beginning to its end; returns why it ended, as what the device waits for."""
        self._over = self._loop.create_future()
        try:
            port = await self._open_port(self._receive, self._lost)
        except PortError as error:
            return Change(Standing.WAITING, str(error), isinstance(error, PortMissingError))
        self._port = port
        self._engine = self._make_engine()
        self._tell(Change(Standing.ASKING, f"{port.name}: asking who is there"))
        try:
            self._engine.submit(Start(), self._loop.time())
            self._drain()
            return await self._over
        finally:
            self._close()

    def _receive(self, data: bytes) -> None:
        if self._engine is not None:
            self._engine.receive(data, self._loop.time())
            self._drain()

    def _lost(self, why: PortError) -> None:
        self._finish(Change(Standing.WAITING, str(why), isinstance(why, PortMissingError)))

    def _finish(self, change: Change) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(change)

    def _drain(self) -> None:
        engine, port = self._engine, self._port
        if engine is None or port is None:
            return
        for output in engine.drain():
            match output:
                case Write(data):
                    port.write(data)
                case SetBaud(rate):
                    port.set_rate(rate)
                case Failed(text):
                    self._finish(Change(Standing.WAITING, plain(text)))
                case Told(text):
                    self._on_output(Told(plain(text)))
                case Ready(name):
                    name = plain(name)
                    was, self.change = self.change, Change(Standing.READY, name)
                    self._on_output(
                        replace(output, name=name)
                    )  # whoever hears of it may have something for the device at once
                    if was.standing is not Standing.READY:
                        self.connections += 1
                        self._on_change(Change(Standing.READY, name))
                case _:
                    self._on_output(output)
        if self._engine is engine:
            self._arm(engine.next_timer())

    def _arm(self, due: float | None) -> None:
        """A timer that is too early only looks again; one that is too late is set anew."""
        timer = self._timer
        if due is None or (timer is not None and timer.when() <= due):
            return
        if timer is not None:
            timer.cancel()
        self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        engine, now = self._engine, self._loop.time()
        if engine is None:
            return
        due = engine.next_timer()
        if due is not None and due <= now:
            engine.on_timer(now)
        self._drain()

    def _tell(self, change: Change) -> None:
        if change != self.change:
            self.change = change
            self._on_change(change)

    def _close(self) -> None:
        self._engine = None
        port, self._port = self._port, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if port is not None:
            port.close()
