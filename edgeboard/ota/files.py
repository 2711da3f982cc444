"""What the updater does to the disk, step by step, so that a test can pull the plug between any two of them.

The rules of this file: a file is written under another name, synced, renamed, and its folder synced, in this order;
what must survive even a damaged disk is kept twice; nothing here decides anything. Standard library only: the
launcher carries a copy of this file.
"""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar, final

from edgeboard.errors import DecodeError, StoreError

T = TypeVar("T")

BACKUP = ".bak"
FILE_MODE = 0o644  # the node reads what the updater writes, and web servers what is published; nothing of it is secret
FOLDER_MODE = 0o755
RESERVE = 64 * 1024 * 1024  # bytes that stay free: ink goes on being written while a board is renewed

REMEDIES = {
    errno.EACCES: "only root may do this: put sudo before it",
    errno.EPERM: "only root may do this: put sudo before it",
    errno.EROFS: "the disk was mounted to be read only, or has put itself into that state: mount it again, or renew it",
    errno.EIO: "the disk is failing: renew the card, and keep what is on it",
}


class SpaceError(StoreError):
    """The disk is too full, or cannot be written."""


class Disk(Protocol):
    """The steps. Each raises OSError as the system does."""

    def make_folder(self, path: Path) -> None:
        """With those above it; one that is there is fine."""

    def write(self, path: Path, data: bytes, mode: int = FILE_MODE) -> None:
        """A new file or new content, not yet synced."""

    def sync(self, path: Path) -> None:
        """The content of a file, or the names in a folder."""

    def sync_tree(self, path: Path) -> None:
        """Everything below a folder, and the folder."""

    def rename(self, old: Path, new: Path) -> None:
        """Atomically, over whatever is there."""

    def link(self, target: str, path: Path) -> None:
        """A new symbolic link."""

    def remove(self, path: Path) -> None:
        """A file or a link; one that is gone is fine."""

    def remove_tree(self, path: Path) -> None:
        """A folder and all in it; one that is gone is fine."""


@final
class RealDisk:
    """The disk of this machine. What root makes belongs to whom its folder belongs, so that an operator's hand leaves
    nothing that the updater's own user cannot change; and nothing is written through a link, which that user could
    lay to a file of root's."""

    def make_folder(self, path: Path) -> None:
        if not path.is_dir():
            self.make_folder(path.parent)
            path.mkdir(exist_ok=True)
            path.chmod(FOLDER_MODE)
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.chown(path, owner.st_uid, owner.st_gid)

    def write(self, path: Path, data: bytes, mode: int = FILE_MODE) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags, mode)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a file", str(path))
            if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
                os.fchmod(descriptor, mode)  # whatever umask whoever runs this has
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]

    def sync(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync_tree(self, path: Path) -> None:
        # One call for the file system: a thousand fsyncs are a thousand commits of an SD card, at 10 to 30 ms each.
        try:
            import ctypes  # a sandbox may keep it from being loaded

            syncfs = ctypes.CDLL(None, use_errno=True).syncfs
        except (ImportError, MemoryError, OSError, AttributeError):
            for folder, _, files in os.walk(path):
                for name in files:
                    if not (Path(folder) / name).is_symlink():
                        self.sync(Path(folder) / name)
                self.sync(Path(folder))
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(path))
        finally:
            os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        os.replace(old, new)  # noqa: PTH105 - says what it does

    def link(self, target: str, path: Path) -> None:
        path.symlink_to(target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def remove_tree(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(path)


def write_durably(disk: Disk, path: Path, data: bytes, mode: int = FILE_MODE) -> None:
    """The whole file or the one that was there, whenever power fails.

    Raises:
        OSError: as the system says; what was there is still there.
    """
    aside = path.with_name(f"{path.name}.new")
    try:
        disk.remove(aside)  # of a try that power has ended, perhaps of another user
        disk.write(aside, data, mode)
        disk.sync(aside)
        disk.rename(aside, path)
    except OSError:
        with suppress(OSError):
            disk.remove(aside)
        raise
    disk.sync(path.parent)


def write_twice(disk: Disk, path: Path, data: bytes) -> None:
    """A copy and then the file, so that one of them is whole even if the disk damages the other. The file comes last:
    who reads there that it is their turn to write, finds that nobody else does any more.

    Raises:
        OSError: as the system says; at least one of both is as it was or as it shall be.
    """
    write_durably(disk, path.with_name(path.name + BACKUP), data)
    write_durably(disk, path, data)


def read_twice(path: Path, decode: Callable[[bytes], T], size_max: int) -> T | None:
    """What the file says, or its copy where the file is missing or damaged; None if neither can be read."""
    for each in (path, path.with_name(path.name + BACKUP)):
        with suppress(OSError, DecodeError):
            return decode(read_bounded(each, size_max))
    return None


def open_regular(path: Path) -> BinaryIO:
    """A regular file, for reading; who opened a pipe would wait for whoever writes into it.

    Raises:
        OSError: it cannot be read. DecodeError: it is no file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise DecodeError(f"{path} is no file")


def read_bounded(path: Path, size_max: int) -> bytes:
    """A regular file of at most `size_max` bytes.

    Raises:
        OSError: it cannot be read. DecodeError: it is no file, or larger.
    """
    with open_regular(path) as file:
        data = file.read(size_max + 1)
    if len(data) > size_max:
        raise DecodeError(f"{path} has more than {size_max} bytes")
    return data


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until nobody else holds this lock, and hold it. On a disk where no lock can be made nobody writes either."""
    with ExitStack() as stack:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(path, flags, FILE_MODE)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def point(disk: Disk, link: Path, target: str) -> None:
    """Let a symbolic link name something else, atomically: whoever looks finds the one or the other.

    Raises:
        OSError: as the system says.
    """
    aside = link.with_name(f"{link.name}.new")
    disk.remove(aside)  # of a try that power has ended
    disk.link(target, aside)
    disk.rename(aside, link)
    disk.sync(link.parent)


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raises SpaceError if so many bytes do not fit where a folder lies, or if less than `RESERVE` would be left."""
    try:
        found = os.statvfs(folder)
    except OSError as error:
        raise explain(error, f"cannot use {folder}") from None
    free, needed = found.f_bavail * found.f_frsize, needed + RESERVE
    if free < needed:
        raise SpaceError(
            f"{folder} has {free >> 20} MiB free, and {what} takes {needed >> 20} MiB with what ink needs meanwhile: "
            "free some space, and try again; what runs now is untouched"
        )


def explain(error: OSError, what: str) -> SpaceError:
    """An error of the disk as a person reads it."""
    where = f" ({error.filename})" if error.filename else ""
    remedy = REMEDIES.get(error.errno or 0, "mend the disk or free some space, and try again")
    if error.errno == errno.ENOSPC and error.filename and _is_out_of_names(Path(error.filename).parent):
        remedy = "it holds as many files as it can, however small (df -i shows it): remove some, and try again"
    return SpaceError(f"{what}: {error.strerror or error}{where}; {remedy}")


def _is_out_of_names(folder: Path) -> bool:
    """Whether a disk has no inode left for a new file; some kinds of disks have no limit, and say 0 of 0."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_files > 0 and found.f_favail == 0
