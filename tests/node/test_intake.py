"""The incoming side of a link: rates, fragments and what is unknown."""

import msgpack
import pytest

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.node.intake import Intake
from edgeboard.wire.fragments import split
from edgeboard.wire.messages import Channel, Fragment, Pong, VectorIs, encode


def test_a_fragmented_message_is_given_when_it_is_whole() -> None:
    intake = Intake(100, 100, 0.0)
    message = VectorIs(b"r" * 16, b"x" * 100_000)
    results = [intake.read(Channel.CTL, piece, 0.0) for piece in split(encode(message), 1)]
    assert results[-1] == message
    assert set(results[:-1]) == {None}


def test_fragments_within_fragments_are_refused() -> None:
    intake = Intake(100, 100, 0.0)
    inner = encode(Fragment(1, 0, 2, b"x"))
    with pytest.raises(RefusedError, match="within"):
        intake.read(Channel.CTL, encode(Fragment(2, 0, 1, inner)), 0.0)


def test_more_messages_than_allowed_are_refused_and_live_ones_dropped() -> None:
    intake = Intake(10, 10, 0.0)
    for _ in range(40):
        intake.read(Channel.CTL, encode(Pong(1)), 0.0)
    with pytest.raises(RefusedError) as caught:
        intake.read(Channel.CTL, encode(Pong(1)), 0.0)
    assert caught.value.code is CloseCode.RATE
    for _ in range(30):
        intake.read(Channel.LIVE, msgpack.packb([48, 1, []]), 0.0)
    assert intake.live_dropped == 10


def test_a_burst_of_live_frames_is_dropped_and_a_flood_of_them_is_refused() -> None:
    intake, frame = Intake(10, 10, 0.0), msgpack.packb([48, 1, []])
    for second in range(5):
        for _ in range(100):
            intake.read(Channel.LIVE, frame, float(second))

    def flood() -> None:
        for _ in range(1000):
            intake.read(Channel.LIVE, frame, 5.0)

    with pytest.raises(RefusedError, match="live frames") as caught:
        flood()
    assert caught.value.code is CloseCode.RATE


def test_ink_that_is_here_already_may_come_a_while_and_not_for_ever() -> None:
    intake = Intake(10, 10, 0.0)
    for _ in range(500):
        intake.useless(1.0, 0.0)
    intake.useless(10.0, 1.0)
    with pytest.raises(RefusedError, match="already"):
        intake.useless(1.0, 1.0)


def test_a_flood_of_unknown_messages_on_the_log_is_refused() -> None:
    intake = Intake(10, 10, 0.0)

    def flood() -> None:
        for _ in range(200):
            intake.read(Channel.LOG, msgpack.packb([200]), 0.0)

    with pytest.raises(RefusedError) as caught:
        flood()
    assert caught.value.code is CloseCode.RATE
    assert intake.unknown > 100


def test_an_unknown_message_is_counted_and_skipped() -> None:
    intake = Intake(10, 10, 0.0)
    assert intake.read(Channel.CTL, msgpack.packb([200]), 0.0) is None
    assert intake.unknown == 1
