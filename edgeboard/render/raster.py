"""A region of a page as grey pixels, drawn by Pillow, for panels that show greys or black and white.

Values in, bytes out. Discs joined by their tangents as everywhere (docs/formats/ink.md), with hard edges where a panel
has two levels, drawn twice as large and averaged where it has more. Colours become their brightness; on a panel of two
levels lines and letters of any colour that is seen on paper are black, so that a yellow note keeps its black words and
a red line is not lost.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from math import floor, hypot, sqrt
from typing import Final, final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.geometry import IDENTITY, Transform
from edgeboard.canvas.images import read_image
from edgeboard.canvas.ink import MARKER_OPACITY, Disc, palette
from edgeboard.canvas.items import Item
from edgeboard.canvas.values import unpack_value
from edgeboard.errors import DecodeError
from edgeboard.oplog.codec import TOOL_MAX, Pen
from edgeboard.render import figures
from edgeboard.render.album import ReadBlob
from edgeboard.render.strokes import ink_of, transform_of
from edgeboard.render.values import View

WHITE: Final = 255
INK_MAX: Final = 232  # brightness: what is darker is seen on paper, and black where there is only black
THIN: Final = 0.75  # px: what has no larger radius is a line
SLACK: Final = 3.0  # px that rounding may move ink by, and more
FINER: Final = 2  # times as large is drawn what is averaged
MARGIN: Final = 1  # px drawn to the left of a region and cut off: Pillow's polygons bleed into the first column
SIDE_MAX: Final = 8_192  # px of an image on a panel
FONT_SIZES: Final = (4, 400)  # px
Places = Sequence[tuple[float, float]]


def brightness(colour: int) -> int:
    """0 black .. 255 white, of a colour number (ITU-R BT.601)."""
    code = palette(colour)
    return round(0.299 * (code >> 16) + 0.587 * (code >> 8 & 255) + 0.114 * (code & 255))


@final
class Raster:
    """Draws one rectangle of a panel."""

    def __init__(self, view: View, area: tuple[int, int, int, int], greys: int, before: bytes | None = None) -> None:
        """
        Args:
            view: what the panel shows.
            area: x, y, width, height on the panel, px.
            greys: levels that the panel has.
            before: what stands there, 8-bit grey, row by row; None: white paper. With more than two levels what was
                averaged cannot be drawn on: of it and of what is drawn the darker px count.
        """
        self._x, self._y, self._width, self._height = area
        self._is_hard = greys == 2
        self._finer = 1 if self._is_hard else FINER
        self._zoom = view.zoom * self._finer
        self._to_panel = Transform(
            self._zoom, 0, 0, self._zoom, -view.x * self._zoom - (self._x - MARGIN) * self._finer,
            -view.y * self._zoom - self._y * self._finer,
        )  # fmt: skip
        self._image = Image.new("L", ((self._width + MARGIN) * self._finer, self._height * self._finer), WHITE)
        self._before = None if before is None else Image.frombytes("L", (self._width, self._height), before)
        if self._before is not None and self._is_hard:
            self._image.paste(self._before, (MARGIN, 0))
        self._draw = ImageDraw.Draw(self._image)

    def draw(self, items: Iterable[Item], read_blob: ReadBlob | None = None) -> None:
        """Draw items over what is there, in this order; what cannot be read is left out."""
        for item in items:
            self.draw_item(item, read_blob)

    def draw_item(self, item: Item, read_blob: ReadBlob | None = None) -> None:
        if item.type == ItemType.STROKE:
            ink = ink_of(item)
            if ink is not None:
                self.draw_ink(ink.pen, ink.runs, ink.opacity, transform_of(item))
            return
        try:
            value = unpack_value(item.pieces[0][1])
        except DecodeError:
            return
        make = _FIGURES.get(item.type)
        if make is not None and isinstance(value, list):
            make(self, item, [*value, *[None] * 7], self._to_panel.after(transform_of(item)), read_blob)

    def draw_ink(
        self, pen: Pen, drawn: Sequence[Sequence[Disc]], opacity: float = 1.0, moved: Transform = IDENTITY
    ) -> None:
        """Draw discs joined by their tangents."""
        matrix = self._to_panel.after(moved)
        scale = sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))
        opacity *= MARKER_OPACITY if pen.tool == TOOL_MAX else 1.0
        tone = self._tone(pen.colour, is_ink=pen.tool != TOOL_MAX)
        with _Layer(self, opacity) as draw:
            for run in drawn:
                _draw_run(draw, [(*matrix.apply(x, y), r * scale) for x, y, r in run], tone, self._image.size)

    def pixels(self) -> bytes:
        """8-bit grey, row by row."""
        image = self._image if self._finer == 1 else self._image.reduce(self._finer)
        image = image.crop((MARGIN, 0, MARGIN + self._width, self._height))
        if self._before is not None and not self._is_hard:
            image = ImageChops.darker(self._before, image)
        return image.tobytes()

    def _tone(self, colour: int, *, is_ink: bool) -> int:
        level = brightness(colour)
        if not self._is_hard:
            return level
        return 0 if level < (INK_MAX if is_ink else 128) else WHITE

    # -- what is no ink

    def _shape(self, item: Item, value: list[object], matrix: Transform, read_blob: ReadBlob | None) -> None:
        shape, numbers, colour, width, fill = value[:5]
        self._drawn(item, shape if isinstance(shape, int) else figures.LINE, numbers, colour, width, fill, matrix)

    def _connector(self, item: Item, value: list[object], matrix: Transform, read_blob: ReadBlob | None) -> None:
        _, _, numbers, colour, width = value[:5]
        self._drawn(item, figures.ARROW, numbers, colour, width, None, matrix)

    def _drawn(
        self, item: Item, shape: int, numbers: object, colour: object, width: object, fill: object, matrix: Transform
    ) -> None:
        places = figures.places_of(numbers)
        if places is None or len(places) < 2:
            return
        style = figures.style_of(item, colour, width, fill)
        tone = self._tone(style.colour, is_ink=True)
        inner = None if style.fill is None else self._tone(style.fill, is_ink=False)
        wide = max(1, round(style.width * sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))))
        (x0, y0), (x1, y1) = places[:2]
        outline: list[tuple[float, float]]
        if shape == figures.RECTANGLE:
            outline = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        elif shape == figures.ELLIPSE:
            outline = [((x0 + x1) / 2 + (x1 - x0) / 2 * c, (y0 + y1) / 2 + (y1 - y0) / 2 * s) for c, s in _circle()]
        else:
            outline = list(places)
        is_closed = shape in (figures.RECTANGLE, figures.ELLIPSE, figures.POLYGON)
        ways = [outline]
        if shape == figures.ARROW:
            ways += figures.head_of(places[-2], places[-1], 6 + 3 * style.width)
        with _Layer(self, style.opacity) as draw:
            for way in ways:
                on_panel = [_pixel(*matrix.apply(x, y)) for x, y in way]
                if is_closed and inner is not None and len(on_panel) > 2:
                    draw.polygon(on_panel, fill=inner)
                draw.line([*on_panel, on_panel[0]] if is_closed else on_panel, fill=tone, width=wide, joint="curve")

    def _text(self, item: Item, value: list[object], matrix: Transform, read_blob: ReadBlob | None) -> None:
        x, y, text, size, colour = value[:5]
        if not figures.is_place(x) or not figures.is_place(y):
            return
        height = min(size, 1000.0) if figures.is_length(size) else 20.0
        style = figures.style_of(item, colour, None, None)
        with _Layer(self, style.opacity) as draw:
            self._written(draw, figures.lines_of(item, text), x, y, height, style.colour, matrix)

    def _sticky(self, item: Item, value: list[object], matrix: Transform, read_blob: ReadBlob | None) -> None:
        x, y, w, h, text, colour = value[:6]
        if not (figures.is_place(x) and figures.is_place(y) and figures.is_length(w) and figures.is_length(h)):
            return
        style = figures.style_of(item, colour if figures.is_colour(colour) else figures.STICKY_COLOUR, None, None)
        margin = figures.STICKY_MARGIN
        letters, lines = figures.laid_out(figures.lines_of(item, text), w - 2 * margin, h - 2 * margin)
        h = max(h, len(lines) * letters * figures.LINE_HEIGHT + 2 * margin)
        corners = [_pixel(*matrix.apply(*corner)) for corner in ((x, y), (x + w, y), (x + w, y + h), (x, y + h))]
        paper = self._tone(style.colour, is_ink=False)
        with _Layer(self, style.opacity) as draw:
            draw.polygon(corners, fill=paper)
            if self._is_hard and paper == WHITE:
                draw.line([*corners, corners[0]], fill=0, width=1)
            ink = WHITE if paper < 128 else 0
            self._written(draw, lines, x + margin, y + margin, letters, ink, matrix, is_tone=True)

    def _image_item(self, item: Item, value: list[object], matrix: Transform, read_blob: ReadBlob | None) -> None:
        x, y, w, h = value[:4]
        if not (figures.is_place(x) and figures.is_place(y) and figures.is_length(w) and figures.is_length(h)):
            return
        corners = [_pixel(*matrix.apply(*corner)) for corner in ((x, y), (x + w, y), (x + w, y + h), (x, y + h))]
        image = read_image(item.pieces[0][1])
        data = None if read_blob is None or image is None or not image.is_showable else read_blob(image.content)
        picture = None if data is None else _decoded(data)
        is_upright = abs(matrix.b) < 1e-9 and abs(matrix.c) < 1e-9 and matrix.a > 0 and matrix.d > 0
        (left, top), (right, below) = corners[0], corners[2]
        fits = 0 < right - left <= SIDE_MAX and 0 < below - top <= SIDE_MAX
        if picture is None or not is_upright or not fits:
            self._draw.polygon(corners, outline=0 if self._is_hard else 160)
            return
        sized = picture.resize((right - left, below - top))
        self._image.paste(sized.convert("1").convert("L") if self._is_hard else sized, (left, top))

    def _written(
        self, draw: ImageDraw.ImageDraw, lines: Sequence[str], x: float, y: float, size: float, colour: int,
        matrix: Transform, *, is_tone: bool = False,
    ) -> None:  # fmt: skip
        """Text, upright: a panel turns no letters."""
        on_panel = size * hypot(matrix.a, matrix.b)
        if not FONT_SIZES[0] <= on_panel <= FONT_SIZES[1]:
            return
        font = _font(round(on_panel))
        tone = colour if is_tone else self._tone(colour, is_ink=True)
        draw.fontmode = "1" if self._is_hard else "L"
        for at, line in enumerate(lines):
            if line.strip():
                place = matrix.apply(x, y + (at * figures.LINE_HEIGHT + figures.ASCENT) * size)
                draw.text(place, line, fill=tone, font=font, anchor="ls")


@final
class _Layer:
    """Where to draw something that may let through what is below it."""

    def __init__(self, raster: Raster, opacity: float) -> None:
        self._raster = raster
        self._opacity = opacity
        self._above: Image.Image | None = None

    def __enter__(self) -> ImageDraw.ImageDraw:
        if self._opacity >= 1:
            return self._raster._draw
        self._above = self._raster._image.copy()
        return ImageDraw.Draw(self._above)

    def __exit__(self, *why: object) -> None:
        if self._above is not None:
            raster = self._raster
            raster._image = Image.blend(raster._image, self._above, max(0.0, self._opacity))
            if raster._is_hard:
                raster._image = raster._image.point(_HARD)
            raster._draw = ImageDraw.Draw(raster._image)


_HARD: Final = [0] * 128 + [WHITE] * 128


Discs = Sequence[tuple[float, float, float]]  # x, y, radius, px of the image


def _draw_run(draw: ImageDraw.ImageDraw, run: Discs, tone: int, size: tuple[int, int]) -> None:
    """Discs and the tangents between them, as far as they reach into an image of that size."""
    is_thin = max(r for _, _, r in run) < THIN
    for stretch in _stretches(run, *size):
        _draw_stretch(draw, stretch, tone, is_thin=is_thin)


def _stretches(run: Discs, width: int, height: int) -> Iterator[Discs]:
    """The parts of a run that may leave a mark on an image, which is much less than the run where a region is small."""
    if len(run) == 1:
        yield run
        return
    begin: int | None = None
    for at, ((x0, y0, r0), (x1, y1, r1)) in enumerate(pairwise(run)):
        r = max(r0, r1) + SLACK
        is_outside = (
            (x0 + r < 0 and x1 + r < 0)
            or (y0 + r < 0 and y1 + r < 0)
            or (x0 - r > width and x1 - r > width)
            or (y0 - r > height and y1 - r > height)
        )
        if not is_outside:
            begin = at if begin is None else begin
        elif begin is not None:
            yield run[begin : at + 1]
            begin = None
    if begin is not None:
        yield run[begin:]


def _draw_stretch(draw: ImageDraw.ImageDraw, run: Discs, tone: int, *, is_thin: bool) -> None:
    """Thin ink is a line, so that it is never interrupted.

    Pillow cuts coordinates off towards 0; they are rounded here, so that a region is drawn as the whole would be.
    """
    line = [_pixel(x, y) for x, y, _ in run]
    if len(line) == 1:
        draw.point(line, fill=tone)
    for before, after in pairwise(line):
        draw.line([before, after], fill=tone, width=1)
    if is_thin:
        return
    for x, y, r in run:
        size = max(1, floor(2 * r + 0.5))
        left, top = _pixel(x - size / 2, y - size / 2)
        draw.ellipse((left, top, left + size - 1, top + size - 1), fill=tone)
    for (x0, y0, r0), (x1, y1, r1) in pairwise(run):
        dx, dy = x1 - x0, y1 - y0
        length = hypot(dx, dy)
        if length <= abs(r0 - r1):
            continue  # one holds the other
        sine = (r0 - r1) / length
        cosine = sqrt(1 - sine * sine)
        ux, uy = dx / length, dy / length
        ex, ey = ux * sine + uy * cosine, uy * sine - ux * cosine
        fx, fy = ux * sine - uy * cosine, uy * sine + ux * cosine
        r0, r1 = max(r0 - 0.5, 0.0), max(r1 - 0.5, 0.0)  # Pillow fills the outline's own pixels too
        quad = [_pixel(x0 - 0.5 + r0 * ex, y0 - 0.5 + r0 * ey), _pixel(x1 - 0.5 + r1 * ex, y1 - 0.5 + r1 * ey)]
        quad += [_pixel(x1 - 0.5 + r1 * fx, y1 - 0.5 + r1 * fy), _pixel(x0 - 0.5 + r0 * fx, y0 - 0.5 + r0 * fy)]
        draw.polygon(quad, fill=tone)


def _pixel(x: float, y: float) -> tuple[int, int]:
    return floor(x + 0.5), floor(y + 0.5)


@lru_cache(maxsize=1)
def _circle() -> list[tuple[float, float]]:
    """64 places on the unit circle, by turning one step again and again."""
    cosine, sine = 0.9951847266721969, 0.0980171403295606  # of 2 pi / 64
    places = [(1.0, 0.0)]
    for _ in range(63):
        x, y = places[-1]
        places.append((x * cosine - y * sine, x * sine + y * cosine))
    return places


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(maxsize=4)
def _decoded(data: bytes) -> Image.Image | None:
    """A picture in grey; None if it cannot be read. Its size was judged when it was taken in."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            flat = Image.new("RGBA", picture.size, "white")
            flat.alpha_composite(picture.convert("RGBA"))
            return flat.convert("L")
    except (OSError, ValueError, SyntaxError):  # Pillow's own for damaged files of several formats
        return None


_Figure = Callable[[Raster, Item, list[object], Transform, "ReadBlob | None"], None]
_FIGURES: Final[dict[int, _Figure]] = {
    ItemType.SHAPE: Raster._shape,
    ItemType.TEXT: Raster._text,
    ItemType.STICKY: Raster._sticky,
    ItemType.CONNECTOR: Raster._connector,
    ItemType.IMAGE: Raster._image_item,
}
