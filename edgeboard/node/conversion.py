"""Files as items that a page can add: drawings of Excalidraw, archives of ours, recordings of pens.

The page makes its own ops of them, which it can undo, and needs no decoder of its own.
"""

import base64
import json
from dataclasses import replace
from itertools import repeat
from typing import Any

from edgeboard.canvas.bodies import Register
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.geometry import NOWHERE, Rectangle
from edgeboard.canvas.items import Item
from edgeboard.canvas.structure import painted_items
from edgeboard.errors import DecodeError, LimitError, UserError
from edgeboard.ids import AuthorTag
from edgeboard.interchange import pen
from edgeboard.interchange.drawing import Drawing, drawing_of, items_of
from edgeboard.interchange.excalidraw_reader import read_excalidraw
from edgeboard.interchange.recordings import is_recording, parse_recording
from edgeboard.interchange.scene import is_scene
from edgeboard.render.svg import box_of
from edgeboard.rooms.archive import Archive, read_archive

ITEMS_MAX = 2_000  # that a page adds at once
CARRIED = (Register.TRANSFORM, Register.STYLE, Register.TEXT, Register.LOCK)  # order and layer are the page's
NOBODY = AuthorTag(bytes(8))
BLANK = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # that may stand before the first sign of a text

# What the page says in the language of its reader; it has these sentences in its catalogues.
KINDS = "drawings of Excalidraw, rooms saved as data (JSON), pen recordings"
UNKNOWN = f"This is none of the files that can be opened: {KINDS}, pictures (PNG, JPEG, WebP, GIF)."
DAMAGED = f"This file is damaged, or is none of those that can be opened: {KINDS}."
SVG = "SVG pictures cannot be opened. Save it as PNG, and open that."


def convert(name: str, data: bytes) -> dict[str, Any]:
    """The items in a file.

    Args:
        name: of the file; what is in it counts more.
        data: its bytes.

    Returns:
        A value for JSON: `items`, each with `type`, `pieces` in base64, `registers`, and where they are not empty
        `cuts` per piece and `ends` of a connector, `page` where it is not the first; the `box` around those of the
        first page in px, null if nothing is seen; the names of `pages` if there are several; the `images` that items
        name, in base64; the `notes` of what was not carried.

    Raises:
        DecodeError: no such file, or broken. LimitError: too large, or more than `ITEMS_MAX` items.
    """
    drawing = read_file(name, data)
    if len(drawing.items) > ITEMS_MAX:
        raise LimitError(
            f"{len(drawing.items)} items; a page adds {ITEMS_MAX} at once: use `edgeboard import` on the board"
        )
    box = NOWHERE
    for item, page in zip(items_of(drawing), drawing.pages or repeat(0), strict=False):
        if page == 0:
            box = box.union(box_of(item))
    return {
        "items": [_fields(drawing, number) for number in range(len(drawing.items))],
        "box": None if box.is_empty else _corners(box),
        **({"pages": list(drawing.names)} if drawing.pages else {}),
        "images": [base64.b64encode(data).decode("ascii") for data in drawing.blobs.values()],
        "notes": [note.as_fields() for note in drawing.notes],
    }


def read_file(name: str, data: bytes) -> Drawing:
    """The drawing in a file of any kind.

    Raises:
        DecodeError: no such file, or broken; the text is for whoever chose the file, and one of the sentences above
            wherever only a programmer could do something about more.
    """
    head = data[:4096].lower()
    is_ink = b"<ink" in head or b":ink" in head
    if b"<svg" in head and not is_ink:
        raise DecodeError(SVG)
    try:
        if is_scene(data):
            return read_excalidraw(data)
        if is_recording(name, data) and (is_ink or not head.lstrip(BLANK).startswith(b"<")):
            return _of_recording(name, data)
        return _of_archive(read_archive(data))
    except LimitError:
        raise
    except _RecordingError as error:
        raise DecodeError(str(error)) from None
    except DecodeError:
        is_json = head.lstrip(BLANK).startswith(b"{") or name.lower().endswith((".json", ".excalidraw"))
        raise DecodeError(DAMAGED if is_json else UNKNOWN) from None


class _RecordingError(Exception):
    """What is wrong with a line of a recording, which people write by hand."""


def _of_recording(name: str, data: bytes) -> Drawing:
    if b"\0" in data[:4096]:
        raise DecodeError(UNKNOWN)
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not data.lstrip(BLANK).startswith(b"<"):  # InkML says its encoding itself
            raise DecodeError(UNKNOWN) from None
    try:
        return pen.drawing_of(parse_recording(name or "the file", data), pen.Style())
    except UserError as error:
        raise _RecordingError(str(error)) from None


def _of_archive(archive: Archive) -> Drawing:
    """What the archive of a room shows, page by page."""
    document = Document()
    for entry, archived in enumerate(archive.ops):
        if not archived.void:
            document.apply(archived.op, Place(NOBODY, entry))
    shown = [item for item in painted_items(document) if item.id not in archive.hidden]
    drawing = drawing_of(replace(item, registers=_carried(item)) for item in shown)
    numbers = {page: at for at, page in enumerate(dict.fromkeys(item.page for item in shown))}
    if len(numbers) <= 1:
        return Drawing(drawing.items, (), dict(archive.blobs))
    names = tuple(name if isinstance(name := document.meta(f"page/{page}"), str) else "" for page in numbers)
    return Drawing(drawing.items, (), dict(archive.blobs), tuple(numbers[item.page] for item in shown), names)


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
    if drawing.pages and drawing.pages[number]:
        fields["page"] = drawing.pages[number]
    return fields


def _corners(box: Rectangle) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]
