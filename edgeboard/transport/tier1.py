"""Tier 1: private names of aiortc and aioice, each known by its source in all versions from 1.11 to 1.16.

Rules of this file: what a patch does not improve is left to the method that it replaces; no patch awaits between two
changes of SCTP's state that stock makes together; a mark that holds something back is lowered in a `finally`.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

import aioice.ice
import aiortc.rtcdtlstransport
import aiortc.rtcsctptransport

from edgeboard.transport.fitting import Changes, Patch, code_of, known, uses

BATCH = 16  # datagrams that one SACK answers: RFC 9260 wants one for every second packet (SHOULD)
FLIGHT_MIN = 512  # bytes that the smallest datagram counts, so that the window bounds their number too
WINDOW_MAX = 128 * 1024  # bytes in flight: what the 208 KiB that a default kernel grants a socket can hold
WAITING_MAX = 2 * 1024 * 1024  # bytes that wait for a gap to close or a message to end; an honest window has 1 MiB
CHUNKS_MAX = 8192  # likewise chunks: each costs half a kilobyte, however small it is
STREAMS_MAX = 64  # of one link; ours has three
PROBE_MIN_S = 0.05  # beyond a round trip, before the last chunk of all is sent again: the other side may be busy
ICE_PACE_S = 0.005  # between two checks; a LAN has few candidates, and 20 ms are most of the time to open

_STOCK_PACE_S = 0.02
_RWND = 1024 * 1024  # bytes that stock says it has room for
_STREAM = "7bb5d6a0225a"
_DTLS = range(20, 64)  # the first byte of DTLS (RFC 7983)
_RECORD_MAX = 1500  # bytes, as stock reads
_SCTP = aiortc.rtcsctptransport

# Known sources, from the oldest version on.
_RECV_NEXT = "7a1549956063 998076720c05"
_SEND_SACK = "634f3d6164e0 ac92513522fa"
_HANDLE_DATA = "2845b0cb5021 8661b724e207"
_MARK_RECEIVED = "7e750513671d 2ac68b6a3934"
_CHANNEL_SEND = "db075344287b 25637249f00d bff23b8d60ec"
_CHANNEL_FLUSH = "eff009e81a84 d5f055f33db1"
_RECEIVE_DATA = "afe769a5337e 790c2bb8cd0f"
_SEND_CHUNK = "eb2f909e3c2f"
_FLIGHT_INCREASE = "3643091dc14e 93111cf7248a ed02a0fe6eb5"
_FLIGHT_DECREASE = "61d9589111fb bbe4f262540d 16a9a53b25b9"


def batchrx(
    changes: Changes, dtls: ModuleType = aiortc.rtcdtlstransport, sctp: ModuleType = _SCTP, ice: ModuleType = aioice.ice
) -> bool:
    """Answer the datagrams that are there already with one SACK, not one each."""
    fits = (
        known(dtls, "RTCDtlsTransport", {"_recv_next": _RECV_NEXT, "_write_ssl": "6573c0237063"})
        and known(sctp, "RTCSctpTransport", {"_send_sack": _SEND_SACK, "_handle_data": _HANDLE_DATA})
        and uses(getattr(getattr(ice, "Connection", None), "recvfrom", None), ["_queue", "get"], ["self"])
    )
    if not fits:
        return False
    transport, association, ssl = dtls.RTCDtlsTransport, sctp.RTCSctpTransport, dtls.SSL
    stock_recv, stock_sack = transport._recv_next, association._send_sack
    handshake_done = f"_{transport.__name__}__handshake_done"  # from 1.16: DTLS 1.3 may have to repeat its last flight
    bytes_in, packets_in = f"_{transport.__name__}__rx_bytes", f"_{transport.__name__}__rx_packets"

    async def send_sack(self: Any) -> None:  # noqa: ANN401 - aiortc's own classes
        # A gap or a repetition is reported at once: three reports of a gap are what makes the other side send again.
        if not getattr(self, "_sack_held", False) or self._sack_misordered or self._sack_duplicates:
            await stock_sack(self)

    async def take(self: Any, datagram: bytes) -> None:  # noqa: ANN401
        """One datagram, as stock; but OpenSSL is asked for output only where it may have some, and there is no SRTP:
        no description with media is ever accepted."""
        counts = vars(self)
        counts[bytes_in] += len(datagram)
        counts[packets_in] += 1
        if not datagram or datagram[0] not in _DTLS:
            return
        self._ssl.bio_write(datagram)
        try:
            data = self._ssl.recv(_RECORD_MAX)
        except ssl.ZeroReturnError:
            await self._write_ssl()
            raise ConnectionError from None
        except ssl.Error:
            data = b""
        if not data:
            await self._write_ssl()
        elif self._data_receiver is not None:
            await self._data_receiver._handle_data(data)

    async def recv_next(self: Any) -> None:  # noqa: ANN401
        if not self.encrypted or not getattr(self, handshake_done, True):
            await stock_recv(self)
            return
        datagram = await self.transport._recv()
        waiting = self.transport._connection._queue
        receiver = self._data_receiver
        if receiver is not None:
            receiver._sack_held = True  # until the end of this batch
        try:
            await take(self, datagram)
            for _ in range(BATCH - 1):
                if waiting.empty():
                    break
                item = waiting.get_nowait()
                if item is None or item[0] is None:
                    raise ConnectionError
                await take(self, item[0])
        finally:
            if receiver is not None:
                receiver._sack_held = False
        if receiver is not None and receiver is self._data_receiver and receiver._sack_needed:
            await receiver._send_sack()

    changes.replace(association, "_send_sack", send_sack)
    changes.replace(transport, "_recv_next", recv_next)
    return True


def markfast(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """Take the next number in order without building and sorting sets."""
    if not known(sctp, "RTCSctpTransport", {"_mark_received": _MARK_RECEIVED}):
        return False
    association = sctp.RTCSctpTransport
    stock, modulo = association._mark_received, sctp.SCTP_TSN_MODULO

    def mark_received(self: Any, tsn: int) -> bool:  # noqa: ANN401
        if not self._sack_misordered and not self._sack_duplicates and tsn == (self._last_received_tsn + 1) % modulo:
            self._last_received_tsn = tsn
            return False
        again: bool = stock(self, tsn)
        return again

    changes.replace(association, "_mark_received", mark_received)
    return True


def flush(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """One task a turn of the loop to send what was handed over, not one a message."""
    needs = {"_data_channel_send": _CHANNEL_SEND, "_data_channel_flush": _CHANNEL_FLUSH}
    if not known(sctp, "RTCSctpTransport", needs):
        return False
    association = sctp.RTCSctpTransport
    text, text_empty = sctp.WEBRTC_STRING, sctp.WEBRTC_STRING_EMPTY
    binary, binary_empty = sctp.WEBRTC_BINARY, sctp.WEBRTC_BINARY_EMPTY

    async def send_all(self: Any) -> None:  # noqa: ANN401
        self._sending = None
        with suppress(ConnectionError):  # the link has ended, and its channels say so
            await self._data_channel_flush()

    def data_channel_send(self: Any, channel: Any, data: bytes | str) -> None:  # noqa: ANN401
        if isinstance(data, str):
            kind, payload = (text, data.encode()) if data else (text_empty, b"\x00")
        else:
            kind, payload = (binary, data) if data else (binary_empty, b"\x00")
        most = getattr(self, "_remote_max_message_size", 0)  # from 1.16; 0: no limit
        if most and len(payload) > most:
            raise ValueError(f"a message of {len(payload)} bytes; the remote party takes at most {most}")
        channel._addBufferedAmount(len(payload))
        self._data_channel_queue.append((channel, kind, payload))
        if getattr(self, "_sending", None) is None:
            self._sending = asyncio.ensure_future(send_all(self))

    changes.replace(association, "_data_channel_send", data_channel_send)
    return True


def pktcap(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """Keep in flight what the other side's socket can hold. Stock counts payload only, so that thousands of datagrams
    of small messages overflow it, and lets its window grow without end; that is how it collapses."""
    needs = {"_flight_size_increase": _FLIGHT_INCREASE, "_flight_size_decrease": _FLIGHT_DECREASE}
    if not known(sctp, "RTCSctpTransport", needs):
        return False
    association = sctp.RTCSctpTransport
    stock = association._flight_size_increase

    def flight_size_increase(self: Any, chunk: Any) -> None:  # noqa: ANN401
        # Increase, decrease and the growth of the window all read the same field, so it stays the same from here on.
        least = self._flight_min
        if chunk._book_size < least:
            chunk._book_size = least
        if self._cwnd > WINDOW_MAX:
            self._cwnd = WINDOW_MAX
        stock(self, chunk)

    if not hasattr(association, "_flight_min"):
        changes.replace(association, "_flight_min", FLIGHT_MIN)
    changes.replace(association, "_flight_size_increase", flight_size_increase)
    return True


def bound(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """End a link whose other side never closes a gap and never ends a message. Stock keeps whatever comes, so that any
    browser that is let knock could fill this machine's memory."""
    if not known(sctp, "RTCSctpTransport", {"_receive_data_chunk": _RECEIVE_DATA, "_get_inbound_stream": _STREAM}):
        return False
    association = sctp.RTCSctpTransport
    stock = association._receive_data_chunk

    async def receive_data_chunk(self: Any, chunk: Any) -> None:  # noqa: ANN401
        streams = self._inbound_streams
        if chunk.stream_id not in streams and len(streams) >= STREAMS_MAX:
            raise ConnectionError("the other side uses too many streams")
        await stock(self, chunk)
        if not self._sack_misordered and chunk.flags & sctp.SCTP_DATA_LAST_FRAG:
            return  # nothing waits: the common case
        waiting = sum(len(stream.reassembly) for stream in streams.values())
        if max(waiting, len(self._sack_misordered)) > CHUNKS_MAX:
            raise ConnectionError("the other side leaves too much unfinished")
        if self._advertised_rwnd < _RWND - WAITING_MAX:
            # Counted again, because what a closed stream held is never added back.
            size = sum(len(piece.user_data) for stream in streams.values() for piece in stream.reassembly)
            if size > WAITING_MAX:
                raise ConnectionError("the other side leaves too much unfinished")
            self._advertised_rwnd = _RWND - size

    changes.replace(association, "_receive_data_chunk", receive_data_chunk)
    return True


