"""Lines to devices: a tty, or a pseudo terminal of ours, both of them bytes in and bytes out.

Rules of this file: what comes is handed on at once, in the event loop's turn in which it came; nothing here waits for a
device; no exception of pyserial or of the operating system gets out, and whatever ends a line is one `PortError`.
"""

import asyncio
import errno
import grp
import os
import pty
import stat
import tty
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, final

import serial

from firmware_bridge.errors import PortBusyError, PortError, PortForbiddenError, PortMissingError

OnData = Callable[[bytes], None]
OnLost = Callable[[PortError], None]

READ_MAX: Final = 4_096  # bytes at a time
UNSENT_MAX: Final = 256 * 1024  # bytes that wait for a line: more, and it counts as dead
DRAIN_EVERY_S: Final = 0.005  # between looks at whether all has left before the rate changes
DRAIN_MAX_S: Final = 1.0  # a line that keeps bytes back for longer gets its new rate all the same


class Port(Protocol):
    """An open line."""

    name: str

    def write(self, data: bytes) -> None:
        """Send, in order. Never blocks; a line that takes nothing any more is lost."""

    def set_rate(self, rate: int) -> None:
        """The line's rate for what is written from now on, in baud; lines without one take no notice."""

    def close(self) -> None:
        """Let go of it; nothing is handed on any more."""


class _Descriptor:
    """What all that has a file descriptor shares: reading when there is something, writing when there is room."""

    def __init__(self, fd: int, name: str, on_data: OnData, on_lost: OnLost) -> None:
        self.name = name
        self._fd = fd
        self._on_data = on_data
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._unsent: deque[bytes | int] = deque()  # bytes, and rates to change to
        self._unsent_bytes = 0
        self._waits_for_room = False
        self._timer: asyncio.TimerHandle | None = None
        self._is_open = True
        self._loop.add_reader(fd, self._read)

    def write(self, data: bytes) -> None:
        if not self._is_open:
            return
        self._unsent.append(data)
        self._unsent_bytes += len(data)
        if self._unsent_bytes > UNSENT_MAX:
            self._lose(PortError(f"{self.name} takes nothing any more", "look at the cable and at flow control"))
        elif len(self._unsent) == 1:
            self._send()

    def set_rate(self, rate: int) -> None:
        if self._is_open:
            self._unsent.append(rate)
            if len(self._unsent) == 1:
                self._send()

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._fd)
        self._wait_for_room(False)
        if self._timer is not None:
            self._timer.cancel()
        self._release()

    def _release(self) -> None:
        os.close(self._fd)

    def _change_rate(self, rate: int) -> None:
        pass

    def _unsent_below(self) -> int:
        """Bytes that the driver still holds."""
        return 0

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_MAX)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(self._gone(error))
            return
        if data:
            self._on_data(data)
        else:
            self._lose(self._gone(None))

    def _send(self) -> None:
        """Work off what waits, as far as the line takes it."""
        try:
            while self._unsent:
                first = self._unsent[0]
                if isinstance(first, int):
                    if self._unsent_below():
                        self._wait_for_room(False)
                        self._drain(self._loop.time() + DRAIN_MAX_S)
                        return
                    self._change_rate(first)
                else:
                    sent = os.write(self._fd, first)
                    self._unsent_bytes -= sent
                    if sent < len(first):
                        self._unsent[0] = first[sent:]
                        self._wait_for_room(True)
                        return
                self._unsent.popleft()
        except (BlockingIOError, InterruptedError):
            self._wait_for_room(True)
            return
        except OSError as error:
            self._lose(self._gone(error))
            return
        self._wait_for_room(False)

    def _drain(self, until: float) -> None:
        """Look again and again whether the driver has sent all, then change the rate and go on."""
        self._timer = None
        try:
            if self._unsent_below() and self._loop.time() < until:
                self._timer = self._loop.call_later(DRAIN_EVERY_S, self._drain, until)
                return
            rate = self._unsent.popleft()
            assert isinstance(rate, int)
            self._change_rate(rate)
        except OSError as error:
            self._lose(self._gone(error))
            return
        self._send()

    def _wait_for_room(self, wanted: bool) -> None:
        if wanted != self._waits_for_room:
            self._waits_for_room = wanted
            if wanted:
                self._loop.add_writer(self._fd, self._send)
            else:
                self._loop.remove_writer(self._fd)

    def _lose(self, why: PortError) -> None:
        if self._is_open:
            self.close()
            self._on_lost(why)

    def _gone(self, error: OSError | None) -> PortError:
        detail = "" if error is None or error.errno in (errno.EIO, errno.ENODEV) else f" ({error.strerror})"
        return PortMissingError(f"{self.name} was unplugged{detail}", "plug it in again; it goes on by itself")


