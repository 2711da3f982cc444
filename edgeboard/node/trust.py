"""How the members of a mesh keep one another's charters equal, and put out whoever was revoked. Pure.

Every new link is told our charter, and every link when it changes; so news crosses the mesh as fast as messages do. The
link of a revoked node is closed at once, and it never hears of an epoch that was made to shut it out. An admin's
node that sees revocations which no epoch covers makes the next one, unless another does so first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError
from edgeboard.identity.charter import Charter, Kind
from edgeboard.identity.credentials import Credentials
from edgeboard.identity.grants import Grant
from edgeboard.identity.membership import Issuer, Membership
from edgeboard.identity.trust import SECRET_BYTES
from edgeboard.ids import NodeId
from edgeboard.mesh.values import CloseLink, Send
from edgeboard.node.values import Alarm
from edgeboard.rate import TokenBucket
from edgeboard.wire.messages import Channel, CharterIs, decode, encode

EPOCH_WAIT_S = 3.0  # for whoever has revoked, or another admin, to make the epoch
CHARTERS_PER_S = 2.0  # of one link; a mesh changes a few times a year
CHARTERS_BURST = 20.0

HEAD = (b"\x93\x1a", b"\xdc\x00\x03\x1a")  # how a CHARTER begins, in the forms that msgpack has for three elements


@dataclass(frozen=True, slots=True)
class Keep:
    """This is what the node holds of its mesh now; it belongs on the disk."""

    membership: Membership


@dataclass(frozen=True, slots=True)
class Forget:
    """This node was put out: it need not be looked for any more."""

    node: NodeId


Output = Send | CloseLink | Keep | Forget | Alarm


@dataclass(slots=True)
class _Neighbour:
    grant: Grant
    bucket: TokenBucket


@final
class Trust:
    """One node's part in it.

    Args:
        credentials: shared with all that meet other nodes; the membership in it is replaced here alone.
        issuer: what this node signs with, if it is an admin or holds the mesh key.
        entropy: `n` random bytes, for the secret of an epoch.
    """

    def __init__(self, credentials: Credentials, issuer: Issuer | None, entropy: Callable[[int], bytes]) -> None:
        self._credentials = credentials
        self._issuer = issuer
        self._entropy = entropy
        self._neighbours: dict[int, _Neighbour] = {}
        self._epoch_due: float | None = None
        self._out: list[Output] = []
        self._said_revoked = False

    @property
    def membership(self) -> Membership:
        return self._credentials.membership

    @property
    def issuer(self) -> Issuer | None:
        """What this node may sign with; None once it was put out."""
        if self._issuer is not None and self._issuer.grant is not None:
            return None if self.is_revoked else self._issuer
        return self._issuer

    @property
    def is_revoked(self) -> bool:
        """Whether this node itself was put out, as far as it knows."""
        return self.membership.charter.is_revoked(self.membership.grant)

    def shuns(self, node: NodeId, grant: Grant | None = None) -> bool:
        """Whether a node is not to be dialled. One that an admin could not put out is, once its grant is known."""
        return self.membership.charter.names(node, grant)

    # -- links

    def knows(self, link: int) -> bool:
        return link in self._neighbours

    def link_up(self, link: int, grant: bytes, now: float) -> None:
        """An authenticated link to a node that has shown this grant."""
        self._neighbours[link] = _Neighbour(Grant.from_bytes(grant), TokenBucket(CHARTERS_PER_S, CHARTERS_BURST, now))
        if self.membership.charter.needs_epoch and self.issuer is not None:
            self._epoch_due = self._epoch_due or now + EPOCH_WAIT_S
        if not self._put_out(link):
            if self.membership.is_private:  # it is no longer alone
                self._take(self.membership.inhabited())
            self._say(link)

    def link_down(self, link: int) -> None:
        self._neighbours.pop(link, None)

    def receive(self, data: tuple[int, bytes], now: float) -> None:
        """A CHARTER from a node; whatever is wrong with it ends that link and nothing else."""
        link, message = data
        neighbour = self._neighbours.get(link)
        if neighbour is None:
            return
        try:
            if not neighbour.bucket.take(now):
                raise RefusedError(CloseCode.RATE, "the charter of this mesh is told more often than it can change")
            said = decode(Channel.CTL, message)
            if not isinstance(said, CharterIs):
                raise DecodeError("not a charter")
            known = self.membership.charter
            charter = Charter.from_bytes(said.charter, self.membership.mesh, known)
        except DecodeError as error:
            self._end(link, CloseCode.MALFORMED, str(error))
        except RefusedError as error:
            self._end(link, error.code, str(error))
        else:
            self._learn(charter, said.secret, now)

    def news(self, charter: Charter, secret: bytes, now: float) -> None:
        """What a handshake with a member of a newer epoch has brought; its signatures hold."""
        self._learn(charter, secret, now)

    # -- commands

    def submit(self, command: Callable[[float], object], now: float) -> object:
        """Run one of the calls of this engine as an input of its own; drivers use this."""
        return command(now)

    def revoke(self, node: NodeId, now: float, grant: Grant | None = None) -> bool:
        """Put a node out of the mesh, for ever; False if that was done before. `grant` is that node's, if it is known.

        Raises:
            StateError: this node is no admin, or is the one to be put out, or its word does not count against that.
            LimitError: as many were put out as a charter holds.
        """
        if node == self.membership.grant.bearer:
            raise StateError("this board cannot put itself out; do that on another, or join another mesh here")
        shown = [grant, *(each.grant for each in self._neighbours.values()), *self.membership.charter.admins()]
        issuer = self.issuer
        if issuer is not None and issuer.grant is not None:
            for each in shown:
                if each is not None and each.bearer == node and self.membership.charter.is_above_admins(each):
                    raise StateError(
                        f"board {node.hex()[:8]} has its role from the key of the mesh itself, so an admin cannot put "
                        "it out: do that on a board with that key (mesh.key in the state directory of the board that "
                        "made the mesh, or a copy of it)"
                    )
        return self._revoke(Kind.NODE, node, now)

    def revoke_token(self, token: bytes, now: float) -> bool:
        """End a guest's token by its id; False if that was done before. Raises as `revoke`."""
        return self._revoke(Kind.TOKEN, token, now)

    def _revoke(self, kind: Kind, target: bytes, now: float) -> bool:
        issuer = self.issuer
        if issuer is None and self.is_revoked:
            raise StateError(f"this board was itself put out of the mesh {self.membership.charter.name}")
        if issuer is None:
            raise StateError(
                "this board is no admin of its mesh; do that on the one that made the mesh, or on an admin's"
            )
        charter = self.membership.charter
        revoked = charter.with_revocation(issuer.revoke(kind, target))
        if revoked == charter:
            return False
        self._take(self.membership.learn(revoked, None))
        if kind is not Kind.TOKEN:
            self._make_epoch()
        self._tell(now)
        return True

    def take(self, membership: Membership, now: float) -> None:
        """The owner has changed what this node holds: it is no longer alone in its mesh."""
        self._take(membership)

    # -- time and output

    def next_timer(self) -> float | None:
        return self._epoch_due

    def on_timer(self, now: float) -> None:
        if self._epoch_due is not None and now >= self._epoch_due:
            self._epoch_due = None
            if self.membership.charter.needs_epoch and self.issuer is not None:
                self._make_epoch()
                self._tell(now)

    def drain(self) -> Iterator[Output]:
        while self._out:
            yield self._out.pop(0)

    # -- what happens

    def _learn(self, charter: Charter, secret: bytes, now: float) -> None:
        learned = self.membership.learn(charter, secret)
        if learned is not self.membership:
            self._take(learned)
            self._tell(now)
        if self.is_revoked and not self._said_revoked:
            self._said_revoked = True
            self._out.append(Alarm(f"this board was put out of the mesh {learned.charter.name}"))

    def _take(self, membership: Membership) -> None:
        known = self.membership.charter.revocations
        self._credentials.membership = membership
        news = sorted(membership.charter.revocations - known, key=lambda each: each.order)
        self._out += [Forget(NodeId(each.target)) for each in news if each.kind == Kind.NODE]
        self._out.append(Keep(membership))

    def _make_epoch(self) -> None:
        assert self._issuer is not None
        self._take(self._issuer.next_epoch(self.membership, self._entropy(SECRET_BYTES)))

    def _tell(self, now: float) -> None:
        """Everybody hears of a change, but whom it puts out."""
        for link in list(self._neighbours):
            if not self._put_out(link):
                self._say(link)
        if self.membership.charter.needs_epoch and self.issuer is not None:
            self._epoch_due = self._epoch_due or now + EPOCH_WAIT_S
        else:
            self._epoch_due = None

    def _put_out(self, link: int) -> bool:
        """Close the link of a node whose grant holds no longer."""
        try:
            self.membership.charter.role_of(self._neighbours[link].grant)
        except RefusedError as error:
            self._end(link, error.code, str(error))
            return True
        return False

    def _say(self, link: int) -> None:
        member = self.membership
        news = CharterIs(member.charter.to_bytes(), member.secret.secret)
        self._out.append(Send(link, Channel.CTL, encode(news)))

    def _end(self, link: int, code: CloseCode, text: str) -> None:
        self._neighbours.pop(link, None)
        self._out.append(CloseLink(link, code, text))
