"""What holds of everything that is drawn: clips cut and change nothing else, shifts shift, bad input is refused."""

import random
from array import array

import pytest

from edgeboard.render.surface import UNMOVED, Surface, grey_of
from edgeboard.render.values import Area
from tests.render.drawings import draw_area, draw_bytes, draw_contours, draw_matrix, draw_part, draw_runs

WIDTH, HEIGHT = 60, 44
NAN, INFINITE, HUGE = float("nan"), float("inf"), 2e9


def a_surface(rng, channels):
    surface = Surface(WIDTH, HEIGHT, channels)
    surface.pixels[:] = draw_bytes(rng, len(surface.pixels))
    if channels == 4:
        surface.pixels[3::4] = b"\xff" * (WIDTH * HEIGHT)
    return surface


def a_deed(rng, channels):
    """Something that draws on a surface within a clip."""
    colour, opacity, is_hard = rng.randrange(1 << 24), rng.choice((1.0, 0.4, 0.0)), rng.random() < 0.3
    kind = rng.choice(("ink", "polygon", "mask", "image"))
    if kind == "ink":
        runs, matrix = draw_runs(rng, WIDTH, HEIGHT), draw_matrix(rng)
        return lambda s, clip: s.ink(runs, colour, clip, matrix=matrix, opacity=opacity, is_hard=is_hard)
    if kind == "polygon":
        contours = draw_contours(rng, WIDTH, HEIGHT)
        return lambda s, clip: s.polygon(contours, colour, clip, opacity=opacity, is_hard=is_hard)
    area = draw_area(rng, WIDTH, HEIGHT)
    if kind == "mask":
        coverage = draw_bytes(rng, area.width * area.height)
        return lambda s, clip: s.mask(area, coverage, colour, clip, opacity=opacity, is_hard=is_hard)
    pixels = draw_bytes(rng, area.width * area.height * channels)
    return lambda s, clip: s.image(area, pixels, clip, opacity=opacity)


