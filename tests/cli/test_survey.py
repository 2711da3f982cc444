"""`edgeboard mesh status|peers|graph`."""

import json

import pytest

from edgeboard.cli.survey import graph, peers, status
from tests.conftest import eventually


def board(number, **changed):
    known = {
        "node": f"{number}" * 32, "name": f"board {number}", "software": "edgeboard 1", "urls": [f"http://b{number}:1"],
        "self": False, "alive": True, "behind": False, "linked": True, "suspect": False, "round_trip_ms": 2.4,
        "neighbours": [],
    }  # fmt: skip
    return known | changed


def mesh(*boards, links=()):
    return {
        "mesh": "ab" * 16,
        "boards": [board(0, self=True, linked=False, round_trip_ms=None), *boards],
        "links": links, "name": "school", "private": False, "put_out": "", "refused_by": {}, "unreachable": {},
    }  # fmt: skip


def test_the_status_says_what_is_the_matter_and_nothing_else():
    assert status(mesh(board(1))) == [
        "mesh school (abababab): 2 boards, 0 links",
        "this board is board 0 (00000000), linked to 1",
    ]
    trouble = [board(1, behind=True), board(2, suspect=True), board(3, alive=False, linked=False, software="old")]
    assert status(mesh(*trouble, board(4, software="edgeboard 2")))[2:] == [
        "catching up: board 1",
        "not answering: board 2",
        "not seen any more: board 3",
        "different versions: edgeboard 1, edgeboard 2",
    ]


def test_the_status_names_addresses_that_refuse_or_do_not_answer_and_what_others_say_of_us():
    trouble = {
        "put_out": "board 00000000 was put out", "refused_by": {"http://b:1": "another mesh"},
        "unreachable": {"http://a:1": "nobody answers"},
    }  # fmt: skip
    assert status(mesh() | trouble)[2:] == [
        "put out of the mesh; another board says: board 00000000 was put out",
        "http://b:1 refuses: another mesh",
        "http://a:1 does not answer: nobody answers",
    ]
    assert status(mesh())[0] == "mesh school (abababab): 1 board, 0 links"


def test_each_other_board_has_a_line():
    far = board(2, linked=False, round_trip_ms=None, urls=[])
    lines = peers(mesh(board(1), far, board(3, alive=False, linked=False, round_trip_ms=None)))
    assert lines[0] == "11111111  board 1                   linked, 2 ms  edgeboard 1  http://b1:1"
    assert lines[1] == "22222222  board 2                   through others  edgeboard 1"
    assert "not seen any more" in lines[2]
    assert "linked, 2 ms, role view  edgeboard 1" in peers(mesh(board(1, role="view")))[0]
    assert "role" not in peers(mesh(board(1, role="draw")))[0], "it is what boards are invited as"
    assert "alone in its mesh" in peers(mesh() | {"private": True})[0]
    assert "no other board has been met" in peers(mesh())[0], "it is in a mesh with others, and cannot invite perhaps"


def test_each_link_has_a_line():
    links = [
        {"nodes": ["0" * 32, "1" * 32], "round_trip_ms": 2.4, "sure": True},
        {"nodes": ["1" * 32, "2" * 32], "round_trip_ms": None, "sure": False},
    ]
    assert graph(mesh(board(1), board(2), links=links)) == [
        "board 0 (00000000) -- board 1 (11111111)  2 ms",
        "board 1 (11111111) -- board 2 (22222222)  (one end says so)",
    ]
    assert graph(mesh()) == ["there are no links"]


@pytest.mark.slow
def test_a_running_board_is_asked(make_node, mesh_secret, run_main, tmp_path):
    one = make_node("one", "--name", "one", secret=mesh_secret).start()
    make_node("two", "--name", "two", "--peer", one.url, secret=mesh_secret).start()

    def asked(*words):
        return run_main("mesh", *words, "--state", one.state)[1]

    eventually(lambda: "two" in asked("peers"))
    eventually(lambda: len(json.loads(asked("graph", "--json"))["links"]) == 1)
    assert asked("status").startswith("mesh ")
    assert run_main("mesh", "graph", "--svg", tmp_path / "mesh.svg", "--state", one.state)[0] == 0
    assert "two" in (tmp_path / "mesh.svg").read_text()
    code, _, err = run_main("mesh", "graph", "--svg", tmp_path, "--state", one.state)
    assert (code, err.startswith("edgeboard: cannot write")) == (1, True)
