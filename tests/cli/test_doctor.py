"""The whole examination, with a node and without one."""

import json

import pytest

from edgeboard.cli import doctor, trials
from edgeboard.cli.findings import Level, ok, problem
from edgeboard.cli.trials import Exchange, Speed

STATUS = {"name": "Kitchen", "rooms": [], "links": [], "store_failed": None, "alarms": []}


@pytest.fixture
def quick(monkeypatch):
    """What takes seconds is made up; its own tests run it for real."""
    exchange = Exchange(0.1, 0.001, 5e-5, ("av", "rto"))
    monkeypatch.setattr(trials, "check_webrtc", lambda settings: (ok("webrtc", "it links"), exchange))
    monkeypatch.setattr(trials, "measure_speed", lambda: Speed(1e-4, 1e-4, 1e-7, 1e-7, 1e-4))


def test_a_sound_machine_without_a_node(run_main, tmp_path, quick):
    code, out, err = run_main("doctor", "--state", tmp_path / "new", "--listen", "127.0.0.1:0", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["problems"] == 0
    checks = [each["check"] for each in found["findings"]]
    expected = {"node", "python", "state", "space", "sync", "wal", "keys", "database", "clock", "port", "network"}
    assert expected | {"udp", "peers", "kernels", "webrtc", "speed"} <= set(checks)
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_running_node_is_asked_and_not_disturbed(run_main, start_node):
    node = start_node("a")
    node.wait_for("joining -> active")
    before = json.loads(run_main("status", "--json", "--state", node.state)[1])
    code, out, _ = run_main("doctor", "--state", node.state, "--listen", f"127.0.0.1:{node.port}")
    assert code == 0, out
    assert f"the node serves its page at http://127.0.0.1:{node.port}" in out
    assert "a link on this machine opens in" in out
    after = json.loads(run_main("status", "--json", "--state", node.state)[1])
    for name in ("boot", "rooms", "links", "counters", "alarms", "store_failed"):
        assert after[name] == before[name]
    assert node.process.poll() is None
    assert not list(node.state.glob("doctor-*"))


def test_a_problem_is_told_with_its_remedy_and_the_exit_code(run_main, tmp_path, quick):
    (tmp_path / "node.key").write_bytes(bytes(32))
    (tmp_path / "node.key").chmod(0o644)
    tmp_path.chmod(0o700)
    code, out, _ = run_main("doctor", "--state", tmp_path, "--listen", "127.0.0.1:0")
    assert code == 1
    assert "problem   keys" in out
    assert "-> run chmod 600" in out
    assert "1 problem" in out.splitlines()[-1]


def test_a_check_that_fails_does_not_hide_the_others(run_main, tmp_path, quick, monkeypatch):
    def fail(state):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(doctor.surroundings, "check_keys", fail)
    code, out, _ = run_main("doctor", "--state", tmp_path, "--json")
    assert code == 1
    found = {each["check"]: each for each in json.loads(out)["findings"]}
    assert "could not be checked: ZeroDivisionError: a bug" in found["keys"]["text"]
    assert "webrtc" in found
    monkeypatch.setenv("EDGEBOARD_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run_main("doctor", "--state", tmp_path)


def test_what_a_node_says_of_itself():
    assert [found.level for found in doctor.check_node(STATUS)] == [Level.OK]
    ill = STATUS | {"store_failed": "the disk is full", "alarms": ["two batches of one id"]}
    assert [found.level for found in doctor.check_node(ill)] == [Level.OK, Level.PROBLEM, Level.WARNING]


def test_a_node_that_does_not_let_us_ask_is_a_problem(run_main, fake_node, quick):
    fake_node.table["GET /control/status"] = (500, {"text": "broken"})
    code, out, _ = run_main("doctor", "--state", fake_node.state, "--listen", "127.0.0.1:0", "--json")
    assert code == 1
    assert json.loads(out)["findings"][0] == problem(
        "node", "broken", "see who runs it: ps -ef | grep edgeboard; look into its log"
    ).as_fields()  # fmt: skip


def test_where_webrtc_is_switched_off_it_is_not_tried(run_main, tmp_path, quick):
    config = tmp_path / "board.yaml"
    config.write_text("transport: {mode: websocket}\n")
    out = run_main("doctor", "--state", tmp_path, "--config", config, "--listen", "127.0.0.1:0", "--json")[1]
    found = {each["check"]: each["text"] for each in json.loads(out)["findings"]}
    assert found["webrtc"] == "switched off in the configuration"
    assert found["speed"].startswith("without links")
