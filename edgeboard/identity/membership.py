"""What a node holds of its mesh, and what those may do who issue: found a mesh, admit, revoke, change the epoch.

Values without I/O: secrets and serials are random bytes and numbers that the caller brings.
"""

from dataclasses import dataclass
from typing import final

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.charter import Charter, EpochRecord, Kind, Revocation, covers_of, mesh_id, naming
from edgeboard.identity.grants import ADMINS_GIVE_MOST, Grant, Role
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.trust import EPOCH_MAX, MeshSecret
from edgeboard.ids import MeshId


@dataclass(frozen=True, slots=True)
class Membership:
    """The charter, the secret of its epoch, and the own grant.

    Attributes:
        is_private: nobody but this node has ever been in the mesh, and nobody has asked for it; it may be left for
            another without a word.
    """

    charter: Charter
    secret: MeshSecret
    grant: Grant
    is_private: bool = False

    def __post_init__(self) -> None:
        record = self.charter.epoch
        if self.secret.mesh != self.charter.mesh or self.secret.rank != (record.epoch, record.commitment):
            raise ValueError("a membership has the secret of its charter's epoch")

    @property
    def mesh(self) -> MeshId:
        return self.secret.mesh

    @property
    def is_out(self) -> bool:
        """Whether the own grant holds no longer, as far as this charter knows."""
        try:
            self.charter.role_of(self.grant)
        except RefusedError:
            return True
        return False

    def read_grant(self, data: bytes | None, public_key: bytes) -> Grant:
        """The grant that somebody with this key shows, if it lets him in.

        Raises:
            DecodeError: not a grant.
            RefusedError: none, another's, not of this mesh (AUTH_FAILED), or revoked (REVOKED).
        """
        if data is None:
            raise RefusedError(CloseCode.AUTH_FAILED, "this board has no grant of this mesh; it must be invited")
        grant = Grant.from_bytes(data)
        if grant.public_key != public_key:
            raise RefusedError(CloseCode.AUTH_FAILED, "the grant names another node")
        self.charter.role_of(grant)
        return grant

    def learn(self, charter: Charter, secret: bytes | None) -> "Membership":
        """This membership with the news of another member; an epoch is taken only with its secret."""
        merged = self.charter.merge(charter)
        held, record = self.secret, merged.epoch
        if (record.epoch, record.commitment) != held.rank:
            brought = None if secret is None or len(secret) != 32 else MeshSecret(held.mesh, record.epoch, secret)
            if brought is not None and brought.commitment == record.commitment:
                held = brought
            else:
                merged = merged.with_epoch(self.charter.epoch)
        if merged == self.charter:
            return self
        return Membership(merged, held, self.grant)

    def inhabited(self) -> "Membership":
        """The same, as one that others know of."""
        return Membership(self.charter, self.secret, self.grant) if self.is_private else self


@final
class Issuer:
    """Whoever may sign for a mesh: the holder of its key, or an admin with the grant that says so."""

    def __init__(self, mesh: MeshId, key: NodeKey, grant: Grant | None) -> None:
        """`key` is the mesh key if `grant` is None, else the node key of the admin whom `grant` names."""
        if grant is None and mesh_id(key.public_key) != mesh:
            raise ValueError("this is not the key of that mesh")
        if grant is not None and grant.public_key != key.public_key:
            raise ValueError("a grant names its bearer")
        self.mesh = mesh
        self.grant = grant
        self._key = key

    @property
    def most(self) -> Role:
        """The highest role that it can give."""
        return Role.UPDATE if self.grant is None else ADMINS_GIVE_MOST

    def admit(self, public_key: bytes, role: Role, serial: int) -> Grant:
        """A grant for the node with this key; `serial` is 64 random bits.

        Raises:
            RefusedError: more than this issuer can give (FORBIDDEN). DecodeError: not a key.
        """
        if role > self.most:
            raise RefusedError(
                CloseCode.FORBIDDEN,
                f"an admin gives {self.most.name.lower()} at most; more is given on the board that made the mesh",
            )
        if len(public_key) != 32:
            raise DecodeError("not the key of a node")
        unsigned = Grant(public_key, role, serial, self._key.public_key, b"", self.grant)
        signature = self._key.sign(unsigned.message(self.mesh))
        return Grant(public_key, role, serial, self._key.public_key, signature, self.grant)

    def revoke(self, kind: Kind, target: bytes) -> Revocation:
        unsigned = Revocation(kind, target, self.grant, b"")
        return Revocation(kind, target, self.grant, self._key.sign(unsigned.message(self.mesh)))

    def next_epoch(self, membership: Membership, secret: bytes) -> Membership:
        """The membership in an epoch of its own that covers all revocations; `secret` is 32 fresh random bytes."""
        number = min(EPOCH_MAX, membership.charter.epoch.epoch + 1)
        record, held = self.make_epoch(number, secret, membership.charter.covers)
        return Membership(membership.charter.with_epoch(record), held, membership.grant)

    def make_epoch(self, number: int, secret: bytes, covers: bytes) -> tuple[EpochRecord, MeshSecret]:
        held = MeshSecret(self.mesh, number, secret)
        unsigned = EpochRecord(number, held.commitment, covers, self.grant, b"")
        signature = self._key.sign(unsigned.message(self.mesh))
        return EpochRecord(number, held.commitment, covers, self.grant, signature), held


def found_mesh(
    mesh_key: NodeKey, name: str, public_key: bytes, secret: bytes, serial: int, *, is_private: bool = False
) -> Membership:
    """A new mesh with one member, who may do everything.

    Args:
        mesh_key: the key of the mesh; whoever has it owns the mesh.
        name: what people call it, 1 to 40 printable characters.
        public_key: of the first member.
        secret: 32 random bytes, of the first epoch.
        serial: 64 random bits, of the first grant.
        is_private: nobody has asked for it.
    """
    mesh = mesh_id(mesh_key.public_key)
    issuer = Issuer(mesh, mesh_key, None)
    record, held = issuer.make_epoch(1, secret, covers_of(()))
    charter = Charter(mesh_key.public_key, name, mesh_key.sign(naming(mesh, name)), record)
    return Membership(charter, held, issuer.admit(public_key, Role.UPDATE, serial), is_private)
