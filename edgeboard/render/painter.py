"""The artist that comes with edgeboard: a page on a surface, for panels of any format.

What a view shows begins at a whole px of the page at its zoom, so that a page that is panned is a picture that is
moved, bit for bit, and tiles of it can be used again. Drawing a part is what drawing all of it gives there: every mark
is a function of px alone (`surface.py`), and an item is drawn within its box and nowhere else.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, final

from edgeboard.canvas.geometry import IDENTITY, Transform
from edgeboard.canvas.ink import MARKER_OPACITY, WIDTH_STEPS, discs
from edgeboard.oplog.codec import TOOL_MAX, Pen
from edgeboard.render.brush import WORK_MAX, Brush, six
from edgeboard.render.cache import Cache
from edgeboard.render.dither import dither
from edgeboard.render.pictures import Pictures
from edgeboard.render.renderers import Means, Step
from edgeboard.render.scene import Sight
from edgeboard.render.sketches import Sketch, sketch_of
from edgeboard.render.surface import Surface
from edgeboard.render.tilecache import TILE, TileKey
from edgeboard.render.tones import Tones
from edgeboard.render.values import Area, PanelContext, View, touched

if TYPE_CHECKING:
    from edgeboard.ids import OpId

SCRATCH_BYTES: Final = 256 * 1024  # that a part of the panel takes while it is drawn
SIGHTS_MAX: Final = 128  # that are looked at between two yields
SKETCH_SHARE: Final = 0.7  # of the px of a surface, in bytes: the budget of sketches
SKETCH_BYTES_MIN: Final = 512 * 1024
PICTURE_SHARE: Final = 3  # of the px of a surface, in bytes: the budget of images
PICTURE_BYTES_MIN: Final = 1_536 * 1024


class _Place(NamedTuple):
    """Something to be drawn, and where on the panel it may leave a mark."""

    sight: Sight
    area: Area


@final
class Painter:
    """One panel's artist."""

    name = "edgeboard"  # of its renderer

    def __init__(self, context: PanelContext, means: Means) -> None:
        """
        Args:
            context: of the panel.
            means: what it may use.
        """
        channels = context.format.channels
        size = context.width * context.height * channels
        self.surface = Surface(context.width, context.height, channels, means.pool.take(size))
        self._context = context
        self._tones = Tones(context)
        self._tiles = means.tiles
        self._sketches: Cache[OpId, tuple[int, Sketch]] = Cache(max(SKETCH_BYTES_MIN, int(SKETCH_SHARE * size)))
        self._pictures = Pictures(means.read_blob, channels, max(PICTURE_BYTES_MIN, PICTURE_SHARE * size))
        self._brush = Brush(self.surface, self._tones, self._pictures)
        self._stride = context.width * channels
        self._rows = max(TILE, SCRATCH_BYTES // (context.width * channels) // TILE * TILE)  # that are drawn aside
        self._whole = Area(0, 0, context.width, context.height)
        self._pool = means.pool
        self.surface.fill(self._tones.paper)

    def paint(self, area: Area, view: View, items: Sequence[Sight]) -> Iterator[Step]:
        """See `Artist.paint`."""
        area = area.meet(self._whole)
        if area.is_empty:
            return
        matrix = view.matrix
        places: list[_Place] = []
        for at, sight in enumerate(items, 1):
            place = touched(matrix, sight.box).meet(area)
            if not place.is_empty:
                places.append(_Place(sight, place))
            if at % SIGHTS_MAX == 0:
                yield None
        size = self._context.width * min(self._rows, self._context.height) * self.surface.channels
        buffer = self._pool.take(size)
        try:
            scratch = Surface(self._context.width, size // self._stride, self.surface.channels, buffer)
            aside = Brush(scratch, self._tones, self._pictures)
            for band in self._bands(area, matrix):
                tiles = self._tiles_in(band, matrix, view.zoom, places)
                yield from self._paint_band(scratch, aside, band, tiles, matrix, places)
                yield band
        finally:
            self._pool.give(buffer)

    def _bands(self, area: Area, matrix: Transform) -> Iterator[Area]:
        """An area from above to below, in parts that end where tiles end and are small enough to be drawn aside."""
        y, end = area.y, area.y + area.height
        while y < end:
            below = y + self._rows - (y - int(matrix.f)) % TILE
            yield Area(area.x, y, area.width, min(below, end) - y)
            y = below

    def _paint_band(
        self,
        scratch: Surface,
        brush: Brush,
        band: Area,
        tiles: dict[Area, TileKey | None],
        matrix: Transform,
        places: Sequence[_Place],
    ) -> Iterator[Step]:
        """Draw aside, so that nobody sees what is half drawn, and put it in its place."""
        found = {tile: pixels for tile, key in tiles.items() if key and (pixels := self._tiles.get(key)) is not None}
        whole = Area(0, 0, band.width, band.height)
        scratch.fill(self._tones.paper, whole)
        brush.lacks = False
        for tile, pixels in found.items():
            scratch.paste(_within(tile, band), bytes(pixels))
        parts = [*_joined([tile for tile in tiles if tile not in found]), *_rest(band, tiles)] if found else [band]
        moved = replace(matrix, e=matrix.e - band.x, f=matrix.f - band.y)
        for part in parts:
            yield from self._draw(brush, _within(part, band), moved, places, band)
        for tile, key in tiles.items():
            if key is not None and tile not in found and not brush.lacks:
                self._tiles.put(key, scratch.crop(_within(tile, band)))
        self.surface.paste(band, scratch.crop(whole))

    def _draw(
        self, brush: Brush, clip: Area, matrix: Transform, places: Sequence[_Place], band: Area
    ) -> Iterator[Step]:
        """Draw what there is to draw in a part of a band."""
        work = 0
        for sight, place in places:
            part = _within(place, band).meet(clip)
            work += 1
            if part.is_empty:
                continue
            sketch = self._sketch(sight)
            work += 4
            if sketch is not None:
                own = matrix if sketch.transform is IDENTITY else matrix.after(sketch.transform)
                for mark in sketch.marks:
                    if (reading := brush.reading(mark, own)) is not None:
                        yield reading
                    for done in brush.draw(mark, own, part):
                        work += done
                        if work >= WORK_MAX:
                            work = 0
                            yield None
            if work >= WORK_MAX:
                work = 0
                yield None

    # -- tiles

    def _tiles_in(
        self, area: Area, matrix: Transform, zoom: float, places: Sequence[_Place]
    ) -> dict[Area, TileKey | None]:
        """The tiles that lie in an area as a whole, with their keys; None for those with nothing on them."""
        x, y = int(matrix.e), int(matrix.f)  # of the page's origin on the panel
        left, top = -((x - area.x) // TILE), -((y - area.y) // TILE)
        right, below = (area.x + area.width - x) // TILE, (area.y + area.height - y) // TILE
        if right <= left or below <= top:
            return {}
        contents: dict[tuple[int, int], list[int]] = {}
        for sight, place in places:
            columns = range(max(left, (place.x - x) // TILE), min(right, (place.x + place.width - 1 - x) // TILE + 1))
            rows = range(max(top, (place.y - y) // TILE), min(below, (place.y + place.height - 1 - y) // TILE + 1))
            for column in columns:
                for row in rows:
                    contents.setdefault((column, row), []).append(sight.content)
        found: dict[Area, TileKey | None] = {}
        for row in range(top, below):
            for column in range(left, right):
                content = contents.get((column, row))
                key = None if content is None else TileKey(self._context, zoom, column, row, hash(tuple(content)))
                found[Area(x + column * TILE, y + row * TILE, TILE, TILE)] = key
        return found

    def _sketch(self, sight: Sight) -> Sketch | None:
        kept = self._sketches.get(sight.id)
        if kept is not None and kept[0] == sight.content:
            return kept[1]
        item = sight.read()
        sketch = None if item is None else sketch_of(item)
        if sketch is not None:
            self._sketches.put(sight.id, (sight.content, sketch), sketch.size)
        return sketch

    # -- the pen, and what is handed on

    def ink(
        self,
        view: View,
        pen: Pen,
        points: Sequence[tuple[float, float]],
        pressures: Sequence[float] | None,
        clip: Area | None = None,
    ) -> Area:
        """See `Artist.ink`."""
        runs = [
            array("d", [number for disc in run for number in disc])
            for run in discs(points, pen.width / WIDTH_STEPS, pressures)
        ]
        is_marker = pen.tool == TOOL_MAX
        opacity = MARKER_OPACITY if is_marker else 1.0
        matrix = six(view.matrix)
        clip = self._whole if clip is None else clip
        return self._brush.ink(runs, pen.colour, opacity, matrix, clip, is_marker=is_marker)

    def moved(self, before: View, after: View) -> list[Area]:
        """See `Artist.moved`."""
        width, height = self._context.width, self._context.height
        if before.zoom != after.zoom:
            return [self._whole]
        old, new = before.matrix, after.matrix
        dx, dy = int(new.e - old.e), int(new.f - old.f)
        if abs(dx) >= width or abs(dy) >= height:
            return [self._whole]
        self.surface.shift(dx, dy)
        across = Area(0 if dx > 0 else width + dx, 0, abs(dx), height)
        down = Area(0, 0 if dy > 0 else height + dy, width, abs(dy))
        return [area for area in (across, down) if not area.is_empty]

    def pixels(self, area: Area, *, is_still: bool) -> bytes:
        """See `Artist.pixels`."""
        return dither(self.surface, area, self._context.format, is_still=is_still)


@final
class House:
    """The renderer that comes with edgeboard: it draws on every panel on which no other does."""

    name = "edgeboard"
    priority = 0

    def supports(self, context: PanelContext) -> bool:
        return True

    def open(self, context: PanelContext, means: Means) -> Painter:
        return Painter(context, means)


# ---------------------------------------------------------------------------------------------------------------- tiles


def _within(area: Area, band: Area) -> Area:
    """An area of the panel, from the upper left corner of a band."""
    return Area(area.x - band.x, area.y - band.y, area.width, area.height)


def _joined(tiles: Sequence[Area]) -> list[Area]:
    """Tiles, row by row as they come, joined where they follow each other."""
    joined: list[Area] = []
    for tile in tiles:
        last = joined[-1] if joined else None
        if last is not None and last.y == tile.y and last.x + last.width == tile.x:
            joined[-1] = Area(last.x, last.y, last.width + tile.width, last.height)
        else:
            joined.append(tile)
    return joined


def _rest(area: Area, tiles: dict[Area, TileKey | None]) -> list[Area]:
    """What of an area no tile covers: the strips around them."""
    inner = next(iter(tiles))
    for tile in tiles:
        inner = inner.unite(tile)
    right, below = inner.x + inner.width, inner.y + inner.height
    strips = (
        Area(area.x, area.y, area.width, inner.y - area.y),
        Area(area.x, below, area.width, area.y + area.height - below),
        Area(area.x, inner.y, inner.x - area.x, inner.height),
        Area(right, inner.y, area.x + area.width - right, inner.height),
    )
    return [strip for strip in strips if not strip.is_empty]
