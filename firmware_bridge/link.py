"""The microcontroller link: calls, answers, resets and silence that follow the state table of `states`.

Pure: bytes and time go in through the five verbs. The host calls, the device answers; a session is the pair of their
nonces, so a side that has booted anew is noticed by its first word, and nothing of an old session is taken for new.
"""

import struct
from dataclasses import dataclass
from typing import final

from firmware_bridge.engine import Write
from firmware_bridge.errors import DeviceError
from firmware_bridge.framing import Deframer, Text, crc32c, enframe
from firmware_bridge.packets import (
    DATA_HEADER,
    FRAME_MIN,
    VERSION_HIGHEST,
    VERSION_LOWEST,
    Ack,
    Data,
    Hello,
    Loose,
    Packet,
    common_version,
    decode_packet,
    encode_packet,
    session_of,
)
from firmware_bridge.states import CALL_EVERY_S, CALLS, DEVICE, HOST, SILENCE_S, Action, Event, State
from firmware_bridge.window import Incoming, Outgoing

KEEP_ALIVE_S = 1.0  # a side that has said nothing for so long says so
ACK_DELAY_S = 0.01  # for data to come that carries it
TEXT_QUIET_S = 0.1  # then lines of text are handed on
PACKET_USUAL = 96  # bytes: longer ones waste more when a byte is lost than their headers save


ENDS = {
    Event.BOOTED: "the device has restarted",
    Event.STRANGE: "the device has restarted and speaks another version of the link",
    Event.CALLED: "the host has called anew",
    Event.SILENCE: f"nothing was heard for {SILENCE_S:g} s",
}
FORGOTTEN = "the device has ended the session"  # it did not hear us, or another host has called it


@dataclass(frozen=True, slots=True)
class Opened:
    """A session has begun."""

    hello: Hello  # of the other side
    version: int
    called: float  # s, when the first hello left that this may answer
    heard: float  # s, when its answer came


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message has come whole."""

    message: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over: what had not been acknowledged may or may not have arrived."""

    why: str  # FORGOTTEN or one of ENDS, for people


