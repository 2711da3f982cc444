"""One room: local ink, guests' ops, batches of others, and what is refused."""

import hashlib

import msgpack
import pytest

from edgeboard.canvas.bodies import Add, Alive, ItemType
from edgeboard.canvas.ops import Maker
from edgeboard.errors import DecodeError, RefusedError, SignatureError, StateError
from edgeboard.ids import MeshId, Origin, PersonId, RoomId, author_id, node_id, room_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.log import Status
from edgeboard.rooms.room import Room, RoomSettings
from edgeboard.rooms.states import RoomEvent, RoomState
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify

MESH = MeshId(b"m" * 16)
LOBBY = room_id(MESH, "lobby")
ANA, BO = PersonId(b"a" * 16), PersonId(b"b" * 16)


def room_of(number: int, **settings) -> Room:
    key = hashlib.sha256(bytes([number])).digest()
    node = node_id(key)

    def make_author(room: RoomId) -> LocalAuthor:
        return LocalAuthor(MESH, room, author_id(node, 1, number), key, stand_in_sign(key))

    room = Room(
        MESH,
        LOBBY,
        "lobby",
        node=node,
        verify=stand_in_verify,
        make_author=make_author,
        maker=Maker(Origin(number)),
        person=PersonId(bytes([number]) * 16),
        settings=RoomSettings(**settings),
    )
    room.open(0.0)
    return room


def text(words: str = "x") -> Add:
    return Add(page=0, layer=0, type=ItemType.TEXT, payload=msgpack.packb([0, 0, words, 16, 0]))


def test_local_ink_is_on_the_canvas_before_it_is_logged() -> None:
    room = room_of(1)
    room.submit([text()], 0.0)
    assert len(room.document.items()) == 1
    assert len(room.log.vector()) == 0
    outcome = room.flush(0)
    assert len(outcome.batches) == 1
    assert len(outcome.items) == 1
    assert room.log.statistics().entries == 1


def test_ops_are_gathered_for_a_while_or_until_a_packet_is_full() -> None:
    room = room_of(1, gather_s=0.5, gather_bytes=1000)
    assert room.gathered_until() is None
    room.submit([text()], 1.0)
    assert room.gathered_until() == 1.5
    room.submit([text("y" * 1000)], 1.1)
    assert room.gathered_until() == 1.0


def test_much_gathered_ink_becomes_batches_that_fit_a_message() -> None:
    room = room_of(1)
    room.submit([text("y" * 5000) for _ in range(20)], 0.0)
    batches = room.flush(0).batches
    assert sum(batch.count for batch in batches) == 20
    assert all(len(batch.data) < 32 * 1024 for batch in batches)


def test_a_batch_of_one_room_is_taken_by_another_and_twice_is_once() -> None:
    first, second = room_of(1), room_of(2)
    first.submit([text()], 0.0)
    (batch,) = first.flush(0).batches
    assert second.receive(batch.data)[0].status is Status.NEW
    offer, outcome = second.receive(batch.data)
    assert (offer.status, outcome.batches, outcome.items) == (Status.DUPLICATE, (), ())
    assert first.document.digest() == second.document.digest()


@pytest.mark.parametrize("at", [-1, -80, 12])
def test_an_altered_batch_changes_nothing(at: int) -> None:
    first, second = room_of(1), room_of(2)
    first.submit([text("secret words")], 0.0)
    data = bytearray(first.flush(0).batches[0].data)
    data[at] ^= 1
    with pytest.raises((SignatureError, DecodeError)):
        second.receive(bytes(data))
    assert second.document.items() == []
    assert len(second.log.vector()) == 0


def test_a_guest_op_is_logged_once_however_often_it_is_handed_in() -> None:
    room = room_of(1)
    op = Maker(Origin(77)).make(text(), 0)
    for _ in range(3):
        room.take(Origin(77), ANA, op.tail, 5, 0.0)
    room.flush(0)
    assert room.log.statistics().entries == 1
    assert len(room.receipts) == 3


def test_an_origin_belongs_to_one_person() -> None:
    room = room_of(1)
    maker = Maker(Origin(77))
    room.take(Origin(77), ANA, maker.make(text(), 0).tail, 5, 0.0)
    with pytest.raises(RefusedError, match="another person"):
        room.take(Origin(77), BO, maker.make(text(), 0).tail, 6, 0.0)


def test_a_full_room_says_so() -> None:
    room = room_of(1, ops_max=2)
    maker = Maker(Origin(77))
    for _ in range(2):
        room.take(Origin(77), ANA, maker.make(text(), 0).tail, 5, 0.0)
    with pytest.raises(RefusedError, match="full"):
        room.take(Origin(77), ANA, maker.make(text(), 0).tail, 5, 0.0)


@pytest.mark.parametrize("state", RoomState)
def test_ink_is_taken_or_refused_as_the_state_says(state: RoomState) -> None:
    room = room_of(1)
    room.state = state
    if state in (RoomState.IDLE, RoomState.LEAVING):
        with pytest.raises(StateError):
            room.submit([text()], 0.0)
    else:
        room.submit([text()], 0.0)
        assert len(room.document.items()) == 1


def test_an_event_without_a_row_changes_nothing() -> None:
    room = room_of(1)
    assert not room.on_event(RoomEvent.FLUSHED)
    assert room.state is RoomState.JOINING
    assert room.on_event(RoomEvent.CAUGHT_UP)
    assert room.state is RoomState.ACTIVE


def test_an_op_of_an_unknown_kind_is_kept_and_handed_on() -> None:
    first, second = room_of(1), room_of(2)
    known = Maker(Origin(77)).make(Alive(Maker(Origin(78)).make(text(), 0).id, False), 0)
    tail = known.tail[:2] + bytes(((99 << 4) & 0x7F | 0x80, (99 << 4) >> 7)) + b"whatever comes"
    first.take(Origin(77), ANA, tail, None, 0.0)
    (batch,) = first.flush(0).batches
    second.receive(batch.data)
    assert batch.slots[0].tail == tail
    assert second.document.statistics().ops == 1
    assert second.document.statistics().void == 1
