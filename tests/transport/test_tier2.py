"""Packets that are filled, as both ends see them; and real links under each tier, bursts and loss."""

import asyncio
import random
from collections import Counter

import aiortc.rtcsctptransport as sctp
import pytest
from aioice.ice import StunProtocol

from edgeboard.transport import patches, tier2
from edgeboard.transport.fitting import Changes
from edgeboard.transport.settings import Settings
from edgeboard.transport.tasks import Tasks
from edgeboard.wire.messages import Channel

SCTP = sctp.RTCSctpTransport
TIERS = ["tier0", "tier1", "tier2"]


@pytest.fixture(autouse=True)
def stock():
    before = patches.active()
    patches.remove()
    yield
    patches.remove()
    if before - {"av"}:
        patches.apply()


def test_it_fits_what_is_installed():
    changes = Changes()
    assert tier2.bundle(changes)
    changes.undo()


@pytest.mark.parametrize("name", tier2._KNOWN)
def test_it_leaves_a_library_alone_that_is_not_as_expected(monkeypatch, name):
    monkeypatch.setattr(SCTP, name, lambda self: None)
    before = dict(vars(SCTP))
    assert not tier2.bundle(Changes())
    assert dict(vars(SCTP)) == before


def test_a_bundle_holds_what_fits_and_always_one():
    bundle = tier2.Bundle(10)
    assert not bundle
    assert bundle.add(bytes(12))
    assert not bundle.add(b"x")
    bundle = tier2.Bundle(10)
    assert bundle.add(b"12345")
    assert bundle.add(b"67890")
    assert not bundle.add(b"x")
    assert bytes(bundle) == b"1234567890"
    assert repr(bundle) == "Bundle(2 chunks)"


# ------------------------------------------------------------------------------------------------ real links


class End:
    def __init__(self, carrier):
        self.carrier = carrier
        self.heard = {channel: [] for channel in Channel}
        self.lost = None
        self._changed = asyncio.Event()
        carrier.listen(self.on_message, self.on_lost)

    def on_message(self, channel, data):
        self.heard[channel].append(data)
        self._changed.set()

    def on_lost(self, code, text):
        self.lost = (code, text)
        self._changed.set()

    async def until(self, true, patience_s=100):
        async with asyncio.timeout(patience_s):
            while not true():
                assert self.lost is None
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def pair():
    """Both ends of a link under a tier."""
    tasks, made = Tasks(), []

    async def make(tier):
        from edgeboard.transport.webrtc import WebRtcCarrier

        settings = Settings(patches=tier, addresses=("127.0.0.1",))
        patches.apply(settings)
        made.extend(WebRtcCarrier(name, settings, tasks) for name in ("there", "here"))
        here, there = made
        await here.accept(await there.answer(await here.offer()))
        await asyncio.gather(here.opened(), there.opened())
        return End(here), End(there)

    yield make
    for carrier in made:
        carrier.finish(linger=False)
    await tasks.end(5.0)


@pytest.fixture
def packets(monkeypatch):
    """Counts from now on what goes out: chunks that have a packet to themselves by kind, and bundles."""

    def start():
        counts = Counter()
        send = SCTP._send_chunk

        async def count(self, chunk):
            counts[type(chunk).__name__] += 1
            await send(self, chunk)

        monkeypatch.setattr(SCTP, "_send_chunk", count)
        return counts

    return start


@pytest.fixture
def lossy(monkeypatch):
    """From now on every tenth datagram or so is lost, by a seed."""
    dice = random.Random(7)
    send = StunProtocol.send_data
    state = {"loss": 0.0}

    async def send_data(self, data, addr):
        if dice.random() >= state["loss"]:
            await send(self, data, addr)

    monkeypatch.setattr(StunProtocol, "send_data", send_data)
    return lambda loss: state.update(loss=loss)


