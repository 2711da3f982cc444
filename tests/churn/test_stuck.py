"""One that reads nothing, or has stopped, slows nobody else, and costs a bounded piece of memory."""

import asyncio
import random
import signal
import socket
import time

import pytest

from edgeboard.oplog.batch import decode_batch
from edgeboard.wire.messages import BatchIs
from tests.churn.crowd import Use, WebSocketVisitor, ask, open_http, settled, stroke
from tests.crash.evidence import carriers, digest_of
from tests.crash.hosted import HostedGuest, Loop, canvas_of

STUCK_GUESTS = 4
GESTURES = 150
STROKES = 10  # in a gesture
POINTS = 450  # in a stroke, of about 1.5 KB
LATE_S = 1.0  # for ink to arrive; a tenth of it where the machine has nothing else to do
MEMORY_BOUND = 32e6  # bytes; the ink alone, in log, canvas and queues of four, is a part of it
WINDOW = 256 * 1024  # bytes that a guest may be sent before it says that it has read them
SILENT_S = 30.0  # until a guest that says nothing is shut out
STOPPED_S = 10.0  # that a node is stopped; less than its links live without a word


async def come_and_get_stuck(http, node, rng, number):
    """A guest that enters and reads no more; its socket takes next to nothing."""
    visitor = await WebSocketVisitor(rng, f"Stuck {number}").come(http, node)
    visitor.ws.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await visitor.stop_reading()
    return visitor


def strokes_at(visitor):
    """How much has come of what the pen drew."""
    batches = [message.batch for message in visitor.guest.heard if isinstance(message, BatchIs)]
    return sum(len(decode_batch(batch).slots) for batch in batches)


async def draw_among_the_stuck(node, http):
    rng = random.Random(5)
    pen = await WebSocketVisitor(rng, "Pen").come(http, node)
    reader = await WebSocketVisitor(rng, "Reader").come(http, node)
    stuck = [await come_and_get_stuck(http, node, rng, number) for number in range(STUCK_GUESTS)]
    before = Use(node, await ask(node))
    took = []
    for _ in range(GESTURES):
        gesture = [stroke(rng, POINTS) for _ in range(STROKES)]
        reader.guest.heard.clear()
        reader.times.clear()
        began = time.monotonic()
        pen.guest.draw(*gesture)
        await reader.until(lambda: strokes_at(reader) == STROKES)
        took.append(time.monotonic() - began)
    await pen.until(lambda: len(pen.guest.safe) == STROKES * GESTURES)
    status = await ask(node)
    after = Use(node, status)
    await pen.leave()
    await reader.leave()
    took.sort()
    print(f"before: {before}, after: {after}; seconds: {took[GESTURES // 2]:.3f} mostly, {took[-1]:.3f} at most")  # noqa: T201
    sent = sorted((link["log_bytes_sent"], link["log_bytes_under_way"]) for link in status["links"])
    assert all(under_way <= WINDOW for _, under_way in sent)
    assert sent[-1][0] > 4 * WINDOW  # those who read were sent it all; the others fell behind and cost no more
    assert all(total <= 2 * WINDOW for total, _ in sent[:STUCK_GUESTS]), sent
    assert took[GESTURES * 95 // 100] < LATE_S, took
    assert after.memory - before.memory < MEMORY_BOUND, (before, after)
    return stuck


@pytest.mark.slow
async def test_guests_that_read_nothing_slow_nobody_and_cost_a_bounded_piece_of_memory(make_node):
    node = make_node("host").start()
    async with open_http() as http:
        for visitor in await draw_among_the_stuck(node, http):
            await visitor.leave("break")


@pytest.mark.soak
async def test_guests_that_read_nothing_are_shut_out_after_half_a_minute(make_node):
    node = make_node("host").start()
    quiet = await settled(node)
    async with open_http() as http:
        began = time.monotonic()
        stuck = await draw_among_the_stuck(node, http)
        while (await ask(node))["guests"]:
            assert time.monotonic() - began < 4 * SILENT_S
            await asyncio.sleep(0.2)
        await settled(node, quiet)
        for visitor in stuck:
            await visitor.leave("break")


@pytest.mark.slow
def test_a_node_that_is_stopped_slows_nobody_and_catches_up(make_node, mesh_secret, eventually):
    host = make_node("host", secret=mesh_secret).start()
    peer = make_node("peer", "--peer", host.url, secret=mesh_secret).start()
    eventually(lambda: carriers(host) == carriers(peer) == ["webrtc"])
    with Loop() as loop:
        ana, ben = (HostedGuest(loop, host.state, seed, name=name) for seed, name in ((1, "Ana"), (2, "Ben")))
        eventually(lambda: ana.is_linked and ben.is_linked)
        ana.draw()
        eventually(lambda: ana.is_all_safe)
        before = Use(host, host.status())
        peer.process.send_signal(signal.SIGSTOP)
        try:
            end = time.monotonic() + STOPPED_S
            took = []
            while time.monotonic() < end:
                drawn = [ana.draw()[-1] & 0xFFFFFFFF for _ in range(20)][-1]
                began = time.monotonic()
                eventually(lambda drawn=drawn: drawn in ana.guest.saved)
                took.append(time.monotonic() - began)
            stopped = Use(host, host.status())
            assert sorted(took)[len(took) // 2] < LATE_S, took
            assert stopped.memory - before.memory < MEMORY_BOUND, (before, stopped)
            assert not ana.is_all_safe  # a second node does not have it yet, and nobody says so
            assert len(ana.drawn) > 100
        finally:
            peer.process.send_signal(signal.SIGCONT)
        eventually(lambda: ana.is_all_safe, 60)
        expected = canvas_of(ana)
        eventually(lambda: digest_of(host) == digest_of(peer) == expected, 60)
        assert len(ben.guest.batches) > 1
    assert carriers(host) == ["webrtc"]
    assert host.status()["alarms"] == peer.status()["alarms"] == []
