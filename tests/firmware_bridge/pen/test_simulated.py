"""The engines of pens against the simulated tablets, in memory, on one virtual clock: two readings of one description.

The simulators are written from the vendor's description and never from our parsers, so what agrees here has been
understood twice.
"""

import random
from functools import cache
from math import hypot

import pytest

from firmware_bridge.engine import Failed, Moved, Ready, SetBaud, Start, Write
from firmware_bridge.pen.isdv4 import Isdv4Pen
from firmware_bridge.pen.samples import Tool
from firmware_bridge.pen.strokes import Kind, Strokes
from firmware_bridge.pen.wacom4 import Wacom4Pen
from firmware_bridge.sim import catalogue
from firmware_bridge.sim.cable import KINDS, Cable
from tests.firmware_bridge.pen.hands import RECORDING
from tests.firmware_bridge.pen.test_strokes import check

WILD_MM = 11.0  # the recording has 60 samples a second, between which a pen may bend its way by so much
STROKES = len(RECORDING.read_text().splitlines())


class Bench:
    """One pen and one device, wire to wire, or by a cable; a pen that fails is made anew, as a session does."""

    def __init__(self, make, name, cable=None, **options):
        self.make = make
        self.device = catalogue.make(name, {key: str(value) for key, value in options.items()})
        self.cable = Cable(KINDS[cable or "perfect"], random.Random(5), is_timed=cable is not None)
        self.now, self.baud = 0.0, 9600
        self.out = []
        self.device.power(True, 0.0)
        self.start()

    def start(self):
        self.pen = self.make()
        self.pen.submit(Start(), self.now)

    def run(self, seconds):
        """Until nothing happens any more, or so long."""
        end = self.now + seconds
        while self.step():
            engines = self.pen, self.device, self.cable
            due = [each for each in (engine.next_timer() for engine in engines) if each is not None]
            if not due or min(due) > end:
                break
            self.now = max(self.now, min(due))
            for engine in (self.pen, self.device):
                timer = engine.next_timer()
                if timer is not None and timer <= self.now:
                    engine.on_timer(self.now)
        self.now = end

    def step(self):
        """Carry what is under way."""
        is_busy = True
        while is_busy:
            outs = self.pen.drain()
            self.out += outs
            for out in outs:
                if isinstance(out, Write):
                    self.cable.send_up(out.data, self.now, self.baud)
                elif isinstance(out, SetBaud):
                    self.baud = out.rate
                    self.device.set_line(out.rate)
                elif isinstance(out, Failed):
                    self.start()
            for data in (sent := self.device.drain()):
                self.cable.send_down(data, self.now, self.device.baud)
            ups, downs = self.cable.arrived_up(self.now), self.cable.arrived_down(self.now)
            for _, data in ups:
                self.device.receive(data, self.now)
            for _, data in downs:
                self.pen.receive(data, self.now)
            is_busy = bool(outs or sent or ups or downs)
        return True

    @property
    def ready(self):
        return next((out for out in self.out if isinstance(out, Ready)), None)

    @property
    def samples(self):
        return [sample for out in self.out if isinstance(out, Moved) for sample in out.samples]


def sound(bench):
    """What holds on a sound line: nothing is damaged, dropped, or held back for good. The counters of the strokes."""
    strokes = Strokes(bench.ready.pen)
    events = strokes.receive(bench.samples)
    check(events)
    counts, mine = strokes.statistics(), bench.pen.statistics()
    assert (counts["jumps"], counts["glitches"], counts["broken"], counts["out_of_range"]) == (0, 0, 0, 0)
    assert all(mine[name] == 0 for name in ("damaged", "out_of_range", "cut", "noise")), mine
    touching = [sample for sample in bench.samples if sample.tip]
    assert len([event for event in events if event.kind in (Kind.DOWN, Kind.MOVE)]) == len(touching)
    return counts


@pytest.mark.parametrize("model", ["WACf004", "WACf008", "WACf00c"])
def test_every_isdv4_tablet_is_found_and_its_hand_becomes_strokes(model):
    bench = Bench(Isdv4Pen, "isdv4", model=model, speed=4)
    bench.run(8.0)
    assert len(bench.samples) > 300
    assert sound(bench)["strokes"] > 2


