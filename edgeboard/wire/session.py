"""The handshake between two nodes as an engine (docs/formats/handshake.md).

Rules of this file: no byte of a stranger goes further than `handshake.read` before both proofs hold; nothing that
arrives raises, it ends in `Closed`; the time, the nonce and the ephemeral key come in as arguments. What may happen
when is `TABLE`, and nothing else changes the state.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never, final

from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError
from edgeboard.identity.charter import Charter
from edgeboard.identity.credentials import Credentials
from edgeboard.identity.grants import Grant, Role
from edgeboard.identity.keys import verify
from edgeboard.wire.handshake import Auth, Hello, OldHello, Side, Transcript, read
from edgeboard.wire.messages import MESSAGE_MAX, Channel, CharterIs, Close, closing, encode
from edgeboard.wire.sealing import Opener, Sealer, exchange_public, seal_link

HANDSHAKE_S = 3.0  # from the open channel to OPEN: one round trip and two signatures, with room for a busy board
EARLY_MAX = 4 * 1024  # bytes before OPEN; HELLO with a grant and AUTH are below 1 KiB
NEWS_MAX = EARLY_MAX + MESSAGE_MAX  # bytes in all where a member of a newer epoch brings the charter

CLONE_TEXT = (
    "this state directory was copied from another machine; remove node.key on one of them to make a new identity, "
    "and invite it"
)


class State(Enum):
    WAIT_HELLO = "WAIT_HELLO"
    WAIT_AUTH = "WAIT_AUTH"
    WAIT_NEWS = "WAIT_NEWS"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Event(Enum):
    HELLO_FITS = "HELLO that fits"
    AUTH_HOLDS = "AUTH that holds"
    NEWER = "AUTH that holds, of a newer epoch"
    OLDER = "AUTH that holds, of an older epoch"
    NEWS = "CHARTER that holds"
    WRONG = "anything else, or too much of it"
    LATE = "3 s have passed"
    TOLD = "CLOSE from the other side"


_ENDS = {Event.WRONG: State.CLOSED, Event.LATE: State.CLOSED, Event.TOLD: State.CLOSED}
TABLE: dict[State, dict[Event, State]] = {
    State.WAIT_HELLO: {Event.HELLO_FITS: State.WAIT_AUTH, **_ENDS},
    State.WAIT_AUTH: {
        Event.AUTH_HOLDS: State.OPEN,
        Event.NEWER: State.WAIT_NEWS,
        Event.OLDER: State.CLOSED,
        **_ENDS,
    },
    State.WAIT_NEWS: {Event.NEWS: State.CLOSED, **_ENDS},
    State.OPEN: {},
    State.CLOSED: {},
}


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What binds the proofs to a WebRTC connection: the sha-256 DTLS fingerprints of both ends."""

    mine: bytes
    theirs: bytes


@dataclass(frozen=True, slots=True)
class EphemeralKey:
    """What binds the proofs to a WebSocket: an X25519 key of this meeting (32 random bytes)."""

    private: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for ctl; `sealed` when they go through the sealer already (on a WebSocket, after AUTH)."""

    data: bytes
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """The other side is who it says. `seal` and `unseal` are there on a WebSocket."""

    public_key: bytes
    boot: bytes
    grant: Grant
    capabilities: Mapping[str, object]
    seal: Sealer | None
    unseal: Opener | None

    @property
    def role(self) -> Role:
        return self.grant.role


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What arrives from now on is sealed, though the link is not open (on a WebSocket, before the news)."""

    unseal: Opener


@dataclass(frozen=True, slots=True)
class News:
    """What a member of a newer epoch has brought: a charter whose signatures hold, and the secret of its epoch."""

    charter: Charter
    secret: bytes


