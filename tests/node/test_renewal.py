"""Chunks of releases travel from board to board: fast, from many, past liars, outages and floods."""

import hashlib
import random

from edgeboard.errors import CloseCode
from edgeboard.ids import BlobHash, Origin, PersonId
from edgeboard.node.renewal import LENT_MOST_S, LENT_S, WISH_S
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.testing.lan import LanSettings
from edgeboard.testing.network import Weather
from edgeboard.wire.fields import Held
from edgeboard.wire.messages import BlobHave, BlobWant, Channel, encode
from edgeboard.wire.releases import Named, OfRelease, ReleaseIs, Report

CHUNK = 256 * 1024


def release(chunks, seed=1):
    """Contents by their names, as a release of so many chunks has them."""
    rng = random.Random(seed)
    made = [rng.randbytes(CHUNK) for _ in range(chunks)]
    return {BlobHash(hashlib.sha256(data).digest()): data for data in made}


def told(counter=7, files=()):
    return ReleaseIs("stable", "aarch64", f"1.{counter}", counter, counter, 1, files)


def sow(node, content, counter=7):
    """A board has a release, all of it."""
    node.disk.chunks.update(content)
    own = {each: len(data) for each, data in content.items()}
    node.feed(lambda now: node.pipeline.renewal.offer(own, told(counter), (), now))


def say(node, what, *reports):
    node.feed(lambda now: node.pipeline.renewal.offer({}, what, reports, now))


def want(node, content):
    node.feed(lambda now: node.pipeline.renewal.want(content, now))


def linked(nodes, **words):
    cluster = Cluster(nodes, **words)
    cluster.link_all()
    cluster.run(0.5)
    return cluster


def has(node, content):
    return all(node.pipeline.renewal.holds(each) and node.disk.chunks.get(each) == content[each] for each in content)


def run_until(cluster, check, seconds):
    for _ in range(int(seconds * 10)):
        if check():
            return
        cluster.run(0.1)
    assert check(), f"not within {seconds} s of virtual time"


def given(node):
    return node.pipeline.renewal.statistics().given_bytes


def test_ten_boards_get_a_release_of_one_and_it_gives_little_more_than_one_release() -> None:
    cluster, content = Cluster(10, lan=LanSettings()), release(12)
    cluster.run(20.0)
    seed, *others = cluster.nodes
    sow(seed, content)
    for node in others:
        want(node, content)
    run_until(cluster, lambda: all(has(node, content) for node in others), 120)
    assert given(seed) <= 2.5 * 12 * CHUNK, f"the seed gave {given(seed) / (12 * CHUNK):.2f} releases"


def test_a_seed_that_vanishes_half_way_is_not_missed_for_what_it_has_given() -> None:
    cluster, content = linked(4), release(8)
    seed, *others = cluster.nodes
    sow(seed, content)
    for node in others:
        want(node, content)
    run_until(cluster, lambda: given(seed) >= 4 * CHUNK, 60)
    seed.kill()
    cluster.run(40.0)
    here = {each for node in others for each in node.disk.chunks}
    assert len(here) >= 3
    for node in others:
        assert here <= node.disk.chunks.keys(), "what one board has, all get"
    seed.start()
    for number in range(1, 4):
        cluster.link(0, number)
    sow(seed, content)
    run_until(cluster, lambda: all(has(node, content) for node in others), 120)
    assert given(seed) <= 2.5 * (8 - len(here)) * CHUNK, "nobody asks for what boards have among themselves"


def test_a_board_goes_on_after_a_restart_with_the_chunks_that_it_had() -> None:
    cluster, content = linked(2), release(6)
    seed, board = cluster.nodes
    sow(seed, content)
    want(board, content)
    run_until(cluster, lambda: len(board.disk.chunks) >= 3, 60)
    board.kill()
    had = len(board.disk.chunks)
    board.start()
    cluster.link(0, 1)
    want(board, content)
    run_until(cluster, lambda: has(board, content), 60)
    assert board.pipeline.renewal.statistics().fetched == 6 - had


def test_a_board_that_sends_wrong_bytes_is_named_and_not_asked_again() -> None:
    cluster, content = linked(3), release(6)
    liar, seed, board = cluster.nodes
    sow(liar, content)
    liar.disk.chunks = dict.fromkeys(content, bytes(CHUNK))
    cluster.run(0.2)
    want(board, content)
    cluster.run(5.0)
    assert not board.disk.chunks, "nothing of it is kept"
    sow(seed, content)
    run_until(cluster, lambda: has(board, content), 60)
    (alarm,) = board.alarms
    assert liar.node.hex()[:8] in alarm
    assert "faulty or lies" in alarm
    assert given(liar) <= 2 * CHUNK
    assert liar.node not in board.pipeline.renewal.boards(), "its word counts for nothing"