def test_every_recorded_stroke_arrives():
    bench = Bench(Isdv4Pen, "isdv4", file=RECORDING, speed=1)
    bench.run(120.0)
    strokes = Strokes(bench.ready.pen)
    strokes.receive(bench.samples)
    assert strokes.statistics()["strokes"] == STROKES


def test_eraser_and_side_switch_are_seen_as_the_hand_used_them():
    bench = Bench(Isdv4Pen, "isdv4", file=RECORDING, speed=4, eraser_every=3, side_every=4)
    bench.run(60.0)
    assert {sample.tool for sample in bench.samples} == {Tool.PEN, Tool.ERASER}
    assert any(sample.side for sample in bench.samples if sample.tip)
    strokes = Strokes(bench.ready.pen)
    events = strokes.receive(bench.samples)
    downs = [event.erases for event in events if event.kind is Kind.DOWN]
    assert len(downs) == STROKES
    assert len(downs) * 0.3 < sum(downs) < len(downs) * 0.7


@pytest.mark.parametrize("model", ["artz", "artz-old", "graphire", "penpartner"])
def test_every_wacom4_tablet_is_found_and_its_hand_becomes_strokes(model):
    bench = Bench(Wacom4Pen, "wacom4", model=model, file=RECORDING, speed=2)
    bench.run(60.0)
    assert sound(bench)["strokes"] == STROKES
    first = next(sample for sample in bench.samples if sample.tip)
    known = next(sample for sample in clean(Isdv4Pen, "isdv4") if sample.tip)
    tall, known_tall = first.y / bench.ready.pen.y_max, known.y / 15980
    assert abs(tall - known_tall) < 0.2, "it writes upside down"


@pytest.mark.parametrize("baud", [9600, 19200, 38400])
def test_a_wacom4_tablet_is_found_at_any_rate_even_one_that_talks_already(baud):
    bench = Bench(Wacom4Pen, "wacom4", baud=baud, chatty=1)
    bench.run(10.0)
    assert bench.ready is not None


def test_a_graphire_tells_eraser_and_switches_apart():
    bench = Bench(Wacom4Pen, "wacom4", model="graphire", file=RECORDING, speed=4, eraser_every=3, side_every=4)
    bench.run(60.0)
    assert {sample.tool for sample in bench.samples} == {Tool.PEN, Tool.ERASER}


@pytest.mark.parametrize(("make", "name"), [(Isdv4Pen, "isdv4"), (Wacom4Pen, "wacom4")])
@pytest.mark.parametrize("cable", ["perfect", "byte", "late", "lossy", "noisy"])
def test_by_any_cable_no_wild_line_is_drawn_and_little_is_lost(make, name, cable):
    """A cable that flips one byte in a hundred harms one packet in twelve: what is drawn is thinner, never wild."""
    bench = Bench(make, name, cable, file=RECORDING)
    bench.run(150.0)
    strokes = Strokes(bench.ready.pen)
    events = strokes.receive(bench.samples)
    check(events)
    facts, counts = bench.ready.pen, strokes.statistics()
    assert abs(counts["strokes"] - STROKES) <= STROKES // 10
    written = [(sample.x, sample.y) for sample in clean(make, name) if sample.tip]
    ink = [(event.x * facts.x_max, event.y * facts.y_max) for event in events if event.kind in (Kind.DOWN, Kind.MOVE)]
    away = max(min(hypot(x - u, y - v) for u, v in written) for x, y in ink) / facts.points_per_mm
    assert away <= WILD_MM, f"ink {away:.0f} mm from where the pen ever was"
    assert len(ink) >= (0.88 if cable in ("lossy", "noisy") else 1.0) * len(written)


@pytest.mark.parametrize(("make", "name"), [(Isdv4Pen, "isdv4"), (Wacom4Pen, "wacom4")])
def test_a_tablet_that_was_switched_off_and_on_samples_again(make, name):
    bench = Bench(make, name, file=RECORDING)
    bench.run(10.0)
    bench.device.power(False, bench.now)
    bench.run(2.0)
    bench.device.power(True, bench.now)
    before = len(bench.samples)
    bench.run(30.0)
    assert len(bench.samples) > before


@cache
def clean(make, name):
    """The samples of the same hand without any cable."""
    bench = Bench(make, name, file=RECORDING)
    bench.run(150.0)
    return bench.samples
