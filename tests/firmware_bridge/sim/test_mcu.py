"""The reference firmware against the Python host: on a virtual clock over bad lines, and on a real pty."""

import random
from dataclasses import replace
from types import MappingProxyType

import pytest

from firmware_bridge.engine import Moved, Ready, Refused, Show, Shown, Start, Started, Write
from firmware_bridge.errors import PortError
from firmware_bridge.mcu_device import McuDevice
from firmware_bridge.panel.values import Mode, Rect, Update
from firmware_bridge.pen.strokes import Kind
from firmware_bridge.session import Standing
from firmware_bridge.sim import mcu
from firmware_bridge.sim.hand import Habits, Hand, example_strokes, fit_strokes
from firmware_bridge.sim.mcu import Mcu, build_library
from tests.conftest import find_program
from tests.firmware_bridge.serial_line import Line
from tests.firmware_bridge.test_device import Plugged as PluggedIn

HOST = 0


class Plugged:
    """A simulated device as the line of the tests wants it."""

    def __init__(self, device):
        self.device = device
        self.receive, self.on_timer, self.next_timer = device.receive, device.on_timer, device.next_timer

    def drain(self):
        return [Write(data) for data in self.device.drain()]


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    find_program("A C compiler", mcu.COMPILERS, "gcc libc6-dev")
    return mcu.load_library(build_library(tmp_path_factory.mktemp("firmware"), "-Wall", "-Wextra", "-Werror"))


def connect(library, seed=1, hand=None, ways=MappingProxyType({}), **options):
    device = Mcu(hand, library=library, **options)
    device.set_line(mcu.BAUD)
    line = Line(McuDevice(), Plugged(device), seed)
    device.power(True, line.now)
    line.ends[HOST].submit(Start(), line.now)
    assert line.run(3, lambda: line.of(HOST, Ready)), line.told
    line.run(1)
    for way in line.ways:
        way.lost, way.flipped = ways.get("lost", 0.0), ways.get("flipped", 0.0)
    return line, device


def samples(line):
    return [sample for moved in line.of(HOST, Moved) for sample in moved.samples]


def show(line, update, seconds=40):
    line.ends[HOST].submit(Show(update), line.now)

    def is_over():
        answers = line.of(HOST, Shown) + line.of(HOST, Refused)
        return any(answer.number == update.number for answer in answers)

    assert line.run(seconds, is_over)
    return [answer for answer in line.of(HOST, Refused) if answer.number == update.number]


def picture(rng, rect, greys):
    """Scribbles: runs of one grey, so that every encoding of a tile is met."""
    out = bytearray()
    while len(out) < rect.area:
        grey = rng.randrange(greys) * 255 // (greys - 1)
        out += bytes([grey]) * rng.choice((1, 2, 7, 60, 400))
    return bytes(out[: rect.area])


def test_the_firmware_says_what_it_is(library):
    line, _ = connect(library, greys=16, width=320, height=240)
    (ready,) = line.of(HOST, Ready)
    assert ready.name == "edgeboard reference board"
    assert (ready.pen.x_max, ready.pen.pressure_max, ready.pen.points_per_mm) == (20_000, 4095, 100.0)
    assert (ready.panel.width, ready.panel.height, ready.panel.greys) == (320, 240, 16)
    assert ready.panel.modes == frozenset(Mode)
    assert dict(ready.panel.durations)[Mode.FAST] == 0.26