@dataclass(frozen=True, slots=True)
class Early:
    """A message on log that overtook AUTH; delivered after `Opened`, before anything else."""

    channel: Channel
    data: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The meeting is over; `cause` is TOLD when the other side gave the reason, NEWS when it is worth another one."""

    code: CloseCode
    text: str
    cause: Event


Output = Send | Opened | Unsealed | News | Early | Closed


@final
class Session:
    """One side of one handshake: feed it, `drain` it, arm one timer for `next_timer`."""

    def __init__(
        self,
        credentials: Credentials,
        side: Side,
        binding: Fingerprints | EphemeralKey,
        nonce: bytes,
        now: float,
        *,
        capabilities: Mapping[str, object] | None = None,
        expected: bytes | None = None,
    ) -> None:
        """Say HELLO.

        Args:
            credentials: who we are.
            side: whether we opened the link.
            binding: what ties the proofs to this connection.
            nonce: 32 fresh random bytes.
            now: when the channel opened.
            capabilities: what we can do, for the other side.
            expected: the public key that signaling was signed with, if there was signaling.
        """
        self.state = State.WAIT_HELLO
        self._credentials = credentials
        self._member = credentials.membership  # as it is at this meeting, whatever news comes meanwhile
        self._side = side
        self._binding = binding
        self._nonce = nonce
        self._deadline = now + HANDSHAKE_S
        self._expected = expected
        self._received = 0  # bytes
        self._early: list[Early] = []
        self._outputs: list[Output] = []
        self._theirs: Hello | None = None
        self._their_grant: Grant | None = None
        self._transcript: Transcript | None = None
        self._sealing: tuple[Sealer, Opener] | None = None
        self._exchange = exchange_public(binding.private) if isinstance(binding, EphemeralKey) else None
        hello = Hello(
            public_key=credentials.key.public_key,
            mesh=self._member.mesh,
            epoch=self._member.secret.epoch,
            commitment=self._member.secret.commitment,
            grant=credentials.grant_bytes,
            nonce=nonce,
            boot=credentials.boot,
            exchange=self._exchange,
            capabilities=capabilities or {},
        )
        self._hello = hello.to_bytes()
        self._outputs.append(Send(self._hello))

    @property
    def sealer(self) -> Sealer | None:
        """What seals our frames after AUTH; None before, and on WebRTC."""
        return None if self._sealing is None else self._sealing[0]

    def receive(self, data: bytes, now: float, channel: Channel = Channel.CTL) -> None:
        """Take one message. After CLOSED it is ignored.

        Raises:
            StateError: the session is open; its owner reads the channels from then on.
        """
        if self.state is State.CLOSED:
            return
        if self.state is State.OPEN:
            raise StateError("the session is open and reads no more")
        self._received += len(data)
        if now >= self._deadline:
            self.on_timer(now)
        elif self._received > (NEWS_MAX if self.state is State.WAIT_NEWS else EARLY_MAX):
            self._close(Event.WRONG, CloseCode.AUTH_FAILED, "too much was said before the proof of identity")
        elif channel is Channel.LOG:
            self._early.append(Early(channel, data))
        elif channel is Channel.CTL:
            self._read(data)

    def on_timer(self, now: float) -> None:
        if now >= self._deadline and self.next_timer() is not None:
            self._close(Event.LATE, CloseCode.AUTH_FAILED, f"no proof of identity within {HANDSHAKE_S:.0f} s")

    def next_timer(self) -> float | None:
        return None if self.state in (State.OPEN, State.CLOSED) else self._deadline

    def drain(self) -> Iterator[Output]:
        """What is to be done now, in order; each output comes once."""
        while self._outputs:
            yield self._outputs.pop(0)

    def _step(self, event: Event) -> None:
        follows = TABLE[self.state].get(event)
        if follows is None:
            raise StateError(f"{event.value} in {self.state.value}")
        self.state = follows

    def _close(self, event: Event, code: CloseCode, text: str) -> None:
        if event is not Event.TOLD:
            self._outputs.append(Send(closing(code, text), sealed=self.sealer is not None))
        self._step(event)
        self._outputs.append(Closed(code, text, event))

    def _read(self, data: bytes) -> None:
        try:
            match message := read(data):
                case Hello():
                    self._on_hello(message, data)
                case Auth():
                    self._on_auth(message)
                case CharterIs():
                    self._on_news(message)
                case OldHello():
                    raise RefusedError(
                        CloseCode.TOO_OLD, f"version {message.version} is not spoken any more; update it"
                    )
                case Close():
                    self._close(Event.TOLD, close_code(message.code), message.text)
                case _:
                    assert_never(message)
        except DecodeError as error:
            # After HELLO whatever does not hold has the same code, see the table of the format.
            code = CloseCode.MALFORMED if self.state is State.WAIT_HELLO else CloseCode.AUTH_FAILED
            self._close(Event.WRONG, code, str(error))
        except RefusedError as error:
            self._close(Event.WRONG, error.code, str(error))

    def _on_hello(self, theirs: Hello, data: bytes) -> None:
        if self.state is not State.WAIT_HELLO:
            raise RefusedError(CloseCode.AUTH_FAILED, "HELLO was said twice")
        self._check_hello(theirs)
        binding = self._bindings(theirs)
        mine = self._credentials
        keys = mine.key.public_key, theirs.public_key
        pairs = [(self._nonce, theirs.nonce), binding, keys, (self._hello, data)]
        if self._side is Side.ANSWERER:
            pairs = [(b, a) for a, b in pairs]
        self._theirs = theirs
        self._transcript = Transcript(self._member.mesh, *pairs)
        sealing = None
        if isinstance(self._binding, EphemeralKey):
            sealing = seal_link(self._binding.private, binding[1], self._transcript.salt(), self._side)
            if sealing is None:
                raise RefusedError(CloseCode.AUTH_FAILED, "the X25519 key gives no secret")
        proof = self._transcript.of(self._side, self._member.grant.to_bytes(), mine.boot)
        self._outputs.append(Send(Auth(mine.key.sign(proof), self._member.secret.mac(proof)).to_bytes()))
        self._sealing = sealing
        self._step(Event.HELLO_FITS)

    def _check_hello(self, theirs: Hello) -> None:
        mine = self._credentials
        if theirs.mesh != self._member.mesh:
            raise RefusedError(CloseCode.OTHER_MESH, "this node belongs to another mesh")
        if theirs.public_key == mine.key.public_key:
            if theirs.boot == mine.boot:
                raise RefusedError(CloseCode.FORBIDDEN, "a node does not link to itself")
            raise RefusedError(CloseCode.CLONE, CLONE_TEXT)
        if self._expected is not None and theirs.public_key != self._expected:
            raise RefusedError(CloseCode.AUTH_FAILED, "another node answers than the one that was introduced")
        if theirs.nonce == self._nonce:
            raise RefusedError(CloseCode.AUTH_FAILED, "our own nonce came back")
        self._their_grant = self._member.read_grant(theirs.grant, theirs.public_key)

    def _bindings(self, theirs: Hello) -> tuple[bytes, bytes]:
        """What ties the proofs to this connection: ours, theirs."""
        match self._binding:
            case Fingerprints():
                return self._binding.mine, self._binding.theirs
            case EphemeralKey():
                if theirs.exchange is None or self._exchange is None:
                    raise RefusedError(CloseCode.AUTH_FAILED, "a link over a WebSocket needs an X25519 key")
                return self._exchange, theirs.exchange
            case _:
                assert_never(self._binding)

    def _on_auth(self, auth: Auth) -> None:
        theirs, transcript, grant = self._theirs, self._transcript, self._their_grant
        if theirs is None or transcript is None or grant is None or self.state is not State.WAIT_AUTH:
            raise RefusedError(CloseCode.AUTH_FAILED, "AUTH was said before HELLO, or twice")
        proof = transcript.of(self._side.other, theirs.grant, theirs.boot)
        secret = self._member.secret
        # The cheap check first: a stranger costs no verification of a signature.
        if theirs.rank == secret.rank and not secret.holds(auth.mac, proof):
            raise RefusedError(CloseCode.AUTH_FAILED, "the other side does not hold the secret of this mesh")
        if not verify(theirs.public_key, auth.signature, proof):
            raise RefusedError(CloseCode.AUTH_FAILED, "the other side does not hold the key that it names")
        seal, unseal = self._sealing or (None, None)
        if theirs.rank > secret.rank:
            self._step(Event.NEWER)
            if unseal is not None:
                self._outputs.append(Unsealed(unseal))
        elif theirs.rank < secret.rank:
            self._bring_news()
        else:
            self._step(Event.AUTH_HOLDS)
            self._outputs.append(Opened(theirs.public_key, theirs.boot, grant, theirs.capabilities, seal, unseal))
            self._outputs += self._early

    def _bring_news(self) -> None:
        """They slept through an epoch: their grant and key hold, so they get what they need to meet us again."""
        member, is_sealed = self._member, self.sealer is not None
        news = CharterIs(member.charter.to_bytes(), member.secret.secret)
        text = f"this mesh is in epoch {member.secret.epoch}; it has been told, dial again"
        self._outputs.append(Send(encode(news), sealed=is_sealed))
        self._outputs.append(Send(closing(CloseCode.EPOCH, text), sealed=is_sealed))
        self._step(Event.OLDER)
        self._outputs.append(Closed(CloseCode.EPOCH, text, Event.OLDER))

    def _on_news(self, news: CharterIs) -> None:
        if self.state is not State.WAIT_NEWS:
            raise RefusedError(CloseCode.AUTH_FAILED, "CHARTER was said before the proof of identity")
        charter = Charter.from_bytes(news.charter, self._member.mesh, known=self._member.charter)
        if self._member.learn(charter, news.secret).secret.rank <= self._member.secret.rank:
            raise RefusedError(CloseCode.AUTH_FAILED, "the other side claims a newer epoch and has none")
        self._step(Event.NEWS)
        self._outputs.append(News(charter, news.secret))
        text = f"this board has learned of epoch {charter.epoch.epoch}; it dials again"
        self._outputs.append(Closed(CloseCode.EPOCH, text, Event.NEWS))


def close_code(number: int) -> CloseCode:
    """The code of a CLOSE; one that this version does not know counts as going away."""
    try:
        return CloseCode(number)
    except ValueError:
        return CloseCode.GOING_AWAY
