"""Images for panels: read once, sized block by block, and never a danger."""

import io
import struct

import pytest
from PIL import Image, ImageOps

from edgeboard.canvas.geometry import Rectangle
from edgeboard.canvas.images import size_of
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
    assert [block.area for block in part] == [Area(2 * BLOCK, 2 * BLOCK, BLOCK, BLOCK)]
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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_pillow_turns_it(orientation):
    image = Image.effect_noise((40, 20), 90).convert("RGB")
    said = image.getexif()
    said[0x0112] = orientation
    data = encoded(image, exif=said)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert decoded(data).tobytes() == expected.tobytes()


@pytest.mark.parametrize("tag", [256, 282], ids=["a width", "a resolution"])
def test_a_photo_of_which_a_camera_says_nonsense_is_shown_upright_all_the_same(tag):
    entries = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0), struct.pack("<HHI4s", tag, 7, 4, b"nope")
    said = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + b"".join(sorted(entries)) + bytes(4)
    assert decoded(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=said)).size == (20, 40)


def test_a_first_picture_larger_than_its_gif_says_is_not_unpacked():
    data = bytearray(encoded(Image.new("P", (8, 8)), "GIF"))
    at = data.index(b"," + bytes(4) + b"\x08\0\x08\0")  # the head of the picture: place and size
    data[at + 5 : at + 9] = (9_000).to_bytes(2, "little") * 2
    assert size_of(bytes(data)) == (8, 8)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Image.Image, "thumbnail", lambda *_, **__: pytest.fail("81 million px were unpacked"))
        assert decoded(bytes(data)) is None


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


EVERYWHERE = Area(-9_000, -9_000, 18_000, 18_000)


def test_a_turned_image_moves_by_whole_px_with_the_page():
    data = encoded(ramp(30, 20))
    pictures = Pictures(lambda _: data, 4, 1 << 20)
    box = Rectangle(3, 4, 33, 24)
    ((area, pixels),) = pictures.turned(CONTENT, box, (0.8, 0.6, -0.6, 0.8, 10.25, 20.5), EVERYWHERE)
    ((moved, again),) = pictures.turned(CONTENT, box, (0.8, 0.6, -0.6, 0.8, 1_010.25, 20.5), EVERYWHERE)
    assert (moved.x - area.x, moved.y - area.y) == (1_000, 0)
    assert again == pixels
    assert len(pixels) == 4 * area.width * area.height


def test_of_a_turned_image_only_the_parts_that_are_wanted_are_made_and_are_what_the_whole_has_there():
    data = encoded(ramp(30, 20))
    box, matrix = Rectangle(0, 0, 90, 90), (10.0, 10.0, -10.0, 10.0, 0.25, 0.0)
    whole = dict(Pictures(lambda _: data, 4, 1 << 24).turned(CONTENT, box, matrix, EVERYWHERE))
    part = dict(Pictures(lambda _: data, 4, 1 << 24).turned(CONTENT, box, matrix, Area(10, 900, 5, 5)))
    assert len(whole) > 30
    assert len(part) == 1
    assert all(whole[area] == pixels for area, pixels in part.items())


def test_an_image_that_takes_long_to_read_is_read_where_its_drawer_likes():
    data, small = encoded(ramp(700, 500)), encoded(ramp(30, 20))
    blobs = {CONTENT: data, b"s" * 32: small}
    pictures = Pictures(blobs.get, 1, 1 << 24)
    reading = pictures.reading(CONTENT)
    assert reading is not None
    reading()
    blobs.clear()
    assert pictures.has(CONTENT), "what was read ahead is read again"
    assert pictures.reading(CONTENT) is None
    blobs[b"s" * 32] = small
    assert pictures.reading(b"s" * 32) is None, "a small image needs no thread"
    assert pictures.reading(b"n" * 32) is None, "an image that is not here"


@pytest.mark.parametrize("channels", [1, 4])
def test_an_image_larger_than_all_that_may_be_kept_is_read_once_all_the_same(channels):
    asked = []
    data = encoded(Image.merge("RGBA", [ramp(900, 700)] * 4))
    pictures = Pictures(lambda content: asked.append(content) or data, channels, 1 << 20)
    for _ in range(3):
        blocks(pictures, 60, 40)
        list(pictures.turned(CONTENT, Rectangle(0, 0, 60, 40), (0.8, 0.6, -0.6, 0.8, 0, 0), EVERYWHERE))
    assert asked == [CONTENT]


def test_what_covers_all_needs_no_alpha_and_what_has_no_colour_no_colours():
    one = blocks(Pictures(lambda _: encoded(ramp(90, 60).convert("RGBA")), 1, 1 << 20), 90, 60)
    other = blocks(Pictures(lambda _: encoded(ramp(90, 60)), 1, 1 << 20), 90, 60)
    assert one == other
