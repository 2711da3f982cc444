import random

import pytest

from edgeboard.canvas.bodies import Add, Alive, ItemType, Meta, Register, Set
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.geometry import Rectangle
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.structure import order_key
from edgeboard.ids import AuthorTag, Origin
from edgeboard.oplog.codec import encode_stroke
from edgeboard.render import scene as scene_module
from edgeboard.render.scene import CELL, Scene, around_item
from edgeboard.render.strokes import strips_of
from edgeboard.render.svg import box_of

SQUARE = b"\x95\x02\x94\x00\x00\x64\x64\x00\x10\xc0"  # msgpack: a rectangle of 100 x 100 px


class Page:
    """A document that one maker draws on, and its scene."""

    def __init__(self):
        self.document = Document()
        self.scene = Scene()
        self._maker = Maker(Origin(7))
        self._entries = 0

    def make(self, body):
        op = self._maker.make(body, self.document.lamport)
        change = self.document.apply(op, Place(AuthorTag(b"a" * 16), self._entries))
        self._entries += 1
        self.scene.touch(change.items)
        return op.id

    def stroke(self, *places, width=24, page=0):
        x, y = [round(x * 20) for x, _ in places], [round(y * 20) for _, y in places]
        return self.make(Add(page, 0, ItemType.STROKE, encode_stroke(0, 0, width, Stroke(20, x, y))))

    def ids_in(self, *area):
        self.scene.refresh(self.document)
        return [item.id for item in self.scene.items_in(self.document, Rectangle(*area))]


@pytest.fixture
def page():
    return Page()


def test_items_are_found_where_they_lie_in_paint_order(page):
    first = page.stroke((10, 10), (50, 50))
    far = page.stroke((2000, 2000), (2010, 2000))
    second = page.stroke((40, 40), (60, 40))
    assert page.ids_in(0, 0, 100, 100) == [first, second]
    assert page.ids_in(1990, 1990, 2100, 2100) == [far]
    assert page.ids_in(500, 500, 600, 600) == []
    assert page.ids_in(0, 0, 1e6, 1e6) == [first, far, second]


def test_what_has_changed_is_damaged_where_it_was_and_where_it_is(page):
    item = page.stroke((10, 10), (50, 50))
    page.scene.refresh(page.document)
    page.make(Set(item, Register.TRANSFORM, [1, 0, 0, 1, 1000, 0]))
    assert page.scene.is_stale
    before, after = page.scene.refresh(page.document)
    assert before.x1 < 100 < 1000 < after.x0
    assert page.ids_in(0, 0, 100, 100) == []
    page.make(Alive(item, False))
    (gone,) = page.scene.refresh(page.document)
    assert gone == after
    assert len(page.scene) == 0


def test_other_pages_are_not_seen(page):
    page.stroke((10, 10), (50, 50), page=1)
    assert page.ids_in(0, 0, 100, 100) == []


def test_an_item_as_large_as_many_cells_is_found_too(page):
    end = CELL * 40
    item = page.stroke((0, 0), (end, end))
    assert page.ids_in(end - 5, end - 5, end, end) == [item]
    page.make(Alive(item, False))
    assert page.ids_in(0, 0, end, end) == []


def test_a_box_holds_all_of_the_ink(page):
    rng = random.Random(5)
    for _ in range(200):
        places = [(rng.uniform(0, 500), rng.uniform(0, 500)) for _ in range(rng.randint(1, 12))]
        item = page.document.item(page.stroke(*places, width=rng.randint(1, 200)))
        assert around_item(item).contains(box_of(item)), places


def test_a_large_change_can_be_looked_at_in_portions(page):
    for at in range(10):
        page.stroke((at * 10, 0), (at * 10, 5))
    assert len(page.scene.refresh(page.document, most=4)) == 4
    assert page.scene.is_stale
    page.scene.refresh(page.document)
    assert len(page.scene) == 10


