"""Credits of one link."""

from edgeboard.ids import RoomId
from edgeboard.mesh.flow import CREDIT_STEP, WINDOW, LinkState, Window
from edgeboard.wire.messages import MESSAGE_MAX


def test_what_is_sent_uses_the_window_and_credit_gives_it_back() -> None:
    window = Window()
    window.sent = 100_000
    assert window.free == WINDOW - 100_000
    window.credit(60_000)
    assert window.free == WINDOW - 40_000


def test_a_peer_that_credits_more_than_was_sent_gains_nothing() -> None:
    window = Window()
    window.sent = 1000
    window.credit(1 << 50)
    assert window.free == WINDOW


def test_credit_never_goes_back() -> None:
    window = Window()
    window.sent = 1000
    window.credit(800)
    window.credit(100)
    assert window.credited == 800


def test_processed_bytes_are_announced_in_steps() -> None:
    window = Window()
    window.took(CREDIT_STEP - 1)
    assert window.due() == 0
    window.took(1)
    assert window.due() == window.announce() == CREDIT_STEP
    window.took(5)
    assert window.due() == 0


def test_a_sender_that_ignores_its_credit_is_found_out() -> None:
    window = Window()
    window.took(WINDOW + MESSAGE_MAX)
    assert not window.overdrawn
    window.took(1)
    assert window.overdrawn


def test_each_room_of_a_link_has_a_handle_of_its_own() -> None:
    state = LinkState(1, False, b"", 0.0)
    first, second = state.flow(RoomId(b"a" * 16)), state.flow(RoomId(b"b" * 16))
    assert first.handle_out != second.handle_out
    assert state.flow(RoomId(b"a" * 16)) is first
    second.handle_in = 9
    assert state.room_of(9) == b"b" * 16
    assert state.room_of(1) is None
