import pytest

from edgeboard.errors import CloseCode, DecodeError, RefusedError, TransportError
from edgeboard.identity.keys import NodeKey
from edgeboard.signaling.doorkeeper import OFFERS_PER_S, REPLAY_WINDOW_S
from edgeboard.signaling.messages import read_answer, write_offer
from edgeboard.signaling.server import SignalingServer
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
ANN = MESH.credentials(NodeKey(b"a" * 32))
BOB = MESH.credentials(NodeKey(b"b" * 32))


class Clock:
    def __init__(self):
        self.time = 100.0

    def now(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def asked():
    return []


@pytest.fixture
def door(clock, asked):
    async def answer_node(sdp, public_key, source):
        asked.append((sdp, public_key, source))
        return f"answer to {sdp}"

    async def answer_guest(sdp, source):
        asked.append((sdp, source))
        return f"answer to {sdp}"

    return SignalingServer(BOB, clock, answer_node, answer_guest, entropy=lambda size: b"e" * size)


def offer(n=0, sdp="sdp"):
    return write_offer(ANN, bytes([n]) * 16, sdp)


async def test_an_offer_is_answered(door, asked):
    body = await door.offer(offer(), "10.0.0.1")
    answer = read_answer(body, ANN, bytes(16))
    assert (answer.sdp, answer.public_key) == ("answer to sdp", BOB.key.public_key)
    assert asked == [("sdp", ANN.key.public_key, "10.0.0.1")]


async def refused(awaitable):
    with pytest.raises(RefusedError) as caught:
        await awaitable
    return caught.value.code


async def test_nothing_is_built_for_what_does_not_hold(door, asked, clock):
    assert await refused(door.offer(offer().replace(b"sdp", b"SDP"), "1")) is CloseCode.BAD_SIGNATURE
    with pytest.raises(DecodeError):
        await door.offer(b"noise", "1")
    assert asked == []


async def test_a_replayed_offer_is_refused_for_ten_minutes(door, asked, clock):
    await door.offer(offer(), "1")
    clock.time += REPLAY_WINDOW_S - 1
    assert await refused(door.offer(offer(), "2")) is CloseCode.AUTH_FAILED
    clock.time += 1
    await door.offer(offer(), "1")
    assert len(asked) == 2


async def test_five_offers_a_second_from_one_source(door, clock):
    for n in range(OFFERS_PER_S):
        await door.offer(offer(n), "1")
    assert await refused(door.offer(offer(100), "1")) is CloseCode.RATE
    await door.offer(offer(101), "2")
    await door.guest_offer("sdp", "1")  # guests are counted apart
    clock.time += 1
    await door.offer(offer(100), "1")


async def test_noise_counts_too(door):
    for _ in range(OFFERS_PER_S):
        with pytest.raises(DecodeError):
            await door.offer(b"noise", "1")
    assert await refused(door.offer(offer(), "1")) is CloseCode.RATE


async def test_guests_are_answered_as_often(door, asked):
    for _ in range(OFFERS_PER_S):
        assert await door.guest_offer("sdp", "1") == "answer to sdp"
    assert await refused(door.guest_offer("sdp", "1")) is CloseCode.RATE
    assert asked == [("sdp", "1")] * OFFERS_PER_S


async def test_what_the_answering_side_says_is_passed_on(clock):
    async def busy(*args):
        raise RefusedError(CloseCode.LIMIT, "four are being opened")

    async def broken(*args):
        raise TransportError("no network")

    door = SignalingServer(BOB, clock, busy, broken)
    assert await refused(door.offer(offer(), "1")) is CloseCode.LIMIT
    with pytest.raises(TransportError):
        await door.guest_offer("sdp", "1")
