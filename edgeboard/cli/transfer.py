"""`edgeboard export` and `edgeboard import`: rooms to files and back, through the running node or without one."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from edgeboard.cli.control import NoNode, ask_json, request, room_path, state_of
from edgeboard.cli.reports import show_time
from edgeboard.errors import UserError
from edgeboard.web.exports import ITEMS_HEADER, MEDIA_TYPES, NOTES_HEADER, Exported, Wanted

STANDARD = "-"
IMPORTED = (
    "import takes what `edgeboard export --json` wrote, an .excalidraw drawing, or a recording (.jsonl, .csv, .inkml)"
)
SHOWN_MAX = 5  # refused ops that are named


def main(arguments: argparse.Namespace) -> int:
    return import_room(arguments) if hasattr(arguments, "file") else export_room(arguments)


def export_room(arguments: argparse.Namespace) -> int:
    state, room = state_of(arguments.state), arguments.room
    form = next(form for form in MEDIA_TYPES if getattr(arguments, form) is not None)
    wanted = Wanted(
        form,
        0 if form == "json" else arguments.page - 1,
        arguments.at,
        arguments.scale if form == "png" else 1,
        arguments.transparent and form == "png",
    )
    try:
        data, headers = request(state, room_path("/api/room", room, f"export.{form}{wanted.query()}"))
        exported = Exported(data, json.loads(headers.get(NOTES_HEADER, "[]")), int(headers.get(ITEMS_HEADER, "1")))
    except NoNode as missing:
        from edgeboard.cli.offline import offline

        _require_state(state, missing)
        with offline(state) as rooms:
            exported = rooms.export(room, wanted)
    write_out(getattr(arguments, form), exported.data)
    show_notes(exported.notes)
    if exported.items == 0:
        then = "" if wanted.at is None else f" at {show_time(wanted.at)}"
        print(f"edgeboard: page {wanted.page + 1} of {room} is empty{then}; the file shows nothing", file=sys.stderr)
    return 0


def import_room(arguments: argparse.Namespace) -> int:
    from edgeboard.cli.drawing import read_drawing, to_archive  # and with it the canvas

    state = state_of(arguments.state)
    data = read_in(arguments.file)
    notes: list[dict[str, object]] = []
    drawing = read_drawing(arguments.file, data)
    if drawing is not None:
        notes = [note.as_fields() for note in drawing.notes]
        data = to_archive(arguments.room, data, drawing)
    elif not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise UserError(f"{arguments.file} is none of the files that can be imported; {IMPORTED}")
    result: dict[str, Any]
    try:
        result = ask_json(state, room_path("/control/rooms", arguments.room, "import"), data)
    except NoNode as missing:
        from edgeboard.cli.offline import importing

        _require_state(state, missing)
        with importing(state) as importer:
            result = importer.import_json(arguments.room, data)
    if arguments.json:
        print(json.dumps(result | {"notes": notes}))
    else:
        skipped = len(result.get("skipped", ()))
        left_out = f", {skipped} left out that mean nothing here" if skipped else ""
        images = f", {result['images']} images" if result.get("images") else ""
        print(f"{arguments.room}: {result['taken']} ops taken, {result['known']} known already{images}{left_out}")
        show_notes(notes)
    for index, reason in result["refused"][:SHOWN_MAX]:
        print(f"edgeboard: op {index + 1} was refused: {reason}", file=sys.stderr)
    if len(result["refused"]) > SHOWN_MAX:
        print(f"edgeboard: and {len(result['refused']) - SHOWN_MAX} more", file=sys.stderr)
    return 1 if result["refused"] else 0


def show_notes(notes: Iterable[Mapping[str, Any]]) -> None:
    """What was not carried, a line for each kind; the result itself goes to the standard output."""
    for note in notes:
        print(f"edgeboard: not carried: {note['kind']} ({note['count']}): {note['why']}", file=sys.stderr)


def _require_state(state: Path, missing: NoNode) -> None:
    """Where no node has ever been, the better answer is that none runs."""
    if not state.is_dir():
        raise missing


def write_out(out: str, data: bytes) -> None:
    """Write a result where it belongs: whole, or not at all.

    Raises:
        UserError: it cannot be written.
    """
    if out == STANDARD:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
        return
    path = Path(out)
    temporary = path.with_name(f".{path.name}.new")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a pipe or a device
            return
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}; name another file") from None


def read_in(name: str) -> bytes:
    """A whole file, up to the limit of an archive.

    Raises:
        UserError: unreadable or too large.
    """
    from edgeboard.rooms.archive import FILE_MAX

    try:
        if name == STANDARD:
            data = sys.stdin.buffer.read(FILE_MAX + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(FILE_MAX + 1)
    except OSError as error:
        raise UserError(f"cannot read {name}: {error.strerror or error}") from None
    if len(data) > FILE_MAX:
        raise UserError(f"{name} is larger than {FILE_MAX // 1024 // 1024} MiB; this is not the archive of one room")
    if not data.strip():
        raise UserError(f"{name} is empty; {IMPORTED}")
    return data
