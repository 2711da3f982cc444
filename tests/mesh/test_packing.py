"""Batches that share a message."""

from edgeboard.ids import RoomId
from edgeboard.mesh.packing import TOGETHER, Packing
from edgeboard.wire.messages import BATCHES_MAX, Batches, BatchIs, Channel, decode

ROOM = RoomId(b"r" * 16)


def read(batches):
    return [decode(Channel.LOG, message) for message in Packing().together(ROOM, batches)]


def carried(messages):
    return [b for m in messages for b in ((m.batch,) if isinstance(m, BatchIs) else m.batches)]


def test_all_come_in_their_order_and_no_message_carries_too_many_or_too_much():
    batches = [bytes([number % 251]) * (40 + 37 * number % 900) for number in range(200)]
    messages = read(batches)
    assert carried(messages) == batches
    assert len(messages) < 40
    for message in messages:
        if isinstance(message, Batches):
            assert 1 < len(message.batches) <= BATCHES_MAX
            assert sum(map(len, message.batches)) <= TOGETHER


def test_a_large_one_travels_alone():
    batches = [b"a" * 10, b"b" * (TOGETHER + 1), b"c" * 10]
    assert [type(message) for message in read(batches)] == [BatchIs] * 3


def test_what_goes_to_several_links_is_encoded_once_until_it_is_forgotten():
    batches, packing = [b"one", b"two"], Packing()
    (first,), (again,) = packing.together(ROOM, batches), packing.together(ROOM, batches)
    assert first is again
    assert packing.alone(ROOM, batches[0]) is packing.alone(ROOM, batches[0])
    assert decode(Channel.LOG, packing.alone(ROOM, batches[0])) == BatchIs(ROOM, b"one")
    packing.forget()
    assert packing._encoded == {}
