"""A board from its image: it starts, is its owner's, and is in the mesh that its card invites it to."""

import socket
import sys
import time
import urllib.request

import pytest

from tests.conftest import eventually
from tests.image.conftest import plug_in

pytestmark = pytest.mark.image
BOARDS = ("arm64-virt", "riscv64-virt")
WAIT_S = 600  # 30 to 50 s on an idle computer
ADDRESS = "10.77.0.200"
NETWORK = f"""\
network:
  version: 2
  ethernets:
    enp0s1: {{addresses: [{ADDRESS}/24]}}
    enp0s2: {{addresses: [{ADDRESS}/24]}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_without_any_settings_shows_its_page(board, cards):
    guest = cards.flash(board)
    guest.port = free_port()
    guest.start()
    took = guest.wait_for_page()
    sys.stderr.write(f"{board}: from power to page {took:.0f} s, emulated\n")
    with urllib.request.urlopen(f"http://127.0.0.1:{guest.port}/api/panels", timeout=30) as answer:
        assert answer.status == 200
    assert "FAILED" not in guest.console.read_text(errors="replace"), "a unit failed"


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_joins_the_mesh_of_its_card_and_shows_a_stroke_drawn_elsewhere(board, cards, network):
    host = network.board("host")
    for file in ("mesh.json", "node.key"):
        (host.state / file).unlink()  # it makes a mesh of its own, and may invite
    host.start()
    host.say("mesh", "invite", "--file", str(host.state.with_suffix(".txt")))
    guest = cards.flash(
        board,
        network=NETWORK,
        join=host.state.with_suffix(".txt").read_text(),
        node="node: {name: Kitchen}\nrooms: [lobby]\n",
        user_data="hostname: kitchen\n",
    )
    began = time.monotonic()
    guest.start(plug_in(network, guest))
    eventually(lambda: list(host.neighbours().values()), WAIT_S)
    sys.stderr.write(f"{board}: from power to a link {time.monotonic() - began:.0f} s, emulated\n")
    (link,) = host.neighbours().values()
    assert link["carrier"] == "webrtc"
    host.draw()
    url = f"http://{ADDRESS}:8787/api/room/lobby/export.svg"
    fetch = f"import urllib.request; print(urllib.request.urlopen({url!r}).read().decode())"
    eventually(lambda: "<path" in host.machine.run(sys.executable, "-c", fetch), 60)
