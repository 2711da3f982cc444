"""Rooms to files and back, through a node and without one."""

import io
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import edgeboard.cli.transfer as transfer
from edgeboard.identity.keyfile import load_or_create_key, load_or_found_mesh
from edgeboard.ids import room_id
from edgeboard.ports import StoredRoom
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.statedir import StateDirectory

RECORDING = Path(transfer.__file__).parent / "data" / "handwriting.jsonl"

OP = {"id": "0000000000000007:1", "person": "00" * 16, "raw": "AQAQAAAE"}
ARCHIVE = json.dumps({"format": "edgeboard-room", "version": 1, "room": "x", "ops": [OP]}).encode()


@pytest.fixture
def stopped(tmp_path):
    """The state directory of a node that has stopped, with the room lobby."""
    with StateDirectory.open(tmp_path / "node") as held:
        load_or_create_key(held.path)
        mesh = load_or_found_mesh(held.path, "board").mesh
        store = SqliteStore(held.database)
        store.add_room(StoredRoom(room_id(mesh, "lobby"), mesh, "lobby"))
        store.close()
    return held.path


def test_a_room_goes_out_and_comes_back_without_a_node(run_main, stopped, tmp_path):
    (tmp_path / "in.json").write_bytes(ARCHIVE)
    code, out, err = run_main("import", "lobby", tmp_path / "in.json", "--state", stopped)
    assert (code, out, err) == (0, "lobby: 1 ops taken, 0 known already\n", "")
    assert run_main("export", "lobby", "--json", tmp_path / "out.json", "--state", stopped) == (0, "", "")
    assert [op["id"] for op in json.loads((tmp_path / "out.json").read_text())["ops"]] == [OP["id"]]
    _, out, _ = run_main("import", "lobby", tmp_path / "out.json", "--json", "--state", stopped)
    assert json.loads(out) == {
        "room": "lobby", "taken": 0, "known": 1, "refused": [], "skipped": [], "images": 0, "notes": [],
    }  # fmt: skip


def test_a_picture_goes_to_the_standard_output(run_main, stopped):
    code, out, _ = run_main("export", "lobby", "--svg", "-", "--state", stopped)
    assert code == 0
    assert out.startswith("<?xml")
    assert out.rstrip().endswith("</svg>")


def test_a_running_node_is_asked(run_main, fake_node, tmp_path):
    fake_node.table["GET /api/room/lobby/export.svg?page=3"] = (200, b"<svg/>")
    fake_node.table["POST /control/rooms/lobby/import"] = lambda body: (
        200, {"room": "lobby", "taken": len(body), "known": 1, "refused": []},
    )  # fmt: skip
    assert run_main("export", "lobby", "--svg", "-", "--page", "3", "--state", fake_node.state)[1] == "<svg/>\n"
    (tmp_path / "f").write_bytes(b"{   }")
    assert run_main("import", "lobby", tmp_path / "f", "--state", fake_node.state)[1] == (
        "lobby: 5 ops taken, 1 known already\n"
    )


def test_what_was_left_out_is_counted(run_main, stopped, tmp_path):
    floor = {"id": "0000000000000007:2", "person": "00" * 16, "raw": "AgCAAQAA"}
    archive = json.loads(ARCHIVE) | {"ops": [OP, floor]}
    (tmp_path / "f").write_text(json.dumps(archive))
    code, out, _ = run_main("import", "lobby", tmp_path / "f", "--state", stopped)
    assert (code, out) == (0, "lobby: 1 ops taken, 0 known already, 1 left out that mean nothing here\n")


@pytest.mark.slow
def test_a_picture_of_nothing_is_written_and_said_to_be_empty(run_main, lasting_node, tmp_path):
    run_main("replay", RECORDING, "--room", "pages", "--speed", "0", "--state", lasting_node.state)
    for form in ("svg", "excalidraw"):
        out = tmp_path / f"out.{form}"
        words = ("export", "pages", f"--{form}", out, "--state", lasting_node.state)
        assert "is empty" not in run_main(*words)[2]
        code, _, err = run_main(*words, "--page", "7")
        assert (code, err.splitlines()[-1]) == (0, "edgeboard: page 7 of pages is empty; the file shows nothing")
        assert out.stat().st_size
        code, _, err = run_main(*words, "--at", "2001-02-03T04:05")
        assert code == 0
        assert "edgeboard: page 1 of pages is empty at 2001-02-03 04:05:00; the file shows nothing\n" in err
    assert run_main("export", "pages", "--json", tmp_path / "out.json", "--state", lasting_node.state)[2] == ""


