"""`edgeboard ota` as it is typed: a signed release, a launcher that keeps a node running, and each exit code."""

import json
import re
import subprocess
import sys
import time

import pytest

from edgeboard.cli.ota import Code
from edgeboard.ota import bundle, files, records
from edgeboard.ota.files import RealDisk
from edgeboard.ota.launch.packing import pack
from edgeboard.ota.slots import board as this_machine
from edgeboard.ota.states import Journal, State
from edgeboard.ota.updater import Updater
from tests.ota.boards import Board
from tests.ota.test_updater import Desk

# As patient as a busy machine needs: only the soak is ever waited for to its end.
GATE = ("--start-s", "30", "--soak-s", "0.5", "--silence-s", "20", "--watchdog-s", "20")


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def board(tmp_path, desk):
    board = Board(tmp_path / "board")
    board.layout.prefix.mkdir(parents=True, exist_ok=True)
    board.layout.root.write_bytes(desk.root)
    yield board
    board.stop()


@pytest.fixture
def launcher(board):
    """Keeps a node running, once there is a release."""
    board.layout.launcher.write_bytes(pack())
    processes = []

    def start():
        command = [sys.executable, "-I", board.layout.launcher, "run", "--root", board.folder, *GATE]
        command += ["--node-state", board.node_state, "--", board.node_state]
        processes.append(subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL))
        give_up = time.monotonic() + 30
        while board.journal.state is not State.IDLE or not board.starts:
            assert time.monotonic() < give_up, board.journal
            time.sleep(0.05)

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)


@pytest.fixture
def ota(run_main, board, desk, tmp_path):
    """Types `edgeboard ota ...`; gives the exit code and what --json says, or else what was said."""

    def ota(what, *words, sources=True, as_json=True):
        given = [what, "--root", board.folder]
        if what in ("check", "fetch", "upgrade", "import"):
            given += ["--state", tmp_path / "nobody"]
        if sources and what in ("check", "fetch", "upgrade"):
            given += ["--from", desk.repository.public]
        code, out, err = run_main("ota", *given, *words, *(["--json"] if as_json else []))
        return code, json.loads(out) if as_json else out + err

    return ota


def test_on_a_machine_that_is_no_board_nothing_is_made(run_main, tmp_path):
    code, _, err = run_main("ota", "check", "--root", tmp_path / "laptop", "--state", tmp_path / "nobody")
    assert code == 1
    assert "root.json cannot be read" in err
    assert not (tmp_path / "laptop").exists()


def test_a_board_is_installed_upgraded_and_returned_by_hand(board, desk, ota, launcher):
    desk.publish(1)
    assert ota("check")[1]["result"] == "newer"
    code, said = ota("upgrade", "--no-wait")
    assert (code, said["result"], said["version"]) == (0, "armed", "1.1")
    launcher()
    desk.publish(2)
    code, said = ota("upgrade")
    assert (code, said["result"], said["version"]) == (0, "committed", "1.2")
    assert ota("upgrade") == (0, ota("check")[1])
    assert ota("check")[1]["result"] == "current"
    code, said = ota("status")
    assert (said["current"]["version"], said["previous"]["version"]) == ("1.2", "1.1")
    code, said = ota("rollback")
    assert (code, said["result"], said["version"]) == (0, "committed", "1.1")
    code, text = ota("check", as_json=False)
    assert "1.2 is offered, and this board went back from it; 1.1 runs. To go forward again" in text
    desk.publish(3, "lacks a module")
    code, said = ota("upgrade")
    assert code == Code.ROLLED_BACK
    assert "No module named" in said["reason"]
    code, said = ota("upgrade")
    assert (code, said["result"]) == (0, "held")
    code, text = ota("status", as_json=False)
    assert "runs      1.1" in text
    assert "1.3 rolled back" in text
    assert "bad       1.3: " in text


@pytest.fixture
def ebu(desk, tmp_path):
    """A bundle of the first release."""
    desk.publish(1)
    path = tmp_path / "edgeboard-1.1.ebu"
    target = this_machine("stable")
    bundle.build(desk.repository, "1.1", [f"{target.machine}-{target.python}"], "stable", path)
    return path


def test_a_bundle_is_verified_kept_and_installed(board, ebu, ota, launcher):
    code, said = ota("verify", ebu)
    assert (code, said["result"], said["version"], said["newer"]) == (0, "sound", "1.1", True)
    assert not board.layout.blobs.exists() or not list(board.layout.blobs.iterdir())
    assert ota("import", ebu, "--keep")[1]["result"] == "fetched"
    ebu.unlink()
    assert ota("upgrade", "--from", board.layout.state, "--no-wait", sources=False)[1]["result"] == "armed"
    launcher()
    assert board.starts == ["1.1"]


