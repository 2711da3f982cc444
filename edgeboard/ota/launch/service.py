"""How the launcher starts, stops and sees a node: as a unit of systemd, or as a child of its own where there is none.

The rules of this file: a node is told to stop before it is made to; a child's output is always read, so that it never
waits for whoever reads it; what both kinds show is one `Process`.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import IO, Final, Protocol, final

from edgeboard.ota.gate import Process

STOP_S: Final = 20.0  # a node saves all it has within 5 s, on an SD card too
WATCHDOG_S: Final = 30.0  # as WatchdogSec= of the unit
ASK_S: Final = 30.0  # of systemctl
TAIL_LINES: Final = 200
LINE_MAX: Final = 500  # characters of a line that are kept
RESULTS: Final = {
    "exit-code": "ended with exit code {status}",
    "signal": "was ended by signal {status}",
    "core-dump": "crashed (signal {status})",
    "watchdog": "stopped feeding its watchdog and was ended",
    "timeout": "did not get ready in time and was ended",
    "oom-kill": "took more memory than there is and was ended",
    "start-limit-hit": "ended too often in a short time",
    "success": "ended by itself",
}


class Service(Protocol):
    """A node that can be started and stopped."""

    def start(self) -> None:
        """Start it; returns before it is ready. Under systemd the unit prepares each start with `launcher repair`."""

    def stop(self) -> None:
        """Stop it; returns when it is gone."""

    def look(self) -> Process:
        """How it is."""

    def tail(self) -> str:
        """The last that it said."""


@final
class Unit:
    """A unit of systemd, whose ExecStartPre= is `launcher repair`."""

    def __init__(self, name: str, systemctl: Sequence[str] = ("systemctl",)) -> None:
        self._name = name
        self._systemctl = tuple(systemctl)

    def start(self) -> None:
        self._tell("reset-failed")
        self._tell("start", "--no-block")

    def stop(self) -> None:
        self._tell("stop")

    def look(self) -> Process:
        names = ("MainPID", "ActiveState", "SubState", "Result", "ExecMainStatus", "Job")
        lines = self._tell("show", *(f"--property={name}" for name in names)).splitlines()
        said = dict(line.partition("=")[::2] for line in lines)
        state, pid = said.get("ActiveState", ""), int(said.get("MainPID") or 0)
        is_queued = said.get("Job", "") not in ("", "0")  # it is about to start
        if (state in ("failed", "inactive") and not is_queued) or said.get("SubState") == "auto-restart":
            how = RESULTS.get(said.get("Result", ""), f"ended ({said.get('Result', 'unknown')})")
            words = last_words(self.tail())
            return Process(
                0, ended=how.format(status=said.get("ExecMainStatus", "?")) + (f": {words}" if words else "")
            )
        return Process(pid, is_ready=state == "active")

    def tail(self) -> str:
        own = f"_SYSTEMD_UNIT={self._name}"  # what its processes said, and not what systemd says of them
        words = ["journalctl", own, "--lines", str(TAIL_LINES), "--output", "cat", "--no-pager", "--quiet"]
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=ASK_S)
            return done.stdout.decode(errors="replace")
        return ""

    def _tell(self, verb: str, *words: str) -> str:
        with suppress(OSError, subprocess.TimeoutExpired):
            command = [*self._systemctl, verb, *words, self._name]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STOP_S + ASK_S)
            return done.stdout.decode(errors="replace")
        return ""


@final
class Child:
    """A process of the launcher's own, which speaks to it as it would to systemd."""

    def __init__(
        self,
        command: Callable[[], Sequence[str]],
        prepare: Callable[[], None],
        now: Callable[[], float],
        watchdog_s: float = WATCHDOG_S,
    ) -> None:
        """Args:
        command: what to start, asked at each start.
        prepare: done before each start.
        now: monotonic, seconds.
        watchdog_s: a child that has fed its watchdog once must do so within this.
        """
        self._command = command
        self._prepare = prepare
        self._now = now
        self._watchdog_s = watchdog_s
        self._folder = Path(tempfile.mkdtemp(prefix="edgeboard-launcher-"))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self._folder / "notify"))
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._is_ready = False
        self._fed: float | None = None

    def start(self) -> None:
        self._prepare()
        self.drain()
        self._is_ready, self._fed = False, None
        self._lines.clear()
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(self._folder / "notify"),
            "WATCHDOG_USEC": str(int(self._watchdog_s * 1_000_000)),
        }
        self._process = subprocess.Popen(
            self._command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
        )
        stream = self._process.stdout
        if stream is not None:
            self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
            self._reader.start()

    def stop(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        if self._reader is not None:
            self._reader.join(1.0)  # what it has started may hold the pipe open for longer
        self._process = None

    def look(self) -> Process:
        self.drain()
        if self._process is None:
            return Process(0, ended="is not running")
        code = self._process.poll()
        if code is not None:
            if self._reader is not None:
                self._reader.join(1.0)
            how = f"ended with exit code {code}" if code >= 0 else f"was ended by signal {-code}"
            words = last_words(self.tail())
            return Process(0, ended=how + (f": {words}" if words else ""))
        is_fed = self._fed is None or self._now() - self._fed < self._watchdog_s
        return Process(self._process.pid, self._is_ready, is_fed, memory=memory_of(self._process.pid))

    def drain(self) -> None:
        """Take what the child has said to its service manager."""
        with suppress(BlockingIOError):
            while True:
                said = self._socket.recv(4096).split(b"\n")
                self._is_ready |= b"READY=1" in said
                if b"WATCHDOG=1" in said:
                    self._fed = self._now()

    def tail(self) -> str:
        return "\n".join(self._lines)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.poll()

    def close(self) -> None:
        self.stop()
        self._socket.close()
        rmtree(self._folder, ignore_errors=True)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.append(line.decode(errors="replace").rstrip("\n")[:LINE_MAX])
                with suppress(OSError, ValueError):
                    sys.stderr.buffer.write(line)
                    sys.stderr.buffer.flush()


def memory_of(pid: int) -> int:
    """Bytes that a process holds in RAM and has been swapped out; 0: nobody knows."""
    with suppress(OSError, ValueError, IndexError):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(("VmRSS:", "VmSwap:"))) * 1024
    return 0


def last_words(tail: str) -> str:
    """The line that most likely says why, of the last that a process said."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    return lines[-1][:LINE_MAX] if lines else ""
