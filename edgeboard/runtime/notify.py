"""What a program says to the service manager that has started it (sd_notify): ready, alive, stopping.

A datagram to the socket that NOTIFY_SOCKET names; systemd and our launcher both listen there. Without that variable
nobody listens, and nothing is said. Source of the words: the manual page sd_notify(3).

The rules of this file: nothing here waits or fails, for a service manager that has gone is no reason to stop; nobody
but the main process speaks, so the variables are taken out of the environment that children get.
"""

import logging
import os
import socket
from collections.abc import MutableMapping
from typing import Final, Self, final

STATUS_MAX: Final = 200  # characters
SHARE: Final = 3  # of the watchdog's time: two beats may be late, and the third still comes in time

_log = logging.getLogger(__name__)


@final
class Notifier:
    """The line to the service manager.

    Args:
        address: of its socket; empty: there is none. A leading @ is an abstract name.
        watchdog_s: within which it wants to hear `alive`; 0: it does not.
    """

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_s = watchdog_s
        self._status = ""
        self._socket: socket.socket | None = None
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)

    @classmethod
    def take(cls, environment: MutableMapping[str, str], pid: int) -> Self:
        """From the variables of the environment, which are removed; of a watchdog that is meant for another process,
        nothing is taken."""
        address = environment.pop("NOTIFY_SOCKET", "")
        span = environment.pop("WATCHDOG_USEC", "")
        meant = environment.pop("WATCHDOG_PID", "") or str(pid)
        is_fed = meant == str(pid) and span.isascii() and span.isdigit()
        return cls(address, int(span) / 1_000_000 if is_fed else 0.0)

    @classmethod
    def here(cls) -> Self:
        """That of this process."""
        return cls.take(os.environ, os.getpid())

    @property
    def is_listened_to(self) -> bool:
        return self._socket is not None

    @property
    def beat_s(self) -> float:
        """How often to say `alive`; 0: nobody asks."""
        return self.watchdog_s / SHARE

    def starting(self, more_s: float) -> None:
        """It takes a while: a start must not be given up within `more_s` from now."""
        self._say(f"EXTEND_TIMEOUT_USEC={int(more_s * 1_000_000)}")

    def ready(self, status: str) -> None:
        """Everything that was to be started serves now."""
        self._status = status
        self._say(f"READY=1\nSTATUS={_line(status)}")

    def alive(self) -> None:
        """Real work has just been done. Nobody says this from a thread of its own, or by the clock alone."""
        if self.watchdog_s:
            self._say("WATCHDOG=1")

    def status(self, text: str) -> None:
        """A line for people who ask how it is; the same line once more is not sent."""
        if text != self._status:
            self._status = text
            self._say(f"STATUS={_line(text)}")

    def stopping(self) -> None:
        self._say("STOPPING=1\nSTATUS=stopping")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _say(self, text: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError as error:
            _log.debug("the service manager does not listen: %s", error.strerror or error)


def _line(text: str) -> str:
    return " ".join(text.split())[:STATUS_MAX]
