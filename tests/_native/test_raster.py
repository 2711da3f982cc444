"""The kernels that draw: the px of their twins, bit for bit, and the same refusals."""

import random
from array import array

import pytest

from edgeboard._native import raster
from edgeboard.render import surface as drawing
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area
from tests.render.drawings import draw_area, draw_bytes, draw_contours, draw_matrix, draw_runs

WIDTH, HEIGHT = 70, 40
ALL = Area(0, 0, WIDTH, HEIGHT)


def draw_deed(rng, channels):
    """A method of a surface and its arguments."""
    colour, clip = rng.randrange(1 << 24), draw_area(rng, WIDTH, HEIGHT)
    how = {"opacity": rng.choice((1.0, 0.4, 0.003)), "is_hard": rng.random() < 0.3}
    kind = rng.choice(("ink", "ink", "polygon", "mask", "image"))
    if kind == "ink":
        return kind, (draw_runs(rng, WIDTH, HEIGHT), colour, clip), {**how, "matrix": draw_matrix(rng)}
    if kind == "polygon":
        return kind, (draw_contours(rng, WIDTH, HEIGHT), colour, clip), how
    area = draw_area(rng, WIDTH, HEIGHT)
    if kind == "mask":
        return kind, (area, draw_bytes(rng, area.width * area.height), colour, clip), how
    pixels = draw_bytes(rng, area.width * area.height * channels)
    return kind, (area, pixels, clip), {"opacity": how["opacity"]}


def outcome(surface, kernel, monkeypatch, kind, arguments, how):
    """What is returned or refused, in which words, and the px."""
    monkeypatch.setattr(drawing, "kernel", kernel)
    try:
        found = getattr(surface, kind)(*arguments, **how)
    except ValueError as error:
        found = str(error)
    return found, bytes(surface.pixels)


def agree(kernel, monkeypatch, seed):
    rng = random.Random(seed)
    channels = rng.choice((1, 4))
    pixels = draw_bytes(rng, WIDTH * HEIGHT * channels)
    deed = draw_deed(rng, channels)
    ours, twins = (Surface(WIDTH, HEIGHT, channels, bytearray(pixels)) for _ in "ab")
    wanted = outcome(twins, None, monkeypatch, *deed)
    assert outcome(ours, kernel, monkeypatch, *deed) == wanted, f"seed {seed}: {deed}"


@pytest.mark.parametrize("seed", range(150))
def test_the_px_are_those_of_the_twin(kernel, monkeypatch, seed):
    agree(kernel, monkeypatch, seed)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 2e9, -1e9, 1e9, 5e8, -0.0])
@pytest.mark.parametrize("place", range(6))
def test_odd_numbers_are_judged_alike(kernel, monkeypatch, number, place):
    run, contour, matrix = array("d", (9, 9, 2, 40, 30, 1)), array("d", (9, 9, 60, 9, 30, 35)), [1.0, 0, 0, 1.0, 0, 0]
    run[place] = contour[place] = matrix[place] = number
    for deed in (
        ("ink", ([run], 0, ALL), {}),
        ("ink", ([array("d", (9, 9, 2))], 0, ALL), {"matrix": tuple(matrix)}),
        ("polygon", ([contour], 0, ALL), {}),
    ):
        ours, twins = Surface(WIDTH, HEIGHT), Surface(WIDTH, HEIGHT)
        wanted = outcome(twins, None, monkeypatch, *deed)
        assert outcome(ours, kernel, monkeypatch, *deed) == wanted


PLACE = bytearray(12), 4, 3, 1
CLIP, UNMOVED = (0, 0, 4, 3), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "arguments", "fault"),
    [
        ("ink", (), TypeError),
        ("ink", (b"no room", 4, 3, 1, CLIP, 0, 1.0, [], UNMOVED, False), BufferError),
        ("ink", (bytearray(11), 4, 3, 1, CLIP, 0, 1.0, [], UNMOVED, False), ValueError),
        ("ink", (bytearray(12), 4, 3, 2, CLIP, 0, 1.0, [], UNMOVED, False), ValueError),
        ("ink", (bytearray(12), 4, 1 << 70, 1, CLIP, 0, 1.0, [], UNMOVED, False), ValueError),
        ("ink", (bytearray(12), "4", 3, 1, CLIP, 0, 1.0, [], UNMOVED, False), TypeError),
        ("ink", (*PLACE, [0, 0, 4, 3], 0, 1.0, [], UNMOVED, False), TypeError),
        ("ink", (*PLACE, (0, 0, 4), 0, 1.0, [], UNMOVED, False), TypeError),
        ("ink", (*PLACE, (0, 0, 4, "3"), 0, 1.0, [], UNMOVED, False), TypeError),
        ("ink", (*PLACE, CLIP, 1.5, 1.0, [], UNMOVED, False), TypeError),
        ("ink", (*PLACE, CLIP, 0, "1", [], UNMOVED, False), TypeError),
        ("ink", (*PLACE, CLIP, 0, 1.0, 5, UNMOVED, False), TypeError),
        ("ink", (*PLACE, CLIP, 0, 1.0, [5], UNMOVED, False), TypeError),
        ("ink", (*PLACE, CLIP, 0, 1.0, ["text"], UNMOVED, False), TypeError),
        ("ink", (*PLACE, CLIP, 0, 1.0, [bytes(24)], UNMOVED, False), ValueError),
        ("ink", (*PLACE, CLIP, 0, 1.0, [], UNMOVED[:5], False), ValueError),
        ("ink", (*PLACE, CLIP, 0, 1.0, [], (*UNMOVED[:5], "0"), False), TypeError),
        ("polygon", (*PLACE, CLIP, 0, 1.0, [bytes(16)], False), ValueError),
        ("polygon", (*PLACE, CLIP, 0, 1.0, [None], False), TypeError),
        ("mask", (*PLACE, CLIP, 0, 1.0, (0, 0, 2, 2), "text", False), TypeError),
        ("mask", (*PLACE, CLIP, 0, 1.0, (0, 0, 1 << 40, 1 << 40), b"", False), ValueError),
        ("image", (*PLACE, CLIP, 0, 1.0, (0, 0, 2, 2), bytes(5)), ValueError),
    ],
)
def test_arguments_of_other_kinds_are_refused(kernel, name, arguments, fault):
    with pytest.raises(fault):
        getattr(kernel, name)(*arguments)


def test_doubles_that_are_not_aligned_are_read(kernel):
    data = array("d", (1.5, 1.5, 1.0))
    aside = memoryview(b"." + data.tobytes())[1:].cast("B").cast("d")
    one, other = bytearray(12), bytearray(12)
    assert kernel.ink(one, 4, 3, 1, CLIP, 0xFFFFFF, 1.0, [aside], UNMOVED, False) == kernel.ink(
        other, 4, 3, 1, CLIP, 0xFFFFFF, 1.0, [data], UNMOVED, False
    )
    assert one == other != bytearray(12)


def test_kernels_that_give_other_px_are_not_taken(kernel):
    class Wrong:
        polygon = kernel.polygon

        def ink(self, pixels, *arguments):
            kernel.ink(pixels, *arguments)
            pixels[9] ^= 1

    assert raster.is_sound(kernel)
    assert not raster.is_sound(Wrong())
    assert not raster.is_sound(object())
