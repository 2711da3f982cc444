"""Real WebRTC on 127.0.0.1: carriers, and guests for which aiortc stands in for the browser."""

import asyncio
import re

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.transport import patches
from edgeboard.transport.settings import Settings
from edgeboard.transport.tasks import Tasks
from edgeboard.transport.webrtc import WebRtcCarrier
from edgeboard.wire.live import LIVE_MAX
from edgeboard.wire.messages import MESSAGE_MAX, Channel, Close, decode
from edgeboard.wire.session import Fingerprints

LOCAL = Settings(addresses=("127.0.0.1",))


@pytest.fixture
async def carriers():
    """Makes carriers, and closes what the test leaves."""
    patches.apply()
    tasks = Tasks()
    made = []

    def make(name="there", settings=LOCAL):
        made.append(WebRtcCarrier(name, settings, tasks))
        return made[-1]

    yield make
    for carrier in made:
        carrier.finish(linger=False)
    await tasks.end(5.0)
    assert len(tasks) == 0


class Ear:
    """Listens on a carrier."""

    def __init__(self, carrier):
        self.heard = asyncio.Queue()
        self.lost = asyncio.Queue()
        carrier.listen(
            lambda channel, data: self.heard.put_nowait((channel, data)),
            lambda code, text: self.lost.put_nowait((code, text)),
        )

    async def next(self):
        async with asyncio.timeout(10):
            return await self.heard.get()

    async def end(self):
        async with asyncio.timeout(10):
            return await self.lost.get()


async def join(here, there):
    await here.accept(await there.answer(await here.offer()))
    async with asyncio.timeout(10):
        await here.opened()
        await there.opened()


async def test_three_channels_open_and_carry_messages(carriers):
    here, there = carriers(), carriers()
    await join(here, there)
    ear = Ear(there)
    for channel in Channel:
        assert here.put(channel, channel.name.encode())
    heard = {await ear.next() for _ in Channel}
    assert heard == {(Channel.CTL, b"CTL"), (Channel.LOG, b"LOG"), (Channel.LIVE, b"LIVE")}
    assert here.put(Channel.LOG, bytes(MESSAGE_MAX))
    assert here.buffered >= MESSAGE_MAX
    assert (await ear.next())[1] == bytes(MESSAGE_MAX)
    assert here.put(Channel.LOG, b"")
    assert await ear.next() == (Channel.LOG, b"")


async def test_both_ends_know_both_fingerprints(carriers):
    here, there = carriers(), carriers()
    with pytest.raises(TransportError):
        _ = here.fingerprints
    await join(here, there)
    assert here.fingerprints == Fingerprints(there.fingerprints.theirs, there.fingerprints.mine)
    assert len(here.fingerprints.mine) == 32
    assert here.fingerprints.mine != here.fingerprints.theirs


async def test_no_server_and_only_our_addresses_are_named(carriers):
    offer = await carriers().offer()
    candidates = re.findall(r"a=candidate:.*", offer)
    assert len(candidates) == 1
    assert " 127.0.0.1 " in candidates[0]


async def test_the_other_end_hears_of_the_end_at_once(carriers):
    here, there = carriers(), carriers()
    await join(here, there)
    ear = Ear(there)
    here.finish(linger=False)
    here.finish(linger=True)
    assert not here.put(Channel.CTL, b"more")
    assert (await ear.end())[0] is CloseCode.GOING_AWAY
    assert not there.put(Channel.CTL, b"more")


async def test_an_end_that_came_before_anybody_listened_is_told(carriers):
    here, there = carriers(), carriers()
    await join(here, there)
    here.finish(linger=False)
    async with asyncio.timeout(10):
        await there._gone.wait()
    assert (await Ear(there).end())[0] is CloseCode.GOING_AWAY


async def test_last_words_arrive(carriers):
    here, there = carriers(), carriers()
    await join(here, there)
    ear = Ear(there)
    for n in range(20):
        here.put(Channel.CTL, bytes([n]) * 1000)
    here.finish(linger=True)
    for n in range(20):
        assert await ear.next() == (Channel.CTL, bytes([n]) * 1000)


