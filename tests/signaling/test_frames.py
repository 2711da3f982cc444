import contextlib

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError, LimitError
from edgeboard.signaling.frames import (
    FRAME_MAX,
    NODES_MAX,
    TEXT_MAX,
    Attend,
    Challenge,
    Envelope,
    Here,
    Left,
    Refusal,
    decode,
    encode,
)

NODE = b"n" * 16
FRAMES = [
    Challenge(1, b"c" * 32),
    Attend(b"k" * 32, b"t" * 8, b"s" * 64),
    Envelope(NODE, b"sealed"),
    Here((NODE, b"m" * 16)),
    Here(()),
    Left((NODE,)),
    Refusal(3, "too often"),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_what_is_said_is_understood(frame):
    assert decode(encode(frame)) == frame


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_what_a_later_version_adds_is_skipped(frame):
    assert decode(msgpack.packb([*msgpack.unpackb(encode(frame)), "new"])) == frame
    assert decode(msgpack.packb([99, "new"])) is None


@pytest.mark.parametrize(
    "fields",
    [[], [1], [1, 1, b"short"], [2, b"k" * 32, b"t" * 8], [2, b"k", b"t" * 8, b"s" * 64], [3, b"n", b""],
     [3, NODE, "text"], [4, [b"n"]], [4, [5]], [5, NODE], [6, "3", "x"], [0], [-1, 2], {"a": 1}, 7, "x"],
)  # fmt: skip
def test_what_is_not_a_frame_is_said_to_be_none(fields):
    with pytest.raises(DecodeError):
        decode(msgpack.packb(fields))


def test_what_is_too_large_is_refused():
    with pytest.raises(LimitError):
        decode(bytes(FRAME_MAX + 1))
    with pytest.raises(LimitError):
        decode(msgpack.packb([4, [NODE] * (NODES_MAX + 1)]))
    assert len(encode(Here((NODE,) * NODES_MAX))) <= FRAME_MAX
    assert len(decode(encode(Refusal(1, "x" * 5000))).text) == TEXT_MAX


@given(st.binary(max_size=300))
def test_noise_is_refused_by_the_one_family(noise):
    with contextlib.suppress(DecodeError):
        decode(noise)
