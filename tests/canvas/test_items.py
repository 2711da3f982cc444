"""Items as they are read: what cannot be read is at its default."""

import pytest

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.items import paint_order
from edgeboard.canvas.ops import Add, Maker, Register, Set, Unknown
from edgeboard.canvas.values import pack_value
from edgeboard.ids import AuthorTag, Origin

ANN = AuthorTag(b"a" * 8)


def read(*sets):
    """An item on page 3, layer 4, after some sets of (register, value) or raw bodies."""
    document, maker = Document(), Maker(Origin(1))
    bodies = [
        Add(3, 4, 1, b"payload"),
        *(each if isinstance(each, Unknown) else Set(1 << 32 | 1, *each) for each in sets),
    ]
    for entry, body in enumerate(bodies):
        document.apply(maker.make(body, 0), Place(ANN, entry))
    (item,) = document.items()
    return item


@pytest.mark.parametrize("value", [None, 1, [], [1], [-1, 0], [True, 0], [1.0, 0], ["1", "2"], "12", {0: 1, 1: 2}])
def test_a_layer_that_cannot_be_read_leaves_the_item_where_it_was(value):
    item = read((Register.LAYER, value))
    assert (item.page, item.layer) == (3, 4)


@pytest.mark.parametrize("value", [[5, 6], [5, 6, "of a later version"]])
def test_a_layer_moves_the_item(value):
    item = read((Register.LAYER, value))
    assert (item.page, item.layer) == (5, 6)


def test_registers_hold_what_can_be_read():
    item = read((Register.STYLE, [1]), (Register.STYLE, None), (Register.DATA, {"a": 1}), (99, 7))
    assert item.registers == {Register.DATA: {"a": 1}, 99: 7}
    assert read((Register.TEXT, "é" * 4096)).registers[Register.TEXT] == "é" * 4096
    too_long = b"\1\4" + pack_value("é" * 4097)
    for raw in (too_long, b"\1\4\xa1\xff", b"\1\4\x05"):
        assert read(Unknown(2, raw)).registers == {}


def test_an_item_without_a_z_is_painted_by_its_lamport_number():
    for none in (7, "", None):
        assert paint_order(read((Register.Z, none)))[0] == "00000000000001"
    assert paint_order(read((Register.Z, "a1")))[0] == "a1"
