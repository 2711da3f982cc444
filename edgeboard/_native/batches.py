"""The kernel of the log: a whole batch read, surveyed and hashed in one call each.

`edgeboard.oplog.batch`, `edgeboard.canvas.leaves` and `edgeboard.canvas.items` call it and hold its twins in Python;
both give the same answers and refuse the same bytes with the same exceptions. One that is built badly would show other
canvases than its neighbours, so it is used only after it has given known answers.
"""

from collections.abc import Sequence
from struct import pack
from typing import Final, Protocol, cast

from edgeboard._native.loading import load
from edgeboard.errors import DecodeError

# A batch of two items, an erase and a dropped op, by one origin; and what is to be found in it.
_OTHER: Final = "=QQIIIIHHIQHHI"
_ORIGIN: Final = 0x0102030405060708
_BATCH: Final = (
    b"\1author-t\7\4\5\x0e\0\1\0\x10\0\0\2x\x0e\0\2\0\x10\0\0\2y\x0a\0\3\2\x30\2\0\1hash of a drop.." + bytes(64)
)
_HEADS: Final = pack("=4I", 12, 21, 30, 37)
_RUNS: Final = pack("=IIHH", 0, 1, 0, 2)
_OTHERS: Final = pack(_OTHER, 5, 0x30, 0, 3, 32, 5, 2, 3, 1, 0, 0, 5, 1) + pack(
    _OTHER, 0, 0, 0, 0, 38, 0xFFFFFFFF, 3, *[0] * 6
)
_HASHES: Final = b"hash of a drop..".join(
    (
        bytes.fromhex(
            "2e4489c2ff962fda2609382d81a52a647b14671165b0af8d3c6a20958c5fce161ba97c7fe0b43c7c7cee09ffa0d4df4b"
        ),
        b"",
    )
)
_ROWS: Final = bytes.fromhex("94c40c01020304050607080000000291c4107b14671165b0af8d3c6a20958c5fce169090")


class Kernel(Protocol):
    """What the extension offers for batches; `heads` are offsets as u32 of the machine's own order."""

    def decode_batch(self, data: bytes, /) -> tuple[int, int, int, int, int, int, int, bytes]:
        """A batch: first entry, count, time, offset of the introduction (0 without one), row, offset and number of
        the origins, heads.

        Raises:
            DecodeError: the bytes break the format.
            LimitError: larger than a limit of the contract.
        """

    def survey_batch(self, data: bytes, heads: bytes, rows: int, /) -> tuple[int, bytes, bytes]:
        """The highest Lamport number, the runs of plain items, and the other ops.

        Raises:
            DecodeError: the head of an op breaks the format, or its origin is not among `rows`.
        """

    def hash_slots(self, data: bytes, heads: bytes, table: Sequence[tuple[int, bytes]], /) -> bytes:
        """The content hashes of all slots, joined.

        Raises:
            DecodeError: the origin of an op is not in the table.
        """

    def digest_rows(self, origin: int, counter: int, hashes: bytes, entry: int, length: int, /) -> bytes:
        """The rows of plain items in the digest of a canvas, from their content hashes."""


def is_sound(kernel: Kernel) -> bool:
    """Whether a kernel gives the known answers."""
    try:
        found = kernel.decode_batch(_BATCH)
        survey = kernel.survey_batch(_BATCH, _HEADS, 1)
        hashes = kernel.hash_slots(_BATCH, _HEADS, [(_ORIGIN, b"")])
        rows = kernel.digest_rows(_ORIGIN, 2, _HASHES, 1, 1)
    except (AttributeError, TypeError, ValueError, DecodeError):
        return False
    known = ((7, 4, 500, 0, 0, 0, 0, _HEADS), (5, _RUNS, _OTHERS), _HASHES, _ROWS)
    return (found, survey, hashes, rows) == known


kernel: Final = cast("Kernel | None", load("batches", is_sound))
