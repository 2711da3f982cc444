"""Pages and their layers: what is painted, and in which order."""

import pytest

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Add, Maker, Meta, Register, Set
from edgeboard.canvas.structure import order_key, painted_items
from edgeboard.ids import AuthorTag, Origin


class Room:
    """A room in which one origin does things."""

    def __init__(self):
        self.document, self._maker, self._entries = Document(), Maker(Origin(1)), 0

    def make(self, body):
        op = self._maker.make(body, self.document.lamport)
        self.document.apply(op, Place(AuthorTag(b"a" * 8), self._entries))
        self._entries += 1
        return op.id

    def items(self, page=0):
        return [item.id for item in painted_items(self.document) if item.page == page]


@pytest.fixture
def room():
    return Room()


def test_a_page_has_its_own_items_layer_by_layer(room):
    above = room.make(Add(0, 1, 1, b""))
    below = room.make(Add(0, 0, 1, b""))
    elsewhere = room.make(Add(3, 0, 1, b""))
    last = room.make(Add(0, 1, 1, b""))
    assert room.items() == [below, above, last]
    assert room.items(3) == [elsewhere]
    assert room.items(4) == []


def test_layers_are_in_the_order_that_meta_gives_them(room):
    first, second = room.make(Add(0, 0, 1, b"")), room.make(Add(0, 1, 1, b""))
    room.make(Meta(order_key(0, 0), "8"))
    assert room.items() == [second, first]
    room.make(Meta(order_key(0, 1), "é"))
    assert room.items() == [first, second]
    room.make(Meta(order_key(0, 1), 7))  # says nothing
    assert room.items() == [second, first]
    room.make(Meta(order_key(1, 1), "z"))  # of another page
    assert room.items() == [second, first]


def test_within_a_layer_the_key_decides_and_ordinary_items_have_that_of_their_age(room):
    ids = [room.make(Add(0, 0, 1, b"")) for _ in range(3)]
    room.make(Set(ids[2], Register.Z, "000000000000018"))  # between the first and the second
    assert room.items() == [ids[0], ids[2], ids[1]]
    room.make(Set(ids[0], Register.LAYER, [0, 2]))
    assert room.items() == [ids[2], ids[1], ids[0]]
