"""Columns of numbers: what goes in comes out, broken bytes are told, and what is as predicted costs next to nothing."""

import random

import pytest

from edgeboard.errors import DecodeError, LimitError
from edgeboard.oplog.columns import BLOCK, VALUE_END, decode_column, encode_column


@pytest.mark.parametrize("seed", range(50))
def test_a_column_comes_back(seed):
    rng = random.Random(seed)
    choices = [
        lambda: 0,
        lambda: rng.randrange(3),
        lambda: int(rng.lognormvariate(6, 2)),
        lambda: rng.randrange(VALUE_END),
    ]
    kinds = rng.sample(choices, rng.randint(1, 4))
    values = [rng.choice(kinds)() for _ in range(rng.randrange(4 * BLOCK))]
    assert decode_column(encode_column(values), len(values)) == values


def test_zeros_cost_five_bits_a_block():
    assert len(encode_column([0] * (8 * BLOCK))) == 5


def test_a_few_surprises_among_zeros_cost_a_bit_for_each_zero_and_their_own():
    assert len(encode_column([0] * 31 + [1_000] + [0] * 31 + [1_001])) <= (5 + 5 + 64 + 2 * 12) // 8 + 1


@pytest.mark.parametrize("values", [[-1], [VALUE_END]])
def test_what_does_not_fit_is_refused(values):
    with pytest.raises(LimitError):
        encode_column(values)


def test_any_bytes_are_a_column_or_a_decode_error():
    rng = random.Random(5)
    for _ in range(2_000):
        data, count = rng.randbytes(rng.randrange(40)), rng.randrange(200)
        try:
            values = decode_column(data, count)
        except DecodeError:
            continue
        assert len(values) == count
        assert all(0 <= value < VALUE_END for value in values)


def test_a_column_that_is_cut_or_goes_on_is_told():
    data = encode_column([5, 900, 0, 3])
    for broken in (data[:-1], data + b"\0", b""):
        with pytest.raises(DecodeError):
            decode_column(broken, 4)
