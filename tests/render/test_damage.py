"""Drawing what has changed is drawing all of it, bit for bit, whatever people do to a page."""

import math

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.bodies import Add, Alive, Cut, ItemType, Meta, Register, Set
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.structure import order_key
from edgeboard.ids import AuthorTag, Origin
from edgeboard.node.renderers import open_artist
from edgeboard.oplog.codec import encode_columns, encode_stroke
from edgeboard.render.scene import Scene
from edgeboard.render.values import PanelContext, PixelFormat, View

AUTHOR = AuthorTag(b"a" * 16)
VIEWS = [View(-5.3, 3.1, 1.0), View(0, 0, 0.5), View(20.2, 10.7, 2.7)]

places = st.lists(st.tuples(st.integers(-40, 340), st.integers(-40, 240)), min_size=1, max_size=9)
colours = st.integers(0, 15)
matrices = st.sampled_from(
    [
        [1, 0, 0, 1, 30.5, -12.25],
        [0.5, 0, 0, 0.5, 10, 10],
        [math.cos(0.4), math.sin(0.4), -math.sin(0.4), math.cos(0.4), 60, 5],
        [3, 0, 0, 0.4, -20, 30],
        [-1, 0, 0, 1, 200, 0],
    ]
)


@st.composite
def payloads(draw):
    """The type and the payload of an item, and payloads of further pieces."""
    colour = draw(colours)
    kind = draw(st.sampled_from(list(ItemType)))
    x, y = draw(st.integers(-20, 220)), draw(st.integers(-20, 150))
    if kind == ItemType.STROKE:
        drawn = draw(st.lists(places, max_size=3))
        columns = [Stroke(20, [20 * x for x, _ in at], [20 * y for _, y in at]) for at in drawn]
        columns = columns or [Stroke(20, [20 * x], [20 * y], [2_000])]
        first = encode_stroke(draw(st.integers(0, 1)), colour, draw(st.integers(1, 300)), columns[0])
        return kind, [first, *map(encode_columns, columns[1:])]
    numbers = [number for place in draw(places) for number in place]
    words = draw(st.sampled_from(["word", "two words\nand a line", "Ωμέγα", "W" * 60]))
    fields = {
        ItemType.SHAPE: [draw(st.integers(0, 4)), numbers, colour, draw(st.floats(0.2, 12)), draw(st.none() | colours)],
        ItemType.TEXT: [x, y, words, draw(st.floats(3, 60)), colour],
        ItemType.STICKY: [x, y, draw(st.integers(20, 150)), draw(st.integers(20, 100)), words, colour],
        ItemType.IMAGE: [x, y, 70, 40, bytes(32), "image/png", 9],
        ItemType.CONNECTOR: [None, None, numbers, colour, 3],
        ItemType.TICKER: [],
    }[kind]
    return kind, [msgpack.packb(fields)]


@st.composite
def steps(draw):
    """What somebody does, with the number of an item that may be there."""
    which = draw(st.integers(0, 30))
    change = draw(st.sampled_from(["add", "add", "add", "set", "set", "alive", "cut", "meta"]))
    if change == "add":
        return change, which, (draw(st.integers(0, 1)), draw(payloads()))
    if change == "set":
        register, value = draw(
            st.tuples(st.just(Register.TRANSFORM), matrices)
            | st.tuples(
                st.just(Register.STYLE), st.tuples(colours, st.integers(1, 40), colours, st.floats(0, 1)).map(list)
            )
            | st.tuples(st.just(Register.Z), st.sampled_from(["a", "zz", "5"]))
            | st.tuples(st.just(Register.TEXT), st.sampled_from(["", "other", "more\nand more"]))
            | st.tuples(st.just(Register.LAYER), st.sampled_from([[0, 1], [0, 0], [1, 0]]))
        )
        return change, which, (register, value)
    if change == "cut":
        start = draw(st.integers(0, 4_000))
        return change, which, (start, start + draw(st.integers(1, 3_000)))
    if change == "meta":
        return change, which, draw(st.sampled_from(["a", "b"]))
    return change, which, draw(st.booleans())


class Page:
    """A document, and its page on a panel that draws only what changes."""

    def __init__(self, context, view):
        self.context, self.view = context, view
        self.document, self.scene, self.maker = Document(), Scene(), Maker(Origin(7))
        self.items, self.artist = [], open_artist(context)

    def make(self, body):
        op = self.maker.make(body, self.document.lamport)
        change = self.document.apply(op, Place(AUTHOR, self.maker.counter - 1))
        self.scene.touch((*change.items, *self.scene.relayered(self.document)))
        return op.id

    def do(self, change, which, what):
        item = self.items[which % len(self.items)] if self.items else None
        if change == "add":
            layer, (kind, (first, *more)) = what
            made = self.make(Add(0, layer, kind, first))
            self.items.append(made)
            for at, payload in enumerate(more, 1):
                self.make(Add(0, layer, kind, payload, made, at))
        elif change == "meta":
            self.make(Meta(order_key(0, 0), what))
        elif item is None:
            return
        elif change == "set":
            self.make(Set(item, *what))
        elif change == "alive":
            self.make(Alive(item, what))
        else:
            self.make(Cut(item, (what,)))

    def paint(self, artist, area):
        items = self.scene.items_in(self.document, self.view.reach(area))
        for _ in artist.paint(area, self.view, items):
            pass

    def refresh(self):
        """Draw what has changed."""
        for box in self.scene.refresh(self.document):
            self.paint(self.artist, self.view.touched(box))

    def pan(self, view):
        areas = self.artist.moved(self.view, view)
        self.view = view
        for area in areas:
            self.paint(self.artist, area)

    def check(self):
        """What is shown is what an artist draws who has seen nothing before."""
        fresh = open_artist(self.context)
        self.paint(fresh, fresh.surface.area)
        if fresh.surface.pixels != self.artist.surface.pixels:
            step, width = self.context.format.channels, self.context.width
            both = zip(fresh.surface.pixels, self.artist.surface.pixels, strict=True)
            wrong = [(at // step % width, at // step // width) for at, (one, other) in enumerate(both) if one != other]
            pytest.fail(f"{len(wrong)} px differ, the first at {wrong[0]}, the last at {wrong[-1]}")


@given(
    st.lists(st.lists(steps(), min_size=1, max_size=4), min_size=1, max_size=6),
    st.sampled_from(VIEWS),
    st.sampled_from([PixelFormat.GREY1, PixelFormat.GREY2, PixelFormat.GREY4, PixelFormat.XRGB8888]),
)
def test_drawing_what_has_changed_is_drawing_all_of_it(turns, view, format):
    page = Page(PanelContext(200, 130, format), view)
    for turn in turns:
        for step in turn:
            page.do(*step)
        page.refresh()
        page.check()


@given(
    st.lists(steps(), min_size=1, max_size=8),
    st.lists(
        st.one_of(
            steps(), st.builds(View, st.floats(-200, 300), st.floats(-200, 200), st.sampled_from([0.5, 1.0, 2.5]))
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_a_page_that_is_panned_zoomed_and_changed_is_drawn_as_if_it_always_stood_there(before, after):
    page = Page(PanelContext(200, 130, PixelFormat.GREY4), VIEWS[0])
    for step in before:
        page.do(*step)
    page.refresh()
    for step in after:
        if isinstance(step, View):
            page.pan(step)
        else:
            page.do(*step)
            page.refresh()
    page.check()
