import hashlib
from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError
from edgeboard.ids import MeshId
from edgeboard.wire.handshake import Auth, Hello, OldHello, Side, Transcript, read
from edgeboard.wire.messages import Close, closing

HELLO = Hello(bytes(32), MeshId(bytes(16)), 3, b"c" * 32, None, bytes(32), bytes(8), None, {"ink": 1})
AUTH = Auth(bytes(64), bytes(32))


@pytest.mark.parametrize("message", [HELLO, AUTH], ids=["hello", "auth"])
def test_round_trip(message):
    assert read(message.to_bytes()) == message


def test_the_documented_form_of_hello():
    fields = msgpack.unpackb(HELLO.to_bytes())
    assert fields == [1, 1, bytes(32), bytes(16), 3, b"c" * 32, None, bytes(32), bytes(8), None, {"ink": 1}]


def test_what_newer_versions_append_is_skipped():
    newer = [*msgpack.unpackb(HELLO.to_bytes()), "news"]
    newer[1] = 2
    hello = read(msgpack.packb(newer))
    assert hello.version == 2
    assert hello.public_key == HELLO.public_key
    assert read(msgpack.packb([2, bytes(64), bytes(32), "news"])) == AUTH


def test_a_version_not_spoken_any_more_is_known_by_its_number_alone():
    assert read(msgpack.packb([1, 0, "anything"])) == OldHello(0)


def test_close_is_part_of_a_handshake():
    assert read(closing(8, "other mesh")) == Close(8, "other mesh")


def with_field(at, value):
    fields = msgpack.unpackb(HELLO.to_bytes())
    fields[at] = value
    return fields


OTHER_FORMS = [
    *(None, [], [True], ["1"], [1], [1, "1"], [1, True], [1, -1], [1, 1 << 20]),
    *([2], [2, bytes(64)], [2, bytes(63), bytes(32)], [2, bytes(64), bytes(33)]),
    *([3], [3, 1], [4, 1, {}], [32, bytes(16), b""]),
    *(msgpack.unpackb(HELLO.to_bytes())[:n] for n in range(2, 11)),
    *(with_field(2, bytes(31)), with_field(2, "x" * 32), with_field(3, None), with_field(4, -1)),
    *(with_field(4, 1 << 40), with_field(5, bytes(31)), with_field(6, b""), with_field(6, bytes(1025))),
    *(with_field(7, bytes(31)), with_field(8, 7), with_field(9, b""), with_field(10, []), with_field(10, {b"a": 1})),
    with_field(10, {str(n): n for n in range(65)}),
]


@pytest.mark.parametrize("fields", OTHER_FORMS)
def test_another_form_is_refused(fields):
    with pytest.raises(DecodeError):
        read(msgpack.packb(fields))


@given(st.binary(max_size=200))
def test_read_raises_one_family(data):
    with suppress(DecodeError):
        read(data)


@given(st.integers(0, 200), st.integers(1, 255))
def test_read_of_a_bent_hello_raises_one_family(at, bend):
    data = bytearray(HELLO.to_bytes())
    data[at % len(data)] ^= bend
    with suppress(DecodeError):
        read(bytes(data))


TRANSCRIPT = Transcript(
    MeshId(b"m" * 16),
    (b"1" * 32, b"2" * 32),
    (b"3" * 32, b"4" * 32),
    (b"5" * 32, b"6" * 32),
    (b"HELLO of the offerer", b"HELLO of the answerer"),
)


def test_the_transcript_is_the_documented_one():
    def lp(data):
        return len(data).to_bytes(4, "big") + data

    fields = [b"answerer", b"1" * 32, b"2" * 32, b"3" * 32, b"4" * 32, b"5" * 32, b"6" * 32, b"grant", b"b" * 8]
    fields += [hashlib.sha256(b"HELLO of the offerer").digest(), hashlib.sha256(b"HELLO of the answerer").digest()]
    expected = b"edgeboard-auth-1" + lp(b"m" * 16) + b"".join(map(lp, fields))
    assert TRANSCRIPT.of(Side.ANSWERER, b"grant", b"b" * 8) == expected


def test_the_salt_is_that_of_the_offerer_without_grant_and_boot():
    assert TRANSCRIPT.salt() == hashlib.sha256(TRANSCRIPT.of(Side.OFFERER, None, b"")).digest()


def test_sides():
    assert Side.OFFERER.other is Side.ANSWERER
    assert Side.ANSWERER.other is Side.OFFERER
