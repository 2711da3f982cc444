import pytest

from firmware_bridge.engine import (
    Failed,
    Measured,
    Moved,
    Ready,
    Refused,
    Rest,
    Show,
    Shown,
    Start,
    Started,
    Told,
    Write,
)
from firmware_bridge.mcu_device import UPDATE_S, McuDevice
from firmware_bridge.messages import Log, PenBatch, Sleep
from firmware_bridge.panel.values import Mode, Rect, Update
from firmware_bridge.pen.samples import PenSample, Tool
from tests.firmware_bridge.board import PANEL, PEN, Board
from tests.firmware_bridge.serial_line import Line

HOST = 0
WHOLE = Rect(0, 0, PANEL.width, PANEL.height)


def connect(seed=1, board=None, **ways):
    line = Line(McuDevice(), board or Board(), seed, **ways)
    line.ends[1].boot(line.now)
    line.ends[0].submit(Start(), line.now)
    assert line.run(3, lambda: line.of(HOST, Ready)), line.told
    line.run(1.5)  # the first pings
    return line


def update(number, mode=Mode.FULL, base=0, rect=WHOLE, grey=0):
    return Update(number, rect, bytes([grey]) * rect.area, mode, base, 1000 + number)


def batch(line, first, *xs, state=3, near=True):
    count = len(xs)
    clock = line.ends[1].clock(line.now)
    steps = (0, *(5000,) * (count - 1))
    states = bytes([state if near else 0]) * count
    return PenBatch(first, (clock - sum(steps)) % 2**32, steps, xs, (50,) * count, (500,) * count, states)


def samples(line):
    return [sample for moved in line.of(HOST, Moved) for sample in moved.samples]


def test_a_device_says_what_it_is():
    (ready,) = connect().of(HOST, Ready)
    assert ready == Ready("bench board", PEN, PANEL)


@pytest.mark.parametrize("offset", [0.0, 1234.5, 4294.0])
def test_samples_come_in_order_at_the_times_at_which_they_were_taken(offset):
    line = connect(board=Board(offset=offset))
    at = line.now
    line.ends[1].send(batch(line, 0, 10, 20, 30), line.now)
    line.run(0.5)
    assert [sample.x for sample in samples(line)] == [10, 20, 30]
    assert [sample.t for sample in samples(line)] == pytest.approx([at - 0.01, at - 0.005, at], abs=0.004)


def test_a_sample_has_all_that_the_pen_knows():
    line = connect()
    line.ends[1].send(PenBatch(0, 0, (0,), (1,), (2,), (3,), b"\x1f", (-30,), (45,)), line.now)
    line.run(0.5)
    (sample,) = samples(line)
    assert sample == PenSample(sample.t, 1, 2, 3, Tool.ERASER, True, True, True, True, -30.0, 45.0)


def test_points_outside_the_tablet_are_dropped_and_counted():
    line = connect()
    line.ends[1].send(batch(line, 0, 10, PEN.x_max + 1, 30), line.now)
    line.run(0.5)
    assert [sample.x for sample in samples(line)] == [10, 30]
    assert line.ends[0].statistics()["dropped"] == 1


def test_samples_that_come_twice_are_taken_once_and_missing_ones_counted():
    line = connect()
    for first, xs in ((2**32 - 2, (1, 2)), (2**32 - 1, (2, 3, 4)), (4, (5,)), (4, (5,))):
        line.ends[1].send(batch(line, first, *xs), line.now)
    line.run(0.5)
    assert [sample.x for sample in samples(line)] == [1, 2, 3, 4, 5]
    counters = line.ends[0].statistics()
    assert (counters["missed"], counters["twice"]) == (2, 2)


@pytest.mark.parametrize("seed", range(4))
def test_no_ink_is_lost_on_a_line_that_loses_a_byte_in_a_hundred(seed):
    line = connect(seed, lost=0.005, flipped=0.005)
    for number in range(0, 300, 3):
        line.ends[1].send(batch(line, number, number, number + 1, number + 2), line.now)
        line.run(0.015)
    assert line.run(20, lambda: len(samples(line)) >= 300)
    assert [sample.x for sample in samples(line)] == list(range(300))


