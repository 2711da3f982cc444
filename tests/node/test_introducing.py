"""Offers that others carry: answered, refused, replayed, mixed up."""

import asyncio
import os

import pytest

from edgeboard.clock import SystemClock
from edgeboard.errors import RefusedError, TransportError
from edgeboard.identity.keys import NodeKey
from edgeboard.mesh.introductions import Introduced
from edgeboard.node import introducing as module
from edgeboard.node.introducing import ByService, InBand, Introducer
from edgeboard.signaling.client import SignalingClient
from edgeboard.signaling.messages import write_offer
from edgeboard.signaling.server import SignalingServer
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")


class Board:
    """One side, with a real client and a real server; `way` is what lies between the boards."""

    def __init__(self, seed, way, mesh=MESH):
        self.credentials = mesh.credentials(NodeKey(seed * 32))
        self.node = self.credentials.key.node_id
        self.way = way
        self.answered = []
        self.tasks = []
        server = SignalingServer(self.credentials, SystemClock(), self.answer, None)
        self.introducer = Introducer(SignalingClient(self.credentials), server.relayed_offer, self.spawn)
        self.in_band = InBand(self.introducer, lambda node, envelope: way.carry(self.node, node, envelope))
        way.boards[self.node] = self

    async def answer(self, sdp, public_key, source):
        self.answered.append((sdp, public_key))
        return f"answer to {sdp}"

    def spawn(self, work, name):
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    async def settle(self):
        while self.tasks:
            await self.tasks.pop()


class Way:
    """Carries envelopes, remembers them, and may change them."""

    def __init__(self):
        self.boards = {}
        self.carried = []
        self.change = lambda sender, to, envelope: envelope

    def carry(self, sender, to, envelope):
        self.carried.append((sender, to, envelope))
        envelope = self.change(sender, to, envelope)
        if envelope is not None and to in self.boards:
            self.boards[to].in_band.arrived(Introduced(sender, envelope))
        return bool(self.boards)


@pytest.fixture
def way(monkeypatch):
    monkeypatch.setattr(module, "ANSWER_S", 0.2)
    return Way()


async def test_an_offer_is_answered_by_the_node_that_it_is_for(way):
    ann, bob, _ = Board(b"a", way), Board(b"b", way), Board(b"c", way)
    assert await ann.in_band.introduce(bob.node, "sdp") == ("answer to sdp", bob.credentials.key.public_key)
    assert bob.answered == [("sdp", ann.credentials.key.public_key)]
    assert ann.in_band.is_open(bob.node)


async def test_a_replayed_offer_is_answered_once(way):
    ann, bob = Board(b"a", way), Board(b"b", way)
    await ann.in_band.introduce(bob.node, "sdp")
    sender, _, offer = way.carried[0]
    for _ in range(3):
        bob.in_band.arrived(Introduced(sender, offer))
        await bob.settle()
    assert len(bob.answered) == 1


async def test_a_replayed_answer_is_nobodys(way):
    ann, bob = Board(b"a", way), Board(b"b", way)
    await ann.in_band.introduce(bob.node, "first")
    old_answer = way.carried[1][2]
    way.change = lambda sender, to, envelope: old_answer if sender == bob.node else envelope
    with pytest.raises(TransportError, match="no answer"):
        await ann.in_band.introduce(bob.node, "second")


async def test_whoever_carries_an_envelope_cannot_change_what_is_in_it(way):
    ann, bob = Board(b"a", way), Board(b"b", way)
    way.change = lambda sender, to, envelope: envelope.replace(b"sdp", b"SDP") if sender == ann.node else envelope
    with pytest.raises(TransportError, match="no answer"):
        await ann.in_band.introduce(bob.node, "sdp")
    assert bob.answered == []
    way.change = lambda sender, to, envelope: envelope.replace(b"answer to", b"ANSWER TO")
    ann.in_band._again.clear()
    with pytest.raises(RefusedError):
        await ann.in_band.introduce(bob.node, "sdp")


