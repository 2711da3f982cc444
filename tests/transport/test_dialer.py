"""Boards that dial each other: who gets in, over what, and that nothing stays behind."""

import asyncio
import contextlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.identity.charter import Kind
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Membership
from edgeboard.signaling.messages import write_offer
from edgeboard.testing.members import TestMesh
from edgeboard.transport import patches
from edgeboard.transport.settings import Settings
from edgeboard.transport.tasks import Tasks
from edgeboard.transport.webrtc import WebRtcCarrier
from edgeboard.wire.messages import MESSAGE_MAX, Channel
from edgeboard.wire.session import CLONE_TEXT

LOCAL = ("127.0.0.1",)
MODES = ["webrtc", "websocket"]
MESH = TestMesh("m")


def only(mode, **more):
    return Settings(mode=mode, addresses=LOCAL, **more)


@pytest.mark.parametrize("mode", MODES)
async def test_two_boards_link_and_say_everything_in_order(boards, mode):
    ann = await boards("ann", settings=only(mode))
    bob = await boards("bob")
    here, there = await ann.connect(bob)
    assert here.link.carrier == there.link.carrier == mode
    assert here.link.remote == bob.url
    assert here.link.peer.node == bob.credentials.key.node_id
    assert there.link.peer.node == ann.credentials.key.node_id
    assert there.link.peer.boot == ann.credentials.boot
    sent = [(Channel(n % 2), bytes([n]) * 300) for n in range(100)]
    for channel, data in sent:
        assert here.link.send(channel, data)
        assert there.link.send(channel, data)
    for inbox in (here, there):
        got = await inbox.until_messages(100)
        for channel in (Channel.CTL, Channel.LOG):
            assert [m for m in got if m[0] is channel] == [m for m in sent if m[0] is channel]
    assert here.link.send(Channel.LIVE, b"cursor")
    assert (await there.until_messages(101))[-1] == (Channel.LIVE, b"cursor")
    here.link.close(CloseCode.NORMAL, "enough")
    assert await there.until_closed() == (CloseCode.NORMAL, "enough")
    assert await here.until_closed() == (CloseCode.NORMAL, "enough")
    assert ann.transport.statistics().open_links == {}
    assert ann.transport.statistics().opened == {mode: 1}


async def test_by_itself_a_board_prefers_webrtc(boards):
    ann, bob = await boards("ann"), await boards("bob")
    here, _ = await ann.connect(bob)
    assert here.link.carrier == "webrtc"
    assert ann.transport.statistics().open_links == {"webrtc": 1}
    assert ann.transport.statistics().patches == patches.active()


# ------------------------------------------------------------------------------------------------ who gets in


STRANGERS = {
    "other mesh": ({"mesh": TestMesh("other")}, CloseCode.OTHER_MESH, "another mesh"),
    "copied card": ({"key": NodeKey(b"ann".ljust(32, b".")), "boot": "again"}, CloseCode.CLONE, CLONE_TEXT),
}


