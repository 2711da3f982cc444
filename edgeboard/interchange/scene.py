"""A `.excalidraw` file as checked elements: its limits, its order, and every field looked at before it is used.

A decoder: what breaks the format is a `DecodeError` that names the element, what is too large its child `LimitError`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, NoReturn, TypeGuard, final

from edgeboard.errors import DecodeError, LimitError
from edgeboard.interchange.excalidraw import CLIPBOARD, FORMAT, LIBRARY

SCENE_BYTES_MAX: Final = 64 * 1024 * 1024
ELEMENTS_MAX: Final = 100_000
POINTS_MAX: Final = 100_000  # of an element
FAR: Final = 1e6  # px: an element beyond it is not taken
INTEGER_MAX: Final = 1 << 53
WORD_MAX: Final = 40  # characters of the file that a message repeats


@final
class Element:
    """One element; a field that is there is of its type, or reading it raises."""

    __slots__ = ("_fields", "kind", "number")

    def __init__(self, number: int, fields: Mapping[str, Any]) -> None:
        """Args:
        number: its place in the file, from 1.
        fields: as JSON has them.
        """
        self._fields = fields
        self.number = number
        kind = fields.get("type")
        self.kind: str = kind if isinstance(kind, str) else self.fail("has no type")

    def fail(self, text: str) -> NoReturn:
        """Refuse the file for this element."""
        kind = self._fields.get("type")
        raise DecodeError(f"element {self.number} ({str(kind)[:WORD_MAX]}) {text}")

    def number_of(self, name: str, otherwise: float | None = None) -> float:
        """A finite number; one that is missing is `otherwise`, or an error if there is no such."""
        value = self._fields.get(name)
        if value is None and otherwise is not None:
            return otherwise
        return float(value) if _is_number(value) else self.fail(f"has no number as its `{name}`")

    def text(self, name: str, otherwise: str = "") -> str:
        """A text; `otherwise` if it is missing."""
        value = self._fields.get(name)
        if value is None:
            return otherwise
        return value if isinstance(value, str) else self.fail(f"has no text as its `{name}`")

    def flag(self, name: str) -> bool:
        """Whether something is so; what is missing is not."""
        value = self._fields.get(name)
        if value is None:
            return False
        return value if isinstance(value, bool) else self.fail(f"has neither true nor false as its `{name}`")

    def has(self, name: str) -> bool:
        """Whether something is there that is neither null, false nor empty."""
        return self._fields.get(name) not in (None, False, "", [], {})

    def points(self) -> list[tuple[float, float]]:
        """Its points in px, on the canvas, before it is turned."""
        value = self._fields.get("points")
        if not isinstance(value, list):
            self.fail("has no list as its `points`")
        if len(value) > POINTS_MAX:
            raise LimitError(f"element {self.number} has {len(value)} points; the limit is {POINTS_MAX}")
        x, y = self.number_of("x"), self.number_of("y")
        places = []
        for point in value:
            if not isinstance(point, list) or len(point) < 2 or not (_is_number(point[0]) and _is_number(point[1])):
                self.fail("has a point that is not two numbers")
            places.append((x + point[0], y + point[1]))
        return places

    def pressures(self) -> list[float]:
        """The pressures of its points, 0 to 1; none if the file has none."""
        value = self._fields.get("pressures")
        if value is None:
            return []
        if not isinstance(value, list) or not all(map(_is_number, value)):
            self.fail("has no list of numbers as its `pressures`")
        return [min(1.0, max(0.0, each)) for each in value]

    def scale(self) -> tuple[float, float]:
        """By how much an image is scaled across and down; only the signs matter, its size is that of its box."""
        value = self._fields.get("scale")
        if isinstance(value, list) and len(value) == 2 and _is_number(value[0]) and _is_number(value[1]):
            return float(value[0]), float(value[1])
        return 1.0, 1.0

    def words(self, name: str) -> list[str]:
        """The texts in a list."""
        value = self._fields.get(name)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def part(self, name: str) -> Mapping[str, Any]:
        """An object; empty if there is none."""
        value = self._fields.get(name)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a file holds."""

    elements: tuple[Element, ...]  # those that were not deleted, in paint order
    background: str  # colour of the page, empty if it is not said
    files: Mapping[str, Any]


def read_scene(data: bytes) -> Scene:
    """Read and check a file.

    Raises:
        DecodeError: not such a file; the text says why, and which element.
        LimitError: larger than a limit above.
    """
    if len(data) > SCENE_BYTES_MAX:
        raise LimitError(f"a drawing of {len(data)} bytes; the limit is {SCENE_BYTES_MAX}")
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise DecodeError("not UTF-8 text") from None
    except RecursionError:
        raise DecodeError("JSON nested too deeply") from None
    except ValueError as error:
        raise DecodeError(f"not JSON: {str(error)[:80]}") from None
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == LIBRARY:
        raise DecodeError("a library of shapes, not a drawing: insert what you need in Excalidraw and save that")
    elements = value.get("elements") if isinstance(value, dict) else None
    if kind not in (FORMAT, CLIPBOARD) or not isinstance(elements, list):
        raise DecodeError("not a drawing of Excalidraw: save one there as a file, `.excalidraw`")
    if len(elements) > ELEMENTS_MAX:
        raise LimitError(f"a drawing of {len(elements)} elements; the limit is {ELEMENTS_MAX}")
    found = []
    for number, fields in enumerate(elements, 1):
        if not isinstance(fields, dict):
            raise DecodeError(f"element {number} is not an object")
        element = Element(number, fields)
        if not element.flag("isDeleted"):
            found.append((fields.get("index"), element))
    if all(isinstance(index, str) and index for index, _ in found):
        found.sort(key=lambda pair: str(pair[0]))  # equal keys stay in the order of the file
    state, files = value.get("appState"), value.get("files")
    background = state.get("viewBackgroundColor") if isinstance(state, dict) else None
    return Scene(
        tuple(element for _, element in found),
        background if isinstance(background, str) else "",
        files if isinstance(files, dict) else {},
    )


def is_scene(data: bytes) -> bool:
    """Whether bytes look like such a file; what it really is, reading it says."""
    head = data[:4096]
    if b'"edgeboard-room"' in head or not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    return b'"excalidraw' in head


def _refuse_constant(name: str) -> NoReturn:
    raise DecodeError(f"not JSON: {name}")


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INTEGER_MAX
