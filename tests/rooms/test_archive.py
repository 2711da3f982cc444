"""Rooms out to JSON and back: nothing lost, nothing doubled, nothing else touched."""

import base64
import json
from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeboard.rooms.archive as archive_module
from edgeboard.canvas.bodies import (
    Acl,
    Add,
    Alive,
    Clear,
    Context,
    Cut,
    Floor,
    ItemType,
    Meta,
    Register,
    Set,
    Undo,
    Unknown,
)
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker, decode_op
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorTag, MeshId, NodeId, Origin, PersonId, origin_of, show_op
from edgeboard.oplog.codec import Stroke, encode_columns, encode_stroke
from edgeboard.rooms.archive import export_room, plan_import, read_archive
from edgeboard.vectors import Vector

INK = encode_stroke(0, 3, 24, Stroke(20, [0, 20, 40], [0, 20, 0], [4095, 2000, 0], [0, 8, 16]))
SHAPE = msgpack.packb([2, [0, 0, 10.5, 10], 4, 8, None])


class Room:
    """A canvas and one author, as a node has them."""

    def __init__(self, number, admins=()):
        self.node = NodeId(bytes([number]) * 16)
        self.document = Document(frozenset(admins))
        self.tag = AuthorTag(bytes([number]) * 8)
        self.document.introduce(self.tag, self.node)
        self.entries = 0
        self.maker = Maker(Origin(number << 32 | 1))
        self.person = PersonId(bytes([number]) * 16)

    def draw(self, *bodies, maker=None, person=None, **marks):
        maker = maker or self.maker
        return [self.log(maker.make(body, self.document.lamport, **marks), person or self.person) for body in bodies]

    def log(self, op, person):
        self.document.own(origin_of(op.id), person)
        self.document.apply(op, Place(self.tag, self.entries))
        self.entries += 1
        return op.id

    def context(self):
        return Context(None, Vector({self.tag: self.entries}))

    def export(self, **labels):
        return json.dumps(export_room("lobby", self.document, **labels)).encode()

    def take(self, data):
        """What a node does with a plan; returns how many ops were new."""
        plan = plan_import(read_archive(data), self.document)
        taken = 0
        for origin, person, tail in plan.ops:
            op = decode_op(origin, tail)
            if not self.document.knows(op.id):
                self.log(op, person)
                taken += 1
        self.draw(*plan.corrections)
        return taken

    def shown(self):
        """Everything visible, with what is not in a digest."""
        return [
            (item.id, item.page, item.layer, item.pieces, item.registers, item.cuts) for item in self.document.items()
        ]


def stroke(page=0):
    return Add(page, 0, ItemType.STROKE, INK)


@pytest.fixture
def full():
    """A room in which everything has happened once."""
    room = Room(1)
    one, two, three = room.draw(stroke(), stroke(), Add(1, 2, ItemType.SHAPE, SHAPE))
    room.draw(Add(0, 0, ItemType.STROKE, encode_columns(Stroke(20, [40, 60], [0, 0])), one, 1), more=True)
    room.draw(Set(three, Register.TRANSFORM, [1, 0, 0, 1, 5.5, 6]), Set(two, Register.STYLE, [4, None, None, 0.5]))
    (cut,) = room.draw(Cut(one, ((10, 20), (30, 40))))
    room.draw(Cut(two, ((0, 64),)))
    room.draw(Alive(cut, False), undo=Undo.UNDO, at=1_700_000_000_000)
    room.draw(Meta("title", "Plan ✓"), Meta("colour", b"\x00\xff"))
    other = Maker(Origin(77))
    (gone,) = room.draw(stroke(), maker=other, person=PersonId(b"o" * 16))
    room.draw(Alive(gone, False), maker=other, person=PersonId(b"o" * 16))
    room.draw(Unknown(99, b"from the future"))
    return room


def test_what_was_exported_is_what_an_empty_room_shows(full):
    other = Room(2)
    other.take(full.export())
    assert other.document.digest() == full.document.digest()
    assert other.shown() == full.shown()
    assert other.document.person_of(Origin(77)) == PersonId(b"o" * 16)
    assert other.document.statistics().ops == full.document.statistics().ops


def test_an_export_of_an_import_is_the_same_but_for_the_places(full):
    other = Room(2)
    other.take(full.export())

    def without_places(room):
        return [op | {"places": None} for op in json.loads(room.export())["ops"]]

    assert without_places(other) == without_places(full)


