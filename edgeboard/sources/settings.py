"""What the owner of a board says of one source."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal
from urllib.parse import urlsplit

from edgeboard.marquee.items import ID_BYTES_MAX, one_line

SOURCES_MAX: Final = 32
ANSWER_MAX: Final = 64 * 1024  # bytes
PLACE: Final = re.compile(r"\{value(?::\.(\d))?\}")  # of the value in the text of an item
OPERATORS: Final = (">=", "<=", "!=", "=", ">", "<", "~")

LevelWord = Literal["info", "healthy", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Settings:
    url: str = ""  # http://..., https://..., or the path of a file
    id: str = ""  # of its item, the same on all boards that have it; empty: from the url
    pointer: str = ""  # JSON pointer (RFC 6901) to the value; empty: the first line of the answer
    text: str = "{value}"  # what the item says; {value:.1} is a number with one digit behind the point
    scale: float = 1.0  # that a number is multiplied with
    level: LevelWord = "info"  # where none of the three below holds
    healthy: str = ""  # a condition: `< 70`, `= up`, `!= ok`, `~ error` (has it in it)
    warning: str = ""
    critical: str = ""  # is looked at first
    every_s: float = 10.0  # between two looks
    timeout_s: float = 5.0  # for an answer
    keep_s: float = 600.0  # that an item stays when its source has fallen silent
    priority: int = 0
    order: int = 0
    interval_s: float = 0.0  # of its turn; 0: as its first text needs
    icon: str = ""
    shared: bool = True  # one board of all that have it reads it; else each has an item of its own

    @property
    def name(self) -> str:
        """The id of its item."""
        if self.id:
            return self.id
        parts = urlsplit(self.url) if "://" in self.url else None
        path = PurePath(self.url if parts is None else parts.path)
        found = path.stem or (parts.hostname if parts is not None else None) or "source"
        return one_line(found).encode()[:ID_BYTES_MAX].decode(errors="ignore") or "source"


def read_source(text: str) -> str:
    """Where something is read."""
    if text.startswith(("http://", "https://")):
        try:
            parts = urlsplit(text)
            is_sound = bool(parts.hostname) and (parts.port or 1) > 0 and text.isprintable() and " " not in text
        except ValueError:
            is_sound = False
        if is_sound:
            return text
    elif text.startswith("/") and "\0" not in text:
        return text
    raise ValueError(f"{text[:60]!r} is no source; write http://HOST/PATH, https://... or the path of a file, /...")


def read_id(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text.encode()) > ID_BYTES_MAX:
        raise ValueError(f"{text[:60]!r} is no id; write 1 to {ID_BYTES_MAX} letters in one line, such as boiler")
    return text.strip()


def read_pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise ValueError(f"{text[:60]!r} is no JSON pointer; write for example /data/0/temperature")
    return text


def read_line(text: str) -> str:
    if text != one_line(text) or not text:
        raise ValueError(f"{text[:60]!r} is not a text in one line; write for example Boiler {{value:.0}} °C")
    return text


def read_text(text: str) -> str:
    """What the item of a source says: a line, in which `PLACE` stands for the value; no other braces."""
    rest = PLACE.sub("", read_line(text))
    if "{" in rest or "}" in rest:
        raise ValueError(
            f"{text[:60]!r} has braces that are not replaced; write {{value}}, or {{value:.1}} for one digit behind the"
            " point (.0 to .9)"
        )
    return text


def read_condition(text: str) -> str:
    if text and not (text.startswith(OPERATORS) and text.lstrip("<>=!~").strip()):
        raise ValueError(f"{text[:60]!r} is no condition; write {' '.join(OPERATORS)} and a value, such as '> 70'")
    return text


def read_icon(text: str) -> str:
    if re.fullmatch(r"[a-z0-9-]{0,32}", text) is None:
        raise ValueError(f"{text[:60]!r} is no icon; write its name, such as bell")
    return text