@pytest.mark.parametrize("greys", [2, 4, 16])
@pytest.mark.parametrize("seed", range(3))
def test_every_picture_arrives_as_it_was_drawn(library, greys, seed):
    rng = random.Random(seed)
    line, device = connect(library, seed, greys=greys, width=160, height=90)
    whole = Rect(0, 0, 160, 90)
    assert not show(line, Update(1, whole, picture(rng, whole, greys), Mode.FULL, 0, 1001))
    frame = bytearray(device.ram)
    for number in range(2, 7):
        rect = Rect(rng.randrange(100), rng.randrange(60), rng.randint(1, 60), rng.randint(1, 30))
        pixels = picture(rng, rect, greys)
        for row in range(rect.h):
            at = (rect.y + row) * 160 + rect.x
            frame[at : at + rect.w] = pixels[row * rect.w : (row + 1) * rect.w]
        assert not show(line, Update(number, rect, pixels, Mode.GREY, 999 + number, 1000 + number))
    assert device.ram == bytes(frame)
    assert device.glass.target == frame
    assert line.of(HOST, Started) == [Started(number) for number in range(1, 7)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ways", [{"lost": 0.002}, {"flipped": 0.002}, {"lost": 0.005, "flipped": 0.005}])
def test_a_bad_line_changes_no_pixel_and_loses_no_ink(library, seed, ways):
    rng = random.Random(seed)
    line, device = connect(library, seed, ways=ways, width=160, height=90)
    pixels = picture(rng, Rect(0, 0, 160, 90), 2)
    line.ends[HOST].submit(Show(Update(1, Rect(0, 0, 160, 90), pixels, Mode.FULL, 0, 77)), line.now)
    for number in range(200):
        device.push(number, 2 * number, 100, 3, line.now)
        line.run(0.02)
    assert line.run(60, lambda: line.of(HOST, Shown) and len(samples(line)) == 200)
    assert [sample.x for sample in samples(line)] == list(range(200))
    assert device.ram == pixels


def test_samples_bear_the_times_at_which_they_were_taken(library):
    line, device = connect(library)
    taken = []
    for number in range(400):
        taken.append(line.now)
        device.push(number, 0, 1, 3, line.now)
        line.run(0.005)
    line.run(0.5)
    assert [sample.t for sample in samples(line)] == pytest.approx(taken, abs=0.004)


def test_a_hand_writes_and_every_sample_arrives(library):
    hand = Hand(fit_strokes(example_strokes(), mcu.X_MAX, mcu.Y_MAX), Habits(rate=200.0, eraser_every=2))
    line, device = connect(library, hand=hand)
    assert line.run(60, lambda: hand.is_done)
    line.run(1)
    touching = [sample for sample in samples(line) if sample.tip]
    assert len(touching) == hand.points > 100
    assert {sample.tool.value for sample in touching} == {"pen", "eraser"}
    assert not samples(line)[-1].near
    assert device.look()["lost"] == 0


def test_a_board_that_loses_power_comes_back_and_wants_the_whole_frame(library):
    line, device = connect(library, width=64, height=48)
    white = b"\xff" * 64 * 48
    assert not show(line, Update(1, Rect(0, 0, 64, 48), white, Mode.FULL, 0, 11))
    device.power(False, line.now)
    line.run(0.3)
    device.power(True, line.now)
    assert line.run(5, lambda: len(line.of(HOST, Ready)) == 2)
    (refused,) = show(line, Update(2, Rect(0, 0, 8, 8), bytes(64), Mode.FAST, 11, 12))
    assert refused.needs_all
    assert not show(line, Update(3, Rect(0, 0, 64, 48), white, Mode.FULL, 0, 13))
    assert not show(line, Update(4, Rect(0, 0, 8, 8), bytes(64), Mode.FAST, 13, 14))


def test_a_host_that_dies_and_comes_back_misses_nothing_the_ring_could_hold(library):
    line, device = connect(library)
    for number in range(10):
        device.push(number, 0, 1, 3, line.now)
        line.run(0.005)
    line.run(0.2)
    line.ends[HOST] = McuDevice()  # has no memory of the first
    line.told[HOST].clear()
    for number in range(10, 30):
        device.push(number, 0, 1, 3, line.now)
        line.step(line.now + 0.005)
    line.ends[HOST].submit(Start(), line.now)
    assert line.run(5, lambda: len(samples(line)) >= 20)
    assert [sample.x for sample in samples(line)] == list(range(10, 30))


def test_a_cut_cable_keeps_what_the_pen_has_done(library):
    line, device = connect(library)
    line.is_cut = True
    for number in range(20):
        device.push(number, 0, 1, 3, line.now)
        line.run(0.005)
    line.run(1.5)  # shorter than the silence that ends a session
    line.is_cut = False
    assert line.run(5, lambda: len(samples(line)) == 20)
    assert [sample.x for sample in samples(line)] == list(range(20))
    line.is_cut = True
    for number in range(20, 40):
        device.push(number, 0, 1, 3, line.now)
        line.run(0.005)
    line.run(4.5)
    line.is_cut = False
    assert line.run(10, lambda: len([s for s in samples(line) if s.near]) >= 40)
    near = [sample for sample in samples(line) if sample.near]
    assert [sample.x for sample in near] == list(range(40))


def test_a_stroke_ends_even_when_the_ring_is_full(library):
    line, device = connect(library)
    line.is_cut = True
    for number in range(300):
        device.push(number, 0, 1, 3, line.now)
        line.run(0.002)
    device.push(999, 0, 0, 0, line.now)
    line.is_cut = False
    line.run(5)
    assert samples(line)[-1].x == 999
    assert not samples(line)[-1].near
    assert device.look()["lost"] > 0
    assert line.ends[HOST].statistics()["missed"] == device.look()["lost"]


@pytest.mark.parametrize("seed", range(10))
def test_power_cuts_noise_and_dead_hosts_in_any_order_end_in_a_session(library, seed):
    rng = random.Random(seed)
    line, device = connect(library, seed, ways={"lost": 0.002, "flipped": 0.002}, width=64, height=48)
    for _ in range(15):
        match rng.randrange(4):
            case 0:
                device.power(False, line.now)
                line.run(rng.random())
                device.power(True, line.now)
            case 1:
                line.ends[HOST] = McuDevice()
                line.ends[HOST].submit(Start(), line.now)
            case 2:
                line.ways[rng.randrange(2)].put(rng.randbytes(rng.randrange(400)), line.now)
            case 3:
                line.is_cut = not line.is_cut
        line.run(rng.random() * 2)
    line.is_cut = False
    line.ends[HOST] = McuDevice()
    line.told[HOST].clear()
    line.ends[HOST].submit(Start(), line.now)
    assert line.run(5, lambda: line.of(HOST, Ready))
    line.run(0.5)
    assert not show(line, Update(9, Rect(0, 0, 64, 48), bytes(64 * 48), Mode.FULL, 0, 5))
    assert device.ram == bytes(64 * 48)


def test_without_a_compiler_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PortError, match="apt-get install gcc"):
        build_library(tmp_path / "none")