def places_that_differ(one, other):
    return {
        (at // one.channels % WIDTH, at // one.channels // WIDTH)
        for at, (a, b) in enumerate(zip(one.pixels, other.pixels, strict=True))
        if a != b
    }


@pytest.mark.parametrize("seed", range(60))
def test_a_clip_cuts_what_is_drawn_and_changes_nothing_else(seed):
    rng = random.Random(seed)
    channels = rng.choice((1, 4))
    before = a_surface(rng, channels)
    deed, clip = a_deed(rng, channels), draw_area(rng, WIDTH, HEIGHT)
    whole, cut = Surface(WIDTH, HEIGHT, channels, bytearray(before.pixels)), Surface(
        WIDTH, HEIGHT, channels, bytearray(before.pixels)
    )  # fmt: skip
    touched = deed(whole, whole.area)
    assert deed(cut, clip) == touched.meet(clip) or touched.meet(clip).is_empty
    inside = clip.meet(whole.area)
    for y in range(HEIGHT):
        row = slice(y * WIDTH * channels, (y + 1) * WIDTH * channels)
        wanted = bytearray(before.pixels[row])
        if inside.y <= y < inside.y + inside.height:
            part = slice(inside.x * channels, (inside.x + inside.width) * channels)
            wanted[part] = whole.pixels[row][part]
        assert cut.pixels[row] == wanted, f"row {y} of {clip}"


@pytest.mark.parametrize("seed", range(40))
def test_only_what_is_told_as_touched_changes(seed):
    rng = random.Random(seed)
    channels = rng.choice((1, 4))
    before = a_surface(rng, channels)
    after = Surface(WIDTH, HEIGHT, channels, bytearray(before.pixels))
    touched = a_deed(rng, channels)(after, after.area)
    assert touched.meet(after.area) == touched
    for x, y in places_that_differ(before, after):
        assert touched.x <= x < touched.x + touched.width
        assert touched.y <= y < touched.y + touched.height


def test_pieces_that_a_picture_is_cut_into_make_the_picture():
    rng = random.Random(7)
    deeds = [a_deed(rng, 1) for _ in range(12)]
    whole, pieces = Surface(WIDTH, HEIGHT), Surface(WIDTH, HEIGHT)
    for deed in deeds:
        deed(whole, whole.area)
    for x in range(0, WIDTH, 16):
        for y in range(0, HEIGHT, 16):
            for deed in deeds:
                deed(pieces, Area(x, y, 16, 16))
    assert pieces.pixels == whole.pixels


@pytest.mark.parametrize("seed", range(20))
def test_moved_by_whole_px_ink_is_the_same(seed):
    rng = random.Random(seed)
    run = array("d")
    for _ in range(8):
        run.extend((rng.uniform(20, 40), rng.uniform(15, 30), rng.uniform(0.2, 5)))
    one, other = Surface(WIDTH, HEIGHT), Surface(WIDTH, HEIGHT)
    one.ink([run], 0, one.area)
    other.ink([run], 0, other.area, matrix=(1.0, 0.0, 0.0, 1.0, 7.0, -5.0))
    assert one.crop(Area(10, 10, 40, 30)) == other.crop(Area(17, 5, 40, 30))


def test_a_stroke_never_darkens_itself():
    cross = array("d", (5, 22, 3, 55, 22, 3, 55, 30, 3, 30, 30, 3, 30, 5, 3))
    surface = Surface(WIDTH, HEIGHT)
    surface.ink([cross], 0, surface.area, opacity=0.4)
    assert min(surface.pixels) == 153


def test_half_covered_hard_ink_is_ink_and_nothing_is_grey():
    surface = Surface(WIDTH, HEIGHT)
    surface.ink([array("d", (5, 22.3, 0.1, 55, 17.1, 0.1))], 0, surface.area, is_hard=True)
    assert set(surface.pixels) == {0, 255}
    columns = {at % WIDTH for at, value in enumerate(surface.pixels) if value == 0}
    assert columns >= set(range(5, 55)), "thin ink is interrupted"


@pytest.mark.parametrize(("r", "wanted"), [(0.1, 204), (0.25, 127), (0.5, 0), (3.0, 0)])
def test_a_line_is_as_dark_as_it_is_wide(r, wanted):
    surface = Surface(WIDTH, HEIGHT)
    surface.ink([array("d", (0, 22.5, r, 60, 22.5, r))], 0, surface.area)
    assert surface.pixels[22 * WIDTH + 30] == wanted


def test_a_square_on_whole_px_is_filled_exactly():
    surface = Surface(WIDTH, HEIGHT)
    surface.polygon([array("d", (10, 10, 20, 10, 20, 15, 10, 15))], 0, surface.area)
    assert surface.pixels.count(0) == 50
    assert surface.crop(Area(10, 10, 10, 5)) == bytes(50)


def test_a_hole_is_a_hole():
    square = array("d", (10, 10, 30, 10, 30, 30, 10, 30))
    hole = array("d", (15, 15, 25, 15, 25, 25, 15, 25))
    surface = Surface(WIDTH, HEIGHT)
    surface.polygon([square, hole], 0, surface.area)
    assert surface.pixels.count(0) == 300
    assert surface.crop(Area(15, 15, 10, 10)) == b"\xff" * 100


def test_colours_are_painted_in_the_order_of_the_surface():
    surface = Surface(3, 1, 4)
    surface.fill(0x102030, Area(1, 0, 1, 1))
    assert surface.pixels == b"\xff\xff\xff\xff\x30\x20\x10\xff\xff\xff\xff\xff"
    grey = Surface(3, 1)
    grey.fill(0xD92D20)
    assert grey.pixels == bytes([grey_of(0xD92D20)] * 3) == b"\x5f\x5f\x5f"


def test_an_image_is_seen_as_far_as_it_is_opaque():
    surface = Surface(2, 1, 4)
    surface.image(Area(0, 0, 2, 1), bytes((0, 0, 200, 255, 0, 0, 200, 51)), surface.area)
    assert surface.pixels == bytes((0, 0, 200, 255, 204, 204, 244, 255))


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (7, -3), (-59, 43), (60, 0), (0, -100)])
def test_a_shift_moves_what_is_there_and_leaves_the_edges(dx, dy):
    rng = random.Random(1)
    before = a_surface(rng, 4)
    after = Surface(WIDTH, HEIGHT, 4, bytearray(before.pixels))
    after.shift(dx, dy)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            is_moved = 0 <= x - dx < WIDTH and 0 <= y - dy < HEIGHT
            source = Area(x - dx, y - dy, 1, 1) if is_moved else Area(x, y, 1, 1)
            assert after.crop(Area(x, y, 1, 1)) == before.crop(source)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_cropped_is_pasted_back(seed):
    rng = random.Random(seed)
    surface, copy = a_surface(rng, 4), Surface(WIDTH, HEIGHT, 4)
    part = draw_part(rng, WIDTH, HEIGHT)
    copy.paste(part, surface.crop(part))
    assert copy.crop(part) == surface.crop(part)


RUN = array("d", (1, 1, 1, 5, 5, 1))
SQUARE = array("d", (1, 1, 5, 1, 5, 5))
ALL = Area(0, 0, WIDTH, HEIGHT)


