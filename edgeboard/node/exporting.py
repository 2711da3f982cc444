"""Rooms as files of every kind, now or as they were; the same for a running node and for a store without one.

What is quick and needs the room as it stands is `Source`; the rest runs in a thread, from values that no longer change.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from edgeboard.canvas.document import Document
from edgeboard.canvas.items import Item
from edgeboard.canvas.structure import painted_items
from edgeboard.errors import DecodeError
from edgeboard.ids import MeshId
from edgeboard.render.album import ReadBlob
from edgeboard.rooms.past import Past, Record, look_back, take_record
from edgeboard.rooms.room import Room
from edgeboard.web.exports import Exported, Note, Wanted

Segments = Callable[[], Iterable[bytes]]  # the history of the room, read when it is called


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a room shows, as far as an export needs it."""

    items: Sequence[Item] = ()
    settings: int = 0
    ops: Any = None  # the snapshot of an archive


@dataclass(frozen=True, slots=True)
class Source:
    """What an export is made of."""

    name: str
    mesh: MeshId
    now: Canvas | None
    record: Record | None  # where the past is wanted


def take_source(room: Room, mesh: MeshId, wanted: Wanted) -> Source:
    """What is taken off a room, at once; the rest is `write_export`."""
    if wanted.at is not None:
        return Source(room.name, mesh, None, take_record(room.log, room.document))
    return Source(room.name, mesh, _canvas(room.name, room.document, wanted), None)


def write_export(source: Source, wanted: Wanted, segments: Segments, read_blob: ReadBlob) -> Exported:
    """The file.

    Args:
        source: what it is made of.
        wanted: what it is to be.
        segments: the history of the room.
        read_blob: the bytes of an image, if they are here.

    Raises:
        DecodeError: no such form. LimitError: a picture of too many px. UserError: no PNG can be drawn here.
        StoreError: the history cannot be read.
    """
    notes: list[Note] = []
    canvas = source.now
    if canvas is None:
        assert source.record is not None
        assert wanted.at is not None
        past = look_back(source.record, segments(), wanted.at)
        notes += notes_of(past)
        canvas = _canvas(source.name, past.document, wanted)
    match wanted.form:
        case "json":
            data = _archive(source, canvas, read_blob)
        case "svg" | "png":
            data = _picture(canvas, wanted, read_blob)
        case "excalidraw":
            from edgeboard.interchange.excalidraw_writer import write_excalidraw

            data, missing = write_excalidraw(canvas.items, wanted.page, settings=canvas.settings, read_blob=read_blob)
            notes += [note.as_fields() for note in missing]
        case form:
            raise DecodeError(f"a room cannot be written as {form[:20]!r}")
    shown = None if wanted.form == "json" else sum(item.page == wanted.page for item in canvas.items)
    return Exported(data, notes, shown)


def describe_past(name: str, record: Record, segments: Segments, at: int) -> dict[str, Any]:
    """The log of a room up to a moment, as `chronicle.describe_batches` says it, and what is missing of it."""
    from edgeboard.rooms.chronicle import describe_batches

    past = look_back(record, segments(), at)
    found = describe_batches(name, record.batches, past.document.count_living(), past)
    return found | {"at": at, "notes": notes_of(past)}


def notes_of(past: Past) -> list[Note]:
    """What is missing of the past."""
    if not past.missing:
        return []
    since = "" if past.whole_from is None else f"; the past is whole from {show_moment(past.whole_from)} on"
    why = f"they were erased, and the history no longer reaches back so far{since}"
    return [{"kind": "ops of that time", "count": past.missing, "why": why}]


def show_moment(ms: int) -> str:
    """A label, in the time of this machine."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms"


def _canvas(name: str, document: Document, wanted: Wanted) -> Canvas:
    if wanted.form == "json":
        from edgeboard.rooms.archive import take_snapshot

        return Canvas(ops=take_snapshot(name, document))
    return Canvas(painted_items(document), len(document.metas()))


def _archive(source: Source, canvas: Canvas, read_blob: ReadBlob) -> bytes:
    from edgeboard.rooms.archive import write_archive

    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    archive = write_archive(canvas.ops, mesh=source.mesh, exported=at, read_blob=read_blob)
    return json.dumps(archive, ensure_ascii=False).encode()


def _picture(canvas: Canvas, wanted: Wanted, read_blob: ReadBlob) -> bytes:
    from edgeboard.render.svg import render_items

    is_clear = wanted.form == "png" and wanted.transparent
    svg = render_items(canvas.items, wanted.page, paper=not is_clear, read_blob=read_blob).encode()
    if wanted.form == "svg":
        return svg
    from edgeboard.render.png import render_png

    return render_png(svg, wanted.scale, transparent=is_clear)
