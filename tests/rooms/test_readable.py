"""Bodies in words."""

import json

import msgpack
import pytest

from edgeboard.canvas.bodies import Acl, Add, Alive, Clear, Context, Cut, Floor, ItemType, Kind, Meta, Set, Unknown
from edgeboard.ids import NodeId, OpId
from edgeboard.oplog.codec import Stroke, encode_columns, encode_stroke
from edgeboard.rooms.readable import kind_name, readable_body
from edgeboard.vectors import Vector

ITEM = OpId(7 << 32 | 1)
STROKE = Stroke(20, [0, 20], [0, 0], [0, 4095], [0, 8], [1, 2], [-1, -2])
CONTEXT = Context(ITEM, Vector({b"a" * 8: 3}))
SHOWN_CONTEXT = {"floor": "0000000000000007:1", "vector": [["61" * 8, 3]]}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            Add(1, 2, ItemType.STROKE, encode_stroke(1, 3, 24, STROKE)),
            {"type": "stroke", "page": 1, "layer": 2, "tool": 1, "colour": 3, "width": 24, "points": {
                "scale": 20, "x": [0, 20], "y": [0, 0], "pressure": [0, 4095], "t": [0, 8],
                "tilt_x": [1, 2], "tilt_y": [-1, -2]}},
        ),
        (
            Add(0, 0, ItemType.STROKE, encode_columns(Stroke(8, [1], [2])), ITEM, 4),
            {"type": "stroke", "page": 0, "layer": 0, "item": "0000000000000007:1", "index": 4,
             "points": {"scale": 8, "x": [1], "y": [2]}},
        ),
        (Add(0, 0, ItemType.STROKE, b"?"), {"type": "stroke", "page": 0, "layer": 0}),
        (Add(0, 0, 99, msgpack.packb([1])), {"type": 99, "page": 0, "layer": 0, "value": [1]}),
        (Set(ITEM, 3, "b"), {"target": "0000000000000007:1", "register": "z", "value": "b"}),
        (Set(ITEM, 77, None), {"target": "0000000000000007:1", "register": 77, "value": None}),
        (Alive(ITEM, False), {"target": "0000000000000007:1", "alive": False}),
        (Cut(ITEM, ((1, 2), (5, 9))), {"piece": "0000000000000007:1", "intervals": [[1, 2], [5, 9]]}),
        (Clear(2, CONTEXT), {"scope": 2, "context": SHOWN_CONTEXT}),
        (
            Meta("k", {1: b"\x01", "x": [2.5, float("nan")]}),
            {"key": "k", "value": {"1": {"base64": "AQ=="}, "x": [2.5, "nan"]}},
        ),
        (Acl(NodeId(b"n" * 16), 1, CONTEXT), {"subject": "6e" * 16, "role": 1, "context": SHOWN_CONTEXT}),
        (Floor(CONTEXT), {"context": SHOWN_CONTEXT}),
        (Unknown(99, b"later"), {}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_body_has_words(body, fields):
    assert readable_body(body, points=True) == fields
    json.dumps(fields, allow_nan=False)


def test_points_may_be_left_out():
    assert "points" not in readable_body(Add(0, 0, ItemType.STROKE, encode_stroke(0, 0, 8, STROKE)), points=False)
    further = Add(0, 0, ItemType.STROKE, encode_columns(STROKE), ITEM, 1)
    assert "points" not in readable_body(further, points=False)


def test_what_msgpack_has_beyond_json_becomes_text():
    body = Set(ITEM, 7, msgpack.unpackb(msgpack.packb(msgpack.ExtType(5, b"x"))))
    assert "ExtType" in readable_body(body, points=True)["value"]


def test_kinds_have_names_and_unknown_ones_their_number():
    assert [kind_name(kind) for kind in (Kind.ADD, Kind.FLOOR, 99)] == ["add", "floor", 99]
