"""The directory that makes a node this node: its database, its keys, its control socket. One process changes it at a
time; who only reads takes no lock (`storage/reading.py`).

The lock is on the open file `lock` (flock), so it goes with the process, however that ends; the file stays, and names
the process that holds or last held it, and what it does there. A node waits for a tool to end, which takes seconds.
"""

import errno
import fcntl
import hashlib
import logging
import os
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, final

from edgeboard.errors import UserError
from edgeboard.storage.diskspace import DiskSpace

logger = logging.getLogger(__name__)

DATABASE = "edgeboard.db"
LOCK = "lock"
SOCKET = "control.sock"
SOCKET_NOTE = "control.path"  # says where the socket is, if it is not here

NODE = "node"  # what a process does there; a tool says its own command instead
TOOL_S = 8.0  # to wait for a tool: a large import on an SD card takes seconds
LOOK_S = 0.1  # between two looks whether it has ended
HOLDER_MAX = 80  # bytes of the lock file

DIRECTORY_MODE = 0o700
SOCKET_PATH_MAX = 107  # bytes in sockaddr_un, without the final zero


@final
class StateDirectory:
    """A state directory that this process holds locked. Made by `open`; ends with `close`, or as a context."""

    def __init__(self, path: Path, lock: int, control_socket: Path, space: DiskSpace) -> None:
        self.path = path
        self.database = path / DATABASE
        self.control_socket = control_socket
        self.space = space
        self._lock: int | None = lock

    @classmethod
    def open(cls, path: Path, use: str = NODE, pause: Callable[[float], None] = time.sleep) -> Self:
        """Make the directory if need be, and take its lock; a node waits up to `TOOL_S` for a tool that holds it.

        Args:
            path: of the directory.
            use: what for: a node, or the command of a tool.
            pause: waits so many seconds.

        Raises:
            UserError: it is no directory, cannot be written, or another process holds it.
        """
        try:
            path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _explain(error, path) from error
        try:
            _take(lock, path, use, pause)
            space = DiskSpace(path)
            with suppress(OSError):
                space.look(starting=True)
            with suppress(OSError):  # a disk that takes no pid need not keep a board from drawing
                os.ftruncate(lock, 0)
                os.pwrite(lock, f"{os.getpid()} {use}\n".encode(), 0)
            return cls(path, lock, _place_socket(path), space)
        except OSError as error:
            os.close(lock)
            raise _explain(error, path) from error
        except BaseException:
            os.close(lock)
            raise

    def close(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def find_control_socket(path: Path) -> Path:
    """Where the node that runs in the state directory `path` listens, for those who want to talk to it."""
    try:
        return Path((path / SOCKET_NOTE).read_text(encoding="utf-8").strip())
    except OSError:
        return path / SOCKET


def _place_socket(path: Path) -> Path:
    """The path of the control socket: in the directory if it is short enough, else in one of this user's own.

    Raises:
        UserError: another user has taken the short place, or it is not short.
        OSError: as the system says.
    """
    note = path / SOCKET_NOTE
    near = path.absolute() / SOCKET
    if len(os.fsencode(near)) <= SOCKET_PATH_MAX:
        note.unlink(missing_ok=True)
        return near
    run = os.environ.get("XDG_RUNTIME_DIR")
    home = Path(run) / "edgeboard" if run else Path(tempfile.gettempdir()) / f"edgeboard-{os.getuid()}"
    home.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    status = home.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise UserError(f"{home} is not a directory of this user alone: remove it, or give the node a shorter path")
    far = home / f"{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]}.sock"
    if len(os.fsencode(far)) > SOCKET_PATH_MAX:
        raise UserError(f"the path of a socket in {home} would be too long: set XDG_RUNTIME_DIR to a shorter one")
    note.write_text(f"{far}\n", encoding="utf-8")
    return far


def _take(lock: int, path: Path, use: str, pause: Callable[[float], None]) -> None:
    """Lock it; raises UserError if another process holds it, and OSError as the system says."""
    waited = 0.0
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder, process = _read_holder(lock)
            if use != NODE or holder == NODE or waited >= TOOL_S:
                raise UserError(_explain_holder(path, use, holder, process)) from None
        if not waited:
            logger.info("waiting for `%s` (%s), which has %s", holder, process, path)
        pause(LOOK_S)
        waited += LOOK_S


def _read_holder(lock: int) -> tuple[str, str]:
    """What the holder does, and which process it is; one that has not said so yet is a node."""
    pid, _, use = os.pread(lock, HOLDER_MAX, 0).decode(errors="replace").partition("\n")[0].partition(" ")
    return (use or NODE, f"process {pid}") if pid.isdecimal() else (NODE, "just starting")


def _explain_holder(path: Path, use: str, holder: str, process: str) -> str:
    if holder != NODE:
        return f"{path} is in use by `{holder}` ({process}): wait until it has ended"
    if use == NODE:
        return f"{path} is in use by another node ({process}): stop that one, or give this one a directory of its own"
    return f"{path} is in use by a node ({process}): stop it first, or, if it is just starting, try again in a moment"


def _explain(error: OSError, path: Path) -> UserError:
    match error.errno:
        case errno.EEXIST | errno.ENOTDIR:
            text = "it is not a directory; name another, or move that file away"
        case errno.EACCES | errno.EPERM:
            text = "this user may not write there; give the directory to the user that runs edgeboard"
        case errno.EROFS:
            text = "that disk is read-only; make it writable or name another directory"
        case errno.ENOSPC | errno.EDQUOT:
            text = "the disk is full; free some space"
        case _:
            text = error.strerror or str(error)
    return UserError(f"cannot keep the node's state in {path}: {text}")
