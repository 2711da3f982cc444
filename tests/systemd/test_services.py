"""The units at work, on a Debian that systemd-nspawn boots: a real node, installed from its wheels."""

import json

import pytest

from edgeboard.cli import placing

pytestmark = pytest.mark.slow

# What the sandbox of a unit allows, tried by a process in it: each word is a deed, the answer "done" or an error.
TRY = """
import ctypes, errno, json, mmap, os, socket, sys

def write(path):
    with open(path, "w") as file:
        file.write("x")

def run_own_code():
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)

def open_device(path):
    os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))

def answer(do, *words):
    try:
        do(*words)
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]

found = {}
for word in sys.argv[1:]:
    kind, _, rest = word.partition(":")
    match kind:
        case "write": found[word] = answer(write, rest)
        case "list": found[word] = answer(os.listdir, rest)
        case "send": found[word] = answer(lambda: os.close(os.open(rest, os.O_WRONLY | os.O_NOCTTY)))
        case "open": found[word] = answer(open_device, rest)
        case "code": found[word] = answer(run_own_code)
        case "door":
            found[word] = answer(lambda: socket.socket(socket.AF_UNIX).connect(rest))
        case "net":
            found[word] = answer(lambda: socket.create_connection(("10.9.9.9", 9), 1.0))
        case "packet":
            found[word] = answer(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
print(json.dumps(found))
"""


# In words, if its one bit is set: to tell the text console on a framebuffer to keep still.
SAY_RIGHTS = "grep -q 'CapEff:.0000000004000000' /proc/self/status && echo cap_sys_tty_config"


def as_unit(board, unit, *command, text=None, but=()):
    """Run a command as this unit would run its own: the same user, the same sandbox; gives what it prints."""
    lines = board.run("cat", f"/etc/systemd/system/{unit}").stdout.splitlines()
    section, properties = "", []
    for line in lines:
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name = line.partition("=")[0]
            mine = name.startswith(
                ("Exec", "Restart", "Timeout", "Watchdog", "Runtime", "Success", "Standard", "MemoryMax", "MemoryHigh")
            )
            if not mine and name not in ("Type", "NotifyAccess", "StateDirectory", *but):
                properties += ["-p", line]
    return board.run("systemd-run", "--wait", "-P", "-q", *properties, *command, text=text).stdout


def tried(board, unit, *deeds):
    board.run("sh", "-c", "cat > /usr/local/bin/try.py", text=TRY)
    return json.loads(as_unit(board, unit, "/usr/bin/python3", "/usr/local/bin/try.py", *deeds))


def drop_in(board, unit, text):
    board.run("mkdir", "-p", f"/run/systemd/system/{unit}.d")
    board.run("sh", "-c", f"cat > /run/systemd/system/{unit}.d/test.conf", text=text)
    board.run("systemctl", "daemon-reload")


def test_a_board_serves_as_a_service_and_says_how_it_is(board):
    assert board.show("edgeboard.service", "StatusText") == "rooms 1, guests 0, boards linked 0"
    status = json.loads(board.run("edgeboard", "status", "--state", "/var/lib/edgeboard", "--json").stdout)
    assert status["prefix"] == board.run("readlink", "-f", "/opt/edgeboard/current").stdout.strip()
    assert not status["store_failed"]
    assert board.show("edgeboard-activate.service", "ConditionResult") == "no", "nothing was armed"
    assert board.said("find", "/opt/edgeboard", "!", "-user", "root") == ""
    assert board.said("systemctl", "--failed", "--no-legend") == ""
    assert board.run("stat", "-c", "%U %a", "/var/lib/edgeboard", "/var/lib/edgeboard/node.key").stdout.split() == [
        "edgeboard", "700", "edgeboard", "600",
    ]  # fmt: skip


def test_the_whole_of_edgeboard_works_in_its_sandbox_with_links_between_nodes(board):
    slot = "/opt/edgeboard/current/bin/python"
    said = as_unit(board, "edgeboard.service", slot, "-I", "-B", "-m", "edgeboard", "selftest", "--json")
    found = json.loads(said)["findings"]
    assert [each for each in found if each["level"] == "problem"] == []
    assert any("WebRTC" in json.dumps(each) or "link" in json.dumps(each) for each in found), "with links between nodes"


def test_who_makes_no_links_cannot_make_code_at_run_time(board):
    for unit in ("edgeboard-signal.service", "edgeboard-fetch.service", "edgeboard-rollback.service"):
        assert tried(board, unit, "code:")["code:"] in ("EPERM", "EACCES"), unit


