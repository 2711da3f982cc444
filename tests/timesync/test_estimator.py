"""How well another board's clock is known, on links that are quiet, jittery, lossy, unequal, and lie."""

import random
from collections.abc import Callable

import pytest

from edgeboard.timesync.estimator import DELAY_MAX_S, WINDOW, Estimator

HOUR_S = 3_600.0
Clock = Callable[[float], float]


def clock(ahead_s: float, drift_ppm: float) -> Clock:
    return lambda at: at + ahead_s + drift_ppm * 1e-6 * at


def ask(known: Estimator, theirs: Clock, at: float, there_s: float, back_s: float, held_s: float = 0.000_1) -> bool:
    """One probe that leaves at a moment of our clock and needs so long each way."""
    came = at + there_s
    return known.add(at, theirs(came), theirs(came + held_s), came + held_s + back_s)


def errors(
    theirs: Clock, rng: random.Random, least_s: float, spread_s: float, loss: float = 0.0, probes: int = 240
) -> tuple[Estimator, list[float]]:
    """Probes as `node.timekeeping` sends them; by how much the estimate is wrong before each from the 32nd on."""
    known, wrong, at = Estimator(), list[float](), 0.0
    for number in range(probes):
        at += 0.1 if number < 10 else 0.5 if number < 64 else 4.0
        if number >= 32:
            assert known.line is not None
            wrong.append(abs(known.line.ahead_at(at) - (theirs(at) - at)))
        if rng.random() >= loss:
            ask(known, theirs, at, least_s + rng.random() * spread_s, least_s + rng.random() * spread_s)
    return known, sorted(wrong)


@pytest.mark.parametrize("drift_ppm", [-200.0, -100.0, 0.0, 35.0, 200.0])
@pytest.mark.parametrize("ahead_s", [-5 * HOUR_S, 0.0, 1e7])
def test_on_a_quiet_link_the_offset_is_known_within_a_millisecond(ahead_s: float, drift_ppm: float) -> None:
    rng = random.Random(f"quiet {ahead_s} {drift_ppm}")
    known, wrong = errors(clock(ahead_s, drift_ppm), rng, 0.000_2, 0.000_3, probes=120)
    assert wrong[int(len(wrong) * 0.99)] <= 0.001
    assert known.line is not None
    assert abs(known.line.drift * 1e6 - drift_ppm) < 3.0
    assert known.restarts == 0


@pytest.mark.parametrize("loss", [0.0, 0.05])
def test_with_jitter_of_20_ms_around_50_ms_the_offset_is_known_within_5_ms(loss: float) -> None:
    wrong: list[float] = []
    for seed in range(12):
        rng = random.Random(f"jitter {seed}")
        wrong += errors(clock(HOUR_S, rng.uniform(-200, 200)), rng, 0.030, 0.040, loss)[1]
    wrong.sort()
    assert wrong[int(len(wrong) * 0.99)] <= 0.005, f"p99 is {wrong[int(len(wrong) * 0.99)] * 1e3:.1f} ms"


def test_unequal_ways_are_wrong_by_half_of_what_they_differ_by_and_the_bound_says_so() -> None:
    known, theirs = Estimator(), clock(7.0, 10.0)
    for second in range(60):
        ask(known, theirs, float(second), there_s=0.040, back_s=0.004)
    assert known.line is not None
    wrong = abs(known.line.ahead_at(59.0) - (theirs(59.0) - 59.0))
    assert wrong == pytest.approx(0.018, abs=0.001)
    assert wrong <= known.error_at(59.1) <= 0.025


def test_the_bound_holds_and_grows_while_nothing_is_heard() -> None:
    rng, theirs = random.Random("silence"), clock(3.0, -80.0)
    known, _ = errors(theirs, rng, 0.001, 0.004, probes=64)
    assert known.line is not None
    last = known.error_at(29.0)
    for later in (100.0, 200.0, 500.0):
        wrong = abs(known.line.ahead_at(later) - (theirs(later) - later))
        assert wrong <= known.error_at(later)
        assert known.error_at(later) > last
        last = known.error_at(later)


def test_a_single_sample_that_no_clock_explains_changes_nothing() -> None:
    known, theirs = Estimator(), clock(1.0, 0.0)
    for second in range(20):
        ask(known, theirs, float(second), 0.001, 0.001)
    before = known.line
    assert not known.add(20.0, 26.0, 26.0, 20.002)  # five seconds off
    assert (known.line, known.rejected, known.restarts) == (before, 1, 0)


def test_a_clock_that_was_set_is_believed_when_it_says_so_three_times() -> None:
    known, before, after = Estimator(), clock(1.0, 0.0), clock(400.0, 0.0)
    for second in range(20):
        ask(known, before, float(second), 0.001, 0.001)
    taken = [ask(known, after, 20.0 + second, 0.001, 0.001) for second in range(3)]
    assert taken == [False, False, True]
    assert known.line is not None
    assert known.line.ahead_at(22.0) == pytest.approx(400.0, abs=0.001)
    assert known.restarts == 1


@pytest.mark.parametrize(
    ("why", "stamps"),
    [
        ("it came back before it left", (10.0, 5.0, 5.0, 9.0)),
        ("it left there before it came", (10.0, 5.0, 4.0, 11.0)),
        ("it was held longer than it was away", (10.0, 5.0, 7.0, 11.0)),
        ("it was away too long", (10.0, 5.0, 5.0, 10.1 + DELAY_MAX_S)),
        ("it is no number", (10.0, float("nan"), 5.0, 11.0)),
        ("it is infinite", (10.0, float("inf"), float("inf"), 11.0)),
    ],
)
def test_stamps_that_cannot_be_are_left_out(why: str, stamps: tuple[float, float, float, float]) -> None:
    known = Estimator()
    assert not known.add(*stamps), why
    assert (known.line, known.rejected, len(known)) == (None, 1, 0)


def test_what_is_remembered_is_bounded() -> None:
    known, theirs = Estimator(), clock(0.0, 0.0)
    for second in range(3 * WINDOW):
        ask(known, theirs, float(second), 0.001, 0.001)
    assert len(known) == WINDOW
    ask(known, theirs, 1e6, 0.001, 0.001)
    assert len(known) == 1


def test_a_route_that_gets_longer_one_way_is_followed_when_the_old_samples_are_gone() -> None:
    known, theirs = Estimator(), clock(5.0, 20.0)
    for second in range(4 * WINDOW):
        ask(known, theirs, float(second), 0.002 if second < 100 else 0.010, 0.002)
    assert known.line is not None
    now = 4.0 * WINDOW
    assert abs(known.line.ahead_at(now) - (theirs(now) - now)) <= known.error_at(now) + 1e-9
