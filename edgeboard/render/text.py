"""Lines of text as coverage, drawn by FreeType through Pillow: the one place, beside images, that knows Pillow,
and loads it when the first letter is drawn.

Letters come from the font that comes with edgeboard (DejaVu Sans: Latin, Greek, Cyrillic, symbols), others from fonts
of the machine (`typefaces.py`), and what nobody has is a box. Letters of panels with two levels are hinted
and hard; all others are smooth. Lines in scripts that are written from right to left, or whose letters change by their
neighbours, are shaped by raqm, where Pillow has it; all others are not, so that they are the same on every board.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from itertools import groupby
from math import ceil, floor, inf, isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from edgeboard.render.cache import Cache
from edgeboard.render.typefaces import BOLD, REGULAR, has_all, path_for
from edgeboard.render.values import Area, blocks_of

if TYPE_CHECKING:
    from PIL import ImageFont

SIZE_MIN: Final = 1.0  # px
SIZE_MAX: Final = 1_000.0
WIDTH_MAX: Final = 8_192  # px of a line; letters beyond it are left out
WHOLE_SIZE: Final = 96.0  # px: letters up to this size are drawn line by line, larger ones letter by letter
CACHE_BYTES: Final = 512 * 1024  # of lines that may be wanted again
STEPS: Final = 16  # in a px, in which a turned line is placed
TURNED_BLOCK: Final = 128  # px, of the sides of the parts that a turned line is drawn in
FACES_KEPT: Final = 3  # of a font at a size, each of which maps its file anew; one is opened in 0.1 ms
TAB: Final = "    "
MARKS_MAX: Final = 30  # on a letter, as in stream-safe text (UAX 15, 13): thousands of them take half a second
SHAPED: Final = (0x0900, 0x109F)  # the scripts of India, Thai, Lao, Tibetan and Burmese
_JOINERS: Final = "\u200c\u200d\u200e\u200f"  # tell a shaper what to do


class Mask(NamedTuple):
    """A line of text as it covers px: 0 nothing .. 255 all, row by row.

    Its baseline is below the first `ascent` rows, and it begins behind the first `left` columns, which are there for
    letters that hang over to the left.
    """

    width: int
    height: int
    ascent: int
    coverage: bytes
    left: int = 0


NOTHING: Final = Mask(0, 0, 0, b"")

_masks: Cache[tuple[str, float, bool, bool], Mask] = Cache(CACHE_BYTES)


def line_mask(text: str, size_px: float, is_bold: bool = False, is_hard: bool = False) -> Mask:
    """One line of text.

    Args:
        text: without line breaks; what cannot be seen is left out, a tab is four spaces.
        size_px: of the letters (the em), 1 .. 1000.
        is_bold: in bold letters.
        is_hard: px are covered or not, for panels that have two levels.

    Raises:
        ValueError: the size is out of range.
    """
    key = text, _sized(size_px, is_hard), is_bold, is_hard
    mask = _masks.get(key)
    if mask is None:
        mask = _drawn(*key)
        _masks.put(key, mask, len(mask.coverage) + 2 * len(text))
    return mask


def line_width(text: str, size_px: float, is_bold: bool = False, is_hard: bool = False) -> float:
    """How far a line of text reaches, px: where the next letter would begin.

    Raises:
        ValueError: the size is out of range.
    """
    size, mode = _sized(size_px, is_hard), _mode(is_hard)
    return sum(_face(path, size, way).getlength(part, mode, way) for path, part, way in _parts(text, is_bold))


def load_letters() -> None:
    """Load what draws letters, which the first of them would wait for; may be called in any thread.

    Raises:
        ImportError: there is no Pillow here.
    """
    for module in ("Image", "ImageDraw", "ImageFont"):
        import_module(f"PIL.{module}")


@lru_cache(maxsize=1)
def can_shape() -> bool:
    """Whether Pillow shapes letters here: it has raqm, and raqm has found FriBiDi."""
    from PIL import features

    return features.check("raqm") is True


def is_leftward(text: str) -> bool:
    """Whether a text is written from right to left: as its first letter that has a direction is (UAX 9, P2, P3)."""
    if text.isascii():
        return False
    ways = (unicodedata.bidirectional(char) for char in text)
    return next((way in ("R", "AL") for way in ways if way in ("L", "R", "AL")), False)


def _is_shaped(text: str) -> bool:
    """Whether there are letters that are written leftwards, or change by their neighbours."""
    return any(
        SHAPED[0] <= ord(char) <= SHAPED[1] or unicodedata.bidirectional(char) in ("R", "AL")
        for char in text
        if char >= "\u0590"
    )


def pieces(text: str, size_px: float, is_hard: bool = False) -> Iterator[tuple[float, float, str]]:
    """A line of text in pieces, none of which takes long to draw: large letters one by one, with the marks upon them.

    Args:
        text, size_px, is_hard: as of `line_mask`, in regular letters.

    Returns:
        Where each piece begins and ends, px from the beginning of the line, and its text; the end of a line that is
        whole is not looked for, and is infinite.

    Raises:
        ValueError: the size is out of range.
    """
    if size_px <= WHOLE_SIZE or (_is_shaped(text) and can_shape()):  # letters that hang together stay so
        yield 0.0, inf, text
        return
    text = _stream_safe(text)
    begin = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and unicodedata.combining(text[end]):
            continue
        piece = text[begin:end]
        until = line_width(text[:end], size_px, False, is_hard)
        at = until - line_width(piece, size_px, False, is_hard)
        if at >= WIDTH_MAX:
            return
        if piece.strip():
            yield at, until, piece
        begin = end


def _sized(size: float, is_hard: bool) -> float:
    """Sizes in quarters, whole ones where letters are hard: masks are found again, and hints are made for whole px."""
    if not (isfinite(size) and SIZE_MIN <= size <= SIZE_MAX):
        raise ValueError(f"letters of {size} px; they are {SIZE_MIN:.0f} to {SIZE_MAX:.0f} px")
    return float(round(size)) if is_hard else round(size * 4) / 4


def _mode(is_hard: bool) -> str:
    return "1" if is_hard else "L"


def _drawn(text: str, size: float, is_bold: bool, is_hard: bool) -> Mask:
    from PIL import Image, ImageDraw

    mode = _mode(is_hard)
    parts = []
    end = left = top = right = below = 0.0
    for path, part, way in _parts(text, is_bold):
        face = _face(path, size, way)
        if end >= WIDTH_MAX:
            break
        part = _cut_off(face, part, WIDTH_MAX - end, mode, way)
        box = face.getbbox(part, mode, way, anchor="ls")
        left, right = min(left, end + box[0]), max(right, end + box[2])
        top, below = min(top, box[1]), max(below, box[3])
        parts.append((end, part, face, way))
        end += face.getlength(part, mode, way)
    hang, ascent = ceil(-left), ceil(-top)
    width, height = hang + ceil(max(right, end)), ascent + ceil(below)
    if width == 0 or height == 0:
        return NOTHING
    image = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(image)
    draw.fontmode = mode
    for place, part, face, way in parts:
        draw.text((hang + place, ascent), part, fill=255, font=face, anchor="ls", direction=way)
    return Mask(width, height, ascent, image.tobytes(), hang)


def _cut_off(face: "ImageFont.FreeTypeFont", part: str, room: float, mode: str, way: str | None) -> str:
    """So much of a text as reaches beyond a width by one letter at most."""
    if face.getlength(part, mode, way) <= room:
        return part
    fits = bisect_right(range(len(part)), room, key=lambda count: face.getlength(part[:count], mode, way))
    return part[:fits]


def _parts(text: str, is_bold: bool) -> Sequence[tuple[str, str, str | None]]:
    """The text in parts of one font each, from left to right, and which way each is shaped; None: it is not."""
    if text.isascii() and text.isprintable():
        return [(str(BOLD if is_bold else REGULAR), text, None)] if text else []
    text = unicodedata.normalize("NFC", _stream_safe(text).replace("\t", TAB))
    if not (_is_shaped(text) and can_shape()):
        return [(path, part, None) for path, part in _by_font(text, is_bold)]
    way = "rtl" if is_leftward(text) else "ltr"
    seen = "".join(char for char in text if char in _JOINERS or not _is_hidden(char))
    first = next((char for char in seen if char not in _JOINERS and _is_shaped(char)), "x")
    path = path_for(first, is_bold=is_bold)
    if has_all(path, "".join(char for char in seen if char not in _JOINERS)):
        return [(path, seen, way)]
    parts = [(path, part, way) for path, part in _by_font(seen, is_bold)]
    return parts[::-1] if way == "rtl" else parts


def _stream_safe(text: str) -> str:
    """The text with `MARKS_MAX` marks on a letter at most; what cannot be seen does not part a mark from its letter."""
    if len(text) <= MARKS_MAX or text.isascii():
        return text
    kept, marks = [], 0
    for char in text:
        if not _is_hidden(char):
            marks = marks + 1 if unicodedata.category(char).startswith("M") else 0
        if marks <= MARKS_MAX:
            kept.append(char)
    return "".join(kept)


def _by_font(text: str, is_bold: bool) -> list[tuple[str, str]]:
    """Parts of one font each, in the order of the text; spaces and marks stay with what they follow."""
    found: list[tuple[str, str]] = []
    path = str(BOLD if is_bold else REGULAR)
    for char in text:
        if _is_hidden(char):
            continue
        if not found or not (char == " " or unicodedata.combining(char)):
            path = path_for(char, is_bold=is_bold)
        found.append((path, char))
    return [(path, "".join(char for _, char in chars)) for path, chars in groupby(found, key=lambda each: each[0])]


def _is_hidden(char: str) -> bool:
    """Control and format characters, half characters and variation selectors: fonts draw boxes for them."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs") or 0xFE00 <= ord(char) <= 0xFE0F


