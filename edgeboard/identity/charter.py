"""The charter: what all members of a mesh know of it, and how two members' knowledge becomes one.

It holds the key and the name of the mesh, who was put out, and the newest epoch. Rules of this file: a charter is
a value, every signature in it was checked when it was read or made; `merge` is commutative, associative and idempotent
whatever was signed by whom, so the order in which news arrives does not matter; nothing is ever taken back.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

import msgpack

from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError, SignatureError
from edgeboard.identity.grants import Grant, Role
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, length_prefixed, verify_again
from edgeboard.identity.trust import COMMITMENT_BYTES, EPOCH_MAX
from edgeboard.ids import MeshId, NodeId, node_id

REVOCATIONS_MAX = 200  # so that a charter fits into one message; at 280 bytes at most each
CHARTER_MAX = 60 * 1024  # bytes
NAME_MAX = 40  # characters
TARGET_MAX = 32  # bytes

_FORM = 1
_DIGEST_BYTES = 32


class Kind(IntEnum):
    """What a revocation names. Numbers are on the wire: append only; unknown ones are kept and passed on."""

    SERIAL = 1  # one grant: u64
    NODE = 2  # a node, whatever grant it shows: its id, 16 bytes
    TOKEN = 3  # a guest's token: its id


def mesh_id(mesh_key: bytes) -> MeshId:
    """The id of the mesh with this public key: it certifies the key, as a node id does."""
    return MeshId(bytes(node_id(mesh_key)))


@dataclass(frozen=True, slots=True)
class Revocation:
    """Somebody was put out; `issuer_grant` is None if the key of the mesh has signed it, else that of an admin."""

    kind: int
    target: bytes
    issuer_grant: Grant | None
    signature: bytes

    def message(self, mesh: MeshId) -> bytes:
        return b"edgeboard-revocation-1" + mesh + bytes((self.kind,)) + length_prefixed(self.target)

    @property
    def order(self) -> tuple[bool, bool, int, bytes, bytes, bytes]:
        """Tokens come last, so that they crowd no node out; else those of the mesh key first, before any admin's."""
        above = self.issuer_grant
        signed = above.to_bytes() if above else b"", self.signature
        return self.kind == Kind.TOKEN, above is not None, self.kind, self.target, *signed


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """The epoch that counts: what commits to its secret, and which revocations it shuts out."""

    epoch: int
    commitment: bytes
    covers: bytes  # digest of the revocations that were known to its maker
    issuer_grant: Grant | None
    signature: bytes

    def message(self, mesh: MeshId) -> bytes:
        return b"edgeboard-epoch-1" + mesh + self.epoch.to_bytes(8, "big") + self.commitment + self.covers

    @property
    def order(self) -> tuple[int, bytes, bytes, bytes, bytes]:
        above = self.issuer_grant
        return self.epoch, self.commitment, self.covers, above.to_bytes() if above else b"", self.signature