def numbered(count, size):
    return [n.to_bytes(4, "big").ljust(size, b".") for n in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("count", [8_000, pytest.param(20_000, marks=pytest.mark.soak)])
async def test_a_burst_of_small_messages_neither_collapses_nor_loses_anything(pair, tier, count):
    """Stock sends thousands of datagrams at once, which overflow the other's socket, and then creeps for minutes."""
    here, there = await pair(tier)
    burst = numbered(count, 64)
    for message in burst:
        assert here.carrier.put(Channel.LOG, message)
    await there.until(lambda: len(there.heard[Channel.LOG]) >= len(burst))
    assert there.heard[Channel.LOG] == burst


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
async def test_messages_of_all_sizes_cross_both_ways_in_order(pair, tier):
    here, there = await pair(tier)
    dice = random.Random(1)
    sizes = [1, 2, 3, 4, 1100, 1160, 1161, 1200, 1201, 16_384, 65_536] * 3 + [
        dice.randrange(1, 3000) for _ in range(300)
    ]
    dice.shuffle(sizes)
    messages = [dice.randbytes(size) for size in sizes]
    for message in messages:
        for end in (here, there):
            assert end.carrier.put(Channel.LOG, message)
            assert end.carrier.put(Channel.CTL, message[:50])
    for end in (here, there):
        await end.until(lambda end=end: len(end.heard[Channel.LOG]) == len(end.heard[Channel.CTL]) == len(messages))
        assert end.heard[Channel.LOG] == messages
        assert end.heard[Channel.CTL] == [message[:50] for message in messages]
    assert here.carrier.buffered == there.carrier.buffered == 0


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
async def test_lost_datagrams_cost_time_and_nothing_else(pair, lossy, tier):
    here, there = await pair(tier)
    lossy(0.05)
    messages = numbered(1500, 200)
    for at, message in enumerate(messages):
        here.carrier.put(Channel.LOG, message)
        there.carrier.put(Channel.LOG, message)
        if at % 10 == 0:
            here.carrier.put(Channel.LIVE, message)
            await asyncio.sleep(0)
    for end in (here, there):
        await end.until(lambda end=end: len(end.heard[Channel.LOG]) >= len(messages))
        assert end.heard[Channel.LOG] == messages
    live = there.heard[Channel.LIVE]
    assert set(live) <= set(messages)
    assert len(live) == len(set(live))
    lossy(0.0)  # what was given up does not hold up what comes after it
    here.carrier.put(Channel.LIVE, b"late")
    await there.until(lambda: there.heard[Channel.LIVE][-1:] == [b"late"])


@pytest.mark.slow
async def test_lossy_messages_are_given_up_and_the_others_go_on(pair, lossy, packets):
    here, there = await pair("tier2")
    counts = packets()
    lossy(0.1)
    for message in numbered(300, 300):
        here.carrier.put(Channel.LIVE, message)
        await asyncio.sleep(0)
    here.carrier.put(Channel.LOG, b"ink")
    await there.until(lambda: there.heard[Channel.LOG] == [b"ink"])
    assert 0 < len(there.heard[Channel.LIVE]) < 300
    assert counts["ForwardTsnChunk"] > 0


@pytest.mark.parametrize("tier", ["tier0", "tier1"])
async def test_that_a_message_was_given_up_may_be_lost_too(pair, monkeypatch, tier):
    """Before 1.16, nothing passed after that on any channel."""
    here, there = await pair(tier)
    send, lost = SCTP._send_chunk, []

    async def lose(self, chunk):
        live = isinstance(chunk, sctp.DataChunk) and chunk.stream_id == int(Channel.LIVE)
        if type(chunk) not in lost and (live or isinstance(chunk, sctp.ForwardTsnChunk)):
            lost.append(type(chunk))
        else:
            await send(self, chunk)

    monkeypatch.setattr(SCTP, "_send_chunk", lose)
    here.carrier.put(Channel.LIVE, b"lost")
    messages = numbered(2000, 300)
    for message in messages:
        here.carrier.put(Channel.LOG, message)
    await there.until(lambda: len(there.heard[Channel.LOG]) == len(messages), 20)
    assert there.heard[Channel.LOG] == messages
    assert lost == [sctp.DataChunk, sctp.ForwardTsnChunk]
    association = here.carrier._pc.sctp
    async with asyncio.timeout(10):
        while association._sent_queue:  # noqa: ASYNC110 - the last acknowledgements
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("tier", ["tier0", "tier1"])
async def test_what_waited_for_a_lost_message_arrives_with_it(pair, monkeypatch, tier):
    """Before 1.16, what stood behind a message of another channel waited for the next of its own, or was pruned."""
    here, there = await pair(tier)
    send, lost = SCTP._send_chunk, []

    async def lose(self, chunk):
        if isinstance(chunk, sctp.DataChunk) and not lost:
            lost.append(chunk)
        else:
            await send(self, chunk)

    monkeypatch.setattr(SCTP, "_send_chunk", lose)
    messages = numbered(20, 300)
    for message in messages:
        here.carrier.put(Channel.LOG, message)
        here.carrier.put(Channel.CTL, message)
    await there.until(lambda: len(there.heard[Channel.LOG]) == len(there.heard[Channel.CTL]) == len(messages), 10)
    assert there.heard[Channel.LOG] == there.heard[Channel.CTL] == messages


async def test_packets_are_filled(pair, packets):
    here, there = await pair("tier2")
    counts = packets()
    messages = numbered(100, 200)
    for message in messages:
        here.carrier.put(Channel.LOG, message)
    await there.until(lambda: len(there.heard[Channel.LOG]) == 100)
    assert there.heard[Channel.LOG] == messages
    assert counts["DataChunk"] == 0
    assert counts["Bundle"] <= 35  # five to a packet, less where a burst ends
    assert counts["SackChunk"] <= counts["Bundle"]


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["tier1", "tier2"])
async def test_an_end_amid_a_burst_is_told_and_ends_nothing_else(pair, tier):
    here, there = await pair(tier)
    for message in numbered(2000, 200):
        here.carrier.put(Channel.LOG, message)
    await there.until(lambda: there.heard[Channel.LOG])
    here.carrier.finish(linger=False)
    with pytest.raises(AssertionError):
        await there.until(lambda: len(there.heard[Channel.LOG]) == 2000)
    assert there.lost is not None


