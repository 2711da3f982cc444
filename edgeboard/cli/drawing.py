"""A recording as the archive of a room (docs/formats/archive.md), so that it can be imported like one.

Ids follow from the recording's bytes: importing it twice, or on two boards, changes nothing.
"""

import base64
import hashlib
import json
from collections.abc import Sequence

from edgeboard.canvas.ops import Maker
from edgeboard.cli import pen
from edgeboard.cli.recordings import Recorded
from edgeboard.ids import OpId, Origin, PersonId, show_op
from edgeboard.rooms.archive import FORMAT, VERSION

DOMAIN = b"edgeboard-recording-1"


def is_recording(name: str, data: bytes) -> bool:
    """Whether a file is a recording, and not the archive of a room."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    if head.startswith(b"<") or name.lower().endswith((".csv", ".inkml", ".jsonl")):
        return True
    return head.startswith(b"{") and b'"format"' not in head and b'"x"' in head


def to_archive(room: str, data: bytes, recorded: Sequence[Recorded], style: pen.Style) -> bytes:
    """The archive that draws a recording.

    Args:
        room: its name.
        data: the recording as it came, which makes its ids.
        recorded: its strokes.
        style: what those are drawn with that bring no colour or width.
    """
    digest = hashlib.sha256(DOMAIN + data).digest()
    maker, person = Maker(Origin(int.from_bytes(digest[:8], "big"))), PersonId(digest[8:24])
    ops = []
    for each in recorded:
        item: OpId | None = None
        for index, (first, end) in enumerate(pen.pieces(each.stroke)):
            body = pen.body(pen.part(each.stroke, first, end), pen.worn(style, each.colour, each.width), item, index)
            op = maker.make(body, 0, more=item is not None)
            item = item or op.id
            raw = base64.b64encode(op.tail).decode("ascii")
            ops.append({"id": show_op(op.id), "person": person.hex(), "raw": raw})
    return json.dumps({"format": FORMAT, "version": VERSION, "room": room, "ops": ops, "hidden": []}).encode()
