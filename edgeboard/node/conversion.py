"""Files as items that a page can add: drawings of Excalidraw, archives of ours, recordings of pens.

The page makes its own ops of them, which it can undo, and needs no decoder of its own.
"""

import base64
import json
from dataclasses import replace
from typing import Any

from edgeboard.canvas.bodies import Register
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.geometry import NOWHERE, Rectangle
from edgeboard.canvas.items import Item
from edgeboard.canvas.structure import painted_items
from edgeboard.errors import DecodeError, LimitError, UserError
from edgeboard.ids import AuthorTag
from edgeboard.interchange import pen
from edgeboard.interchange.drawing import Drawing, Note, drawing_of, items_of
from edgeboard.interchange.excalidraw_reader import read_excalidraw
from edgeboard.interchange.recordings import is_recording, parse_recording
from edgeboard.interchange.scene import is_scene
from edgeboard.render.svg import box_of
from edgeboard.rooms.archive import Archive, read_archive

ITEMS_MAX = 2_000  # that a page adds at once
CARRIED = (Register.TRANSFORM, Register.STYLE, Register.TEXT, Register.LOCK)  # order and layer are the page's
NOBODY = AuthorTag(bytes(8))


def convert(name: str, data: bytes) -> dict[str, Any]:
    """The items in a file.

    Args:
        name: of the file; what is in it counts more.
        data: its bytes.

    Returns:
        A value for JSON: `items`, each with `type`, `pieces` in base64, `registers`, and where they are not empty
        `cuts` per piece and `ends` of a connector; the `box` around all of them in px, null if nothing is seen; the
        `images` that they name, in base64; the `notes` of what was not carried.

    Raises:
        DecodeError: no such file, or broken. LimitError: too large, or more than `ITEMS_MAX` items.
    """
    drawing = read_file(name, data)
    if len(drawing.items) > ITEMS_MAX:
        raise LimitError(
            f"{len(drawing.items)} items; a page adds {ITEMS_MAX} at once: use `edgeboard import` on the board"
        )
    box = NOWHERE
    for item in items_of(drawing):
        box = box.union(box_of(item))
    return {
        "items": [_fields(drawing, number) for number in range(len(drawing.items))],
        "box": None if box.is_empty else _corners(box),
        "images": [base64.b64encode(data).decode("ascii") for data in drawing.blobs.values()],
        "notes": [note.as_fields() for note in drawing.notes],
    }


def read_file(name: str, data: bytes) -> Drawing:
    """The drawing in a file of any kind.

    Raises:
        DecodeError: no such file, or broken.
    """
    if is_scene(data):
        return read_excalidraw(data)
    if is_recording(name, data):
        try:
            return pen.drawing_of(parse_recording(name or "the file", data), pen.Style())
        except UserError as error:
            raise DecodeError(str(error)) from None
    return _of_archive(read_archive(data))


def _of_archive(archive: Archive) -> Drawing:
    """What the archive of a room shows on its first page that shows anything."""
    document = Document()
    for entry, archived in enumerate(archive.ops):
        if not archived.void:
            document.apply(archived.op, Place(NOBODY, entry))
    shown = [item for item in painted_items(document) if item.id not in archive.hidden]
    first = min((item.page for item in shown), default=0)
    drawing = drawing_of(replace(item, registers=_carried(item)) for item in shown if item.page == first)
    elsewhere = sum(item.page != first for item in shown)
    why = "one page is opened at a time; `edgeboard import` on the board takes all"
    notes = (Note("items on other pages", elsewhere, why),) if elsewhere else ()
    return Drawing(drawing.items, notes, dict(archive.blobs))


def _carried(item: Item) -> dict[int, object]:
    """The registers that mean something elsewhere, as far as JSON has words for them."""
    carried = {}
    for register in CARRIED:
        try:
            json.dumps(item.registers.get(register), allow_nan=False)
        except (ValueError, TypeError):
            continue
        if item.registers.get(register) is not None:
            carried[int(register)] = item.registers[register]
    return carried


def _fields(drawing: Drawing, number: int) -> dict[str, Any]:
    drawn = drawing.items[number]
    fields: dict[str, Any] = {
        "type": drawn.type,
        "pieces": [base64.b64encode(payload).decode("ascii") for payload in drawn.pieces],
        "registers": {str(int(register)): value for register, value in drawn.registers.items()},
    }
    if drawn.cuts:
        fields["cuts"] = [[list(interval) for interval in intervals] for intervals in drawn.cuts]
    if drawn.ends != (None, None):
        fields["ends"] = list(drawn.ends)
    return fields


def _corners(box: Rectangle) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]
