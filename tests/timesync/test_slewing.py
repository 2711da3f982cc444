"""Mesh time as it is shown: it is never set while somebody looks, and never goes back."""

import random

import pytest

from edgeboard.timesync.slewing import GAP_S, SLEW_MAX, SLEW_S, SlewedTime


def test_a_small_error_is_gone_after_the_slew_and_the_rate_is_the_plain_one_again() -> None:
    time = SlewedTime(0.0, 1_000.0)
    time.show(10.0)
    time.steer(10.0, 1_010.050, 0.0)
    assert time.at(10.0) == pytest.approx(1_010.0)
    assert time.at(10.0 + SLEW_S / 2) == pytest.approx(1_010.025 + SLEW_S / 2)
    assert time.at(10.0 + SLEW_S) == pytest.approx(1_010.050 + SLEW_S)
    assert time.at(60.0) == pytest.approx(1_060.050)
    assert (time.offset_s, time.jumps) == (pytest.approx(0.050), 0)


@pytest.mark.parametrize("error_s", [-9.0, -1.0, 1.0, 9.0])
def test_a_large_error_is_slewed_at_the_bounded_rate_while_somebody_looks(error_s: float) -> None:
    time, now = SlewedTime(0.0, 1_000.0), 0.0
    while now < 200.0:
        before = time.show(now)
        time.steer(now, 1_000.0 + now + error_s, 0.0)
        now += 0.5
        assert abs(time.show(now) - before - 0.5) <= 0.5 * SLEW_MAX + 1e-9
    assert time.at(200.0) == pytest.approx(1_200.0 + error_s, abs=1e-6)
    assert time.jumps == 0


def test_nobody_looks_so_it_is_set_at_once() -> None:
    time = SlewedTime(0.0, 1_000.0)
    time.steer(1.0, 5_000.0, 0.0)
    assert (time.at(1.0), time.jumps) == (5_000.0, 1)


def test_who_looked_a_while_ago_looks_no_more() -> None:
    time = SlewedTime(0.0, 1_000.0)
    time.show(1.0)
    time.steer(30.0, 1_031.0, 0.0)
    assert (time.at(30.0), time.jumps) == (1_031.0, 1)


def test_looking_for_its_own_sake_does_not_hold_time_up() -> None:
    time = SlewedTime(0.0, 1_000.0)
    time.at(1.0)
    time.steer(1.0, 1_002.0, 0.0)
    assert time.jumps == 1


def test_a_board_from_1970_is_set_even_while_somebody_looks() -> None:
    time = SlewedTime(0.0, 0.0)
    time.show(1.0)
    time.steer(1.0, 1.8e9, 0.0)
    assert (time.at(1.0), time.jumps) == (1.8e9, 1)


def test_shown_time_never_goes_back_and_never_jumps_whatever_it_is_steered_by() -> None:
    rng = random.Random("steered about")
    time, now = SlewedTime(0.0, 1e9), 0.0
    for _ in range(3_000):
        shown, step = time.show(now), rng.expovariate(2.0)
        time.steer(now, shown + rng.uniform(-GAP_S, GAP_S) * rng.random(), rng.uniform(-2e-4, 2e-4))
        assert time.at(now) == pytest.approx(shown, abs=1e-6)
        now += step
        assert shown + step * 0.89 <= time.at(now) <= shown + step * 1.11
    assert time.jumps == 0


def test_the_moment_of_a_time_is_that_at_which_it_is_shown() -> None:
    rng = random.Random("back and forth")
    for _ in range(500):
        time = SlewedTime(100.0, 1_000.0)
        time.show(100.0)
        time.steer(100.0, 1_000.0 + rng.uniform(-3.0, 3.0), rng.uniform(-2e-4, 2e-4))
        now = 100.0 + rng.uniform(0.0, 100.0)
        assert time.reverse(time.at(now)) == pytest.approx(now, abs=1e-6)