async def test_a_channel_of_a_browser_that_was_not_negotiated_opens_too(pair):
    """Nothing of ours uses one; the message that opens it is cut like any other, and gets its stream there."""
    here, there = await pair("tier2")
    opened = asyncio.get_running_loop().create_future()
    there.carrier._pc.on("datachannel", opened.set_result)
    asked = here.carrier._pc.createDataChannel("more")
    async with asyncio.timeout(10):
        channel = await opened
    arrived = asyncio.get_running_loop().create_future()
    channel.on("message", arrived.set_result)
    while asked.readyState != "open":  # noqa: ASYNC110 - a moment
        await asyncio.sleep(0.01)
    asked.send("text")
    async with asyncio.timeout(10):
        assert await arrived == "text"


@pytest.mark.parametrize("tier", ["tier1", "tier2"])
async def test_the_last_message_of_all_is_sent_again_to_a_board_long_before_t3_expires(pair, monkeypatch, tier):
    here, there = await pair(tier)
    for number in range(20):  # so that the round trip is known
        assert here.carrier.put(Channel.LOG, b"before")
        await there.until(lambda number=number: len(there.heard[Channel.LOG]) == number + 1)
    here.carrier.expect_board()
    monkeypatch.setattr(sctp, "SCTP_RTO_MIN", 1e6)
    assert here.carrier.put(Channel.LOG, b"what T3 waits for from now on")
    await there.until(lambda: len(there.heard[Channel.LOG]) == 21)
    send, lost = SCTP._send_chunk, []

    async def lose(self, chunk):
        if not lost and not isinstance(chunk, sctp.SackChunk):
            lost.append(chunk)
        else:
            await send(self, chunk)

    monkeypatch.setattr(SCTP, "_send_chunk", lose)
    assert here.carrier.put(Channel.LOG, b"the last")
    await there.until(lambda: there.heard[Channel.LOG][-1] == b"the last")
    assert lost
    assert len(there.heard[Channel.LOG]) == 22
