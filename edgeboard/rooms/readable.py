"""Ops in words that people and scripts can read; nothing reads them back, the bytes of the op stay the truth."""

import base64
from typing import Any

from edgeboard.canvas.bodies import (
    Acl,
    Add,
    Alive,
    Body,
    Clear,
    Context,
    Cut,
    Floor,
    ItemType,
    Kind,
    Meta,
    Register,
    Set,
    Unknown,
)
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.values import unpack_value
from edgeboard.errors import DecodeError
from edgeboard.ids import show_op
from edgeboard.oplog.codec import decode_columns, decode_stroke

Fields = dict[str, Any]


def kind_name(kind: int) -> str | int:
    return kind.name.lower() if isinstance(kind, Kind) else kind


def readable_body(body: Body, *, points: bool) -> Fields:
    """What a body says, for people; nothing reads it back."""
    match body:
        case Add(page, layer, item_type, payload, item, index):
            known = item_type in {member.value for member in ItemType}
            fields: Fields = {"type": ItemType(item_type).name.lower() if known else item_type}
            fields |= {"page": page, "layer": layer}
            if item is not None:
                fields |= {"item": show_op(item), "index": index}
            return fields | _payload(item_type, payload, further=item is not None, points=points)
        case Set(target, register, value):
            known = register in {member.value for member in Register}
            name = Register(register).name.lower() if known else register
            return {"target": show_op(target), "register": name, "value": _plain(value)}
        case Alive(target, alive):
            return {"target": show_op(target), "alive": alive}
        case Cut(piece, intervals):
            return {"piece": show_op(piece), "intervals": [list(interval) for interval in intervals]}
        case Clear(scope, context):
            return {"scope": scope, "context": _context(context)}
        case Meta(key, value):
            return {"key": key, "value": _plain(value)}
        case Acl(subject, role, context):
            return {"subject": subject.hex(), "role": role, "context": _context(context)}
        case Floor(context):
            return {"context": _context(context)}
        case Unknown():
            return {}


def _payload(item_type: int, payload: bytes, *, further: bool, points: bool) -> Fields:
    try:
        if item_type != ItemType.STROKE:
            return {"value": _plain(unpack_value(payload))}
        if further:
            return {"points": _points(decode_columns(payload)[0])} if points else {}
        pen, stroke = decode_stroke(payload)
    except DecodeError:
        return {}
    fields: Fields = {"tool": pen.tool, "colour": pen.colour, "width": pen.width}
    return fields | {"points": _points(stroke)} if points else fields


def _points(stroke: Stroke) -> Fields:
    columns = {
        "x": stroke.x,
        "y": stroke.y,
        "pressure": stroke.pressure,
        "t": stroke.t,
        "tilt_x": stroke.tilt_x,
        "tilt_y": stroke.tilt_y,
    }
    return {"scale": stroke.scale} | {name: list(column) for name, column in columns.items() if column is not None}


def _context(context: Context) -> Fields:
    base = {} if context.base is None else {"floor": show_op(context.base)}
    return base | {"vector": [[author.hex(), entry] for author, entry in context.vector]}


def _plain(value: object) -> object:
    """A msgpack value in JSON's words."""
    match value:
        case bytes():
            return {"base64": base64.b64encode(value).decode("ascii")}
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case None | bool() | int() | str():
            return value
        case float():
            return value if value - value == 0 else str(value)  # JSON has no word for infinity
        case _:
            return str(value)
