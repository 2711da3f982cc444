"""A room as one JSON value, complete and loss-free, and the way back (docs/formats/archive.md).

Rules of this file: `raw` is the truth, the fields beside it are for people; an import gives ops back under their own
ids, so importing twice changes nothing; what an op's place in another log decided (a clear, a floor, an acl) is not
replayed but restated, as `alive` ops of the importer, so that the canvas equals the one that was exported; nothing that
the room held before looks different afterwards. Reading checks everything before anything is done.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from edgeboard.canvas.bodies import Alive, Body, Kind, Meta
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.facts import Part
from edgeboard.canvas.ops import Op, decode_body, decode_op
from edgeboard.errors import DecodeError, LimitError, RefusedError
from edgeboard.ids import BlobHash, MeshId, OpId, Origin, PersonId, counter_of, origin_of, parse_op, show_op
from edgeboard.rooms.chronicle import describe_log
from edgeboard.rooms.enclosures import BLOBS_MAX, named_blobs, read_enclosed, write_blobs
from edgeboard.rooms.names import check_room_name
from edgeboard.rooms.readable import kind_name, readable_body

__all__ = [
    "Archive",
    "ArchivedOp",
    "Plan",
    "Snapshot",
    "describe_log",
    "export_room",
    "plan_import",
    "read_archive",
    "take_snapshot",
    "write_archive",
]

FORMAT = "edgeboard-room"
VERSION = 1
FILE_MAX = 256 * 1024 * 1024  # bytes
OPS_MAX = 1_000_000
HIDDEN_MAX = OPS_MAX
READABLE_MAX = 50_000  # ops; a larger room is exported without points, which `raw` holds anyway
NOBODY = PersonId(bytes(16))  # of an origin that no log has named

ReadBlob = Callable[[BlobHash], bytes | None]


def no_blob(content: BlobHash) -> bytes | None:
    """Where no images are kept."""
    return None


@dataclass(frozen=True, slots=True)
class ArchivedOp:
    op: Op
    person: PersonId
    void: bool  # it had no effect where it was exported: a fork that lost, a broken body, an author who may not draw


@dataclass(frozen=True, slots=True)
class Archive:
    """What a file holds."""

    room: str
    mesh: str  # hex; a label
    exported: str  # a label
    ops: tuple[ArchivedOp, ...]
    hidden: frozenset[OpId]  # items that were dead for a reason that lies in their log
    blobs: tuple[tuple[BlobHash, bytes], ...] = ()  # images, checked


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import is to do, in this order."""

    ops: tuple[tuple[Origin, PersonId, bytes], ...]  # to be logged under the ids they have
    corrections: tuple[Body, ...]  # one gesture of the importer
    skipped: tuple[tuple[OpId, str], ...]  # ops that are not to be taken, and why


# ------------------------------------------------------------------------------------------------------------- export


class Held(NamedTuple):
    """An op as a room holds it."""

    op: Op
    person: PersonId
    places: tuple[Place, ...]
    counts: bool  # whether it has an effect, if its body is sound


class Snapshot(NamedTuple):
    """A room at one moment."""

    name: str
    ops: tuple[Held, ...]  # in causal order
    hidden: tuple[OpId, ...]


def export_room(
    name: str,
    document: Document,
    _log: object = None,
    *,
    mesh: MeshId | None = None,
    exported: str = "",
    read_blob: ReadBlob = no_blob,
) -> dict[str, Any]:
    """All ops of a room in causal order, as a value for `json.dumps`.

    Args:
        name: of the room.
        document: its canvas, which holds every op.
        mesh: where it was; a label.
        exported: when, in words; a label.
        read_blob: the bytes of an image, if they are here.
    """
    return write_archive(take_snapshot(name, document), mesh=mesh, exported=exported, read_blob=read_blob)


def take_snapshot(name: str, document: Document) -> Snapshot:
    """The quick part of an export; what it returns no longer changes, so the rest may run in a thread."""
    view = document.view
    facts = sorted(document.facts.every(), key=lambda fact: (fact.lamport, fact.id, fact.tail))
    ops = tuple(
        Held(
            decode_op(origin_of(fact.id), fact.tail),
            document.person_of(origin_of(fact.id)) or NOBODY,
            document.places(fact.id),
            fact.part != Part.STRUCK and view.counts(fact),
        )
        for fact in facts
    )
    return Snapshot(name, ops, tuple(sorted(_hidden(document))))


