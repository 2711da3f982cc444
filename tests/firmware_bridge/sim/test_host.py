import errno
import os
import random
import stat
import termios
import threading
import tty
from contextlib import suppress
from pathlib import Path

import pytest
import serial

from firmware_bridge.sim.cable import KINDS, Cable, Manners
from firmware_bridge.sim.hand import Habits, Hand, example_strokes, fit_strokes
from firmware_bridge.sim.host import SimHost
from firmware_bridge.sim.isdv4 import MODELS, Isdv4Tablet
from firmware_bridge.sim.waveshare import Waveshare43

QUERY_REPLY = bytes.fromhex("c0 33 32 20 22 7f 01 00 00 08 10")
HANDSHAKE = bytes.fromhex("A5 00 09 00 CC 33 C3 3C AC")
REFRESH = bytes.fromhex("A5 00 09 0A CC 33 C3 3C A6")


def make_tablet(**habits):
    model = MODELS["WACf008"]
    strokes = fit_strokes(example_strokes(), model.x_max, model.y_max)
    return Isdv4Tablet(model, Hand(strokes, Habits(**habits)))


def make_cable(kind="perfect"):
    return Cable(KINDS[kind], random.Random(1))


@pytest.fixture
def tablet(tmp_path):
    with SimHost(make_tablet(speed=5, loop=True), make_cable(), link=tmp_path / "by-id" / "tablet") as host:
        yield host


def open_port(host, baud=38_400):
    return serial.Serial(str(host.path), baud, timeout=10.0)


def test_a_program_opens_the_path_and_speaks_with_the_device(tablet):
    with open_port(tablet) as port:
        port.write(b"*")
        assert port.read(11) == QUERY_REPLY
        port.write(b"1")
        assert port.read(1)[0] & 0xC0 == 0x80


def test_at_another_rate_there_is_garbage_and_after_a_change_of_rate_there_is_not(tablet):
    with open_port(tablet, 19_200) as port:
        port.write(b"*****")
        assert tablet.wait(lambda: tablet.device.counts["ignored"] > 0)
        port.reset_input_buffer()
        port.baudrate = 38_400
        port.write(b"*")
        assert port.read(11).endswith(QUERY_REPLY)


def test_unplugged_the_path_is_gone_and_reading_fails_as_on_a_real_port(tablet):
    fd = os.open(tablet.path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    tablet.unplug()
    assert not tablet.path.exists()
    assert not tablet.path.is_symlink()
    with suppress(OSError):  # EIO while it waits; who comes later reads the end
        assert os.read(fd, 1) == b""
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        os.write(fd, b"*")
    os.close(fd)


def test_plugged_in_again_it_is_found_at_the_same_link_and_begins_anew(tablet):
    with open_port(tablet) as port:
        port.write(b"1")
        port.read(9)
    tablet.unplug()
    tablet.unplug()
    tablet.plug()
    tablet.plug()
    with open_port(tablet) as port:
        port.write(b"*")  # unanswered if it were sampling still
        assert port.read(11) == QUERY_REPLY


def test_the_link_points_to_a_terminal(tablet):
    assert tablet.path.is_symlink()
    assert stat.S_ISCHR(tablet.path.stat().st_mode)
    assert tablet.path.name == "tablet"


def test_without_a_link_the_path_is_the_pty_and_there_is_none_unplugged():
    with SimHost(make_tablet(), make_cable()) as host:
        assert str(host.path).startswith("/dev/pts/")
        assert host.start() == host.path
        host.unplug()
        with pytest.raises(FileNotFoundError):
            host.path  # noqa: B018


def test_the_next_program_finds_no_rest_of_what_was_said_to_nobody(tablet):
    with open_port(tablet) as port:
        port.write(b"1")
        port.read(9)
    assert tablet.wait(lambda: tablet.counts["unheard"] > 100)
    with open_port(tablet) as port:
        port.write(b"0")
        assert tablet.wait(lambda: not tablet.device.is_sampling and tablet.cable.next_timer() is None)
        port.reset_input_buffer()
        port.write(b"*")
        assert port.read(11)[-11:] == QUERY_REPLY


def test_a_program_that_does_not_read_loses_what_is_too_much():
    talker = make_tablet()
    talker.hear = lambda data, now: talker.say(bytes(60_000))
    with SimHost(talker, Cable(KINDS["perfect"], random.Random(1), is_timed=False)) as host, open_port(host) as port:
        port.write(b"!")
        assert host.wait(lambda: host.counts["host_overrun"] > 0)


def test_what_the_host_sets_on_the_line_stands_for_the_next_who_opens_it(tablet):
    with open_port(tablet, 19_200):
        pass
    fd = os.open(tablet.path, os.O_RDWR | os.O_NOCTTY)
    assert termios.tcgetattr(fd)[5] == termios.B19200
    os.close(fd)


def test_a_cable_of_bytes_carries_the_same(tmp_path):
    with SimHost(make_tablet(), make_cable("byte")) as host, open_port(host) as port:
        port.write(b"*")
        assert port.read(11) == QUERY_REPLY


def test_a_cut_cable_falls_silent_and_is_whole_after_plugging(tmp_path):
    cable = Cable(Manners(cut_bytes=(20, 60)), random.Random(1))
    host = SimHost(make_tablet(speed=5, loop=True), cable, link=tmp_path / "tablet")
    with host:
        with open_port(host) as port:
            port.write(b"1")
            assert host.wait(lambda: host.cable.is_cut, 30.0)
        host.unplug()
        host.plug()
        assert not host.look(lambda: host.cable.is_cut)


def test_a_panels_picture_is_written_after_each_refresh(tmp_path):
    picture = tmp_path / "panel.png"
    panel = Waveshare43(boot_s=0.0, refresh_s=0.01)
    with SimHost(panel, make_cable(), picture=picture) as host, open_port(host, 115_200) as port:
        port.write(HANDSHAKE)
        assert port.read(2) == b"OK"
        assert not picture.exists()
        port.write(REFRESH)
        assert port.read(2) == b"OK"
        assert host.wait(picture.exists)
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert host.statistics()["refreshes"] == 1


def test_what_fails_in_the_thread_is_raised_where_it_is_stopped():
    host = SimHost(make_tablet(), make_cable())
    host.device.hear = lambda data, now: 1 / 0
    host.start()
    with open_port(host) as port:
        port.write(b"*")
        assert not host.wait(lambda: False)
        with pytest.raises((OSError, serial.SerialException)):
            port.read(1)
    with pytest.raises(ZeroDivisionError):
        host.stop()
    host.stop()


def test_it_starts_again_after_it_was_stopped(tmp_path):
    host = SimHost(make_tablet(), make_cable(), link=tmp_path / "tablet")
    for _ in range(2):
        with host, open_port(host) as port:
            port.write(b"*")
            assert port.read(11) == QUERY_REPLY
        assert not host.path.is_symlink()


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def cycle(host):
    host.plug()
    with open_port(host) as port:
        port.write(b"*")
        assert port.read(11) == QUERY_REPLY
    host.unplug()


def test_nothing_is_left_open_after_many_plugs(tmp_path):
    before, threads = open_descriptors(), threading.active_count()
    host = SimHost(make_tablet(), make_cable(), link=tmp_path / "tablet")
    with host:
        for _ in range(5):
            cycle(host)
    assert open_descriptors() == before
    assert threading.active_count() == threads
    assert list(tmp_path.iterdir()) == []
