import asyncio
import copy
from types import ModuleType, SimpleNamespace

import aioice.ice
import aiortc.rtcdtlstransport
import aiortc.rtcsctptransport as sctp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.transport import patches, tier1
from edgeboard.transport.fitting import Changes, code_of

DTLS = aiortc.rtcdtlstransport.RTCDtlsTransport
SCTP = sctp.RTCSctpTransport


@pytest.fixture(autouse=True, scope="module")
def stock():
    before = patches.active()
    patches.remove()
    yield
    if before - {"av"}:
        patches.apply()


@pytest.fixture
def undone():
    """What a test applies is taken back."""
    changes = Changes()
    yield changes
    changes.undo()


@pytest.mark.parametrize("name", tier1.PATCHES)
def test_it_fits_what_is_installed(undone, name):
    assert tier1.PATCHES[name](undone)


def doctored(module, owner, name):
    """A copy of a module in which one method of one class is another."""
    copied = ModuleType(module.__name__)
    vars(copied).update(vars(module))
    stock = getattr(module, owner)
    changed = {**vars(stock), name: lambda self, *more: None}
    setattr(
        copied, owner, type(owner, (), {key: changed[key] for key in changed if key not in ("__dict__", "__weakref__")})
    )
    return copied


DTLS_MODULE = aiortc.rtcdtlstransport
DOCTORED = [
    ("batchrx", {"dtls": doctored(DTLS_MODULE, "RTCDtlsTransport", "_recv_next")}),
    ("batchrx", {"dtls": doctored(DTLS_MODULE, "RTCDtlsTransport", "_write_ssl")}),
    ("batchrx", {"sctp": doctored(sctp, "RTCSctpTransport", "_send_sack")}),
    ("batchrx", {"ice": doctored(aioice.ice, "Connection", "recvfrom")}),
    ("markfast", {"sctp": doctored(sctp, "RTCSctpTransport", "_mark_received")}),
    ("flush", {"sctp": doctored(sctp, "RTCSctpTransport", "_data_channel_send")}),
    ("flush", {"sctp": doctored(sctp, "RTCSctpTransport", "_data_channel_flush")}),
    ("pktcap", {"sctp": doctored(sctp, "RTCSctpTransport", "_flight_size_decrease")}),
    ("bound", {"sctp": doctored(sctp, "RTCSctpTransport", "_receive_data_chunk")}),
    ("probe", {"sctp": doctored(sctp, "RTCSctpTransport", "_t3_restart")}),
    ("probe", {"sctp": doctored(sctp, "RTCSctpTransport", "_send_chunk")}),
    ("icepace", {"ice": doctored(aioice.ice, "Connection", "connect")}),
    ("icepace", {"ice": SimpleNamespace(asyncio=None)}),
]


@pytest.mark.parametrize(("name", "modules"), DOCTORED)
def test_it_leaves_a_library_alone_that_is_not_as_expected(undone, name, modules):
    def methods():
        owners = [DTLS, SCTP, aioice.ice.Connection]
        owners += [value for module in modules.values() for value in vars(module).values() if isinstance(value, type)]
        return [(owner, name, code_of(value)) for owner in owners for name, value in vars(owner).items()]

    before = methods()
    assert not tier1.PATCHES[name](undone, **modules)
    assert methods() == before
    assert aioice.ice.asyncio is asyncio


# ------------------------------------------------------------------------------------------------ batchrx


class Ssl:
    """Gives back what is written; `b"\\x14..."` is the end."""

    def __init__(self):
        self.last = b""

    def bio_write(self, data):
        self.last = data

    def recv(self, size):
        if self.last == b"\x15bye":
            raise aiortc.rtcdtlstransport.SSL.ZeroReturnError
        if self.last == b"\x16more":
            raise aiortc.rtcdtlstransport.SSL.WantReadError
        return self.last


class Receiver:
    """What gets the plain text: counts as an association does."""

    def __init__(self):
        self.taken = []
        self.sacks = 0
        self._sack_needed = False
        self._association_state = None
        self._sack_misordered, self._sack_duplicates = set(), []

    async def _handle_data(self, data):
        if data == b"\x17bad":
            raise ZeroDivisionError
        self.taken.append(data)
        self._sack_needed = True
        await self._send_sack()

    async def _send_sack(self):
        await SCTP._send_sack(self)


class Transport:
    """A DTLS transport whose datagrams are put into a queue."""

    def __init__(self, receiver):
        self.encrypted = True
        self._RTCDtlsTransport__handshake_done = True
        self._RTCDtlsTransport__rx_bytes = self._RTCDtlsTransport__rx_packets = 0
        self._ssl = Ssl()
        self._data_receiver = receiver
        self.flushed = 0
        queue = asyncio.Queue()
        self.transport = SimpleNamespace(_connection=SimpleNamespace(_queue=queue), _recv=self._take)

    async def _take(self):
        return (await self.transport._connection._queue.get())[0]

    async def _write_ssl(self):
        self.flushed += 1

    def arrive(self, *datagrams):
        for datagram in datagrams:
            self.transport._connection._queue.put_nowait(datagram if datagram is None else (datagram, 1))


