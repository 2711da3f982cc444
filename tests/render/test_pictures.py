"""Images for panels: read once, sized block by block, and never a danger."""

import io

import pytest
from PIL import Image

from edgeboard.canvas.geometry import Rectangle
from edgeboard.render.pictures import BLOCK, SOURCE_SIDE, Pictures, decoded
from edgeboard.render.values import Area

CONTENT = bytes(32)


def encoded(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def ramp(width, height):
    return Image.linear_gradient("L").resize((width, height))


def blocks(pictures, width, height, part=None):
    return list(pictures.blocks(CONTENT, width, height, part or Area(0, 0, width, height)))


def test_a_part_is_what_the_whole_shows_there():
    data = encoded(ramp(300, 200))
    whole = {block.area: block.pixels for block in blocks(Pictures(lambda _: data, 1, 1 << 24), 1_200, 900)}
    part = blocks(Pictures(lambda _: data, 1, 1 << 24), 1_200, 900, Area(600, 520, 10, 10))
    assert [block.area for block in part] == [Area(BLOCK, BLOCK, BLOCK, 900 - BLOCK)]
    assert part[0].pixels == whole[part[0].area]
    assert sum(area.width * area.height for area in whole) == 1_200 * 900


def test_an_image_is_read_once():
    asked = []
    data = encoded(ramp(30, 20))
    pictures = Pictures(lambda content: asked.append(content) or data, 1, 1 << 20)
    for _ in range(3):
        blocks(pictures, 60, 40)
    assert asked == [CONTENT]


def test_colours_have_an_alpha_and_greys_stand_on_white():
    data = encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 0)))
    (colour,) = blocks(Pictures(lambda _: data, 4, 1 << 20), 4, 4)
    (grey,) = blocks(Pictures(lambda _: data, 1, 1 << 20), 4, 4)
    assert colour.pixels[3] == 0
    assert set(grey.pixels) == {255}


def test_a_photo_that_lies_on_its_side_is_shown_upright():
    image = Image.new("RGB", (40, 20))
    turned = image.getexif()
    turned[0x0112] = 6
    assert decoded(encoded(image, "JPEG", exif=turned)).size == (20, 40)


def test_what_is_larger_than_any_panel_is_kept_smaller():
    assert max(decoded(encoded(Image.new("L", (5_000, 100)))).size) == SOURCE_SIDE


@pytest.mark.parametrize("cut", [0, 8, 20, 60, 200])
def test_an_image_that_is_cut_short_is_not_here(cut):
    data = encoded(Image.effect_noise((60, 60), 90))[:cut]
    assert not Pictures(lambda _: data, 1, 1 << 20).has(CONTENT)


def test_an_image_that_says_it_is_huge_is_not_read():
    data = bytearray(encoded(Image.new("L", (8, 8))))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    assert decoded(bytes(data)) is None


def test_a_turned_image_moves_by_whole_px_with_the_page():
    data = encoded(ramp(30, 20))
    pictures = Pictures(lambda _: data, 4, 1 << 20)
    box = Rectangle(3, 4, 33, 24)
    area, pixels = pictures.turned(CONTENT, box, (0.8, 0.6, -0.6, 0.8, 10.25, 20.5))
    moved, again = pictures.turned(CONTENT, box, (0.8, 0.6, -0.6, 0.8, 1_010.25, 20.5))
    assert (moved.x - area.x, moved.y - area.y) == (1_000, 0)
    assert again == pixels
    assert len(pixels) == 4 * area.width * area.height


def test_a_turned_image_that_is_too_large_is_nothing():
    data = encoded(ramp(30, 20))
    area, pixels = Pictures(lambda _: data, 4, 1 << 20).turned(CONTENT, Rectangle(0, 0, 9e4, 9e4), (1, 1, -1, 1, 0, 0))
    assert area.is_empty
    assert pixels == b""