async def test_what_arrives_before_anybody_listens_is_kept(carriers):
    here, there = carriers(), carriers()
    await join(here, there)
    back = Ear(here)
    here.put(Channel.LOG, b"early")
    there.put(Channel.LOG, b"go")
    await back.next()
    await asyncio.sleep(0)
    assert await Ear(there).next() == (Channel.LOG, b"early")


async def test_a_message_that_the_other_side_cannot_take_ends_the_link_here(carriers):
    here, there = carriers(), carriers()
    await join(here, there)
    ear = Ear(here)
    here._pc.sctp._remote_max_message_size = 1000
    assert here.put(Channel.LOG, bytes(1000))
    assert not here.put(Channel.LOG, bytes(1001))
    assert (await ear.end())[0] is CloseCode.TOO_BIG


async def test_a_channel_that_closes_under_us_ends_the_link(carriers):
    here, there = carriers(), carriers()
    await join(here, there)
    ear = Ear(here)
    here._channels[Channel.LOG].close()
    assert not here.put(Channel.LOG, b"x")
    assert (await ear.end())[0] is CloseCode.GOING_AWAY


async def test_a_connection_that_aiortc_cannot_close_is_said(carriers, caplog, monkeypatch):
    here = carriers()
    await here.offer()
    close = here._pc.close

    async def fail():
        await close()
        raise ZeroDivisionError("aiortc")

    monkeypatch.setattr(here._pc, "close", fail)
    here.finish(linger=False)
    await here._tasks.end(5)
    assert "did not close" in caplog.text


async def test_a_listener_that_raises_does_not_end_the_connection(carriers, caplog):
    here, there = carriers(), carriers()
    await join(here, there)
    failed = asyncio.Event()

    def fail(channel, data):
        failed.set()
        raise ZeroDivisionError("a bug above")

    there.listen(fail, lambda code, text: None)
    here.put(Channel.LOG, b"1")
    async with asyncio.timeout(10):
        await failed.wait()
    ear = Ear(there)
    here.put(Channel.LOG, b"2")
    assert await ear.next() == (Channel.LOG, b"2")
    assert "a bug above" in caplog.text


async def test_a_machine_without_an_address_says_so(carriers):
    with pytest.raises(TransportError, match="no address to offer"):
        await carriers(settings=Settings(addresses=("203.0.113.1",))).offer()


async def test_a_connection_that_has_ended_does_not_open(carriers):
    here = carriers()
    await here.offer()
    here.finish(linger=False)
    with pytest.raises(TransportError):
        await here.opened()


BAD_OFFERS = {
    "empty": lambda offer: "",
    "no fingerprint": lambda offer: re.sub(r"a=fingerprint:sha-256.*\r\n", "", offer),
    "no section": lambda offer: offer.partition("m=")[0],
    "a video": lambda offer: offer + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
    "no ufrag": lambda offer: re.sub(r"a=ice-ufrag.*\r\n", "", offer),
    "bad setup": lambda offer: re.sub(r"a=setup.*\r\n", "a=setup:sideways\r\n", offer),
}


@pytest.mark.parametrize("spoil", BAD_OFFERS.values(), ids=BAD_OFFERS)
async def test_an_offer_that_is_none_is_refused(carriers, spoil):
    offer = spoil(await carriers().offer())
    there = carriers()
    with pytest.raises(RefusedError) as caught:
        await there.answer(offer)
    assert caught.value.code is CloseCode.MALFORMED


# ------------------------------------------------------------------------------------------------ guests


