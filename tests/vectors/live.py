"""Golden live frames: what is in them, item by item, and frames and items that are to be refused."""

from dataclasses import replace

import msgpack

from edgeboard.canvas.samples import Stroke
from edgeboard.ids import Origin, op_id, show_op, show_origin
from edgeboard.oplog.codec import Pen, encode_columns
from edgeboard.wire.live import (
    Cursor,
    Ended,
    Further,
    Live,
    LiveItem,
    LiveKind,
    Preview,
    Sequenced,
    encode_live,
    live_item,
    read_item,
    short_name,
)
from edgeboard.wire.previews import PreviewWriter
from tests.vectors.strokes import wave

ORIGIN = Origin(0x0123456789ABCDEF)
OP = op_id(ORIGIN, 300)
PIECE = encode_columns(Stroke(20, (0, 20, 60), (0, 20, 0), (100, 400, 900)))
HANDS = Stroke(20, wave(150, 20, 5), wave(150, 20, 5, 2), tuple(value % 4096 for value in wave(150, 41, 9, 3)))


FIGURE = msgpack.packb([2, [10, 20, 110, 80], 9, 3.0, None])

IN_FULL = {  # what pages read of the items below
    LiveKind.TRAIL: {"number": 2, "page": 3, "places": [[-0.1, 1.0], [0.1, 1.0]]},
    LiveKind.FIGURE: {"counter": 9, "page": 0, "layer": 1, "type": 2, "payload": FIGURE.hex()},
}


def body_of(kind, sequence, rest):
    """An item of which nodes read no more than that it is somebody's, and new."""
    return LiveItem(kind, 0, live_item(Sequenced(ORIGIN, sequence), kind).body + rest)


def shown():
    """The frames of a stroke of 150 points that grows by 15."""
    writer = PreviewWriter(OP, Pen(1, 17, 24), 2, 1)
    return [Live(7, tuple(writer.show(HANDS, end))) for end in range(15, 151, 15)]


def live_vectors():
    passed = replace(live_item(Cursor(ORIGIN, 3, 12.5, -0.1, 2)), hops=6)
    later = LiveItem(11, 1, live_item(Sequenced(ORIGIN, 9), 11).body + b"of a later version")
    frames = [
        ("nothing", Live(0, ())),
        ("a cursor", Live(255, (live_item(Cursor(ORIGIN, 0, 0.0, 0.0, 0)),))),
        ("a cursor on another page", Live(2, (live_item(Cursor(ORIGIN, 5, 1.0, 2.0, 1, 300)),))),
        ("a cursor that was passed on, and the end of a preview", Live(1, (passed, live_item(Ended(ORIGIN, 4, 300))))),
        ("a probe and an item of a later version", Live(1, (live_item(Sequenced(ORIGIN, 1), LiveKind.PROBE), later))),
        ("an item of more than 127 bytes before another", Live(1, (LiveItem(12, 0, bytes(8) + b"\1" * 130), passed))),
        ("a piece that introduces its stroke", Live(1, (live_item(Preview(OP, 9, Pen(0, 3, 24), 0, 0, PIECE)),))),
        ("a further piece", Live(1, (live_item(Further(short_name(OP), 12, PIECE)),))),
        (
            "a trail of a laser pointer",
            Live(1, (body_of(LiveKind.TRAIL, 5, b"\x02\x03" + bytes((0x01, 0x14, 0x04, 0x00))),)),
        ),
        ("a figure under way", Live(1, (body_of(LiveKind.FIGURE, 6, bytes((9, 0, 1, 2)) + FIGURE),))),
        *((f"a stroke as it grows, frame {number}", frame) for number, frame in enumerate(shown(), 1)),
    ]
    bad = [
        ("empty", b""),
        ("an item is to follow", b"\1\x81\0"),
        ("an item is cut short", b"\1\x81\5body"),
        ("too long", bytes(1_101)),
        ("too many items", b"\1" + b"\x84\0" * 256 + b"\4"),
    ]
    origin = ORIGIN.to_bytes(8, "big")
    bad_items = [
        ("no origin", 1, b"\0" * 7),
        ("no sequence", 11, origin),
        ("half a cursor", 1, origin + b"\1\2"),
        ("the end of nothing", 3, origin + b"\1"),
        ("counter 0", 2, origin + bytes((0, 0, 0, 0, 24, 0, 0))),
        ("tool 2", 2, origin + bytes((1, 0, 2, 0, 24, 0, 0))),
        ("width 0", 2, origin + bytes((1, 0, 0, 0, 0, 0, 0))),
        ("no layer", 2, origin + bytes((1, 0, 0, 0, 24, 0))),
        ("half a name", 5, b"\1\2"),
        ("no first point", 5, b"\1\2\3"),
    ]
    return {
        "frames": [
            {
                "name": name,
                "hex": encode_live(frame).hex(),
                "handle": frame.handle,
                "items": [*map(fields, frame.items)],
            }
            for name, frame in frames
        ],
        "bad_frames": [{"why": why, "hex": data.hex()} for why, data in bad],
        "bad_items": [{"why": why, "kind": kind, "hex": data.hex()} for why, kind, data in bad_items],
    }


def fields(item):
    told = {"kind": item.kind, "hops": item.hops, "hex": item.body.hex(), "says": said(read_item(item))}
    return told | ({"in_full": told["says"] | IN_FULL[item.kind]} if item.kind in IN_FULL else {})


def said(body):
    match body:
        case Preview(op, first, pen, page, layer, columns):
            style = {"tool": pen.tool, "colour": pen.colour, "width": pen.width, "page": page, "layer": layer}
            return {"id": show_op(op), "first": first, "style": style, "columns": columns.hex()}
        case Further((tag, low), first, columns):
            return {"name": f"{tag:04x}:{low}", "first": first, "columns": columns.hex()}
        case Cursor(origin, sequence, x, y, tool, page):
            return {"origin": show_origin(origin), "sequence": sequence, "x": x, "y": y, "tool": tool, "page": page}
        case Ended(origin, sequence, counter):
            return {"origin": show_origin(origin), "sequence": sequence, "counter": counter}
        case Sequenced(origin, sequence):
            return {"origin": show_origin(origin), "sequence": sequence}