def test_the_firmware_is_compiled_once(tmp_path, library):
    path = build_library(tmp_path)
    stamp = path.stat().st_mtime_ns
    assert build_library(tmp_path).stat().st_mtime_ns == stamp
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.slow
@pytest.mark.parametrize("cable", ["perfect", "byte", "lossy"])
async def test_a_whole_board_on_a_real_pty_is_unplugged_and_plugged_in_again(tmp_path, library, cable, monkeypatch):
    quick = [replace(waveform, seconds=waveform.seconds / 20) for waveform in mcu.WAVEFORMS]
    monkeypatch.setattr(mcu, "WAVEFORMS", quick)
    async with PluggedIn(tmp_path, "mcu", cable, loop="1", speed="4", width="160", height="96") as plugged:
        heard = plugged.heard
        await heard.until(lambda: heard.displays and heard.kinds.count(Kind.MOVE) > 50)
        display = heard.displays[0]
        display.show(Rect(0, 0, 160, 96), bytes(160 * 96), is_ink=False)
        await display.until_idle()
        plugged.host.unplug()
        await heard.until(lambda: heard.changes[-1].standing is Standing.WAITING)
        assert heard.kinds[-1] in (Kind.UP, Kind.AWAY)
        drawn = heard.kinds.count(Kind.MOVE)
        plugged.host.plug()
        await heard.until(lambda: heard.kinds.count(Kind.MOVE) > drawn + 20)
        await display.until_idle()
        assert plugged.host.look(lambda: plugged.host.device.ram) == bytes(160 * 96)  # drawn in full again
