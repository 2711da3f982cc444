"""A disk that is full: ink is kept in memory, everybody is told, and nothing is lost when there is room again."""

import shutil
from pathlib import Path

import pytest

from edgeboard.errors import CloseCode
from edgeboard.wire.messages import Notice, RoomIs
from tests.conftest import LOOPBACK
from tests.crash.evidence import assert_kept, carriers, digest_of, fill, ops_in, ops_on_disk
from tests.crash.hosted import HostedGuest, canvas_of

STROKES = 30
TINY_QUEUE = f"{LOOPBACK}storage:\n  queue_bytes: 131072\n  reserve_bytes: 65536\n  retry_last_s: 0.5\n"
REMEMBERED = 131_072  # bytes; with less than this of ink the memory is never used up


@pytest.fixture
def make_host(make_node, mesh_secret, small_disk):
    """A node whose state is on the small disk; its log is not."""

    def make(*arguments, **how):
        node = make_node("host", *arguments, secret=mesh_secret, **how)
        node.state = Path(shutil.move(node.state, small_disk / "host"))
        return node

    return make


def notices(pen):
    return [(message.level, message.text) for message in pen.guest.heard if isinstance(message, Notice)]


def room_state(pen):
    return [message.state for message in pen.guest.heard if isinstance(message, RoomIs)][-1]


@pytest.mark.slow
def test_ink_on_a_full_disk_is_kept_told_and_saved_when_there_is_room_again(
    make_node, make_host, mesh_secret, small_disk, loop, eventually
):
    peer = make_node("peer", secret=mesh_secret).start()
    host = make_host("--peer", peer.url).start()
    eventually(lambda: carriers(host) == carriers(peer) == ["webrtc"])
    ana, ben = HostedGuest(loop, host.state, 1, name="Ana"), HostedGuest(loop, peer.state, 2, name="Ben")
    ana.draw()
    eventually(lambda: ana.is_all_safe and ben.is_linked)

    filler = fill(small_disk)
    for _ in range(STROKES):
        ana.draw()
    eventually(lambda: host.status()["store_failed"])
    eventually(lambda: room_state(ana) == "faulted")
    assert host.room()["state"] == "faulted"
    ((level, text),) = notices(ana)
    assert level == 2
    assert text.startswith("This board cannot save: ")
    eventually(lambda: ops_in(peer) == ana.drawn)  # the others go on seeing what is drawn
    ben.draw()
    eventually(lambda: digest_of(host) == digest_of(peer))  # and the host what they draw
    assert len(ana.saved) == 1  # no promise that could not be kept
    late = HostedGuest(loop, host.state, 3, name="Late")
    eventually(lambda: any(level == 2 for level, _ in notices(late)))  # who comes now is told as well

    filler.unlink()
    eventually(lambda: ana.is_all_safe and ben.is_all_safe, 40)
    assert notices(ana)[-1] == (0, "This board can save again; nothing was lost.")
    eventually(lambda: host.room()["state"] == "active")
    assert host.status()["store_failed"] is None
    late.leave()
    host.kill()
    assert ops_on_disk(host.state) == ana.drawn | ben.drawn
    host.start()
    eventually(lambda: digest_of(host) == digest_of(peer) == canvas_of(ana, ben))
    assert ana.guest.refused == {}


@pytest.mark.slow
def test_where_memory_is_used_up_too_a_stroke_is_refused_in_words_and_the_others_are_kept(
    make_host, small_disk, loop, eventually
):
    host = make_host(config_text=TINY_QUEUE).start()
    ana = HostedGuest(loop, host.state, 1)
    ana.draw()
    eventually(lambda: ana.is_all_safe)
    filler = fill(small_disk)
    drawn = 0
    while not ana.guest.refused:
        ana.draw_long()
        drawn += 1
        assert drawn * 1000 < 4 * REMEMBERED, "memory is not bounded"
        eventually(lambda: host.status()["guests"] == 1)  # it has taken what was sent before
    assert set(ana.guest.refused.values()) == {"the board's disk is full and its memory for ink is used up"}
    refused = ana.promised(ana.guest.refused)
    assert {message.code for message in ana.refusals} == {CloseCode.STORE_FULL}
    assert not refused & ana.saved
    kept = ana.drawn.keys() - refused
    assert len(kept) > 10
    assert kept == ops_in(host).keys()

    filler.unlink()
    eventually(lambda: kept <= ana.safe, 40)
    ana.submit_again()  # "try again", as a page offers it
    eventually(lambda: ana.is_all_safe, 40)
    host.kill()
    assert ops_on_disk(host.state) == ana.drawn


@pytest.mark.slow
@pytest.mark.parametrize("is_full_at_start", [False, True])
def test_a_power_cut_while_the_disk_is_full_loses_nothing(is_full_at_start, make_host, small_disk, loop, eventually):
    host = make_host().start()
    ana = HostedGuest(loop, host.state, 1)
    for _ in range(STROKES):
        ana.draw()
    eventually(lambda: ana.is_all_safe)
    filler = fill(small_disk)
    for _ in range(STROKES):
        ana.draw()
    eventually(lambda: host.status()["store_failed"])
    host.kill()
    assert_kept(ana.saved, ops_on_disk(host.state), ana.drawn)
    if not is_full_at_start:
        filler.unlink()
    host.start()
    eventually(lambda: ana.is_linked and ops_in(host) == ana.drawn)  # what the guest kept is here again
    if is_full_at_start:
        filler.unlink()
    eventually(lambda: ana.is_all_safe, 60)
    host.kill()
    assert ops_on_disk(host.state) == ana.drawn
    assert digest_in(host, eventually) == canvas_of(ana)


def digest_in(host, eventually):
    host.start()
    eventually(lambda: host.room()["loaded"])
    return digest_of(host)