def test_a_node_writes_its_state_and_nothing_else(board):
    forbidden = [
        "write:/opt/edgeboard/launcher.pyz", "write:/opt/edgeboard/slots/x", "write:/opt/edgeboard/current/x",
        "write:/etc/edgeboard/edgeboard.yaml", "write:/etc/x", "write:/usr/x",
        "write:/var/lib/edgeboard-ota/state.json",
        "write:/var/lib/edgeboard-ota/floor.json", "write:/var/lib/edgeboard-fetch/x", "write:/root/x",
        "list:/root", "packet:",
    ]  # fmt: skip
    found = tried(board, "edgeboard.service", *forbidden)
    assert {
        word: answer for word, answer in found.items() if answer not in ("EROFS", "EACCES", "EPERM", "EAFNOSUPPORT")
    } == {}
    board.run("systemctl", "stop", "edgeboard.service")
    drop_in(
        board, "edgeboard.service", "[Service]\nExecStartPre=/bin/touch /var/lib/edgeboard/mine /run/edgeboard/mine\n"
    )
    board.run("systemctl", "start", "edgeboard.service")
    assert board.said("stat", "-c", "%U", "/var/lib/edgeboard/mine") == "edgeboard"
    board.run("systemctl", "stop", "edgeboard.service")
    assert board.said("ls", "/run/edgeboard") == "mine", "what lies there for the marquee outlives a stop"


def test_serial_lines_and_screens_can_be_opened_and_other_devices_cannot(board):
    assert "cap_sys_tty_config" in as_unit(board, "edgeboard.service", "/bin/sh", "-c", SAY_RIGHTS)
    devices = {"ttyUSB0": (188, "dialout"), "fb0": (29, "video"), "spidev0.0": (153, "spi"), "sda": (8, "disk")}
    for name, (major, group) in devices.items():
        kind = "b" if name == "sda" else "c"
        board.run("mknod", "-m", "660", f"/dev/{name}", kind, major, 0)
        board.run("chgrp", group, f"/dev/{name}")
    board.run("mknod", "-m", "620", "/dev/tty0", "c", 4, 0)
    board.run("chgrp", "tty", "/dev/tty0")
    assert tried(board, "edgeboard.service", "send:/dev/tty0")["send:/dev/tty0"] not in ("EACCES", "EPERM", "ENOENT")
    found = tried(board, "edgeboard.service", *(f"open:/dev/{name}" for name in devices))
    assert found.pop("open:/dev/sda") in ("EACCES", "EPERM")
    # There is no such device behind the files here: who comes so far was let through by user, group and mode.
    assert {word for word, answer in found.items() if answer in ("EACCES", "ENOENT")} == set(), found


def test_a_node_that_hangs_is_started_anew_by_its_watchdog(board):
    drop_in(board, "edgeboard.service", "[Service]\nWatchdogSec=2\nRestartSec=100ms\n")
    board.run("systemctl", "restart", "edgeboard.service")
    before = board.show("edgeboard.service", "MainPID")
    board.run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", "edgeboard.service")
    board.wait_for(
        "another process", lambda: board.show("edgeboard.service", "NRestarts") == "1"
        and board.show("edgeboard.service", "ActiveState") == "active", 60.0,
    )  # fmt: skip
    assert board.show("edgeboard.service", "MainPID") != before
    assert "Watchdog timeout" in board.log("edgeboard.service")


def test_a_node_that_is_well_keeps_feeding_its_watchdog(board):
    drop_in(board, "edgeboard.service", "[Service]\nWatchdogSec=1\n")
    board.run("systemctl", "restart", "edgeboard.service")
    pid = board.show("edgeboard.service", "MainPID")
    fed = board.show("edgeboard.service", "WatchdogTimestampMonotonic")
    board.wait_for(
        "ten beats", lambda: int(board.show("edgeboard.service", "WatchdogTimestampMonotonic")) - int(fed) > 3_000_000
    )
    assert (board.show("edgeboard.service", "MainPID"), board.show("edgeboard.service", "NRestarts")) == (pid, "0")


# Builds a release whose node is made up, and lets the launcher commit it, as an update would.
NEXT = """
import sys
from pathlib import Path
from edgeboard.ota import slots
from edgeboard.ota.values import Layout
from tests.ota.releases import NODE, Release

node = '''import os, sys
if sys.argv[1:2] == ["run"]:
    sys.argv[1:] = [os.environ["STATE_DIRECTORY"]]
    if os.path.exists(sys.argv[1] + "/it-crashes"):
        sys.exit("it makes no sense any more")
''' + NODE
layout = Layout.under(Path("/"))
files = {"edgeboard/__init__.py": '__version__ = "1.9"', "edgeboard/__main__.py": node,
         "edgeboard/behaviour.txt": "works", "edgeboard/version.txt": "1.9"}
release = Release(Path("/tmp/released"), 9, files=files).fetch(layout)
slots.build(layout, release.manifest)
print(release.slot)
"""


@pytest.fixture
def renewed(board):
    """A board that runs a second release, which will end again and again when it is told to."""
    first = board.run("readlink", "/opt/edgeboard/current").stdout.strip()
    second = f"slots/{board.python(NEXT).strip()}"
    drop_in(board, "edgeboard.service", "[Service]\nRestartSec=100ms\n")
    board.run("systemctl", "stop", "edgeboard.service")
    board.run("ln", "-sfn", second, "/opt/edgeboard/current")
    board.run("systemctl", "start", "edgeboard.service")
    return board, first, second


