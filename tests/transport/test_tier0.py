import asyncio
import socket
import time
from asyncio import selector_events
from types import ModuleType, SimpleNamespace

import aioice.ice
import aiortc.rtcsctptransport
import pytest

from edgeboard.transport import tier0
from edgeboard.transport.addresses import offering
from edgeboard.transport.fitting import Changes


@pytest.fixture(autouse=True)
def undone():
    """What a test applies on top of what is in force is taken back."""
    changes = Changes()
    yield changes
    changes.undo()


@pytest.fixture(autouse=True)
def stock(undone):
    from edgeboard.transport import patches

    before = patches.active()
    patches.remove()
    yield
    undone.undo()
    if before - {"av"}:
        patches.apply()


@pytest.mark.parametrize("name", tier0.PATCHES)
def test_it_fits_what_is_installed(undone, name):
    assert tier0.PATCHES[name](undone)


@pytest.mark.parametrize("name", tier0.PATCHES)
def test_it_leaves_a_library_alone_that_is_not_as_expected(undone, name):
    """None of the names is there; then all are, and mean something else."""
    assert not tier0.PATCHES[name](undone, ModuleType("empty"))
    other = SimpleNamespace(
        _SelectorDatagramTransport=type("Udp", (), {"max_size": 4096, "_read_ready": lambda self, more: None}),
        StunProtocol=type("Stun", (), {"datagram_received": lambda self, data: None}),
        RTCSctpTransport=type("Sctp", (), {"_update_rto": lambda self, R: None}),
        Connection=type("Connection", (), {name: lambda self, more: None for name in ("query_consent", "close")}),
        get_host_addresses=lambda use_ipv4: [],
        SCTP_RTO_MIN=2,
        SCTP_RTO_INITIAL=3.0,
        CONSENT_INTERVAL=7,
        CONSENT_FAILURES=6,
        time=time,
    )
    before = dict(vars(other))
    assert not tier0.PATCHES[name](undone, other)
    assert vars(other) == before


def test_the_constants_of_other_versions_are_not_overwritten(undone):
    class Sctp:
        def __init__(self):
            self.rto = None

        def _update_rto(self, R):
            return SCTP_RTO_MIN  # noqa: F821 - only its name matters

    module = SimpleNamespace(SCTP_RTO_MIN=1, SCTP_RTO_INITIAL=3.0, RTCSctpTransport=Sctp)
    assert not tier0.rto(undone, module)  # its constructor does not start from SCTP_RTO_INITIAL
    assert module.SCTP_RTO_MIN == 1


def test_constants_once_applied(undone):
    for patch in (tier0.bufsz, tier0.rto, tier0.mono, tier0.consent):
        assert patch(undone)
    assert selector_events._SelectorDatagramTransport.max_size == 9216
    assert aiortc.rtcsctptransport.SCTP_RTO_MIN == 0.3
    assert aiortc.rtcsctptransport.time.time is time.monotonic
    assert (aioice.ice.CONSENT_INTERVAL, aioice.ice.CONSENT_FAILURES) == (2, 5)


def test_hosts_offers_what_we_say_and_else_what_it_always_did(undone):
    tier0.hosts(undone)
    with offering(["127.0.0.1"]):
        assert aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True) == ["127.0.0.1"]
    assert "127.0.0.1" not in aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)


async def test_consent_checks_do_not_start_behind_a_close(undone):
    tier0.consent_end(undone)
    connection = aioice.ice.Connection(ice_controlling=True)
    await connection.close()
    async with asyncio.timeout(5):
        await connection.query_consent()


# ------------------------------------------------------------------------------------------------ reading datagrams


