"""Plausibility: a fast pen passes, a flipped bit does not; every decision it takes, one by one."""

from firmware_bridge.pen.plausibility import Plausibility
from firmware_bridge.pen.samples import PenFacts, PenSample

FACTS = PenFacts(20000, 20000, 255, points_per_mm=100.0, rate=200)


def at(number, x, y=5000, near=True):
    return PenSample(number / 200, x, y, near=near, tip=near)


def admit(*samples):
    """Which of these have passed after each, by x."""
    plausibility = Plausibility(FACTS)
    passed = [[sample.x if sample.near else -sample.x for sample in plausibility.admit(each)] for each in samples]
    return passed, plausibility


def moving(count):
    return [at(number, 5000 + 100 * number) for number in range(count)]


def test_the_first_sample_waits_for_its_second_and_the_others_do_not_wait():
    passed, _ = admit(*moving(4))
    assert passed == [[], [5000, 5100], [5200], [5300]]


def test_a_damaged_first_sample_is_dropped():
    passed, plausibility = admit(at(0, 5000 ^ 8192), *moving(4)[1:])
    assert passed == [[], [], [5100, 5200], [5300]]
    assert plausibility.dropped == 1


def test_a_sample_that_is_thrown_aside_is_dropped_when_the_next_is_back():
    passed, plausibility = admit(*moving(3), at(3, 5300, 5000 ^ 1024), at(4, 5400))
    assert passed[3:] == [[], [5400]]
    assert plausibility.dropped == 1


def test_a_sudden_start_is_borne_out_by_the_next():
    passed, plausibility = admit(at(0, 5000), at(1, 5000), at(2, 5000), at(3, 5350), at(4, 5900), at(5, 6450))
    assert passed[3:] == [[], [5350, 5900], [6450]]
    assert plausibility.dropped == 0


def test_a_pen_that_is_elsewhere_closes_the_visit_and_begins_another():
    passed, plausibility = admit(*moving(3), at(3, 15000), at(4, 15100), at(5, 15200))
    assert passed[3:] == [[], [-5200, 15000, 15100], [15200]]
    assert (plausibility.dropped, plausibility.broken) == (0, 1)


def test_what_nothing_bears_out_is_dropped_one_by_one():
    passed, plausibility = admit(*moving(3), at(3, 15000), at(4, 9000, 15000), at(5, 5500), at(6, 5600))
    assert passed[3:] == [[], [], [5500], [5600]]
    assert plausibility.dropped == 2


def test_a_visit_of_one_sample_is_believed():
    passed, plausibility = admit(at(0, 700), at(1, 700, near=False), at(2, 900), at(3, 900, near=False))
    assert passed == [[], [700, -700], [], [900, -900]]
    assert plausibility.dropped == 0


def test_what_is_held_back_when_the_tool_leaves_is_dropped():
    passed, plausibility = admit(*moving(3), at(3, 15000), at(4, 15000, near=False))
    assert passed[3:] == [[], [-15000]]
    assert plausibility.dropped == 1