def test_importing_twice_changes_nothing(full):
    other = Room(2)
    assert other.take(full.export()) == full.document.statistics().ops
    entries, digest = other.entries, other.document.digest()
    assert other.take(full.export()) == 0
    assert (other.entries, other.document.digest()) == (entries, digest)
    assert full.take(other.export()) == 0


def test_what_a_clear_took_stays_away_where_its_context_means_nothing():
    room = Room(1)
    room.draw(stroke(), stroke(), stroke(1), maker=Maker(Origin(5)))
    room.draw(Clear(1, room.context()))
    (late,) = room.draw(stroke())
    assert {item.id for item in room.document.items()} > {late}
    other = Room(2)
    other.take(room.export())
    assert other.document.digest() == room.document.digest()
    assert other.take(room.export()) == 0
    assert other.document.digest() == room.document.digest()


def test_what_was_restored_and_then_cleared_stays_away_too():
    room = Room(1)
    (item,) = room.draw(stroke(), maker=Maker(Origin(5)))
    room.draw(Alive(item, False), Alive(item, True), Clear(0, room.context()))
    other = Room(2)
    other.take(room.export())
    assert other.document.items() == room.document.items() == []


def test_a_clear_that_was_undone_hides_nothing():
    room = Room(1)
    (item,) = room.draw(stroke(), maker=Maker(Origin(5)))
    (clear,) = room.draw(Clear(0, room.context()))
    room.draw(Alive(clear, False), undo=Undo.UNDO)
    assert json.loads(room.export())["hidden"] == []
    other = Room(2)
    other.take(room.export())
    assert [each.id for each in other.document.items()] == [item]


def test_an_import_that_was_cut_short_is_finished_by_the_next():
    room = Room(1)
    room.draw(stroke(), maker=Maker(Origin(5)))
    room.draw(Clear(0, room.context()))
    other = Room(2)
    for origin, person, tail in plan_import(read_archive(room.export()), other.document).ops:
        other.log(decode_op(origin, tail), person)
    assert other.document.items()
    assert other.take(room.export()) == 0
    assert not other.document.items()


def test_what_somebody_brought_back_after_an_import_stays():
    room = Room(1)
    (item,) = room.draw(stroke(), maker=Maker(Origin(5)))
    room.draw(Clear(0, room.context()))
    other = Room(2)
    other.take(room.export())
    other.draw(Alive(item, True))
    other.take(room.export())
    assert [each.id for each in other.document.items()] == [item]


def test_an_undone_clear_stays_undone_when_the_room_takes_its_own_archive():
    room = Room(1)
    room.draw(stroke(), maker=Maker(Origin(5)))
    (clear,) = room.draw(Clear(0, room.context()))
    before = room.export()
    room.draw(Alive(clear, False))
    digest = room.document.digest()
    assert room.take(before) == 0
    assert room.document.digest() == digest


def test_a_room_with_content_of_its_own_keeps_it_as_it_is(full):
    full.draw(Clear(0, full.context()))
    other = Room(2)
    mine = other.draw(stroke(), Add(0, 0, ItemType.TEXT, msgpack.packb([1, 2, "hello", 12, 0])))
    other.draw(Meta("title", "Mine"), Set(mine[1], Register.Z, "b"))
    before = {item.id: item for item in other.document.items()}
    other.take(full.export())
    after = {item.id: item for item in other.document.items()}
    assert {op: after[op] for op in before} == before
    assert after.keys() - before.keys() == {item.id for item in full.document.items()}
    assert other.document.meta("title") == "Mine"
    assert other.document.meta("colour") == b"\x00\xff"


def test_what_speaks_of_another_log_is_left_out_and_said():
    admin = NodeId(bytes([1]) * 16)
    room = Room(1, [admin])
    (item,) = room.draw(stroke())
    (acl,) = room.draw(Acl(NodeId(b"x" * 16), 1, room.context()))
    room.draw(Alive(item, False))
    (floor,) = room.draw(Floor(room.context()))
    plan = plan_import(read_archive(room.export()), Room(2).document)
    assert dict(plan.skipped) == dict.fromkeys((acl, floor), "it speaks of the log that it was exported from")
    assert len(plan.ops) == 2


def test_what_a_floor_ended_does_not_begin_again():
    room = Room(1)
    (item,) = room.draw(stroke())
    room.draw(Alive(item, False))
    room.draw(Floor(room.context()))
    room.draw(Alive(item, True))
    assert room.document.items() == []
    other = Room(2)
    other.take(room.export())
    assert other.document.items() == []


