"""The firmware as a process on a pty, end to end with the Python host: real bytes, real time, a real reset button."""

import itertools
import os
import random
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from firmware_bridge.engine import Moved, Ready, Refused, Show, Shown, Start, Told, Write
from firmware_bridge.mcu_device import McuDevice
from firmware_bridge.panel.values import Mode, Rect, Update
from tests.firmware_bridge.mcu.core import make

pytestmark = pytest.mark.slow

WHOLE = Rect(0, 0, 800, 480)
WHITE = b"\xff" * WHOLE.area


class Desk:
    """A process of the firmware, and a host at its pty; bytes may get lost in between."""

    def __init__(self, program, *options, loss=0.0):
        self.process = subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True)
        self.descriptor = os.open(self.process.stdout.readline().strip(), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.rng, self.loss = random.Random(1), loss
        self.told = []
        self.begin()

    def begin(self):
        """A host that knows nothing of an earlier one."""
        self.host = McuDevice()
        self.told.clear()
        self.host.submit(Start(), time.monotonic())

    def spoil(self, data):
        return bytes(byte for byte in data if self.rng.random() >= self.loss) if self.loss else data

    def run(self, until, seconds=20.0):
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            for output in self.host.drain():
                if isinstance(output, Write):
                    os.write(self.descriptor, self.spoil(output.data))
                else:
                    self.told.append(output)
            timer = min(self.host.next_timer() or end, end)
            ready, _, _ = select.select([self.descriptor], [], [], max(timer - time.monotonic(), 0.0))
            if ready:
                self.host.receive(self.spoil(os.read(self.descriptor, 4096)), time.monotonic())
            if (self.host.next_timer() or end) <= time.monotonic():
                self.host.on_timer(time.monotonic())
        return until()

    def of(self, kind):
        return [output for output in self.told if isinstance(output, kind)]

    def samples(self):
        return [sample for moved in self.of(Moved) for sample in moved.samples]

    def close(self):
        os.close(self.descriptor)
        self.process.terminate()
        assert self.process.wait(10) == 0
        self.process.stdout.close()


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("host")
    make(folder, "all")
    return folder / "eb_host"


@pytest.fixture
def open_desk(program):
    desks = []

    def open_one(*options, **manners):
        desks.append(Desk(program, *options, **manners))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.close()


def show(desk, update):
    desk.host.submit(Show(update), time.monotonic())
    assert desk.run(lambda: desk.of(Shown) or desk.of(Refused)), desk.told


def test_a_picture_is_on_the_panel_and_in_the_file(open_desk, tmp_path):
    picture = tmp_path / "panel.pgm"
    desk = open_desk("--picture", picture)
    assert desk.run(lambda: desk.of(Ready)), desk.told
    pixels = bytearray(WHITE)
    for row in range(100, 140):
        pixels[row * 800 + 200 : row * 800 + 240] = bytes(40)
    show(desk, Update(1, WHOLE, bytes(pixels), Mode.FAST, 0, 11))
    assert desk.of(Shown) == [Shown(1)]
    assert Path(picture).read_bytes() == b"P5 800 480 255\n" + pixels


def test_a_script_of_the_pen_arrives_whole_over_a_line_that_loses_bytes(open_desk, tmp_path):
    script = tmp_path / "pen.txt"
    script.write_text("".join(f"{500 + 5 * n} {n} {2 * n} {n % 4096} 3\n" for n in range(300)) + "2010 7 7 0 0\n")
    desk = open_desk("--pen", script, loss=0.003)
    assert desk.run(lambda: desk.samples() and not desk.samples()[-1].near), desk.told
    samples = desk.samples()
    assert [sample.x for sample in samples[:-1]] == list(range(300))
    assert samples[-2].t - samples[0].t == pytest.approx(299 * 0.005, abs=0.05)
    assert all(after.t >= before.t for before, after in itertools.pairwise(samples))


@pytest.mark.parametrize(
    "line", ["500 1 1 1", "500 1 1 1 3 7", "later 1 1 1 3", "500 20001 1 1 3", "500 1 1 -1 3", "500 1 1 1 3x"]
)
def test_a_script_with_a_line_that_is_none_is_refused_before_anything_begins(program, tmp_path, line):
    script = tmp_path / "pen.txt"
    script.write_text(f"0 1 1 1 3\n\n{line}\n9 1 1 1 3\n")
    done = subprocess.run([program, "--pen", script], capture_output=True, text=True, check=False, timeout=10)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{script}:3: not `ms x y pressure state`")


def test_a_picture_that_cannot_be_written_is_refused_before_anything_begins(program, tmp_path):
    picture = tmp_path / "nowhere" / "panel.pgm"
    done = subprocess.run([program, "--picture", picture], capture_output=True, text=True, check=False, timeout=10)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{picture}: No such file or directory\n"


def test_the_reset_button_in_mid_session(open_desk):
    desk = open_desk()
    assert desk.run(lambda: desk.of(Ready))
    show(desk, Update(1, WHOLE, WHITE, Mode.DIRECT, 0, 11))
    desk.process.send_signal(signal.SIGUSR1)
    assert desk.run(lambda: len(desk.of(Ready)) == 2), desk.told
    assert any("the device has restarted" in told.text for told in desk.of(Told))
    desk.told.clear()
    show(desk, Update(2, Rect(0, 0, 8, 8), bytes(64), Mode.FAST, 11, 12))
    assert desk.of(Refused)[0].needs_all  # what it showed before, it does not know
    desk.told.clear()
    show(desk, Update(3, WHOLE, WHITE, Mode.DIRECT, 0, 13))
    assert desk.of(Shown) == [Shown(3)]


def test_a_host_that_starts_again(open_desk):
    desk = open_desk()
    assert desk.run(lambda: desk.of(Ready))
    show(desk, Update(1, WHOLE, WHITE, Mode.DIRECT, 0, 11))
    desk.begin()
    assert desk.run(lambda: desk.of(Ready)), desk.told
    show(desk, Update(1, Rect(0, 0, 8, 8), bytes(64), Mode.FAST, 11, 12))
    assert desk.of(Shown) == [Shown(1)]  # the device has not forgotten what it shows
