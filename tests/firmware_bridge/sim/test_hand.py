import json
from itertools import pairwise

import pytest

from firmware_bridge.sim.hand import (
    AWAY_S,
    HOVERS,
    Habits,
    Hand,
    Stroke,
    example_strokes,
    fit_strokes,
    read_recording,
)

STROKE = Stroke((10.0, 20.0, 40.0), (5.0, 6.0, 9.0), (0.25, 1.0, 0.0), (0.0, 0.1, 0.4))


def write(hand, most=10_000):
    """Every sample with its time, until the hand is done."""
    samples = []
    while hand.next_time() is not None and len(samples) < most:
        samples.append((hand.next_time(), hand.take()))
    return samples


def begun(*strokes, **habits):
    hand = Hand(strokes, Habits(**habits))
    hand.begin(100.0)
    return hand


def test_a_recording_is_read_in_seconds_and_parts_of_full_pressure():
    line = json.dumps({"f": "a", "x": [1, 2], "y": [3, 4], "p": [4095, 0], "t": [0, 1500]})
    assert read_recording(f"{line}\n\n{line}\n") == (Stroke((1, 2), (3, 4), (1.0, 0.0), (0.0, 1.5)),) * 2


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        '{"x": [1]}',
        '{"x": [1], "y": [1, 2], "p": [1], "t": [1]}',
        '{"x": [], "y": [], "p": [], "t": []}',
        '{"x": ["a"], "y": [1], "p": [1], "t": [1]}',
        '{"x": [1, 1], "y": [1, 1], "p": [1, 1], "t": [5, 4]}',
    ],
)
def test_a_line_that_is_no_stroke_is_named(line):
    with pytest.raises(ValueError, match="line 2 is not a recorded stroke"):
        read_recording(f"\n{line}")


def test_a_stroke_is_hovered_before_and_after_and_ends_away():
    samples = [sample for _, sample in write(begun(STROKE))]
    assert [sample.is_touching for sample in samples] == [False] * HOVERS + [True] * 3 + [False] * (HOVERS + 1)
    assert [sample.is_near for sample in samples] == [True] * (2 * HOVERS + 3) + [False]
    assert [(sample.x, sample.y, sample.pressure) for sample in samples[HOVERS : HOVERS + 3]] == [
        (10, 5, 0.25),
        (20, 6, 1.0),
        (40, 9, 0.0),
    ]


@pytest.mark.parametrize("speed", [1.0, 2.0, 0.5])
def test_points_come_at_the_recorded_times(speed):
    touching = [when for when, sample in write(begun(STROKE, speed=speed)) if sample.is_touching]
    assert [when - touching[0] for when in touching] == pytest.approx([0.0, 0.1 / speed, 0.4 / speed])


def test_times_never_run_back_and_strokes_are_apart():
    samples = write(begun(STROKE, STROKE))
    times = [when for when, _ in samples]
    assert times == sorted(times)
    away = next(index for index, (_, sample) in enumerate(samples) if not sample.is_near)
    assert times[away + 1] - times[away] == pytest.approx(AWAY_S)


def test_a_hand_that_loops_never_ends_and_one_that_does_not_ends():
    hand = begun(STROKE, loop=True)
    assert len(write(hand, 1_000)) == 1_000
    assert not hand.is_done
    hand = begun(STROKE)
    assert write(hand)
    assert hand.is_done
    assert (hand.finished, hand.broken, hand.points) == (1, 0, 3)


def test_the_rest_of_an_interrupted_stroke_is_lost_and_the_next_one_whole():
    hand = begun(STROKE, STROKE)
    for _ in range(HOVERS + 1):
        hand.take()
    hand.pause()
    assert hand.next_time() is None
    hand.begin(200.0)
    assert hand.next_time() == 200.0
    assert sum(sample.is_touching for _, sample in write(hand)) == 3
    assert (hand.finished, hand.broken, hand.points) == (1, 1, 4)


def test_a_stroke_that_was_not_begun_is_not_lost():
    hand = begun(STROKE)
    hand.take()
    hand.pause()
    hand.begin(200.0)
    assert sum(sample.is_touching for _, sample in write(hand)) == 3


def test_eraser_and_side_switch_are_used_for_whole_strokes():
    samples = [sample for _, sample in write(begun(*[STROKE] * 6, eraser_every=2, side_every=3))]
    per_stroke = 2 * HOVERS + 4
    assert [samples[n * per_stroke].is_eraser for n in range(6)] == [False, True] * 3
    assert [samples[n * per_stroke].is_side for n in range(6)] == [False, False, True] * 2


def test_a_steady_rate_has_points_between_the_recorded_ones():
    samples = [(when, each) for when, each in write(begun(STROKE, rate=100)) if each.is_touching]
    assert len(samples) == 41
    assert (samples[5][1].x, samples[5][1].y) == (15, 6)
    assert (samples[-1][1].x, samples[-1][1].y) == (40, 9)
    gaps = {round(late - early, 6) for (early, _), (late, _) in pairwise(samples)}
    assert gaps == {0.01}


def test_strokes_are_fitted_with_their_shape_and_a_margin():
    (fitted,) = fit_strokes([STROKE], 1_000, 1_000)
    assert min(fitted.x) == 40
    assert max(fitted.x) == 960
    assert (max(fitted.y) - min(fitted.y)) / (max(fitted.x) - min(fitted.x)) == pytest.approx(4 / 30, abs=0.01)
    assert fit_strokes([], 10, 10) == ()
    (dot,) = fit_strokes([Stroke((5.0,), (7.0,), (1.0,), (0.0,))], 100, 100)
    assert (dot.x, dot.y) == ((50.0,), (50.0,))


def test_there_is_something_to_write_without_a_recording():
    strokes = fit_strokes(example_strokes(), 21_240, 15_980)
    assert len(strokes) == 4
    assert all(0 <= x <= 21_240 for stroke in strokes for x in stroke.x)
    assert all(0 <= y <= 15_980 for stroke in strokes for y in stroke.y)
    assert all(0 <= p <= 1 for stroke in strokes for p in stroke.pressure)


def test_a_hand_that_does_not_write_has_nothing_to_take():
    with pytest.raises(ValueError, match="does not write"):
        Hand([STROKE], Habits()).take()
    with pytest.raises(ValueError, match="speed"):
        Hand([STROKE], Habits(speed=0))
