"""What the properties do not say in words: intervals, and contexts that go round in a circle."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.merge import unite
from edgeboard.canvas.ops import Add, Clear, Context, Floor, encode_op
from edgeboard.ids import AuthorTag, op_id
from edgeboard.vectors import Vector

ANN = AuthorTag(b"a" * 8)
INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda pair: (pair[0], pair[0] + pair[1])))


@given(INTERVALS)
def test_a_union_covers_what_its_parts_do_and_has_no_seams(intervals):
    united = unite(intervals)
    cells = {cell for start, end in intervals for cell in range(start, end)}
    assert {cell for start, end in united for cell in range(start, end)} == cells
    assert all(end < start for (_, end), (start, _) in pairwise(united))


def test_a_circle_of_floors_waits_for_ever():
    document = Document()
    one, other, item, clear = (op_id(1, counter) for counter in (1, 2, 3, 4))
    bodies = [
        Floor(Context(other, Vector({ANN: 1}))),
        Floor(Context(one, Vector({ANN: 1}))),
        Add(0, 0, 1, b""),
        Clear(0, Context(one, Vector({ANN: 9}))),
        Floor(Context(op_id(1, 5), Vector())),
    ]
    for entry, body in enumerate(bodies):
        document.apply(encode_op(op_id(1, entry + 1), entry + 1, body), Place(ANN, entry))
    assert document.is_alive(item)
    assert document.statistics().waiting_floors == 3
    assert document.is_alive(clear)
    document.check()


def test_a_base_gives_what_the_vector_does_not_name():
    document = Document()
    ben = AuthorTag(b"b" * 8)
    document.apply(encode_op(op_id(1, 1), 1, Floor(Context(None, Vector({ANN: 2, ben: 3})))), Place(ANN, 0))
    clear = encode_op(op_id(1, 2), 2, Clear(0, Context(op_id(1, 1), Vector({ben: 1}))))
    document.apply(clear, Place(ANN, 1))
    fact = document.facts.find(clear.id)
    assert document.view.context_of(fact, fact.about.context) == Vector({ANN: 2, ben: 1})
