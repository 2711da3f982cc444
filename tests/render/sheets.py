"""Golden pictures: every kind of item at three zooms, on panels of four depths, as one sheet a kind.

`python -m tests.render.sheets` draws them anew; look at them before they are committed.
"""

import io
import itertools
import math
from pathlib import Path

import msgpack
from PIL import Image

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId, Origin
from edgeboard.node.renderers import open_artist
from edgeboard.oplog.codec import encode_stroke
from edgeboard.render.scene import Sight, around_item
from edgeboard.render.sketches import content_of
from edgeboard.render.values import PanelContext, PixelFormat, View

GOLDEN = Path(__file__).parent / "golden"
ZOOMS = (0.4, 1.0, 2.6)
FORMATS = (PixelFormat.GREY1, PixelFormat.GREY2, PixelFormat.GREY4, PixelFormat.XRGB8888)
WIDTH, HEIGHT = 120, 80  # px of one picture on a sheet
SIDEWAYS = [math.cos(0.3), math.sin(0.3), -math.sin(0.3), math.cos(0.3), 20, -12]

_numbers = itertools.count(1)


def item(kind, *payloads, cuts=None, **registers):
    """An item whose id nothing else has."""
    ids = [OpId(next(_numbers)) for _ in payloads]
    named = {Register[name.upper()]: value for name, value in registers.items()}
    pieces = tuple(zip(ids, payloads, strict=True))
    return Item(ids[0], kind, 0, 0, pieces, named, cuts or ((),) * len(pieces), None, Origin(1), ids[0])


def value(kind, *fields, **registers):
    return item(kind, msgpack.packb(list(fields)), **registers)


def stroke(places, width=24, colour=0, tool=0, pressure=None, **others):
    x, y = [round(x * 20) for x, _ in places], [round(y * 20) for _, y in places]
    return item(ItemType.STROKE, encode_stroke(tool, colour, width, Stroke(20, x, y, pressure)), **others)


def curl(x, y, size, turns=2.0, points=40):
    angles = [turns * 2 * math.pi * at / points for at in range(points + 1)]
    return [(x + size * a / 12 * math.cos(a), y + size * a / 12 * math.sin(a)) for a in angles]


def picture():
    """A small photo: grey ramps and a disc of colour, half clear on its right."""
    image = Image.linear_gradient("L").resize((60, 40)).convert("RGBA")
    image.paste((217, 45, 32, 255), (10, 8, 30, 28))
    image.putalpha(Image.linear_gradient("L").rotate(90).resize((60, 40)).point(lambda level: min(255, 60 + 2 * level)))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def kinds():
    """Items by the name of their sheet."""
    press = [min(4_095, 400 + 95 * at) for at in range(41)]
    return {
        "stroke": [
            stroke(curl(30, 30, 18), 28, pressure=press),
            stroke([(60, 10), (110, 60)], 6, 4),
            stroke([(60, 60), (85, 20), (110, 50)], 40, 9, cuts=(((600, 900), (1_500, 1_800)),)),
            stroke([(15, 70), (20, 70)], 60, 7, style=[11, 40, None, 0.5]),
        ],
        "marker": [
            stroke([(5, 25), (110, 25)], 24),
            stroke([(20, 10), (95, 40)], 120, 6, tool=1),
            stroke([(10, 60), (110, 55)], 80, 15, tool=1),
        ],
        "shape": [
            value(ItemType.SHAPE, 2, [6, 6, 46, 34], 0, 3, 6),
            value(ItemType.SHAPE, 3, [56, 6, 112, 34], 9, 2, 15),
            value(ItemType.SHAPE, 4, [10, 74, 26, 44, 42, 74], 5, 4, 5),
            value(ItemType.SHAPE, 1, [52, 70, 80, 46], 4, 3),
            value(ItemType.SHAPE, 0, [86, 46, 100, 74, 112, 46], 7, 5),
        ],
        "connector": [
            value(ItemType.CONNECTOR, None, None, [8, 10, 108, 30], 0, 2),
            value(ItemType.CONNECTOR, None, None, [8, 70, 60, 44, 108, 66], 10, 4),
        ],
        "text": [
            value(ItemType.TEXT, 5, 4, "Text, naïve\nΩμέγα Жук → ✓", 16, 0),
            value(ItemType.TEXT, 60, 50, "turned", 18, 4, transform=SIDEWAYS),
        ],
        "sticky": [
            value(ItemType.STICKY, 4, 4, 52, 44, "A yellow note", 6),
            value(ItemType.STICKY, 62, 4, 52, 44, "dark", 10),
            value(ItemType.STICKY, 62, 52, 52, 24, "", 14),
        ],
        "image": [
            value(ItemType.IMAGE, 4, 4, 60, 40, bytes(32), "image/png", 99),
            value(ItemType.IMAGE, 60, 40, 40, 30, bytes(32), "image/png", 99, transform=SIDEWAYS),
            value(ItemType.IMAGE, 4, 50, 30, 24, b"\x01" * 32, "image/png", 99),
        ],
    }


def sights(items):
    return [Sight(each.id, content_of(each), around_item(each), lambda each=each: each) for each in items]


def shown(items, format, view, size=(WIDTH, HEIGHT), *, is_still=False, read_blob=None):
    """Items on a panel, as RGB."""
    artist = open_artist(PanelContext(*size, format), read_blob)
    for _ in artist.paint(artist.surface.area, view, sights(items)):
        pass
    pixels = artist.pixels(artist.surface.area, is_still=is_still)
    if format.channels == 1:
        return Image.frombytes("L", size, pixels).convert("RGB")
    return Image.frombuffer("RGBA", size, pixels, "raw", "BGRA", 0, 1).convert("RGB")


def sheet(items):
    """A row for each depth, a column for each zoom."""
    whole = Image.new("RGB", (WIDTH * len(ZOOMS), HEIGHT * len(FORMATS)))
    blob = picture()
    for row, format in enumerate(FORMATS):
        for column, zoom in enumerate(ZOOMS):
            one = shown(
                items, format, View(0, 0, zoom), read_blob=lambda content: blob if content == bytes(32) else None
            )
            whole.paste(one, (column * WIDTH, row * HEIGHT))
    return whole


if __name__ == "__main__":
    for name, items in kinds().items():
        sheet(items).save(GOLDEN / f"{name}.png", optimize=True)
