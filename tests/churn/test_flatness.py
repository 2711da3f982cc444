"""Hundreds come and go at one node, and it uses what it used before."""

import random

import pytest

from tests.churn.crowd import Peer, WebRtcVisitor, WebSocketVisitor, in_waves, open_http, settled, stroke

WAYS_TO_LEAVE = ("word", "close", "break")
MEMORY_BOUND = 16e6  # bytes that hundreds of visits may leave behind: the log that they drew, and holes in the heap


@pytest.mark.slow
async def test_tasks_files_and_memory_are_flat_after_hundreds_of_guests_and_links(make_node, mesh_secret):
    await come_and_go(make_node, mesh_secret, 10)


@pytest.mark.soak
async def test_tasks_files_and_memory_are_flat_after_thousands_of_guests_and_links(make_node, mesh_secret):
    await come_and_go(make_node, mesh_secret, 150)


async def come_and_go(make_node, mesh_secret, times):
    node = make_node("host", secret=mesh_secret).start()
    rng = random.Random(11)
    async with open_http() as http:

        async def visit(number):
            visitor = await WebSocketVisitor(rng, f"guest {number}").come(http, node)
            visitor.guest.draw(stroke(rng))
            if number % 2:
                await visitor.until(lambda: visitor.guest.saved)
            await visitor.leave(WAYS_TO_LEAVE[number % 3])

        async def visit_over_webrtc(number):
            visitor = await WebRtcVisitor(rng, f"guest {number}").come(http, node)
            visitor.guest.draw(stroke(rng))
            await visitor.until(lambda: visitor.guest.saved)
            await visitor.leave(WAYS_TO_LEAVE[number % 2])

        async def link(number):
            peer = Peer(mesh_secret, "websocket" if number % 4 else "webrtc")
            await peer.link(node)
            await peer.leave()

        async def crowd(times):
            await in_waves(20 * times, 20, visit)
            await in_waves(3 * times, 4, visit_over_webrtc)
            await in_waves(8 * times, 4, link)

        await crowd(2)  # what is made once, for whoever comes first
        before = await settled(node)
        await crowd(times)
        after = await settled(node, before)
    told = f"{20 * times} guests, {3 * times} over WebRTC, and {8 * times} links"
    print(f"before: {before}; after {told}: {after}")  # noqa: T201 - shown with -s
    assert after.memory - before.memory < MEMORY_BOUND, (before, after)
    assert node.status()["alarms"] == []
    assert "Traceback" not in node.tail()
    assert node.stop() == 0