@dataclass(frozen=True, slots=True)
class Said:
    """Text on the same line."""

    text: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Nobody answers, or nobody whom we understand."""

    why: str


Output = Write | Opened | Delivered | Closed | Said | GivenUp


@final
class Link:
    """One side of the link.

    Attributes:
        state: as in the table.
    """

    def __init__(self, body: bytes = b"", *, is_device: bool = False, window: int = 32, frame: int = 512) -> None:
        """
        Args:
            body: of a device's hello.
            is_device: this side answers, the other calls.
            window: DATA packets that this side holds, 1 .. 32.
            frame: bytes of the longest packet it takes, 32 .. 1024.
        """
        self.body = body
        self.state = State.IDLE
        self._is_device = is_device
        self._window, self._frame = window, frame
        self._nonce = 0
        self._peer: Hello | None = None
        self._session = -1
        self._outgoing = Outgoing(1, FRAME_MIN)
        self._incoming = Incoming(window)
        self._deframer = Deframer()
        self._outputs: list[Output] = []
        self._calls = 0
        self._called_at = self._first_called_at = self._heard_at = self._said_at = 0.0
        self._ack_due: float | None = None
        self._unacked = 0
        self._text_due: float | None = None
        self._bad = self._echoed = self._unexpected = self._foreign = self._sessions = 0
        self._counted = [0, 0]  # retransmitted, repeated: of earlier sessions

    # -- the five verbs

    def call(self, now: float) -> None:
        """Host: begin to call."""
        self._nonce = self._make_nonce(now)
        self._fire(Event.CALL, now)

    def listen(self, now: float) -> None:
        """Device: say that we are there, and wait for a call."""
        self._nonce = self._make_nonce(now)
        self._fire(Event.LISTEN, now)

    def send(self, message: bytes, now: float) -> None:
        """A message that arrives, or the session ends; only while open."""
        self._outgoing.add(message)
        self._pump(now)

    def send_loose(self, message: bytes, now: float) -> None:
        """A message that may be lost, and is where no session is open."""
        if self.is_open:
            self._write(Loose(self._session, message, self._is_device), now)

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN

    @property
    def backlog(self) -> int:
        """Bytes of reliable messages of which nothing has left yet."""
        return self._outgoing.backlog

    @property
    def is_done(self) -> bool:
        """Whether all reliable messages have been acknowledged."""
        return self._outgoing.is_done

    def receive(self, data: bytes, now: float) -> None:
        for found in self._deframer.receive(data):
            if isinstance(found, Text):
                self._say(found)
            else:
                self._take(found, now)
        self._text_due = now + TEXT_QUIET_S
        self._pump(now)

    def on_timer(self, now: float) -> None:
        if self._text_due is not None and now >= self._text_due:
            self._text_due = None
            for found in self._deframer.flush():
                if isinstance(found, Text):
                    self._say(found)
        if self.state is State.CALLING and now >= self._called_at + CALL_EVERY_S:
            self._fire(Event.GIVEN_UP if self._calls >= CALLS else Event.NO_ANSWER, now)
        if self.state in (State.OPEN, State.ANSWERED) and now >= self._heard_at + SILENCE_S:
            self._fire(Event.SILENCE, now)
        if self.state is State.OPEN:
            self._outgoing.on_timer(now)
            self._pump(now)
            if now >= self._said_at + KEEP_ALIVE_S or (self._ack_due is not None and now >= self._ack_due):
                self._acknowledge(now)

    def next_timer(self) -> float | None:
        timers = [self._text_due]
        if self.state is State.CALLING:
            timers.append(self._called_at + CALL_EVERY_S)
        if self.state in (State.OPEN, State.ANSWERED):
            timers.append(self._heard_at + SILENCE_S)
        if self.state is State.OPEN:
            timers += [self._said_at + KEEP_ALIVE_S, self._ack_due, self._outgoing.next_timer()]
        return min((timer for timer in timers if timer is not None), default=None)

    def drain(self) -> list[Output]:
        outputs, self._outputs = self._outputs, []
        return outputs

    def statistics(self) -> dict[str, int]:
        return {
            "sessions": self._sessions,
            "damaged": self._deframer.damaged,
            "bad": self._bad,
            "echoed": self._echoed,
            "foreign": self._foreign,
            "unexpected": self._unexpected,
            "retransmitted": self._counted[0] + self._outgoing.retransmitted,
            "repeated": self._counted[1] + self._incoming.repeated,
        }

    # -- packets

    def _take(self, data: bytes, now: float) -> None:
        try:
            packet = decode_packet(data)
        except DeviceError:
            self._bad += 1
            return
        if packet.from_device is self._is_device:
            self._echoed += 1
        elif isinstance(packet, Hello):
            self._take_hello(packet, now)
        elif packet.session != self._session or self.state not in (State.OPEN, State.ANSWERED):
            self._foreign += 1
            self._fire(Event.FOREIGN, now)
        else:
            self._heard_at = now
            self._fire(Event.SPOKEN_TO, now)
            self._take_spoken(packet, now)

    def _take_hello(self, hello: Hello, now: float) -> None:
        peer = self._peer
        if common_version(hello) is None:
            event = Event.STRANGE
        elif self._is_device:
            event = Event.CALLED if peer is None or peer.nonce != hello.nonce else Event.CALLED_AGAIN
        elif hello.peer != self._nonce or (self.state is State.OPEN and peer and hello.nonce != peer.nonce):
            event = Event.BOOTED
        else:
            event = Event.ANSWER
        if event is not Event.BOOTED and (event is not Event.STRANGE or not self._is_device):
            self._peer = hello
            self._heard_at = now
        has_booted = peer is None or hello.nonce != peer.nonce
        self._fire(event, now, FORGOTTEN if event is Event.BOOTED and not has_booted else "")

    def _take_spoken(self, packet: Data | Ack | Loose, now: float) -> None:
        match packet:
            case Data():
                expected = self._incoming.ack
                for message in self._incoming.take(packet.seq, packet.first, packet.last, packet.payload):
                    self._outputs.append(Delivered(message, now))
                self._outgoing.take(packet.ack, 0, now)
                self._unacked += 1
                if self._unacked >= 2 or packet.seq != expected or self._incoming.held:
                    self._ack_due = now
                elif self._ack_due is None:
                    self._ack_due = now + ACK_DELAY_S
            case Ack():
                self._outgoing.take(packet.ack, packet.held, now)
            case Loose():
                self._outputs.append(Delivered(packet.payload, now))

    def _pump(self, now: float) -> None:
        """Send what may leave, and the acknowledgement that is due and found no back to ride on."""
        if self.state is not State.OPEN:
            return
        for sent in self._outgoing.packets(now):
            ack = self._incoming.ack
            packet = Data(self._session, sent.seq, ack, sent.payload, sent.first, sent.last, self._is_device)
            self._write(packet, now)
            if not self._incoming.held:
                self._ack_due, self._unacked = None, 0
        if self._ack_due is not None and now >= self._ack_due:
            self._acknowledge(now)

    def _acknowledge(self, now: float) -> None:
        self._ack_due, self._unacked = None, 0
        self._write(Ack(self._session, self._incoming.ack, self._incoming.held, self._is_device), now)

    def _write(self, packet: Packet, now: float) -> None:
        self._said_at = now
        self._outputs.append(Write(enframe(encode_packet(packet))))

    def _say(self, text: Text) -> None:
        self._outputs.append(Said(text.data.decode("utf-8", "replace").strip()[:200]))

    # -- the table

    def _fire(self, event: Event, now: float, why: str = "") -> None:
        row = (DEVICE if self._is_device else HOST).get((self.state, event))
        if row is None:
            self._unexpected += 1
            return
        was, (self.state, action) = self.state, row
        match action:
            case Action.HELLO:
                self._hello(event, now)
            case Action.OPEN:
                self._open(now)
            case Action.CONFIRM:
                self._acknowledge(now)
            case Action.LOSE | Action.LOSE_HELLO:
                self._forget(now)
                if was is State.OPEN:
                    self._outputs.append(Closed(why or ENDS[event]))
                if action is Action.LOSE_HELLO:
                    self._hello(Event.CALL, now)
            case Action.REFUSE:
                assert self._peer is not None
                self._outputs.append(GivenUp(_no_common_version(self._peer)))
            case Action.GIVE_UP:
                self._outputs.append(GivenUp(f"nobody answered {CALLS} hellos in {CALLS * CALL_EVERY_S:g} s"))
            case Action.NOTHING:
                pass

    def _forget(self, now: float) -> None:
        """The session is over. A host calls with another nonce, so that it stays over."""
        self._session, self._calls = -1, 0
        self._count()
        self._outgoing = Outgoing(1, FRAME_MIN)
        if not self._is_device:
            self._peer, self._nonce = None, self._make_nonce(now)
        elif self.state is State.LISTENING:
            self._peer = None

    def _hello(self, event: Event, now: float) -> None:
        if event in (Event.FOREIGN, Event.BOOTED) and now < self._called_at + CALL_EVERY_S:
            return  # at most so often, however many strange packets come
        self._calls += 1
        if self._calls == 1:
            self._first_called_at = now
        self._called_at = now
        answered = 0
        if self._is_device and self._peer is not None:
            answered = self._peer.nonce
            self._session = session_of(answered, self._nonce)
        own = (self._window, self._frame, self.body)
        self._write(Hello(self._nonce, answered, VERSION_LOWEST, VERSION_HIGHEST, *own, self._is_device), now)

    def _open(self, now: float) -> None:
        assert self._peer is not None
        version = common_version(self._peer)
        assert version is not None
        pair = (self._nonce, self._peer.nonce)
        self._session = session_of(*(pair[::-1] if self._is_device else pair))
        self._count()
        self._outgoing = Outgoing(self._peer.window, min(self._peer.frame, PACKET_USUAL) - DATA_HEADER)
        self._sessions += 1
        self._outputs.append(Opened(self._peer, version, self._first_called_at, now))
        self._acknowledge(now)

    def _count(self) -> None:
        self._counted[0] += self._outgoing.retransmitted
        self._counted[1] += self._incoming.repeated
        self._incoming = Incoming(self._window)

    def _make_nonce(self, now: float) -> int:
        """Another for each call: the clock of the host is enough, because nobody here is an enemy."""
        return crc32c(struct.pack("<dI", now, self._nonce)) or 1


def _no_common_version(hello: Hello) -> str:
    return (
        f"the device speaks versions {hello.lowest} to {hello.highest} of the link, this host {VERSION_LOWEST} to "
        f"{VERSION_HIGHEST}; update whichever is older"
    )
