"""Writes the golden vectors beside it, which Python, JavaScript and C read: `python tests/vectors/generate.py`.

Deterministic: the same bytes at every run, so that a diff shows a change of format. Bytes are hex, op ids are printed
as in docs/formats/oplog.md. tests/vectors/test_generate.py compares what this makes with what lies here.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))  # so that it also runs as a script

from edgeboard.canvas.leaves import hash_slots  # noqa: E402
from edgeboard.canvas.ops import (  # noqa: E402 - needs the line above
    Acl,
    Add,
    Alive,
    Clear,
    Cut,
    Floor,
    ItemType,
    Kind,
    Maker,
    Meta,
    Register,
    Role,
    Set,
    Undo,
    Unknown,
    decode_op,
    encode_op,
)
from edgeboard.ids import NodeId, OpId, Origin, node_id, op_id, show_op, show_origin  # noqa: E402
from edgeboard.oplog.batch import decode_batch, reduce_batch, signed_bytes  # noqa: E402
from edgeboard.oplog.codec import Stroke, decode_columns, encode_columns, encode_stroke  # noqa: E402
from edgeboard.varints import put_uvarint, zigzag  # noqa: E402
from edgeboard.vectors import Vector  # noqa: E402
from tests.vectors.documents import documents  # noqa: E402
from tests.vectors.live import live_vectors  # noqa: E402
from tests.vectors.parts import (  # noqa: E402
    ALICE,
    BATCH_TIME,
    BOB,
    MESH,
    PERSON,
    ROOM,
    SECOND_PERSON,
    TAG_1,
    TAG_2,
    body_fields,
    context,
    op_fields,
    stroke_fields,
    tail_of,
)
from tests.vectors.serial import serial_vectors  # noqa: E402
from tests.vectors.strokes import ink_vectors, wave  # noqa: E402
from tests.vectors.tickers import ticker_vectors  # noqa: E402

ORIGIN = Origin(0x0123456789ABCDEF)
OTHER = Origin(0xFEDCBA9876543210)


def varints():
    values = [0, 1, 127, 128, 300, 16_383, 16_384, 2**32 - 1, 2**53 - 1, 2**53, 2**63, 2**64 - 1]
    signed = [0, -1, 1, -2, 2, 63, -64, 64, 2**31, -(2**31), 2**52 - 1, -(2**52)]

    def coded(value):
        out = bytearray()
        put_uvarint(out, value)
        return out.hex()

    return {
        "unsigned": [{"value": str(value), "hex": coded(value)} for value in values],
        "signed": [
            {"value": str(value), "zigzag": str(zigzag(value)), "hex": coded(zigzag(value))} for value in signed
        ],
        "bad": [
            {"why": "cut short", "hex": ""},
            {"why": "cut short", "hex": "80"},
            {"why": "not the shortest form", "hex": "8000"},
            {"why": "not the shortest form", "hex": "ff8000"},
            {"why": "above 2**64 - 1", "hex": "ff" * 9 + "02"},
            {"why": "longer than 10 bytes", "hex": "80" * 10 + "01"},
        ],
    }


def ids():
    def member(who):
        return {
            "seed": who.seed.hex(),
            "public_key": who.public_key.hex(),
            "node": who.node.hex(),
            "boot": who.boot,
            "random": who.nonce,
            "author": who.author.hex(),
            "tag": who.tag.hex(),
        }

    return {
        "authors": [member(ALICE), member(BOB)],
        "rooms": [{"mesh": MESH.hex(), "name": "atelier é", "room": ROOM.hex()}],
        "ops": [
            {
                "origin": show_origin(Origin(origin)),
                "counter": counter,
                "printed": show_op(op_id(Origin(origin), counter)),
            }
            for origin, counter in ((0, 1), (255, 12), (2**64 - 1, 2**32 - 1))
        ],
        "vectors": [
            {
                "entries": [[tag.hex(), n] for tag, n in vector],
                "hex": vector.to_bytes().hex(),
                "digest": vector.digest().hex(),
            }
            for vector in (Vector(), Vector({TAG_2: 3, TAG_1: 300}), Vector({TAG_1: 2**53 - 1}))
        ],
        "bad_vectors": [
            {"why": "not sorted", "hex": "02" + TAG_2.hex() + "01" + TAG_1.hex() + "01"},
            {"why": "twice the same", "hex": "02" + TAG_1.hex() + "01" + TAG_1.hex() + "01"},
            {"why": "an entry of 0", "hex": "01" + TAG_1.hex() + "00"},
            {"why": "cut short", "hex": "01" + TAG_1.hex()},
            {"why": "too many", "hex": "914e"},
            {"why": "bytes follow", "hex": "0000"},
        ],
    }


def good_ops():
    payload = encode_stroke(0, 9, 16, Stroke(20, (0, 20, 60), (0, 20, 40), (0, 2048, 4095), (0, 16, 33)))
    here, there = op_id(ORIGIN, 3), op_id(OTHER, 77)
    cases = [
        ("a stroke", 7, 9, Add(0, 0, ItemType.STROKE, payload), {}),
        ("a further piece, far back", 300, 1_000_000, Add(3, 2, ItemType.STROKE, b"", here, 4095), {"more": True}),
        ("a further piece of another origin's item", 7, 9, Add(0, 200, ItemType.STROKE, payload[3:], there, 1), {}),
        ("an item of an unknown type", 1, 1, Add(0, 0, 4321, b"\xff"), {}),
        ("made offline", 2, 5, Add(0, 0, ItemType.TEXT, b"\xc0"), {"at": 1_789_000_000_123}),
        ("a transform", 5, 6, Set(here, Register.TRANSFORM, [1, 0, 0, 1, 2.5, -300]), {}),
        ("a style", 5, 6, Set(there, Register.STYLE, [8, None, None, 0.5]), {"undo": Undo.UNDO}),
        ("a fractional key", 5, 6, Set(here, Register.Z, "a0Vé"), {"undo": Undo.REDO, "more": True}),
        ("an unknown register", 5, 6, Set(here, 900, {"k": [b"\x00", -1, 2**40]}), {}),
        ("a register back to its default", 5, 6, Set(here, Register.LOCK, None), {}),
        ("erased", 4, 4, Alive(here, False), {}),
        ("back again", 2**32 - 1, 2**53 - 1, Alive(here, True), {}),
        ("a cut", 4, 4, Cut(here, ((0, 64), (64, 65), (1000, 32_000))), {}),
        ("a clear of all pages", 4, 4, Clear(0, context({TAG_1: 5, TAG_2: 900})), {}),
        ("a clear of page 1, relative to a floor", 4, 4, Clear(2, context({TAG_2: 9}, base=here)), {}),
        ("a clear relative to another origin's floor", 4, 4, Clear(1, context({}, base=there)), {}),
        ("meta", 4, 4, Meta("page.2.name", "Grundriß"), {}),
        ("an acl", 4, 4, Acl(NodeId(bytes(range(16))), Role.VIEW, context({TAG_1: 1})), {}),
        ("a floor", 4, 4, Floor(context({TAG_1: 10, TAG_2: 20})), {}),
        ("an unknown kind", 4, 4, Unknown(1000, b"anything"), {}),
    ]
    for name, counter, lamport, body, options in cases:
        origin = ORIGIN
        yield name, encode_op(op_id(origin, counter), lamport, body, **options)


def raw_ops():
    """Tails that our own maker does not write and every reader must take."""
    yield (
        "a ref in the long form to its own origin",
        tail_of(5, 0, Kind.ALIVE, b"\0" + ORIGIN.to_bytes(8) + b"\x03\x01"),
    )
    yield "a ref to itself", tail_of(5, 0, Kind.ALIVE, b"\0" + ORIGIN.to_bytes(8) + b"\x05\x01")
    yield "bytes behind alive", tail_of(5, 0, Kind.ALIVE, b"\x01\x00later")
    yield "bytes behind a clear", tail_of(5, 0, Kind.CLEAR, b"\x00\x00\x00later")
    yield "bytes behind a cut", tail_of(5, 0, Kind.CUT, b"\x01\x01\x00\x01later")
    yield "meta of a later version", tail_of(5, 0, Kind.META, b"\x93\xa1k\x01\x02")
    yield "meta in long forms", tail_of(5, 0, Kind.META, b"\xdd\0\0\0\x02\xd9\x01k\xcd\x00\x01")
    yield "an add without a payload", tail_of(5, 0, Kind.ADD, b"\x00\x00\x02")
    yield "kind 0", tail_of(5, 0, 0, b"")


def bad_ops():
    value = b"\xc0"
    heads = [
        ("empty", b""),
        ("counter 0", tail_of(0, 0, Kind.ALIVE, b"\x01\x01")),
        ("counter 2**32", tail_of(2**32, 0, Kind.ALIVE, b"\x01\x01")),
        ("Lamport number 2**53", tail_of(2, 2**53 - 2, Kind.ALIVE, b"\x01\x01")),
        ("undo 3", b"\x01\x00" + bytes([Kind.ALIVE << 4 | 12])),
        ("a head above 2**53", b"\x01\x00" + bytes.fromhex("808080808080808001")),
        ("dated without a date", b"\x01\x00\x31"),
        ("a counter not in its shortest form", b"\x81\x00\x00\x30\x01\x01"),
    ]
    bodies = [
        ("an add cut short", Kind.ADD, b"\x00\x00"),
        ("an add on a page above 2**53", Kind.ADD, bytes.fromhex("8080808080808010") + b"\x00\x02"),
        ("a further piece of index 0", Kind.ADD, b"\x00\x00\x03\x01\x00"),
        ("a further piece of index 4096", Kind.ADD, b"\x00\x00\x03\x01\x80\x20"),
        ("a ref before the first op", Kind.ALIVE, b"\x05\x01"),
        ("a ref to counter 0", Kind.ALIVE, b"\0" + bytes(8) + b"\x00\x01"),
        ("a ref to counter 2**32", Kind.ALIVE, b"\0" + bytes(8) + bytes.fromhex("8080808010") + b"\x01"),
        ("a ref cut short", Kind.ALIVE, b"\0" + bytes(7)),
        ("alive 2", Kind.ALIVE, b"\x01\x02"),
        ("alive missing", Kind.ALIVE, b"\x01"),
        ("a set without a value", Kind.SET, b"\x01\x01"),
        ("a set with two values", Kind.SET, b"\x01\x01" + value * 2),
        ("a set with a value cut short", Kind.SET, b"\x01\x01\x92\xc0"),
        ("a set with the byte msgpack never uses", Kind.SET, b"\x01\x01\xc1"),
        ("a set with a value 65 deep", Kind.SET, b"\x01\x01" + b"\x91" * 65 + value),
        ("a cut without an interval", Kind.CUT, b"\x01\x00"),
        ("a cut with an empty interval", Kind.CUT, b"\x01\x01\x00\x00"),
        ("a cut of 1025 intervals", Kind.CUT, b"\x01\x81\x08" + b"\x00\x01" * 1025),
        ("a clear with an unknown context", Kind.CLEAR, b"\x00\x02\x00"),
        ("a clear with an unsorted vector", Kind.CLEAR, b"\x00\x00\x02" + TAG_2 + b"\x01" + TAG_1 + b"\x01"),
        ("a clear with a number above 2**53", Kind.CLEAR, b"\x00\x00\x01" + TAG_1 + bytes.fromhex("8080808080808010")),
        ("meta of one element", Kind.META, b"\x91\xa1k"),
        ("meta that is a map", Kind.META, b"\x82\xa1k\x01\xa1l\x01"),
        ("meta with a key that is no text", Kind.META, b"\x92\x01\x01"),
        ("meta with a key that is not UTF-8", Kind.META, b"\x92\xa1\xff\x01"),
        ("meta with a key of 129 bytes", Kind.META, b"\x92\xd9\x81" + b"k" * 129 + b"\x01"),
        ("meta with bytes behind it", Kind.META, b"\x92\xa1k\x01\x01"),
        ("an acl cut short", Kind.ACL, bytes(15)),
        ("a floor without a context", Kind.FLOOR, b""),
    ]
    sound = [
        ("a set with a value 64 deep", Kind.SET, b"\x01\x01" + b"\x91" * 64 + value),
        ("a set with text that is not UTF-8", Kind.SET, b"\x01\x04\xa1\xff"),
        ("a set with a map twice of one key", Kind.SET, b"\x01\x07\x82\xa1k\x01\xa1k\x02"),
    ]
    return {
        "bad_heads": [{"why": why, "origin": show_origin(ORIGIN), "tail": tail.hex()} for why, tail in heads],
        "bad_bodies": [
            {"why": why, "origin": show_origin(ORIGIN), "tail": tail_of(4, 0, kind, body).hex()}
            for why, kind, body in bodies
        ],
        "sound_bodies": [
            {"why": why, "origin": show_origin(ORIGIN), "tail": tail_of(4, 0, kind, body).hex()}
            for why, kind, body in sound
        ],
    }


def all_ops():
    ops_made = [(name, op) for name, op in good_ops()]
    ops_read = [(name, decode_op(ORIGIN, tail)) for name, tail in raw_ops()]
    maker = Maker(ORIGIN)
    made = [maker.make(Add(0, 0, ItemType.STROKE, b""), 0), maker.make(Alive(OpId(op_id(ORIGIN, 1)), False), 40)]
    return {
        "ops": [{"name": name, **op_fields(op), "body": body_fields(op)} for name, op in ops_made],
        "only_read": [{"name": name, **op_fields(op), "body": body_fields(op)} for name, op in ops_read],
        "maker": [op_fields(op) for op in made],
        **bad_ops(),
    }


def levels(count, *chosen):
    """Pressures as a tablet of so many levels gives them."""
    return tuple((level * 8190 + count) // (2 * count) for level in chosen)


def columns():
    flat, zigzags = (5,) * 6, (0, 7, 0, 7, 0, 7)
    cases = [
        ("one point", Stroke(20, (-40,), (60,), (4095,), (0,))),
        ("one point, bare", Stroke(8, (0,), (0,))),
        ("two points on the usual grid", Stroke(20, (5, 25), (7, 47))),
        ("constant, scale 20: the tie goes to code 3", Stroke(20, flat, flat)),
        ("constant, scale 8", Stroke(8, flat, flat)),
        ("constant, scale 96", Stroke(96, flat, flat)),
        ("a grid of 20 by 40", Stroke(20, wave(30, 20, 3), wave(30, 40, 3, 2))),
        ("a grid of 7 at scale 50", Stroke(50, wave(30, 7, 3), wave(30, 7, 9, 2))),
        ("a step above 2**20 counts as 1", Stroke(20, (0, 2**21), (0, 2**22))),
        ("order 2 is shorter", Stroke(8, tuple(range(0, 900, 30)), tuple(i * i for i in range(30)))),
        ("order 1 is shorter", Stroke(8, zigzags, zigzags)),
        ("pressure in 1 %", Stroke(8, flat, flat, levels(100, 0, 1, 50, 99, 100, 33))),
        ("pressure of 255", Stroke(8, flat, flat, levels(255, 0, 1, 2, 255, 128, 5))),
        ("pressure of 1023", Stroke(8, flat, flat, levels(1023, 0, 1, 2, 1023, 511, 7))),
        ("pressure of 2047", Stroke(8, flat, flat, levels(2047, 0, 1, 2, 2047, 511, 7))),
        ("raw pressure", Stroke(8, flat, flat, (1, 2, 3, 4, 5, 4094))),
        ("pressure of 15", Stroke(8, flat, flat, levels(15, 0, 1, 2, 15, 7, 8))),
        ("coarse time from 0", Stroke(8, flat, flat, None, (0, 16, 64, 64, 80, 160))),
        ("coarse time of a later piece", Stroke(8, flat, flat, None, (1600, 1616, 1664, 1664, 1680, 1760))),
        ("coarse time that falls", Stroke(8, flat, flat, None, (16, 32, 0, 16, 48, 2**32 - 16))),
        ("time that rises unevenly", Stroke(8, flat, flat, None, (0, 9, 9, 51, 52, 90))),
        ("time that falls", Stroke(8, flat, flat, None, (0, 9, 8, 51, 52, 90))),
        ("time alone", Stroke(8, flat, flat, None, (0, 16, 33, 50, 2**31 - 1, 2**32 - 2))),
        ("tilt", Stroke(8, flat, flat, None, None, (-90, 0, 90, 12, 13, 14), (3, 3, 3, 3, 3, 3))),
        ("everything", Stroke(20, wave(40, 20, 9), wave(40, 20, 9, 2), tuple(v % 4096 for v in wave(40, 7, 99, 3)),
                              tuple(range(0, 640, 16)), tuple(v % 91 for v in wave(40, 1, 5, 4)), wave(40, 1, 1, 5))),
        ("escapes in a quiet column", Stroke(8, (0,) * 40 + (100_000,) * 40 + (99_000,), (0,) * 80 + (-(2**28) + 1,))),
        ("the widest jumps", Stroke(8, (1 - 2**28, 2**28 - 1, 1 - 2**28), (2**28 - 1, 1 - 2**28, 2**28 - 1))),
        ("low bits beyond ten", Stroke(8, wave(20, 1, 60_000), wave(20, 16, 30_000, 7))),
        ("500 points", Stroke(20, wave(500, 20, 2), wave(500, 20, 3, 9),
                              levels(100, *(v % 101 for v in wave(500, 1, 3))), tuple(range(0, 8000, 16)))),
    ]  # fmt: skip
    good = [{"name": name, **stroke_fields(stroke), "hex": encode_columns(stroke).hex()} for name, stroke in cases]
    explicit = bytearray(b"\0\2")
    for number in (20, 20, 20, 0, 0):  # what code 1 says in one byte
        put_uvarint(explicit, number)
    explicit += bytes([0b01_00000_1, 0b10_00_0000])
    only_read = [
        ("the usual grid in explicit form", bytes(explicit)),
        ("bytes behind", bytes.fromhex(good[2]["hex"]) + b"later"),
    ]
    bad = [
        ("empty", ""),
        ("no points", "0200"),
        ("501 points", "02f503" + "0000" + "00"),
        ("pressure code 7", "1e01" + "000000"),
        ("a coarse time beyond 2**32 ms", "a201" + "0000" + "8080808001"),
        ("scale 0", "0001" + "000101" + "0000"),
        ("scale 1025", "0001" + "81080101" + "0000"),
        ("step 0", "0001" + "010001" + "0000"),
        ("x0 of 2**28", "0201" + "8080808002" + "00"),
        ("order 3", "0202" + "0000" + "c0"),
        ("order 3 of tilt", "4202" + "00000000" + "0c00"),
        ("k of 25", "0202" + "0000" + "72"),
        ("25 ones", "0202" + "0000" + "41ffffff00"),
        ("bits cut short", "0202" + "0000" + "41"),
        ("padding that is not 0", "0202" + "0000" + "01"),
        ("level above 100", "0601" + "0000" + "65"),
        ("tilt of 91", "4201" + "0000" + "b60100"),
        ("time of 2**32", "2201" + "0000" + "8080808010"),
        ("a time below 0", "2202" + "000000" + "0410"),
    ]
    return {
        "columns": good,
        "only_read": [
            {"name": name, **stroke_fields(decode_columns(data)[0]), "hex": data.hex()} for name, data in only_read
        ],
        "bad": [{"why": why, "hex": text} for why, text in bad],
        "strokes": [
            {"tool": tool, "colour": colour, "width": width, "columns": good[index]["name"],
             "hex": encode_stroke(tool, colour, width, cases[index][1]).hex()}
            for tool, colour, width, index in ((0, 0, 16, 0), (1, 15, 2048, 6), (0, 16 + 0xFFFFFF, 1, 18))
        ],
        "bad_strokes": [
            {"why": why, "hex": head + good[1]["hex"]}
            for why, head in (("tool 2", "0042"), ("width 0", "0000"), ("width 2049", "008440"),
                              ("a colour too many", "9080800840"))
        ],
    }  # fmt: skip


def batches():
    first, second = ALICE.local(), BOB.local()
    maker, other = Maker(ORIGIN), Maker(OTHER)
    payload = encode_stroke(0, 1, 16, Stroke(20, (0, 20), (0, 20)))
    stroke = maker.make(Add(0, 0, ItemType.STROKE, payload), 0)
    moved = maker.make(Set(stroke.id, Register.TRANSFORM, [1, 0, 0, 1, 10, 0]), 1)
    erased = maker.make(Alive(stroke.id, False), 2)
    guest = other.make(Meta("title", "Küche"), 3)
    three = [(moved, PERSON), (guest, SECOND_PERSON), (erased, PERSON)]
    made = [
        ("the first of an author: introduction and origin", ALICE, first, [(stroke, PERSON)]),
        ("a second, of three ops and a new origin", ALICE, first, three),
        ("a third, nothing new", ALICE, first, [(guest, SECOND_PERSON)]),
        ("another author logs the same op", BOB, second, [(stroke, PERSON)]),
    ]  # fmt: skip
    entries, tables = [], {}
    for name, who, local, logged in made:
        data = local.batch(logged, BATCH_TIME)
        batch = decode_batch(data)
        table = tables.setdefault(who.tag, [])
        table += batch.origins
        hashes = hash_slots(batch.data, batch.heads, table)
        entries.append(batch_fields(name, who, batch, table, hashes))
        if name.startswith("a second"):
            reduced = reduce_batch(batch, {0: hashes[:16], 2: hashes[32:48]})
            entries.append(batch_fields("the second with two ops dropped", who, reduced, table, hashes))
    good = bytes.fromhex(entries[0]["hex"])
    three = bytes.fromhex(entries[1]["hex"])
    counted, rest = bytes((good[0] & ~0x40,)) + good[1:10], good[10:]  # as of a batch of several
    late = bytearray()
    put_uvarint(late, 2**53 // 100 + 1)
    bad = [
        ("empty", b""),
        ("format 2", bytes((good[0] + 1,)) + good[1:]),
        ("an unknown flag", bytes((good[0] | 0x80,)) + good[1:]),
        ("an introduction in mid-log", bytes((three[0] | 0x10,)) + three[1:]),
        ("no introduction at entry 0", bytes((good[0] & ~0x10,)) + good[1:]),
        ("no ops", counted + b"\0" + rest),
        ("one op fewer than it says", counted + b"\2" + rest),
        ("a time above 2**53 ms", good[:10] + late + good[15:]),
        ("cut short", good[:-1]),
        ("a byte more", good + b"\0"),
    ]
    return {
        "mesh": MESH.hex(),
        "room": ROOM.hex(),
        "batches": entries,
        "bad": [{"why": why, "hex": data.hex()} for why, data in bad],
    }


def batch_fields(name, who, batch, table, hashes):
    def slot_fields(slot, digest):
        if slot.dropped is not None:
            return {"dropped": slot.dropped.hex()}
        origin, person = table[slot.row]
        return {
            "row": slot.row,
            "origin": show_origin(origin),
            "person": person.hex(),
            "tail": slot.tail.hex(),
            "hash": digest.hex(),
        }

    message = signed_bytes(
        MESH, ROOM, who.author, who.public_key, batch.first, batch.time, batch.row, batch.origins, hashes
    )
    return {
        "name": name,
        "hex": batch.data.hex(),
        "seed": who.seed.hex(),
        "tag": batch.author.hex(),
        "first": batch.first,
        "count": batch.count,
        "time": batch.time,
        "introduction": batch.introduction and {
            "author": batch.introduction[0].hex(),
            "node": node_id(batch.introduction[1]).hex(),
            "public_key": batch.introduction[1].hex(),
        },
        "row": batch.row,
        "origins": [{"origin": show_origin(origin), "person": person.hex()} for origin, person in batch.origins],
        "slots": [slot_fields(slot, hashes[16 * n : 16 * n + 16]) for n, slot in enumerate(batch.slots)],
        "signed": message.hex(),
        "signature": batch.signature.hex(),
    }  # fmt: skip


FILES = {
    "varints": varints,
    "ids": ids,
    "ops": all_ops,
    "columns": columns,
    "batches": batches,
    "documents": documents,
    "ink": ink_vectors,
    "live": live_vectors,
    "serial": serial_vectors,
    "tickers": ticker_vectors,
}


def render(name):
    return json.dumps(FILES[name](), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file in FILES:
        (HERE / f"{file}.json").write_text(render(file), encoding="utf-8")
