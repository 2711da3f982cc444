"""`.excalidraw` files as drawings: free-hand lines, shapes, arrows, texts, and notes of what the canvas lacks.

Rules of this file: an element is carried so that it looks as it did, as far as the canvas can show that; what it cannot
is noted, whole elements as well as looks (hatching, typefaces). Places are rounded to the grid, angles to six decimals,
so that a drawing that is exported and read again gives the same items.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from math import hypot
from typing import Final, final

from edgeboard.canvas.bodies import TEXT_BYTES_MAX, ItemType, Register
from edgeboard.canvas.geometry import Transform
from edgeboard.canvas.images import media_of
from edgeboard.canvas.ink import MARKER_OPACITY, WIDTH_STEPS
from edgeboard.canvas.samples import PRESSURE_MAX, Stroke
from edgeboard.canvas.values import pack_value, unpack_value
from edgeboard.ids import BlobHash
from edgeboard.interchange.colours import Css, read_css
from edgeboard.interchange.drawing import Drawing, Drawn, Notes
from edgeboard.interchange.excalidraw import (
    FREEHAND,
    FREEHAND_PRESSED,
    INK_SCALE,
    OURS,
    SANS,
    centre_of,
    curve_through,
    rotation,
    snap,
    thinned,
    tidy_angle,
)
from edgeboard.interchange.looks import BLACK, Look
from edgeboard.interchange.pen import part, pieces
from edgeboard.interchange.pictures import from_data_url, mirrored, pose_of_image, why_not
from edgeboard.interchange.scene import FAR, Element, Scene, read_scene
from edgeboard.oplog.codec import WIDTH_MAX, encode_columns, encode_stroke
from edgeboard.render.figures import ARROW, ELLIPSE, LINE, POLYGON, RECTANGLE

LOOP: Final = 8.0  # px: a line whose ends are nearer than this is closed, and filled
SHAPE_BYTES_MAX: Final = 12 * 1024  # of a payload, so that an op has room for it
THINNED: Final = 0.125  # px by which an outline of too many points may leave its course, at first
SIZE_LEAST, SIZE_MOST = 1.0, 1000.0  # px, of a text
NOT_SEEN: Final = "neither its line nor its fill has a colour"
SHAPES: Final = {"rectangle": RECTANGLE, "ellipse": ELLIPSE, "diamond": POLYGON}

Place = tuple[float, float]


def read_excalidraw(data: bytes) -> Drawing:
    """The drawing in a file.

    Raises:
        DecodeError: not such a file, or broken; the text says which element.
        LimitError: larger than a limit of `scene.py`.
    """
    return _Reader(read_scene(data)).read()


@final
class _Reader:
    """One file on its way to items."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._notes = Notes()
        self._items: list[Drawn] = []
        self._numbers: dict[str, int] = {}  # of the items, by the element's id
        self._joins: list[tuple[int, str, str]] = []  # arrows that hang on elements: item, start, end
        self._blobs: dict[BlobHash, bytes] = {}
        self._texts = self._texts_of_stickies()

    def read(self) -> Drawing:
        groups: set[str] = set()
        for element in self._scene.elements:
            groups.update(name for name in element.words("groupIds") if not _is_part(element, name))
            self._take(element)
        self._join()
        self._notes.add("groups", "items stand alone here", len(groups))
        if self._scene.background and (read_css(self._scene.background) or BLACK) not in (Css(0xFFFFFF), Css(0, 0.0)):
            self._notes.add("background colours", "the page is white")
        return Drawing(tuple(self._items), self._notes.all(), self._blobs)

    def _texts_of_stickies(self) -> dict[str, Element]:
        """The texts that belong into our sticky notes, by the id of the note."""
        stickies = {element.text("id") for element in self._scene.elements if _ours(element, "type") == "sticky"}
        texts = (element for element in self._scene.elements if element.kind == "text")
        return {name: element for element in texts if (name := element.text("containerId")) in stickies}

    def _take(self, element: Element) -> None:
        before = len(self._items)
        match element.kind:
            case "rectangle" if _ours(element, "type") == "sticky":
                self._sticky(element)
            case "rectangle" | "ellipse" | "diamond":
                self._shape(element)
            case "line" | "arrow":
                self._line(element)
            case "freedraw":
                self._stroke(element)
            case "text":
                self._text(element)
            case "image":
                self._image(element)
            case "frame" | "magicframe":
                self._notes.add("frames", "what is in them is carried, their borders are not")
            case "iframe" | "embeddable":
                self._notes.add("embedded pages", "a board shows nothing from elsewhere")
            case "selection":
                pass  # what was being selected when the file was saved
            case kind:
                self._notes.add(f"elements of type {kind[:24]!r}", "this version does not know them")
        if len(self._items) > before:
            self._numbers[element.text("id")] = before
            if element.has("link"):
                self._notes.add("links", "items carry none")

    # -- shapes

    def _shape(self, element: Element) -> None:
        look = Look(element, self._notes)
        if not look.is_seen:
            self._notes.add(f"{element.kind}s", NOT_SEEN)
            return
        places = self._box(element)
        if places is None:
            return
        (x0, y0), (x1, y1) = places
        if element.kind == "diamond":
            cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
            places = [(cx, y0), (x1, cy), (cx, y1), (x0, cy)]
        self._note_look(element, is_filled=look.fill is not None)
        if element.has("roundness") and element.kind != "ellipse":
            self._notes.add("rounded corners", "corners are sharp here")
        payload = _shape(SHAPES[element.kind], places, look, look.fill)
        turned = _turned(element, *centre_of(places))
        self._items.append(Drawn(ItemType.SHAPE, (payload,), self._registers(element, look.opacity, turned)))

    def _sticky(self, element: Element) -> None:
        places = self._box(element)
        if places is None:
            return
        (x0, y0), (x1, y1) = places
        if x0 == x1 or y0 == y1:
            self._notes.add("sticky notes", "they have no area")
            return
        look = Look(element, self._notes)
        text = self._texts.get(element.text("id"))
        words = "" if text is None else text.text("originalText", text.text("text"))
        if len(words.encode()) > TEXT_BYTES_MAX:
            self._notes.add("texts on sticky notes", f"longer than {TEXT_BYTES_MAX // 1024} KiB")
            words = ""
        value = [x0, y0, snap(x1 - x0), snap(y1 - y0), words, look.colour if look.fill is None else look.fill]
        turned = _turned(element, *centre_of(places))
        self._items.append(Drawn(ItemType.STICKY, (pack_value(value),), self._registers(element, look.opacity, turned)))

    def _image(self, element: Element) -> None:
        places = self._box(element)
        if places is None:
            return
        file = self._scene.files.get(element.text("fileId"))
        data = from_data_url(file.get("dataURL")) if isinstance(file, dict) else None
        (x0, y0), (x1, y1) = places
        reason = "they have no area" if x0 == x1 or y0 == y1 else why_not(data)
        if data is None or reason is not None:
            self._notes.add("images", reason or "")
            return
        if element.has("crop"):
            self._notes.add("crops of images", "they are shown whole")
        content = BlobHash(hashlib.sha256(data).digest())
        self._blobs[content] = data
        angle, is_mirrored = pose_of_image(element.number_of("angle", 0.0), *element.scale())
        angle, centre = tidy_angle(angle), centre_of(places)
        turned = mirrored(angle, *centre) if is_mirrored else rotation(angle, *centre) if angle else None
        opacity = min(1.0, max(0.0, element.number_of("opacity", 100.0) / 100))
        value = [x0, y0, snap(x1 - x0), snap(y1 - y0), content, media_of(data), len(data)]
        self._items.append(Drawn(ItemType.IMAGE, (pack_value(value),), self._registers(element, opacity, turned)))

    def _box(self, element: Element) -> list[Place] | None:
        """Two corners on the grid; None if they are out of reach."""
        x, y = element.number_of("x"), element.number_of("y")
        w, h = element.number_of("width"), element.number_of("height")
        corners = [(min(x, x + w), min(y, y + h)), (max(x, x + w), max(y, y + h))]
        return self._snapped(element, corners)

    def _snapped(self, element: Element, places: list[Place]) -> list[Place] | None:
        """Places on the grid; None, with a note, if one is out of reach."""
        if any(abs(x) > FAR or abs(y) > FAR for x, y in places):
            self._notes.add(f"elements of type {element.kind!r}", f"they lie beyond {FAR:,.0f} px")
            return None
        return [(snap(x), snap(y)) for x, y in places]

    def _note_look(self, element: Element, *, is_filled: bool) -> None:
        if element.number_of("roughness", 0.0) > 0:
            self._notes.add("hand-drawn outlines", "outlines are smooth here")
        if element.text("strokeStyle", "solid") != "solid":
            self._notes.add("dashed or dotted lines", "lines are solid here")
        if is_filled and element.text("fillStyle", "solid") != "solid":
            self._notes.add("hatched fills", "fills are solid here")

    # -- lines and arrows

    def _line(self, element: Element) -> None:
        look = Look(element, self._notes)
        points = element.points()
        if len(points) < 2:
            self._notes.add(f"{element.kind}s", "of one point there is nothing to draw")
            return
        is_loop = element.kind == "line" and len(points) > 2 and _distance(points[0], points[-1]) <= LOOP
        is_closed = is_loop and (look.fill is not None or element.flag("polygon") or points[0] == points[-1])
        if not look.line and not (is_closed and look.fill is not None):
            self._notes.add(f"{element.kind}s", NOT_SEEN)
            return
        if element.has("roundness") and not element.flag("elbowed") and len(points) > 2:
            points = curve_through(points)
        places = self._snapped(element, points)
        if places is None:
            return
        self._note_look(element, is_filled=is_closed and look.fill is not None)
        start, end = element.has("startArrowhead"), element.has("endArrowhead")
        if any(element.text(name, "arrow") != "arrow" for name in ("startArrowhead", "endArrowhead")):
            self._notes.add("arrow heads", "there is one kind, an open one")
        if start and end:
            self._notes.add("arrow heads", "an arrow has one")
        if start and not end:
            places.reverse()
        turned = _turned(element, *centre_of(places))
        if is_closed and places[0] == places[-1] and len(places) > 3:
            places.pop()
        shape = POLYGON if is_closed else ARROW if start or end else LINE
        payload = _shape(shape, places, look, look.fill if is_closed else None)
        registers = self._registers(element, look.opacity, turned)
        if len(payload) <= SHAPE_BYTES_MAX:
            self._hang(element, is_reversed=start and not end, places=places, shape=shape, turned=turned)
            self._items.append(Drawn(ItemType.SHAPE, (payload,), registers))
        elif shape == LINE:
            stroke = Stroke(INK_SCALE, [_steps(x) for x, _ in places], [_steps(y) for _, y in places])
            width = round(look.width * WIDTH_STEPS)
            self._items.append(Drawn(ItemType.STROKE, _strokes(0, look.colour, width, stroke), registers))
        else:
            thin, tolerance = places, 0.0
            while len(payload) > SHAPE_BYTES_MAX:
                step = max(THINNED, tolerance)
                thin, tolerance = thinned(thin, step), tolerance + step
                payload = _shape(shape, thin, look, look.fill if is_closed else None)
            told = f"of {len(places)} points, too many for one item; {len(thin)} are left, within {tolerance:g} px"
            self._notes.add("polygons" if is_closed else "arrows", told)
            self._items.append(Drawn(ItemType.SHAPE, (payload,), registers))

    def _hang(
        self, element: Element, *, is_reversed: bool, places: list[Place], shape: int, turned: Transform | None
    ) -> None:
        """Remember what an arrow hangs on."""
        bound = [str(element.part(name).get("elementId") or "") for name in ("startBinding", "endBinding")]
        if not any(bound):
            return
        if shape == ARROW and len(places) == 2 and turned is None:
            start, end = reversed(bound) if is_reversed else bound
            self._joins.append((len(self._items), start, end))
        else:
            self._notes.add("lines that hang on elements", "only straight arrows do so here; these stay where they are")

    def _join(self) -> None:
        """Make connectors of the arrows that hang on something that was carried."""
        for number, start, end in self._joins:
            ends = self._numbers.get(start), self._numbers.get(end)
            if ends != (None, None):
                arrow = self._items[number]
                self._items[number] = replace(
                    arrow, type=ItemType.CONNECTOR, pieces=(_connector(arrow.pieces[0]),), ends=ends
                )

    # -- free-hand lines

    def _stroke(self, element: Element) -> None:
        look = Look(element, self._notes)
        if not look.line:
            self._notes.add("free-hand lines", NOT_SEEN)
            return
        if look.fill is not None:
            self._notes.add("fills of free-hand lines", "free-hand lines have none here")
        points = element.points()
        if not points:
            self._notes.add("free-hand lines", "without a point there is nothing to draw")
            return
        if any(abs(x) > FAR or abs(y) > FAR for x, y in points):
            self._notes.add("free-hand lines", f"they lie beyond {FAR:,.0f} px")
            return
        levels = [] if element.flag("simulatePressure") else element.pressures()[: len(points)]
        levels += levels[-1:] * (len(points) - len(levels))
        pressure = [round(level * PRESSURE_MAX) for level in levels] or None
        stroke = Stroke(INK_SCALE, [_steps(x) for x, _ in points], [_steps(y) for _, y in points], pressure)
        px = element.number_of("strokeWidth", 2.0) * (FREEHAND if pressure is None else FREEHAND_PRESSED)
        width = min(WIDTH_MAX, max(1, round(px * WIDTH_STEPS)))
        marker = _ours(element, "tool") == "marker"
        opacity = min(1.0, round(look.opacity / MARKER_OPACITY, 6)) if marker else look.opacity
        places = [(x / INK_SCALE, y / INK_SCALE) for x, y in zip(stroke.x, stroke.y, strict=True)]
        registers = self._registers(element, opacity, _turned(element, *centre_of(places)))
        self._items.append(Drawn(ItemType.STROKE, _strokes(1 if marker else 0, look.colour, width, stroke), registers))

    # -- texts

    def _text(self, element: Element) -> None:
        if element.text("containerId") in self._texts:
            return  # it stands on a sticky note
        look = Look(element, self._notes)
        words = element.text("text").replace("\r\n", "\n")
        if not words.strip() or not look.line:
            self._notes.add("texts", "there is nothing to be read in them")
            return
        if len(words.encode()) > TEXT_BYTES_MAX:
            self._notes.add("texts", f"longer than {TEXT_BYTES_MAX // 1024} KiB")
            return
        if element.number_of("fontFamily", SANS) != SANS:
            self._notes.add("typefaces", "there is one here")
        if "\n" in words and element.text("textAlign", "left") != "left":
            self._notes.add("lines that are not flush left", "lines of a text begin below each other here")
        size = round(min(SIZE_MOST, max(SIZE_LEAST, element.number_of("fontSize", 20.0))), 4)
        x, y = element.number_of("x"), element.number_of("y")
        cx, cy = x + element.number_of("width", 0.0) / 2, y + element.number_of("height", 0.0) / 2
        angle = tidy_angle(element.number_of("angle", 0.0))
        if angle:
            x, y = rotation(angle, cx, cy).apply(x, y)
        places = self._snapped(element, [(x, y)])
        if places is None:
            return
        (x, y), turned = places[0], rotation(angle, *places[0]) if angle else None
        value = [x, y, words, int(size) if size.is_integer() else size, look.colour]
        self._items.append(Drawn(ItemType.TEXT, (pack_value(value),), self._registers(element, look.opacity, turned)))

    # -- what they have in common

    def _registers(self, element: Element, opacity: float, turned: Transform | None) -> Mapping[int, object]:
        registers: dict[int, object] = {}
        if turned is not None:
            registers[Register.TRANSFORM] = turned.to_list()
        if opacity < 1:
            registers[Register.STYLE] = [None, None, None, round(opacity, 6)]
        if element.flag("locked"):
            registers[Register.LOCK] = True
        return registers


