"""Tier 2: several DATA chunks in one SCTP packet (RFC 9260 section 6.10), so one checksum, record and datagram for all.

`_transmit` and `_data_channel_flush` of aiortc are replaced whole; both are known by their source in all versions from
1.11 to 1.16, and so is everything that reads or changes the same queues. What must hold: FORWARD-TSN goes first;
retransmissions go before new data, within the burst limit and the window, but for the one that fast recovery grants;
T3 runs while anything is outstanding and starts again when its earliest chunk is sent again; what is abandoned is never
sent; messages leave in the order in which they were handed over.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, final

import aiortc.rtcsctptransport

from edgeboard.transport.fitting import Changes, Patch, known

AHEAD = 64  # chunks made of messages before their turn to be sent
FLIGHT_MIN = 64  # bytes that a chunk counts where it shares its datagram; see tier1.pktcap
BURST = 4  # full packets sent at once, as stock; 2 in fast recovery

_SCTP = aiortc.rtcsctptransport
_KNOWN = {
    "_transmit": "aa8941d5f8f0",
    "_data_channel_flush": "eff009e81a84 d5f055f33db1",
    "_send": "d4eea3ca9f5f f0f8aff63a9a",
    "_send_chunk": "eb2f909e3c2f",
    "_maybe_abandon": "b43c5d97a119 879fcf244b3d",
    "_receive_sack_chunk": "1937dffbf4c5 4b35ccf1372c",
}


@final
class Bundle:
    """What `_send_chunk` takes for one chunk: all that go into one packet."""

    def __init__(self, room: int) -> None:
        self._room = room  # bytes for chunks
        self._parts: list[bytes] = []
        self._size = 0

    def __bytes__(self) -> bytes:
        return b"".join(self._parts)

    def __repr__(self) -> str:
        return f"Bundle({len(self._parts)} chunks)"

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, part: bytes) -> bool:
        """False if it does not fit any more; the first one always does."""
        if self._parts and self._size + len(part) > self._room:
            return False
        self._parts.append(part)
        self._size += len(part)
        return True


def bundle(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """Fill packets."""
    if not known(sctp, "RTCSctpTransport", _KNOWN):
        return False
    association = sctp.RTCSctpTransport
    chunk_max = sctp.USERDATA_MAX_LENGTH
    header = 12
    # 1.11 knows no bound for packets; there they are as large as its largest chunk makes them.
    room = getattr(sctp, "SCTP_MAX_PACKET_LENGTH", header + 16 + chunk_max) - header
    resets_wait = "_transmit_reconfig" in association._data_channel_flush.__code__.co_names  # from 1.16

    async def transmit(self: Any) -> None:  # noqa: ANN401 - aiortc's own class
        if getattr(self, "_filling", False):  # messages are being cut into chunks
            return
        if self._forward_tsn_chunk is not None:
            await self._send_chunk(self._forward_tsn_chunk)
            self._forward_tsn_chunk = None
            if not self._t3_handle:
                self._t3_start()
        burst = (BURST if self._fast_recovery_exit is None else BURST // 2) * chunk_max
        window = min(self._flight_size + burst, self._cwnd)
        packet = Bundle(room)
        now = sctp.time.time()

        earliest = True
        for chunk in self._sent_queue:
            if chunk._retransmit:
                if self._fast_recovery_transmit:
                    self._fast_recovery_transmit = False
                elif self._flight_size >= window:
                    if packet:
                        await self._send_chunk(packet)
                    return
                self._flight_size_increase(chunk)
                chunk._misses = 0
                chunk._retransmit = False
                chunk._sent_count += 1
                packet = await put_into(self, packet, chunk)
                if earliest:
                    self._t3_restart()
            earliest = False

        while self._outbound_queue and self._flight_size < window:
            chunk = self._outbound_queue.popleft()
            self._sent_queue.append(chunk)
            if chunk._abandoned:  # skipped by the next FORWARD-TSN
                continue
            self._flight_size_increase(chunk)
            chunk._sent_count += 1
            chunk._sent_time = now
            packet = await put_into(self, packet, chunk)
            if not self._t3_handle:
                self._t3_start()
        if packet:
            await self._send_chunk(packet)

    async def put_into(self: Any, packet: Bundle, chunk: Any) -> Bundle:  # noqa: ANN401
        """Put a chunk into the packet, or send that and begin the next."""
        part = bytes(chunk)
        if not packet.add(part):
            await self._send_chunk(packet)
            packet = Bundle(room)
            packet.add(part)
        return packet

    def cut(self: Any) -> tuple[Any, int, bytes]:  # noqa: ANN401
        """Take the next message from the queue: its channel, its kind and its bytes."""
        channel, kind, data = self._data_channel_queue.popleft()
        if channel.id is None:  # a channel that was not negotiated gets its stream with its first message
            stream = self._data_channel_id
            while stream in self._data_channels:
                stream += 2
            self._data_channels[stream] = channel
            channel._setId(stream)
        return channel, kind, data

    async def data_channel_flush(self: Any) -> None:  # noqa: ANN401
        if self._association_state != self.State.ESTABLISHED or getattr(self, "_filling", False):
            return
        while self._data_channel_queue and len(self._outbound_queue) < AHEAD:
            self._filling = True
            try:
                while self._data_channel_queue and len(self._outbound_queue) < AHEAD:
                    channel, kind, data = cut(self)
                    if kind == sctp.WEBRTC_DCEP:  # opening a channel is always reliable and ordered
                        await self._send(channel.id, kind, data)
                        continue
                    life = channel.maxPacketLifeTime
                    await self._send(
                        channel.id,
                        kind,
                        data,
                        expiry=sctp.time.time() + life / 1000 if life else None,
                        max_retransmits=channel.maxRetransmits,
                        ordered=channel.ordered,
                    )
                    channel._addBufferedAmount(-len(data))
            finally:
                self._filling = False
            before = len(self._outbound_queue)
            await transmit(self)
            if len(self._outbound_queue) == before:  # the window is full; what is acknowledged opens it
                break
        if resets_wait:
            await self._transmit_reconfig()

    changes.replace(association, "_flight_min", FLIGHT_MIN)
    changes.replace(association, "_transmit", transmit)
    changes.replace(association, "_data_channel_flush", data_channel_flush)
    return True


PATCHES: Mapping[str, Patch] = {"bundle": bundle}