@lru_cache(maxsize=FACES_KEPT)
def _face(path: str, size: float, way: str | None) -> "ImageFont.FreeTypeFont":
    """A font at a size; ours in place of one that FreeType cannot read."""
    from PIL import ImageFont

    engine = ImageFont.Layout.BASIC if way is None else ImageFont.Layout.RAQM
    try:
        return ImageFont.truetype(path, size, layout_engine=engine)
    except OSError:
        return ImageFont.truetype(str(REGULAR), size, layout_engine=engine)


def turned_masks(
    mask: Mask, direction: tuple[float, float, float, float], x: float, y: float, clip: Area
) -> Iterator[tuple[Area, bytes]]:
    """A line of text that does not stand upright, in parts.

    What the parts are does not depend on the clip, so that each is, bit for bit, what it is in every clip.

    Args:
        mask: upright.
        direction: where its right (a, b) and its below (c, d) point to, both about of length 1.
        x, y: where it begins, on its baseline.
        clip: what is wanted; parts beside it are left out.

    Returns:
        Where each part lies, and its coverage there.
    """
    from PIL import Image

    a, b, c, d = direction
    x, y = floor(x * STEPS + 0.5) / STEPS, floor(y * STEPS + 0.5) / STEPS
    determinant = a * d - b * c
    corners = [
        (u * a + v * c, u * b + v * d)
        for u in (-mask.left, mask.width - mask.left)
        for v in (-mask.ascent, mask.height - mask.ascent)
    ]
    left, top = floor(min(u for u, _ in corners) + x) - 1, floor(min(v for _, v in corners) + y) - 1
    right, below = ceil(max(u for u, _ in corners) + x) + 1, ceil(max(v for _, v in corners) + y) + 1
    area = Area(left, top, right - left, below - top)
    wanted = area.meet(clip)
    if mask.width == 0 or abs(determinant) < 1e-9 or wanted.is_empty:
        return
    image = Image.frombytes("L", (mask.width, mask.height), mask.coverage)
    for part in blocks_of(area, wanted, TURNED_BLOCK):
        ox, oy = part.x - x, part.y - y  # from where it begins to the corner of the part
        across = d / determinant, -c / determinant, (d * ox - c * oy) / determinant + mask.left
        down = -b / determinant, a / determinant, (a * oy - b * ox) / determinant + mask.ascent
        turned = image.transform(part[2:], Image.Transform.AFFINE, (*across, *down), Image.Resampling.BILINEAR)
        yield part, turned.tobytes()