def _ours(element: Element, name: str) -> object:
    """What we have said of an element when we wrote it."""
    words = element.part("customData").get(OURS)
    return words.get(name) if isinstance(words, dict) else None


def _is_part(element: Element, group: str) -> bool:
    """Whether a group only says that this is one of the lines which a cut has left of a stroke of ours."""
    return element.kind == "freedraw" and element.text("id").startswith(f"{group}.")


def _turned(element: Element, x: float, y: float) -> Transform | None:
    """The turn of an element around its middle."""
    angle = tidy_angle(element.number_of("angle", 0.0))
    return rotation(angle, x, y) if angle else None


def _shape(shape: int, places: list[Place], look: Look, fill: int | None) -> bytes:
    width = round(look.width, 4)
    numbers = [number for place in places for number in place]
    return pack_value([shape, numbers, look.colour, int(width) if width.is_integer() else width, fill])


def _connector(arrow: bytes) -> bytes:
    """The payload of a connector that looks like an arrow."""
    value = unpack_value(arrow)
    assert isinstance(value, list)
    _, numbers, colour, width, _ = value
    return pack_value([None, None, numbers, colour, width])


def _strokes(tool: int, colour: int, width: int, stroke: Stroke) -> tuple[bytes, ...]:
    """The payloads of a stroke, piece by piece."""
    payloads = list[bytes]()
    for first, end in pieces(stroke):
        piece = part(stroke, first, end)
        payloads.append(encode_columns(piece) if payloads else encode_stroke(tool, colour, width, piece))
    return tuple(payloads)


def _steps(value: float) -> int:
    return round(value * INK_SCALE)


def _distance(a: Place, b: Place) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])
