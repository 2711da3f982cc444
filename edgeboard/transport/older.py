"""What aiortc 1.16 has mended, for the versions before it: each of the three can stop a link, or lose on it what was
acknowledged, once a datagram with a live message is lost. They are part of tier 0; in 1.16 nothing is changed.
"""

from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import aiortc.rtcsctptransport

from edgeboard.transport.fitting import Changes, Patch, known

_SCTP = aiortc.rtcsctptransport
_ADVANCE_OLD, _ADVANCE_NEW = "bd42701b6801", "b10416e34e18"
_POP_OLD, _POP_NEW = "81d02435380f 0437cb71dfc9", "bd29de9aa7c4"
_PRUNE_OLD, _PRUNE_NEW = "f3e62782926c", "ff5a6cd9b68a"

Message = tuple[int, int, bytes]


def forward(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """Say again what was given up until the other side knows. Older versions say it once, and if that datagram is lost
    too, nothing passes any more on any channel (RFC 3758 section 3.5)."""

    def replace() -> None:
        association = sctp.RTCSctpTransport
        changes.replace(
            association,
            "_update_advanced_peer_ack_point",
            saying_again(association._update_advanced_peer_ack_point, sctp),
        )

    return _mend(sctp, "RTCSctpTransport", "_update_advanced_peer_ack_point", _ADVANCE_OLD, _ADVANCE_NEW, replace)


def deliver(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """Hand on all messages that are complete. Older versions stop where their numbers are not consecutive, and what
    stays behind waits for the next of its channel, or is pruned."""

    def replace() -> None:
        stream = sctp.InboundStream
        changes.replace(stream, "pop_messages", popping_all(stream.pop_messages))

    return _mend(sctp, "InboundStream", "pop_messages", _POP_OLD, _POP_NEW, replace)


def prune(changes: Changes, sctp: ModuleType = _SCTP) -> bool:
    """Keep a message that goes on behind what was given up (RFC 3758 section 3.6). Older versions throw its beginning
    away, so that a reliable message is lost and its channel waits for ever."""

    def replace() -> None:
        stream = sctp.InboundStream
        changes.replace(stream, "prune_chunks", keeping_begun(stream.prune_chunks, sctp))

    return _mend(sctp, "InboundStream", "prune_chunks", _PRUNE_OLD, _PRUNE_NEW, replace)


def saying_again(stock: Callable[[Any], None], sctp: ModuleType) -> Callable[[Any], None]:
    def update_advanced_peer_ack_point(self: Any) -> None:  # noqa: ANN401 - aiortc's own classes
        stock(self)
        given_up: dict[int, tuple[int, int]] = vars(self).setdefault("_given_up", {})  # stream: (sequence, TSN)
        chunk = self._forward_tsn_chunk
        if chunk is not None:
            given_up.update((stream, (sequence, chunk.cumulative_tsn)) for stream, sequence in chunk.streams)
        for stream, (_, tsn) in list(given_up.items()):
            if not sctp.uint32_gt(tsn, self._last_sacked_tsn):
                del given_up[stream]
        if sctp.uint32_gt(self._advanced_peer_ack_tsn, self._last_sacked_tsn):
            chunk = self._forward_tsn_chunk = sctp.ForwardTsnChunk()
            chunk.cumulative_tsn = self._advanced_peer_ack_tsn
            chunk.streams = [(stream, sequence) for stream, (sequence, _) in given_up.items()]

    return update_advanced_peer_ack_point


def popping_all(stock: Callable[[Any], Iterator[Message]]) -> Callable[[Any], Iterator[Message]]:
    def pop_messages(self: Any) -> Iterator[Message]:  # noqa: ANN401
        some = True
        while some:
            some = False
            for message in stock(self):
                some = True
                yield message

    return pop_messages


def keeping_begun(stock: Callable[[Any, int], int], sctp: ModuleType) -> Callable[[Any, int], int]:
    def prune_chunks(self: Any, tsn: int) -> int:  # noqa: ANN401
        chunks = self.reassembly
        end = next((at for at, chunk in enumerate(chunks) if sctp.uint32_gt(chunk.tsn, tsn)), len(chunks))
        begin, number = end, tsn
        while begin and chunks[begin - 1].tsn == number and not chunks[begin - 1].flags & sctp.SCTP_DATA_LAST_FRAG:
            begin -= 1
            number = sctp.tsn_minus_one(number)
            if chunks[begin].flags & sctp.SCTP_DATA_FIRST_FRAG:
                break
        else:
            begin = end  # no beginning: its message is one of those given up
        begun, self.reassembly = chunks[begin:end], chunks[:begin] + chunks[end:]
        size = stock(self, tsn)
        self.reassembly = begun + self.reassembly
        return size

    return prune_chunks


def _mend(sctp: ModuleType, owner: str, name: str, old: str, new: str, replace: Callable[[], None]) -> bool:
    """Replace the old form; True too where the new one is there already."""
    if known(sctp, owner, {name: old}):
        replace()
        return True
    return known(sctp, owner, {name: new})


PATCHES: Mapping[str, Patch] = {"forward": forward, "deliver": deliver, "prune": prune}
