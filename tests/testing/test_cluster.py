"""Clusters repeat from a seed, under bad weather too."""

import msgpack
import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.ids import room_id
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.network import Weather
from edgeboard.testing.simulated import MESH, stand_in_sign, stand_in_verify

LOBBY = room_id(MESH, "lobby")


def run(seed: int) -> tuple[bytes, tuple[int, int]]:
    cluster = Cluster(5, seed, Weather(delay_s=0.05, jitter_s=0.05, live_loss=0.05))
    cluster.link_all()
    for step in range(30):
        node = cluster.nodes[cluster.rng.randrange(5)]
        body = Add(page=0, layer=0, type=ItemType.TEXT, payload=msgpack.packb([step, 0, "x", 16, 0]))
        node.feed(lambda now, node=node, body=body: node.pipeline.draw("lobby", [body], now))
        a, b = cluster.rng.sample(range(5), 2)
        cluster.rng.choice([cluster.cut, cluster.heal, cluster.link])(a, b)
        cluster.run(0.3)
    cluster.link_all()
    cluster.run(10.0)
    digests = {node.pipeline.rooms[LOBBY].document.digest() for node in cluster.nodes}
    assert len(digests) == 1
    assert len(cluster.nodes[0].pipeline.rooms[LOBBY].document.items()) == 30
    return digests.pop(), cluster.traffic()


def test_a_run_converges_and_repeats_from_its_seed() -> None:
    assert run(3) == run(3)


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(6, 40), marks=pytest.mark.soak)])
def test_many_seeds_converge(seeds: range) -> None:
    for seed in seeds:
        run(seed)


def test_a_stand_in_signature_holds_for_its_message_only() -> None:
    key = b"k" * 32
    signature = stand_in_sign(key)(b"message")
    assert stand_in_verify(key, signature, b"message")
    assert not stand_in_verify(key, signature, b"massage")
    assert not stand_in_verify(b"j" * 32, signature, b"message")