@final
class TtyPort(_Descriptor):
    """A serial line of this machine, through pyserial, held for us alone."""

    def __init__(self, line: serial.Serial, name: str, on_data: OnData, on_lost: OnLost) -> None:
        self._line = line
        super().__init__(line.fileno(), name, on_data, on_lost)

    @classmethod
    async def open(cls, path: Path, rate: int, on_data: OnData, on_lost: OnLost) -> "TtyPort":
        """Raises: PortError: missing, busy, forbidden, or no serial line."""

        def open_line() -> serial.Serial:
            # An inter-byte time of 0 makes pyserial ask for at least one byte (VMIN 1), so that a read of nothing
            # means the end and never "nothing yet".
            return serial.Serial(str(path), rate, timeout=0, inter_byte_timeout=0, exclusive=True)

        try:
            line = await asyncio.to_thread(open_line)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise explain(path, error) from None
        return cls(line, str(path), on_data, on_lost)

    def _release(self) -> None:
        with suppress(OSError):
            self._line.close()

    def _change_rate(self, rate: int) -> None:
        try:
            self._line.baudrate = rate
        except (OSError, ValueError) as error:
            raise OSError(errno.EIO, f"cannot be set to {rate} baud: {error}") from None

    def _unsent_below(self) -> int:
        try:
            return int(self._line.out_waiting)
        except OSError:
            return 0


def explain(path: Path, error: Exception) -> PortError:
    """Why a tty cannot be opened, and the remedy, in a line for people."""
    number = getattr(error, "errno", None)
    text = str(error)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO):
        return PortMissingError(f"{path}: nothing is plugged in there", "edgeboard devices lists what is")
    if number in (errno.EACCES, errno.EPERM):
        return PortForbiddenError(f"{path}: this user may not open it", rights_remedy(path))
    if number in (errno.ENOTTY, errno.EISDIR, errno.EINVAL):
        return PortError(f"{path}: is no serial line", "edgeboard devices lists those that are plugged in")
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
        holder = holder_of(path)
        who = f"{holder} holds it" if holder else "another program holds it"
        return PortBusyError(f"{path}: {who}", "end that program, or take the device out of its settings")
    return PortError(f"{path}: cannot be opened as a serial line: {text.splitlines()[0][:200] if text else 'unknown'}")


def rights_remedy(path: Path) -> str:
    """How this user gets at a file: by the group that may write to it, or by a rule for udev."""
    rule = "print a rule that lets a group use it with: edgeboard devices --udev"
    with suppress(OSError, KeyError):
        about = path.stat()
        group = grp.getgrgid(about.st_gid).gr_name
        if about.st_mode & stat.S_IWGRP and group != "root":
            return f"sudo usermod -aG {group} $USER, and log in again; or {rule}"
    return rule


def holder_of(path: Path) -> str:
    """The program that has a file open, as far as this user may look: "ModemManager (812)"; empty if unknown."""
    with suppress(OSError):
        real = path.resolve(strict=True)
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                for descriptor in (process / "fd").iterdir():
                    with suppress(OSError):
                        if descriptor.readlink() == real and int(process.name) != os.getpid():
                            return f"{(process / 'comm').read_text().strip()} ({process.name})"
    return ""


@final
class PtyPort(_Descriptor):
    """A pseudo terminal of ours; the program that plays the device opens its other end."""

    def __init__(self, link: str, on_data: OnData, on_lost: OnLost) -> None:
        """Args: link: a path where a symbolic link to the other end is put; empty: none."""
        try:
            master, self._slave = pty.openpty()
            tty.setraw(self._slave)
        except OSError as error:
            raise PortError(f"no pseudo terminal to be had: {error.strerror}") from None
        self.other_end = os.ttyname(self._slave)
        self._link = Path(link) if link else None
        if self._link is not None:
            try:
                if self._link.is_symlink():
                    self._link.unlink()
                self._link.symlink_to(self.other_end)
            except OSError as error:
                os.close(master)
                os.close(self._slave)
                raise PortForbiddenError(f"{link}: cannot be made: {error.strerror}", "choose another path") from None
        os.set_blocking(master, False)
        super().__init__(master, f"pty {self.other_end}", on_data, on_lost)

    def _release(self) -> None:
        if self._link is not None:
            with suppress(OSError):
                self._link.unlink()
        os.close(self._slave)
        super()._release()
