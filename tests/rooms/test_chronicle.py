"""Who did what: one log with two authors and two people."""

import json

import pytest

from edgeboard.canvas.bodies import Add, Alive, Clear, Context, Cut, ItemType, Set, Undo, Unknown
from edgeboard.canvas.document import Document
from edgeboard.canvas.ops import Maker, decode_op
from edgeboard.ids import AuthorId, MeshId, OpId, Origin, PersonId, RoomId, author_id, node_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.codec import Stroke, encode_columns, encode_stroke
from edgeboard.oplog.log import Log
from edgeboard.rooms.chronicle import ENTRIES_KEPT, describe_log
from edgeboard.vectors import Vector

MESH, ROOM = MeshId(b"m" * 16), RoomId(b"r" * 16)
ADA, BEN = PersonId(b"a" * 16), PersonId(b"b" * 16)
STROKE = encode_stroke(0, 0, 24, Stroke(20, [0, 20], [0, 0]))
ITEM = OpId(1 << 32 | 1)


class Book:
    """A log and its canvas."""

    def __init__(self):
        self.document = Document()
        self.log = Log(MESH, ROOM, lambda key, signature, message: True)

    def author(self, number, boot=1):
        key = bytes([number]) * 32
        author = author_id(node_id(key), boot, number)
        return LocalAuthor(MESH, ROOM, AuthorId(author), key, lambda message: bytes(64))

    def write(self, author, ops, time_ms):
        for accepted in self.log.offer(author.batch(ops, time_ms)).accepted:
            for op, place, person in accepted.entries:
                self.document.own(Origin(op.id >> 32), person)
                self.document.apply(op, place)


@pytest.fixture
def book():
    book = Book()
    ada, ben = Maker(Origin(1)), Maker(Origin(2))
    first, second = book.author(1), book.author(2, boot=7)
    bodies = [
        (Add(0, 0, ItemType.STROKE, STROKE), {}),
        (Add(0, 0, ItemType.STROKE, encode_columns(Stroke(20, [20], [0])), ITEM, 1), {"more": True}),
        (Cut(ITEM, ((0, 9),)), {}),
        (Alive(ITEM, False), {"at": 500}),
        (Alive(ITEM, True), {"undo": Undo.UNDO}),
    ]
    book.write(first, [(ada.make(body, 0, **marks), ADA) for body, marks in bodies], 1_000)
    bodies = [Set(ITEM, 3, "b"), Clear(0, Context(None, Vector())), Unknown(99, b""), Add(0, 0, 42, b"\x01")]
    book.write(second, [(ben.make(body, 9), BEN) for body in bodies], 2_000)
    broken = decode_op(Origin(2), bytes((5, 20, 3 << 4)))
    book.write(second, [(broken, BEN), (ada.make(Alive(ITEM, True), 30), ADA)], 3_000)
    return book


def test_every_person_is_told_with_what_they_did(book):
    people = {person["person"]: person for person in describe_log("lobby", book.document, book.log)["people"]}
    ada, ben = people[ADA.hex()], people[BEN.hex()]
    assert ada["did"] == {"add piece": 1, "add stroke": 1, "erase": 1, "erase part": 1, "restore": 1, "undo": 1}
    assert ben["did"] == {"99": 1, "add item of type 42": 1, "broken": 1, "clear": 1, "set": 1}
    assert (ada["ops"], ada["origins"], ada["first"], ada["last"]) == (6, 1, 500, 3_000)
    assert (ben["ops"], ben["first"], ben["last"]) == (5, 2_000, 3_000)


def test_every_author_is_told_with_the_size_of_its_log(book):
    described = describe_log("lobby", book.document, book.log)
    one, two = sorted(described["authors"], key=lambda author: author["boot"])
    assert (one["boot"], one["batches"], one["ops"], one["dropped"]) == (1, 1, 5, 0)
    assert (two["boot"], two["batches"], two["ops"]) == (7, 2, 6)
    assert one["node"] == node_id(bytes([1]) * 32).hex()
    assert described["bytes"] == book.log.statistics().bytes == one["batch_bytes"] + two["batch_bytes"]
    assert described["ops"] == 11
    assert described["live_items"] == book.document.statistics().items
    json.dumps(described)


def test_dropped_ops_are_counted_and_not_described(book):
    (tag,) = [tag for tag, end in book.log.vector() if end == 5]
    book.log.reduce(tag, 0, {1, 2})
    (author,) = [each for each in describe_log("lobby", book.document, book.log)["authors"] if each["boot"] == 1]
    assert (author["ops"], author["dropped"]) == (3, 2)


def test_the_newest_entries_come_last_and_are_not_too_many(book):
    entries = describe_log("lobby", book.document, book.log)["entries"]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert entries[0]["what"] == "erase"
    assert entries[-1]["id"] == "0000000000000001:6"
    maker, author = Maker(Origin(3)), book.author(3)
    book.write(author, [(maker.make(Alive(ITEM, True), 50), BEN) for _ in range(ENTRIES_KEPT + 5)], 9_000)
    assert len(describe_log("lobby", book.document, book.log)["entries"]) == ENTRIES_KEPT


def test_an_empty_room_has_an_empty_log():
    described = describe_log("lobby", Document(), Log(MESH, ROOM, lambda *_: True))
    assert described == {
        "room": "lobby", "ops": 0, "bytes": 0, "live_items": 0, "authors": [], "people": [], "entries": [],
    }  # fmt: skip
