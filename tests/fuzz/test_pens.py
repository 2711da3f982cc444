"""The engines of pens, and what makes strokes of their samples, against bytes that no tablet would send.

Nothing is raised, every sample lies in the tablet's range and every visit and stroke is closed in order, whatever the
line gives, before the handshake, within it and after it.
"""

from itertools import pairwise
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.engine import Moved, Ready, Start, Write
from firmware_bridge.errors import DeviceError
from firmware_bridge.pen.calibration import Calibration
from firmware_bridge.pen.events import RECORD, EventPen
from firmware_bridge.pen.isdv4 import Isdv4Pen
from firmware_bridge.pen.strokes import Kind, Strokes
from firmware_bridge.pen.wacom4 import Wacom4Pen
from tests.firmware_bridge.pen.hands import packets, resample, strokes, visit
from tests.firmware_bridge.pen.test_events import INTUOS
from tests.firmware_bridge.pen.test_isdv4 import ANSWER, TOUCH_13, WRITTEN
from tests.firmware_bridge.pen.test_strokes import check
from tests.firmware_bridge.pen.test_wacom4 import WRITTEN as WRITTEN_4

PENS = {
    "isdv4": lambda: Isdv4Pen(),
    "isdv4 with touch": lambda: Isdv4Pen(touch=True),
    "wacom4": lambda: Wacom4Pen(),
    "wacom4 with tilt": lambda: Wacom4Pen(tilt=True),
    "evdev": lambda: EventPen(INTUOS),
}
SEEDS = [
    ANSWER, TOUCH_13, b"".join(WRITTEN[:20]), b"".join(WRITTEN_4[:20]), b"~#UD-1212-R00 V1.4-2\r", b"~C15240,15240\r",
    b"~RE,9600,100,1270,1270\r", RECORD.pack(1.0, 1, 0x140, 1) + RECORD.pack(1.0, 0, 0, 0), RECORD.pack(1.0, 0, 3, 0),
]  # fmt: skip
PIECES = st.lists(st.binary(max_size=40) | st.sampled_from(SEEDS), max_size=30)
ANSWERS = {b"*": ANSWER, b"%": TOUCH_13, b"~#": SEEDS[4], b"~R\r": SEEDS[6], b"~C\r": SEEDS[5]}


@pytest.mark.parametrize("name", PENS)
@given(pieces=PIECES, answers=st.booleans(), pause=st.sampled_from([0.0, 0.004, 0.3, 2.0]))
def test_a_pen_survives_any_bytes_and_gives_sound_strokes(name, pieces, answers, pause):
    pen, now, ready, samples, events = PENS[name](), 0.0, None, [], []
    strokes_of = None
    pen.submit(Start(), now)
    for piece in [b"", *[b""] * 12 * answers, *pieces, b""]:
        pen.receive(piece, now)
        due = pen.next_timer()
        if due is not None and due <= now + pause + 0.3 * (ready is None):
            now = max(now, due)
            pen.on_timer(now)
        for out in pen.drain():
            if isinstance(out, Ready):
                ready = out
                strokes_of = Strokes(out.pen)
            elif isinstance(out, Moved):
                assert ready is not None, "samples before the tablet was known"
                samples += out.samples
                events += strokes_of.receive(out.samples)
            elif isinstance(out, Write) and answers and out.data in ANSWERS:
                pen.receive(ANSWERS[out.data], now)
        now += pause
    for sample in samples:
        assert 0 <= sample.x <= ready.pen.x_max
        assert 0 <= sample.y <= ready.pen.y_max
        assert 0 <= sample.pressure <= ready.pen.pressure_max
    assert all(b.t >= a.t for a, b in pairwise(samples)) or name == "evdev"  # whose times come with the bytes
    if strokes_of is not None and name != "evdev":
        check([*events, *strokes_of.lost(now)])
    assert all(isinstance(value, int) for value in pen.statistics().values())


CLEAN = packets(visit(resample(strokes()[1], 213), rate=213))


@given(st.lists(st.integers(0, len(CLEAN) * 72 - 1), max_size=6), st.sampled_from([1, 9, 20, 4096]))
def test_flipped_bits_on_the_line_never_become_a_wild_line(bits, size):
    data = bytearray(b"".join(CLEAN))
    for bit in bits:
        data[bit // 8] ^= 1 << bit % 8
    pen = Isdv4Pen(19200)
    pen.submit(Start(), 0.0)
    pen.on_timer(0.25)
    pen.receive(ANSWER, 0.3)
    pen.receive(ANSWER, 0.3)
    ready = next(out for out in pen.drain() if isinstance(out, Ready))
    sink, events = Strokes(ready.pen), []
    for at in range(0, len(data), size):
        pen.receive(bytes(data[at : at + size]), 1.0 + at / 1920)
        for out in pen.drain():
            if isinstance(out, Moved):
                events += sink.receive(out.samples)
    check(events)
    ink = [(a, b) for a, b in pairwise(events) if a.kind in (Kind.DOWN, Kind.MOVE) and b.kind is Kind.MOVE]
    far = max((hypot((b.x - a.x) * 263.12, (b.y - a.y) * 165.2) for a, b in ink), default=0.0)
    assert far <= 8.0, f"a line of {far:.0f} mm between two samples of a hand that moves 2 mm at most"
    drawn = sum(event.kind in (Kind.DOWN, Kind.MOVE) for event in events)
    assert drawn >= len(CLEAN) - 7 - 3 * len(bits)


keys = st.sampled_from(["matrix", "rotation", "left_handed", "pressure", "low", "high", "gamma", "points", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | keys,
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(keys, values, max_size=5))
def test_a_kept_calibration_is_read_or_refused(given_values):
    try:
        calibration = Calibration.from_dict(given_values)
    except DeviceError:
        return
    x, y = calibration.place(0.3, 0.9)
    assert 0 <= x <= 1
    assert 0 <= y <= 1
    assert 0 <= calibration.press(0.5) <= 4095
