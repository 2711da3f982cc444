"""Which font has a character: the one that comes with edgeboard, else the first of the machine's own that does.

A font is a constant of the machine, read as code is read: once, and only when a character needs it. Which characters
it has is read from its `cmap` table (OpenType 1.9, formats 4 and 12), so that no font is loaded to find that out. A
font that cannot be read is as if it were not there.
"""

import logging
import struct
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

OWN: Final = Path(__file__).parent / "fonts"
REGULAR: Final = OWN / "DejaVuSans.ttf"
BOLD: Final = OWN / "DejaVuSans-Bold.ttf"
MACHINE: Final = ("/usr/share/fonts", "/usr/local/share/fonts")
FILES_MAX: Final = 512  # fonts of the machine that are looked at
TABLES_MAX: Final = 128  # of a font
CMAP_BYTES_MAX: Final = 1 << 20
RANGES_MAX: Final = 1 << 16  # of characters
PICTURES: Final = 0x1F000  # from here on, emoji and the like
CHARACTERS_KEPT: Final = 4_096  # of which it is remembered who has them
_SUFFIXES: Final = (".ttf", ".otf", ".ttc", ".otc")
_ODD: Final = ("bold", "italic", "oblique", "light", "thin", "black", "condensed", "mono", "serif", "math")
_UNICODE: Final = {(3, 10): 0, (0, 6): 1, (0, 4): 2, (3, 1): 3, (0, 3): 4, (0, 2): 5, (0, 1): 6, (0, 0): 7}


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font file, and which characters it has."""

    path: str
    starts: "array[int]"  # of ranges of characters, rising
    ends: "array[int]"  # both included

    def has(self, character: str) -> bool:
        """Whether it has a shape for one character."""
        at = bisect_right(self.starts, ord(character)) - 1
        return at >= 0 and ord(character) <= self.ends[at]


def path_for(character: str, *, is_bold: bool = False) -> str:
    """The font file for a character; ours where none has it, which then draws a box."""
    own = _own(is_bold)
    return own.path if own.has(character) else _elsewhere(character) or own.path


def has_all(path: str, text: str) -> bool:
    """Whether a font that `path_for` gave has a shape for every character of a text."""
    known = [*map(_own, (False, True)), *_looked_at]
    face = next((face for face in known if face.path == path), None)
    return face is not None and all(map(face.has, text))


def boxes_in(text: str) -> str:
    """The characters of a text that are boxes on panels of this board, each once, in order: no font has them."""
    if text.isascii():
        return ""
    seen = dict.fromkeys(char for char in text if not char.isascii() and unicodedata.category(char)[0] not in "CMZ")
    return "".join(char for char in seen if not _own(False).has(char) and _elsewhere(char) is None)


def remedy_for(boxes: str) -> str:
    """Which package of Debian has a font for characters; they are looked for when the board starts."""
    names = [unicodedata.name(char, "") for char in boxes]
    if any(
        word in name for name in names for word in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH")
    ):
        package = "fonts-noto-cjk"
    elif any(ord(char) >= PICTURES for char in boxes):
        package = "fonts-symbola"
    else:
        package = "fonts-noto-core"
    return f"sudo apt-get install {package}, and start the board again"


@lru_cache(maxsize=2)
def _own(is_bold: bool) -> Typeface:
    path = BOLD if is_bold else REGULAR
    face = read_typeface(path)
    if face is None:
        raise FileNotFoundError(f"{path} is missing or broken: install edgeboard again")
    return face


@lru_cache(maxsize=CHARACTERS_KEPT)
def _elsewhere(character: str) -> str | None:
    """The regular one of ours has more than the bold one; then the fonts of the machine."""
    if _own(False).has(character):
        return str(REGULAR)
    found = next((face.path for face in _machine() if face.has(character)), None)
    if found is None:
        _told_of(character)
    return found


def _told_of(character: str) -> None:
    """Say once of each kind of characters that they are boxes."""
    remedy = remedy_for(character)
    if remedy not in _told:
        _told.add(remedy)
        _log.warning("no font here has %a and the like: they are boxes on panels; %s", character, remedy)


_log = logging.getLogger(__name__)
_told: set[str] = set()  # remedies that were told in the log
_looked_at: list[Typeface] = []
_to_look_at: list[Path] | None = None


def _machine() -> Iterator[Typeface]:
    """The fonts of the machine, plain ones first; each is read when somebody gets so far."""
    global _to_look_at
    if _to_look_at is None:
        _to_look_at = machine_fonts(MACHINE)[::-1]
    yield from list(_looked_at)
    while _to_look_at:
        face = read_typeface(_to_look_at.pop())
        if face is not None:
            _looked_at.append(face)
            yield face


def machine_fonts(folders: tuple[str, ...]) -> list[Path]:
    """The font files below some folders, upright sans-serif ones of ordinary weight first."""
    found: list[Path] = []
    for folder in folders:
        try:
            found += [path for path in Path(folder).rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file()]
        except OSError:
            continue
    return sorted(found, key=lambda path: (sum(word in path.name.lower() for word in _ODD), path.name))[:FILES_MAX]


def read_typeface(path: Path) -> Typeface | None:
    """What a font file has; None if it cannot be read, or has no outlines that can be drawn at any size."""
    try:
        with path.open("rb") as file:
            data = _cmap(file)
        ranges = None if data is None else _ranges(data)
    except (OSError, struct.error, ValueError):
        return None
    if not ranges:
        return None
    ranges.sort()
    return Typeface(str(path), array("I", (start for start, _ in ranges)), array("I", (end for _, end in ranges)))


def _cmap(file: BinaryIO) -> bytes | None:
    """The `cmap` table of the first font in a file."""
    head = file.read(16)
    start = 0
    if head[:4] == b"ttcf":
        (start,) = struct.unpack(">I", head[12:16])
        file.seek(start)
        head = file.read(12)
    (count,) = struct.unpack(">H", head[4:6])
    if count > TABLES_MAX:
        return None
    file.seek(start + 12)
    tables = {}
    for _ in range(count):
        tag, _, offset, length = struct.unpack(">4sIII", file.read(16))
        tables[tag] = offset, length
    if not tables.keys() & {b"glyf", b"CFF ", b"CFF2"} or b"cmap" not in tables:
        return None
    offset, length = tables[b"cmap"]
    if length > CMAP_BYTES_MAX:
        return None
    file.seek(offset)
    return file.read(length)


def _ranges(data: bytes) -> list[tuple[int, int]] | None:
    """The characters of the best Unicode subtable, as ranges with both ends included."""
    (count,) = struct.unpack_from(">H", data, 2)
    tables = [struct.unpack_from(">HHI", data, 4 + 8 * at) for at in range(min(count, TABLES_MAX))]
    known = sorted((_UNICODE[table[:2]], table[2]) for table in tables if table[:2] in _UNICODE)
    for _, offset in known:
        (form,) = struct.unpack_from(">H", data, offset)
        if form == 12:
            return _groups(data, offset)
        if form == 4:
            return _segments(data, offset)
    return None


def _groups(data: bytes, offset: int) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", data, offset + 12)
    if count > RANGES_MAX:
        raise ValueError("a font has too many ranges of characters")
    found = []
    for at in range(count):
        start, end, _ = struct.unpack_from(">III", data, offset + 16 + 12 * at)
        if start <= end <= 0x10FFFF:
            found.append((start, end))
    return found


def _segments(data: bytes, offset: int) -> list[tuple[int, int]]:
    """Of format 4; inside a segment with a glyph table some characters may still be missing, and are taken out."""
    (double,) = struct.unpack_from(">H", data, offset + 6)
    ends_at, starts_at = offset + 14, offset + 16 + double
    found: list[tuple[int, int]] = []
    for at in range(0, double, 2):
        (end,), (start,) = struct.unpack_from(">H", data, ends_at + at), struct.unpack_from(">H", data, starts_at + at)
        (step,) = struct.unpack_from(">H", data, starts_at + 2 * double + at)
        if start > end or start == 0xFFFF:
            continue
        if step == 0:
            found.append((start, end))
            continue
        place = starts_at + 2 * double + at + step
        glyphs = struct.unpack_from(f">{end - start + 1}H", data, place)
        found += [(start + each, start + each) for each, glyph in enumerate(glyphs) if glyph]
        if len(found) > RANGES_MAX:
            raise ValueError("a font has too many ranges of characters")
    return found