@pytest.mark.parametrize("mode", [*MODES, "auto"])
@pytest.mark.parametrize(("who", "code", "text"), STRANGERS.values(), ids=STRANGERS)
async def test_nobody_links_who_does_not_belong_and_no_other_carrier_is_tried(boards, mode, who, code, text):
    ann = await boards("ann", settings=only(mode))
    stranger = await boards("stranger", **who)
    with pytest.raises(RefusedError) as caught:
        await ann.transport.connect(stranger.url)
    assert caught.value.code is code
    assert text in str(caught.value)
    assert stranger.inboxes.empty()
    assert ann.transport.statistics().opened == {}
    assert stranger.calls["/link"] == (1 if mode == "websocket" else 0)
    assert stranger.calls["node"] == (0 if mode == "websocket" else 1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sleeper", ["dials", "is dialled"])
async def test_a_board_that_slept_through_an_epoch_links_at_the_second_attempt(boards, mode, sleeper):
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob")
    asleep, awake = (ann, bob) if sleeper == "dials" else (bob, ann)
    awake.credentials.membership = MESH.issuer.next_epoch(awake.credentials.membership, b"2" * 32)
    with pytest.raises(RefusedError) as caught:
        await ann.transport.connect(bob.url)
    assert caught.value.code is CloseCode.EPOCH
    here, there = await ann.connect(bob)
    assert len(asleep.news) == 1
    assert awake.news == []
    assert asleep.credentials.mesh == awake.credentials.mesh
    assert here.link.carrier == there.link.carrier == mode


@pytest.mark.parametrize("mode", MODES)
async def test_a_revoked_board_is_told_so_and_does_not_link(boards, mode):
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob")
    member = bob.credentials.membership
    charter = member.charter.with_revocation(MESH.issuer.revoke(Kind.NODE, ann.credentials.key.node_id))
    bob.credentials.membership = Membership(charter, member.secret, member.grant)
    with pytest.raises(RefusedError, match="put out of the mesh m") as caught:
        await ann.transport.connect(bob.url)
    assert caught.value.code is CloseCode.REVOKED
    assert bob.inboxes.empty()


@pytest.mark.parametrize("mode", MODES)
async def test_a_board_does_not_link_to_itself(boards, mode):
    ann = await boards("ann", settings=only(mode))
    if mode == "websocket":
        ann.transport._settings = only("websocket")
    with pytest.raises(RefusedError) as caught:
        await ann.transport.connect(ann.url)
    assert caught.value.code is CloseCode.FORBIDDEN
    assert ann.inboxes.empty()


def swap(text):
    """The same with another sha-256 fingerprint."""
    return re.sub("(sha-256 )(..)", lambda found: found[1] + ("00" if found[2] != "00" else "11"), text)


@pytest.mark.slow
async def test_a_fingerprint_swapped_by_the_signaling_service_is_refused(boards, until):
    """It cannot alter the envelope; where it is a member itself and hands out its own answer, DTLS or the handshake
    finds no peer behind it."""
    bob = await boards("bob", settings=Settings(addresses=LOCAL, open_s=0.5))
    mallory = await boards("mallory")

    async def swap_in_envelope(board, sdp, to):
        body = write_offer(ann.credentials, b"n" * 16, sdp)
        await ann.client.post_offer(f"{board}/signal/node", swap(body.decode("latin-1")).encode("latin-1"))

    ann = await boards("ann", settings=only("webrtc"), introduce=swap_in_envelope)
    with pytest.raises(RefusedError) as caught:
        await ann.transport.connect(bob.url)
    assert caught.value.code is CloseCode.BAD_SIGNATURE

    async def swap_in_answer(board, sdp, to):
        answer, key = await ann.client.introduce(board, sdp)
        return swap(answer), key

    ann.transport._introduce = swap_in_answer
    with pytest.raises(TransportError):
        await ann.transport.connect(bob.url)

    async def introduce_another(board, sdp, to):
        answer, _ = await ann.client.introduce(mallory.url, sdp)
        return answer, bob.credentials.key.public_key

    ann.transport._introduce = introduce_another
    with pytest.raises(RefusedError) as caught:
        await ann.transport.connect(bob.url)
    assert caught.value.code is CloseCode.AUTH_FAILED
    await until(lambda: bob.transport.statistics().half_open == mallory.transport.statistics().half_open == 0)
    assert bob.inboxes.empty()
    assert mallory.inboxes.empty()


async def test_a_replayed_offer_is_refused_before_anything_is_built(boards, carriers):
    ann, bob = await boards("ann"), await boards("bob")
    body = write_offer(ann.credentials, b"n" * 16, await carriers().offer())
    assert await ann.client.post_offer(f"{bob.url}/signal/node", body)
    with pytest.raises(RefusedError, match="seen before"):
        await ann.client.post_offer(f"{bob.url}/signal/node", body)
    assert bob.transport.statistics().half_open == 1


@pytest.fixture
async def carriers():
    """Makes carriers whose offers are never followed up."""
    tasks = Tasks()
    made = []

    def make():
        made.append(WebRtcCarrier("nobody", only("webrtc"), tasks))
        return made[-1]

    yield make
    for carrier in made:
        carrier.finish(linger=False)
    await tasks.end(5.0)


# ------------------------------------------------------------------------------------------------ what carries it


@pytest.mark.slow
async def test_where_webrtc_does_not_open_a_websocket_carries_the_link(boards):
    """Both describe themselves, and the addresses lead nowhere."""
    bob = await boards("bob", settings=Settings(addresses=LOCAL, open_s=0.2))

    def lead_nowhere(sdp):
        return re.sub(r"(a=candidate:\S+ 1 udp \S+) \S+ \d+", r"\1 127.0.0.2 9", sdp)

    async def nowhere(board, sdp, to):
        answer, key = await ann.client.introduce(board, lead_nowhere(sdp))
        return lead_nowhere(answer), key

    ann = await boards("ann", settings=Settings(addresses=LOCAL, open_s=0.2), introduce=nowhere)
    here, there = await ann.connect(bob)
    assert here.link.carrier == there.link.carrier == "websocket"
    assert ann.transport.statistics().failures == {"webrtc": 1}
    with pytest.raises(TransportError, match="did not open within"):
        await ann.transport.connect(bob.url, may_relay=False)
    ann.transport._settings = only("webrtc", open_s=0.2)
    with pytest.raises(TransportError, match="did not open within"):
        await ann.transport.connect(bob.url)
    ann.transport._settings = only("websocket")
    with pytest.raises(TransportError, match="takes WebRTC, which is switched off here"):
        await ann.transport.connect(bob.url, may_relay=False)


@dataclass
class ByOthers:
    """A `ports.Signaling` that hands offers in at a board's door."""

    introduce_at: object
    name: str = "others"

    async def introduce(self, node, sdp):
        return await self.introduce_at(node, sdp)


async def test_a_node_whose_address_is_not_known_is_introduced_by_others(boards):
    ann, bob, cyd = await boards("ann"), await boards("bob"), await boards("cyd")
    node = bob.credentials.key.node_id
    link = await ann.transport.connect_by(ByOthers(lambda node, sdp: ann.client.introduce(bob.url, sdp, node)), node)
    assert link.peer.node == node
    with pytest.raises(RefusedError, match="another board than the one that is meant"):
        await ann.transport.connect_by(ByOthers(lambda node, sdp: ann.client.introduce(cyd.url, sdp)), node)
    with pytest.raises(RefusedError, match="for another node"):
        await ann.transport.connect_by(ByOthers(lambda node, sdp: ann.client.introduce(cyd.url, sdp, node)), node)
    ann.transport._settings = only("websocket")
    with pytest.raises(TransportError, match="takes WebRTC, which is switched off here"):
        await ann.transport.connect_by(ByOthers(None), node)


async def test_where_others_introduce_and_nothing_passes_that_is_said_plainly(boards):
    bob = await boards("bob", settings=Settings(addresses=LOCAL, open_s=0.2))
    ann = await boards("ann", settings=Settings(addresses=LOCAL, open_s=0.2))

    async def nowhere(node, sdp):
        def lead_nowhere(sdp):
            return re.sub(r"(a=candidate:\S+ 1 udp \S+) \S+ \d+", r"\1 127.0.0.2 9", sdp)

        answer, key = await ann.client.introduce(bob.url, lead_nowhere(sdp), node)
        return lead_nowhere(answer), key

    with pytest.raises(TransportError, match="who introduced them carries no ink: let UDP pass"):
        await ann.transport.connect_by(ByOthers(nowhere), bob.credentials.key.node_id)


FAULTS = [TransportError("no door"), RefusedError(CloseCode.LIMIT, "later"), ZeroDivisionError("a bug"), "not an SDP"]


@pytest.mark.parametrize("fault", FAULTS, ids=["unreachable", "busy", "bug", "nonsense"])
async def test_where_nobody_introduces_a_websocket_carries_the_link(boards, fault):
    async def introduce(board, sdp, to):
        if isinstance(fault, Exception):
            raise fault
        return fault, bytes(32)

    ann, bob = await boards("ann", introduce=introduce), await boards("bob")
    here, _ = await ann.connect(bob)
    assert here.link.carrier == "websocket"


async def test_a_board_for_websockets_only_is_found_all_the_same(boards):
    ann, bob = await boards("ann"), await boards("bob", settings=only("websocket"))
    here, _ = await ann.connect(bob)
    assert here.link.carrier == "websocket"
    with pytest.raises(RefusedError, match="WebSockets only"):
        await bob.transport.answer_guest("", "a browser")


@pytest.mark.slow
async def test_only_so_many_connections_are_half_open(boards, carriers, until):
    bob = await boards("bob", settings=Settings(addresses=LOCAL, half_open_nodes=2, open_s=0.3))
    key = NodeKey(bytes(32)).public_key
    for _ in range(2):
        await bob.transport.answer_node(await carriers().offer(), key, "somewhere")
    assert bob.transport.statistics().half_open == 2
    with pytest.raises(RefusedError) as caught:
        await bob.transport.answer_node(await carriers().offer(), key, "somewhere")
    assert caught.value.code is CloseCode.LIMIT
    await until(lambda: bob.transport.statistics().half_open == 0)
    assert bob.transport.statistics().failures == {"webrtc": 2}
    with pytest.raises(RefusedError) as caught:
        await bob.transport.answer_node("nonsense", key, "somewhere")
    assert caught.value.code is CloseCode.MALFORMED
    assert bob.transport.statistics().half_open == 0
    await bob.transport.answer_node(await carriers().offer(), key, "somewhere")


# ------------------------------------------------------------------------------------------------ bugs and pressure


@pytest.mark.parametrize("mode", MODES)
async def test_a_handler_that_raises_does_not_end_the_link(boards, mode):
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob")
    here, there = await ann.connect(bob)
    there.fail = 2
    for n in range(4):
        here.link.send(Channel.LOG, bytes([n]))
    assert await there.until_messages(2) == [(Channel.LOG, b"\2"), (Channel.LOG, b"\3")]
    there.link.send(Channel.CTL, b"alive")
    await here.until_messages(1)


@pytest.mark.parametrize("mode", MODES)
async def test_a_link_that_is_not_taken_is_closed(boards, mode, caplog):
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob")

    def fail(link):
        raise ZeroDivisionError("a bug above")

    bob.transport._on_link = fail
    link = await ann.transport.connect(bob.url)
    ended = asyncio.Event()
    link.attach(lambda channel, data: None, lambda code, text: ended.set())
    async with asyncio.timeout(10):
        await ended.wait()
    assert "a bug above" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
async def test_what_is_handed_over_is_bounded_and_all_of_it_arrives(boards, mode):
    """A burst without a pause: `send` says no at a mebibyte, and live messages went before that."""
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob")
    here, there = await ann.connect(bob)
    sent = 0
    while here.link.send(Channel.LOG, sent.to_bytes(2, "big") * (MESSAGE_MAX // 2)):
        sent += 1
        assert sent < 100
    assert sent >= 16
    assert not here.link.send(Channel.LIVE, b"cursor")
    assert here.link.is_open
    got = await there.until_messages(sent)
    assert [int.from_bytes(data[:2], "big") for _, data in got] == list(range(sent))
    assert here.link.send(Channel.LOG, b"again")
    await there.until_messages(sent + 1)


@pytest.mark.parametrize("mode", MODES)
async def test_who_never_takes_what_arrives_is_cut_off(boards, mode):
    settings = Settings(addresses=LOCAL, receive_max=200_000)
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob", settings=settings)
    bob.transport._on_link = bob.inboxes.put_nowait  # taken, and never attached
    link = await ann.transport.connect(bob.url)
    ended = asyncio.get_running_loop().create_future()
    link.attach(lambda channel, data: None, lambda code, text: ended.set_result(code))
    for _ in range(5):
        link.send(Channel.LOG, bytes(MESSAGE_MAX))
    async with asyncio.timeout(10):
        assert await ended is CloseCode.RATE


# ------------------------------------------------------------------------------------------------ nothing stays behind


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "cycles"), [("webrtc", 40), ("websocket", 300)])
async def test_opening_and_closing_leaves_nothing(boards, mode, cycles, open_files, until):
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob")
    bob.signaling._nodes.knock = lambda source, now: None

    async def cycle(n):
        here, there = await ann.connect(bob)
        closing, other = (here, there) if n % 2 else (there, here)
        closing.link.close(CloseCode.NORMAL, "")
        await other.until_closed()

    await cycle(0)
    await until(lambda: len(ann.transport._tasks) == len(bob.transport._tasks) == 0)
    tasks, files = len(asyncio.all_tasks()), open_files()
    for n in range(cycles):
        await cycle(n)
    await until(lambda: len(ann.transport._tasks) == len(bob.transport._tasks) == 0)
    await until(lambda: len(asyncio.all_tasks()) <= tasks and open_files() <= files)
    assert not ann.transport._links
    assert not bob.transport._links


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
async def test_giving_up_at_any_moment_leaves_nothing(boards, mode, open_files, until):
    many = Settings(addresses=LOCAL, half_open_nodes=100, open_s=0.5)
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob", settings=many)
    bob.signaling._nodes.knock = lambda source, now: None
    here, there = await ann.connect(bob)
    here.link.close(CloseCode.NORMAL, "")
    await there.until_closed()
    await until(lambda: len(ann.transport._tasks) == len(bob.transport._tasks) == 0)
    tasks, files = len(asyncio.all_tasks()), open_files()
    for turns in range(0, 60, 3):
        dialling = asyncio.ensure_future(ann.transport.connect(bob.url))
        for _ in range(turns):
            await asyncio.sleep(0)
        dialling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            (await dialling).close(CloseCode.NORMAL, "")
    await until(lambda: not ann.transport._links)
    for inbox in [bob.inboxes.get_nowait() for _ in range(bob.inboxes.qsize())]:
        await inbox.until_closed()
    await until(lambda: bob.transport.statistics().half_open == 0)
    await until(lambda: len(asyncio.all_tasks()) <= tasks and open_files() <= files)


@pytest.mark.slow
async def test_closing_ends_everything_within_a_second(boards, carriers):
    """Open links of both carriers, a dial under way, offers half open, a stranger at the door."""
    silent = asyncio.Event()

    async def introduce(board, sdp, to):
        await silent.wait()

    ann = await boards("ann")
    bob = await boards("bob")
    over_webrtc, _ = await ann.connect(bob)
    ann.transport._settings = only("websocket")
    over_websocket, _ = await ann.connect(bob)
    ann.transport._settings, ann.transport._introduce = only("auto"), introduce
    dialling = asyncio.ensure_future(ann.transport.connect(bob.url))
    await ann.transport.answer_node(await carriers().offer(), bytes(32), "somewhere")
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{ann.url}/link") as stranger:
        await stranger.receive(timeout=5)
        loop = asyncio.get_running_loop()
        started = loop.time()
        await ann.transport.close()
        assert loop.time() - started < 1.0
        for inbox in (over_webrtc, over_websocket):
            assert (await inbox.until_closed())[0] is CloseCode.GOING_AWAY
        with pytest.raises(TransportError, match="stopping"):
            await dialling
        with pytest.raises(TransportError, match="stopping"):
            await ann.transport.connect(bob.url)
        with pytest.raises(TransportError, match="stopping"):
            await ann.transport.answer_guest("", "a browser")
    assert ann.transport.statistics().open_links == {}
    assert len(ann.transport._tasks) == 0
    await ann.transport.close()


@pytest.mark.parametrize("mode", MODES)
async def test_a_link_that_opens_while_all_is_ending_is_not_handed_on(boards, mode):
    ann, bob = await boards("ann", settings=only(mode)), await boards("bob")
    hand_over = bob.transport._hand_over

    def late(link):
        bob.transport._closing.set()
        hand_over(link)

    bob.transport._hand_over = late
    link = await ann.transport.connect(bob.url)
    ended = asyncio.get_running_loop().create_future()
    link.attach(lambda channel, data: None, lambda code, text: ended.set_result((code, text)))
    async with asyncio.timeout(10):
        assert await ended == (CloseCode.GOING_AWAY, "this board is stopping")
    assert bob.inboxes.empty()


async def test_links_end_with_the_web_server_that_carries_them(boards, until):
    """The server is stopped first, which cancels its handlers."""
    ann, bob = await boards("ann", settings=only("websocket")), await boards("bob")
    here, there = await ann.connect(bob)
    await bob._runner.cleanup()
    assert (await there.until_closed())[0] is CloseCode.GOING_AWAY
    assert (await here.until_closed())[0] is CloseCode.GOING_AWAY
    await until(lambda: len(bob.transport._tasks) == 0)


CHILD = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from conftest import Board, patches

async def main():
    patches.apply()
    board = await Board("child").start()
    print(board.url, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
async def test_a_board_that_is_killed_leaves_nothing_behind_here(boards, mode):
    """SIGKILL: a WebSocket notices at once. WebRTC does not for half a minute, so pings do; ending it here is quick."""
    ann = await boards("ann", settings=only(mode))
    here = Path(__file__).parent
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(here), stdout=asyncio.subprocess.PIPE, cwd=here.parents[1]
    )
    try:
        url = (await child.stdout.readline()).decode().strip()
        link = await ann.transport.connect(url)
        ended = asyncio.get_running_loop().create_future()
        link.attach(lambda channel, data: None, lambda code, text: ended.set_result(code))
        child.kill()
        await child.wait()
        if mode == "webrtc":
            assert link.send(Channel.CTL, b"ping")
            link.close(CloseCode.SILENT, "no answer")
        async with asyncio.timeout(10):
            assert await ended is (CloseCode.SILENT if mode == "webrtc" else CloseCode.GOING_AWAY)
        loop = asyncio.get_running_loop()
        started = loop.time()
        await ann.transport.close()
        assert loop.time() - started < 1.0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        child._transport.close()
