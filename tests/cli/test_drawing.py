"""Recordings as archives: importing one twice changes nothing."""

import json

import pytest

from edgeboard.cli import pen
from edgeboard.cli.drawing import is_recording, to_archive
from edgeboard.cli.recordings import parse_recording
from edgeboard.rooms.archive import read_archive
from tests.cli.test_inkml import TABLET


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.inkml", b"", True),
        ("-", b"\xef\xbb\xbf <?xml", True),
        ("-", "<ink/>".encode("utf-16"), True),
        ("a.csv", b"1,2\n", True),
        ("-", b'{"x": [1], "y": [1]}\n', True),
        ("a.json", b'{"format": "edgeboard-room", "x": 1}', False),
        ("a.json", b"12345", False),
        ("-", b"", False),
    ],
)
def test_a_recording_is_told_from_an_archive(name, data, expected):
    assert is_recording(name, data) is expected


def test_its_ids_follow_from_its_bytes():
    recorded = parse_recording("x", TABLET.encode())
    first, again = (read_archive(to_archive("lobby", TABLET.encode(), recorded, pen.Style())) for _ in range(2))
    other = read_archive(to_archive("lobby", b" " + TABLET.encode(), recorded, pen.Style()))
    assert first == again
    assert len(first.ops) == 2
    assert {each.op.id for each in first.ops}.isdisjoint(each.op.id for each in other.ops)


@pytest.mark.slow
def test_an_import_draws_it_once(run_main, start_node, tmp_path):
    node = start_node("a")
    (tmp_path / "t.inkml").write_text(TABLET)
    words = "import", "notes", tmp_path / "t.inkml", "--state", node.state
    assert run_main(*words) == (0, "notes: 2 ops taken, 0 known already\n", "")
    assert run_main(*words) == (0, "notes: 0 ops taken, 2 known already\n", "")
    ops = json.loads(run_main("export", "notes", "--json", "-", "--state", node.state)[1])["ops"]
    assert [(op["colour"], op["width"]) for op in ops] == [(16 + 0xFF0000, 30), (0, 30)]
    assert node.stop() == 0
    assert run_main(*words) == (0, "notes: 0 ops taken, 2 known already\n", "")
    (tmp_path / "t.csv").write_text("1,1\n2,2\n")
    assert run_main("import", "notes", tmp_path / "t.csv", "--state", node.state)[1].startswith("notes: 1 ops taken")
    (tmp_path / "bad.inkml").write_text("<ink>")
    code, _, err = run_main("import", "notes", tmp_path / "bad.inkml", "--state", node.state)
    assert (code, "bad.inkml:1: not XML" in err) == (1, True)