def test_an_update_is_started_and_shown():
    line = connect()
    line.ends[0].submit(Show(update(1, grey=0)), line.now)
    assert line.run(2, lambda: line.of(HOST, Shown))
    assert line.of(HOST, Started) == [Started(1)]
    assert line.of(HOST, Measured) == [Measured(21.5)]
    assert line.ends[1].frame.pixels == bytes(WHOLE.area)
    line.ends[0].submit(Show(update(2, Mode.FAST, 1001, Rect(8, 8, 16, 16), 255)), line.now)
    assert line.run(2, lambda: len(line.of(HOST, Shown)) == 2)
    assert line.ends[1].frame.crop(Rect(8, 8, 16, 16)) == b"\xff" * 256


def test_an_update_over_another_frame_is_refused_and_all_is_wanted():
    line = connect()
    line.ends[0].submit(Show(update(5, base=77)), line.now)
    assert line.run(2, lambda: line.of(HOST, Refused))
    (refused,) = line.of(HOST, Refused)
    assert (refused.number, refused.needs_all) == (5, True)
    line.ends[0].submit(Show(update(6)), line.now)
    assert line.run(2, lambda: line.of(HOST, Shown))


def test_one_update_at_a_time():
    line = connect()
    line.ends[0].submit(Show(update(1)), line.now)
    line.ends[0].submit(Show(update(2)), line.now)
    line.run(2)
    assert [(refused.number, refused.needs_all) for refused in line.of(HOST, Refused)] == [(2, False)]
    assert line.of(HOST, Shown) == [Shown(1)]


def test_a_device_that_boots_in_mid_stroke_and_mid_update_is_ready_again():
    line = connect()
    line.ends[1].send(batch(line, 0, 10, 20), line.now)
    line.run(0.1)
    line.ends[0].submit(Show(update(1)), line.now)
    line.step(line.now)
    line.ends[1].boot(line.now)
    assert line.run(3, lambda: len(line.of(HOST, Ready)) == 2)
    (refused,) = line.of(HOST, Refused)
    assert (refused.number, refused.needs_all) == (1, True)
    last = samples(line)[-1]
    assert (last.x, last.near, last.tip) == (20, False, False)
    line.run(0.1)
    line.ends[1].send(batch(line, 0, 30), line.now)  # its numbers begin anew
    line.run(0.2)
    assert samples(line)[-1].x == 30
    assert line.ends[0].statistics()["missed"] == 0


def test_a_cut_cable_ends_the_stroke_and_the_device_is_given_up():
    line = connect()
    line.ends[1].send(batch(line, 0, 10), line.now)
    line.run(0.1)
    line.is_cut = True
    assert line.run(10, lambda: line.of(HOST, Failed))
    assert not samples(line)[-1].near
    assert "nobody answered" in line.of(HOST, Failed)[0].text


def test_a_host_that_was_held_up_for_long_begins_anew():
    line = connect()
    host = line.ends[0]
    later = line.now + 60  # a machine that slept: every timer is due at once
    while (timer := host.next_timer()) is not None and timer <= later and not line.of(HOST, Told):
        host.on_timer(later)
        line.told[HOST] += [output for output in host.drain() if not isinstance(output, Write)]
    assert "called anew" in line.of(HOST, Told)[0].text


def test_a_refresh_of_which_nothing_is_heard_is_given_up():
    line = connect()
    line.ends[1].take = lambda message, now: None
    line.ends[0].submit(Show(update(1)), line.now)
    assert line.run(2 * UPDATE_S, lambda: line.of(HOST, Refused))
    assert line.of(HOST, Refused)[0].needs_all


def test_the_host_may_let_it_rest_and_hears_its_log():
    line = connect()
    line.ends[0].submit(Rest(), line.now)
    line.ends[1].send(Log("battery at 3.1 V"), line.now)
    line.run(0.5)
    assert Sleep() in line.ends[1].messages
    assert Told("the device says: battery at 3.1 V") in line.of(HOST, Told)


def test_what_a_device_says_commands_no_terminal_and_makes_no_lines_of_its_own():
    line = connect()
    line.ends[1].send(Log("\x1b[2Jbattery\n2026-11-21 ERROR at\t3.1 V\x07"), line.now)
    line.run(0.5)
    assert Told("the device says: [2Jbattery 2026-11-21 ERROR at 3.1 V") in line.of(HOST, Told)


def test_a_device_whose_description_makes_no_sense_is_told_of():
    board = Board()
    line = Line(McuDevice(), board)
    board.boot(line.now)
    board.link.body = b"\xa0"
    board.work = lambda now: None
    line.ends[0].submit(Start(), line.now)
    assert line.run(3, lambda: line.of(HOST, Failed))
    assert "hello cannot be read" in line.of(HOST, Failed)[0].text
