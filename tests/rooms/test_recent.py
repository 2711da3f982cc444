"""The newest ink of a room, for somebody who has just come."""

from edgeboard.canvas.bodies import Add, Alive, ItemType, Register, Set
from edgeboard.canvas.ops import decode_op
from edgeboard.rooms.recent import BYTES_MAX, newest_ops
from tests.rooms.test_room import room_of


def ids(room):
    return [
        decode_op(origin, tail).id
        for (origin, _), tails in newest_ops(room.log, room.document).items()
        for tail in tails
    ]


def draw(room, count, at=0, size=100):
    made = []
    for number in range(count):
        made += room.submit([Add(0, 0, ItemType.STROKE, bytes(size))], 0.0)
        room.flush(1_000 * (at + number))
    return made


def test_the_newest_come_in_the_order_in_which_they_were_made_within_the_bound():
    room = room_of(1)
    made = draw(room, 1_000)
    newest = ids(room)
    assert newest == made[-len(newest) :]
    assert BYTES_MAX * 0.9 < sum(len(room.document.facts.contents(op)[0].tail) for op in newest) <= BYTES_MAX


def test_what_was_erased_is_left_out_and_what_was_said_of_the_living_is_not():
    room = room_of(1)
    first, second = draw(room, 2)
    room.submit([Alive(first, False)], 0.0)
    (said, _) = room.submit([Set(second, Register.LOCK, True), Set(first, Register.LOCK, True)], 0.0)
    room.flush(5_000)
    assert ids(room) == [second, said]


def test_the_newest_of_several_authors_are_the_newest_by_their_labels():
    room, other = room_of(1), room_of(2)
    old, new = draw(room, 300, size=200), draw(other, 300, at=1_000, size=200)
    for data in list(other.log.batches()):
        room.receive(data)
    newest = ids(room)
    assert newest == new[-len(newest) :]
    assert not set(newest) & set(old)
