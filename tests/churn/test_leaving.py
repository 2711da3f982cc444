"""Who leaves is gone from the list of people at once, however they leave."""

import random
from statistics import median

import pytest

from edgeboard.wire.messages import Presence
from tests.churn.crowd import WebRtcVisitor, WebSocketVisitor, open_http

GONE_S = 0.1
TRIES = 5  # the machine may be busy with other things at any one of them


@pytest.mark.slow
@pytest.mark.parametrize(
    ("carrier", "how"),
    [
        (WebSocketVisitor, "word"),
        (WebSocketVisitor, "close"),
        (WebSocketVisitor, "break"),
        (WebRtcVisitor, "word"),
        (WebRtcVisitor, "close"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_a_guest_that_leaves_is_gone_within_a_tenth_of_a_second(carrier, how, make_node):
    node = make_node("host").start()
    rng = random.Random(3)
    took = []
    async with open_http() as http:
        watcher = await WebSocketVisitor(rng, "Watcher").come(http, node)

        def names():
            lists = [message.people for message in watcher.guest.heard if isinstance(message, Presence)]
            return {person[2] for person in lists[-1]} if lists else set()

        for number in range(TRIES):
            leaver = await carrier(rng, f"Leaver {number}").come(http, node)
            await watcher.until(lambda: len(names()) == 2)
            began = http._loop.time()
            await leaver.leave(how)
            await watcher.until(lambda: names() == {"Watcher"})
            took.append(watcher.times[-1] - began)
        await watcher.leave()
    assert median(took) < GONE_S, took
