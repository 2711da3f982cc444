"""A timer that rings within some 0.1 ms, where the loop's own rings up to 1 ms late: epoll counts in whole ms.

Panels in step change their frames at one moment, so each ms counts. Linux gives timers as files (timerfd_create(2));
where there are none, the loop's timer has to do.
"""

import asyncio
import ctypes
import logging
import os
import sys
from collections.abc import Callable
from typing import Final, final

_log = logging.getLogger(__name__)

CLOCK_MONOTONIC: Final = 1
FLAGS: Final = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)  # TFD_NONBLOCK and TFD_CLOEXEC have their values
LEAST_S: Final = 1e-6  # a timer that is set to 0 never rings
Span = ctypes.c_long * 4  # struct itimerspec: interval and value, each in s and ns


@final
class Alarm:
    """Rings once each time that it was set. To be made on a running loop, and closed."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._file = _open()
        if self._file is not None:
            self._loop.add_reader(self._file, self._rang, self._file)

    @property
    def is_exact(self) -> bool:
        """Whether this machine has timers as files."""
        return self._file is not None

    def set(self, wait_s: float) -> None:
        """Ring after so many seconds, at least 0; what it was set to before does not count any more."""
        if self._file is None:
            self.cancel()
            self._timer = self._loop.call_later(wait_s, self._ring)
            return
        whole = int(max(LEAST_S, wait_s) * 1e9)
        _library().timerfd_settime(self._file, 0, Span(0, 0, whole // 1_000_000_000, whole % 1_000_000_000), None)

    def cancel(self) -> None:
        """Do not ring."""
        if self._file is not None:
            _library().timerfd_settime(self._file, 0, Span(0, 0, 0, 0), None)
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Give it back; it never rings again."""
        self.cancel()
        if self._file is not None:
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = None

    def _rang(self, file: int) -> None:
        try:
            os.read(file, 8)
        except BlockingIOError:
            return  # set anew in the turn in which it rang
        self._ring()


_libraries: list[ctypes.CDLL] = []


def _library() -> ctypes.CDLL:
    if not _libraries:
        _libraries.append(ctypes.CDLL(None, use_errno=True))
    return _libraries[0]


def _open() -> int | None:
    """A timer as a file, if this machine has any."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        file = int(_library().timerfd_create(CLOCK_MONOTONIC, FLAGS))
    except (AttributeError, OSError):
        return None
    if file < 0:
        _log.debug("no timer as a file: %s", os.strerror(ctypes.get_errno()))
        return None
    return file
