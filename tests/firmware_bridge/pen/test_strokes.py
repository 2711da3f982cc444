"""Strokes: what the pen does, out of what it says, and nothing that only damage says."""

import random
from dataclasses import replace
from itertools import pairwise
from math import hypot, sin, tau

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.pen.calibration import Calibration, PressureCurve
from firmware_bridge.pen.samples import PenFacts, PenSample, Tool
from firmware_bridge.pen.strokes import Kind, Strokes, StrokeSettings, Switch
from tests.firmware_bridge.pen.hands import FACTS, resample, visit
from tests.firmware_bridge.pen.hands import strokes as recorded

LINE = [(number / 427, 5000 + 20 * number, 6000, 120) for number in range(80)]
KINDS = {kind.value: kind for kind in Kind}


def kinds(events):
    """Their kinds, runs written once."""
    out = []
    for event in events:
        if not out or out[-1] is not event.kind:
            out.append(event.kind)
    return [kind.value for kind in out]


def drawn(events):
    return [event for event in events if event.kind in (Kind.DOWN, Kind.MOVE)]


def check(events):
    """What holds whatever came: order of kinds and times, and the range."""
    is_down, is_near, t = False, False, float("-inf")
    for event in events:
        assert event.t >= t
        t = event.t
        assert 0 <= event.x <= 1
        assert 0 <= event.y <= 1
        assert event.pressure is None or 0 <= event.pressure <= 4095
        match event.kind:
            case Kind.DOWN:
                assert not is_down
                is_down = is_near = True
            case Kind.MOVE:
                assert is_down
            case Kind.UP:
                assert is_down
                is_down = False
            case Kind.HOVER:
                assert not is_down
                is_near = True
            case Kind.AWAY:
                assert is_near
                assert not is_down
                is_near = False


def run(samples, settings=None, calibration=None, facts=FACTS):
    strokes = Strokes(facts, calibration, settings)
    events = [event for sample in samples for event in strokes.receive([sample])]
    check(events)
    return strokes, events


def test_a_stroke_hovers_goes_down_moves_comes_up_and_goes_away():
    _, events = run(visit(LINE))
    assert kinds(events) == ["hover", "down", "move", "up", "hover", "away"]
    assert len(drawn(events)) == len(LINE)
    assert (events[3].x, events[3].y) == (5000 / 26312, 6000 / 16520)
    assert events[3].pressure == round(120 / 255 * 4095)
    assert events[0].pressure is None


@pytest.mark.parametrize("rate", [133, 200, 213, 427])
def test_no_sample_of_recorded_writing_is_lost_at_any_rate(rate):
    strokes, t = Strokes(replace(FACTS, rate=427)), 0.0
    for stroke in recorded():
        points = resample(stroke, rate)
        if len(points) < 3:
            continue
        events = [event for sample in visit(points, t, rate) for event in strokes.receive([sample])]
        check(events)
        assert [(e.x, e.y) for e in drawn(events)] == [(x / 26312, y / 16520) for _, x, y, _ in points]
        t = events[-1].t + 0.1
    counts = strokes.statistics()
    assert (counts["jumps"], counts["broken"], counts["glitches"]) == (0, 0, 0)


def test_no_sample_waits_longer_than_one_packet():
    strokes, told = Strokes(FACTS), 0
    for before, sample in enumerate(visit(resample(recorded()[0], 213), rate=213)):
        told += sum(event.kind is not Kind.UP for event in strokes.receive([sample]))
        assert told >= before


def test_scribbling_as_fast_as_an_arm_can_is_not_taken_for_damage():
    for rate in (137, 213, 427):
        points = [(n / rate, round(13000 + 9000 * sin(tau * 4 * n / rate)), 8000 + n, 200) for n in range(rate)]
        strokes, events = run(visit(points, rate=rate), facts=replace(FACTS, rate=rate))
        assert len(drawn(events)) == len(points)
        assert strokes.statistics()["jumps"] == 0


def test_a_fast_pen_that_loses_packets_is_followed():
    rng = random.Random(3)
    points = [point for point in resample(recorded()[0], 427) if rng.random() > 0.3]
    strokes, events = run(visit(points))
    assert len(drawn(events)) == len(points)
    assert strokes.statistics()["jumps"] == 0


@given(st.integers(0, 85), st.sampled_from(["x", "y"]), st.integers(0, 15))
def test_a_flipped_bit_of_a_position_never_becomes_a_wild_stroke(number, axis, bit):
    samples = visit(LINE)
    hit = samples[number]
    samples[number] = replace(hit, **{axis: getattr(hit, axis) ^ 1 << bit})
    strokes, events = run(samples)
    lines = drawn(events)
    far = max(hypot((b.x - a.x) * 263.12, (b.y - a.y) * 165.2) for a, b in pairwise(lines))
    assert far <= 2.7, "mm from one point of the line to the next"
    assert len(lines) >= len(LINE) - 1
    assert strokes.statistics()["strokes"] == 1


