"""Two people at two linked boards: what one draws, the other sees."""

import math

import pytest

from tests.browser.person import columns
from tests.conftest import eventually
from tests.crash.evidence import carriers, digest_of

NO_WAY_FOR_WEBRTC = """
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = function (options) { return new Real({ ...options, iceTransportPolicy: "relay" }); };
"""
WATCH_CARRIER = """
    addEventListener("DOMContentLoaded", () => {
        new MutationObserver(() => {
            if (document.body.dataset.carrier && !window.carriedAfter) window.carriedAfter = performance.now();
        }).observe(document.body, { attributes: true });
    });
"""


@pytest.fixture(scope="module")
def environment():
    """Here the page comes as its sources are, module by module."""
    return {}


def drawn_in_one_seen_in_the_other(ana, ben, boards):
    drawn = ana.draw(300, 300)
    ben.sees(1).agrees(ana)
    (stroke,) = ben.strokes()
    seen = columns(stroke)
    scale = seen["scale"]
    # thinned and rounded, so not point by point; but it begins and ends where the pen did, and is pressed ever harder
    assert [seen["x"][0] / scale, seen["y"][0] / scale] == pytest.approx(drawn[0][:2], abs=0.2)
    assert [seen["x"][-1] / scale, seen["y"][-1] / scale] == pytest.approx(drawn[-1][:2], abs=0.2)
    assert seen["pressure"] == sorted(seen["pressure"])
    assert seen["pressure"][0] / 4095 == pytest.approx(drawn[0][2], abs=0.04)
    assert seen["pressure"][-1] / 4095 == pytest.approx(drawn[-1][2], abs=0.04)
    ana.safe()
    eventually(lambda: ana.digest == digest_of(boards[0], ana.room) == digest_of(boards[1], ana.room))
    assert carriers(boards[0]) == carriers(boards[1]) == ["webrtc"]


def guest_carriers(node):
    return [link["carrier"] for link in node.status()["links"] if link["guest"]]


def test_a_pen_in_one_browser_draws_in_the_other_over_webrtc_all_the_way(boards, invite, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    assert ana.carrier == ben.carrier == "webrtc"
    drawn_in_one_seen_in_the_other(ana, ben, boards)
    eventually(lambda: guest_carriers(boards[0]) == guest_carriers(boards[1]) == ["webrtc"])
    assert ana.page.inner_text("#badge").split("\n") == ["Live", "over WebRTC"]


def test_a_page_that_is_told_so_uses_a_websocket(boards, invite, eventually):
    ana, ben = (invite(node, carrier="websocket").live() for node in boards)
    assert ana.carrier == ben.carrier == "websocket"
    drawn_in_one_seen_in_the_other(ana, ben, boards)
    eventually(lambda: guest_carriers(boards[0]) == guest_carriers(boards[1]) == ["websocket"])


def test_where_webrtc_cannot_open_a_websocket_takes_over_within_five_seconds(boards, invite):
    ana = invite(boards[0], before=NO_WAY_FOR_WEBRTC + WATCH_CARRIER)
    ben = invite(boards[1], before="delete window.RTCPeerConnection;").live()
    ana.live()
    assert ana.carrier == ben.carrier == "websocket"
    assert ana.ask("window.carriedAfter") < 20_000  # not the minute that a browser tries for, on whatever machine
    drawn_in_one_seen_in_the_other(ana, ben, boards)


def test_an_endless_stroke_is_one_item_of_many_pieces(boards, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    turns = [(640 + 300 * math.sin(at * 0.77) * at / 8_000, 400 + 280 * math.cos(at * 0.91)) for at in range(8_000)]
    ana.swipe(turns)
    ben.sees(1)
    eventually(lambda: ana.digest == ben.digest == digest_of(boards[0], ana.room) == digest_of(boards[1], ana.room))
    (stroke,) = ben.strokes()
    lengths = [len(piece["columns"]["x"]) for piece in stroke["pieces"]]
    assert len(lengths) >= 16
    assert max(lengths) <= 500
    ana.undo()  # as one gesture
    ben.sees(0)


def test_a_room_is_called_in_any_script(boards, invite, room):
    room = f"数学-{room[-8:]}"
    ana, ben = invite(boards[0], "Ana", room=room).live(), invite(boards[1], "Ben", room=room).live()
    drawn_in_one_seen_in_the_other(ana, ben, boards)