@dataclass(frozen=True, slots=True)
class Charter:
    """One member's knowledge of its mesh."""

    mesh_key: bytes
    name: str
    name_signature: bytes
    epoch: EpochRecord
    revocations: frozenset[Revocation] = frozenset()

    @property
    def mesh(self) -> MeshId:
        return mesh_id(self.mesh_key)

    # -- questions

    def role_of(self, grant: Grant) -> Role:
        """What the bearer of a grant may do.

        Raises:
            RefusedError: the grant does not hold (AUTH_FAILED), or it or its issuer was revoked (REVOKED).
        """
        grant.check(self.mesh_key, self.mesh)
        if self.is_revoked(grant):
            raise RefusedError(
                CloseCode.REVOKED,
                f"board {grant.bearer.hex()[:8]} was put out of the mesh {self.name}; to come back as a new "
                "board it needs an invitation, and there: edgeboard join --leave INVITATION",
            )
        above = grant.issuer_grant
        if above is not None and self.is_revoked(above):
            raise RefusedError(
                CloseCode.REVOKED,
                f"the board that let board {grant.bearer.hex()[:8]} in was put out of the mesh {self.name}; "
                "another has to invite it, and there: edgeboard join --leave INVITATION",
            )
        return grant.role

    def is_revoked(self, grant: Grant) -> bool:
        """Whether a grant was revoked, by itself. Who has the mesh key's word as an admin loses it by that key only."""
        serial, bearer = grant.serial.to_bytes(8, "big"), grant.bearer
        by_the_key_only = self.is_above_admins(grant)
        return any(
            (each.kind == Kind.NODE and each.target == bearer) or (each.kind == Kind.SERIAL and each.target == serial)
            for each in self.revocations
            if each.issuer_grant is None or not by_the_key_only
        )

    def is_above_admins(self, grant: Grant) -> bool:
        """Whether the mesh key alone can put the bearer out: it has made him an admin itself."""
        return grant.issuer == self.mesh_key and grant.role >= Role.ADMIN

    def names(self, node: NodeId, grant: Grant | None = None) -> bool:
        """Whether some revocation is of this node, and counts against its grant if that is known."""
        by_the_key_only = grant is not None and self.is_above_admins(grant)
        return any(
            each.kind == Kind.NODE and each.target == node and (each.issuer_grant is None or not by_the_key_only)
            for each in self.revocations
        )

    def admins(self) -> Iterator[Grant]:
        """The grants of those admins who have signed something in it."""
        for grant in (self.epoch.issuer_grant, *(each.issuer_grant for each in self.revocations)):
            if grant is not None:
                yield grant

    def is_revoked_token(self, token: bytes) -> bool:
        """Whether a guest's token with this id was ended."""
        return any(each.kind == Kind.TOKEN and each.target == token for each in self.revocations)

    @property
    def covers(self) -> bytes:
        """The digest of the revocations."""
        return covers_of(self.revocations)

    @property
    def needs_epoch(self) -> bool:
        """Whether somebody was put out who knows the secret of the present epoch."""
        maker = self.epoch.issuer_grant
        return self.epoch.covers != self.covers or (maker is not None and self.is_revoked(maker))

    # -- change

    def merge(self, other: "Charter") -> "Charter":
        """What two members of one mesh know together."""
        if other.mesh_key != self.mesh_key:
            raise ValueError("charters of two meshes have nothing in common")
        name, signature = max((each.name, each.name_signature) for each in (self, other))
        epoch = max(self.epoch, other.epoch, key=lambda record: record.order)
        return Charter(self.mesh_key, name, signature, epoch, _bounded(self.revocations | other.revocations))

    def with_epoch(self, record: EpochRecord) -> "Charter":
        return Charter(self.mesh_key, self.name, self.name_signature, record, self.revocations)

    def with_revocation(self, revocation: Revocation) -> "Charter":
        """Put somebody out.

        Raises:
            LimitError: as many were put out as a charter holds.
        """
        known = _bounded(self.revocations | {revocation})
        if not any((each.kind, each.target) == (revocation.kind, revocation.target) for each in known):
            raise LimitError(
                f"this mesh has put out {REVOCATIONS_MAX} already, which is all that it can remember; make a new mesh"
            )
        return Charter(self.mesh_key, self.name, self.name_signature, self.epoch, known)

    # -- encoding

    def to_bytes(self) -> bytes:
        """The form of docs/formats/trust.md; equal charters have equal bytes."""
        record = self.epoch
        epoch = [record.epoch, record.commitment, record.covers, _above(record.issuer_grant), record.signature]
        revoked = [
            [each.kind, each.target, _above(each.issuer_grant), each.signature]
            for each in sorted(self.revocations, key=lambda each: each.order)
        ]
        fields = [_FORM, self.mesh_key, self.name, self.name_signature, epoch, revoked]
        return bytes(msgpack.packb(fields))

    @classmethod
    def from_bytes(cls, data: bytes, mesh: MeshId, known: "Charter | None" = None) -> Self:
        """Read a charter of this mesh and check all that is signed in it; what `known` holds is not checked again.

        Raises:
            DecodeError: not of that form; `LimitError` when too large.
            RefusedError: of another mesh (OTHER_MESH), or forged (`SignatureError`).
        """
        charter = cls._read(data)
        if charter.mesh != mesh:
            raise RefusedError(CloseCode.OTHER_MESH, "this is the charter of another mesh")
        founding = naming(mesh, charter.name)
        if not verify_again(charter.mesh_key, charter.name_signature, founding):
            raise SignatureError("the name of this mesh was not signed by its key")
        if known is None or charter.epoch != known.epoch:
            charter._check(charter.epoch, "an epoch")
        for revocation in charter.revocations - (known.revocations if known else frozenset()):
            charter._check(revocation, "a revocation")
        return charter

    @classmethod
    def _read(cls, data: bytes) -> Self:
        if len(data) > CHARTER_MAX:
            raise LimitError(f"a charter of {len(data)} bytes; the limit is {CHARTER_MAX}")
        try:
            fields = msgpack.unpackb(data)
            if not isinstance(fields, list) or fields[0] != _FORM:
                raise DecodeError("not a charter of a form known here")
            _, key, name, name_signature, epoch, revoked = fields[:6]
            record = EpochRecord(
                _number(EPOCH_MAX, epoch[0], least=1), _exactly(COMMITMENT_BYTES, epoch[1]),
                _exactly(_DIGEST_BYTES, epoch[2]), _read_above(epoch[3]), _exactly(SIGNATURE_BYTES, epoch[4]),
            )  # fmt: skip
            if len(revoked) > REVOCATIONS_MAX:
                raise LimitError(f"a charter of {len(revoked)} revocations; the limit is {REVOCATIONS_MAX}")
            revocations = frozenset(
                Revocation(_number(255, kind), _target(target), _read_above(above), _exactly(SIGNATURE_BYTES, signed))
                for kind, target, above, signed in revoked
            )
        except DecodeError:
            raise
        except (ValueError, TypeError, IndexError, KeyError, msgpack.UnpackException, RecursionError, OverflowError):
            raise DecodeError("not a charter") from None
        if not isinstance(name, str) or not is_mesh_name(name):
            raise DecodeError("the name of a mesh is 1 to 40 printable characters")
        return cls(
            _exactly(PUBLIC_KEY_BYTES, key), name, _exactly(SIGNATURE_BYTES, name_signature), record,
            _bounded(revocations),
        )  # fmt: skip

    def _check(self, signed: Revocation | EpochRecord, what: str) -> None:
        """Raises: SignatureError: not signed by the mesh key, nor by an admin of its making."""
        above, key = signed.issuer_grant, self.mesh_key
        if above is not None:
            if above.role < Role.ADMIN or above.issuer != self.mesh_key:
                raise SignatureError(f"{what} in this charter was made by a board that may not make it")
            above.check(self.mesh_key, self.mesh)
            key = above.public_key
        if not verify_again(key, signed.signature, signed.message(self.mesh)):
            raise SignatureError(f"{what} in this charter is forged")


