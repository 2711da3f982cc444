"""What a floor has ended is let go, and whoever comes later sees the same canvas."""

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Add, Alive, Context, Cut, Floor, Maker, Register, Set, encode_op
from edgeboard.ids import AuthorTag, MeshId, Origin, PersonId, RoomId, author_id, node_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import decode_batch
from edgeboard.oplog.floors import droppable, reduce_log
from edgeboard.oplog.log import Log, Status

MESH, ROOM, KEY, PERSON = MeshId(bytes(16)), RoomId(bytes(16)), b"k" * 32, PersonId(bytes(16))
INK = bytes(range(100))


class Room:
    def __init__(self):
        self.log = Log(MESH, ROOM, lambda *_: True)
        self.document = Document()
        self.local = LocalAuthor(MESH, ROOM, author_id(node_id(KEY), 1, 1), KEY, lambda _: bytes(64))
        self.maker = Maker(Origin(1))

    def take(self, data):
        offer = self.log.offer(data)
        for accepted in offer.accepted:
            for dropped in accepted.dropped:
                self.document.skip(dropped.place, dropped.content)
            for entry in accepted.entries:
                self.document.apply(entry.op, entry.place)
        return offer

    def do(self, *bodies):
        made = [self.maker.make(body, self.document.lamport) for body in bodies]
        return self.carry(*made)

    def carry(self, *ops):
        self.take(self.local.batch([(op, PERSON) for op in ops], 0))
        return ops[0].id

    def floor(self):
        return self.do(Floor(Context(None, self.document.held)))


def reductions(room):
    return [reduced for reduced in reduce_log(room.log, room.document) if reduced is not None]


def room_with_dead_ink():
    room = Room()
    first = room.maker.next_id
    room.do(Add(0, 0, 1, INK), Add(0, 0, 1, INK, first, 1), Set(first, Register.TEXT, "said of it, at some length"))
    kept = room.do(Add(0, 0, 1, b"kept" + INK))
    room.do(Cut(first, tuple((2 * n, 2 * n + 1) for n in range(30))), Alive(first, False))
    return room, first, kept


def test_without_a_floor_nothing_is_let_go():
    room, *_ = room_with_dead_ink()
    assert droppable(room.document) == set()
    assert reductions(room) == []


def test_adds_sets_and_cuts_of_the_dead_are_let_go_and_what_decides_stays():
    room, first, kept = room_with_dead_ink()
    room.floor()
    piece, text, cut, erase = (first + number for number in (1, 2, 4, 5))
    assert droppable(room.document) == {first, piece, text, cut}
    digest, size = room.document.digest(), room.log.statistics().bytes
    reduced = reductions(room)
    assert len(reduced) == 2
    assert room.log.statistics().bytes < size - 200
    assert reductions(room) == []
    late = Room()
    for data in room.log.batches():
        assert late.take(data).status == Status.NEW
    late.document.check()
    assert late.document.digest() == room.document.digest() == digest
    assert late.document.held == room.document.held
    assert [late.document.knows(op) for op in (first, piece, text, cut, erase, kept)] == [False] * 4 + [True] * 2
    assert late.document.unexplained() == []


def test_what_lies_behind_the_floor_stays():
    room, first, _ = room_with_dead_ink()
    room.floor()
    room.do(Set(first, Register.TEXT, "too late, and long enough to be worth it"))
    (last,) = [data for data in room.log.batches() if decode_batch(data).first == 7]
    assert last not in [reduced.data for reduced in reductions(room)]
    assert list(room.log.batches())[-1] == last


def test_an_op_that_is_handed_in_again_stays_void_on_both_sides():
    room, first, _ = room_with_dead_ink()
    fact = room.document.facts.find(first)
    again = encode_op(first, fact.lamport, Add(0, 0, 1, INK))
    assert again.tail == fact.tail
    room.floor()
    reductions(room)
    late = Room()
    for data in room.log.batches():
        late.take(data)
    for each in (room, late):
        each.document.apply(again, Place(AuthorTag(b"another!"), 0))
        assert not each.document.is_alive(first)
    assert late.document.digest() == room.document.digest()


def test_an_equivocal_op_is_not_let_go():
    room, first, _ = room_with_dead_ink()
    text = first + 2
    room.carry(encode_op(text, 3, Set(first, Register.TEXT, "the same id says something else")))
    room.floor()
    assert text not in droppable(room.document)
    assert first in droppable(room.document)
