"""Exports over HTTP: what somebody may ask for in a query, and what is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edgeboard.errors import DecodeError

MEDIA_TYPES: Final = {
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "excalidraw": "application/vnd.excalidraw+json",
}
PAGE_MAX: Final = 1_000_000
SCALE_MAX: Final = 4
MOMENT_MAX: Final = 1 << 53  # Unix ms
NOTES_HEADER: Final = "Edgeboard-Notes"  # what was not carried, as JSON in ASCII
ITEMS_HEADER: Final = "Edgeboard-Items"  # how many items a picture shows
NOTES_BYTES_MAX: Final = 7_000  # of that header; a client reads 8 KiB

Note = Mapping[str, object]  # kind, count, why


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is to be."""

    form: str  # a key of `MEDIA_TYPES`
    page: int = 0  # of a picture or a drawing
    at: int | None = None  # Unix ms: the room as it was then; None as it is
    scale: int = 1  # of a PNG: its px for each of the canvas, 1 .. 4
    transparent: bool = False  # a PNG without the white page behind it

    def query(self) -> str:
        """The query by which a node is asked for it."""
        fields = {
            "page": str(self.page + 1) if self.page else "",
            "at": "" if self.at is None else str(self.at),
            "scale": str(self.scale) if self.scale != 1 else "",
            "transparent": "1" if self.transparent else "",
        }
        words = "&".join(f"{name}={value}" for name, value in fields.items() if value)
        return f"?{words}" if words else ""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file, and what is not in it."""

    data: bytes
    notes: Sequence[Note] = field(default=())
    items: int | None = None  # that a picture or a drawing shows


def read_wanted(form: str, query: Mapping[str, str]) -> Wanted:
    """What a query asks for.

    Raises:
        DecodeError: a number is missing its digits or out of range; the text says which.
    """
    at = query.get("at")
    return Wanted(
        form,
        _number(query, "page", 1, 1, PAGE_MAX) - 1,
        None if at is None else read_moment(query),
        _number(query, "scale", 1, 1, SCALE_MAX),
        query.get("transparent", "") not in ("", "0"),
    )


def read_moment(query: Mapping[str, str]) -> int | None:
    """The moment that a query names as `at`, in Unix ms; None if it names none.

    Raises:
        DecodeError: it is no such number.
    """
    return _number(query, "at", 0, 0, MOMENT_MAX) if "at" in query else None


def _number(query: Mapping[str, str], name: str, otherwise: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return otherwise
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else -1
    if not least <= value <= most:
        raise DecodeError(f"`{name}` is a whole number from {least} to {most}")
    return value
