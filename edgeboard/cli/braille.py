"""A picture for a terminal: each character is 2 x 4 dots, by the dots of Braille (Unicode 2800 to 28FF)."""

from pathlib import Path
from typing import Final

from edgeboard.errors import UserError

DARK: Final = 160  # of 255: a block of px whose darkest is darker is a dot
DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column


def picture_lines(file: Path, columns: int) -> list[str]:
    """A PNG as lines of text, framed.

    Args:
        file: of the picture.
        columns: characters across, the frame included.

    Raises:
        UserError: Pillow is not installed, or it is no picture.
    """
    try:
        from PIL import Image, ImageFilter
    except ImportError:
        raise UserError("pictures are shown with Pillow, which is not installed: pip install pillow") from None
    wide = max(1, columns - 2) * 2
    try:
        with Image.open(file) as image:
            grey = image.convert("L")
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be shown: {error}") from None
    block = max(1, -(-grey.width // wide))
    if block > 1:  # thin lines shall not fall between the dots
        grey = grey.filter(ImageFilter.MinFilter(block | 1))
    high = -(-grey.height // block)
    dots = grey.resize((-(-grey.width // block), high), Image.Resampling.NEAREST)
    data, across = dots.tobytes(), dots.width

    def is_dark(x: int, y: int) -> bool:
        return x < across and y < high and data[y * across + x] < DARK

    rows = []
    for y in range(0, high, 4):
        cells = (
            sum(DOTS[dy][dx] for dy in range(4) for dx in range(2) if is_dark(x + dx, y + dy))
            for x in range(0, across, 2)
        )
        rows.append("".join(chr(0x2800 + cell) for cell in cells))
    length = len(rows[0]) if rows else 0
    return [f"┌{'─' * length}┐", *(f"│{row}│" for row in rows), f"└{'─' * length}┘"]
