"""Pixels that are drawn on: ink, polygons, letters and images, each blended over what is there.

What is drawn is a function of each px alone: drawing with a clip gives, bit for bit, the px that drawing without it
gives there, and moving everything by whole px moves the picture. Places count from the upper left corner of the first
px, so that the centre of px (0, 0) lies at 0.5, 0.5; they are rounded to 1/256 px before anything is drawn. Coverage
and opacity are in 1/255. The kernel in C (`edgeboard/_native/eb_raster.c`) and the twins in Python (`capsules`,
`polygons`, `blending`) do the same, operation by operation.
"""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Final

from edgeboard._native.raster import kernel
from edgeboard.render import blending, capsules, polygons
from edgeboard.render.capsules import Matrix
from edgeboard.render.values import SIDE_MAX, Area

if TYPE_CHECKING:
    from array import array

COLOUR_MAX: Final = 0xFFFFFF
NOTHING: Final = Area(0, 0, 0, 0)
UNMOVED: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def grey_of(colour: int) -> int:
    """0 black .. 255 white, of 0xRRGGBB (ITU-R BT.601)."""
    return (299 * (colour >> 16) + 587 * (colour >> 8 & 255) + 114 * (colour & 255) + 500) // 1000


class Surface:
    """Pixels: channels 1 (grey, 0 black .. 255 white) or 4 (blue, green, red, 255), row by row, no padding.

    Args:
        width, height: px, 1 .. SIDE_MAX.
        pixels: what is there; white if it is not given.

    Raises:
        ValueError: sides, channels or the number of bytes are wrong.
    """

    def __init__(self, width: int, height: int, channels: int = 1, pixels: bytearray | None = None) -> None:
        if not (1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX):
            raise ValueError(f"a surface of {width} x {height} px; each side is 1 to {SIDE_MAX}")
        if channels not in (1, 4):
            raise ValueError(f"a surface of {channels} channels; there are 1, grey, and 4, blue green red and 255")
        size = width * height * channels
        if pixels is None:
            pixels = bytearray(b"\xff") * size
        if len(pixels) != size:
            raise ValueError(f"{len(pixels)} bytes for {width} x {height} px of {channels}; there must be {size}")
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels

    @property
    def area(self) -> Area:
        """All of it."""
        return Area(0, 0, self.width, self.height)

    def fill(self, colour: int, area: Area | None = None) -> None:
        """Paint an area, all of it if none is given, as far as it lies on the surface.

        Raises:
            ValueError: the colour is not 0 .. 0xFFFFFF, or a side is negative.
        """
        place = self._clipped(self.area if area is None else area)
        blending.fill(self.pixels, self.width, self.channels, place, self._code(colour))

    def ink(
        self,
        discs: Sequence["array[float]"],
        colour: int,
        clip: Area,
        *,
        matrix: Matrix = UNMOVED,
        opacity: float = 1.0,
        is_hard: bool = False,
    ) -> Area:
        """Draw runs of discs, each joined to the next by the outer tangents (docs/formats/ink.md).

        A px is covered by radius + 1/2 - distance, within 0 and 1, and by no more than the ink is wide, so that hair
        lines grow pale and not thick. Nothing of one call is darker where it overlaps.

        Args:
            discs: runs of x, y, radius triples, 64-bit floats.
            colour: 0xRRGGBB.
            clip: where px may change.
            matrix: maps places of the runs to px, and scales radii by the root of its determinant's absolute value.
            opacity: 0 .. 1.
            is_hard: covered by half or more is ink, everything else nothing; ink is at least 1 px wide, so that it is
                never interrupted.

        Returns:
            The least area around what may have changed; empty if nothing did.

        Raises:
            ValueError: a number is no number, infinite, beyond PLACE_MAX or, of a radius, negative; triples are cut
                short; more than POINTS_MAX discs; colour, clip or opacity are out of range.
        """
        if kernel is not None:
            return Area._make(
                kernel.ink(
                    self.pixels, self.width, self.height, self.channels, clip, colour, opacity, discs, matrix, is_hard
                )
            )
        ink = self._code(colour), _in_255(opacity)
        box, plane = capsules.cover(discs, self._clipped(clip), matrix, is_hard=is_hard)
        blending.blend(self.pixels, self.width, self.channels, box, plane, *ink)
        return box

    def polygon(
        self,
        contours: Sequence["array[float]"],
        colour: int,
        clip: Area,
        *,
        opacity: float = 1.0,
        is_hard: bool = False,
    ) -> Area:
        """Fill closed contours by the even-odd rule, anti-aliased: 16 lines a px, exact along each.

        Args:
            contours: x, y pairs, px, 64-bit floats; fewer than three points fill nothing.
            colour, clip, opacity, is_hard: as of `ink`, but what is thin may be interrupted.

        Returns:
            The least area around what may have changed; empty if nothing did.

        Raises:
            ValueError: as of `ink`.
        """
        if kernel is not None:
            place = self.pixels, self.width, self.height, self.channels
            return Area(*kernel.polygon(*place, clip, colour, opacity, contours, is_hard))
        ink = self._code(colour), _in_255(opacity)
        box, plane = polygons.cover(contours, self._clipped(clip), is_hard=is_hard)
        blending.blend(self.pixels, self.width, self.channels, box, plane, *ink)
        return box

    def mask(
        self, area: Area, coverage: bytes, colour: int, clip: Area, *, opacity: float = 1.0, is_hard: bool = False
    ) -> Area:
        """Paint through a mask, as letters come.

        Args:
            area: where the mask lies; it may reach outside of the surface.
            coverage: 0 .. 255, row by row.
            colour, clip, opacity, is_hard: as of `ink`.

        Returns:
            The area that was looked at; empty if nothing of the mask lies in the clip.

        Raises:
            ValueError: coverage of another size than the area, or as of `ink`.
        """
        if kernel is not None:
            place = self.pixels, self.width, self.height, self.channels
            return Area(*kernel.mask(*place, clip, colour, opacity, area, coverage, is_hard))
        ink = self._code(colour), _in_255(opacity)
        box = _part(area, self._clipped(clip))
        plane = blending.cut(coverage, area, box, 1)
        if is_hard:
            plane = plane.translate(blending.HARD)
        blending.blend(self.pixels, self.width, self.channels, box, plane, *ink)
        return box

    def image(self, area: Area, pixels: bytes, clip: Area, *, opacity: float = 1.0) -> Area:
        """Draw an image.

        Args:
            area: where it lies; it may reach outside of the surface.
            pixels: as many channels as the surface has, row by row: grey, or blue, green, red and alpha (straight).
            clip: where px may change.
            opacity: 0 .. 1.

        Returns:
            The area that was drawn; empty if nothing of the image lies in the clip.

        Raises:
            ValueError: pixels of another size than the area, or clip or opacity are out of range.
        """
        if kernel is not None:
            place = self.pixels, self.width, self.height, self.channels
            return Area(*kernel.image(*place, clip, 0, opacity, area, pixels))
        strength = _in_255(opacity)
        box = _part(area, self._clipped(clip))
        part = blending.cut(pixels, area, box, self.channels)
        blending.lay(self.pixels, self.width, self.channels, box, part, strength)
        return box

    def crop(self, area: Area) -> bytes:
        """The px of an area, row by row.

        Raises:
            ValueError: it does not lie on the surface.
        """
        self._check_inside(area)
        return blending.cut(self.pixels, self.area, area, self.channels)

    def paste(self, area: Area, pixels: bytes) -> None:
        """Put px in an area, as `crop` gives them.

        Raises:
            ValueError: it does not lie on the surface, or the px are of another size.
        """
        self._check_inside(area)
        row, step = area.width * self.channels, self.width * self.channels
        if len(pixels) != row * area.height:
            raise ValueError(f"{len(pixels)} bytes for {area.width} x {area.height} px of {self.channels}")
        at = area.y * step + area.x * self.channels
        for source in range(0, len(pixels), row or 1):
            self.pixels[at : at + row] = pixels[source : source + row]
            at += step

    def shift(self, dx: int, dy: int) -> None:
        """Move what is there, to the right and down; edges keep what they had."""
        from_area = self.area.meet(Area(-dx, -dy, self.width, self.height))
        if not from_area.is_empty:
            self.paste(from_area._replace(x=from_area.x + dx, y=from_area.y + dy), self.crop(from_area))

    def _code(self, colour: int) -> bytes:
        """The bytes of a px."""
        if not 0 <= colour <= COLOUR_MAX:
            raise ValueError(f"colour {colour}; colours are 0 to 0xFFFFFF, as 0xRRGGBB")
        return bytes((grey_of(colour),)) if self.channels == 1 else colour.to_bytes(3, "little") + b"\xff"

    def _clipped(self, clip: Area) -> Area:
        return _part(clip, self.area)

    def _check_inside(self, area: Area) -> None:
        if _part(area, self.area) != area and not (area.is_empty and area.width >= 0 and area.height >= 0):
            raise ValueError(f"{area} is not on a surface of {self.width} x {self.height} px")


def _part(area: Area, within: Area) -> Area:
    """What of an area lies within another; refuses negative sides."""
    if area.width < 0 or area.height < 0:
        raise ValueError(f"an area of {area.width} x {area.height} px; sides are not negative")
    both = area.meet(within)
    return NOTHING if both.is_empty else both


def _in_255(opacity: float) -> int:
    """Opacity in 1/255."""
    if not (isfinite(opacity) and 0 <= opacity <= 1):
        raise ValueError(f"opacity {opacity}; it is 0 to 1")
    return int(opacity * 255 + 0.5)
