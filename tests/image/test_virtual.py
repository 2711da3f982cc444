"""A board from its image: it starts, is its owner's, and is in the mesh that its card invites it to."""

import socket
import sys
import time
import urllib.request

import pytest

from tests.image.conftest import ADDRESS, NETWORK, ask_from, patiently, plug_in

pytestmark = pytest.mark.image
BOARDS = ("arm64-virt", "riscv64-virt")
WAIT_S = 900  # 30 to 50 s on an idle computer


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_without_any_settings_shows_its_page(board, cards):
    guest = cards.flash(board)
    guest.card_mib = 4096
    guest.port = free_port()
    guest.start()
    took = guest.wait_for_page()
    sys.stderr.write(f"{board}: from power to page {took:.0f} s, emulated\n")
    with urllib.request.urlopen(f"http://127.0.0.1:{guest.port}/api/panels", timeout=60) as answer:
        assert answer.status == 200
    assert guest.ask("systemctl --failed --no-legend --plain") == "", guest.last_words()
    assert "FAILED" not in guest.console.read_text(errors="replace"), "a unit failed"
    assert "Read-only file system" in guest.ask("touch /usr/mark"), "the root can be written to"
    free_mib = int(guest.ask("df --output=avail -BM /var | tail -1").strip().removesuffix("M"))
    assert free_mib > 1500, f"the data partition did not grow with the card: {free_mib} MiB are free"


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
    patiently(lambda: list(host.neighbours().values()), WAIT_S)
    sys.stderr.write(f"{board}: from power to a link {time.monotonic() - began:.0f} s, emulated\n")
    # A processor that is emulated on a busy computer may not open WebRTC within its 5 s; then it is tried again.
    patiently(lambda: [link["carrier"] for link in host.neighbours().values()] == ["webrtc"], WAIT_S)
    sys.stderr.write(f"{board}: from power to WebRTC {time.monotonic() - began:.0f} s, emulated\n")
    host.draw()
    url = f"http://{ADDRESS}:8787/api/room/lobby/export.svg"
    patiently(lambda: "<path" in ask_from(host.machine, url), 120)
