"""Bodies are written as the contract says, and not beyond its limits."""

import pytest

from edgeboard.canvas.bodies import (
    INTERVALS_MAX,
    PIECES_MAX,
    TEXT_BYTES_MAX,
    Acl,
    Add,
    Alive,
    Clear,
    Context,
    Cut,
    Floor,
    ItemType,
    Kind,
    Meta,
    Register,
    Role,
    Set,
    Undo,
    Unknown,
    check_text,
    kind_of,
    put_body,
)
from edgeboard.errors import LimitError
from edgeboard.ids import op_id
from edgeboard.vectors import Vector

MAKER, NEAR, FAR = op_id(7, 100), op_id(7, 97), op_id(8, 97)
NOTHING = Context(None, Vector())


DEEP = None
for _ in range(64):  # and the array of key and value around it
    DEEP = [DEEP]


def written(body, maker=MAKER):
    out = bytearray()
    put_body(out, body, maker)
    return bytes(out)


def test_numbers_on_the_wire_stay_what_they_are():
    assert [kind.name for kind in Kind] == ["ADD", "SET", "ALIVE", "CUT", "CLEAR", "META", "ACL", "FLOOR"]
    assert [*map(int, Kind)] == [*range(1, 9)]
    assert [*map(int, ItemType)] == [*map(int, Register)] == [*range(1, 8)]
    assert ([*map(int, Role)], [*map(int, Undo)]) == ([*range(5)], [*range(3)])


def test_a_ref_is_short_where_it_can_be():
    assert written(Alive(NEAR, True)) == b"\x03\x01"
    assert written(Alive(FAR, False)) == b"\x00" + (8).to_bytes(8) + b"\x61\x00"
    assert written(Alive(MAKER, True))[0] == 0, "an op that refers to itself"
    assert written(Alive(op_id(7, 101), True))[0] == 0, "or to one that comes later"


def test_every_kind_has_its_number():
    bodies = [Add(0, 0, 1, b""), Set(NEAR, 1, 1), Alive(NEAR, True), Cut(NEAR, ((0, 1),)), Clear(0, NOTHING)]
    bodies += [Meta("k", 1), Acl(bytes(16), 1, NOTHING), Floor(NOTHING), Unknown(9, b"")]
    assert [kind_of(body) for body in bodies] == [*range(1, 10)]


@pytest.mark.parametrize(
    "body",
    [
        Add(0, 0, 1, b"", NEAR, 0),
        Add(0, 0, 1, b"", NEAR, PIECES_MAX),
        Cut(NEAR, ()),
        Cut(NEAR, ((5, 5),)),
        Cut(NEAR, ((5, 9), (8, 10))),
        Cut(NEAR, ((-1, 9),)),
        Cut(NEAR, tuple((n, n + 1) for n in range(INTERVALS_MAX + 1))),
        Set(NEAR, Register.TEXT, "é" * (TEXT_BYTES_MAX // 2 + 1)),
        Meta("k" * 129, None),
        Meta("deep", DEEP),
        Set(NEAR, Register.DATA, 2**64),
    ],
)
def test_what_the_contract_does_not_allow_is_not_written(body):
    with pytest.raises(LimitError):
        written(body)


def test_a_text_at_the_limit_is_written():
    check_text("é" * (TEXT_BYTES_MAX // 2))
    assert len(written(Set(NEAR, Register.TEXT, "é" * (TEXT_BYTES_MAX // 2)))) == TEXT_BYTES_MAX + 5
