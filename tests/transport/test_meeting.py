import asyncio

import pytest

from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.identity.keys import NodeKey
from edgeboard.testing.members import TestMesh
from edgeboard.transport.link import OpenLink
from edgeboard.transport.loopback import LoopbackCarrier
from edgeboard.transport.meeting import Meeting
from edgeboard.transport.settings import Settings
from edgeboard.wire import session as session_module
from edgeboard.wire.handshake import Side
from edgeboard.wire.messages import Channel
from edgeboard.wire.session import EphemeralKey, Fingerprints, Session

MESH = TestMesh("m")
ANN = MESH.credentials(NodeKey(b"a" * 32), b"boot-ann")
BOB = MESH.credentials(NodeKey(b"b" * 32), b"boot-bob")


def carriers():
    left, right = LoopbackCarrier("left"), LoopbackCarrier("right")
    left.other, right.other = right, left
    return left, right


def meeting(carrier, credentials, side, seal=None):
    ours, theirs = (b"1" * 32, b"2" * 32) if side is Side.OFFERER else (b"2" * 32, b"1" * 32)
    binding = Fingerprints(ours, theirs) if seal is None else EphemeralKey(ours)
    nonce = side.value.encode().ljust(32, b"n")
    session = Session(credentials, side, binding, nonce, asyncio.get_running_loop().time())
    return Meeting(carrier, session, lambda carrier, peer: OpenLink(carrier, peer, Settings()), seal)


def both(left_credentials=ANN, right_credentials=BOB):
    left, right = carriers()
    return meeting(left, left_credentials, Side.OFFERER), meeting(right, right_credentials, Side.ANSWERER)


async def test_two_nodes_meet_and_get_a_link_each(inbox_of):
    left, right = both()
    links = await left.link(), await right.link()
    assert links[0].peer.public_key == BOB.key.public_key
    assert links[0].peer.node == BOB.key.node_id
    assert links[1].peer.boot == b"boot-ann"
    inbox = inbox_of(links[1])
    links[0].send(Channel.LOG, b"ink")
    await inbox.until_messages(1)


async def test_what_is_said_right_after_the_proof_is_not_lost(inbox_of):
    left, right = carriers()
    first = meeting(left, ANN, Side.OFFERER)
    second = meeting(right, BOB, Side.ANSWERER)
    link = await first.link()
    link.send(Channel.CTL, b"join")  # before the other side has looked at its result
    inbox = inbox_of(await second.link())
    assert await inbox.until_messages(1) == [(Channel.CTL, b"join")]


async def test_log_that_overtakes_the_proof_is_delivered_behind_it(inbox_of):
    left, right = carriers()
    waiting = meeting(right, BOB, Side.ANSWERER)
    left.put(Channel.LOG, b"early")
    meeting(left, ANN, Side.OFFERER)
    inbox = inbox_of(await waiting.link())
    assert await inbox.until_messages(1) == [(Channel.LOG, b"early")]


async def test_both_sides_are_told_why_they_do_not_meet():
    left, right = both(ANN, TestMesh("other").credentials(BOB.key))
    for side in (left, right):
        with pytest.raises(RefusedError) as caught:
            await side.link()
        assert caught.value.code is CloseCode.OTHER_MESH


async def test_a_side_that_says_nothing_is_left_after_a_while(monkeypatch):
    monkeypatch.setattr(session_module, "HANDSHAKE_S", 0.02)
    left, right = carriers()
    alone = meeting(left, ANN, Side.OFFERER)
    right.listen(lambda channel, data: None, lambda code, text: None)
    with pytest.raises(TransportError, match="no proof"):
        await alone.link()
    assert left.other is None  # finished


async def test_a_carrier_that_is_lost_ends_the_meeting():
    left, right = carriers()
    alone = meeting(left, ANN, Side.OFFERER)
    right.finish(linger=False)
    with pytest.raises(TransportError, match="ended before both sides"):
        await alone.link()


async def test_who_gives_up_waiting_leaves_nothing_open():
    left, right = carriers()
    task = asyncio.create_task(meeting(left, ANN, Side.OFFERER).link())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left.other is None
    # and in the moment in which the link is there already
    left, right = carriers()
    first = meeting(left, ANN, Side.OFFERER)
    task = asyncio.create_task(first.link())
    await asyncio.sleep(0)
    meeting(right, BOB, Side.ANSWERER)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left.other is None


async def test_a_carrier_that_seals_gets_the_keys_of_both_sides():
    left, right = carriers()
    keys = {left: [], right: []}
    first = meeting(left, ANN, Side.OFFERER, seal=lambda *pair: keys[left].append(pair))
    second = meeting(right, BOB, Side.ANSWERER, seal=lambda *pair: keys[right].append(pair))
    await first.link()
    await second.link()
    ((seal, _),) = keys[left]
    ((_, unseal),) = keys[right]
    assert unseal.open(seal.seal(Channel.LOG, b"ink")) == (Channel.LOG, b"ink")
