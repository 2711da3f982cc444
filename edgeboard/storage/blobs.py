"""Blobs on the disk: a file each, named by its SHA-256, whole or not there at all.

Rules of this file:
- a blob is written beside its place, synced, and renamed; so a power cut leaves the old state or the new one;
- whatever is read is checked against its name; what does not fit is put aside under another name, for people to look
  at, and is then not there, so that it is fetched again;
- files that are not ours are left alone;
- ink comes first: what is left of a disk that is nearly full is not for images.

`BlobFiles` does the work, `BlobShelves` has it done off the event loop, one job after the other.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol, final

from edgeboard.errors import StoreError
from edgeboard.ids import BLOB_HASH_BYTES, BlobHash
from edgeboard.storage.faults import explain
from edgeboard.storage.worker import ThreadWorker, Worker

logger = logging.getLogger(__name__)

FOLDER = "blobs"
NEW = ".new"  # being written, or left by a power cut
DAMAGED = ".damaged"  # put aside
SPARE_BYTES = 48 << 20  # of the disk that images leave free: it is for ink
DAMAGED_MAX = 16  # files that are put aside; the oldest go first


class BlobStore(Protocol):
    """Where blobs are kept. Synchronous; may be used from several threads."""

    def listing(self) -> list[tuple[BlobHash, int]]:
        """What is held, oldest first: (content, bytes)."""
        ...

    def read(self, content: BlobHash) -> bytes | None:
        """A blob that fits its name; None if there is none.

        Raises:
            StoreError: it cannot be read.
        """
        ...

    def write(self, content: BlobHash, data: bytes) -> None:
        """Make a blob durable.

        Raises:
            StoreError: it is not kept.
        """
        ...

    def remove(self, content: BlobHash) -> None:
        """Let go of a blob; nothing happens if it is not here."""
        ...


@final
class BlobFiles:
    """Implements `BlobStore` in a folder of its own, which leaves `spare_bytes` of the disk free."""

    def __init__(self, folder: Path, spare_bytes: int = SPARE_BYTES) -> None:
        self._folder = folder
        self._spare_bytes = spare_bytes

    def listing(self) -> list[tuple[BlobHash, int]]:
        found: list[tuple[float, BlobHash, int]] = []
        try:
            entries = list(os.scandir(self._folder)) if self._folder.is_dir() else []
        except OSError as error:
            raise explain(error, self._folder) from error
        for entry in entries:
            content = _content_of(entry.name)
            with suppress(OSError):  # it went meanwhile
                if content is not None and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime, content, status.st_size))
                elif _content_of(entry.name.removesuffix(NEW)) is not None:
                    Path(entry.path).unlink()  # a power cut came before it was whole
        return [(content, size) for _, content, size in sorted(found)]

    def read(self, content: BlobHash) -> bytes | None:
        path = self._path(content)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explain(error, path) from error
        if hashlib.sha256(data).digest() == content:
            return data
        self._put_aside(path)
        return None

    def write(self, content: BlobHash, data: bytes) -> None:
        path = self._path(content)
        fresh = path.with_name(path.name + NEW)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            disk = os.statvfs(self._folder)
            if disk.f_bavail * disk.f_frsize < self._spare_bytes + len(data):
                raise StoreError(f"the last {self._spare_bytes >> 20} MiB of the disk are for ink; free some space")
            try:
                with fresh.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(path)
                _sync_folder(self._folder)
            finally:
                fresh.unlink(missing_ok=True)
        except OSError as error:
            raise explain(error, path) from error

    def remove(self, content: BlobHash) -> None:
        path = self._path(content)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise explain(error, path) from error

    def _path(self, content: BlobHash) -> Path:
        return self._folder / content.hex()

    def _put_aside(self, path: Path) -> None:
        logger.warning("the file %s does not fit its name; it is put aside and fetched again", path)
        try:
            path.replace(path.with_name(path.name + DAMAGED))
            damaged = sorted(self._folder.glob(f"*{DAMAGED}"), key=lambda each: each.stat().st_mtime)
            for each in damaged[:-DAMAGED_MAX]:
                each.unlink(missing_ok=True)
        except OSError as error:
            raise explain(error, path) from error


def _content_of(name: str) -> BlobHash | None:
    if len(name) != 2 * BLOB_HASH_BYTES or name != name.lower():
        return None
    try:
        return BlobHash(bytes.fromhex(name))
    except ValueError:
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@final
class BlobMemory:
    """A store that forgets everything with the process."""

    def __init__(self) -> None:
        self._blobs: dict[BlobHash, bytes] = {}
        self._lock = threading.Lock()

    def listing(self) -> list[tuple[BlobHash, int]]:
        with self._lock:
            return [(content, len(data)) for content, data in self._blobs.items()]

    def read(self, content: BlobHash) -> bytes | None:
        with self._lock:
            return self._blobs.get(content)

    def write(self, content: BlobHash, data: bytes) -> None:
        with self._lock:
            self._blobs[content] = data

    def remove(self, content: BlobHash) -> None:
        with self._lock:
            self._blobs.pop(content, None)


@final
class BlobShelves:
    """Implements `ports.Blobs`: one job after the other on a thread of its own.

    Args:
        store: where to.
        worker: a thread of its own unless told otherwise.
    """

    def __init__(self, store: BlobStore, worker: Worker | None = None) -> None:
        self._store = store
        self._worker = worker or ThreadWorker("storage-blobs")
        self._failing = False

    def keep(self, content: BlobHash, data: bytes, done: Callable[[bool], None]) -> None:
        def finished(error: Exception | None) -> None:
            self._note(error)
            done(error is None)

        self._worker.run(partial(self._store.write, content, data), finished)

    def load(self, content: BlobHash, done: Callable[[bytes | None], None]) -> None:
        read: list[bytes | None] = []

        def work() -> None:
            read.append(self._store.read(content))

        def finished(error: Exception | None) -> None:
            self._note(error)
            done(read[0] if read else None)

        self._worker.run(work, finished)

    def drop(self, content: BlobHash) -> None:
        self._worker.run(partial(self._store.remove, content), self._note)

    def listing(self) -> list[tuple[BlobHash, int]]:
        try:
            return self._store.listing()
        except StoreError as error:  # a board draws without images, too
            self._note(error)
            return []

    def read(self, content: BlobHash) -> bytes | None:
        try:
            return self._store.read(content)
        except StoreError as error:
            logger.warning("an image cannot be read: %s", error)
            return None

    def close(self) -> None:
        self._worker.end()

    def _note(self, error: Exception | None) -> None:
        """Say once that the disk fails, and once that it works again."""
        if error is not None and not self._failing:
            logger.error("images cannot be kept or read: %s", error)
        elif error is None and self._failing:
            logger.info("images can be kept and read again")
        self._failing = error is not None
