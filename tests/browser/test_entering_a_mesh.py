"""A board joins a mesh while somebody draws at it: the page stays, the ink comes along, both boards show it all."""

import json

import pytest

from tests.crash.evidence import carriers, digest_of

pytestmark = pytest.mark.slow


def command(node, path, **fields):
    status, body = node.ask("POST", f"/control/mesh/{path}", json.dumps(fields))
    assert status == 200, body
    return json.loads(body)


def is_linked(node):
    try:
        return carriers(node) == ["webrtc"]
    except OSError:  # it is just starting anew
        return False


@pytest.mark.parametrize("way", ["invitation", "code"])
def test_a_board_that_is_drawn_on_joins_a_mesh_and_nothing_is_lost(make_node, invite, eventually, way):
    first, second = make_node("first").start(), make_node("second").start()
    ana, ben = invite(first, "Ana").live(), invite(second, "Ben").live()
    ana.draw(300, 200)
    ben.draw(300, 400)
    ben.draw(300, 500)
    ben.safe()
    text = command(first, "invite")["text"] if way == "invitation" else command(first, "pair")["code"]
    joined = command(second, "join", text=text, peers=[first.url])
    assert joined == {"mesh": first.status()["name"], "role": "draw", "known": False, "kept_key": ""}
    ben.draw(300, 600)  # while his board starts anew
    eventually(lambda: is_linked(first) and is_linked(second))
    ben.live()
    ben.draw(300, 700)
    for person in (ana, ben):
        person.sees(5)
        person.safe()
    eventually(lambda: digest_of(first, ana.room) == digest_of(second, ana.room) == ana.digest == ben.digest)
    ben.undo()
    ana.sees(4)