def test_a_bundle_with_one_byte_changed_is_refused_by_name(ebu, ota):
    data = bytearray(ebu.read_bytes())
    at = data.index(b"PK\x03\x04") + 60
    data[at] ^= 1
    ebu.write_bytes(data)
    code, said = ota("verify", ebu)
    assert code == Code.REFUSED
    assert said["attack"]
    code, text = ota("verify", ebu, as_json=False)
    assert "refused (" in text


def test_a_root_may_be_named_from_where_one_stands(board, ebu, run_main, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("ota", "import", "--root", "board", "--state", str(tmp_path / "nobody"), str(ebu), "--no-wait", "--json")
    code, out, err = run_main(*words)
    assert (code, json.loads(out)["result"]) == (0, "armed"), err


def test_no_source_is_an_exit_code_of_its_own(ota, desk):
    assert ota("check", "--from", "http://127.0.0.1:1/", sources=False)[0] == Code.UNREACHABLE
    assert ota("check", sources=False)[0] == Code.UNREACHABLE
    assert ota("check", "--from", "/nowhere", sources=False)[0] == Code.FAILED


def test_the_configuration_says_where_updates_are(ota, tmp_path):
    config = tmp_path / "board.yaml"
    config.write_text("updates:\n  addresses: [http://127.0.0.1:1/edgeboard]\n  channel: beta\n")
    code, said = ota("check", "--config", config, sources=False)
    assert code == Code.UNREACHABLE
    assert "127.0.0.1:1" in said["text"]
    config.write_text("updates:\n  addresses: [ftp://updates]\n")
    code, said = ota("check", "--config", config, sources=False)
    assert code == Code.FAILED
    assert "https://updates.example.org" in said["text"]


def test_an_update_under_way_is_an_exit_code_of_its_own(board, desk, ota):
    records.write_journal(board.layout, RealDisk(), Journal(State.TRIAL, "2-0000000b", version="1.2"))
    code, said = ota("upgrade")
    assert code == Code.BUSY
    assert "1.2 is on trial" in said["text"]


def test_an_update_that_was_broken_off_is_not_told_as_if_it_went_on(board, desk, ota):
    desk.publish(1)
    records.write_journal(board.layout, RealDisk(), Journal(State.FETCHING, "1-0000000a", version="1.1"))
    text = ota("status", as_json=False)[1]
    assert "1.1 was broken off (fetching)" in text
    assert "tries left" not in text
    with Updater(board.layout, [], "stable").alone():
        records.write_journal(board.layout, RealDisk(), Journal(State.FETCHING, "1-0000000a", version="1.1"))
        assert "1.1 is fetching" in ota("status", as_json=False)[1]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (State.TRIAL, "1.1 is on trial, which goes on without this command; see: edgeboard ota status"),
        (State.IDLE, "broken off: what has come is kept, and the same command goes on with it"),
    ],
)
def test_who_breaks_an_update_off_is_told_what_becomes_of_it(board, desk, ota, monkeypatch, state, says):
    desk.publish(1)
    records.write_journal(board.layout, RealDisk(), Journal(state, "1-0000000a", version="1.1"))

    def interrupt(*words):
        raise KeyboardInterrupt

    monkeypatch.setattr(Updater, "alone", interrupt)
    code, text = ota("upgrade", as_json=False)
    assert code == 130
    assert text == f"{says}\nedgeboard: interrupted\n"


def test_what_to_say_next_names_the_source_that_was_named(desk, ota):
    desk.publish(1)
    _, text = ota("check", as_json=False)
    assert f"edgeboard ota upgrade --from {desk.repository.public}" in text


def test_a_full_disk_is_an_exit_code_of_its_own(board, desk, ota, monkeypatch):
    desk.publish(1)
    monkeypatch.setattr(files, "RESERVE", 1 << 60)
    code, said = ota("upgrade")
    assert code == Code.NO_SPACE
    assert "free some space" in said["text"]


def test_a_board_without_any_release_has_nothing_to_go_back_to(ota):
    code, said = ota("rollback")
    assert code == Code.FAILED
    assert "no earlier release" in said["text"]
    assert "runs      nothing" in ota("status", as_json=False)[1]


def test_the_help_names_every_exit_code(run_main):
    code, out, _ = run_main("ota", "--help")
    assert code == 0
    for number in (0, 1, 2, *(int(each) for each in Code if each > 2)):
        assert re.search(rf"\b{number} [a-z]", out), number
