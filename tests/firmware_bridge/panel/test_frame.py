import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.panel import frame
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.values import Rect


@st.composite
def changes(draw):
    """A rectangle and two pictures of it that differ in a few px."""
    w, h = draw(st.integers(1, 150)), draw(st.integers(1, 100))
    before = bytes(w * h)
    after = bytearray(before)
    for at, grey in draw(st.dictionaries(st.integers(0, w * h - 1), st.integers(1, 255), max_size=5)).items():
        after[at] = grey
    return Rect(draw(st.integers(0, 9)), draw(st.integers(0, 9)), w, h), before, bytes(after)


def places(rect, before, after):
    return {(rect.x + at % rect.w, rect.y + at // rect.w) for at in range(rect.area) if before[at] != after[at]}


@given(changes())
def test_what_has_changed_is_held_as_tightly_as_a_rectangle_can(change):
    rect, before, after = change
    differing = places(rect, before, after)
    found = frame.changed(rect, before, after)
    if not differing:
        assert found.area == 0
        return
    xs, ys = zip(*differing, strict=True)
    assert found == Rect(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)


@given(changes(), st.sampled_from([8, 30, 64]))
def test_tiles_of_a_change_hold_each_changed_px_and_do_not_overlap(change, tile):
    rect, before, after = change
    found = list(frame.changed_tiles(rect, before, after, tile))
    held = [(x, y) for part in found for x in range(part.x, part.x + part.w) for y in range(part.y, part.y + part.h)]
    assert len(set(held)) == len(held)
    assert places(rect, before, after) <= set(held)
    assert all(part.w <= tile and part.h <= tile for part in found)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(b"\x00\x01\x10\x80\xff"), st.sampled_from(b"\x00\x01\x10\x80\xff"), st.integers(0, 255)
        )
    )
)
def test_only_what_differs_is_replaced(px):
    before, after, instead = (bytes(each) for each in zip(*px, strict=True)) if px else (b"", b"", b"")
    expected = bytes(c if a != b else a for a, b, c in px)
    assert frame.replace_changed(before, after, instead) == expected


@given(st.data(), st.sampled_from([2, 4, 16]), st.integers(1, 40), st.integers(1, 6))
def test_packed_px_come_back_at_any_depth_and_width(data, greys, width, rows):
    levels = data.draw(st.lists(st.integers(0, greys - 1), min_size=width * rows, max_size=width * rows))
    pixels = bytes(level * 255 // (greys - 1) for level in levels)
    packed = frame.pack(pixels, width, greys)
    assert len(packed) == rows * frame.row_bytes(width, greys)
    assert frame.unpack(packed, width, greys) == pixels


@pytest.mark.parametrize(
    ("greys", "levels", "big", "little"),
    [(2, "10011", "9f", "f9"), (4, "3001333", "c1ff", "43ff"), (16, "f004f8a", "f004f8af", "0f408ffa")],
)
def test_the_leftmost_px_stands_where_the_order_says_and_rows_are_filled_with_ones(greys, levels, big, little):
    pixels = bytes(int(level, 16) * 255 // (greys - 1) for level in levels)
    assert frame.pack(pixels, len(pixels), greys).hex() == big
    assert frame.pack(pixels, len(pixels), greys, "little").hex() == little


@pytest.mark.parametrize(("greys", "grey", "nearest"), [
    (2, 127, 0), (2, 128, 255), (4, 42, 0), (4, 43, 85), (4, 200, 170), (16, 8, 0), (16, 9, 17), (16, 255, 255),
])  # fmt: skip
def test_a_grey_goes_to_the_nearest_level(greys, grey, nearest):
    assert frame.quantise(bytes([grey]), greys) == bytes([nearest])


def test_a_level_stays_what_it_is():
    for greys in (2, 4, 16):
        levels = bytes(level * 255 // (greys - 1) for level in range(greys))
        assert frame.quantise(levels, greys) == levels


def test_erased_px_are_those_that_were_dark_and_are_light():
    assert frame.count_erased(bytes([0, 0, 255, 255, 100, 200]), bytes([0, 255, 0, 255, 130, 255])) == 2


def test_a_crop_of_what_was_pasted_is_what_was_pasted_and_nothing_around_it_moves():
    picture = Frame(10, 6)
    rect = Rect(3, 1, 4, 3)
    pixels = bytes(range(12))
    picture.paste(rect, pixels)
    assert picture.crop(rect) == pixels
    assert sum(grey != 255 for grey in picture.pixels) == 12
    assert picture.crop(Rect(0, 1, 10, 1)) == b"\xff" * 3 + bytes(range(4)) + b"\xff" * 3


@pytest.mark.parametrize(
    ("rect", "size"), [(Rect(8, 0, 3, 1), 3), (Rect(0, 6, 1, 1), 1), (Rect(0, 0, 2, 2), 3), (Rect(-1, 0, 2, 1), 2)]
)
def test_what_does_not_fit_the_frame_is_refused_and_changes_nothing(rect, size):
    picture = Frame(10, 6)
    with pytest.raises(ValueError, match="10x6"):
        picture.paste(rect, bytes(size))
    assert picture.pixels == b"\xff" * 60


def test_a_frame_has_the_same_name_for_whoever_paints_the_same_and_never_0():
    rect = Rect(1, 2, 2, 1)
    assert frame.identify(7, rect, b"ab") == frame.identify(7, rect, b"ab")
    others = {
        frame.identify(8, rect, b"ab"),
        frame.identify(7, Rect(2, 1, 2, 1), b"ab"),
        frame.identify(7, rect, b"ba"),
    }
    assert frame.identify(7, rect, b"ab") not in others
    assert len(others) == 3
    assert 0 not in others
