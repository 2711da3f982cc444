"""Marks on a surface, as a panel shows them: where the sketches of items become px.

A mark is a function of px alone (`surface.py`), and of its place on the page: drawn in parts it is what it is as a
whole. What takes long is drawn part by part, and the brush says after each how much work it was.
"""

from array import array
from math import ceil, floor, hypot, inf, isfinite, sqrt
from typing import TYPE_CHECKING, Final, final

from edgeboard.canvas.geometry import Rectangle, Transform
from edgeboard.render import figures
from edgeboard.render.pictures import Matrix, Pictures, fits, laid_over
from edgeboard.render.sketches import Fill, Letters, Line, Mark, Note, Picture
from edgeboard.render.surface import Surface
from edgeboard.render.text import SIZE_MAX, WIDTH_MAX, Mask, line_mask, pieces, turned_masks
from edgeboard.render.tones import Tones
from edgeboard.render.values import PLACE_MAX, POINTS_MAX, Area, touched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LETTERS_MIN: Final = 2.0  # px: smaller ones are not drawn
FRAME_PAPER: Final = 16 + 0xF2F2F5  # where an image would be
FRAME_LINE: Final = 16 + 0xC7C7CC
HALO: Final = tuple((dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)  # px around letters on a note
NOWHERE: Final = Area(0, 0, 0, 0)
WORK_MAX: Final = 1_000  # discs or so that are drawn at once; some milliseconds
WORK_PX: Final = 2_048  # that ink covers in the time that a disc takes beside
WORK_MASK_PX: Final = 640  # of letters, that are drawn in the time of a disc
WORK_SIZED_PX: Final = 96  # of an image, that are sized or turned in the time of a disc
CROSSING_LINES: Final = 16  # of a px, on each of which a polygon is filled
WORK_CROSSINGS: Final = 128  # of sides with such lines, in the time of a disc
WIDEST: Final = 16  # em, of a letter: some are whole words
WORK_LETTERS: Final = 4  # in the time of a disc


@final
class Brush:
    """Draws marks on one surface."""

    def __init__(self, surface: Surface, tones: Tones, pictures: Pictures) -> None:
        self._surface = surface
        self._tones = tones
        self._pictures = pictures
        self.lacks = False  # whether an image was missing since somebody set this to False

    def draw(self, mark: Mark, matrix: Transform, clip: Area) -> "Iterator[int]":
        """Draw a mark as far as it can be drawn at all, part by part.

        Args:
            mark: of an item.
            matrix: from its own px to those of the surface.
            clip: where px may change.

        Returns:
            After each part, how much work it was, about `WORK_MAX` at most: the number of discs, or of as much else.
        """
        clip = clip.meet(self._surface.area)
        if clip.is_empty or not _fits(mark, matrix):
            return
        match mark:
            case Line():
                yield from self._line(mark, matrix, clip)
            case Fill():
                yield from self._fill(mark, matrix, clip)
            case Note():
                self._note(mark, matrix, clip)
                yield 4
            case Letters():
                yield from self._letters(mark, matrix, clip)
            case Picture():
                yield from self._picture(mark, matrix, clip)

    def _line(self, mark: Line, matrix: Transform, clip: Area) -> "Iterator[int]":
        wide = 2 * mark.radius * sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c)) + 2
        covered = (mark.length * hypot(matrix.a, matrix.b, matrix.c, matrix.d) + mark.count * wide) * wide
        work = min(covered, float(mark.count) * _size(clip)) / WORK_PX
        for part in _parts(clip, work):
            self.ink(mark.runs, mark.colour, mark.opacity, six(matrix), part, is_marker=mark.is_marker)
            yield mark.count + int(work * _size(part) / _size(clip))

    def _fill(self, mark: Fill, matrix: Transform, clip: Area) -> "Iterator[int]":
        contour = _moved(mark.contour, matrix)
        colour = self._tones.fill(mark.colour)
        corners = len(contour) // 2
        work = _size(clip) / WORK_PX + corners * CROSSING_LINES * clip.height / WORK_CROSSINGS
        for part in _parts(clip, work):
            self._surface.polygon([contour], colour, part, opacity=mark.opacity)
            yield corners // 8 + int(work * _size(part) / _size(clip))

    def ink(
        self,
        runs: "Sequence[array[float]]",
        colour: int,
        opacity: float,
        matrix: Matrix,
        clip: Area,
        *,
        is_marker: bool,
    ) -> Area:
        """Draw runs of discs at once, and say where."""
        code = self._tones.ink(colour)
        if is_marker:
            code, opacity = self._tones.marker(colour, opacity)
        area = NOWHERE
        for group in _grouped(runs):
            drawn = self._surface.ink(group, code, clip, matrix=matrix, opacity=opacity, is_hard=self._tones.is_hard)
            area = area.unite(drawn)
        return area

    def _note(self, mark: Note, matrix: Transform, clip: Area) -> None:
        hard, opacity = self._tones.is_hard, mark.opacity
        corners = _corners(mark.area)
        if not hard:
            shadow = _corners(Rectangle(mark.area.x0 + 1, mark.area.y0 + 4, mark.area.x1 + 1, mark.area.y1 + 4))
            self._surface.polygon([_moved(shadow, matrix)], 0, clip, opacity=figures.SHADOW * opacity)
        paper = self._tones.note(mark.colour)
        self._surface.polygon([_moved(corners, matrix)], paper, clip, opacity=opacity, is_hard=hard)
        if hard:
            self._frame(corners, matrix, self._tones.contrast, clip)

    def _frame(self, corners: "array[float]", matrix: Transform, colour: int, clip: Area) -> None:
        """A thin line around."""
        places = _moved(corners, matrix)
        run = array("d")
        for at in (0, 2, 4, 6, 0):
            run.extend((places[at], places[at + 1], 0.5))
        self._surface.ink([run], colour, clip, is_hard=self._tones.is_hard)

    def _letters(self, mark: Letters, matrix: Transform, clip: Area) -> "Iterator[int]":
        scale = _scale(matrix)
        size = mark.size * scale
        if size < LETTERS_MIN or size > SIZE_MAX:
            return
        tones = self._tones
        colour = tones.ink(mark.colour) if mark.note is None else tones.letters_on(mark.colour)
        if mark.note is not None:
            clip = clip.meet(touched(matrix, mark.note))
        has_halo = tones.is_hard and mark.note is not None and _is_upright(matrix)
        for at in _rows_in(mark, matrix, clip):
            row, below = mark.rows[at], mark.y + (at * figures.LINE_HEIGHT + figures.ASCENT) * mark.size
            if not row.strip():
                continue
            for is_halo in (True, False) if has_halo else (False,):  # around all letters before any is drawn
                for mask, x in self._masks(row, below, mark, matrix, clip):
                    work = 1 + len(row) // WORK_LETTERS + mask.width * mask.height // WORK_MASK_PX
                    for area, coverage in self._places(mask, matrix, *matrix.apply(x, below), clip):
                        if is_halo:
                            self._halo(area, coverage, colour, clip)
                        else:
                            opacity = mark.opacity
                            self._surface.mask(area, coverage, colour, clip, opacity=opacity, is_hard=tones.is_hard)
                        yield work + 2 * _size(area) // WORK_PX
                        work = 0
                    if work:
                        yield work

    def _masks(
        self, row: str, below: float, mark: Letters, matrix: Transform, clip: Area
    ) -> "Iterator[tuple[Mask, float]]":
        """The masks of a row that may be seen, and where on the baseline each begins, px of the mark."""
        scale, em = _scale(matrix), mark.size
        for begin, end, piece in pieces(row, em * scale, self._tones.is_hard):
            x = mark.x + begin / scale
            if isfinite(end):  # letters may hang over where they begin and end, by less than an em
                reach = Rectangle(x - em, below - 2 * em, mark.x + end / scale + em, below + 2 * em)
                if touched(matrix, reach).meet(clip).is_empty:
                    continue
            yield line_mask(piece, em * scale, False, self._tones.is_hard), x

    def _places(self, mask: Mask, matrix: Transform, x: float, y: float, clip: Area) -> "Iterator[tuple[Area, bytes]]":
        """Where the coverage of a row lies that begins at a place; in parts if it does not stand upright."""
        if _is_upright(matrix):
            area = Area(floor(x + 0.5) - mask.left, floor(y + 0.5) - mask.ascent, mask.width, mask.height)
            return iter([] if area.is_empty else [(area, mask.coverage)])
        scale = _scale(matrix)
        direction = matrix.a / scale, matrix.b / scale, matrix.c / scale, matrix.d / scale
        return turned_masks(mask, direction, x, y, clip)

    def _halo(self, area: Area, coverage: bytes, colour: int, clip: Area) -> None:
        """Clear the dots around letters: the same letters in the colour of what is behind them, one px to each side."""
        behind = self._tones.paper if colour != self._tones.paper else self._tones.contrast
        for dx, dy in HALO:
            moved = Area(area.x + dx, area.y + dy, area.width, area.height)
            self._surface.mask(moved, coverage, behind, clip, is_hard=True)

    def _picture(self, mark: Picture, matrix: Transform, clip: Area) -> "Iterator[int]":
        box = mark.area
        x0, y0 = matrix.apply(box.x0, box.y0)
        x1, y1 = matrix.apply(box.x1, box.y1)
        width, height = hypot(matrix.a, matrix.b) * (box.x1 - box.x0), hypot(matrix.c, matrix.d) * (box.y1 - box.y0)
        self.lacks |= mark.content is not None and not self._pictures.has(mark.content)
        if mark.content is None or not fits(width, height) or not self._pictures.has(mark.content):
            self._empty(_corners(box), matrix, clip)
            yield 4
            return
        if not _is_upright(matrix):
            for area, pixels in self._pictures.turned(mark.content, box, six(matrix), clip):
                self._lay(area, pixels, clip, mark.opacity)
                yield 4 + _size(area) // WORK_SIZED_PX
            return
        left, top = floor(x0 + 0.5), floor(y0 + 0.5)
        right, below = max(left + 1, floor(x1 + 0.5)), max(top + 1, floor(y1 + 0.5))
        part = Area(clip.x - left, clip.y - top, clip.width, clip.height)
        for block in self._pictures.blocks(mark.content, right - left, below - top, part):
            area = Area(left + block.area.x, top + block.area.y, block.area.width, block.area.height)
            self._surface.image(area, block.pixels, clip, opacity=mark.opacity)
            yield 4 + _size(area) // WORK_SIZED_PX

    def reading(self, mark: Mark, matrix: Transform) -> "Callable[[], object] | None":
        """What takes long before a mark can be drawn, to be called in any thread; None if nothing does."""
        if not isinstance(mark, Picture) or mark.content is None or not _fits(mark, matrix):
            return None
        return self._pictures.reading(mark.content)

    def _lay(self, area: Area, pixels: bytes, clip: Area, opacity: float) -> None:
        """An image that lets through what is below it at its sides: blue, green, red and alpha."""
        if area.is_empty:
            return
        if self._surface.channels == 4:
            self._surface.image(area, pixels, clip, opacity=opacity)
            return
        part = area.meet(clip).meet(self._surface.area)
        if not part.is_empty:
            below = self._surface.crop(part)
            self._surface.image(part, laid_over(below, area, pixels, part), clip, opacity=opacity)

    def _empty(self, corners: "array[float]", matrix: Transform, clip: Area) -> None:
        """Where an image would be."""
        paper = self._tones.paper if self._tones.is_hard else self._tones.fill(FRAME_PAPER)
        self._surface.polygon([_moved(corners, matrix)], paper, clip, is_hard=self._tones.is_hard)
        line = self._tones.contrast if self._tones.is_hard else self._tones.fill(FRAME_LINE)
        self._frame(corners, matrix, line, clip)


