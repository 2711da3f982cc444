import pytest

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.signaling import doorkeeper
from edgeboard.signaling.doorkeeper import OFFERS_PER_S, REPLAY_WINDOW_S, Doorkeeper

KEY, NONCE = bytes(32), bytes(16)


def refused(call, *args):
    with pytest.raises(RefusedError) as caught:
        call(*args)
    return caught.value.code


def test_five_in_a_second_and_no_more():
    door = Doorkeeper()
    for _ in range(OFFERS_PER_S):
        door.knock("ann", 100.0)
    assert refused(door.knock, "ann", 100.0) is CloseCode.RATE
    door.knock("bob", 100.0)
    door.knock("ann", 100.2)
    assert refused(door.knock, "ann", 100.2) is CloseCode.RATE
    for _ in range(OFFERS_PER_S):
        door.knock("ann", 1000.0)
    assert refused(door.knock, "ann", 1000.0) is CloseCode.RATE


def test_knocking_all_the_time_lets_in_five_a_second():
    door = Doorkeeper()
    let_in = 0
    for tenth in range(100):
        try:
            door.knock("ann", tenth / 10)
            let_in += 1
        except RefusedError:
            pass
    assert 50 <= let_in <= 55


def test_the_memory_of_sources_is_bounded(monkeypatch):
    monkeypatch.setattr(doorkeeper, "SOURCES_MAX", 3)
    door = Doorkeeper()
    for n in range(10):
        door.knock(f"source {n}", 0.0)
    assert len(door._sources) == 3


def test_an_offer_is_taken_once_in_ten_minutes():
    door = Doorkeeper()
    door.remember(KEY, NONCE, 0.0)
    assert refused(door.remember, KEY, NONCE, REPLAY_WINDOW_S - 1) is CloseCode.AUTH_FAILED
    door.remember(bytes([1]) + KEY[1:], NONCE, 1.0)
    door.remember(KEY, bytes([1]) + NONCE[1:], 2.0)
    door.remember(KEY, NONCE, REPLAY_WINDOW_S)
    assert len(door._seen) == 3


def test_nothing_is_forgotten_early_to_make_room(monkeypatch):
    monkeypatch.setattr(doorkeeper, "NONCES_MAX", 2)
    door = Doorkeeper()
    for n in range(2):
        door.remember(KEY, bytes([n]) * 16, 0.0)
    assert refused(door.remember, KEY, b"x" * 16, 1.0) is CloseCode.RATE
    assert refused(door.remember, KEY, bytes(16), 1.0) is CloseCode.AUTH_FAILED
    door.remember(KEY, b"x" * 16, REPLAY_WINDOW_S)