def test_what_had_no_effect_is_kept_in_the_file_and_not_taken():
    admin, barred = NodeId(bytes([1]) * 16), NodeId(bytes([9]) * 16)
    room = Room(1, [admin])
    room.document.introduce(AuthorTag(b"9" * 8), barred)
    room.draw(Acl(barred, 1, Context(None, Vector({}))))
    op = Maker(Origin(9)).make(stroke(), 0)
    room.document.apply(op, Place(AuthorTag(b"9" * 8), 0))
    broken = decode_op(Origin(10), bytes((1, 0, 2 << 4)) + b"\xff")
    room.document.apply(broken, Place(room.tag, 50))
    exported = {each["id"]: each for each in json.loads(room.export())["ops"]}
    assert exported[show_op(op.id)]["void"]
    assert exported[show_op(op.id)]["person"] == "00" * 16
    assert exported[show_op(broken.id)]["void"]
    other = Room(2)
    other.take(room.export())
    assert other.document.digest() == room.document.digest()
    assert other.document.statistics().ops == 0


def test_of_two_contents_of_one_id_the_one_that_won_is_taken():
    room = Room(1)
    for payload in (SHAPE, msgpack.packb([0, [1, 1], 0, 8, None])):
        room.log(Maker(Origin(5)).make(Add(0, 0, ItemType.SHAPE, payload), 0), room.person)
    assert len(json.loads(room.export())["ops"]) == 2
    other = Room(2)
    other.take(room.export())
    assert other.document.digest() == room.document.digest()


def test_people_can_read_an_archive(full):
    value = json.loads(full.export(mesh=MeshId(b"m" * 16), exported="2026-11-21 10:00"))
    assert value["format"] == "edgeboard-room"
    assert (value["version"], value["room"], value["mesh"]) == (1, "lobby", "6d" * 16)
    assert value["exported"] == "2026-11-21 10:00"
    by_kind = {}
    for op in value["ops"]:
        by_kind.setdefault(op["kind"], []).append(op)
    first = by_kind["add"][0]
    assert first["points"] == {
        "scale": 20,
        "x": [0, 20, 40],
        "y": [0, 20, 0],
        "pressure": [4095, 2000, 0],
        "t": [0, 8, 16],
    }
    assert (first["type"], first["tool"], first["colour"], first["width"]) == ("stroke", 0, 3, 24)
    assert first["places"] == [["01" * 8, 0]]
    assert {op.get("type") for op in by_kind["add"]} == {"stroke", "shape"}
    assert by_kind["set"][0]["value"] == [1, 0, 0, 1, 5.5, 6]
    assert by_kind["set"][0]["register"] == "transform"
    assert by_kind["cut"][0]["intervals"] == [[10, 20], [30, 40]]
    assert by_kind["meta"][0]["value"] == "Plan ✓"
    assert by_kind["meta"][1]["value"] == {"base64": "AP8="}
    assert by_kind["alive"][0]["undo"] == "undo"
    assert by_kind["alive"][0]["at"] == 1_700_000_000_000
    assert [op["kind"] for op in value["ops"] if not isinstance(op["kind"], str)] == [99]


def test_a_large_room_is_exported_without_points_and_comes_back_all_the_same(full, monkeypatch):
    monkeypatch.setattr(archive_module, "READABLE_MAX", 3)
    data = full.export()
    assert b"points" not in data
    other = Room(2)
    other.take(data)
    assert other.document.digest() == full.document.digest()


def sound():
    room = Room(1)
    room.draw(stroke())
    return json.loads(room.export())


def changed(**fields):
    return json.dumps(sound() | fields).encode()


