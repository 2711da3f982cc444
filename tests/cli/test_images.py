"""Images out of a board and into another."""

import base64
import json

import pytest

from tests.crash.hosted import HostedGuest, Loop
from tests.crash.pictures import add_image, name_of, picture


@pytest.fixture
def loop():
    with Loop() as loop:
        yield loop


@pytest.mark.slow
def test_an_image_is_in_the_exports_of_a_board_and_goes_into_another(make_node, loop, eventually, run_main, tmp_path):
    node, other = make_node("one").start(), make_node("other").start()
    ana = HostedGuest(loop, node.state, 1)
    eventually(lambda: ana.is_linked)
    data = picture(2, 5000)
    content = name_of(data)
    add_image(loop, ana, data)
    eventually(lambda: ana.guest.levels.get(content) == 2)
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    assert uri in node.ask("GET", "/api/room/lobby/export.svg")[1].decode()
    file = tmp_path / "room.json"
    assert run_main("export", "lobby", "--json", file, "--state", node.state)[0] == 0
    assert [each["sha256"] for each in json.loads(file.read_text())["blobs"]] == [content.hex()]
    code, out, err = run_main("import", "lobby", file, "--state", other.state)
    assert (code, out, err) == (0, "lobby: 1 ops taken, 0 known already, 1 images\n", "")
    assert uri in other.ask("GET", "/api/room/lobby/export.svg")[1].decode()
    assert other.status()["blobs"]["held"] == 1

    other.stop()
    assert uri in run_main("export", "lobby", "--svg", "-", "--state", other.state)[1]
    (other.state / "blobs" / content.hex()).unlink()
    assert uri not in run_main("export", "lobby", "--svg", "-", "--state", other.state)[1]
    assert run_main("import", "lobby", file, "--state", other.state)[1].endswith("1 known already, 1 images\n")
    assert uri in run_main("export", "lobby", "--svg", "-", "--state", other.state)[1]