class Browser:
    """What a browser does, by aiortc: three negotiated channels, one offer by POST."""

    def __init__(self):
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.heard = asyncio.Queue()
        self.ended = asyncio.Event()
        self.channels = {}
        opened = []
        self.opened = asyncio.Event()

        def on_open():
            opened.append(1)
            if len(opened) == 3:
                self.opened.set()

        for channel in Channel:
            lossy = {"ordered": False, "maxRetransmits": 0} if channel is Channel.LIVE else {}
            made = self.pc.createDataChannel(channel.name.lower(), negotiated=True, id=int(channel), **lossy)
            made.on("open", on_open)
            made.on("message", lambda data, channel=channel: self.heard.put_nowait((channel, data)))
            made.on("close", self.ended.set)
            self.channels[channel] = made

    async def offer(self):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def join(self, board, change=lambda sdp: sdp):
        offer = change(await self.offer())
        async with aiohttp.ClientSession() as http, http.post(f"{board.url}/signal/guest", json={"sdp": offer}) as got:
            answer = (await got.json())["sdp"]
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(10):
            await self.opened.wait()

    async def told(self):
        """The CLOSE that comes."""
        async with asyncio.timeout(10):
            while True:
                channel, data = await self.heard.get()
                if channel is Channel.CTL and isinstance(message := decode(channel, data), Close):
                    return message


@pytest.fixture
async def browser():
    browser = Browser()
    yield browser
    await browser.pc.close()


@pytest.mark.slow
async def test_a_guest_joins_and_both_say_something(boards, browser):
    host = await boards("host")
    await browser.join(host)
    inbox = await host.accepted()
    assert (inbox.link.peer, inbox.link.carrier) == (None, "webrtc")
    browser.channels[Channel.CTL].send(b"guest")
    browser.channels[Channel.LIVE].send(b"cursor")
    assert set(await inbox.until_messages(2)) == {(Channel.CTL, b"guest"), (Channel.LIVE, b"cursor")}
    inbox.link.send(Channel.LOG, b"batch")
    async with asyncio.timeout(10):
        assert await browser.heard.get() == (Channel.LOG, b"batch")
    assert host.transport.statistics().open_links == {"webrtc": 1}
    inbox.link.close(CloseCode.FORBIDDEN, "not here")
    assert await browser.told() == Close(15, "not here")
    async with asyncio.timeout(10):
        await browser.ended.wait()


async def test_a_guest_that_leaves_is_noticed(boards, browser):
    host = await boards("host")
    await browser.join(host)
    inbox = await host.accepted()
    browser.channels[Channel.LOG].send(b"ink")
    await inbox.until_messages(1)
    await browser.pc.close()
    assert (await inbox.until_closed())[0] is CloseCode.GOING_AWAY


@pytest.mark.slow
@pytest.mark.parametrize(
    ("channel", "data", "code"),
    [
        (Channel.LOG, bytes(MESSAGE_MAX + 1), CloseCode.TOO_BIG),
        (Channel.LIVE, bytes(LIVE_MAX + 1), CloseCode.TOO_BIG),
        (Channel.CTL, "text", CloseCode.MALFORMED),
    ],
    ids=["log", "live", "text"],
)
async def test_a_guest_that_breaks_the_rules_is_cut_off(boards, browser, channel, data, code):
    host = await boards("host")
    await browser.join(host)
    inbox = await host.accepted()
    browser.channels[channel].send(data)
    assert (await inbox.until_closed())[0] is code
    assert (await browser.told()).code == code
    async with asyncio.timeout(10):
        await browser.ended.wait()


async def test_a_guest_whose_addresses_are_hidden_joins_all_the_same(boards, browser):
    """Its `.local` names are dropped unresolved; the link forms from the host's addresses."""
    name = "4bd4dd6a-1e5d-4c4a-9b0d-d5a7a1a0a3f2.local"

    def hide(sdp):
        return re.sub(r"(a=candidate:\S+ \S+ \S+ \S+) \S+ ", rf"\1 {name} ", sdp)

    host = await boards("host")
    loop = asyncio.get_running_loop()
    started = loop.time()
    await browser.join(host, hide)
    await host.accepted()
    assert loop.time() - started < 1.0  # each name would stall aiortc for a second
