"""Tier 0: what can be changed without touching aiortc's SCTP, and what older versions have wrong in it (`older`).

It fits every supported version.

`bufsz` and `drain` make UDP in asyncio cheap: stock allocates 256 KiB for every datagram, and wakes up for each.
"""

import asyncio.selector_events
import re
import time
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any
from weakref import WeakSet

import aioice.ice
import aiortc.rtcsctptransport

from edgeboard.transport import older
from edgeboard.transport.addresses import offered
from edgeboard.transport.fitting import Changes, Patch, code_of, sources, uses

DATAGRAM_MAX = 9216  # bytes: an answer of mDNS may have 9,000, and everything in the process shares the class
DATAGRAMS_A_TURN = 64  # read before the loop turns: bounds what one flood can hold up
RTO_MIN_S = 0.3  # 0.25 and above: a peer may take 0.2 s to acknowledge
RTO_INITIAL_S = 0.5
CONSENT_S = 2  # between two checks, +-20 %
CONSENT_FAILURES = 5  # so what is gone is noticed within 10 to 13 s, and a hiccup of the radio is survived
STUN_MAX = 3  # the first byte of STUN (RFC 7983); DTLS has 20 to 63

_UDP = asyncio.selector_events


def bufsz(changes: Changes, module: Any = _UDP) -> bool:  # noqa: ANN401 - any module, in tests a doctored one
    """Allocate 9 KiB for a datagram, not 256, which is mapped and unmapped each time."""
    udp = getattr(module, "_SelectorDatagramTransport", None)
    read = getattr(udp, "_read_ready", None)
    if getattr(udp, "max_size", None) != 256 * 1024 or not uses(read, ["max_size"], ["self"]):
        return False
    changes.replace(udp, "max_size", DATAGRAM_MAX)
    return True


def drain(changes: Changes, module: Any = _UDP) -> bool:  # noqa: ANN401 - as above
    """Read what is there, not one datagram a turn of the loop."""
    udp = getattr(module, "_SelectorDatagramTransport", None)
    needs = ["_conn_lost", "_sock", "recvfrom", "max_size", "_protocol", "error_received", "_fatal_error"]
    if not uses(getattr(udp, "_read_ready", None), [*needs, "datagram_received"], ["self"]):
        return False

    def read_ready(self: Any) -> None:  # noqa: ANN401 - a private class of asyncio
        for _ in range(DATAGRAMS_A_TURN):
            if self._conn_lost or self._sock is None:  # closed by what was delivered
                return
            try:
                data, address = self._sock.recvfrom(self.max_size)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._protocol.error_received(error)
                return
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self._fatal_error(error, "Fatal read error on datagram transport")
                return
            self._protocol.datagram_received(data, address)

    changes.replace(udp, "_read_ready", read_ready)
    return True


def demux(changes: Changes, module: ModuleType = aioice.ice) -> bool:
    """Know STUN by its first byte; stock parses every datagram as STUN first. An empty one, which ends stock's link
    whoever sends it, is dropped."""
    protocol = getattr(module, "StunProtocol", None)
    stock = getattr(protocol, "datagram_received", None)
    needs = ["parse_message", "receiver", "data_received", "local_candidate", "component"]
    if stock is None or not uses(stock, needs, ["self", "data", "addr"]):
        return False

    def datagram_received(self: aioice.ice.StunProtocol, data: bytes, addr: tuple[Any, ...]) -> None:
        if not data:
            return
        if data[0] > STUN_MAX:
            self.receiver.data_received(data, self.local_candidate.component)
        else:
            stock(self, data, addr)

    changes.replace(protocol, "datagram_received", datagram_received)
    return True


def rto(changes: Changes, module: ModuleType = aiortc.rtcsctptransport) -> bool:
    """Retransmit after 0.3 s instead of 1 s: what a lost datagram costs on a LAN."""
    association = getattr(module, "RTCSctpTransport", None)
    if (getattr(module, "SCTP_RTO_MIN", None), getattr(module, "SCTP_RTO_INITIAL", None)) != (1, 3.0):
        return False
    update, start = getattr(association, "_update_rto", None), getattr(association, "__init__", None)
    if not uses(update, ["SCTP_RTO_MIN"], ["self", "R"]) or "SCTP_RTO_INITIAL" not in _names(start):
        return False
    changes.replace(module, "SCTP_RTO_MIN", RTO_MIN_S)
    changes.replace(module, "SCTP_RTO_INITIAL", RTO_INITIAL_S)
    return True


def mono(changes: Changes, module: ModuleType = aiortc.rtcsctptransport) -> bool:
    """Measure round trips with the monotonic clock: a step of the wall clock would pin the retry timer to 60 s, and
    boards step theirs at every boot."""
    used = set(re.findall(r"\btime\.(\w+)", "".join(sources(module))))
    if getattr(module, "time", None) is not time or used != {"time"}:
        return False
    changes.replace(module, "time", SimpleNamespace(time=time.monotonic))
    return True


def consent(changes: Changes, module: ModuleType = aioice.ice) -> bool:
    """Notice within 10 to 13 s that the other side is gone, not after 32 s."""
    if (getattr(module, "CONSENT_INTERVAL", None), getattr(module, "CONSENT_FAILURES", None)) != (5, 6):
        return False
    changes.replace(module, "CONSENT_INTERVAL", CONSENT_S)
    changes.replace(module, "CONSENT_FAILURES", CONSENT_FAILURES)
    return True


def hosts(changes: Changes, module: ModuleType = aioice.ice) -> bool:
    """Offer the addresses that `addresses.offering` names instead of all but 127.0.0.1."""
    stock = getattr(module, "get_host_addresses", None)
    gather = getattr(getattr(module, "Connection", None), "gather_candidates", None)
    if stock is None or not uses(stock, [], ["use_ipv4", "use_ipv6"]) or "get_host_addresses" not in _names(gather):
        return False

    def get_host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        ours = offered(use_ipv4, use_ipv6)
        found: list[str] = stock(use_ipv4, use_ipv6) if ours is None else ours
        return found

    changes.replace(module, "get_host_addresses", get_host_addresses)
    return True


def consent_end(changes: Changes, module: ModuleType = aioice.ice) -> bool:
    """Let consent checks end with their connection: aioice starts them behind a `close` that comes while it is still
    opening, and then they never end, because without a nominated pair nothing can fail."""
    connection = getattr(module, "Connection", None)
    check, close = getattr(connection, "query_consent", None), getattr(connection, "close", None)
    if check is None or close is None or not (uses(check, [], ["self"]) and uses(close, [], ["self"])):
        return False
    closed: WeakSet[aioice.ice.Connection] = WeakSet()

    async def close_and_remember(self: aioice.ice.Connection) -> None:
        closed.add(self)
        await close(self)

    async def query_consent(self: aioice.ice.Connection) -> None:
        if self not in closed:
            await check(self)

    changes.replace(connection, "close", close_and_remember)
    changes.replace(connection, "query_consent", query_consent)
    return True


def _names(function: object) -> tuple[str, ...]:
    code = code_of(function)
    return () if code is None else code.co_names


PATCHES: Mapping[str, Patch] = {
    "bufsz": bufsz,
    "drain": drain,
    "demux": demux,
    "rto": rto,
    "mono": mono,
    "consent": consent,
    "hosts": hosts,
    "consent-end": consent_end,
    **older.PATCHES,
}