def icepace(changes: Changes, ice: ModuleType = aioice.ice) -> bool:
    """Check the pairs of addresses every 5 ms, not every 20: opening takes a third of the time."""
    connect = code_of(getattr(getattr(ice, "Connection", None), "connect", None))
    if getattr(ice, "asyncio", None) is not asyncio or connect is None or _STOCK_PACE_S not in connect.co_consts:
        return False

    async def sleep(delay: float, result: object = None) -> object:
        return await asyncio.sleep(ICE_PACE_S if delay == _STOCK_PACE_S else delay, result)

    quicker = ModuleType("asyncio")
    vars(quicker).update(vars(asyncio))
    vars(quicker)["sleep"] = sleep
    changes.replace(ice, "asyncio", quicker)
    return True


def probe(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """Send the earliest chunk that is not acknowledged once more after a round trip and a little, where the other side
    acknowledges at once (`expect_prompt`). A lost chunk with others behind it is found by their acknowledgements; the
    last of all was sent again only when T3 expired, 0.3 s later, and with it everything else. The window stays as it
    is, as with the tail loss probe of TCP (RFC 8985 section 7)."""
    association: Any = getattr(sctp, "RTCSctpTransport", None)
    names = ("_t3_start", "_t3_restart", "_t3_cancel")
    stock: list[Any] = [getattr(association, name, None) for name in names]
    start, restart, cancel = stock
    timing = ["_t3_handle", "_loop", "call_later", "_rto", "_t3_expired"]
    fits = uses(start, timing, ["self"]) and uses(restart, timing, ["self"]) and uses(cancel, ["_t3_handle"], ["self"])
    if not fits or not known(sctp, "RTCSctpTransport", {"_send_chunk": _SEND_CHUNK}):
        return False

    async def send(self: Any, chunk: Any) -> None:  # noqa: ANN401 - aiortc's own classes
        with suppress(ConnectionError):  # the link has ended, and its channels say so
            await self._send_chunk(chunk)

    def expire(self: Any) -> None:  # noqa: ANN401
        self._probe_handle = None
        for chunk in self._sent_queue:
            if chunk._acked or chunk._retransmit or chunk._abandoned or chunk._max_retransmits is not None:
                continue
            if chunk._sent_count == 1:  # no round trip is measured by a chunk that was sent twice
                chunk._sent_count = 2
                self._probing = asyncio.ensure_future(send(self, chunk))
            return

    def disarm(self: Any) -> None:  # noqa: ANN401
        if self._probe_handle is not None:
            self._probe_handle.cancel()
            self._probe_handle = None

    def arm(self: Any) -> None:  # noqa: ANN401
        disarm(self)
        if self._is_prompt and self._srtt is not None and self._fast_recovery_exit is None:
            after = self._srtt + max(4 * self._rttvar, PROBE_MIN_S)
            if after < self._rto:
                self._probe_handle = self._loop.call_later(after, expire, self)

    def t3_start(self: Any) -> None:  # noqa: ANN401
        start(self)
        arm(self)

    def t3_restart(self: Any) -> None:  # noqa: ANN401
        restart(self)
        arm(self)

    def t3_cancel(self: Any) -> None:  # noqa: ANN401
        cancel(self)
        disarm(self)

    changes.replace(association, "_is_prompt", False)
    changes.replace(association, "_probe_handle", None)
    for name, ours in zip(names, (t3_start, t3_restart, t3_cancel), strict=True):
        changes.replace(association, name, ours)
    return True


def expect_prompt(association: object) -> None:
    """The other side acknowledges what it gets at once, as aiortc does; browsers take up to 0.2 s."""
    vars(association)["_is_prompt"] = True


PATCHES: Mapping[str, Patch] = {
    "batchrx": batchrx,
    "markfast": markfast,
    "flush": flush,
    "pktcap": pktcap,
    "bound": bound,
    "probe": probe,
    "icepace": icepace,
}
