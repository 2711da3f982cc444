"""Images as the pixels of a panel, read by Pillow: sized block by block, so that a part is what the whole shows there.

Bytes come from others: what cannot be read, or says that it is huge, is not shown. GIFs show their first picture.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from math import ceil, floor, hypot, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple, final

from edgeboard.canvas.geometry import Rectangle
from edgeboard.canvas.images import PIXELS_MAX, judge_image, size_of
from edgeboard.ids import BlobHash
from edgeboard.render.album import ReadBlob
from edgeboard.render.cache import OVERHEAD_BYTES, Cache
from edgeboard.render.values import SIDE_MAX, Area, blocks_of

if TYPE_CHECKING:
    from PIL import Image

BLOCK: Final = 256  # px of a side, of what is sized or turned at once
GAP: Final = 1.5  # an image is made smaller by whole factors first, which is quick, until so much is left to do
SOURCE_SIDE: Final = 2_048  # px: images are kept no larger than a panel shows them
QUICK_PX: Final = 100_000  # an image of so many is read in a few ms
MAGNIFIED: Final = 0.125  # px of the image in one of the panel: below it its px are squares
ORIENTATION: Final = 274  # the tag of Exif
STEPS: Final = 16  # in a px, in which a turned image is placed
WHITE: Final = 255

BROKEN: Final = (  # what Pillow comes upon in broken images
    *(ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError, TypeError),
    *(ValueError, struct.error, zlib.error),
)

Matrix = tuple[float, float, float, float, float, float]


class Block(NamedTuple):
    """A part of an image as it is on the panel: grey, or blue, green, red and alpha."""

    area: Area  # from the upper left corner of the image
    pixels: bytes


@final
class Pictures:
    """The images of a panel, read and sized, within a budget of bytes."""

    def __init__(self, read_blob: ReadBlob | None, channels: int, budget: int) -> None:
        """
        Args:
            read_blob: the bytes of an image, if they are here.
            channels: 1 grey, on white paper where an image lets it through; 4 colours.
            budget: bytes of all that is kept.
        """
        self._read_blob = read_blob
        self._channels = channels
        self._source_bytes = budget // 2
        self._sources: Cache[BlobHash, Image.Image] = Cache(budget // 2)
        self._turned: Cache[tuple[object, ...], bytes] = Cache(budget // 6)
        self._smaller: Cache[tuple[BlobHash, int, int], Image.Image] = Cache(budget // 6)
        self._blocks: Cache[tuple[BlobHash, int, int, int, int], Block] = Cache(budget // 6)

    def has(self, content: BlobHash) -> bool:
        """Whether an image is here and can be shown."""
        return self._source(content) is not None

    def blocks(self, content: BlobHash, width: int, height: int, part: Area) -> Iterator[Block]:
        """What a part of an image of that size needs.

        Args:
            content: of an image.
            width, height: of all of it on the panel, px.
            part: from its upper left corner, px.
        """
        source = self._source(content)
        part = part.meet(Area(0, 0, width, height))
        if source is None or part.is_empty:
            return
        for row in range(part.y // BLOCK, ceil((part.y + part.height) / BLOCK)):
            for column in range(part.x // BLOCK, ceil((part.x + part.width) / BLOCK)):
                key = content, width, height, column, row
                block = self._blocks.get(key)
                if block is None:
                    block = self._sized(source, width, height, column * BLOCK, row * BLOCK)
                    self._blocks.put(key, block, len(block.pixels))
                yield block

    def _sized(self, source: "Image.Image", width: int, height: int, x: int, y: int) -> Block:
        from PIL import Image

        area = Area(x, y, min(BLOCK, width - x), min(BLOCK, height - y))
        across, down = source.width / width, source.height / height
        right, below = (area.x + area.width) * across, (area.y + area.height) * down
        box = x * across, y * down, min(float(source.width), right), min(float(source.height), below)
        filtered = Image.Resampling.NEAREST if across < MAGNIFIED else Image.Resampling.BICUBIC
        image = source.resize(area[2:], filtered, box, reducing_gap=GAP)
        return Block(area, _bytes(image, self._channels))

    def turned(self, content: BlobHash, box: Rectangle, matrix: Matrix, clip: Area) -> Iterator[tuple[Area, bytes]]:
        """An image that does not stand upright, in parts, which are what they are whatever the clip is.

        Args:
            content: of an image that is here.
            box: what it fills before it is turned.
            matrix: from there to the panel.
            clip: what is wanted; parts beside it are left out.

        Returns:
            Where each part lies on the panel, and blue, green, red and alpha there; nothing if it is too thin.
        """
        from PIL import Image

        a, b, c, d = matrix[:4]
        x, y = a * box.x0 + c * box.y0 + matrix[4], b * box.x0 + d * box.y0 + matrix[5]
        left, top = floor(x), floor(y)
        at_x, at_y = round((x - left) * STEPS) / STEPS, round((y - top) * STEPS) / STEPS
        a, b, c, d = a * (box.x1 - box.x0), b * (box.x1 - box.x0), c * (box.y1 - box.y0), d * (box.y1 - box.y0)
        u0, v0 = floor(at_x + min(0, a, c, a + c)), floor(at_y + min(0, b, d, b + d))
        u1, v1 = ceil(at_x + max(0, a, c, a + c)), ceil(at_y + max(0, b, d, b + d))
        determinant = a * d - b * c
        source = self._source(content)
        if source is None or abs(determinant) < 0.25:
            return
        source = self._reduced(content, source, hypot(a, b), hypot(c, d))
        wide, high = source.width / determinant, source.height / determinant
        for part in blocks_of(Area(left + u0, top + v0, u1 - u0, v1 - v0), clip, BLOCK):
            u, v = part.x - left - at_x, part.y - top - at_y  # from the image's corner to that of the part
            key = content, a, b, c, d, u, v
            pixels = self._turned.get(key)
            if pixels is None:
                back = d * wide, -c * wide, (d * u - c * v) * wide, -b * high, a * high, (a * v - b * u) * high
                needed = _seen(source, back, part)
                back = (*back[:2], back[2] - needed[0], *back[3:5], back[5] - needed[1])
                image = source.crop(needed).convert("RGBA")
                image = image.transform(part[2:], Image.Transform.AFFINE, back, Image.Resampling.BILINEAR)
                pixels = image.tobytes("raw", "BGRA")
                self._turned.put(key, pixels, len(pixels))
            yield part, pixels

    def _reduced(self, content: BlobHash, source: "Image.Image", width: float, height: float) -> "Image.Image":
        """An image made smaller by whole factors, if it is shown so much smaller."""
        across, down = max(1, int(source.width / width)), max(1, int(source.height / height))
        if across == down == 1:
            return source
        key = content, across, down
        found = self._smaller.get(key)
        if found is None:
            found = source.reduce((across, down))
            self._smaller.put(key, found, _size_of(found))
        return found

    def reading(self, content: BlobHash) -> Callable[[], object] | None:
        """What takes long before an image can be drawn, to be called in any thread; None if nothing does.

        Whoever draws without it waits for the image.
        """
        if content in self._sources or self._read_blob is None:
            return None
        data = self._read_blob(content)
        size = None if data is None else size_of(data)
        if data is None or size is None or size[0] * size[1] <= QUICK_PX:
            return None
        return partial(self._keep, content, data)

    def _keep(self, content: BlobHash, data: bytes) -> "Image.Image | None":
        found = decoded(data)
        if found is not None:
            found = _fitting(found, self._channels, self._source_bytes)
            self._sources.put(content, found, _size_of(found))
        return found

    def _source(self, content: BlobHash) -> "Image.Image | None":
        found = self._sources.get(content)
        if found is None:
            data = None if self._read_blob is None else self._read_blob(content)
            found = None if data is None else self._keep(content, data)
        return found


def decoded(data: bytes) -> "Image.Image | None":
    """An image as people look at it, RGB or RGBA, reduced to what a panel can show; None if it cannot be read."""
    from PIL import Image

    if judge_image(data) is not None:
        return None
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > PIXELS_MAX:  # its head says less: the first picture of a GIF, a second head
                return None
            image.draft("RGB", (SOURCE_SIDE, SOURCE_SIDE))
            image.thumbnail((SOURCE_SIDE, SOURCE_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
            turn = _turn_of(image)
            upright = image if turn is None else image.transpose(turn)
            return upright.convert("RGBA" if image.has_transparency_data else "RGB")
    except (*BROKEN, Image.DecompressionBombError):
        return None


def _turn_of(image: "Image.Image") -> "Image.Transpose | None":
    """How an image is to be turned, as its Exif says (CIPA DC-008, tag 274), however broken the rest of that is."""
    from PIL import Image

    turn = Image.Transpose
    turns = (
        turn.FLIP_LEFT_RIGHT,
        turn.ROTATE_180,
        turn.FLIP_TOP_BOTTOM,
        turn.TRANSPOSE,
        turn.ROTATE_270,
        turn.TRANSVERSE,
        turn.ROTATE_90,
    )
    try:
        orientation = image.getexif().get(ORIENTATION)
    except BROKEN:  # a picture can be seen without it
        return None
    return turns[orientation - 2] if isinstance(orientation, int) and 2 <= orientation <= 8 else None


def _fitting(image: "Image.Image", channels: int, most: int) -> "Image.Image":
    """An image as it is kept: of one channel where that is all, and small enough to be kept at all, or it would be read
    again whenever it is looked at."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    if channels == 1 and image.mode == "RGB":
        image = image.convert("L")
    size, most = _size_of(image), most - OVERHEAD_BYTES
    if size > most:
        scale = sqrt(max(0, most) / size)
        image = image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))), reducing_gap=GAP)
    return image