def test_a_release_that_ends_again_and_again_gives_way_to_the_one_before(renewed):
    board, first, _ = renewed
    board.run("touch", "/var/lib/edgeboard/it-crashes")
    board.run("systemctl", "kill", "--signal=KILL", "edgeboard.service")
    board.wait_for("the release before", lambda: board.said("readlink", "/opt/edgeboard/current") == first, 60.0)
    board.wait_until("edgeboard.service", "active", 60.0)
    bad = json.loads(board.run("cat", "/var/lib/edgeboard-ota/bad.json").stdout)
    assert "it ended five times within 15 minutes" in json.dumps(bad)
    assert board.show("edgeboard-rollback.service", "Result") == "success"
    status = json.loads(board.run("edgeboard", "status", "--state", "/var/lib/edgeboard", "--json").stdout)
    assert status["prefix"] == f"/opt/edgeboard/{first}"


def test_a_board_without_an_earlier_release_is_tried_again_later_and_slowly(board):
    drop_in(board, "edgeboard.service", "[Service]\nRestartSec=100ms\nExecStartPre=/bin/test ! -e /run/it-crashes\n")
    drop_in(board, "edgeboard-again.timer", "[Timer]\nOnActiveSec=\nOnActiveSec=3s\nAccuracySec=100ms\n")
    board.run("touch", "/run/it-crashes")
    board.run("systemctl", "kill", "--signal=KILL", "edgeboard.service")
    for _time in range(2):
        board.wait_until("edgeboard.service", "failed", 60.0)
        board.wait_until("edgeboard.service", "activating", 60.0)
    board.run("rm", "/run/it-crashes")
    board.wait_until("edgeboard.service", "active", 60.0)
    assert "there is no release to go back to" in board.log("edgeboard-rollback.service")


def test_a_board_that_was_stopped_stays_stopped(board):
    board.run("systemctl", "stop", "edgeboard.service")
    board.run("systemctl", "start", "edgeboard-again.service", check=False)
    assert board.show("edgeboard.service", "ActiveState") == "inactive"


def test_a_slip_in_the_configuration_is_not_taken_for_a_bad_release(renewed):
    board, _, second = renewed
    # The made-up node reads no configuration; it ends as a node does that cannot read its own.
    drop_in(board, "edgeboard.service", "[Service]\nRestartSec=100ms\nExecStart=\nExecStart=/bin/sh -c 'exit 78'\n")
    board.run("systemctl", "kill", "--signal=KILL", "edgeboard.service")
    board.wait_until("edgeboard.service", "failed", 60.0)
    board.wait_for(
        "the decision not to go back",
        lambda: board.show("edgeboard-rollback.service", "Result") == "exec-condition", 20.0,
    )  # fmt: skip
    assert board.said("readlink", "/opt/edgeboard/current") == second


def test_a_node_with_a_slip_in_its_configuration_says_so_and_ends_with_78(board):
    board.run("sh", "-c", "echo 'node: {nmae: x}' > /etc/edgeboard/edgeboard.yaml")
    board.run("systemctl", "restart", "edgeboard.service", check=False)
    assert board.show("edgeboard.service", "ExecMainStatus") == "78"
    assert "did you mean name?" in board.log("edgeboard.service")


def test_who_fetches_cannot_install_and_who_installs_has_no_network(board):
    fetch = tried(
        board, "edgeboard-fetch.service", "write:/var/lib/edgeboard-ota/state.json", "write:/opt/edgeboard/slots/x",
        "write:/var/lib/edgeboard/x", "write:/etc/x", "write:/var/lib/edgeboard/node.key",
        "door:/var/lib/edgeboard/control.sock",
    )  # fmt: skip
    assert fetch.pop("door:/var/lib/edgeboard/control.sock") == "done", "the mesh is asked through the node"
    assert set(fetch.values()) <= {"EROFS", "EACCES"}, fetch
    install = tried(
        board, "edgeboard-install.service", "net:", "list:/var/lib/edgeboard", "write:/opt/edgeboard/launcher.pyz",
        "write:/opt/edgeboard/x", "write:/etc/x", "write:/opt/edgeboard/slots/x", "write:/var/lib/edgeboard-ota/x",
    )  # fmt: skip
    assert install.pop("net:") == "ENETUNREACH"
    assert (install.pop("write:/opt/edgeboard/slots/x"), install.pop("write:/var/lib/edgeboard-ota/x")) == (
        "done",
        "done",
    )
    assert set(install.values()) <= {"EROFS", "EACCES"}, install


def test_uninstalling_keeps_the_ink_and_purging_leaves_nothing(board):
    here = "env PYTHONPATH=/src PYTHONDONTWRITEBYTECODE=1 python3 -m edgeboard uninstall"
    key = board.run("sha256sum", "/var/lib/edgeboard/node.key").stdout
    board.run(*here.split())
    assert board.run("sha256sum", "/var/lib/edgeboard/node.key").stdout == key
    assert board.show("edgeboard.service", "LoadState") == "not-found"
    board.run(*here.split(), "--purge")
    places = [placing.UNITS.parent, "opt", "var", "usr/local", "run/systemd", "etc"]
    left = board.said("find", *(f"/{place}" for place in places), "-xdev", "-iname", "*edgeboard*")
    assert left == ""
    assert board.said("getent", "passwd", "edgeboard", "edgeboard-ota") == ""
