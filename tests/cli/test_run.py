"""`edgeboard run` as a process of its own: its start, its stop, and everything that a user can get wrong."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import edgeboard.cli.run
from edgeboard.cli.entry import make_parser
from edgeboard.cli.run import config_of
from edgeboard.config.schema import Config
from edgeboard.config.values import Listen
from edgeboard.errors import UserError
from edgeboard.identity.keyfile import enrol

slow = pytest.mark.slow
RECORDING = Path(edgeboard.cli.run.__file__).parent / "data" / "handwriting.jsonl"


def configured(*words):
    return config_of(make_parser().parse_args(["run", *map(str, words)]))


def test_nothing_said_is_the_defaults():
    assert configured() == Config()


@pytest.mark.parametrize(
    "urls", [["virtual:w", "virtual:w"], ["virtual:w", "virtual:w?width=640"], ["png:/a/w.png", "virtual:w"]]
)
def test_panels_of_one_name_are_refused(urls):
    """The name is the address of a panel's page."""
    words = [word for url in urls for word in ("--panel", url)]
    with pytest.raises(UserError, match="two panels are named w; name one otherwise"):
        configured(*words)


def test_the_command_line_wins_over_the_file(tmp_path):
    file = tmp_path / "e.yaml"
    file.write_text(
        "node: {name: Kitchen, listen: '1.2.3.4:5'}\nrooms: [a, b]\npeers: [x]\nlogging: {level: error}\n"
        "transport: {mode: websocket}\n"
    )
    config = configured("--config", file)
    assert (config.node.name, config.rooms, config.peers) == ("Kitchen", ("a", "b"), ("http://x:8787",))
    config = configured(
        "--config", file, "--name", "Hall", "--room", "c", "--peer", "y", "--peer", "x", "--log-level", "debug",
        "--state", tmp_path, "--listen", "127.0.0.1:0",
    )  # fmt: skip
    assert (config.node.name, config.node.state, config.node.listen) == ("Hall", tmp_path, Listen("127.0.0.1", 0))
    assert (config.rooms, config.logging.level) == (("c",), "debug")
    assert config.peers == ("http://x:8787", "http://y:8787")
    assert config.transport.mode == "websocket"
    assert config.discovery.mdns
    assert not configured("--config", file, "--no-discovery").discovery.mdns


def test_a_broken_file_is_named_with_line_and_key(tmp_path):
    (tmp_path / "e.yaml").write_text("node:\n  nmae: x\n")
    with pytest.raises(UserError, match=r"e\.yaml:2: node\.nmae: is not a setting; did you mean name\?"):
        configured("--config", tmp_path / "e.yaml")


# ------------------------------------------------------------------------------------------------------- processes


