"""Reads the frame of a bundle: a tar of plain files (POSIX ustar), and nothing else that a tar may be.

The library's reader understands links, devices, sparse files and three ways to say a long name; a bundle needs none of
that, so whatever is not a plain file of a known name, once, with a right checksum, ends the reading. Pure: bytes in.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, NoReturn

from edgeboard.errors import VerificationError
from edgeboard.ota.values import FILE_MAX, Attack

BLOCK: Final = 512  # bytes
ENTRIES_MAX: Final = 4096  # of a bundle
_NAME: Final = re.compile(rb"(metadata/[A-Za-z0-9][A-Za-z0-9._-]{0,79}|targets/[0-9a-f]{64})\Z")
_SIZE: Final = re.compile(rb"[0-7]{1,11}[ \0]{1,11}\Z")
_CHECKSUM: Final = slice(148, 156)
_PLAIN: Final = (b"0", b"\0")


class Entry(NamedTuple):
    """A file in a bundle."""

    name: str
    offset: int  # of its first byte in the tar
    size: int  # bytes


def read_entries(read: Callable[[int], bytes], length: int) -> Iterator[Entry]:
    """All files of a tar of so many bytes; `read` gives the 512 bytes at an offset.

    Raises:
        VerificationError: it is not of that kind; names what is in the way.
    """
    at, seen = 0, set()
    while True:
        if at + BLOCK > length:
            _refuse(Attack.PARTIAL, "it ends before its end mark: copy it again")
        header = read(at)
        if len(header) != BLOCK:
            _refuse(Attack.PARTIAL, "it could not be read to its end: copy it again")
        if header == bytes(BLOCK):
            return
        name, size = _read_header(header)
        if name in seen:
            _refuse(Attack.UNSAFE, f"it holds {name} twice")
        seen.add(name)
        if len(seen) > ENTRIES_MAX:
            _refuse(Attack.ENDLESS, f"it holds more than {ENTRIES_MAX} files")
        at += BLOCK
        if at + size > length:
            _refuse(Attack.PARTIAL, f"it ends in the midst of {name}: copy it again")
        yield Entry(name, at, size)
        at += -(-size // BLOCK) * BLOCK


def _read_header(header: bytes) -> tuple[str, int]:
    if header[:2] == b"\x1f\x8b" or header[:6] == b"\xfd7zXZ\0" or header[:3] == b"BZh" or header[:4] == b"(\xb5/\xfd":
        _refuse(Attack.MALFORMED, "it is compressed, and compressed bundles are not taken")
    blank = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    stated = header[_CHECKSUM].rstrip(b" \0").lstrip(b" ")
    if not re.fullmatch(rb"[0-7]{1,8}", stated) or int(stated, 8) != sum(blank):
        _refuse(Attack.MALFORMED, "it is no tar, or damaged: copy it again")
    name = header[:100].rstrip(b"\0")
    if header[156:157] not in _PLAIN:
        _refuse(Attack.UNSAFE, f"it holds {name[:60]!r}, which is no plain file")
    if header[257:265] != b"ustar\x0000" or header[345:500].strip(b"\0") or header[157:257].strip(b"\0"):
        _refuse(Attack.UNSAFE, f"it names {name[:60]!r} in a way that is not taken")
    if not _NAME.match(name) or b".." in name:
        _refuse(Attack.UNSAFE, f"it holds {name[:60]!r}, which has no place in a bundle")
    size = header[124:136]
    if not _SIZE.match(size):
        _refuse(Attack.MALFORMED, f"it gives {name[:60]!r} no size")
    length = int(size.rstrip(b" \0"), 8)
    if length > FILE_MAX:
        _refuse(Attack.ENDLESS, f"it gives {name[:60]!r} {length} bytes, more than any file may have")
    return name.decode("ascii"), length


def _refuse(attack: Attack, why: str) -> NoReturn:
    raise VerificationError(attack, f"the bundle is refused: {why}")