@pytest.mark.parametrize("number", [NAN, INFINITE, -INFINITE, HUGE, -HUGE])
@pytest.mark.parametrize("place", range(6))
def test_numbers_that_are_no_places_are_refused(number, place):
    surface = Surface(WIDTH, HEIGHT)
    run, contour, matrix = array("d", RUN), array("d", SQUARE), list(UNMOVED)
    run[place] = contour[place] = matrix[place] = number
    with pytest.raises(ValueError, match=r"the limit is|up to"):
        surface.ink([run], 0, ALL)
    with pytest.raises(ValueError, match="the limit is"):
        surface.polygon([contour], 0, ALL)
    with pytest.raises(ValueError, match="six numbers"):
        surface.ink([RUN], 0, ALL, matrix=tuple(matrix))
    assert surface.pixels == b"\xff" * (WIDTH * HEIGHT)


BAD = [
    (lambda s: s.ink([array("d", (1, 1, -1))], 0, ALL), "radius -1"),
    (lambda s: s.ink([array("d", (1, 1))], 0, ALL), "x, y and radius"),
    (lambda s: s.ink([array("f", (1, 1, 1))], 0, ALL), "64-bit floats"),
    (lambda s: s.ink([array("d", [1.0] * 300_003)], 0, ALL), "more than 100000 discs"),
    (lambda s: s.ink([RUN], 1 << 24, ALL), "colour 16777216"),
    (lambda s: s.ink([RUN], -1, ALL), "colour -1"),
    (lambda s: s.ink([RUN], 0, Area(0, 0, -1, 5)), "sides are not negative"),
    (lambda s: s.ink([RUN], 0, ALL, opacity=1.1), "opacity 1.1"),
    (lambda s: s.ink([RUN], 0, ALL, opacity=NAN), "opacity nan"),
    (lambda s: s.ink([RUN], 0, ALL, matrix=(1.0, 0.0)), "six numbers"),
    (lambda s: s.polygon([array("d", (1, 1, 2))], 0, ALL), "x and y of each point"),
    (lambda s: s.polygon([array("d", [1.0] * 200_002)], 0, ALL), "more than 100000 points"),
    (lambda s: s.polygon([SQUARE], 0, ALL, opacity=-0.1), "opacity -0.1"),
    (lambda s: s.mask(Area(0, 0, 3, 3), bytes(8), 0, ALL), "8 bytes for 3 x 3 px"),
    (lambda s: s.mask(Area(0, 0, -3, 3), b"", 0, ALL), "sides are not negative"),
    (lambda s: s.image(Area(0, 0, 3, 3), bytes(10), ALL), "10 bytes for 3 x 3 px"),
    (lambda s: s.image(Area(0, 0, 3, 3), bytes(9), Area(0, 0, 1, -1)), "sides are not negative"),
    (lambda s: s.fill(-1), "colour -1"),
    (lambda s: s.fill(0, Area(0, 0, 0, -1)), "sides are not negative"),
    (lambda s: s.crop(Area(-1, 0, 2, 2)), "is not on a surface of 60 x 44 px"),
    (lambda s: s.crop(Area(0, 0, 61, 2)), "is not on a surface of 60 x 44 px"),
    (lambda s: s.paste(Area(0, 43, 1, 2), bytes(2)), "is not on a surface of 60 x 44 px"),
    (lambda s: s.paste(Area(0, 0, 2, 2), bytes(5)), "5 bytes for 2 x 2 px"),
    (lambda s: Surface(0, 5), "each side is 1 to 8192"),
    (lambda s: Surface(5, 8193), "each side is 1 to 8192"),
    (lambda s: Surface(5, 5, 3), "surface of 3 channels"),
    (lambda s: Surface(5, 5, 4, bytearray(99)), "99 bytes for 5 x 5 px"),
]


@pytest.mark.parametrize(("deed", "why"), BAD)
def test_what_cannot_be_drawn_is_refused_and_nothing_changes(deed, why):
    surface = Surface(WIDTH, HEIGHT)
    with pytest.raises(ValueError, match=why):
        deed(surface)
    assert surface.pixels == b"\xff" * (WIDTH * HEIGHT)


def test_nothing_is_drawn_of_nothing():
    surface = Surface(WIDTH, HEIGHT)
    nowhere = Area(0, 0, 0, 0)
    assert surface.ink([], 0, ALL) == nowhere
    assert surface.ink([array("d")], 0, ALL) == nowhere
    assert surface.ink([RUN], 0, Area(9, 9, 0, 0)) == nowhere
    assert surface.polygon([], 0, ALL) == nowhere
    assert surface.polygon([array("d", (1, 1, 5, 5))], 0, ALL) == nowhere
    assert surface.mask(Area(5, 5, 0, 3), b"", 0, ALL) == nowhere
    assert surface.image(Area(900, 5, 1, 1), b"\0", ALL) == nowhere
    assert surface.crop(Area(3, 3, 0, 0)) == b""
    assert surface.pixels == b"\xff" * (WIDTH * HEIGHT)
