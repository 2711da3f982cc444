"""The seeded network."""

import random

from edgeboard.testing.clock import VirtualClock
from edgeboard.testing.network import Pipe, Weather
from edgeboard.wire.messages import Channel


def world(weather: Weather, seed: int = 1) -> tuple[VirtualClock, Pipe, list[bytes]]:
    clock, seen = VirtualClock(), []
    return clock, Pipe(clock, random.Random(seed), weather, lambda channel, data: seen.append(data)), seen


def test_ordered_channels_keep_their_order_under_jitter() -> None:
    clock, pipe, seen = world(Weather(jitter_s=1.0))
    for number in range(50):
        pipe.send(Channel.LOG, bytes([number]))
    clock.run(5.0)
    assert seen == [bytes([number]) for number in range(50)]


def test_live_messages_are_lost_and_reordered() -> None:
    clock, pipe, seen = world(Weather(live_loss=0.3, live_reorder_s=1.0))
    sent = [bytes([number]) for number in range(100)]
    for message in sent:
        pipe.send(Channel.LIVE, message)
    clock.run(5.0)
    assert 50 < len(seen) < 90
    assert seen != sorted(seen)


def test_a_cut_holds_what_is_reliable_until_it_heals() -> None:
    clock, pipe, seen = world(Weather())
    pipe.cut()
    pipe.send(Channel.CTL, b"kept")
    pipe.send(Channel.LIVE, b"lost")
    clock.run(1.0)
    assert seen == []
    pipe.heal()
    clock.run(1.0)
    assert seen == [b"kept"]


def test_a_seed_repeats_the_weather() -> None:
    runs = []
    for _ in range(2):
        clock, pipe, seen = world(Weather(live_loss=0.5), seed=9)
        for number in range(100):
            pipe.send(Channel.LIVE, bytes([number]))
        clock.run(1.0)
        runs.append(list(seen))
    assert runs[0] == runs[1]
