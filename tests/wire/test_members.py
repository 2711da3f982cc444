"""Records of members as bytes."""

import msgpack
import pytest

from edgeboard.errors import DecodeError, EdgeboardError, LimitError, SignatureError
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify
from edgeboard.wire.gossip import RECORD_MAX
from edgeboard.wire.members import (
    GRANT_MAX,
    NAME_MAX,
    NEIGHBOURS_MAX,
    URL_MAX,
    URLS_MAX,
    About,
    Neighbour,
    peek_version,
    read_record,
    sign_record,
)
from edgeboard.wire.releases import REPORTS_MAX, Report
from tests.mesh.oneself import MESH, boot_of, key_of, node_of, record_of

FULL = About(
    "k" * NAME_MAX,
    "s" * NAME_MAX,
    tuple(f"http://board-{number}.".ljust(URL_MAX, "x") for number in range(URLS_MAX)),
    tuple(Neighbour(node_of(number), 60_000) for number in range(NEIGHBOURS_MAX)),
    True,
    b"g" * 200,
    reports=tuple(Report((1 << 53) - 1, is_good=False) for _ in range(REPORTS_MAX)),
)


def signed(about: About) -> bytes:
    key = key_of(1)
    return sign_record(MESH, key, boot_of(3), 7, about, stand_in_sign(key)).data


def test_a_record_is_read_back_and_its_version_is_told_without_checking_it() -> None:
    record = record_of(1, 2, 3, count=9, boot=4, urls=("http://10.0.0.1:8787",))
    assert read_record(record.data, MESH, stand_in_verify) == record
    assert peek_version(record.data) == (node_of(1), (4, 9))


def test_the_fullest_record_fits_into_a_message() -> None:
    data = signed(FULL)
    assert len(data) <= RECORD_MAX
    assert read_record(data, MESH, stand_in_verify).about == FULL


def test_what_is_too_much_is_left_out_by_its_maker() -> None:
    about = About("n" * 500, "", ("http://" + "x" * 500, "http://ok"), FULL.neighbours * 3)
    record = read_record(signed(about), MESH, stand_in_verify)
    assert (record.about.name, record.about.urls) == ("n" * NAME_MAX, ("http://ok",))
    assert len(record.about.neighbours) == NEIGHBOURS_MAX


def test_every_altered_byte_is_noticed() -> None:
    data = record_of(1, 2).data
    for at in range(len(data)):
        altered = bytearray(data)
        altered[at] ^= 0x01
        with pytest.raises(EdgeboardError):
            read_record(bytes(altered), MESH, stand_in_verify)


@pytest.mark.parametrize(
    "junk", [b"", b"\xc1", b"\x90", msgpack.packb([b"", b""]), msgpack.packb([b"\x91\x02", b"s" * 64])]
)
def test_junk_is_no_record(junk: bytes) -> None:
    with pytest.raises(DecodeError):
        peek_version(junk)
    with pytest.raises(DecodeError):
        read_record(junk, MESH, stand_in_verify)


def test_fields_of_a_later_version_are_under_the_signature_and_skipped() -> None:
    payload, _ = msgpack.unpackb(record_of(1, 2).data)
    longer = msgpack.packb([*msgpack.unpackb(payload), [], "more"])
    with pytest.raises(SignatureError):
        read_record(msgpack.packb([longer, b"s" * 64]), MESH, stand_in_verify)
    message = b"edgeboard-member-1" + len(MESH).to_bytes(4, "big") + MESH + len(longer).to_bytes(4, "big") + longer
    signature = stand_in_sign(key_of(1))(message)
    assert read_record(msgpack.packb([longer, signature]), MESH, stand_in_verify).about.name == "node 1"


def test_a_grant_that_is_too_long_is_refused() -> None:
    with pytest.raises(LimitError):
        read_record(signed(About("", "", (), (), False, b"g" * (GRANT_MAX + 1))), MESH, stand_in_verify)
