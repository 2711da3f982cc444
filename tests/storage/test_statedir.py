import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from edgeboard.errors import UserError
from edgeboard.storage.statedir import SOCKET_PATH_MAX, TOOL_S, StateDirectory, find_control_socket

HOLDER = """
import sys
from pathlib import Path
from edgeboard.storage.statedir import StateDirectory
directory = StateDirectory.open(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the state directory."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "state"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def short_path():
    """A directory in which a socket's path is short enough, whatever the test is called."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_for_its_owner_alone(tmp_path):
    with StateDirectory.open(tmp_path / "a" / "state") as directory:
        assert mode(directory.path) == 0o700
        assert mode(directory.path / "lock") == 0o600
        assert directory.database == tmp_path / "a" / "state" / "edgeboard.db"
        assert (directory.path / "lock").read_text() == f"{os.getpid()} node\n"


def test_another_node_is_refused_in_one_line_that_names_the_first(tmp_path, holder):
    with pytest.raises(UserError, match=f"in use by another node .process {holder.pid}.: stop that one") as caught:
        StateDirectory.open(tmp_path / "state")
    assert "\n" not in str(caught.value)


def test_the_lock_goes_with_the_process_however_it_ends(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with StateDirectory.open(tmp_path / "state") as directory:
        assert (directory.path / "lock").read_text() == f"{os.getpid()} node\n"


def test_the_lock_goes_with_close(tmp_path):
    directory = StateDirectory.open(tmp_path)
    with pytest.raises(UserError):
        StateDirectory.open(tmp_path)
    directory.close()
    directory.close()
    StateDirectory.open(tmp_path).close()


def test_a_lock_file_without_a_pid_is_still_a_lock(tmp_path):
    with StateDirectory.open(tmp_path):
        (tmp_path / "lock").write_text("")
        with pytest.raises(UserError, match="just starting"):
            StateDirectory.open(tmp_path)


def test_a_node_waits_for_a_tool_that_is_about_to_end(tmp_path):
    tool = StateDirectory.open(tmp_path, "edgeboard import")
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            tool.close()

    with StateDirectory.open(tmp_path, pause=pause):
        assert len(pauses) == 3


def test_a_tool_that_does_not_end_is_named_and_is_not_called_a_node(tmp_path):
    pauses = []
    with StateDirectory.open(tmp_path, "edgeboard import"), pytest.raises(UserError) as caught:
        StateDirectory.open(tmp_path, pause=pauses.append)
    assert sum(pauses) == pytest.approx(TOOL_S, abs=0.2)
    assert str(caught.value) == (
        f"{tmp_path} is in use by `edgeboard import` (process {os.getpid()}): wait until it has ended"
    )


def test_a_tool_waits_for_nobody(tmp_path):
    for holder, text in (("node", "by a node .*: stop it first, or, if it is just starting"), ("x", "by `x` ")):
        with StateDirectory.open(tmp_path, holder), pytest.raises(UserError, match=text):
            StateDirectory.open(tmp_path, "edgeboard import", pause=pytest.fail)


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "state").touch()
    for path in (tmp_path / "state", tmp_path / "state" / "below"):
        with pytest.raises(UserError, match="it is not a directory; name another"):
            StateDirectory.open(path)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EACCES, "this user may not write there; give the directory to the user"),
        (errno.EROFS, "that disk is read-only; make it writable"),
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_directory_that_cannot_be_written_is_refused_in_one_line(tmp_path, monkeypatch, number, text):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(UserError, match=text) as caught:
        StateDirectory.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_control_socket_is_in_the_directory(short_path):
    with StateDirectory.open(short_path) as directory:
        assert directory.control_socket == short_path / "control.sock"
        assert find_control_socket(short_path) == directory.control_socket


def test_with_a_long_path_the_socket_is_elsewhere_and_can_be_found(short_path, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(short_path))
    long, other = short_path / ("long-" * 20), short_path / ("other-" * 20)
    with StateDirectory.open(long) as one, StateDirectory.open(other) as two:
        assert one.control_socket != two.control_socket
        for directory in (one, two):
            assert len(os.fsencode(directory.control_socket)) <= SOCKET_PATH_MAX
            assert find_control_socket(directory.path) == directory.control_socket
            assert mode(directory.control_socket.parent) == 0o700
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(directory.control_socket))


def test_the_runtime_directory_of_the_user_is_preferred(short_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path / "run"))
    with StateDirectory.open(short_path / ("long-" * 20)) as directory:
        assert directory.control_socket.parent == short_path / "run" / "edgeboard"


def test_a_place_for_sockets_that_others_can_reach_is_refused(short_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))
    (short_path / "edgeboard").mkdir(mode=0o755)
    with pytest.raises(UserError, match="not a directory of this user alone"):
        StateDirectory.open(short_path / ("long-" * 20))


def test_a_directory_that_moved_to_a_shorter_path_forgets_the_far_socket(short_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path / "run"))
    StateDirectory.open(short_path / ("long-" * 20)).close()
    (short_path / ("long-" * 20)).rename(short_path / "short")
    with StateDirectory.open(short_path / "short") as directory:
        assert directory.control_socket == short_path / "short" / "control.sock"
        assert find_control_socket(directory.path) == directory.control_socket


def test_where_no_path_is_short_enough_the_remedy_is_named(short_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path / ("run-" * 30)))
    with pytest.raises(UserError, match="set XDG_RUNTIME_DIR to a shorter one"):
        StateDirectory.open(short_path / ("long-" * 20))
