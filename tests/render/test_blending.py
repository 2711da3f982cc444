"""Blending rounds to the nearest, whatever is blended."""

from edgeboard.render.blending import HARD, blend, cut, lay, over, share
from edgeboard.render.values import Area


def test_every_blend_is_the_nearest_value():
    for below in (0, 1, 77, 128, 254, 255):
        for above in range(256):
            for alpha in range(0, 256, 5):
                exact = (below * (255 - alpha) + above * alpha) / 255
                assert abs(over(below, above, alpha) - exact) <= 0.5
                assert abs(share(above, alpha) - above * alpha / 255) <= 0.5


def test_all_or_nothing_is_exact():
    for value in range(256):
        assert over(value, 9, 0) == value
        assert over(9, value, 255) == value
        assert share(value, 255) == value


def test_half_covered_is_ink_where_nothing_is_grey():
    assert HARD[127] == 0
    assert HARD[128] == 255


def test_coverage_is_blended_where_it_lies():
    pixels = bytearray(b"\xff" * 12)
    blend(pixels, 4, 1, Area(1, 1, 2, 2), bytes((255, 0, 128, 51)), b"\0", 255)
    assert list(pixels) == [255] * 5 + [0, 255, 255, 255, 127, 204, 255]


def test_an_image_in_grey_is_opaque_but_for_its_opacity():
    pixels = bytearray(b"\xc8\xc8")
    lay(pixels, 2, 1, Area(0, 0, 2, 1), b"\0\x64", 51)
    assert list(pixels) == [160, 180]


def test_a_part_is_cut_out_row_by_row():
    assert cut(bytes(range(12)), Area(5, 5, 4, 3), Area(6, 6, 2, 2), 1) == bytes((5, 6, 9, 10))
