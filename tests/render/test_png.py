"""PNG of our own SVG, by rsvg-convert."""

import struct
import zlib

import pytest

import edgeboard.render.png as png
from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.values import pack_value
from edgeboard.errors import LimitError, UserError
from edgeboard.interchange.drawing import Drawing, Drawn, items_of
from edgeboard.render.svg import render_items

BOX = Drawing((Drawn(ItemType.SHAPE, (pack_value([2, [0, 0, 80, 40], 4, 8, 7]),)),))
needs_program = pytest.mark.skipif(not png.is_available(), reason="apt install librsvg2-bin")


def svg_of(drawing=BOX, *, paper=True):
    return render_items(items_of(drawing), paper=paper).encode()


def pixels(data):
    """Width, height, channels and rows of a PNG of 8 bits, without interlacing."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (depth, kind in (2, 6)) == (8, True)
    channels = 3 if kind == 2 else 4
    at, packed = 8, b""
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += 12 + size
    stride = channels * width
    raw, rows, above = zlib.decompress(packed), [], bytes(stride)
    for row in range(height):
        method, *line = raw[row * (stride + 1) : (row + 1) * (stride + 1)]
        for x in range(stride):
            a, c = (line[x - channels], above[x - channels]) if x >= channels else (0, 0)
            b = above[x]
            paeth = min((a, b, c), key=lambda each: abs(a + b - c - each))
            line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[method]) & 255
        above = bytes(line)
        rows.append([above[x : x + channels] for x in range(0, stride, channels)])
    return width, height, channels, rows


@needs_program
@pytest.mark.parametrize("scale", [1, 2])
def test_a_picture_has_its_px_and_colours(scale):
    width, height, _, rows = pixels(png.render_png(svg_of(), scale))
    assert (width, height) == (192 * scale, 152 * scale)  # the box, room for its line, and the margin
    assert rows[height // 2][width // 2][:3] == bytes([0x2B, 0x8A, 0x3E])
    assert rows[0][0][:3] == b"\xff\xff\xff"


@needs_program
def test_without_paper_there_is_nothing_behind_it():
    width, height, channels, rows = pixels(png.render_png(svg_of(paper=False), transparent=True))
    assert channels == 4
    assert rows[0][0][3] == 0
    assert rows[height // 2][width // 2] == bytes([0x2B, 0x8A, 0x3E, 255])


def test_too_many_px_are_refused_with_what_fits(monkeypatch):
    wide = Drawing((Drawn(ItemType.SHAPE, (pack_value([2, [0, 0, 4000, 2500], 4, 8, 7]),)),))
    with pytest.raises(
        LimitError, match=r"16448 x 10448 px; the limit is 36 million px: a scale of 1 fits, or take SVG"
    ):
        png.render_png(svg_of(wide), 4)
    huge = Drawing((Drawn(ItemType.SHAPE, (pack_value([2, [0, 0, 90000, 10], 4, 8, 7]),)),))
    with pytest.raises(LimitError, match="take SVG, which has no px"):
        png.render_png(svg_of(huge))


def test_a_machine_without_the_program_says_what_to_install(monkeypatch):
    monkeypatch.setattr(png, "which", lambda _: None)
    assert not png.is_available()
    with pytest.raises(UserError, match="apt install librsvg2-bin"):
        png.render_png(svg_of())


@pytest.mark.parametrize(
    ("script", "message"),
    [("echo broken >&2; exit 3", "failed: broken; take SVG"), ("exit 4", "exit code 4"), ("cat > /dev/null", "exit")],
)
def test_a_program_that_fails_is_one_line(monkeypatch, tmp_path, script, message):
    program = tmp_path / "rsvg-convert"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setattr(png, "which", lambda _: str(program))
    with pytest.raises(UserError, match=message):
        png.render_png(svg_of())


def test_only_our_own_pictures_are_drawn():
    with pytest.raises(ValueError, match="not an SVG of ours"):
        png.render_png(b"<svg/>")