async def test_answers_that_are_mixed_up_are_not_taken_for_each_other(way):
    """The service hands the answer of one session to the other."""
    ann, bob, cyd = Board(b"a", way), Board(b"b", way), Board(b"c", way)
    answers = {}

    def swap(sender, to, envelope):
        if to != ann.node:
            return envelope
        answers[sender] = envelope
        if len(answers) == 2:
            for other, swapped in ((bob, answers[cyd.node]), (cyd, answers[bob.node])):
                ann.in_band.arrived(Introduced(other.node, swapped))
        return None

    way.change = swap
    both = await asyncio.gather(ann.in_band.introduce(bob.node, "one"), ann.in_band.introduce(cyd.node, "two"))
    # whose answer it is says the envelope itself, not the one who brought it
    assert both == [
        ("answer to one", bob.credentials.key.public_key),
        ("answer to two", cyd.credentials.key.public_key),
    ]


async def test_an_offer_in_anothers_name_or_for_another_is_not_answered(way):
    ann, bob, cyd = Board(b"a", way), Board(b"b", way), Board(b"c", way)
    offer = write_offer(ann.credentials, os.urandom(16), "sdp", bob.node)
    bob.in_band.arrived(Introduced(cyd.node, offer))
    cyd.in_band.arrived(Introduced(ann.node, offer))
    bob.in_band.arrived(Introduced(ann.node, write_offer(ann.credentials, os.urandom(16), "sdp")))
    bob.in_band.arrived(Introduced(ann.node, b"noise"))
    await bob.settle()
    await cyd.settle()
    assert bob.answered == cyd.answered == []


async def test_a_stranger_is_not_answered(way):
    eve, bob = Board(b"e", way, TestMesh("other")), Board(b"b", way)
    with pytest.raises(TransportError, match="no answer"):
        await eve.in_band.introduce(bob.node, "sdp")
    assert bob.answered == []


async def test_a_flood_of_offers_is_bounded(way, monkeypatch):
    monkeypatch.setattr(module, "ANSWERING_MAX", 2)
    ann, bob = Board(b"a", way), Board(b"b", way)
    for _ in range(50):
        bob.in_band.arrived(Introduced(ann.node, write_offer(ann.credentials, os.urandom(16), "sdp", bob.node)))
    assert len(bob.tasks) == 2
    await bob.settle()
    assert len(bob.answered) == 2
    monkeypatch.setattr(module, "WAITING_MAX", 0)
    with pytest.raises(TransportError, match="under way already"):
        await ann.in_band.introduce(bob.node, "sdp")


async def test_who_is_not_found_is_not_asked_for_again_at_once(way, monkeypatch):
    ann, gone = Board(b"a", way), NodeKey(b"g" * 32).node_id
    with pytest.raises(TransportError, match=r"gave no answer within 0\.2 s"):
        await ann.in_band.introduce(gone, "sdp")
    assert not ann.in_band.is_open(gone)
    monkeypatch.setattr(module, "PAUSES_MAX", 1)
    with pytest.raises(TransportError):
        await ann.in_band.introduce(NodeKey(b"h" * 32).node_id, "sdp")
    assert len(ann.in_band._again) == 1


async def test_where_nobody_can_carry_an_offer_that_is_said(way):
    ann = Board(b"a", way)
    way.boards.clear()
    with pytest.raises(TransportError, match="no other board is linked"):
        await ann.in_band.introduce(NodeKey(b"b" * 32).node_id, "sdp")


async def test_a_service_carries_as_links_do(way):
    ann, bob = Board(b"a", way), Board(b"b", way)
    by_service = ByService(ann.introducer, "http://s:1", lambda url, node, data: way.carry(ann.node, node, data))
    assert by_service.name == "the signaling service at http://s:1"
    assert (await by_service.introduce(bob.node, "sdp"))[0] == "answer to sdp"