PAGES = [points for points in (resample(stroke, 213) for stroke in recorded()) if len(points) > 20]


def enlarge(points, times):
    """The same writing, larger and faster, as far as it fits on the tablet."""
    left, top = min(p[1] for p in points), min(p[2] for p in points)
    wide, high = max(p[1] for p in points) - left, max(p[2] for p in points) - top
    times = min(times, 26000 / max(wide, 1), 16000 / max(high, 1))
    return [(t, 100 + round((x - left) * times), 100 + round((y - top) * times), p) for t, x, y, p in points]


@given(st.integers(0, len(PAGES) - 1), st.floats(0.2, 4.0), st.data())
def test_a_flipped_bit_in_writing_of_any_speed_bends_the_line_by_a_few_mm_at_most(page, times, data):
    points = enlarge(PAGES[page], times)
    samples = visit(points, rate=213)
    number = data.draw(st.integers(0, len(samples) - 2))
    axis, bit = data.draw(st.sampled_from(["x", "y"])), data.draw(st.integers(0, 15))
    clean = samples[number]
    hit = samples[number] = replace(clean, **{axis: getattr(clean, axis) ^ 1 << bit})
    strokes, events = run(samples, facts=replace(FACTS, rate=213))
    assert strokes.statistics()["strokes"] == 1
    lines = [(round(event.x * 26312), round(event.y * 16520)) for event in drawn(events)]
    good = [(sample.x, sample.y) for sample in samples if sample.tip and sample is not hit]
    assert [line for line in lines if line != (hit.x, hit.y)] == [place for place in good if place != (hit.x, hit.y)]
    if (hit.x, hit.y) in lines:
        step = max(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(good))
        assert hypot(hit.x - clean.x, hit.y - clean.y) <= 450 + 3 * step


@given(st.integers(0, 85), st.sampled_from(["tip", "side", "side2"]))
def test_a_flipped_bit_of_tip_or_switch_moves_an_end_by_one_sample_at_most(number, name):
    samples = visit(LINE)
    samples[number] = replace(samples[number], **{name: not getattr(samples[number], name)})
    strokes, events = run(samples)
    assert strokes.statistics()["strokes"] == 1
    assert len(drawn(events)) in range(len(LINE) - 1, len(LINE) + 2)
    assert not any(event.erases for event in drawn(events))


def test_pressure_that_leaps_is_believed_when_the_next_says_so_too():
    points = [(t, x, y, p) for (t, x, y, _), p in zip(LINE, [50] * 9 + [250] + [50] * 9 + [250] * 61, strict=True)]
    _, events = run(visit(points))
    pressures = [round(event.pressure / 4095 * 255) for event in drawn(events)]
    assert pressures[9] == 50
    assert pressures[18:22] == [50, 50, 250, 250]


def test_a_pen_that_is_suddenly_elsewhere_draws_no_line_across():
    points = LINE[:40] + [(t, x + 12000, y, p) for t, x, y, p in LINE[40:]]
    strokes, events = run(visit(points))
    assert len(drawn(events)) == len(points)
    assert strokes.statistics()["broken"] == 1
    assert [event.kind for event in events].count(Kind.DOWN) == 2


def test_after_a_gap_the_pen_may_be_anywhere_it_could_have_gone():
    points = LINE[:40] + [(t + 0.5, x + 6000, y, p) for t, x, y, p in LINE[40:]]
    strokes, _ = run(visit(points))
    assert strokes.statistics()["strokes"] == 1


def test_a_lost_line_ends_the_stroke_where_the_pen_last_was():
    strokes = Strokes(FACTS)
    before = strokes.receive(visit(LINE)[:40])
    events = strokes.lost(9.0)
    assert kinds(events) == ["up", "away"]
    assert (events[0].x, events[0].y) == (before[-1].x, before[-1].y)
    assert events[0].t == 9.0
    assert strokes.lost(10.0) == []
    assert kinds(strokes.receive(visit(LINE, 11.0))) == ["hover", "down", "move", "up", "hover", "away"]


def test_the_eraser_and_the_side_switch_erase_unless_told_otherwise():
    assert all(e.erases for e in drawn(run(visit(LINE, tool=Tool.ERASER))[1]))
    assert all(e.erases for e in drawn(run(visit(LINE, side=True))[1]))
    assert all(e.erases for e in drawn(run(visit(LINE, side2=True))[1]))
    none = StrokeSettings(side_switch=Switch.NONE)
    assert not any(e.erases for e in drawn(run(visit(LINE, side=True), none)[1]))
    assert all(e.erases for e in drawn(run(visit(LINE, tool=Tool.ERASER), none)[1]))


