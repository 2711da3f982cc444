"""What the golden vectors are made of: fixed keys, rooms and persons, and how values are written down in JSON."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgeboard.canvas.ops import (
    Acl,
    Add,
    Alive,
    Clear,
    Context,
    Cut,
    Floor,
    Meta,
    Set,
    Unknown,
    decode_body,
    hash_of,
)
from edgeboard.canvas.values import pack_value
from edgeboard.ids import (
    AuthorTag,
    MeshId,
    PersonId,
    author_id,
    author_tag,
    node_id,
    origin_of,
    room_id,
    show_op,
    show_origin,
)
from edgeboard.oplog.author import LocalAuthor
from edgeboard.varints import put_uvarint
from edgeboard.vectors import Vector

MESH = MeshId(bytes(range(100, 116)))
ROOM = room_id(MESH, "atelier é")
PERSON, SECOND_PERSON = PersonId(b"\x11" * 16), PersonId(b"\x22" * 16)
TAG_1, TAG_2 = AuthorTag(bytes.fromhex("1122334455667788")), AuthorTag(bytes.fromhex("8877665544332211"))
BATCH_TIME = 1_789_000_000_000


@dataclass(frozen=True)
class Member:
    """A node with a fixed key, and its author."""

    seed: bytes
    boot: int = 7
    nonce: int = 0x01020304

    @property
    def key(self):
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public_key(self):
        return self.key.public_key().public_bytes_raw()

    @property
    def node(self):
        return node_id(self.public_key)

    @property
    def author(self):
        return author_id(self.node, self.boot, self.nonce)

    @property
    def tag(self):
        return author_tag(self.author, self.public_key)

    def local(self):
        return LocalAuthor(MESH, ROOM, self.author, self.public_key, self.key.sign)


ALICE, BOB = Member(b"\x01" * 32), Member(b"\x02" * 32)


def context(entries, base=None):
    return Context(base, Vector(entries))


def tail_of(counter, gap, kind, body, undo=0):
    out = bytearray()
    for number in (counter, gap, kind << 4 | undo << 2):
        put_uvarint(out, number)
    return bytes(out) + body


def op_fields(op):
    return {
        "origin": show_origin(origin_of(op.id)),
        "tail": op.tail.hex(),
        "hash": hash_of(op).hex(),
        "id": show_op(op.id),
        "lamport": op.lamport,
        "kind": int(op.kind),
        "undo": int(op.undo),
        "more": op.more,
        "at": op.at,
        "body_at": op.body_at,
    }


def context_fields(context):
    return {
        "base": None if context.base is None else show_op(context.base),
        "vector": [[tag.hex(), n] for tag, n in context.vector],
    }


def body_fields(op):
    """The decoded body; values of registers and meta as the bytes they are in the tail where that is the short form."""
    match decode_body(op):
        case Add() as body:
            item = None if body.item is None else show_op(body.item)
            return {"page": body.page, "layer": body.layer, "type": body.type, "item": item, "index": body.index,
                    "payload": body.payload.hex()}  # fmt: skip
        case Set() as body:
            return {"target": show_op(body.target), "register": body.register, "value": pack_value(body.value).hex()}
        case Alive() as body:
            return {"target": show_op(body.target), "alive": body.alive}
        case Cut() as body:
            return {"piece": show_op(body.piece), "intervals": [list(interval) for interval in body.intervals]}
        case Clear() as body:
            return {"scope": body.scope, "context": context_fields(body.context)}
        case Meta() as body:
            return {"key": body.key, "value": pack_value(body.value).hex()}
        case Acl() as body:
            return {"subject": body.subject.hex(), "role": body.role, "context": context_fields(body.context)}
        case Floor() as body:
            return {"context": context_fields(body.context)}
        case Unknown() as body:
            return {"data": body.data.hex()}


def stroke_fields(stroke):
    def column(values):
        return None if values is None else list(values)

    return {
        "scale": stroke.scale,
        "x": column(stroke.x),
        "y": column(stroke.y),
        "pressure": column(stroke.pressure),
        "t": column(stroke.t),
        "tilt_x": column(stroke.tilt_x),
        "tilt_y": column(stroke.tilt_y),
    }
