"""Large messages travel in pieces; pieces that do not fit together are refused."""

import pytest

from edgeboard.errors import DecodeError, LimitError
from edgeboard.wire.fragments import JOINED_MAX, PIECE, WHOLE_MAX, Joiner, split
from edgeboard.wire.messages import Channel, Fragment, decode


def pieces_of(message: bytes, number: int = 1) -> list[Fragment]:
    pieces = [decode(Channel.CTL, piece) for piece in split(message, number)]
    assert all(isinstance(piece, Fragment) for piece in pieces)
    return pieces  # type: ignore[return-value]


@pytest.mark.parametrize("size", [0, 1, PIECE, WHOLE_MAX])
def test_a_message_that_fits_goes_as_it_is(size: int) -> None:
    assert list(split(b"x" * size, 1)) == [b"x" * size]


@pytest.mark.parametrize("size", [WHOLE_MAX + 1, 5 * PIECE, 5 * PIECE + 1, JOINED_MAX])
def test_a_large_message_is_whole_again_at_the_other_end(size: int) -> None:
    message = bytes(at & 0xFF for at in range(size))
    joiner = Joiner()
    results = [joiner.add(piece) for piece in pieces_of(message)]
    assert results[-1] == message
    assert all(result is None for result in results[:-1])


def test_a_piece_out_of_order_is_refused() -> None:
    first, _, third, *_ = pieces_of(b"x" * 100_000)
    joiner = Joiner()
    joiner.add(first)
    with pytest.raises(DecodeError, match="order"):
        joiner.add(third)


def test_pieces_of_two_messages_do_not_mix() -> None:
    joiner = Joiner()
    joiner.add(pieces_of(b"x" * 100_000, 1)[0])
    with pytest.raises(DecodeError, match="order"):
        joiner.add(pieces_of(b"y" * 100_000, 2)[1])


def test_a_new_first_piece_starts_over() -> None:
    joiner = Joiner()
    joiner.add(pieces_of(b"x" * 100_000, 1)[0])
    results = [joiner.add(piece) for piece in pieces_of(b"y" * 100_000, 2)]
    assert results[-1] == b"y" * 100_000


def test_pieces_beyond_the_limit_are_refused_before_they_are_kept() -> None:
    joiner = Joiner()
    fits = JOINED_MAX // PIECE
    for index in range(fits):
        joiner.add(Fragment(1, index, 4096, b"x" * PIECE))
    with pytest.raises(LimitError):
        joiner.add(Fragment(1, fits, 4096, b"x" * PIECE))