def test_a_switch_pressed_within_a_stroke_waits_for_the_next():
    samples = [replace(s, side=number > 20) for number, s in enumerate(visit(LINE))]
    _, events = run(samples)
    assert not any(event.erases for event in drawn(events))
    assert events[-2].erases  # hovering afterwards it does


def test_a_change_of_tool_ends_the_stroke():
    samples = visit(LINE)
    samples[40:] = [replace(s, tool=Tool.ERASER) for s in samples[40:]]
    _, events = run(samples)
    assert kinds(events) == ["hover", "down", "move", "up", "away", "down", "move", "up", "hover", "away"]
    assert events[-1].erases


def finger(t, x=9000, near=True):
    return PenSample(t, x, 9000, tool=Tool.FINGER, near=near, tip=near)


def test_a_hand_is_rejected_while_the_pen_is_near_and_shortly_after():
    strokes = Strokes(FACTS)
    strokes.receive(visit(LINE)[:20])
    assert strokes.receive([finger(0.1 + n / 100) for n in range(5)]) == []
    strokes.receive([PenSample(0.3, 5000, 6000, near=False)])
    assert strokes.receive([finger(0.5), finger(0.6), finger(1.0)]) == []  # it rests there still
    assert strokes.receive([finger(1.1, near=False)]) == []
    assert kinds(strokes.receive([finger(1.2 + n / 100) for n in range(5)])) == ["down", "move"]
    assert strokes.statistics()["palm"] == 9


def test_a_finger_that_draws_makes_way_for_the_pen():
    strokes = Strokes(FACTS)
    strokes.receive([finger(n / 100) for n in range(5)])
    assert kinds(strokes.receive(visit(LINE, 1.0))) == ["up", "away", "hover", "down", "move", "up", "hover", "away"]


def test_a_device_without_pressure_gives_none():
    facts = replace(FACTS, pressure_max=0)
    _, events = run(visit([(t, x, y, 0) for t, x, y, _ in LINE]), facts=facts)
    assert {event.pressure for event in events} == {None}
    assert len(drawn(events)) == len(LINE)


def test_a_stroke_begins_and_ends_at_the_pressures_that_were_set():
    points = [(t, x, y, min(n * 4, 255)) for n, (t, x, y, _) in enumerate(LINE)]
    points += [(0.2 + t, x, y, p) for t, x, y, p in reversed(points)]
    points = [(n / 427, x, y, p) for n, (_, x, y, p) in enumerate(points)]
    _, events = run(visit(points), StrokeSettings(down_pressure=0.2))
    pressures = [event.pressure / 4095 for event in drawn(events)]
    assert pressures[0] >= 0.199
    assert 0.099 <= pressures[-1] < 0.12


def test_samples_beyond_the_maxima_are_dropped_and_counted():
    samples = visit(LINE)
    samples[20] = replace(samples[20], x=30000)
    strokes, events = run(samples)
    assert len(drawn(events)) == len(LINE) - 1
    assert strokes.statistics()["out_of_range"] == 1


def test_a_line_with_checksums_is_believed_at_once():
    strokes = Strokes(replace(FACTS, is_checked=True))
    for sample in visit([(n / 200, 200 * (n % 7) ** 2, 500, 0) for n in range(30)]):
        assert [e for e in strokes.receive([sample]) if e.kind is not Kind.UP]
    assert strokes.statistics()["jumps"] == 0


def test_calibration_places_presses_and_leans():
    calibration = Calibration(rotation=180, pressure=PressureCurve(high=0.5))
    facts = PenFacts(1000, 1000, 100, is_checked=True)
    sample = PenSample(0.0, 100, 200, 50, tip=True, tilt_x=10.0, tilt_y=-5.0)
    event = Strokes(facts, calibration).receive([sample])[0]
    assert (event.x, event.y) == pytest.approx((0.9, 0.8))
    assert (event.pressure, event.tilt_x, event.tilt_y) == (4095, -10.0, 5.0)


@given(st.lists(st.builds(
    PenSample, t=st.floats(0, 100), x=st.integers(-10, 27000), y=st.integers(-10, 17000), pressure=st.integers(0, 255),
    tool=st.sampled_from(list(Tool)), near=st.booleans(), tip=st.booleans(), side=st.booleans(), side2=st.booleans(),
), max_size=60), st.booleans())  # fmt: skip
def test_whatever_comes_every_stroke_that_begins_ends(samples, is_checked):
    samples.sort(key=lambda sample: sample.t)
    strokes = Strokes(replace(FACTS, is_checked=is_checked))
    events = [*strokes.receive(samples), *strokes.lost(101.0)]
    check(events)
    assert [e.kind for e in events].count(Kind.DOWN) == [e.kind for e in events].count(Kind.UP)
