import pytest

from firmware_bridge.panel.waveshare_window import (
    BYTES_MAX,
    CLEAN,
    COMMANDS_MAX,
    PATIENCE_MAX_S,
    PATIENCE_MIN_S,
    SURE_AFTER,
    Order,
    Window,
)

LINE = Order(bytes(17))


def fill(window, now=0.0, order=LINE):
    """As many as have room; how many."""
    count = 0
    while window.has_room(order):
        window.say(order, now)
        count += 1
    return count


def answer_all(window, now):
    while window.is_open:
        is_sure = window.answer(now)
    return is_sure


def test_a_window_holds_few_commands_and_few_bytes():
    assert fill(Window()) == COMMANDS_MAX
    assert fill(Window(), order=Order(bytes(100))) == BYTES_MAX // 100
    assert fill(Window(), order=Order(bytes(1033))) == 1, "a command longer than the window is never said"


def test_an_answer_makes_room_for_one_until_all_have_to_be_answered():
    window = Window()
    said = fill(window)
    while window.has_room(LINE) or window.is_open:
        assert window.answer(0.01) is (not window.is_open)
        said += 1 if window.is_open and window.has_room(LINE) else 0
        if not window.is_open:
            break
        if window.has_room(LINE):
            window.say(LINE, 0.01)
    assert said == SURE_AFTER * COMMANDS_MAX


def test_all_since_it_was_last_sure_is_said_again_behind_the_colour_in_force():
    black, grey = Order(b"black", lasts=True), Order(b"grey", lasts=True)
    first, second, third = Order(b"1"), Order(b"2"), Order(b"3")
    window = Window()
    for order in (black, first):
        window.say(order, 0.0)
    assert answer_all(window, 0.01)
    for order in (second, grey, third):
        window.say(order, 0.02)
    assert not window.answer(0.03)
    assert window.fall_back() == [black, second, grey, third]
    assert not window.is_open
    assert window.deadline() is None


def test_after_trouble_one_goes_at_a_time_and_each_row_of_good_answers_lets_one_more_go():
    window = Window()
    fill(window)
    window.fall_back()
    for size in range(1, COMMANDS_MAX + 1):
        assert window.size == size
        for _ in range(CLEAN):
            window.say(LINE, 0.0)
            window.answer(0.01)
    assert window.size == COMMANDS_MAX


@pytest.mark.parametrize(("trip", "patience"), [(0.003, PATIENCE_MIN_S), (0.15, 0.45), (0.9, PATIENCE_MAX_S)])
def test_patience_follows_what_was_measured_within_bounds(trip, patience):
    window = Window()
    assert window.patience == PATIENCE_MAX_S
    window.measure(trip)
    assert window.patience == pytest.approx(patience)


def test_patience_doubles_when_nothing_comes():
    window = Window()
    window.measure(0.001)
    for patience in (0.2, 0.4, 0.8, 1.0, 1.0):
        assert window.patience == pytest.approx(patience)
        window.miss()


def test_a_command_that_works_for_long_is_given_its_time_and_measures_nothing():
    window = Window()
    window.measure(0.001)
    window.say(Order(b"clear", work_s=0.9), 10.0)
    assert window.deadline() == pytest.approx(11.1)
    window.answer(10.8)
    assert window.patience == PATIENCE_MIN_S


def test_each_answer_gives_the_next_its_time():
    window = Window()
    window.measure(0.001)
    fill(window, 10.0)
    window.answer(10.15)
    assert window.deadline() == pytest.approx(10.35)
