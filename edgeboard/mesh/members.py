"""The roster: everybody of the mesh that this node has heard of, what each says of itself, and who of them is alive.

Nobody is asked whether he is alive. A link ends, or falls silent, at both its ends; each end then says so in its own
record. So a node is alive as long as somebody alive lists it among those that he hears, beginning with ourselves. What
a record says of its own node's neighbours is believed; a name alone, of which there is no record, counts for nothing.

A record of our own key that is not ours and not older than we are tells of a copied card.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import final

from edgeboard.errors import LimitError
from edgeboard.ids import AuthorTag, MeshId, NodeId
from edgeboard.vectors import Vector
from edgeboard.wire.gossip import MEMBERS_MAX, RECORDS_MAX
from edgeboard.wire.members import About, Record, Verify, peek_version, read_record, sign_record

COUNT_BITS = 21  # of a version as one number; with a boot number it has 53
OLD_MAX = 1_024  # records that are kept to be known again
HINTS_MAX = 512  # boards that discovery has named and nobody has met


@final
class Members:
    """All that is known of the members of one mesh, ourselves among them.

    Args:
        mesh: whose members.
        public_key: our own.
        boot: 8 bytes, which of our runs this is.
        sign: signs our record.
        verify: checks those of others.
        admits: whether a node is a member, by the grant that it shows.
    """

    def __init__(
        self,
        mesh: MeshId,
        public_key: bytes,
        boot: bytes,
        sign: Callable[[bytes], bytes],
        verify: Verify,
        admits: Callable[[NodeId, bytes], bool] = lambda node, grant: True,
    ) -> None:
        self._mesh = mesh
        self._public_key = public_key
        self._boot = boot
        self._sign = sign
        self._verify = verify
        self._admits = admits
        self._own = sign_record(mesh, public_key, boot, 0, About("", "", (), ()), sign)
        self._records: dict[NodeId, Record] = {}  # of others
        self._old: dict[bytes, None] = {}  # records as they travel that are no news any more: most come several times
        self._hints: dict[NodeId, tuple[str, ...]] = {}  # what discovery says: where a node may be
        self._linked: frozenset[NodeId] = frozenset()
        self._alive: frozenset[NodeId] | None = None  # None: to be found out again
        self._gone_since: dict[NodeId, float] = {}
        self._digest: bytes | None = None  # and of these two as well
        self._vector: Vector | None = None
        self.copies = 0  # records of our own key that another machine has made

    # -- ourselves

    @property
    def me(self) -> NodeId:
        return self._own.node

    @property
    def own(self) -> Record:
        return self._own

    def tell(self, about: About) -> bool:
        """Say this of ourselves from now on; False if it was said already."""
        if about == self._own.about and self._own.count:
            return False
        self._own = sign_record(self._mesh, self._public_key, self._boot, self._own.count + 1, about, self._sign)
        self._changed()
        return True

    def hear(self, linked: Iterable[NodeId]) -> None:
        """These are the nodes that we are linked to, and hear."""
        linked = frozenset(linked)
        if linked != self._linked:
            self._linked = linked
            self._alive = None

    # -- others

    def take(self, data: bytes) -> Record | None:
        """Take a record that came from anywhere; None if it is no news, or of nobody of this mesh.

        Raises:
            DecodeError: not a record. SignatureError: not signed by the node that it is about.
            LimitError: the mesh has more members than fit.
        """
        if data in self._old:
            return None
        node, version = peek_version(data)
        if node == self.me:
            if version > self._own.version:
                read_record(data, self._mesh, self._verify)
                self.copies += 1
            return None
        known = self._records.get(node)
        if known is not None and known.version >= version:
            self._is_old(data)
            return None
        record = read_record(data, self._mesh, self._verify)
        if not self._admits(node, record.about.grant):
            self.forget(node)  # put out, or never let in: whoever passes it on may not have heard
            return None
        if known is None and len(self._records) >= MEMBERS_MAX - 1:
            self._make_room()
        self._records[node] = record
        self._is_old(data)
        before = () if known is None else [each.node for each in known.about.neighbours]
        self._changed(is_alive_still=known is not None and before == [each.node for each in record.about.neighbours])
        return record

    def _is_old(self, data: bytes) -> None:
        self._old[data] = None
        if len(self._old) > OLD_MAX:
            del self._old[next(iter(self._old))]

    def _make_room(self) -> None:
        """Forget who has been gone for longest."""
        gone = [node for node in self._records if node not in self.alive()]
        if not gone:
            raise LimitError(f"a mesh has at most {MEMBERS_MAX} members")
        self.forget(min(gone, key=lambda node: self._gone_since.get(node, 0.0)))

    def forget(self, node: NodeId) -> None:
        """Know nothing of a node any more."""
        self._records.pop(node, None)
        self._hints.pop(node, None)
        self._gone_since.pop(node, None)
        self._old.clear()
        self._changed()

    def hint(self, node: NodeId, urls: tuple[str, ...]) -> None:
        """Discovery has seen a node; no urls: it has gone."""
        self._hints.pop(node, None)
        if urls and node != self.me:
            self._hints[node] = urls
            if len(self._hints) > HINTS_MAX:
                del self._hints[next(iter(self._hints))]

    def _changed(self, *, is_alive_still: bool = False) -> None:
        self._digest = self._vector = None
        if not is_alive_still:
            self._alive = None

    # -- what is known

    def alive(self) -> frozenset[NodeId]:
        """Who is alive, as far as can be told from here; ourselves not among them."""
        if self._alive is None:
            found: set[NodeId] = {self.me, *self._linked}
            waiting = list(self._linked)
            while waiting:
                record = self._records.get(waiting.pop())
                if record is None:
                    continue
                for each in record.about.neighbours:
                    if each.node not in found and each.node in self._records:
                        found.add(each.node)
                        waiting.append(each.node)
            self._alive = frozenset(found - {self.me})
        return self._alive

    def note_gone(self, node: NodeId, now: float) -> None:
        """A node was alive until now."""
        self._gone_since[node] = now

    def hinted(self) -> frozenset[NodeId]:
        """Nodes that discovery sees."""
        return frozenset(self._hints)

    def urls(self, node: NodeId) -> tuple[str, ...]:
        """Where a node may be reached: what discovery sees first, then what the node says of itself."""
        record = self._records.get(node)
        said = () if record is None else record.about.urls
        return tuple(dict.fromkeys((*self._hints.get(node, ()), *said)))

    def get(self, node: NodeId) -> Record | None:
        return self._own if node == self.me else self._records.get(node)

    def degree(self, node: NodeId) -> int:
        """How many links a node says that it has; 0 if it said nothing."""
        record = self.get(node)
        return 0 if record is None else len(record.about.neighbours)

    def are_linked(self, one: NodeId, other: NodeId) -> bool:
        """Whether `one` says that it hears `other`."""
        record = self.get(one)
        return record is not None and any(each.node == other for each in record.about.neighbours)

    def __iter__(self) -> Iterator[Record]:
        """All records, ourselves first."""
        yield self._own
        yield from self._records.values()

    def __len__(self) -> int:
        return len(self._records) + 1

    # -- gossip

    def versions(self) -> tuple[tuple[bytes, int, int], ...]:
        return tuple((record.node, *record.version) for record in self)

    def vector(self) -> Vector:
        """Whom we know in which version, as HAVE says it."""
        if self._vector is None:
            self._vector = Vector({tag_of(record): number_of(record) for record in self})
        return self._vector

    def digest(self) -> bytes:
        """8 bytes that differ when two rosters do."""
        if self._digest is None:
            lines = sorted((node, boot, count) for node, boot, count in self.versions())
            told = b"".join(n + b.to_bytes(4, "big") + c.to_bytes(8, "big") for n, b, c in lines)
            self._digest = hashlib.sha256(told).digest()[:8]
        return self._digest

    def beyond(self, known: Iterable[tuple[bytes, int, int]]) -> list[Record]:
        """The records that somebody lacks who knows these versions, at most as many as fit into some messages."""
        theirs = {node: (boot, count) for node, boot, count in known}
        lacked = [record for record in self if record.version > theirs.get(record.node, (0, -1))]
        return lacked[: 8 * RECORDS_MAX]


def tag_of(record: Record) -> AuthorTag:
    """What stands for a node where a HAVE names authors."""
    return AuthorTag(record.node[:8])


def number_of(record: Record) -> int:
    """The version of a record as one number: boot number and count."""
    boot, count = record.version
    return boot << COUNT_BITS | min(count, (1 << COUNT_BITS) - 1)