@pytest.fixture
async def transport(undone, monkeypatch):
    async def count(self):
        self.sacks += 1
        self._sack_needed = False

    assert tier1.batchrx(undone)
    held = SCTP._send_sack
    stock = next(cell.cell_contents for cell in held.__closure__ if callable(cell.cell_contents))
    monkeypatch.setattr(held.__closure__[held.__code__.co_freevars.index("stock_sack")], "cell_contents", count)
    assert stock is not count
    return Transport(Receiver())


async def test_what_is_there_is_taken_with_one_sack(transport):
    transport.arrive(*(b"\x17%d" % n for n in range(10)))
    await DTLS._recv_next(transport)
    assert transport._data_receiver.taken == [b"\x17%d" % n for n in range(10)]
    assert transport._data_receiver.sacks == 1
    assert transport.flushed == 0
    assert transport._RTCDtlsTransport__rx_packets == 10


async def test_a_gap_is_reported_at_once(transport):
    transport._data_receiver._sack_misordered = {7}
    transport.arrive(b"\x17x", b"\x17y", b"\x17z")
    await DTLS._recv_next(transport)
    assert transport._data_receiver.sacks == 3


async def test_a_batch_is_bounded(transport):
    transport.arrive(*[b"\x17x"] * 40)
    for taken, sacks in ((16, 1), (32, 2), (40, 3)):
        await DTLS._recv_next(transport)
        assert (len(transport._data_receiver.taken), transport._data_receiver.sacks) == (taken, sacks)


async def test_what_is_not_dtls_is_nothing_and_output_is_sent_where_there_may_be_some(transport):
    transport.arrive(b"", b"\x80srtp", b"\x00stun", b"\x16more", b"\x17x")
    await DTLS._recv_next(transport)
    assert transport._data_receiver.taken == [b"\x17x"]
    assert transport.flushed == 1


@pytest.mark.parametrize("end", [b"\x15bye", None], ids=["close_notify", "lost"])
async def test_the_end_of_a_link_in_a_batch_is_its_end(transport, end):
    transport.arrive(b"\x17x", end, b"\x17y")
    with pytest.raises(ConnectionError):
        await DTLS._recv_next(transport)
    assert transport._data_receiver.taken == [b"\x17x"]


async def test_an_older_aioice_says_its_end_in_other_words(transport):
    transport.arrive(b"\x17x")
    transport.transport._connection._queue.put_nowait((None, None))
    with pytest.raises(ConnectionError):
        await DTLS._recv_next(transport)


async def test_a_failure_does_not_hold_acknowledgements_for_ever(transport):
    transport.arrive(b"\x17bad")
    with pytest.raises(ZeroDivisionError):
        await DTLS._recv_next(transport)
    assert not transport._data_receiver._sack_held
    transport.arrive(b"\x17x")
    await DTLS._recv_next(transport)
    assert transport._data_receiver.sacks == 1


async def test_without_a_receiver_datagrams_are_taken_all_the_same(transport):
    transport._data_receiver = None
    transport.arrive(b"\x17x", b"\x17y")
    await DTLS._recv_next(transport)
    assert transport._RTCDtlsTransport__rx_bytes == 4


# ------------------------------------------------------------------------------------------------ the others


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-3, 8), max_size=60))
def test_markfast_marks_as_stock_does(first, steps):
    changes = Changes()
    fast = SimpleNamespace(_last_received_tsn=first, _sack_duplicates=[], _sack_misordered=set())
    slow = copy.deepcopy(fast)
    stock = SCTP._mark_received
    assert tier1.markfast(changes)
    try:
        for step in steps:
            tsn = (fast._last_received_tsn + step) % 2**32
            assert SCTP._mark_received(fast, tsn) == stock(slow, tsn)
            assert fast == slow
    finally:
        changes.undo()


class Association:
    def __init__(self, most=0):
        self._data_channel_queue = []
        self.flushes = 0
        if most:
            self._remote_max_message_size = most

    async def _data_channel_flush(self):
        self.flushes += 1
        if self.flushes == 3:
            raise ConnectionError


async def test_flush_sends_once_a_turn_whatever_was_handed_over(undone):
    assert tier1.flush(undone)
    association, counted = Association(), []
    channel = SimpleNamespace(_addBufferedAmount=counted.append)
    for data in ("text", "", b"bytes", b""):
        SCTP._data_channel_send(association, channel, data)
    sent = [(kind, data) for _, kind, data in association._data_channel_queue]
    assert sent == [(51, b"text"), (56, b"\x00"), (53, b"bytes"), (57, b"\x00")]
    assert counted == [4, 1, 5, 1]
    assert association.flushes == 0
    await asyncio.sleep(0)
    assert association.flushes == 1
    for expected in (2, 3, 4):  # the third fails because the link has ended, and is not the last for that
        SCTP._data_channel_send(association, channel, b"more")
        await asyncio.sleep(0)
        assert association.flushes == expected


