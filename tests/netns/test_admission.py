"""New boards on a network are let in, and lost ones are put out."""

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.netns, pytest.mark.slow]


def join_asleep(board, text):
    """Join with a board that does not run, on its machine."""
    command = [*board.prefix, sys.executable, "-m", "edgeboard.cli", "join", text, "--state", str(board.state)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def stranger(network, name):
    """A board that is in no mesh yet."""
    board = network.board(name)
    for file in ("mesh.json", "node.key"):
        (board.state / file).unlink()
    return board


@pytest.fixture
def owner(network):
    """A board that has made its own mesh."""
    return stranger(network, "owner").start()


def test_a_code_is_all_that_a_new_board_needs(network, owner, until_linked):
    """Nobody has typed an address."""
    running, off = stranger(network, "running").start(), stranger(network, "off")
    for join in (lambda code: running.say("join", code), lambda code: join_asleep(off, code)):
        join(json.loads(owner.say("pair", "--json"))["code"])
    off.start()
    until_linked(running, owner)
    until_linked(off, owner)


def test_an_invitation_finds_its_board_at_another_address(network, owner, until_linked):
    made = json.loads(owner.say("mesh", "invite", "--json"))
    new = stranger(network, "new")
    assert made["urls"] == [f"http://{owner.machine.ipv4}:8787"]
    owner.stop()
    owner.machine.run("ip", "addr", "del", f"{owner.machine.ipv4}/24", "dev", "eth0")
    owner.machine.run("ip", "addr", "add", "10.77.0.99/24", "dev", "eth0")
    owner.machine.run("ip", "route", "replace", "224.0.0.0/4", "dev", "eth0")
    owner.start()
    join_asleep(new, made["text"])
    new.start()
    until_linked(new, owner)


def test_a_board_is_put_out_everywhere_also_where_it_was_not_known(network, owner, until_linked, eventually):
    text = json.loads(owner.say("mesh", "invite", "--boards", "3", "--json"))["text"]
    near, lost, asleep = (stranger(network, name) for name in ("near", "lost", "asleep"))
    for board in (near, lost, asleep):
        join_asleep(board, text)
        board.start()
        until_linked(board, owner)
    gone = lost.node
    asleep.stop()
    owner.say("mesh", "revoke", gone[:8])
    eventually(lambda: gone not in near.neighbours() and gone not in owner.neighbours())
    eventually(lambda: near.status()["membership"]["epoch"] == 2)
    asleep.start()
    until_linked(asleep, owner)
    eventually(lambda: asleep.status()["membership"]["epoch"] == 2)
    lost.stop()
    lost.start()
    eventually(lambda: lost.status()["membership"]["revoked"])
    assert "put out of the mesh" in lost.say("status")
    assert lost.neighbours() == {}
    assert lost.status()["membership"]["epoch"] == 1