def write_archive(
    snapshot: Snapshot, *, mesh: MeshId | None = None, exported: str = "", read_blob: ReadBlob = no_blob
) -> dict[str, Any]:
    """The slow part of an export; as `export_room`."""
    readable = len(snapshot.ops) <= READABLE_MAX
    return {
        "format": FORMAT,
        "version": VERSION,
        "room": snapshot.name,
        "mesh": "" if mesh is None else mesh.hex(),
        "exported": exported,
        "ops": [_export_op(held, readable=readable) for held in snapshot.ops],
        "hidden": [show_op(op) for op in snapshot.hidden],
        **write_blobs(named_blobs(held.op for held in snapshot.ops), read_blob),
    }


def _hidden(document: Document) -> Iterator[OpId]:
    """The items that are dead, but not by their own alive ops: those alone can be replayed elsewhere."""
    view, facts = document.view, document.facts
    live = set(document.living())
    for item in facts.items():
        if item.id not in live and view.counts(item):
            winner = view.winner(facts.alives.get(item.id, ()))
            if winner is None or winner.about is True:
                yield item.id


def _export_op(held: Held, *, readable: bool) -> dict[str, Any]:
    op = held.op
    fields: dict[str, Any] = {"id": show_op(op.id), "lamport": op.lamport, "kind": kind_name(op.kind)}
    fields["person"] = held.person.hex()
    if op.at is not None:
        fields["at"] = op.at
    if op.undo:
        fields["undo"] = op.undo.name.lower()
    if op.more:
        fields["more"] = True
    body = _body_of(op)
    if body is None or not held.counts:
        fields["void"] = True
    if body is not None:
        fields |= readable_body(body, points=readable)
    fields["raw"] = base64.b64encode(op.tail).decode("ascii")
    fields["places"] = [[place.author.hex(), place.entry] for place in held.places]
    return fields


def _body_of(op: Op) -> Body | None:
    try:
        return decode_body(op)
    except DecodeError:
        return None


# ------------------------------------------------------------------------------------------------------------- import


def plan_import(archive: Archive, document: Document) -> Plan:
    """What to do so that this room shows what was exported, and everything that it shows now."""
    ids = {archived.op.id for archived in archive.ops}
    ops: list[tuple[Origin, PersonId, bytes]] = []
    skipped: list[tuple[OpId, str]] = []
    for archived in archive.ops:
        op = archived.op
        reason = None if document.knows(op.id) else _why_not(archived, document, ids)
        if reason is None:
            ops.append((origin_of(op.id), archived.person, op.tail))
        else:
            skipped.append((op.id, reason))
    lost = sorted(_lost(archive, document, ids))
    return Plan(tuple(ops), tuple(Alive(item, False) for item in lost), tuple(skipped))


def _lost(archive: Archive, document: Document, ids: set[OpId]) -> Iterator[OpId]:
    """The items that were dead and will not be so here by themselves, where nobody has had another word on it.

    Beside those that are new this is for an import that was cut short between the ops and their corrections.
    """
    alives = document.facts.alives
    undone = any(word.id not in ids for clear in document.facts.clears for word in alives.get(clear.id, ()))
    for item in archive.hidden:
        spoken = undone or any(word.id not in ids for word in alives.get(item, ()))
        if not document.knows(item) or (document.is_alive(item) and not spoken):
            yield item


def _why_not(archived: ArchivedOp, document: Document, ids: set[OpId]) -> str | None:
    """Why an op is left out; None if it is to be taken."""
    if archived.void:
        return "it had no effect where it was exported"
    if archived.op.kind in (Kind.ACL, Kind.FLOOR):
        return "it speaks of the log that it was exported from"
    body = decode_body(archived.op) if archived.op.kind == Kind.META else None
    if isinstance(body, Meta) and any(fact.id not in ids for fact in document.facts.metas.get(body.key, ())):
        return f"this room has a setting {body.key!r} of its own"
    return None