def run_to_its_end(*words, env=None):
    """A node that ends by itself: (exit code, standard output, standard error)."""
    done = subprocess.run(
        [sys.executable, "-m", "edgeboard.cli", "run", *map(str, words)],
        capture_output=True, text=True, timeout=20, check=False, env={**os.environ, **(env or {})},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def failed(result):
    """The one line of a node that could not start."""
    code, _, err = result
    lines = [line for line in err.splitlines() if line.startswith("edgeboard: ")]
    assert code == 1
    assert len(lines) == 1
    assert "Traceback" not in err
    return lines[0]


@slow
def test_a_node_starts_without_any_configuration_and_stops_within_2_s(start_node):
    node = start_node()
    assert node.first_line.endswith(f" is at {node.url}/room/lobby\n")
    began = time.monotonic()
    assert node.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 2.0
    assert "Traceback" not in node.log.read_text()
    assert not (node.state / "control.sock").exists()


@slow
def test_a_service_is_stopped_by_its_manager(start_node):
    assert start_node().stop(signal.SIGTERM) == 0


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """A service manager whose watchdog bites after 0.6 s; gives a function that waits for the next thing it is told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(20.0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        yield lambda: listening.recv(4096).decode()


@slow
def test_a_service_tells_its_manager_when_it_serves_lives_and_stops(start_node, manager):
    node = start_node()
    assert manager().startswith("EXTEND_TIMEOUT_USEC="), "a slow start asks for time before anything else"
    while "READY=1" not in (told := manager()):
        assert told.startswith("EXTEND_TIMEOUT_USEC=")
    assert "rooms 1, guests 0, boards linked 0" in told
    assert [manager(), manager(), manager()] == ["WATCHDOG=1"] * 3
    node.process.send_signal(signal.SIGTERM)
    while (told := manager()) == "WATCHDOG=1":
        pass
    assert told.startswith("STOPPING=1")
    assert node.process.wait(5.0) == 0


@slow
def test_a_board_whose_door_is_shut_does_not_feed_its_watchdog(start_node, manager):
    node = start_node()
    while manager() != "WATCHDOG=1":
        pass
    (node.state / "control.sock").unlink()
    deadline = time.monotonic() + 10.0
    while "the service manager is not told that all is well" not in node.log.read_text():
        assert time.monotonic() < deadline, node.log.read_text()
        time.sleep(0.05)
    node.process.send_signal(signal.SIGTERM)
    while (told := manager()) == "WATCHDOG=1":
        pass
    assert told.startswith("STOPPING=1")


@slow
def test_a_second_signal_stops_at_once(start_node):
    node = start_node()
    node.process.send_signal(signal.SIGSTOP)  # so that both are there when it looks
    node.process.send_signal(signal.SIGINT)
    node.process.send_signal(signal.SIGTERM)
    node.process.send_signal(signal.SIGCONT)
    assert node.process.wait(2.0) == 130


@slow
def test_everything_drawn_before_a_stop_is_there_after_it(start_node, run_main):
    node = start_node()
    assert run_main("replay", RECORDING, "--room", "lobby", "--speed", "0", "--state", node.state)[0] == 0
    digest = json.loads(run_main("rooms", "--json", "--state", node.state)[1])[0]["digest"]
    node.stop()
    (room,) = json.loads(run_main("rooms", "--json", "--state", node.state)[1])
    assert (room["state"], room["items"], room["digest"]) == ("closed", 51, digest)
    hint = f"read from the disk, since no node runs there; open them with: edgeboard run --state {node.state}"
    assert run_main("rooms", "--state", node.state)[1].splitlines()[-1] == hint


@slow
def test_a_port_that_is_taken_is_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = failed(run_to_its_end("--state", tmp_path / "a", "--listen", f"127.0.0.1:{port}"))
    assert line == f"edgeboard: port {port} is taken by another program; choose another with --listen HOST:PORT"


@slow
def test_an_address_that_is_not_ours_is_one_line(tmp_path):
    line = failed(run_to_its_end("--state", tmp_path / "a", "--listen", "192.0.2.77:0"))
    assert line.startswith("edgeboard: 192.0.2.77 is not an address of this machine; use [::]")


@slow
def test_a_state_directory_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    line = failed(run_to_its_end("--state", tmp_path / "file" / "state", "--listen", "127.0.0.1:0"))
    assert f"cannot keep the node's state in {tmp_path / 'file' / 'state'}: it is not a directory" in line


@slow
def test_a_state_directory_in_use_is_one_line_that_names_the_process(start_node):
    node = start_node()
    line = failed(run_to_its_end("--state", node.state, "--listen", "127.0.0.1:0"))
    assert f"{node.state} is in use by another node (process {node.process.pid}): stop that one" in line


@slow
def test_broken_yaml_is_one_line_with_file_line_and_key(tmp_path):
    (tmp_path / "e.yaml").write_text("node:\n  name: a: b\n")
    line = failed(run_to_its_end("--state", tmp_path / "a", "--config", tmp_path / "e.yaml"))
    assert line.startswith(f"edgeboard: {tmp_path / 'e.yaml'}:2: name: not YAML: mapping values are not allowed here")
    assert not (tmp_path / "a").exists()


@slow
def test_a_key_that_others_can_read_is_one_line(tmp_path):
    state = tmp_path / "a"
    state.mkdir()
    (state / "node.key").write_bytes(bytes(32))
    (state / "node.key").chmod(0o644)
    line = failed(run_to_its_end("--state", state, "--listen", "127.0.0.1:0"))
    assert f"run chmod 600 {state / 'node.key'}" in line


@slow
def test_a_peer_of_another_mesh_refuses_and_that_is_one_line(start_node, tmp_path):
    node = start_node()
    line = failed(run_to_its_end("--state", tmp_path / "b", "--listen", "127.0.0.1:0", "--peer", node.url))
    assert line.startswith(f"edgeboard: the board at {node.url} refuses to link: ")


@slow
def test_a_copied_state_directory_is_refused_with_the_remedy(start_node, tmp_path):
    node = start_node()
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("node.key", "mesh.json"):
        (copy / name).write_bytes((node.state / name).read_bytes())
        (copy / name).chmod(0o600)
    line = failed(run_to_its_end("--state", copy, "--listen", "127.0.0.1:0", "--peer", node.url))
    assert "remove" in line
    assert "node.key" in line


@slow
def test_a_peer_that_is_not_there_is_waited_for(start_node, tmp_path):
    with socket.socket() as later:
        later.bind(("127.0.0.1", 0))
        port = later.getsockname()[1]
    first = start_node("a", "--peer", f"http://127.0.0.1:{port}")
    (tmp_path / "b").mkdir()
    enrol(first.state, tmp_path / "b")
    start_node("b", port=port)
    first.wait_for("linked to board")


@slow
def test_a_node_keeps_its_state_where_the_system_says(tmp_path, start_node):
    environment = {"XDG_STATE_HOME": str(tmp_path / "state"), "STATE_DIRECTORY": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "edgeboard.cli", "run", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **environment},
    )  # fmt: skip
    try:
        assert b" is at http://127.0.0.1:" in process.stdout.readline()
        assert (tmp_path / "state" / "edgeboard" / "node.key").exists()
        assert (tmp_path / "state" / "edgeboard").stat().st_mode & 0o077 == 0
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
        process.stdout.close()


@slow
def test_nobody_reading_the_standard_output_does_not_matter(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "edgeboard.cli", "run", "--state", tmp_path / "a", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    give_up = time.monotonic() + 20
    while not (tmp_path / "a" / "control.sock").exists():
        assert time.monotonic() < give_up
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) in (0, 141)
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