async def test_flush_keeps_the_limit_of_the_other_side(undone):
    assert tier1.flush(undone)
    channel = SimpleNamespace(_addBufferedAmount=lambda size: None)
    association = Association(most=10)
    SCTP._data_channel_send(association, channel, bytes(10))
    with pytest.raises(ValueError, match="at most 10"):
        SCTP._data_channel_send(association, channel, bytes(11))
    assert len(association._data_channel_queue) == 1
    await asyncio.sleep(0)


def test_pktcap_bounds_datagrams_and_the_window(undone):
    assert tier1.pktcap(undone)
    association = SimpleNamespace(_flight_size=0, _cwnd=1 << 20, _flight_min=SCTP._flight_min)
    small, large = (SimpleNamespace(_book_size=size, _in_flight=False) for size in (64, 1160))
    for chunk in (small, large):
        SCTP._flight_size_increase(association, chunk)
    assert association._flight_size == tier1.FLIGHT_MIN + 1160
    assert association._cwnd == tier1.WINDOW_MAX
    for chunk in (small, large):
        SCTP._flight_size_decrease(association, chunk)
    assert association._flight_size == 0


# ------------------------------------------------------------------------------------------------ bound


class Silent:
    """Stands for the DTLS transport of an association that sends nothing."""

    state = "connected"


FIRST, LAST, UNORDERED = sctp.SCTP_DATA_FIRST_FRAG, sctp.SCTP_DATA_LAST_FRAG, sctp.SCTP_DATA_UNORDERED


@pytest.fixture
async def flooded(undone):
    """An association, and what makes it receive chunks: (step from the last number, stream, flags, bytes)."""
    assert tier1.bound(undone)
    association = SCTP(Silent())
    association._last_received_tsn = tsn = 1000
    heard = []

    async def receive(stream, kind, data):
        heard.append(data)

    association._receive = receive

    async def flood(chunks):
        nonlocal tsn
        for step, stream, flags, data in chunks:
            tsn += step
            chunk = sctp.DataChunk(flags=flags)
            chunk.tsn, chunk.stream_id, chunk.user_data = tsn, stream, data
            await association._receive_data_chunk(chunk)
        return len(heard)

    return SimpleNamespace(association=association, flood=flood)


async def test_bound_ends_a_message_that_never_ends(flooded):
    with pytest.raises(ConnectionError, match="unfinished"):
        await flooded.flood((1, 1, FIRST if n == 0 else 0, bytes(1160)) for n in range(5000))


async def test_bound_ends_tiny_pieces_that_never_end(flooded, monkeypatch):
    monkeypatch.setattr(tier1, "CHUNKS_MAX", 200)
    with pytest.raises(ConnectionError, match="unfinished"):
        await flooded.flood((1, 1, FIRST if n == 0 else 0, b"x") for n in range(300))


async def test_bound_ends_a_gap_that_never_closes(flooded, monkeypatch):
    """Unordered messages are handed on at once, only their numbers are kept."""
    monkeypatch.setattr(tier1, "CHUNKS_MAX", 200)
    whole = FIRST | LAST | UNORDERED
    assert await flooded.flood((2 if n == 0 else 1, 2, whole, b"x") for n in range(200)) == 200
    with pytest.raises(ConnectionError, match="unfinished"):
        await flooded.flood([(1, 2, whole, b"x")])


async def test_bound_ends_streams_without_end(flooded):
    assert await flooded.flood((1, n, FIRST | LAST, b"x") for n in range(tier1.STREAMS_MAX)) == tier1.STREAMS_MAX
    with pytest.raises(ConnectionError, match="streams"):
        await flooded.flood([(1, 1000, FIRST | LAST, b"x")])


async def test_bound_ends_nothing_for_room_that_was_never_given_back(flooded):
    flooded.association._advertised_rwnd = -10 * 1024 * 1024
    assert await flooded.flood([(1, 1, FIRST, bytes(1000)), (1, 1, LAST, b"")]) == 1
    assert flooded.association._advertised_rwnd == 1024 * 1024


async def test_bound_lets_the_largest_message_pass(flooded):
    size = 64 * 1024 // 1160
    parts = [(1, 1, FIRST if n == 0 else LAST if n == size - 1 else 0, bytes(1160)) for n in range(size)]
    assert await flooded.flood(parts) == 1


async def test_icepace_shortens_one_pause_and_no_other(undone, monkeypatch):
    slept = []

    async def sleep(delay, result=None):
        slept.append(delay)
        return result

    assert tier1.icepace(undone)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert await aioice.ice.asyncio.sleep(0.02) is None
    assert await aioice.ice.asyncio.sleep(1.0, "x") == "x"
    assert slept == [tier1.ICE_PACE_S, 1.0]
    assert aioice.ice.asyncio.Queue is asyncio.Queue