def test_a_board_that_is_slow_makes_way_for_another() -> None:
    cluster, content = linked(3), release(2)
    slow, fast, board = cluster.nodes
    for pipe in cluster.pipes(0, 2):
        pipe.weather = Weather(delay_s=4.0)
    sow(slow, content)
    cluster.run(10.0)
    want(board, content)
    cluster.run(1.0)
    sow(fast, content)
    run_until(cluster, lambda: has(board, content), 60)
    assert given(fast) > CHUNK, "the one that it was not asked for first, and most of the other"


def test_what_nobody_can_give_is_given_up_and_keeps_nothing_else_waiting() -> None:
    cluster, promised, real = linked(2), release(20, seed=2), release(2)
    boaster, board = cluster.nodes
    sow(boaster, {**promised, **real})
    boaster.disk.chunks = dict(real)
    want(board, promised)
    want(board, real)
    run_until(cluster, lambda: has(board, real), 60)
    before = cluster.traffic()[0]
    cluster.run(WISH_S + 5.0)
    assert board.pipeline.renewal.statistics().wanted == 0
    assert cluster.traffic()[0] - before < 10 * WISH_S, "pings and a few questions"
    assert not board.closed


def test_metadata_is_told_by_name_for_each_board_apart() -> None:
    cluster = linked(3)
    first, second, board = cluster.nodes
    for node, counter in ((first, 3), (second, 8)):
        file = Named("timestamp.json", bytes([counter]) * 32, 900)
        say(node, told(counter, (file,)))
    cluster.run(1.0)
    renewal = board.pipeline.renewal
    assert renewal.files("timestamp.json") == [(bytes([8]) * 32, 900), (bytes([3]) * 32, 900)], "the newest first"
    assert renewal.files("timestamp.json", first.node) == [(bytes([3]) * 32, 900)]
    assert {node: each.counter for node, each in renewal.boards().items()} == {first.node: 3, second.node: 8}


def test_how_a_release_fared_is_known_to_boards_that_are_not_linked() -> None:
    cluster = Cluster(3)
    cluster.link(0, 1)
    cluster.link(1, 2)
    for node, is_good in zip(cluster.nodes, (False, True, False), strict=True):
        say(node, told(), Report(7, is_good))
    cluster.run(5.0)
    assert [node.pipeline.renewal.outcomes() for node in cluster.nodes] == [{7: (1, 1)}, {7: (0, 2)}, {7: (1, 1)}]


def test_a_guest_has_no_part_in_releases() -> None:
    cluster = linked(1)
    (node,) = cluster.nodes
    for message in (told(), OfRelease(encode(BlobHave((Held(bytes(32), 5, 1),))))):
        guest = ScriptedGuest(PersonId(bytes(16)), Origin(7))
        cluster.seat(guest, 0)
        guest.send(Channel.CTL, encode(message))
        cluster.run(0.5)
        assert node.closed[-1].code is CloseCode.FORBIDDEN
    assert not node.pipeline.renewal.boards()


def test_a_board_that_floods_with_news_of_releases_loses_its_link() -> None:
    cluster = linked(2)
    flooder, board = cluster.nodes
    for counter in range(30):
        say(flooder, told(counter))
    cluster.run(1.0)
    assert board.closed[0].code is CloseCode.RATE


def test_a_chunk_is_lent_to_one_board_and_offered_again_to_who_had_to_wait() -> None:
    cluster, content = linked(3), release(1)
    seed, first, second = cluster.nodes
    cluster.unlink(1, 2)
    sow(seed, content)
    want(first, content)
    want(second, content)
    cluster.run(2.0)
    assert [has(first, content), has(second, content)].count(True) == 1, "the other one is to ask that one"
    cluster.run(2 * LENT_S)
    assert has(first, content)
    assert has(second, content), "which it cannot, so it is served after all"


def test_a_board_that_never_gives_a_chunk_back_gives_way_to_who_waits() -> None:
    cluster, content = linked(3), release(2)
    seed, greedy, board = cluster.nodes
    cluster.unlink(1, 2)
    sow(seed, content)
    renewal = greedy.pipeline.renewal
    renewal._exchange.receive = lambda *_: None  # it takes what it has asked for past its own rules

    def ask(now):
        for link in renewal._paces:
            for each in content:
                renewal._core.say(link, OfRelease(encode(BlobWant(each, 0, 1))))

    for second in range(int(LENT_MOST_S)):
        greedy.feed(ask)
        if second == 1:
            want(board, content)
        cluster.run(1.0)
    assert not has(board, content), "the greedy one was to have them lent"
    for _ in range(int(2 * LENT_S)):
        greedy.feed(ask)
        cluster.run(1.0)
    assert has(board, content)
    assert not seed.closed
