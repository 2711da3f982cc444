import itertools

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.pairing import CODE_S, TRIES, Pairing, PairingJoiner, read_code


def dice(seed=0):
    numbers = itertools.count(seed)
    return lambda size: next(numbers).to_bytes(size, "big")


def test_the_same_code_on_both_sides_gives_the_same_token():
    pairing, joiner = Pairing("123456", 0.0), PairingJoiner("123 456", dice(100))
    answer, name, token = pairing.meet(joiner.message, 1.0, dice())
    assert joiner.finish(answer) == (name, token)
    assert len(token) == 16


def test_another_code_gives_another_token():
    pairing, joiner = Pairing("123456", 0.0), PairingJoiner("123457", dice(100))
    answer, name, token = pairing.meet(joiner.message, 1.0, dice())
    guessed_name, guessed = joiner.finish(answer)
    assert guessed_name == name
    assert guessed != token


def refused(pairing, now):
    with pytest.raises(RefusedError) as caught:
        pairing.meet(PairingJoiner("123456", dice(9)).message, now, dice())
    assert caught.value.code is CloseCode.FORBIDDEN
    return str(caught.value)


def test_three_guesses_and_no_more():
    """Not even the right code counts after that."""
    pairing = Pairing("123456", 0.0)
    for guess in range(TRIES):
        pairing.meet(PairingJoiner(f"{guess:06}", dice(guess)).message, 1.0, dice())
    assert not pairing.is_open(1.0)
    assert "guessed at three times" in refused(pairing, 1.0)


def test_a_code_ends_after_two_minutes_and_after_one_board():
    pairing = Pairing("123456", 10.0)
    assert pairing.is_open(10.0 + CODE_S - 1)
    assert "out of time" in refused(pairing, 10.0 + CODE_S)
    pairing.is_used = True
    assert "was used" in refused(pairing, 11.0)


NO_MESSAGES = [
    b"", b"noise", bytes(999),
    *map(msgpack.packb, ([1], [1, 5], [2, bytes(33)], [1, bytes(32)], [1, b"A" + bytes(32)])),
]  # fmt: skip


@pytest.mark.parametrize("data", NO_MESSAGES, ids=range(len(NO_MESSAGES)))
def test_what_is_no_message_of_a_pairing_is_refused(data):
    pairing = Pairing("123456", 0.0)
    with pytest.raises(DecodeError):
        pairing.meet(data, 1.0, dice())
    with pytest.raises(DecodeError):
        PairingJoiner("123456", dice()).finish(data)


def test_our_own_message_back_is_refused():
    joiner = PairingJoiner("123456", dice())
    point = msgpack.unpackb(joiner.message)[1]
    with pytest.raises(DecodeError):
        joiner.finish(msgpack.packb([1, bytes(8), point]))


@given(st.binary(min_size=32, max_size=32))
def test_any_point_is_answered_or_refused_in_one_family(point):
    pairing = Pairing("123456", 0.0)
    try:
        answer, _, _ = pairing.meet(msgpack.packb([1, b"A" + point]), 1.0, dice())
    except DecodeError:
        return
    assert len(msgpack.unpackb(answer)[2]) == 33


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "１２３４５６", "ebi1-aaaa"])
def test_what_is_no_code(text):
    with pytest.raises(DecodeError, match="6 digits"):
        read_code(text)


@pytest.mark.parametrize("text", ["123456", " 123 456\n", "123-456"])
def test_how_people_type_a_code(text):
    assert read_code(text) == "123456"
