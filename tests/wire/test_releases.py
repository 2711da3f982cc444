"""What boards tell each other of releases is read back, and nothing else is."""

import msgpack
import pytest

from edgeboard.errors import DecodeError, LimitError
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify
from edgeboard.wire.members import About, read_record, sign_record
from edgeboard.wire.messages import MESSAGE_MAX, BlobChunk, Channel, decode, encode
from edgeboard.wire.releases import FILE_BYTES_MAX, FILES_MAX, REPORTS_MAX, Named, OfRelease, ReleaseIs, Report
from tests.mesh.oneself import MESH, boot_of, key_of

FULL = ReleaseIs(
    "stable",
    "aarch64",
    "1.2.3",
    7,
    9,
    1,
    tuple(Named(f"{at}.targets.json", bytes([at]) * 32, 900) for at in range(FILES_MAX)),
)


def test_what_a_board_runs_and_has_is_read_back() -> None:
    assert decode(Channel.CTL, encode(FULL)) == FULL
    assert len(encode(FULL)) < MESSAGE_MAX


def test_the_largest_piece_of_a_chunk_fits_its_wrapping() -> None:
    piece = encode(BlobChunk(bytes(32), 0, FILE_BYTES_MAX, bytes(16 * 1024)))
    assert decode(Channel.CTL, encode(OfRelease(piece))) == OfRelease(piece)


@pytest.mark.parametrize(
    ("at", "value", "error"),
    [
        (1, "x" * 41, LimitError),
        (4, -1, DecodeError),
        (4, 1 << 60, DecodeError),
        (6, True, DecodeError),
        (7, [["a", b"short", 1]], DecodeError),
        (7, [["a", bytes(32), FILE_BYTES_MAX + 1]], DecodeError),
        (7, [["a", bytes(32)]], DecodeError),
        (7, [["a", bytes(32), 1]] * (FILES_MAX + 1), LimitError),
    ],
)
def test_what_is_out_of_its_range_is_not_taken(at, value, error) -> None:
    fields = msgpack.unpackb(encode(FULL))
    fields[at] = value
    with pytest.raises(error):
        decode(Channel.CTL, msgpack.packb(fields))


def test_reports_travel_in_the_signed_record_of_a_board() -> None:
    reports = tuple(Report(7 + at, at % 2 == 0) for at in range(REPORTS_MAX))
    about = About("kitchen", "test", (), (), reports=reports)
    record = sign_record(MESH, key_of(1), boot_of(1), 1, about, stand_in_sign(key_of(1)))
    assert read_record(record.data, MESH, stand_in_verify).about.reports == reports


def test_a_record_without_reports_is_as_it_was_before_there_were_any() -> None:
    about = About("kitchen", "test", (), ())
    record = sign_record(MESH, key_of(1), boot_of(1), 1, about, stand_in_sign(key_of(1)))
    assert len(msgpack.unpackb(msgpack.unpackb(record.data)[0])) == 11
    assert read_record(record.data, MESH, stand_in_verify).about.reports == ()
