from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.panel import shapes
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.values import Rect

GREYS = (0, 85, 170, 255)


@st.composite
def painted(draw, width=60, height=40):
    """A picture of a few rectangles, strokes and dots."""
    picture = Frame(width, height)
    edges = st.tuples(st.integers(0, width - 1), st.integers(0, height - 1), st.integers(1, 30), st.integers(1, 30))
    for x, y, w, h in draw(st.lists(edges, max_size=8)):
        rect = Rect(x, y, w, h).meet(picture.rect)
        picture.paste(rect, bytes([draw(st.sampled_from(GREYS))]) * rect.area)
    for at in draw(st.lists(st.integers(0, width * height - 1), max_size=15)):
        picture.pixels[at] = draw(st.sampled_from(GREYS))
    return bytes(picture.pixels)


def paint(drawing, before):
    picture = Frame(60, 40)
    if not drawing.clears:
        picture.pixels[:] = before
    for grey, rect in drawing.shapes:
        picture.paste(rect, bytes([grey]) * rect.area)
    return bytes(picture.pixels)


@settings(max_examples=50)
@given(painted(), painted())
def test_shapes_lead_from_one_picture_to_the_other(before, after):
    assert paint(shapes.plan(Rect(0, 0, 60, 40), before, after), before) == after


@settings(max_examples=50)
@given(painted())
def test_a_picture_comes_out_whatever_stood_there(after):
    assert paint(shapes.plan(Rect(0, 0, 60, 40), None, after), b"\x55" * 2400) == after


@given(st.lists(st.tuples(st.integers(0, 2**40 - 1), st.integers(0, 2**40 - 1)), min_size=1, max_size=12))
def test_a_cover_holds_all_that_is_wanted_and_nothing_that_is_not_allowed(rows):
    allowed = [one | other for one, other in rows]
    wanted = [one for one, _ in rows]
    held = [0] * len(rows)
    for rect in shapes.cover(wanted, allowed):
        for y in range(rect.y, rect.y + rect.h):
            held[y] |= ((1 << rect.w) - 1) << rect.x
    for want, may, have in zip(wanted, allowed, held, strict=True):
        assert want & ~have == 0
        assert have & ~may == 0


def test_a_rectangle_is_one_and_so_is_a_line():
    for rect in (Rect(3, 4, 20, 9), Rect(3, 4, 1, 30), Rect(3, 4, 40, 1), Rect(7, 7, 1, 1)):
        picture = Frame(60, 40)
        picture.paste(rect, bytes(rect.area))
        assert list(shapes.plan(picture.rect, b"\xff" * 2400, bytes(picture.pixels)).shapes) == [(0, rect)]


def test_px_that_are_black_already_are_painted_again_where_that_saves_a_rectangle():
    before, after = Frame(60, 40), Frame(60, 40)
    before.paste(Rect(10, 5, 2, 30), bytes(60))  # an upright stroke, crossed by a lying one
    after.pixels[:] = before.pixels
    after.paste(Rect(2, 15, 40, 3), bytes(120))
    drawing = shapes.plan(after.rect, bytes(before.pixels), bytes(after.pixels))
    assert list(drawing.shapes) == [(0, Rect(2, 15, 40, 3))]


def test_a_full_page_that_goes_is_one_white_rectangle():
    before = bytes([0, 255] * 1200)
    drawing = shapes.plan(Rect(0, 0, 60, 40), before, b"\xff" * 2400)
    assert [grey for grey, _ in drawing.shapes] == [255]


def test_nothing_that_differs_is_no_shape():
    assert list(shapes.plan(Rect(0, 0, 4, 4), bytes(16), bytes(16)).shapes) == []


def test_the_rectangle_that_holds_most_goes_first():
    after = Frame(60, 40)
    after.paste(Rect(0, 0, 20, 1), bytes(20))
    after.paste(Rect(0, 1, 5, 19), bytes(95))
    drawing = shapes.plan(after.rect, b"\xff" * 2400, bytes(after.pixels))
    assert list(drawing.shapes) == [(0, Rect(0, 0, 5, 20)), (0, Rect(5, 0, 15, 1))]


def test_what_stands_between_two_changes_is_left_alone():
    before = Frame(60, 40)
    before.paste(Rect(20, 10, 10, 10), bytes(100))
    after = Frame(60, 40)
    after.pixels[:] = before.pixels
    after.paste(Rect(5, 5, 2, 2), bytes(4))
    after.paste(Rect(50, 30, 2, 2), bytes(4))
    drawing = shapes.plan(after.rect, bytes(before.pixels), bytes(after.pixels))
    assert list(drawing.shapes) == [(0, Rect(5, 5, 2, 2)), (0, Rect(50, 30, 2, 2))]


def test_where_much_goes_and_little_comes_it_is_painted_on_white():
    before, after = Frame(60, 40), Frame(60, 40)
    for at in range(0, 2400, 7):
        before.pixels[at] = 0
    for y in range(0, 40, 4):
        after.paste(Rect(0, y, 60, 1), bytes(60))
    found = list(shapes.plan(after.rect, bytes(before.pixels), bytes(after.pixels)).shapes)
    assert found[0] == (255, Rect(0, 0, 60, 40))
    assert len(found) == 11
