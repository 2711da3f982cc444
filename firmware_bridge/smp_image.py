"""Images for MCUboot, as `imgtool sign` writes them: a header, the program, and a trailer of type-length-value records.

    header    u32 magic 96F3B83D, u32 load address, u16 header size, u16 size of the protected records, u32 size of the
              program, u32 flags, version (u8 major, u8 minor, u16 revision, u32 build), u32 unused
    trailer   [u16 magic 6908, u16 size, records that the hash covers] u16 magic 6907, u16 size, records
    record    u8 type, u8 unused, u16 length, value

Source: MCUboot, "Image format". Numbers are little-endian. The device itself checks the signature; what is checked
here is that a file is an image and whole, so that nobody waits for an upload that must fail.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from firmware_bridge.errors import ImageError

HEADER = Struct("<IIHHIIBBHII")
TRAILER = Struct("<HH")
RECORD = Struct("<BxH")
MAGIC = 0x96F3B83D
PLAIN_MAGIC = 0x6907
PROTECTED_MAGIC = 0x6908
HASHES = {0x10: "sha256", 0x11: "sha384", 0x12: "sha512"}  # types of records
SIGNATURES = frozenset(range(0x20, 0x27))
ENCRYPTED = 0x04 | 0x08  # flags: the hash is of what only the device can decrypt
IMAGE_MAX = 64 * 1024 * 1024  # bytes; flash memories of microcontrollers are far smaller

REMEDY = "take the file that `imgtool sign` wrote, such as zephyr.signed.bin"
OTHERS = (
    (b"\x7fELF", "an ELF file, which is for a debugger"),
    (b":", "an Intel hex file, which is for a programmer"),
    (b"UF2\n", "a UF2 file, which is for a drive of the bootloader"),
    (b"PK\x03\x04", "a zip archive"),
)


@dataclass(frozen=True, slots=True)
class Image:
    """A file that is firmware."""

    data: bytes  # all of the file
    version: str  # 1.2.3, or 1.2.3.4 with a build number
    hash: bytes  # as its trailer has it, and as devices name it
    sha: bytes  # SHA-256 of the whole file, by which an upload is resumed
    signed: bool


def read_image(data: bytes) -> Image:
    """Read an image.

    Args:
        data: the whole file.

    Raises:
        ImageError: it is none, cut short, or damaged.
    """
    if len(data) > IMAGE_MAX:
        raise ImageError(f"it is larger than {IMAGE_MAX // 1024 // 1024} MiB, so it is no image; {REMEDY}")
    if len(data) < HEADER.size or data[:4] != MAGIC.to_bytes(4, "little"):
        found = next((what for begin, what in OTHERS if data.startswith(begin)), "no image for MCUboot")
        raise ImageError(f"it is {found}; {REMEDY}")
    _, _, header_size, protected_size, size, flags, major, minor, revision, build, _ = HEADER.unpack_from(data)
    end = header_size + size
    if header_size < HEADER.size or end + TRAILER.size > len(data):
        raise ImageError(f"it is cut short: {end} bytes and a trailer are announced, and there are {len(data)}")
    covered = end + protected_size
    records = []
    if protected_size:
        records = list(_records(data, end, PROTECTED_MAGIC))
        if TRAILER.unpack_from(data, end)[1] != protected_size:
            raise ImageError("it is damaged: its trailer is not as long as its header says")
    records += _records(data, covered, PLAIN_MAGIC)
    hashes = [(HASHES[kind], value) for kind, value in records if kind in HASHES]
    if len(hashes) != 1:
        raise ImageError(f"it has {len(hashes) or 'no'} hashes in its trailer instead of one; {REMEDY}")
    algorithm, value = hashes[0]
    if not flags & ENCRYPTED and hashlib.new(algorithm, data[:covered]).digest() != value:
        raise ImageError("it is damaged: its contents are not those that were signed; copy or build it again")
    version = f"{major}.{minor}.{revision}" + (f".{build}" if build else "")
    signed = any(kind in SIGNATURES for kind, _ in records)
    return Image(data, version, value, hashlib.sha256(data).digest(), signed)


def _records(data: bytes, at: int, magic: int) -> Iterator[tuple[int, bytes]]:
    """The records of one area that begins at `at`."""
    if at + TRAILER.size > len(data):
        raise ImageError("it is cut short: its trailer is missing")
    found, size = TRAILER.unpack_from(data, at)
    end = at + size
    if found != magic or size < TRAILER.size or end > len(data):
        raise ImageError(f"it is cut short or damaged: its trailer is missing; {REMEDY}")
    at += TRAILER.size
    while at < end:
        if at + RECORD.size > end:
            raise ImageError("it is damaged: a record of its trailer is cut short")
        kind, length = RECORD.unpack_from(data, at)
        at += RECORD.size
        if at + length > end:
            raise ImageError("it is damaged: a record of its trailer is longer than the trailer")
        yield kind, data[at : at + length]
        at += length
