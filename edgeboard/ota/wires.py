"""Connections to sources of updates: one stays open from question to question, and a silent one is ended."""

import http.client
import socket
import threading
import time
from contextlib import suppress
from typing import final


@final
class Wire:
    """The connection that stays open from one question to the next."""

    def __init__(self) -> None:
        self._connection: http.client.HTTPConnection | None = None
        self._origin = ""

    def take(self, origin: str) -> http.client.HTTPConnection | None:
        """The connection to this server, if there is one; it is the caller's then."""
        connection, self._connection = self._connection, None
        if connection is None or (self._origin == origin and connection.sock is not None):
            return connection
        connection.close()
        return None

    def keep(self, connection: http.client.HTTPConnection, origin: str) -> None:
        self.close()
        self._connection, self._origin = connection, origin

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@final
class Watch:
    """Ends a connection that is silent for too long. A timeout of the socket alone does not: a byte now and then in the
    midst of a header would keep it waiting for days."""

    def __init__(self, silent_s: float) -> None:
        self.has_bitten = False
        self._silent_s = silent_s
        self._due = time.monotonic() + silent_s
        self._over = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._watch, name="edgeboard-fetch-watch", daemon=True)

    def guard(self, connected: socket.socket) -> socket.socket:
        self._socket = connected
        return connected

    def feed(self) -> None:
        """Something has come."""
        self._due = time.monotonic() + self._silent_s

    def check(self) -> None:
        """Raises TimeoutError once it has ended the connection, which else looks as if the other side had."""
        if self.has_bitten:
            raise TimeoutError

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(max(0.0, self._due - time.monotonic())):
            if time.monotonic() >= self._due:
                self.has_bitten = True
                if self._socket is not None:
                    with suppress(OSError):
                        self._socket.shutdown(socket.SHUT_RDWR)
                return
