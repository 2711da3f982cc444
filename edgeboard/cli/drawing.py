"""A file of another program as the archive of a room (docs/formats/archive.md), so that it can be imported like one.

Ids follow from the file's bytes: importing it twice, or on two boards, changes nothing.
"""

import base64
import hashlib
import json
from pathlib import Path

from edgeboard.errors import UserError
from edgeboard.ids import Origin, PersonId, show_op
from edgeboard.interchange import pen
from edgeboard.interchange.drawing import Drawing, make_ops
from edgeboard.interchange.recordings import FILE_MAX, Recorded, is_recording, parse_recording
from edgeboard.interchange.scene import is_scene
from edgeboard.rooms.archive import FORMAT, VERSION
from edgeboard.rooms.enclosures import write_blobs

DOMAIN = b"edgeboard-recording-1"  # of the ids; the word is older than what else is read by now


def read_drawing(name: str, data: bytes) -> Drawing | None:
    """The drawing in a file that is not the archive of a room; None if it may be one.

    Raises:
        UserError: a recording that is broken; the text names file and line.
        DecodeError: a drawing that is broken.
    """
    if is_scene(data):
        from edgeboard.interchange.excalidraw_reader import read_excalidraw

        return read_excalidraw(data)
    return pen.drawing_of(parse_recording(name, data), pen.Style()) if is_recording(name, data) else None


def read_recording(path: Path) -> list[Recorded]:
    """All strokes of a recording.

    Raises:
        UserError: unreadable, or a line is not of its form; the text names file and line.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    return parse_recording(str(path), data)


def to_archive(room: str, data: bytes, drawing: Drawing) -> bytes:
    """The archive that draws a drawing.

    Args:
        room: its name.
        data: the file as it came, which makes the ids.
        drawing: what was in it.

    Raises:
        LimitError: an item is larger than an op may be.
    """
    digest = hashlib.sha256(DOMAIN + data).digest()
    person = PersonId(digest[8:24]).hex()
    ops = [
        {"id": show_op(op.id), "person": person, "raw": base64.b64encode(op.tail).decode("ascii")}
        for op in make_ops(drawing, Origin(int.from_bytes(digest[:8], "big")))
    ]
    archive = {"format": FORMAT, "version": VERSION, "room": room, "ops": ops, "hidden": []}
    return json.dumps(archive | write_blobs(drawing.blobs, drawing.blobs.get)).encode()