def _size_of(image: "Image.Image") -> int:
    """Bytes that Pillow takes for it: one or four a px."""
    return image.width * image.height * (1 if image.mode == "L" else 4)


def _seen(source: "Image.Image", back: Matrix, part: Area) -> tuple[int, int, int, int]:
    """What of an image the px of a part are made of: left, top, right and bottom, at least 1 px.

    Args:
        source: the image.
        back: from the part's corner to the image: x = back[0] u + back[1] v + back[2], y likewise.
        part: of the panel.
    """
    corners = [(u, v) for u in (0, part.width) for v in (0, part.height)]
    xs = [back[0] * u + back[1] * v + back[2] for u, v in corners]
    ys = [back[3] * u + back[4] * v + back[5] for u, v in corners]
    left, top = max(0, floor(min(xs)) - 2), max(0, floor(min(ys)) - 2)
    left, top = min(left, source.width - 1), min(top, source.height - 1)
    right, below = min(source.width, ceil(max(xs)) + 2), min(source.height, ceil(max(ys)) + 2)
    return left, top, max(left + 1, right), max(top + 1, below)


def _bytes(image: "Image.Image", channels: int) -> bytes:
    from PIL import Image

    if channels == 4:
        return image.convert("RGBA").tobytes("raw", "BGRA")
    if image.mode == "RGBA":
        paper = Image.new("RGB", image.size, (WHITE,) * 3)
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    return image.convert("L").tobytes()


def fits(width: float, height: float) -> bool:
    """Whether an image of that size on the panel can be counted in px; larger ones are frames."""
    most = SIDE_MAX * 16
    return 0.5 <= width <= most and 0.5 <= height <= most and floor(width) <= most


def laid_over(below: bytes, area: Area, pixels: bytes, part: Area) -> bytes:
    """Greys with an image over them.

    Args:
        below: grey, of `part`.
        area: where the image lies.
        pixels: of the image: blue, green, red and alpha.
        part: of `area`.
    """
    from PIL import Image

    image = Image.frombuffer("RGBA", area[2:], pixels, "raw", "BGRA", 0, 1)
    x, y = part.x - area.x, part.y - area.y
    image = image.crop((x, y, x + part.width, y + part.height))
    greys = Image.frombytes("L", part[2:], below)
    greys.paste(image.convert("L"), mask=image.getchannel("A"))
    return greys.tobytes()
