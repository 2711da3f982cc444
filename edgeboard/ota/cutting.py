"""Where a publisher cuts files into chunks: so that what a release does not change is the same chunks as before,
wherever it lies in its file, and boards fetch only the others.

Boards know nothing of it: they take the sizes that were signed.
"""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from edgeboard.errors import UserError
from edgeboard.ota.values import CHUNK_BYTES

MEMBER_LEAST: Final = 1024  # bytes; members that are smaller and follow each other share a chunk
LINES: Final = 96  # that a chunk of text has, about


def cut_wheel(path: Path) -> tuple[int, ...]:
    """Sizes of chunks that end where members of a wheel do: what did not change is packed to the same bytes.

    Raises:
        UserError: it cannot be read, or is no wheel.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as wheel:
            starts = sorted(entry.header_offset for entry in wheel.infolist())
            bounds = [0, *starts[1:], wheel.start_dir, path.stat().st_size]
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise UserError(f"{path} is no wheel: {str(error)[:80]}; build the wheelhouse anew") from None
    return tuple(_split(_joined(end - start for start, end in pairwise(bounds))))


def cut_text(path: Path) -> tuple[int, ...]:
    """Sizes of chunks that end after lines, which their content chooses: one that is longer moves no other.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return tuple(_split(_sections(file)))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None


def _joined(sizes: Iterable[int]) -> Iterator[int]:
    """Members as chunks; a large one has its own, so that a small one beside it does not drag it along."""
    small = 0
    for size in sizes:
        if small and (size >= MEMBER_LEAST or small >= MEMBER_LEAST):
            yield small
            small = 0
        if size >= MEMBER_LEAST:
            yield size
        else:
            small += size
    if small:
        yield small


def _sections(lines: Iterable[bytes]) -> Iterator[int]:
    size = 0
    for line in lines:
        size += len(line)
        if zlib.crc32(line) % LINES == 0:
            yield size
            size = 0
    if size:
        yield size


def _split(sizes: Iterable[int]) -> Iterator[int]:
    for size in sizes:
        yield from [CHUNK_BYTES] * (size // CHUNK_BYTES)
        if size % CHUNK_BYTES:
            yield size % CHUNK_BYTES