def covers_of(revocations: Iterable[Revocation]) -> bytes:
    """The digest of revocations: of whom they name, whoever has signed."""
    named = sorted({(each.kind, each.target) for each in revocations})
    parts = (bytes((kind,)) + length_prefixed(target) for kind, target in named)
    return hashlib.sha256(b"edgeboard-covers-1" + b"".join(parts)).digest()


def naming(mesh: MeshId, name: str) -> bytes:
    """What the mesh key signs to give its mesh a name."""
    return b"edgeboard-founding-1" + mesh + length_prefixed(name.encode())


def is_mesh_name(name: str) -> bool:
    return 0 < len(name) <= NAME_MAX and name.isprintable() and bool(name.strip())


def _bounded(revocations: Iterable[Revocation]) -> frozenset[Revocation]:
    """One revocation for each target, and of these the first in order."""
    chosen: dict[tuple[int, bytes], Revocation] = {}
    for each in sorted(revocations, key=lambda each: each.order):
        chosen.setdefault((each.kind, each.target), each)
    return frozenset(list(chosen.values())[:REVOCATIONS_MAX])


def _above(grant: Grant | None) -> bytes | None:
    return None if grant is None else grant.to_bytes()


def _read_above(value: Any) -> Grant | None:  # noqa: ANN401 - what msgpack gave
    if value is None:
        return None
    if not isinstance(value, bytes):
        raise DecodeError("a grant is neither bytes nor nil")
    return Grant.from_bytes(value)


def _target(value: object) -> bytes:
    if isinstance(value, bytes) and 0 < len(value) <= TARGET_MAX:
        return value
    raise DecodeError("a revocation names nobody")


def _exactly(size: int, value: object) -> bytes:
    if isinstance(value, bytes) and len(value) == size:
        return value
    raise DecodeError(f"a field is not {size} bytes")


def _number(most: int, value: object, least: int = 0) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise DecodeError("a field is not a number in its range")
