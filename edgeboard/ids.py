"""Identifiers, as bytes or integers, and their printed forms.

An op id is one integer, ``origin << 32 | counter``, so that comparing two ids compares (origin, counter) and a
dictionary lookup costs one hash of a small integer.
"""

import hashlib
from typing import NewType

from edgeboard.errors import DecodeError

NodeId = NewType("NodeId", bytes)  # 16 bytes, SHA-256(Ed25519 public key)[:16]
PersonId = NewType("PersonId", bytes)  # 16 random bytes, kept by a device
MeshId = NewType("MeshId", bytes)  # 16 bytes
RoomId = NewType("RoomId", bytes)  # 16 bytes, see room_id()
AuthorId = NewType("AuthorId", bytes)  # 24 bytes: node id 16, boot number u32, random 32 bits
AuthorTag = NewType("AuthorTag", bytes)  # 8 bytes, see author_tag()
Origin = NewType("Origin", int)  # 64 random bits: one run of a person's device
OpId = NewType("OpId", int)  # origin << 32 | counter
MeshTag = NewType("MeshTag", bytes)  # 8 bytes, see mesh_tag()
BlobHash = NewType("BlobHash", bytes)  # 32 bytes, SHA-256 of a blob

BLOB_HASH_BYTES = 32
COUNTER_BITS = 32
COUNTER_MAX = (1 << COUNTER_BITS) - 1
ORIGIN_MAX = (1 << 64) - 1


def op_id(origin: Origin, counter: int) -> OpId:
    return OpId(origin << COUNTER_BITS | counter)


def origin_of(op: OpId) -> Origin:
    return Origin(op >> COUNTER_BITS)


def counter_of(op: OpId) -> int:
    return op & COUNTER_MAX


def show_op(op: OpId) -> str:
    """The printed form, 16 hex digits of the origin, a colon, the counter: ``00000000000000ff:12``."""
    return f"{origin_of(op):016x}:{counter_of(op)}"


def parse_op(text: str) -> OpId:
    """Read what `show_op` prints.

    Raises:
        DecodeError: not of that form.
    """
    origin, colon, counter = text.partition(":")
    try:
        if colon and len(origin) == 16 and 1 <= int(counter) <= COUNTER_MAX:
            return op_id(Origin(int(origin, 16)), int(counter))
    except ValueError:
        pass
    raise DecodeError(f"not an op id: {text[:40]!r}")


def show_origin(origin: Origin) -> str:
    return f"{origin:016x}"


def node_id(public_key: bytes) -> NodeId:
    """The id of the node that holds this Ed25519 public key (32 bytes)."""
    return NodeId(hashlib.sha256(public_key).digest()[:16])


def author_id(node: NodeId, boot: int, nonce: int) -> AuthorId:
    """The id of one boot's log: `boot` and `nonce` are unsigned 32-bit numbers."""
    return AuthorId(node + boot.to_bytes(4, "big") + nonce.to_bytes(4, "big"))


def author_tag(author: AuthorId, public_key: bytes) -> AuthorTag:
    """The short name of an author in vectors and batches (docs/formats/oplog.md)."""
    return AuthorTag(hashlib.sha256(b"edgeboard-author-1" + author + public_key).digest()[:8])


def room_id(mesh: MeshId, name: str) -> RoomId:
    """The id of the room of this name in this mesh."""
    return RoomId(hashlib.sha256(b"edgeboard-room-1" + mesh + name.encode()).digest()[:16])


def mesh_tag(mesh: MeshId) -> MeshTag:
    """What a mesh is called where strangers can read it: it tells the boards of two meshes apart, and nothing else."""
    return MeshTag(hashlib.sha256(b"edgeboard-tag-1" + mesh).digest()[:8])
