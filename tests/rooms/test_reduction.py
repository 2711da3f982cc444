"""Giving back what floors have ended, of one room alone; tests/node/test_upkeep.py does it on whole boards."""

from edgeboard.canvas.bodies import Add, Alive, Context, Floor, ItemType
from edgeboard.oplog.batch import decode_batch
from edgeboard.rooms.reduction import RETRY_S, Reduction
from tests.rooms.test_room import room_of


def room_with_a_floor():
    room = room_of(1)
    room.loaded(0.0)
    items = room.submit([Add(0, 0, ItemType.STROKE, bytes(100))] * 20, 0.0)
    room.submit([Alive(item, False) for item in items[:15]], 0.0)
    room.flush(0)
    room.submit([Floor(Context(None, room.log.vector()))], 0.0)
    room.flush(0)
    return room


def run(reduction, room, now=1.0):
    """Until a slice is to be written, or all is done."""
    while reduction.next_timer() is not None:
        now = max(now, reduction.next_timer())
        given, alarm = reduction.on_timer(room, now)
        assert alarm is None
        if given is not None:
            return given
    return None


def test_a_slice_at_a_time_is_written_and_the_room_begins_anew():
    room, reduction = room_with_a_floor(), Reduction()
    digest, old = room.document.digest(), room.document
    reduction.begin_if_due(room, 1.0)
    given = run(reduction, room)
    assert len(given.dropped) == 15
    assert reduction.next_timer() is None
    reduction.written(2.0, ok=True)
    assert run(reduction, room, 2.0) is None
    assert room.document is not old
    assert room.document.digest() == digest
    assert not room.document.gone
    assert sum(slot.dropped is not None for data in room.log.batches() for slot in decode_batch(data).slots) == 15
    room.log.check()
    room.document.check()


def test_a_slice_that_could_not_be_written_is_given_again_later():
    room, reduction = room_with_a_floor(), Reduction()
    reduction.begin_if_due(room, 1.0)
    given = run(reduction, room)
    reduction.written(2.0, ok=False)
    assert reduction.next_timer() == 2.0 + RETRY_S
    assert run(reduction, room) is given


def test_ink_that_comes_meanwhile_is_on_the_fresh_canvas():
    room, reduction = room_with_a_floor(), Reduction()
    reduction.begin_if_due(room, 1.0)
    run(reduction, room)
    room.submit([Add(0, 0, ItemType.STROKE, b"new")], 1.5)
    reduction.written(2.0, ok=True)
    for _ in range(5):
        reduction.on_timer(room, reduction.next_timer())
    room.submit([Add(0, 0, ItemType.STROKE, b"newer")], 3.0)
    room.flush(0)
    assert run(reduction, room, 3.0) is None
    assert len(room.document.items()) == 7
    room.document.check()


def test_nothing_is_done_where_no_floor_has_ended_anything():
    room, reduction = room_of(1), Reduction()
    room.loaded(0.0)
    reduction.begin_if_due(room, 1.0)
    assert reduction.next_timer() is None
