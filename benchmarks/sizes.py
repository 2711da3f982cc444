"""Bytes: of a stroke's payload, of the whole log, of live drawing."""

import hashlib

import msgpack

from benchmarks.data import handwriting
from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.refine import refine
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import MeshId, Origin, PersonId, author_id, op_id, room_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.codec import Pen, decode_stroke, encode_stroke
from edgeboard.wire.live import Live, encode_live
from edgeboard.wire.previews import PreviewWriter

MESH = MeshId(b"benchmark mesh.!")
ORIGIN = Origin(1 << 63 | 5)
PIECE = 8  # points of a live piece


def payload() -> dict[str, float]:
    """Each stroke on its own, exactly as recorded, everything counted."""
    strokes = handwriting()
    points = size = rows = 0
    for stroke in strokes:
        data = encode_stroke(0, 0, 24, stroke)
        assert decode_stroke(data)[1] == stroke
        points += len(stroke.x)
        size += len(data)
        rows += len(msgpack.packb(list(zip(stroke.x, stroke.y, stroke.pressure or (), stroke.t or (), strict=True))))
    return {"bytes_per_point": size / points, "msgpack_rows": rows / points, "points": points}


def whole_log() -> dict[str, float]:
    """Every stroke thinned, logged and signed as the pen leaves the paper: one op and one batch each."""
    key = NodeKey(hashlib.sha256(b"benchmark").digest())
    author = LocalAuthor(MESH, room_id(MESH, "b"), author_id(key.node_id, 1, 1), key.public_key, key.sign)
    maker = Maker(ORIGIN)
    person = PersonId(b"p" * 16)
    points = size = kept = 0
    for lamport, stroke in enumerate(handwriting()):
        thinned = refine(stroke, 3.0)
        kept += len(thinned.x)
        payload = encode_stroke(0, 0, 24, thinned)
        op = maker.make(Add(page=0, layer=0, type=ItemType.STROKE, payload=payload), lamport)
        size += len(author.batch([(op, person)], 1_700_000_000_000 + lamport))
        points += len(stroke.x)
    return {"bytes_per_point": size / points, "kept_share": kept / points}


def live() -> dict[str, float]:
    """Previews of 8 points, one frame each: every byte that goes into the data channel."""
    points = size = 0
    for number, stroke in enumerate(handwriting(), 1):
        writer = PreviewWriter(op_id(ORIGIN, number), Pen(0, 0, 24))
        for end in range(PIECE, len(stroke.x) + PIECE, PIECE):
            for item in writer.show(stroke, min(end, len(stroke.x))):
                size += len(encode_live(Live(1, (item,))))
        points += len(stroke.x)
    return {"bytes_per_point": size / points}
