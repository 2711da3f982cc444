"""The items of a page as a `.excalidraw` file, and what of them Excalidraw has no place for.

Rules of this file: an item becomes the element that looks like it; what Excalidraw lacks (sticky notes, the marker) is
an element that looks alike, with a word of our own in `customData`, so that reading the file again gives the item back;
the same items give the same bytes.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import atan2, hypot, isfinite, sqrt
from typing import Any, Final, final

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.geometry import IDENTITY, Point, Transform
from edgeboard.canvas.images import media_of, read_image
from edgeboard.canvas.ink import MARKER_OPACITY, WIDTH_STEPS
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import PRESSURE_MAX
from edgeboard.canvas.values import unpack_value
from edgeboard.errors import DecodeError
from edgeboard.ids import BlobHash, OpId, show_op
from edgeboard.interchange.drawing import Note, Notes, ends_of
from edgeboard.interchange.elements import (
    CLEAR,
    Fields,
    Place,
    Pose,
    diamond_of,
    look_of,
    new_element,
    percent,
    pose_of,
    short,
    written,
)
from edgeboard.interchange.excalidraw import (
    FORMAT,
    FREEHAND,
    FREEHAND_PRESSED,
    LINE_HEIGHT,
    OURS,
    VERSION,
    centre_of,
    order_key,
    rotation,
    tidy_angle,
)
from edgeboard.interchange.ink_lines import lines_of_ink
from edgeboard.interchange.pictures import BYTES_MAX, ReadBlob, to_data_url
from edgeboard.interchange.scene import FAR
from edgeboard.render import figures
from edgeboard.render.svg import MARKER

FILE_ID_DIGITS: Final = 40  # as Excalidraw names its files


def no_blob(content: BlobHash) -> bytes | None:
    """Where no images are."""
    return None


def write_excalidraw(
    items: Iterable[Item], page: int = 0, *, settings: int = 0, read_blob: ReadBlob = no_blob
) -> tuple[bytes, tuple[Note, ...]]:
    """The file, and what is not in it.

    Args:
        items: in paint order.
        page: whose items are written.
        settings: how many settings the room has, which are not carried.
        read_blob: the bytes of an image, if they are here.
    """
    writer = _Writer(read_blob)
    for item in items:
        if item.page == page:
            writer.take(item)
        else:
            writer.notes.add("items on other pages", "a drawing has one page; export each with --page")
    writer.notes.add("settings of the room", "a drawing has none of them", settings)
    scene = {
        "type": FORMAT,
        "version": VERSION,
        "source": "edgeboard",
        "elements": writer.finished(),
        "appState": {"viewBackgroundColor": "#ffffff"},
        "files": writer.files,
    }
    return json.dumps(scene, ensure_ascii=False, separators=(",", ":")).encode(), writer.notes.all()


@final
class _Writer:
    """Elements, as items become them."""

    def __init__(self, read_blob: ReadBlob) -> None:
        self.notes = Notes()
        self.files: dict[str, Fields] = {}
        self._read_blob = read_blob
        self._left = BYTES_MAX
        self._elements: list[Fields] = []
        self._ids: dict[OpId, str] = {}  # of the first element of each item
        self._joins: list[tuple[Fields, OpId | None, OpId | None]] = []

    def take(self, item: Item) -> None:
        """Write one item."""
        before = len(self._elements)
        makers = {
            ItemType.STROKE.value: self._stroke,
            ItemType.SHAPE.value: self._shape,
            ItemType.TEXT.value: self._text,
            ItemType.STICKY.value: self._sticky,
            ItemType.CONNECTOR.value: self._connector,
            ItemType.IMAGE.value: self._image,
        }
        if item.type not in makers:
            self.notes.add("items of other kinds", "a drawing has nothing like them")
            return
        if item.layer:
            self.notes.add("layers of items", "a drawing has one layer")
        with suppress(DecodeError):  # nothing of it is to be seen then
            makers[item.type](item)
        if item.type == ItemType.IMAGE and len(self._elements) == before:
            return  # the reason has been noted
        made = self._elements[before:]
        if any(not isfinite(each[name]) or abs(each[name]) > FAR for each in made for name in ("x", "y")):
            del self._elements[before:]
            self.notes.add("items", f"they lie beyond {FAR:,.0f} px")
        elif made:
            self._ids[item.id] = made[0]["id"]
        else:
            self.notes.add("items", "nothing of them is to be seen")

    def finished(self) -> list[Fields]:
        """All elements, with what hangs on what."""
        by_id = {element["id"]: element for element in self._elements}
        for arrow, *ends in self._joins:
            for name, end in zip(("startBinding", "endBinding"), ends, strict=True):
                target = by_id.get(self._ids.get(end, "")) if end is not None else None
                if target is not None and arrow["id"] in by_id:
                    arrow[name] = {"elementId": target["id"], "focus": 0, "gap": 1}
                    target["boundElements"].append({"id": arrow["id"], "type": "arrow"})
        for number, element in enumerate(self._elements):
            element["index"] = order_key(number)
        return self._elements

    # -- by type

    def _shape(self, item: Item) -> None:
        shape, numbers, colour, width, fill = _values(item)[:5]
        style = figures.style_of(item, colour, width, fill)
        places = figures.places_of(numbers)
        if places is None or len(places) < 2:
            return
        transform, pose = _transform(item)
        if shape in (figures.RECTANGLE, figures.ELLIPSE):
            box = _box(places[:2])
            kind = "rectangle" if shape == figures.RECTANGLE else "ellipse"
            if pose.is_square:
                self._boxed(item, kind, box, transform, pose, **look_of(style))
            elif shape == figures.RECTANGLE:
                (x0, y0), (x1, y1) = box
                self._lined(item, "line", [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], style, polygon=True)
            else:
                self._ellipse(item, box, transform, style)
        elif shape == figures.POLYGON:
            if pose.is_square and (corners := diamond_of(places)) is not None:
                self._boxed(item, "diamond", corners, transform, pose, **look_of(style))
            else:
                self._lined(item, "line", places, style, polygon=True)
        elif shape == figures.ARROW:
            self._lined(item, "arrow", places, style)
        else:
            self._lined(item, "line", places, style)

    def _ellipse(self, item: Item, box: Sequence[Place], transform: Transform, style: figures.Style) -> None:
        """A skewed ellipse is an ellipse still, around other axes."""
        (x0, y0), (x1, y1) = box
        rx, ry = (x1 - x0) / 2, (y1 - y0) / 2
        xx = (transform.a * rx) ** 2 + (transform.c * ry) ** 2
        yy = (transform.b * rx) ** 2 + (transform.d * ry) ** 2
        xy = transform.a * transform.b * rx * rx + transform.c * transform.d * ry * ry
        spread = hypot((xx - yy) / 2, xy)
        long, short = (sqrt(max(0.0, (xx + yy) / 2 + part)) for part in (spread, -spread))
        centre = transform.apply(*centre_of(box))
        angle = tidy_angle(atan2(2 * xy, xx - yy) / 2)
        self._add(item, "ellipse", centre, 2 * long, 2 * short, angle, **look_of(style))

    def _connector(self, item: Item) -> None:
        _, _, numbers, colour, width = _values(item)[:5]
        places = figures.places_of(numbers)
        if places is None or len(places) < 2:
            return
        arrow = self._lined(item, "arrow", places, figures.style_of(item, colour, width, None))
        start, end = ends_of(item.pieces[0][1])
        self._joins.append((arrow, start, end))

    def _text(self, item: Item) -> None:
        x, y, text, size, colour = _values(item)[:5]
        if not (figures.is_place(x) and figures.is_place(y)):
            return
        style = figures.style_of(item, colour, None, None)
        transform, pose = _transform(item)
        if not pose.is_square or pose.is_mirrored or abs(pose.across - pose.down) > 1e-6 * pose.across:
            self.notes.add("distortions of texts", "letters keep their form in a drawing")
        height = (min(size, 1000.0) if figures.is_length(size) else 20.0) * sqrt(pose.across * pose.down)
        lines = figures.lines_of(item, text)
        w = max(map(len, lines)) * height * figures.LETTER
        h = len(lines) * height * LINE_HEIGHT
        corner = transform.apply(x, y)
        centre = rotation(pose.angle, *corner).apply(corner.x + w / 2, corner.y + h / 2)
        self._add(
            item, "text", centre, w, h, pose.angle,
            **written("\n".join(lines), height), strokeColor=figures.css(style.colour), opacity=percent(style.opacity),
        )  # fmt: skip

    def _sticky(self, item: Item) -> None:
        x, y, w, h, text, colour = _values(item)[:6]
        if not (figures.is_place(x) and figures.is_place(y) and figures.is_length(w) and figures.is_length(h)):
            return
        style = figures.style_of(item, colour if figures.is_colour(colour) else figures.STICKY_COLOUR, None, None)
        transform, pose = _transform(item)
        if not pose.is_square:
            self.notes.add("distortions of sticky notes", "a rectangle of a drawing has right angles")
        note = self._boxed(
            item, "rectangle", [(x, y), (x + w, y + h)], transform, pose, strokeColor=CLEAR,
            backgroundColor=figures.css(style.colour), opacity=percent(style.opacity),
            customData={OURS: {"type": "sticky"}},
        )  # fmt: skip
        lines = figures.lines_of(item, text)
        letters, rows = figures.laid_out(lines, w - 2 * figures.STICKY_MARGIN, h - 2 * figures.STICKY_MARGIN)
        if not any(rows):
            return
        inside = w - 2 * figures.STICKY_MARGIN, len(rows) * letters * LINE_HEIGHT
        centre = transform.apply(x + w / 2, y + figures.STICKY_MARGIN + inside[1] / 2)
        text_fields = written("\n".join(rows), letters) | {"originalText": "\n".join(lines)}
        words = self._add(
            item, "text", centre, *inside, pose.angle, **text_fields, opacity=percent(style.opacity),
            strokeColor="#ffffff" if figures.is_dark(style.colour) else figures.css(0),
        )  # fmt: skip
        words["containerId"] = note["id"]
        note["boundElements"].append({"id": words["id"], "type": "text"})

    def _image(self, item: Item) -> None:
        x, y, w, h = _values(item)[:4]
        image = read_image(item.pieces[0][1])
        if image is None or not (figures.is_place(x) and figures.is_place(y)):
            self.notes.add("images", "they cannot be read")
            return
        data = self._read_blob(image.content) if image.is_showable else None
        if data is None or not (figures.is_length(w) and figures.is_length(h)):
            self.notes.add("images", "this board does not have them")
            return
        name = image.content.hex()[:FILE_ID_DIGITS]
        if name not in self.files:
            if len(data) > self._left:
                self.notes.add("images", f"more than {BYTES_MAX >> 20} MiB of them in one drawing")
                return
            self._left -= len(data)
            url = to_data_url(data)
            self.files[name] = {"id": name, "mimeType": media_of(data), "dataURL": url, "created": 1}
        transform, pose = _transform(item)
        if not pose.is_square:
            self.notes.add("distortions of images", "a rectangle of a drawing has right angles")
        if pose.is_mirrored:
            pose = pose._replace(angle=tidy_angle(atan2(-transform.b, -transform.a)))
        style = figures.style_of(item, None, None, None)
        self._boxed(
            item, "image", [(x, y), (x + w, y + h)], transform, pose, fileId=name, status="saved", crop=None,
            scale=[-1 if pose.is_mirrored else 1, 1], strokeColor=CLEAR, opacity=percent(style.opacity),
        )  # fmt: skip

    def _stroke(self, item: Item) -> None:
        pen, opacity, lines, timed = lines_of_ink(item)
        opacity *= MARKER_OPACITY if pen.tool == MARKER else 1.0
        if timed:
            self.notes.add("times and tilts of strokes", "a drawing has no place for them")
        transform, pose = _transform(item)
        own: Fields = {"customData": {OURS: {"tool": "marker"}}} if pen.tool == MARKER else {}
        group: Fields = {"groupIds": [show_op(item.id)]} if len(lines) > 1 else {}
        for places, pressures in lines:
            px = pen.width / WIDTH_STEPS * sqrt(pose.across * pose.down)
            self._laid(
                item, "freedraw", places, transform, pose, strokeColor=figures.css(pen.colour),
                strokeWidth=round(px / (FREEHAND if pressures is None else FREEHAND_PRESSED), 9),
                opacity=percent(opacity), simulatePressure=False, lastCommittedPoint=None,
                pressures=[] if pressures is None else [round(level / PRESSURE_MAX, 5) for level in pressures],
                **own, **group,
            )  # fmt: skip

    # -- by form

    def _boxed(
        self, item: Item, kind: str, box: Sequence[Place], transform: Transform, pose: Pose, **fields: object
    ) -> Fields:
        """What fills a box, wherever the transform has put it."""
        (x0, y0), (x1, y1) = box
        centre = transform.apply(*centre_of(box))
        return self._add(item, kind, centre, (x1 - x0) * pose.across, (y1 - y0) * pose.down, pose.angle, **fields)

    def _lined(
        self, item: Item, kind: str, places: list[Place], style: figures.Style, *, polygon: bool = False
    ) -> Fields:
        """A line or an arrow; a polygon is a line that ends where it began."""
        transform, pose = _transform(item)
        look = look_of(style) | {"strokeWidth": round(style.width * sqrt(pose.across * pose.down), 6)}
        if not polygon:
            look["backgroundColor"] = CLEAR
        heads = {"startArrowhead": None, "endArrowhead": "arrow" if kind == "arrow" else None}
        more: Fields = {"polygon": True} if polygon else {"elbowed": False} if kind == "arrow" else {}
        drawn = [*places, places[0]] if polygon else places
        bindings = {"startBinding": None, "endBinding": None, "lastCommittedPoint": None}
        return self._laid(item, kind, drawn, transform, pose, **look, **heads, **bindings, **more)

    def _laid(
        self, item: Item, kind: str, places: Sequence[Place], transform: Transform, pose: Pose, **fields: object
    ) -> Fields:
        """What goes through places: turned as a whole if that is all, else point by point."""
        angle = pose.angle if pose.is_turn else 0.0
        if pose.is_turn:
            middle = centre_of(places)
            x, y = transform.apply(*middle)
            laid = [Point(px + x - middle[0], py + y - middle[1]) for px, py in places]
        else:
            laid = [transform.apply(px, py) for px, py in places]
        x0, y0 = laid[0]
        xs, ys = [place.x for place in laid], [place.y for place in laid]
        element = self._add(
            item, kind, (0.0, 0.0), max(xs) - min(xs), max(ys) - min(ys), angle,
            points=[[short(x - x0), short(y - y0)] for x, y in laid], **fields,
        )  # fmt: skip
        element["x"], element["y"] = short(x0), short(y0)
        return element

    def _add(
        self, item: Item, kind: str, centre: Place, width: float, height: float, angle: float, **fields: object
    ) -> Fields:
        """One more element of an item, around a place."""
        element = new_element(item, len(self._elements), kind, centre, (width, height), angle, **fields)
        self._elements.append(element)
        return element


def _transform(item: Item) -> tuple[Transform, Pose]:
    transform = Transform.of(item.registers.get(Register.TRANSFORM))
    transform = transform if transform.inverse() is not None else IDENTITY
    return transform, pose_of(transform)


def _values(item: Item) -> list[Any]:
    value = unpack_value(item.pieces[0][1])
    return [*value, *[None] * 7] if isinstance(value, list) else [None] * 7


def _box(places: Sequence[Place]) -> list[Place]:
    (x0, y0), (x1, y1) = places
    return [(min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))]