@pytest.mark.parametrize(
    ("a", "b", "hits"),
    [
        ((50, 0), (50, 100), True),  # crosses it
        ((0, 58), (100, 58), True),  # beside it, within both radii
        ((0, 62), (100, 62), False),
        ((105, 50), (105, 50), True),  # stands still beside its end
        ((120, 50), (120, 50), False),
    ],
)
def test_an_eraser_touches_what_its_disc_reaches(page, a, b, hits):
    item = page.stroke((0, 50), (100, 50), width=24)  # a radius of 1.5
    page.scene.refresh(page.document)
    assert page.scene.strokes_under(page.document, a, b, 8.0) == ([item] if hits else [])


def test_an_eraser_finds_a_stroke_where_it_was_moved_to(page):
    item = page.stroke((0, 50), (100, 50))
    page.make(Set(item, Register.TRANSFORM, [2, 0, 0, 2, 1000, 0]))
    page.scene.refresh(page.document)
    assert page.scene.strokes_under(page.document, (1100, 90), (1100, 110), 4.0) == [item]
    assert page.scene.strokes_under(page.document, (50, 40), (50, 60), 4.0) == []


def test_an_eraser_that_goes_on_decodes_a_stroke_once_and_anew_when_it_has_changed(page, monkeypatch):
    items = [page.stroke((0, at), (100, at)) for at in (20, 40, 60)]
    page.scene.refresh(page.document)
    read = []
    monkeypatch.setattr(scene_module, "strips_of", lambda item: read.append(item.id) or strips_of(item))
    for x in range(10, 90):
        assert page.scene.strokes_under(page.document, (x, 40), (x + 1, 40), 4.0) == [items[1]]
    assert sorted(read) == items  # each once: their boxes are larger than their ink
    page.make(Set(items[1], Register.TRANSFORM, [1, 0, 0, 1, 0, 10]))
    page.scene.refresh(page.document)
    assert page.scene.strokes_under(page.document, (50, 40), (51, 40), 4.0) == []
    assert page.scene.strokes_under(page.document, (50, 50), (51, 50), 4.0) == [items[1]]


def test_of_many_strokes_only_some_ink_is_kept_for_an_eraser(page):
    items = [page.stroke((0, 0), (100, 0)) for _ in range(1_500)]
    page.scene.refresh(page.document)
    assert page.scene.strokes_under(page.document, (50, 0), (51, 0), 4.0) == items
    kept = page.scene._traces.statistics()
    assert kept.bytes <= scene_module.TRACE_BYTES
    assert kept.entries < len(items)


def test_what_is_seen_is_another_content_when_it_looks_different(page):
    item = page.stroke((0, 0), (10, 0))
    page.scene.refresh(page.document)
    (before,) = page.scene.items_in(page.document, Rectangle(0, 0, 50, 50))
    assert before.read().id == item
    page.make(Set(item, Register.STYLE, [5]))
    page.scene.refresh(page.document)
    (after,) = page.scene.items_in(page.document, Rectangle(0, 0, 50, 50))
    assert (before.id, before.box) == (after.id, after.box)
    assert before.content != after.content
    page.make(Alive(item, False))
    assert after.read() is None


def test_an_eraser_takes_no_notice_of_what_is_no_ink_or_unreadable(page):
    page.make(Add(0, 0, ItemType.STROKE, b"\xff\xff\xff"))
    page.make(Add(0, 0, ItemType.SHAPE, b"\x95\x02\x94\x00\x00\x64\x64\x00\x10\xc0"))
    page.scene.refresh(page.document)
    assert page.scene.strokes_under(page.document, (0, 0), (100, 100), 8.0) == []


def test_when_layers_change_places_all_of_the_page_looks_different(page):
    below, above = (page.make(Add(0, layer, ItemType.SHAPE, SQUARE)) for layer in (0, 1))
    page.scene.refresh(page.document)
    assert page.scene.relayered(page.document) == ()
    page.make(Meta(order_key(0, 0), "b"))
    assert set(page.scene.relayered(page.document)) == {below, above}
    assert page.scene.relayered(page.document) == ()
    assert page.ids_in(0, 0, 9, 9) == [above, below]
