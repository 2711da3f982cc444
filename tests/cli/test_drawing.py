"""Recordings as archives: importing one twice changes nothing."""

import json

import pytest

from edgeboard.cli.drawing import read_drawing, to_archive
from edgeboard.rooms.archive import read_archive
from tests.interchange.scenes import FILES, element, scene
from tests.interchange.test_inkml import TABLET


def test_its_ids_follow_from_its_bytes():
    drawing = read_drawing("x", TABLET.encode())
    first, again = (read_archive(to_archive("lobby", TABLET.encode(), drawing)) for _ in range(2))
    other = read_archive(to_archive("lobby", b" " + TABLET.encode(), drawing))
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


def test_an_archive_is_left_to_whoever_reads_archives():
    assert read_drawing("a.json", b'{"format": "edgeboard-room", "ops": [], "x": "excalidraw"}') is None


@pytest.mark.slow
def test_a_drawing_of_excalidraw_goes_in_once_and_comes_out_as_it_went_in(run_main, start_node, tmp_path):
    node = start_node("a")
    box = element("rectangle", id="box", angle=0.5, opacity=40)
    arrow = element(
        "arrow", points=[[0, 0], [50, 0]], endArrowhead="arrow", startBinding={"elementId": "box"}, endBinding=None
    )
    ink = element("freedraw", points=[[0, 0], [4, 4.5]], pressures=[0.2, 0.8])
    image = element("image", fileId="f")
    lost = element("image", fileId="none")
    (tmp_path / "in.excalidraw").write_bytes(scene(box, arrow, ink, image, lost, element("frame"), files=FILES))
    words = "import", "plan", tmp_path / "in.excalidraw", "--state", node.state
    code, out, err = run_main(*words)
    assert (code, out) == (0, "plan: 6 ops taken, 0 known already, 1 images\n")
    assert err.splitlines() == [
        "edgeboard: not carried: images (1): their files are not in the drawing",
        "edgeboard: not carried: frames (1): what is in them is carried, their borders are not",
    ]
    assert run_main(*words)[1] == "plan: 0 ops taken, 6 known already\n"
    out = tmp_path / "out.excalidraw"
    assert run_main("export", "plan", "--excalidraw", out, "--state", node.state) == (0, "", "")
    assert [each["type"] for each in json.loads(out.read_text())["elements"]] == [
        "rectangle",
        "arrow",
        "freedraw",
        "image",
    ]
    assert run_main("import", "copy", out, "--json", "--state", node.state)[0] == 0
    again = tmp_path / "again.excalidraw"
    assert run_main("export", "copy", "--excalidraw", again, "--state", node.state)[0] == 0

    def looks(path):
        named = ("id", "seed", "versionNonce", "boundElements", "startBinding")
        return [
            {name: field for name, field in each.items() if name not in named}
            for each in json.loads(path.read_text())["elements"]
        ]

    assert looks(again) == looks(out)
    assert node.stop() == 0
    assert run_main(*words)[1] == "plan: 0 ops taken, 6 known already\n"
    (tmp_path / "bad.excalidraw").write_bytes(scene(element("ellipse", x=None)))
    code, out, err = run_main("import", "plan", tmp_path / "bad.excalidraw", "--state", node.state)
    assert (code, out, err) == (1, "", "edgeboard: element 1 (ellipse) has no number as its `x`\n")