def with_op(**fields):
    value = sound()
    value["ops"][0] |= fields
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON: expecting '{' at character 0"),
        (b"[]", "not JSON: expecting '{'"),
        (b"{", "not JSON: Expecting value"),
        (b"{}", "not an archive of a room: export one with"),
        (b'{"format": "svg"}', "not an archive of a room"),
        (b"\xff", "not UTF-8 text"),
        (b"{1: 2}", "each key once"),
        (b'{"a": 1, "a": 2}', "each key once"),
        (b'{"a" 1}', "expecting ':'"),
        (b'{"a": 1 "b"', "expecting ','"),
        (b'{"ops": [', "not JSON: Expecting value"),
        (b'{"ops": [1', "op 1: not an object"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"1" * 5000 + b"}", "not JSON: Exceeds the limit"),
        (changed() + b"x", "bytes follow the archive"),
        (changed(version=0), "an archive has a version"),
        (changed(version=True), "an archive has a version"),
        (changed(room=3), "an archive names its room"),
        (changed(room="a/b"), "a room name is 1 to 64"),
        (changed(hidden={}), "`hidden` is a list of op ids"),
        (changed(hidden=["x"]), "not an op id"),
        (changed(ops={}), "`ops` is a list"),
        (changed(ops=[[]]), "op 1: not an object"),
        (changed(ops=[{}]), "op 1: `id` is missing or not a text"),
        (changed(ops=sound()["ops"] * 2), "op 2: 0000000100000001:1 stands here twice"),
        (with_op(id="12"), "op 1: not an op id: '12'"),
        (with_op(id="0000000100000001:2"), "op 1: `id` and `raw` are not of the same op"),
        (with_op(raw="?"), "op 1: "),
        (with_op(raw="é"), "op 1: "),
        (with_op(raw=""), "op 1: a varint is cut short"),
        (with_op(raw=base64.b64encode(bytes(17_000)).decode()), "op 1: an op of 17000 bytes"),
        (with_op(raw=base64.b64encode(bytes((1, 0, 3 << 4))).decode()), "op 1: "),
        (with_op(person="00"), "op 1: a person is 16 bytes"),
        (with_op(person="zz"), "op 1: "),
        (with_op(void=1), "op 1: `void` is true or false"),
    ],
)
def test_a_malformed_file_is_refused_as_a_whole_with_the_reason(data, message):
    with pytest.raises(DecodeError) as caught:
        read_archive(data)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 200


def test_limits_are_named(monkeypatch):
    monkeypatch.setattr(archive_module, "OPS_MAX", 1)
    with pytest.raises(LimitError, match="more than 1 ops"):
        read_archive(changed(ops=sound()["ops"] * 2))
    monkeypatch.setattr(archive_module, "HIDDEN_MAX", 1)
    with pytest.raises(LimitError, match="more than 1 hidden"):
        read_archive(changed(hidden=["x", "x"]))
    monkeypatch.setattr(archive_module, "FILE_MAX", 10)
    with pytest.raises(LimitError, match="the limit is 10"):
        read_archive(changed())


def test_later_versions_and_unknown_fields_are_read():
    data = changed(version=7, novelty={"a": [1]}, mesh="\x1b[31m" + "m" * 100, exported=None)
    archive = read_archive(b"\xef\xbb\xbf  " + data + b"\r\n\t ")
    assert len(archive.ops) == 1
    assert archive.mesh == "[31m" + "m" * 59
    assert archive.exported == ""
    assert read_archive(changed(ops=[])).ops == ()


@given(st.data())
def test_whatever_the_bytes_a_reader_raises_its_one_family(data):
    text = bytearray(changed())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change":
                text[at] = data.draw(st.integers(0, 255))
            case "cut":
                del text[at : at + data.draw(st.integers(1, 20))]
            case "insert":
                text[at:at] = data.draw(st.sampled_from([b"{", b"[", b'"', b",", b"null", b"1e999", b"\\ud800"]))
        if not text:
            return
    try:
        read_archive(bytes(text))
    except DecodeError:
        return


@given(
    st.lists(st.sampled_from(["add", "erase", "restore", "clear", "undo clear", "cut", "move", "other"]), max_size=14)
)
def test_any_history_comes_back_as_the_same_canvas(acts):
    room = Room(1)
    makers = [room.maker, Maker(Origin(5))]
    items, clears = [], []
    for act in acts:
        maker = makers[0]
        match act:
            case "add":
                items += room.draw(stroke(), maker=maker)
            case "erase" | "restore" if items:
                room.draw(Alive(items[len(items) // 2], act == "restore"), maker=maker)
            case "clear":
                clears += room.draw(Clear(0, room.context()), maker=maker)
            case "undo clear" if clears:
                room.draw(Alive(clears[-1], False), maker=maker)
            case "cut" if items:
                room.draw(Cut(items[-1], ((5, 9),)), maker=maker)
            case "move" if items:
                room.draw(Set(items[0], Register.TRANSFORM, [1, 0, 0, 1, len(acts), 0]), maker=maker)
            case "other":
                makers.reverse()
    other = Room(2)
    other.take(room.export())
    assert other.document.digest() == room.document.digest()
    entries = other.entries
    other.take(room.export())
    assert other.entries == entries


def test_the_format_is_written_down():
    page = (Path(__file__).parents[2] / "docs" / "formats" / "archive.md").read_text()
    assert all(f"`{field}`" in page for field in [*sound(), *sound()["ops"][0], "void", "at", "undo", "more"])