def _fits(mark: Mark, matrix: Transform) -> bool:
    """Whether its places on the panel are numbers that can be drawn at all."""
    match mark:
        case Line():
            reach = max((max(max(run), -min(run)) for run in mark.runs), default=0.0)
        case Fill():
            reach = max(max(mark.contour, default=0.0), -min(mark.contour, default=0.0))
        case Letters():
            reach = max(abs(mark.x), abs(mark.y) + len(mark.rows) * mark.size * 2)
        case Note() | Picture():
            box = mark.area
            reach = max(abs(box.x0), abs(box.y0), abs(box.x1), abs(box.y1)) + 4
    most = max(abs(matrix.a) + abs(matrix.c), abs(matrix.b) + abs(matrix.d)) * reach
    return most + max(abs(matrix.e), abs(matrix.f)) < PLACE_MAX


def _size(area: Area) -> int:
    """Px."""
    return max(1, area.width * area.height)


def _parts(clip: Area, work: float) -> "Iterator[Area]":
    """A clip in parts in which there is no more to do than `WORK_MAX`, if the work is spread evenly."""
    across, down = clip.width, clip.height
    if work > WORK_MAX:
        most = max(1, int(across * down * WORK_MAX / work))
        down = max(1, most // across)
        across = min(across, max(1, most // down))
    for y in range(clip.y, clip.y + clip.height, down):
        for x in range(clip.x, clip.x + clip.width, across):
            yield Area(x, y, across, down).meet(clip)


def _rows_in(mark: Letters, matrix: Transform, clip: Area) -> range:
    """Which rows may leave a mark in a clip: seen from the text, it is a box."""
    back = matrix.inverse()
    if back is None or clip.is_empty:
        return range(0)
    slack = 2.0  # px that rounding and smooth edges may need
    x, y, right, below = clip.x - slack, clip.y - slack, clip.x + clip.width + slack, clip.y + clip.height + slack
    box = back.rectangle(Rectangle(x, y, right, below))
    letter = WIDEST * mark.size
    longest = min(letter * max(map(len, mark.rows), default=0), WIDTH_MAX / _scale(matrix)) + letter
    if not (box.x0 < mark.x + longest and mark.x - letter < box.x1):
        return range(0)
    step = figures.LINE_HEIGHT * mark.size
    first = mark.y + figures.ASCENT * mark.size  # the first baseline
    count = len(mark.rows)
    begin = min(count, max(0, ceil(max(-1.0, (box.y0 - 2 * mark.size - first) / step))))
    end = min(count, max(0, floor(min(float(count), (box.y1 + 2 * mark.size - first) / step)) + 1))
    return range(begin, end)


def _scale(matrix: Transform) -> float:
    return sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c)) or inf


def _is_upright(matrix: Transform) -> bool:
    most = 1e-6 * max(abs(matrix.a), abs(matrix.d))
    return abs(matrix.b) <= most and abs(matrix.c) <= most and matrix.a > 0 and matrix.d > 0


def six(matrix: Transform) -> Matrix:
    """The numbers of a transform."""
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _corners(box: Rectangle) -> "array[float]":
    return array("d", (box.x0, box.y0, box.x1, box.y0, box.x1, box.y1, box.x0, box.y1))


def _moved(contour: "array[float]", matrix: Transform) -> "array[float]":
    found = array("d")
    for x, y in zip(contour[::2], contour[1::2], strict=True):
        found.extend(matrix.apply(x, y))
    return found


def _grouped(runs: "Sequence[array[float]]") -> "Iterator[Sequence[array[float]]]":
    """As many runs at once as can be drawn in one call: nearly always all."""
    count, begin = 0, 0
    for at, run in enumerate(runs):
        count += len(run) // 3
        if count > POINTS_MAX:
            yield runs[begin:at]
            count, begin = len(run) // 3, at
    yield runs[begin:]
