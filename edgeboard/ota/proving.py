"""What the Python of a new slot does for it in processes of its own: it compiles what was unpacked, and tests itself.

Rules of this file: nothing here writes but compiled files; each process is bounded in time and ends with whoever
started it. Standard library only: the launcher carries a copy of this file.
"""

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, final

from edgeboard.errors import EdgeboardError

COMPILE_S: Final = 600.0  # of all files of a slot; a Zero 2 W takes 60 s
SELFTEST_S: Final = 180.0  # a Zero 2 W takes 30 s to load everything for the first time
PARTS_MAX: Final = 4  # processes that compile at a time
REASON_MAX: Final = 300  # characters


class SelfTestError(EdgeboardError):
    """A release does not work on this board."""


@final
class Compiler:
    """Compiles on the other cores while wheels are still being unpacked."""

    def __init__(self, python: Path, whole: int) -> None:
        """Args:
        python: of the slot.
        whole: bytes of all wheels; a process begins with each share of them.
        """
        self._python = python
        self._share = whole // max(2, min(PARTS_MAX, os.cpu_count() or 1))
        self._files: list[Path] = []
        self._gathered = 0
        self._processes: list[subprocess.Popen[bytes]] = []

    def add(self, files: list[Path], size: int) -> None:
        """Files of a wheel of so many bytes."""
        self._files += [file for file in files if file.suffix == ".py"]
        self._gathered += size
        if self._gathered > self._share:
            self._begin()

    def finish(self) -> None:
        """Returns when all is compiled. A file that cannot be is one that nobody can import either."""
        self._begin()
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(COMPILE_S)

    def _begin(self) -> None:
        # Without the times of the sources: the same wheels make the same slot, byte by byte, and no look at a source is
        # needed to start.
        words = ["-I", "-B", "-m", "compileall", "-q", "-q", "-i", "-", "--invalidation-mode", "unchecked-hash"]
        quiet = subprocess.DEVNULL
        command = [str(self._python), *words]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet)
        self._processes.append(process)
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as stream:
                stream.write("".join(f"{file}\n" for file in self._files).encode())
        self._files, self._gathered = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


def test_slot(python: Path, name: str, state: Path) -> None:
    """Let a release test itself, in a process of its own. It runs as whom `state` belongs to, where updates are kept:
    root, who mends a damaged slot, runs nothing that this user has built.

    Raises:
        SelfTestError: it fails; the text says what.
    """
    command = [str(python), "-I", "-B", "-m", "edgeboard", "selftest", "--json"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SELFTEST_S,
            cwd="/",
            **_lowered(state),
        )
    except subprocess.TimeoutExpired:
        raise SelfTestError(f"the self-test of {name} takes more than {SELFTEST_S:.0f} s; it was stopped") from None
    if done.returncode != 0:
        reason = last_problem(done.stdout) or f"exit code {done.returncode}"
        raise SelfTestError(f"the self-test of {name} fails: {reason}")


def _lowered(state: Path) -> dict[str, Any]:
    """How a process is started that belongs to the owner of a folder."""
    found = state.stat()
    if os.geteuid() != 0 or found.st_uid == 0:
        return {}
    return {"user": found.st_uid, "group": found.st_gid, "extra_groups": []}


def last_problem(said: bytes) -> str:
    """What a self-test has found that does not work, of what it said with --json; else its last line."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    with suppress(ValueError, TypeError, KeyError):
        problems = [found for found in json.loads(last)["findings"] if found["level"] == "problem"]
        return "; ".join(f"{found['check']}: {found['text']}" for found in problems)[:REASON_MAX]
    return last[:REASON_MAX]
