"""Who is here, and which live items are worth passing on."""

from dataclasses import replace

import pytest

from edgeboard.errors import DecodeError
from edgeboard.ids import NodeId, Origin, op_id
from edgeboard.oplog.codec import Pen
from edgeboard.rooms.people import HOPS_MAX, ORIGINS_MAX, LiveGate, People
from edgeboard.wire.fields import Person
from edgeboard.wire.live import Cursor, Ended, Further, LiveItem, Preview, live_item, short_name

NODE, OTHER = NodeId(b"n" * 16), NodeId(b"m" * 16)
ANA = Person((b"a" * 16, b"o" * 8, "Ana", 5))
ORIGIN = Origin(0x6F6F)


def cursor(sequence: int, origin: Origin = ORIGIN, hops: int = 0) -> LiveItem:
    return replace(live_item(Cursor(origin, sequence, 10.0, 20.0, 1)), hops=hops)


def preview(counter: int, first: int, origin: Origin = ORIGIN) -> LiveItem:
    return live_item(Preview(op_id(origin, counter), first, Pen(0, 0, 24), 0, 0, b""))


def further(counter: int, first: int, origin: Origin = ORIGIN) -> LiveItem:
    return live_item(Further(short_name(op_id(origin, counter)), first, b""))


def test_a_list_of_people_replaces_the_one_before_and_says_whether_it_differs() -> None:
    people = People()
    assert people.set(NODE, [ANA])
    assert not people.set(NODE, [ANA])
    assert people.set(OTHER, [ANA])
    assert len(people) == 2
    assert people.set(NODE, [])
    assert people.nodes() == [OTHER]


def test_a_name_is_known_after_its_owner_has_left() -> None:
    people = People()
    people.set(NODE, [ANA])
    people.set(NODE, [])
    assert people.name_of(b"a" * 16) == "Ana"
    assert people.name_of(b"b" * 16) == ""
    for number in range(ORIGINS_MAX):
        people.set(NODE, [Person((number.to_bytes(16, "big"), b"o" * 8, "x", 5))])
    assert people.name_of(b"a" * 16) == ""


def test_an_item_passes_once_with_one_hop_more() -> None:
    gate = LiveGate()
    assert gate.admit(cursor(1), None) == cursor(1, hops=1)
    assert gate.admit(cursor(1), None) is None
    assert gate.admit(cursor(2), None) is not None


def test_kinds_of_one_origin_have_sequences_of_their_own() -> None:
    gate = LiveGate()
    gate.admit(cursor(9), None)
    assert gate.admit(live_item(Ended(ORIGIN, 1, 4)), None) is not None
    assert gate.admit(LiveItem(11, 0, bytes(8) + b"\1of a later version"), None) is not None


def test_pieces_of_a_stroke_pass_in_their_order_and_once() -> None:
    gate = LiveGate()
    items = [preview(1, 0), further(1, 8), further(1, 16), further(1, 16), further(1, 8), preview(1, 0), preview(1, 24)]
    assert [gate.admit(item, None) is not None for item in items] == [True, True, True, False, False, False, True]


def test_a_piece_whose_introduction_was_lost_is_not_passed_on() -> None:
    gate = LiveGate()
    assert gate.admit(further(1, 8), None) is None
    assert gate.admit(preview(1, 64), None) is not None
    assert gate.admit(further(1, 72), None) is not None


def test_a_late_piece_of_an_earlier_stroke_does_not_take_the_name_back() -> None:
    gate = LiveGate()
    assert gate.admit(preview(1, 0), None) is not None
    assert gate.admit(preview(257, 0), None) is not None
    assert gate.admit(preview(1, 8), None) is None
    assert gate.admit(further(257, 8), None) is not None


def test_an_item_that_has_come_too_far_is_dropped() -> None:
    assert LiveGate().admit(cursor(1, hops=HOPS_MAX), None) is None


@pytest.mark.parametrize("item", [cursor(1, Origin(9)), preview(1, 0, Origin(9)), cursor(1, hops=1)])
def test_a_guest_cannot_speak_for_somebody_else(item: LiveItem) -> None:
    with pytest.raises(DecodeError, match=r"itself|passes"):
        LiveGate().admit(item, ORIGIN)


def test_a_guest_with_the_short_name_of_another_adds_nothing_to_that_ones_stroke() -> None:
    gate = LiveGate()
    alike = Origin(ORIGIN | 1 << 40)
    assert gate.admit(preview(1, 0), ORIGIN) is not None
    assert gate.admit(further(1, 8, alike), alike) is None
    assert gate.admit(further(1, 8), ORIGIN) is not None


def test_what_is_not_an_item_is_refused() -> None:
    for item in (LiveItem(1, 0, b""), LiveItem(5, 0, b"ab"), LiveItem(2, 0, bytes(9))):
        with pytest.raises(DecodeError):
            LiveGate().admit(item, None)


def test_the_memory_of_origins_and_strokes_is_bounded() -> None:
    gate = LiveGate()
    for number in range(5000):
        gate.admit(cursor(1, Origin(number)), None)
        gate.admit(preview(1, 0, Origin(number)), None)
    assert len(gate._last) <= 1024
    assert len(gate._strokes) <= 1024
