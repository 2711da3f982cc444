"""Ports that a node lends."""

import os
import signal

import pytest

from edgeboard.cli.borrowing import borrowed

URL = "serial:/dev/serial/by-id/usb-A?baud=38400"
RELEASE = "POST /control/devices/release?port=serial%3A%2Fdev%2Fserial%2Fby-id%2Fusb-A%3Fbaud%3D38400"
RESUME = RELEASE.replace("release", "resume")


@pytest.fixture
def asked(fake_node):
    """What a node with this device was asked for, in order."""
    seen = []

    def note(word):
        return lambda body: (seen.append(word), (200, []))[1]

    fake_node.table[RELEASE] = note("release")
    fake_node.table[RESUME] = note("resume")
    return seen


def test_a_device_is_let_go_of_and_given_back(fake_node, asked, capsys):
    with borrowed(fake_node.state, URL) as is_lent:
        assert is_lent
        assert asked == ["release"]
    assert asked == ["release", "resume"]
    assert "lets go of the device" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_the_work_the_device_is_given_back(fake_node, asked, number):
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)]

    def work():
        with borrowed(fake_node.state, URL):
            os.kill(os.getpid(), number)
            signal.pause()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert asked == ["release", "resume"]
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)] == handlers


def test_where_no_node_has_it_nothing_is_given_back(fake_node, asked, tmp_path):
    with borrowed(tmp_path / "none", URL) as is_lent:
        assert not is_lent
    fake_node.table[RELEASE] = (409, {"code": 10, "text": "this board has no device there"})
    with borrowed(fake_node.state, URL) as is_lent:
        assert not is_lent
    assert asked == []


def test_a_node_that_has_ended_meanwhile_is_no_error(fake_node, asked):
    with borrowed(fake_node.state, URL):
        (fake_node.state / "control.sock").unlink()
    assert asked == ["release"]