def read_archive(data: bytes) -> Archive:
    """Read and check a whole file.

    Raises:
        DecodeError: not such a file, or an op in it is broken; the text says which.
        LimitError: larger than `FILE_MAX` or `OPS_MAX`.
    """
    if len(data) > FILE_MAX:
        raise LimitError(f"an archive of {len(data)} bytes; the limit is {FILE_MAX}")
    ops: list[ArchivedOp] = []
    taken: set[OpId] = set()

    def take(fields: object) -> None:
        if len(ops) == OPS_MAX:
            raise LimitError(f"an archive of more than {OPS_MAX} ops")
        archived = _read_op(fields, len(ops) + 1)
        if not archived.void:
            if archived.op.id in taken:
                raise DecodeError(f"op {len(ops) + 1}: {show_op(archived.op.id)} stands here twice")
            taken.add(archived.op.id)
        ops.append(archived)

    blobs: list[tuple[BlobHash, bytes]] = []

    def take_blob(fields: object) -> None:
        if len(blobs) == BLOBS_MAX:
            raise LimitError(f"an archive of more than {BLOBS_MAX} images")
        blobs.append(read_enclosed(fields, len(blobs) + 1))

    fields = _read_object(data, {"ops": take, "blobs": take_blob})
    if fields.get("format") != FORMAT:
        raise DecodeError("not an archive of a room: export one with `edgeboard export ROOM --json FILE`")
    version = fields.get("version")
    if type(version) is not int or version < 1:
        raise DecodeError("an archive has a version")
    if not isinstance(fields.get("ops"), list):
        raise DecodeError("`ops` is a list")
    room = fields.get("room")
    if not isinstance(room, str):
        raise DecodeError("an archive names its room")
    try:
        check_room_name(room)
    except RefusedError as error:
        raise DecodeError(str(error)) from None
    hidden = fields.get("hidden", [])
    if not isinstance(hidden, list) or not all(isinstance(item, str) for item in hidden):
        raise DecodeError("`hidden` is a list of op ids")
    if len(hidden) > HIDDEN_MAX:
        raise LimitError(f"an archive of more than {HIDDEN_MAX} hidden items")
    mesh, exported = (_label(fields.get(name)) for name in ("mesh", "exported"))
    return Archive(room, mesh, exported, tuple(ops), frozenset(map(parse_op, hidden)), tuple(blobs))


def _label(value: object) -> str:
    return "".join(char for char in value[:64] if char.isprintable()) if isinstance(value, str) else ""


def _read_op(fields: object, number: int) -> ArchivedOp:
    try:
        if not isinstance(fields, dict):
            raise DecodeError("not an object")
        raw, person, void = fields.get("raw"), fields.get("person"), fields.get("void", False)
        identity = parse_op(_text(fields.get("id"), "id"))
        tail = base64.b64decode(_text(raw, "raw"), validate=True)
        who = bytes.fromhex(_text(person, "person"))
        if len(who) != 16:
            raise DecodeError("a person is 16 bytes in hex")
        op = decode_op(origin_of(identity), tail)
        if counter_of(op.id) != counter_of(identity):
            raise DecodeError("`id` and `raw` are not of the same op")
        if not isinstance(void, bool):
            raise DecodeError("`void` is true or false")
        if not void:
            decode_body(op)
    except (DecodeError, binascii.Error, ValueError) as error:
        kind = LimitError if isinstance(error, LimitError) else DecodeError
        raise kind(f"op {number}: {error}") from None
    return ArchivedOp(op, PersonId(who), void)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise DecodeError(f"`{name}` is missing or not a text")
    return value


# --------------------------------------------------------------------------------------------------------------- JSON


def _read_object(data: bytes, sinks: Mapping[str, Callable[[object], None]]) -> dict[str, object]:
    """Read a JSON object; the elements of the lists named in `sinks` are handed on one by one and not kept.

    A room's ops as Python objects, all at once, would not fit into a small board's memory.

    Raises:
        DecodeError: not a JSON object, and whatever a sink raises.
    """
    fields: dict[str, object] = {}
    decoder = json.JSONDecoder()
    try:
        text = data.decode("utf-8-sig")
        at = _expect(text, _skip(text, 0), "{")
        if text[at : at + 1] == "}":
            at += 1
        else:
            while True:
                key, at = decoder.raw_decode(text, at)
                at = _expect(text, _skip(text, at), ":")
                if not isinstance(key, str) or key in fields:
                    raise DecodeError("not a JSON object with each key once")
                if key in sinks and text[at : at + 1] == "[":
                    at = _each_element(text, at, decoder, sinks[key])
                    fields[key] = []
                else:
                    fields[key], at = decoder.raw_decode(text, at)
                at = _skip(text, at)
                if text[at : at + 1] == "}":
                    at += 1
                    break
                at = _expect(text, at, ",")
    except UnicodeDecodeError:
        raise DecodeError("not UTF-8 text") from None
    except RecursionError:
        raise DecodeError("JSON nested too deeply") from None
    except ValueError as error:
        raise DecodeError(f"not JSON: {str(error)[:80]}") from None
    if _skip(text, at) != len(text):
        raise DecodeError("bytes follow the archive")
    return fields


def _each_element(text: str, at: int, decoder: json.JSONDecoder, sink: Callable[[object], None]) -> int:
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        value, at = decoder.raw_decode(text, at)
        sink(value)
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return at + 1
        at = _expect(text, at, ",")


def _expect(text: str, at: int, mark: str) -> int:
    """The offset of what follows `mark`, which must stand here."""
    if text[at : at + 1] != mark:
        raise DecodeError(f"not JSON: expecting {mark!r} at character {at}")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\n", "\r", "\t"):
        at += 1
    return at
