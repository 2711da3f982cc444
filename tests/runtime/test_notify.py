"""What is said to the service manager, over a real socket."""

import socket
import uuid

import pytest

from edgeboard.runtime.notify import Notifier


@pytest.fixture(params=["a file", "an abstract name"])
def manager(request, tmp_path):
    """A service manager: its address as NOTIFY_SOCKET has it, and its socket."""
    address = str(tmp_path / "notify") if request.param == "a file" else f"@edgeboard-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address.replace("@", "\0"))
        listening.setblocking(False)
        yield address, lambda: listening.recv(4096).decode()


@pytest.fixture
def make():
    made = []

    def open_one(address, watchdog_s=0.0):
        made.append(Notifier(address, watchdog_s))
        return made[-1]

    yield open_one
    for notifier in made:
        notifier.close()


def test_a_life_is_told_from_start_to_stop(manager, make):
    address, heard = manager
    notifier = make(address, 30.0)
    notifier.starting(1.5)
    assert heard() == "EXTEND_TIMEOUT_USEC=1500000"
    notifier.ready("rooms 1,\nguests 0")
    assert heard() == "READY=1\nSTATUS=rooms 1, guests 0", "a status is one line"
    notifier.alive()
    assert heard() == "WATCHDOG=1"
    notifier.stopping()
    assert heard().startswith("STOPPING=1\n")
    notifier.close()
    notifier.alive()
    with pytest.raises(BlockingIOError):
        heard()


def test_the_same_status_is_not_sent_twice(manager, make):
    address, heard = manager
    notifier = make(address)
    notifier.ready("one")
    notifier.status("one")
    notifier.status("two")
    assert [heard(), heard()] == ["READY=1\nSTATUS=one", "STATUS=two"]


def test_without_a_watchdog_nothing_is_said_of_life(manager, make):
    address, heard = manager
    notifier = make(address)
    notifier.alive()
    assert notifier.beat_s == 0.0
    with pytest.raises(BlockingIOError):
        heard()


def test_a_manager_that_has_gone_or_reads_nothing_stops_nobody(tmp_path, make):
    make(str(tmp_path / "nobody"), 1.0).ready("well")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        notifier = make(str(tmp_path / "deaf"), 1.0)
        for _ in range(2000):
            notifier.alive()


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, 0.0),
        ({"WATCHDOG_USEC": "soon", "WATCHDOG_PID": "7"}, 0.0),
    ],
)
def test_the_watchdog_is_that_of_this_process_and_children_hear_nothing_of_it(environment, watchdog_s):
    environment = {"NOTIFY_SOCKET": "", "HOME": "/", **environment}
    notifier = Notifier.take(environment, pid=7)
    assert notifier.watchdog_s == watchdog_s
    assert not notifier.is_listened_to
    assert environment == {"HOME": "/"}