class Receiver(asyncio.DatagramProtocol):
    def __init__(self):
        self.turns = []  # what came in each turn of the loop
        self.errors = []
        self.on_data = lambda data: None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if not self.turns or self.turns[-1][0] is not self._turn():
            self.turns.append((self._turn(), []))
        self.turns[-1][1].append(data)
        self.on_data(data)

    def error_received(self, error):
        self.errors.append(error)

    def _turn(self):
        """One object a turn of the loop: `call_soon` runs behind what is delivered in this one."""
        if getattr(self, "_mark", None) is None:
            self._mark = object()
            asyncio.get_running_loop().call_soon(setattr, self, "_mark", None)
        return self._mark

    @property
    def data(self):
        return [data for _, turn in self.turns for data in turn]


@pytest.fixture
async def reader(undone):
    """A socket that is read as patched, and one that sends to it."""
    assert tier0.bufsz(undone)
    assert tier0.drain(undone)
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        Receiver, local_addr=("127.0.0.1", 0)
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(transport.get_extra_info("sockname"))
        yield protocol, sender
    transport.close()


async def test_a_turn_reads_what_is_there_up_to_its_bound(reader, until):
    protocol, sender = reader
    await asyncio.sleep(0)
    for n in range(100):
        sender.send(n.to_bytes(2, "big"))
    await until(lambda: len(protocol.data) == 100)
    assert protocol.data == [n.to_bytes(2, "big") for n in range(100)]
    assert [len(turn) for _, turn in protocol.turns] == [tier0.DATAGRAMS_A_TURN, 100 - tier0.DATAGRAMS_A_TURN]


async def test_the_largest_datagram_of_mdns_arrives_whole(reader, until):
    protocol, sender = reader
    sender.send(bytes(9000))
    await until(lambda: len(protocol.data) == 1)
    assert protocol.data == [bytes(9000)]


async def test_what_closes_the_socket_ends_the_turn(reader, until):
    protocol, sender = reader
    await asyncio.sleep(0)
    protocol.on_data = lambda data: protocol.transport.close()
    for _ in range(3):
        sender.send(b"x")
    await until(lambda: protocol.data)
    await asyncio.sleep(0)
    assert protocol.data == [b"x"]


@pytest.mark.parametrize("error", [BlockingIOError(), InterruptedError(), OSError("unreachable"), ValueError("odd")])
def test_errors_of_the_socket_end_the_turn(undone, error):
    tier0.drain(undone)
    told = []

    def fail(size):
        raise error

    transport = SimpleNamespace(
        _conn_lost=0,
        _sock=SimpleNamespace(recvfrom=fail),
        max_size=9216,
        _protocol=SimpleNamespace(error_received=lambda error: told.append(("error", error))),
        _fatal_error=lambda error, text: told.append(("fatal", error)),
    )
    selector_events._SelectorDatagramTransport._read_ready(transport)
    kinds = {"OSError": "error", "ValueError": "fatal"}
    kind = kinds.get(type(error).__name__)
    assert told == ([(kind, error)] if kind else [])


@pytest.mark.parametrize("exit_of", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_process_passes(undone, exit_of):
    tier0.drain(undone)

    def leave(size):
        raise exit_of

    transport = SimpleNamespace(_conn_lost=0, _sock=SimpleNamespace(recvfrom=leave), max_size=9216)
    with pytest.raises(exit_of):
        selector_events._SelectorDatagramTransport._read_ready(transport)


async def test_only_stun_is_read_as_stun_and_an_empty_datagram_is_nothing(undone):
    """Stock hands an empty datagram on, and its first byte, which it has not, ends the link: anybody can send one."""
    tier0.demux(undone)
    heard = []
    connection = SimpleNamespace(data_received=lambda data, component: heard.append((data, component)))
    protocol = aioice.ice.StunProtocol(connection)
    protocol.local_candidate = SimpleNamespace(component=1)
    protocol.datagram_received(b"", ("127.0.0.1", 1))
    protocol.datagram_received(b"\x16dtls", ("127.0.0.1", 1))
    assert heard == [(b"\x16dtls", 1)]
    protocol.datagram_received(b"\x00\x01 looks like STUN", ("127.0.0.1", 1))
    assert heard[1:] == [(b"\x00\x01 looks like STUN", 1)]  # and is not: as stock, whoever reads it may refuse it
