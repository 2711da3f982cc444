"""Images for MCUboot."""

import hashlib
import struct

import pytest

from firmware_bridge.errors import ImageError
from firmware_bridge.sim.smp import make_image
from firmware_bridge.smp_image import read_image

GOOD = make_image((1, 2, 3), b"program!" * 100)


def make(program=b"p" * 100, *, protected=b"", records=None, flags=0, header_size=32):
    """An image by the description, with a trailer as a test wants it."""
    area = struct.pack("<HH", 0x6908, 4 + len(protected)) + protected if protected else b""
    head = struct.pack(
        "<IIHHIIBBHII", 0x96F3B83D, 0, header_size, len(area), len(program), flags, 4, 5, 600, 70000, 0
    ).ljust(header_size, b"\0")
    covered = head + program + area
    if records is None:
        records = record(0x10, hashlib.sha256(covered).digest()) + record(0x22, b"signature")
    return covered + struct.pack("<HH", 0x6907, 4 + len(records)) + records


def record(kind, value):
    return struct.pack("<BxH", kind, len(value)) + value


def test_version_and_hashes_are_read():
    image = read_image(GOOD)
    assert (image.version, image.signed) == ("1.2.3", False)
    assert image.hash == GOOD[-32:]
    assert image.sha == hashlib.sha256(GOOD).digest()


def test_a_signed_image_with_protected_records_and_a_build_number_is_read():
    image = read_image(make(protected=record(0x50, b"\1\0\0\0")) + b"\xff" * 4000)  # padded to the slot's size
    assert (image.version, image.signed) == ("4.5.600.70000", True)


@pytest.mark.parametrize(("kind", "name"), [(0x11, "sha384"), (0x12, "sha512")])
def test_longer_hashes_are_known(kind, name):
    covered = make(records=b"")[:-4]
    assert len(read_image(make(records=record(kind, hashlib.new(name, covered).digest()))).hash) in (48, 64)


def test_an_encrypted_image_is_taken_by_its_form():
    assert read_image(make(flags=0x04, records=record(0x10, b"h" * 32))).hash == b"h" * 32


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "no image for MCUboot; take the file that `imgtool sign` wrote"),
        (b"\x7fELF" + bytes(100), "ELF"),
        (b":020000040800F2\n", "Intel hex"),
        (b"UF2\n" + bytes(508), "UF2"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (bytes(5000), "no image"),
        (GOOD[:200], "cut short"),
        (GOOD[:-40], "cut short"),
        (GOOD[:-1], "cut short"),
        (make(records=b""), "no hashes"),
        (make(records=record(0x10, b"h" * 32)), "not those that were signed"),
        (make(records=record(0x10, b"h" * 32) * 2), "2 hashes"),
        (make(records=b"\x10\0"), "record of its trailer is cut short"),
        (make(records=b"\x10\0\xff\xff"), "longer than the trailer"),
        (make(header_size=16), "cut short"),
    ],
)
def test_what_is_no_sound_image_is_explained(data, text):
    with pytest.raises(ImageError, match=text):
        read_image(data)


def test_every_flipped_bit_of_an_image_is_found():
    small = make_image((1, 0, 0), b"12345678")
    for at in range(len(small)):
        damaged = bytearray(small)
        damaged[at] ^= 0x40
        try:
            image = read_image(bytes(damaged))
        except ImageError:
            continue
        assert image.hash == small[-32:], f"byte {at}"
