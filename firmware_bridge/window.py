"""Both halves of a reliable stream of messages: what is sent until it is acknowledged, what is held until its turn.

Selective repeat over a line that loses and damages but never reorders. So a packet is known to be lost as soon as
one that left after it has been acknowledged (`Outgoing.take`); only the last of a burst has to wait for a time-out,
which follows the measured round trip as in RFC 6298. Messages are cut into packets when these leave, shorter ones
while the line loses many, because a short packet has fewer bytes to lose.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

SEQ = 256  # sequence numbers wrap here: 8 windows of the largest kind
RTO_FIRST_S = 0.3  # until a round trip has been measured
RTO_MIN_S = 0.05  # several times ACK_DELAY_S of the other side
RTO_MAX_S = 0.5  # a line has no traffic to yield to: waiting longer helps nobody
PAYLOAD_MIN = 24  # bytes: pieces are not cut shorter, whatever is lost
JUDGED = 16  # packets after which the length of pieces is judged anew
MESSAGE_MAX = 512  # bytes


@dataclass(slots=True)
class _Sent:
    seq: int
    payload: bytes
    first: bool
    last: bool
    order: int = 0  # counts transmissions; 0: has not left yet
    at: float = 0.0  # s, when it left last
    times: int = 0
    is_held: bool = False
    is_due: bool = True


@final
class Outgoing:
    """Messages on their way out. `packets` gives what may leave now, `take` is told what has arrived."""

    def __init__(self, window: int, payload_max: int) -> None:
        self.window = window
        self.payload_max = payload_max
        self.retransmitted = 0
        self._payload = payload_max
        self._messages: deque[bytes] = deque()
        self._cut = 0  # bytes of the first message that have been made into packets
        self._sent: deque[_Sent] = deque()  # unacknowledged, by seq
        self._next = 0
        self._order = 0
        self._srtt: float | None = None
        self._rttvar = 0.0
        self._timeouts = 0  # in a row
        self._progress_at = 0.0  # s, when something arrived last: what waits behind it is not late yet
        self._judged = self._lost = 0

    def add(self, message: bytes) -> None:
        """Raises ValueError for an empty message or one longer than MESSAGE_MAX."""
        if not 0 < len(message) <= MESSAGE_MAX:
            raise ValueError(f"a message of {len(message)} bytes; 1 to {MESSAGE_MAX} can be sent")
        self._messages.append(message)

    @property
    def backlog(self) -> int:
        """Bytes of messages of which nothing has left yet."""
        return sum(map(len, self._messages)) - self._cut

    @property
    def is_done(self) -> bool:
        """Whether all has been acknowledged."""
        return not self._messages and not self._sent

    def packets(self, now: float) -> Iterator[_Sent]:
        """What may leave now, lost ones first."""
        for sent in self._sent:
            if sent.is_due:
                yield self._leave(sent, now)
        while self._messages and len(self._sent) < self.window:
            message = self._messages[0]
            piece = message[self._cut : self._cut + self._payload]
            sent = _Sent(self._next, piece, self._cut == 0, self._cut + len(piece) == len(message))
            self._next = (self._next + 1) % SEQ
            self._cut += len(piece)
            if sent.last:
                self._messages.popleft()
                self._cut = 0
            self._sent.append(sent)
            yield self._leave(sent, now)

    def take(self, ack: int, held: int, now: float) -> None:
        """What the other side has: all before `ack`, and ack + i for each bit i of `held`."""
        base = self._sent[0].seq if self._sent else self._next
        count = (ack - base) % SEQ
        if count > len(self._sent):
            return  # of before; an acknowledgement overtakes nothing, so this one is damaged or stale
        latest = 0
        for sent in (self._sent.popleft() for _ in range(count)):
            if not sent.is_held:
                latest = max(latest, self._arrived(sent, now))
        for place, sent in enumerate(self._sent):
            if held >> place & 1 and not sent.is_held:
                sent.is_held = True
                sent.is_due = False
                latest = max(latest, self._arrived(sent, now))
        for sent in self._sent:
            if not sent.is_held and not sent.is_due and sent.order < latest:
                self._lose(sent)

    def next_timer(self) -> float | None:
        waiting = next((sent for sent in self._sent if not sent.is_held), None)
        return None if waiting is None else max(waiting.at, self._progress_at) + self._rto()

    def on_timer(self, now: float) -> None:
        """A time-out: the oldest goes again, at each further one twice as many, and acknowledgements tell the rest."""
        timer = self.next_timer()
        if timer is None or now < timer:
            return
        waiting = [sent for sent in self._sent if not sent.is_held]
        for sent in waiting[: 1 << min(self._timeouts, 5)]:
            self._lose(sent)
        self._timeouts += 1

    def _rto(self) -> float:
        rto = RTO_FIRST_S if self._srtt is None else self._srtt + 4 * self._rttvar
        return min(max(rto, RTO_MIN_S) * (1 + min(self._timeouts, 3)), RTO_MAX_S)

    def _leave(self, sent: _Sent, now: float) -> _Sent:
        self._order += 1
        self.retransmitted += sent.times > 0
        sent.order, sent.at, sent.times, sent.is_due = self._order, now, sent.times + 1, False
        self._judged += 1
        if self._judged >= JUDGED:
            if self._lost * 3 > self._judged:
                self._payload = max(self._payload // 2, min(PAYLOAD_MIN, self.payload_max))
            elif self._lost * 8 <= self._judged:
                self._payload = min(self._payload * 2, self.payload_max)
            self._judged = self._lost = 0
        return sent

    def _arrived(self, sent: _Sent, now: float) -> int:
        self._timeouts = 0
        self._progress_at = now
        if sent.times == 1:  # Karn: of one sent twice nobody knows which has come
            took = now - sent.at
            if self._srtt is None:
                self._srtt, self._rttvar = took, took / 2
            else:
                self._rttvar += (abs(took - self._srtt) - self._rttvar) / 4
                self._srtt += (took - self._srtt) / 8
        return sent.order

    def _lose(self, sent: _Sent) -> None:
        sent.is_due = True
        self._lost += 1


@final
class Incoming:
    """Pieces that come in, in any order and more than once, and the messages made of them."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.ack = 0  # next seq that is waited for
        self.repeated = 0
        self.refused = 0  # messages that were too long, or had no beginning
        self._held: dict[int, tuple[bool, bool, bytes]] = {}
        self._message: bytearray | None = None

    @property
    def held(self) -> int:
        """Bit i: packet ack + i is here."""
        return sum(1 << (seq - self.ack) % SEQ for seq in self._held)

    def take(self, seq: int, first: bool, last: bool, payload: bytes) -> list[bytes]:
        """The messages that are whole by this piece, in order."""
        if (seq - self.ack) % SEQ >= self.window or seq in self._held:
            self.repeated += 1
            return []
        self._held[seq] = (first, last, payload)
        messages = []
        while self.ack in self._held:
            message = self._append(*self._held.pop(self.ack))
            self.ack = (self.ack + 1) % SEQ
            if message is not None:
                messages.append(message)
        return messages

    def _append(self, first: bool, last: bool, payload: bytes) -> bytes | None:
        if first:
            self._message = bytearray()
        if self._message is None or len(self._message) + len(payload) > MESSAGE_MAX:
            self.refused += 1
            self._message = None
            return None
        self._message += payload
        if not last:
            return None
        message, self._message = bytes(self._message), None
        return message
