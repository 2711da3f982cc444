"""A board as phones open it: by its address, over plain HTTP, where browsers hide some of their parts."""

import socket

import pytest

from tests.browser.test_images import GREEN, paste, png, shows
from tests.crash.evidence import carriers, digest_of


@pytest.fixture
def lan_address():
    """An address of this machine that others can use; finding it sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))
        except OSError:
            pytest.skip("this machine has no address but 127.0.0.1; connect it to a network")
        address = probe.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this machine has no address but 127.0.0.1; connect it to a network")
    return address


@pytest.fixture
def lan_boards(make_node, mesh_secret, lan_address, eventually):
    """As an owner runs them: addresses found by themselves, no loopback."""
    config = f"transport:\n  addresses: [{lan_address}]\n"
    first = make_node("first", secret=mesh_secret, host=lan_address, config_text=config).start()
    peer = ("--peer", first.url)
    second = make_node("second", *peer, secret=mesh_secret, host=lan_address, config_text=config).start()
    eventually(lambda: carriers(first) == carriers(second) == ["webrtc"])
    return first, second


def test_everything_works_where_the_origin_is_not_secure(lan_boards, room, invite, eventually):
    ana, ben = invite(lan_boards[0], "Ana").live(), invite(lan_boards[1], "Ben").live()
    assert ana.ask("[isSecureContext, typeof crypto.subtle, typeof crypto.getRandomValues]") == [
        False, "undefined", "function",
    ]  # fmt: skip
    assert ana.carrier == ben.carrier == "webrtc"
    drawn = ana.draw(300, 300)
    ben.sees(1).draw(300, 500)
    ana.sees(2).safe()
    ana.page.reload()
    ana.live().sees(2)
    pressure = ben.strokes()[0]["pieces"][0]["columns"]["pressure"]
    assert pressure[-1] / 4095 == pytest.approx(drawn[-1][2], abs=0.034)  # 15 levels are kept of a pressure
    ana.undo()
    ben.sees(1)
    eventually(lambda: ana.digest == ben.digest == digest_of(lan_boards[0], room) == digest_of(lan_boards[1], room))


def test_an_image_is_made_small_and_seen_there_too(lan_boards, invite, eventually):
    ana, ben = invite(lan_boards[0]).live(), invite(lan_boards[1]).live()
    paste(ana, png(2000, 1500, GREEN))
    shows(ana.sees(1), eventually, GREEN)
    shows(ben.sees(1), eventually, GREEN)
    ana.safe()


def test_a_websocket_serves_as_well_there(lan_boards, invite):
    ana, ben = (invite(node, carrier="websocket").live() for node in lan_boards)
    ana.draw(300, 300)
    ben.sees(1)
    ana.safe()
