"""Runs a simulated device on a real pty, in a thread: whoever opens the path cannot tell it from a port.

The device hears and speaks at the rate the host has set on the pty. `unplug` closes the pty, so that the host gets EIO
and the path vanishes; `plug` makes a new one, and the device begins as after power. Nobody listening means that what
the device says is lost, as on a real line.
"""

import os
import select
import termios
import threading
import time
import tty
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar, final

from firmware_bridge.sim.cable import Cable
from firmware_bridge.sim.line import SimDevice

CLOSED_S: Final = 0.01  # between looks whether a host has opened the pty again: the kernel does not tell
READ_BYTES: Final = 4096
BACKLOG_BYTES: Final = 4096  # under way to the device; beyond, the host's writes wait, as behind a full driver
_BAUDS: Final = {
    getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()
}

Result = TypeVar("Result")


@final
class SimHost:
    """A device, a cable and a pty.

    Args:
        device: is driven in the thread; look at it from others through `look`.
        cable: between it and the pty.
        link: a path that points to the pty while it is plugged in; folders above it are made.
        picture: where the panel's picture is written after each refresh, as PNG.
    """

    def __init__(
        self, device: SimDevice, cable: Cable, *, link: Path | None = None, picture: Path | None = None
    ) -> None:
        self.device = device
        self.cable = cable
        self._link = link
        self._picture = picture
        self._pictured = 0
        self._state = threading.Condition()  # guards all below, the device and the cable
        self._master: int | None = None
        self._path: Path | None = None
        self._has_host = False
        self._is_stopping = False
        self._wake: int | None = None
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def path(self) -> Path:
        """What to open: the link if there is one, else the pty.

        Raises:
            FileNotFoundError: it is unplugged and has no link.
        """
        if self._link is not None:
            return self._link
        if self._path is None:
            raise FileNotFoundError("the simulated device is unplugged")
        return self._path

    def start(self) -> Path:
        """Plugs the device in; returns what to open."""
        if self._thread is None:
            self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            self._is_stopping = False
            self._thread = threading.Thread(target=self._run, name="simulated device", daemon=True)
            self.plug()
            self._thread.start()
        return self.path

    def stop(self) -> None:
        """Unplugs it and ends the thread.

        Raises:
            BaseException: what went wrong in the thread, if anything did.
        """
        thread = self._thread
        if thread is None:
            return
        with self._state:
            self._is_stopping = True
        self._rouse()
        thread.join()
        self.unplug()
        self._thread = None
        if self._wake is not None:
            os.close(self._wake)
            self._wake = None
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault

    def plug(self) -> None:
        """Plugged in, on a pty that is not necessarily the one before."""
        with self._state:
            if self._master is not None:
                return
            master, slave = os.openpty()
            try:
                tty.setraw(slave)  # a port echoes nothing, even before the host has set it
                os.set_blocking(master, False)
                self._path = Path(os.ttyname(slave))
            finally:
                os.close(slave)  # so that the kernel says from here on whether a host has it open
            self._master = master
            self._has_host = False
            self.cable.mend()
            self.device.power(True, time.monotonic())
            if self._link is not None:
                self._point_link(self._path)
        self._rouse()

    def unplug(self) -> None:
        """Pulled out: the host's next read fails, and the path is gone."""
        with self._state:
            if self._master is None:
                return
            self._close()
            self.cable.mend()
            self.device.power(False, time.monotonic())
        self._rouse()

    def look(self, question: Callable[[], Result]) -> Result:
        """Asks something of the device while its thread stands still."""
        with self._state:
            return question()

    def wait(self, until: Callable[[], bool], seconds: float = 10.0) -> bool:
        """Waits until something is so, asked whenever the device has done something.

        Returns:
            Whether it came to be in time.
        """
        with self._state:
            return self._state.wait_for(lambda: until() or self._fault is not None, seconds) and self._fault is None

    def statistics(self) -> dict[str, int]:
        with self._state:
            return {**self.device.statistics(), **self.cable.statistics(), **self.counts}

    # -- the thread

    def _run(self) -> None:
        try:
            while True:
                with self._state:
                    if self._is_stopping:
                        return
                    until = self._step(time.monotonic())
                    master = self._master if self._wants_to_read() else None
                    self._state.notify_all()
                self._sleep(master, until)
        except BaseException as fault:  # stop() raises it where somebody sees it
            with self._state:
                self._fault = fault
                self._close()  # whoever has it open shall not wait for what has died
                self._state.notify_all()

    def _sleep(self, master: int | None, until: float | None) -> None:
        assert self._wake is not None
        awaited = [self._wake] if master is None else [self._wake, master]
        seconds = None if until is None else max(0.0, until - time.monotonic())
        try:
            select.select(awaited, (), (), seconds)  # goes by microseconds: a byte takes 87 of them at 115200 baud
        except ValueError:  # it knows no descriptors above 1023
            poll = select.poll()
            for each in awaited:
                poll.register(each, select.POLLIN)
            poll.poll(None if seconds is None else seconds * 1000)
        except OSError:  # EBADF: it was unplugged just now
            pass
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)

    def _step(self, now: float) -> float | None:
        """Moves whatever is to move; returns when to come back at the latest."""
        self._read(now)
        timer = self.device.next_timer()
        if timer is not None and timer <= now:
            self.device.on_timer(now)
        for baud, data in self.cable.arrived_down(now):
            self.device.set_line(baud)
            self.device.receive(data, now)
        if self._master is not None:
            self.device.set_line(self._host_baud(self._master))
        for data in self.device.drain():
            if self._master is not None:
                self.cable.send_up(data, now, self.device.baud)
        for _, data in self.cable.arrived_up(now):
            self._write(data)
        self._save_picture()
        times = [self.device.next_timer(), self.cable.next_timer()]
        if self._master is not None and not self._has_host:
            times.append(now + CLOSED_S)
        return min((each for each in times if each is not None), default=None)

    def _close(self) -> None:
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        if self._master is not None:
            os.close(self._master)
        self._master = self._path = None
        self._has_host = False

    def _wants_to_read(self) -> bool:
        return self._has_host and self.cable.backlog_down < BACKLOG_BYTES

    def _read(self, now: float) -> None:
        if self._master is None:
            return
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        events = dict(poll.poll(0)).get(self._master, 0)
        self._has_host = not events & select.POLLHUP
        if not events & select.POLLIN or (self._has_host and not self._wants_to_read()):
            return
        try:
            data = os.read(self._master, READ_BYTES)
        except OSError:  # EIO: the host closed it between the question and the reading
            return
        self.cable.send_down(data, now, self._host_baud(self._master))

    def _write(self, data: bytes) -> None:
        if self._master is None or not self._has_host:
            self.counts["unheard"] += len(data)
            return
        try:
            written = os.write(self._master, data)
        except BlockingIOError:
            written = 0
        except OSError:  # the host closed it just now
            self._has_host = False
            written = 0
        self.counts["host_overrun"] += len(data) - written

    @staticmethod
    def _host_baud(master: int) -> int:
        """The rate the host has set; Linux keeps one setting for both ends of a pty."""
        speed: int = termios.tcgetattr(master)[5]
        return _BAUDS.get(speed, speed)

    def _save_picture(self) -> None:
        glass = self.device.glass
        if self._picture is not None and glass is not None and glass.refreshes != self._pictured:
            self._pictured = glass.refreshes
            part = self._picture.with_name(self._picture.name + ".part")
            part.write_bytes(glass.png())
            part.replace(self._picture)

    def _point_link(self, target: Path) -> None:
        assert self._link is not None
        self._link.parent.mkdir(parents=True, exist_ok=True)
        part = self._link.with_name(self._link.name + ".part")
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(self._link)

    def _rouse(self) -> None:
        if self._wake is not None:
            os.eventfd_write(self._wake, 1)
