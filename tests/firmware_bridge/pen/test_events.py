"""Input events to samples, with the tuples that a kernel gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.engine import Failed, Moved, Ready, Rest, Start
from firmware_bridge.pen.events import (
    ABS_PRESSURE,
    ABS_TILT_X,
    ABS_TILT_Y,
    ABS_X,
    ABS_Y,
    BTN_STYLUS,
    BTN_STYLUS2,
    BTN_TOOL_PEN,
    BTN_TOOL_RUBBER,
    BTN_TOUCH,
    EV_ABS,
    EV_KEY,
    EV_SYN,
    KEYS,
    RECORD,
    SYN_DROPPED,
    SYN_REPORT,
    SYN_STATE,
    Axis,
    Description,
    EventPen,
    EventState,
)
from firmware_bridge.pen.samples import PenFacts, Tool
from firmware_bridge.pen.strokes import Kind, Strokes

AXES = {  # of an Intuos
    ABS_X: Axis(0, 21600, 100),
    ABS_Y: Axis(0, 13500, 100),
    ABS_PRESSURE: Axis(0, 2047),
    ABS_TILT_X: Axis(-64, 63, 57),
    ABS_TILT_Y: Axis(-64, 63, 57),
}
INTUOS = Description("Wacom Intuos S Pen", AXES, KEYS)


def frame(t, *events):
    """Events of one frame: axes by their small codes, keys by the others."""
    out = [(t, EV_KEY if code >= 0x100 else EV_ABS, code, value) for code, value in events]
    return [*out, (t, EV_SYN, SYN_REPORT, 0)]


ENTER = frame(1.0, (ABS_X, 1000), (ABS_Y, 2000), (BTN_TOOL_PEN, 1))
TOUCH = frame(1.01, (ABS_X, 1010), (ABS_PRESSURE, 500), (BTN_TOUCH, 1))
LIFT = frame(1.03, (ABS_PRESSURE, 0), (BTN_TOUCH, 0))
LEAVE = frame(1.04, (ABS_X, 0), (ABS_Y, 0), (BTN_TOOL_PEN, 0))


def feed(*frames, axes=AXES):
    return EventState(axes).feed([event for each in frames for event in each])


def test_a_frame_is_one_sample_and_axes_that_do_not_change_keep_their_values():
    got = feed(ENTER, TOUCH, frame(1.02, (ABS_Y, 2005)), LIFT, LEAVE)
    assert [(s.t, s.x, s.y, s.pressure, s.near, s.tip) for s in got] == [
        (1.0, 1000, 2000, 0, True, False),
        (1.01, 1010, 2000, 500, True, True),
        (1.02, 1010, 2005, 500, True, True),
        (1.03, 1010, 2005, 0, True, False),
        (1.04, 1010, 2005, 0, False, False),
    ]


def test_nothing_is_said_before_the_report_nor_by_frames_of_others():
    state = EventState(AXES)
    assert state.feed(ENTER[:-1]) == []
    assert len(state.feed(ENTER[-1:])) == 1
    assert state.feed([(2.0, 4, 0, 77), (2.0, EV_SYN, SYN_REPORT, 0)]) == []  # MSC_SERIAL


def test_switches_and_the_eraser_are_seen():
    got = feed(ENTER, frame(1.1, (BTN_STYLUS, 1)), frame(1.2, (BTN_STYLUS, 0), (BTN_STYLUS2, 1)))
    assert [(s.side, s.side2) for s in got] == [(False, False), (True, False), (False, True)]
    assert feed(frame(1.0, (BTN_TOOL_RUBBER, 1)))[0].tool is Tool.ERASER


def test_a_tool_that_takes_the_place_of_another_lets_it_leave_first():
    got = feed(ENTER, TOUCH, frame(1.2, (BTN_TOOL_PEN, 0), (BTN_TOOL_RUBBER, 1)))
    assert [(s.tool, s.near, s.tip) for s in got[2:]] == [(Tool.PEN, False, False), (Tool.ERASER, True, True)]


def test_tilt_is_in_degrees_by_its_resolution():
    got = feed(ENTER, frame(1.1, (ABS_TILT_X, 57), (ABS_TILT_Y, -57)))
    assert (got[1].tilt_x, got[1].tilt_y) == pytest.approx((57.2958, -57.2958), abs=1e-3)
    axes = AXES | {ABS_TILT_X: Axis(-60, 60), ABS_TILT_Y: Axis(-60, 60)}
    got = feed(ENTER, frame(1.1, (ABS_TILT_X, 30), (ABS_TILT_Y, -10)), axes=axes)
    assert (got[1].tilt_x, got[1].tilt_y) == (30.0, -10.0)
    assert feed(ENTER, axes={ABS_X: AXES[ABS_X], ABS_Y: AXES[ABS_Y]})[0].tilt_x is None


def test_axes_that_do_not_begin_at_zero_are_moved_and_kept_within_their_range():
    axes = {ABS_X: Axis(-100, 900), ABS_Y: Axis(50, 150)}
    got = feed(frame(1.0, (ABS_X, -100), (ABS_Y, 200), (BTN_TOOL_PEN, 1)), axes=axes)
    assert (got[0].x, got[0].y) == (0, 100)


def test_what_the_kernel_has_dropped_is_read_again():
    state = EventState(AXES)
    state.feed(ENTER + TOUCH)
    lost = [(1.5, EV_SYN, SYN_DROPPED, 0), *frame(1.5, (ABS_X, 7), (BTN_TOUCH, 0))]
    assert state.feed(lost) == []
    whole = [
        (1.6, EV_SYN, SYN_STATE, 0),
        *frame(1.6, (ABS_X, 3000), (ABS_Y, 2001), (ABS_PRESSURE, 9), (BTN_TOOL_PEN, 1)),
    ]
    got = state.feed(whole)
    assert [(s.x, s.y, s.pressure, s.tip, s.near) for s in got] == [(3000, 2001, 9, False, True)]
    assert state.dropped == 1


def test_a_pen_that_left_while_events_were_dropped_has_left():
    state = EventState(AXES)
    state.feed(ENTER + TOUCH + [(1.5, EV_SYN, SYN_DROPPED, 0), (1.6, EV_SYN, SYN_STATE, 0)])
    got = state.feed(frame(1.6, (ABS_X, 5)))
    assert [(s.near, s.tip) for s in got] == [(False, False)]


def test_the_engine_is_ready_at_once_and_takes_records_split_anyhow():
    pen = EventPen(INTUOS)
    pen.submit(Start(), 0.0)
    facts = PenFacts(21600, 13500, 2047, points_per_mm=100.0, has_tilt=True, is_checked=True)
    assert pen.drain() == [Ready("Wacom Intuos S Pen", pen=facts)]
    pen.submit(Rest(), 0.0)
    data = b"".join(RECORD.pack(*event) for event in ENTER + TOUCH + LIFT + LEAVE)
    for at in range(0, len(data), 5):
        pen.receive(data[at : at + 5], 2.0)
    outs = pen.drain()
    assert all(isinstance(out, Moved) for out in outs)
    assert sum(len(out.samples) for out in outs) == 4
    assert pen.statistics() == {"samples": 4, "dropped": 0}
    assert pen.next_timer() is None


def test_a_keyboard_and_a_finger_pad_are_no_tablets():
    pad = Description("Wacom Intuos S Finger", AXES, frozenset({0x145, BTN_TOUCH}))
    assert not pad.is_tablet
    pen = EventPen(Description("Keyboard", {}, frozenset({30})))
    pen.submit(Start(), 0.0)
    assert isinstance(pen.drain()[0], Failed)


def test_samples_of_the_kernel_become_strokes_without_delay():
    strokes = Strokes(INTUOS.facts)
    state = EventState(AXES)
    kinds = [
        [event.kind for event in strokes.receive(state.feed(events))]
        for events in (ENTER, TOUCH, frame(1.02, (ABS_X, 9000)), LIFT, LEAVE)
    ]
    assert kinds == [[Kind.HOVER], [Kind.DOWN], [Kind.MOVE], [Kind.UP, Kind.HOVER], [Kind.AWAY]]


codes = st.sampled_from([*AXES, *KEYS, 5, 30])
events = st.tuples(
    st.floats(0, 10), st.sampled_from([EV_SYN, EV_KEY, EV_ABS, 4]),
    codes | st.sampled_from([SYN_REPORT, SYN_DROPPED, SYN_STATE]), st.integers(-(2**31), 2**31 - 1) | st.integers(0, 2),
)  # fmt: skip


@given(st.lists(events, max_size=80))
def test_whatever_events_come_samples_stay_in_range_and_visits_are_closed(given_events):
    is_near = None
    for sample in EventState(AXES).feed(given_events):
        assert 0 <= sample.x <= 21600
        assert 0 <= sample.pressure <= 2047
        assert is_near in (None, sample.tool)
        is_near = sample.tool if sample.near else None
