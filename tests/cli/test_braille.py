import pytest
from PIL import Image, ImageDraw

from edgeboard.cli.braille import picture_lines
from edgeboard.errors import UserError


def test_a_line_of_the_picture_is_a_line_of_dots(tmp_path):
    image = Image.new("L", (8, 8), 255)
    ImageDraw.Draw(image).line((0, 0, 7, 0), fill=0)
    image.save(tmp_path / "a.png")
    assert picture_lines(tmp_path / "a.png", 6) == ["┌────┐", "│⠉⠉⠉⠉│", "│⠀⠀⠀⠀│", "└────┘"]


def test_a_thin_line_of_a_large_picture_does_not_fall_between_the_dots(tmp_path):
    image = Image.new("L", (800, 600), 255)
    ImageDraw.Draw(image).line((0, 303, 799, 303), fill=0)
    image.save(tmp_path / "a.png")
    lines = picture_lines(tmp_path / "a.png", 80)
    assert all(len(line) == len(lines[0]) <= 80 for line in lines)
    assert any(line.strip("│⠀") and "⠀" not in line for line in lines[1:-1])


def test_what_is_no_picture_is_said(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(UserError, match="cannot be shown"):
        picture_lines(tmp_path / "a.png", 80)