def test_what_was_refused_is_named(run_main, fake_node, tmp_path):
    refused = [[at, f"reason {at}"] for at in range(7)]
    fake_node.table["POST /control/rooms/lobby/import"] = (200, {"taken": 2, "known": 0, "refused": refused})
    (tmp_path / "f").write_bytes(b"{}")
    code, out, err = run_main("import", "lobby", tmp_path / "f", "--state", fake_node.state)
    assert code == 1
    assert out == "lobby: 2 ops taken, 0 known already\n"
    assert err.splitlines() == [
        *(f"edgeboard: op {at + 1} was refused: reason {at}" for at in range(5)), "edgeboard: and 2 more",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "edgeboard: not JSON: "),
        (b"{}", "edgeboard: not an archive of a"),
        (b"", "edgeboard: FILE is empty; import takes what `edgeboard export --json` wrote"),
        (b" \n", "edgeboard: FILE is empty; import takes"),
        (b"[]", "edgeboard: FILE is none of the files that can be imported; import takes what"),
        (b"\x89PNG\r\n\x1a\n\0\0", "edgeboard: FILE is none of the files that can be imported; import takes what"),
    ],
)
def test_a_file_that_is_no_archive_is_one_line(run_main, stopped, tmp_path, content, message):
    (tmp_path / "f").write_bytes(content)
    code, out, err = run_main("import", "lobby", tmp_path / "f", "--state", stopped)
    assert (code, out) == (1, "")
    assert err.startswith(message.replace("FILE", str(tmp_path / "f")))
    assert err.count("\n") == 1


def test_files_that_cannot_be_read_or_written_are_one_line(run_main, stopped, tmp_path):
    code, _, err = run_main("import", "lobby", tmp_path / "none", "--state", stopped)
    assert (code, err) == (1, f"edgeboard: cannot read {tmp_path / 'none'}: No such file or directory\n")
    out = tmp_path / "no folder" / "x.svg"
    code, _, err = run_main("export", "lobby", "--svg", out, "--state", stopped)
    assert (code, err) == (1, f"edgeboard: cannot write {out}: No such file or directory; name another file\n")


def test_a_failed_export_leaves_the_old_file_and_nothing_else(run_main, stopped, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "x.json").write_text("old")
    code, _, err = run_main("export", "nothere", "--json", folder / "x.json", "--state", stopped)
    assert code == 1
    assert "has no room 'nothere'" in err
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("x.json", "old")]


def test_a_pipe_may_stand_for_a_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    thread = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    thread.start()
    transfer.write_out(str(pipe), b"ink")
    thread.join()
    assert read == [b"ink"]


def test_an_archive_may_come_from_the_standard_input(run_main, stopped, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(ARCHIVE)))
    assert run_main("import", "new", "-", "--state", stopped)[1] == "new: 1 ops taken, 0 known already\n"


def test_a_file_beyond_the_limit_is_not_taken(run_main, stopped, tmp_path, monkeypatch):
    monkeypatch.setattr("edgeboard.rooms.archive.FILE_MAX", 4)
    (tmp_path / "f").write_bytes(b"12345")
    code, _, err = run_main("import", "lobby", tmp_path / "f", "--state", stopped)
    assert code == 1
    assert "is not the archive of one room" in err


@pytest.mark.slow
def test_what_was_said_to_be_taken_outlives_a_power_cut_at_once(run_main, start_node, tmp_path):
    node = start_node("a")
    (tmp_path / "t.csv").write_text("1,1\n90,90\n")
    code, out, _ = run_main("import", "notes", tmp_path / "t.csv", "--state", node.state)
    node.stop(signal.SIGKILL)
    assert (code, out) == (0, "notes: 1 ops taken, 0 known already\n")
    assert run_main("log", "notes", "--state", node.state)[1].startswith("room notes: 1 items from 1 ops")


def test_nowhere_is_one_line(run_main, tmp_path):
    (tmp_path / "f").write_bytes(ARCHIVE)
    nowhere = tmp_path / "nowhere"
    for words in (["export", "lobby", "--svg", "-"], ["import", "lobby", tmp_path / "f"]):
        code, _, err = run_main(*words, "--state", nowhere)
        assert code == 1
        assert err.startswith(f"edgeboard: there is no directory {nowhere}; make it")
    assert not nowhere.exists()


def test_a_node_is_asked_for_a_picture_of_the_past_in_px(run_main, fake_node, tmp_path):
    path = "GET /api/room/lobby/export.png?page=2&at=1782909000000&scale=3&transparent=1"
    fake_node.table[path] = (200, b"a picture")
    words = ["--scale", 3, "--page", 2, "--transparent", "--at", "2026-07-01T12:30Z", "--state", fake_node.state]
    assert run_main("export", "lobby", "--png", tmp_path / "x.png", *words) == (0, "", "")
    assert (tmp_path / "x.png").read_bytes() == b"a picture"


@pytest.mark.parametrize("words", [["--scale", "5"], ["--scale", "0"], ["--at", "sometime"], ["--json", "y"]])
def test_wrong_words_are_one_line(run_main, stopped, words):
    code, _, err = run_main("export", "lobby", "--png", "x", *words, "--state", stopped)
    assert (code, err.count("\n")) == (2, 1)
