"""Who is here, and which live items are worth passing on."""

import pytest

from edgeboard.errors import DecodeError
from edgeboard.ids import NodeId
from edgeboard.rooms.people import HOPS_MAX, LiveGate, People
from edgeboard.wire.fields import Person

NODE, OTHER = NodeId(b"n" * 16), NodeId(b"m" * 16)
ANA = Person((b"a" * 16, b"o" * 8, "Ana", 5))
ORIGIN = b"o" * 8


def cursor(sequence: int, origin: bytes = ORIGIN, hops: int = 0) -> list[object]:
    return [origin, sequence, hops, 1, 10.0, 20.0, 1]


def test_a_list_of_people_replaces_the_one_before_and_says_whether_it_differs() -> None:
    people = People()
    assert people.set(NODE, [ANA])
    assert not people.set(NODE, [ANA])
    assert people.set(OTHER, [ANA])
    assert len(people) == 2
    assert people.set(NODE, [])
    assert people.nodes() == [OTHER]


def test_an_item_passes_once_with_one_hop_more() -> None:
    gate = LiveGate()
    assert gate.admit(cursor(1), None) == [ORIGIN, 1, 1, 1, 10.0, 20.0, 1]
    assert gate.admit(cursor(1), None) is None
    assert gate.admit(cursor(2), None) is not None


def test_kinds_of_one_origin_have_sequences_of_their_own() -> None:
    gate = LiveGate()
    gate.admit(cursor(9), None)
    assert gate.admit([ORIGIN, 1, 0, 2, 4, 0, b"", None], None) is not None


def test_an_item_that_has_come_too_far_is_dropped() -> None:
    assert LiveGate().admit(cursor(1, hops=HOPS_MAX), None) is None


def test_a_guest_cannot_speak_for_somebody_else() -> None:
    with pytest.raises(DecodeError, match="itself"):
        LiveGate().admit(cursor(1, origin=b"x" * 8), ORIGIN)


@pytest.mark.parametrize(
    "item",
    [None, [], [ORIGIN, 1, 0], [b"short", 1, 0, 1], [ORIGIN, -1, 0, 1], [ORIGIN, "1", 0, 1], [ORIGIN, 1, 0, 1] * 4],
)
def test_what_is_not_an_item_is_refused(item: object) -> None:
    with pytest.raises(DecodeError):
        LiveGate().admit(item, None)


def test_the_memory_of_origins_is_bounded() -> None:
    gate = LiveGate()
    for number in range(5000):
        gate.admit(cursor(1, origin=number.to_bytes(8, "big")), None)
    assert len(gate._last) <= 1024
