"""An item of the marquee, and how it lies in the room's log (docs/formats/oplog.md, "Ticker items").

Times are mesh time, seconds since 1970; in the log they are whole milliseconds. A change takes effect at the moment
`at` of mesh time, the same on all panels; until then shows what was there before, which the change carries along as
`was`. Reading is strict: whatever is wrong with an item leaves out that item alone, and says why.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from math import inf, isfinite
from typing import Any, Final

from edgeboard.canvas.values import pack_value, unpack_value
from edgeboard.errors import DecodeError

ITEMS_MAX: Final = 200  # of a room that are shown; beyond that the least important are left out
ID_BYTES_MAX: Final = 64  # of UTF-8
TEXT_CHARACTERS_MAX: Final = 500
INTERVAL_LEAST_S: Final = 1.0
INTERVAL_MOST_S: Final = 3_600.0
RANK_MOST: Final = 1_000  # of priority and order, either way
TIME_MOST_S: Final = 4e12  # below 2**52 ms
TICKER_PAGE: Final = 0xFFFF_FFFF  # on which ticker items lie, so that nobody clears, selects or erases them with ink
MARK: Final = b"\xa6ticker"  # stands in the bytes of every ticker item: the key of its id

_ICON: Final = re.compile(r"[a-z0-9-]{0,32}")


class Level(IntEnum):
    """How bad it is. Append only."""

    INFO = 0
    HEALTHY = 1
    WARNING = 2
    CRITICAL = 3  # interrupts: while one is valid only these show


@dataclass(frozen=True, slots=True)
class TickerItem:
    """One line of the marquee, as it is from a moment on."""

    id: str  # 1 .. ID_BYTES_MAX bytes, printable
    text: str  # 1 .. TEXT_CHARACTERS_MAX characters in one line
    level: Level = Level.INFO
    priority: int = 0  # the highest comes first
    order: int = 0  # among those of one priority, the lowest first
    interval_s: float = 0.0  # how long it has its turn; 0: as long as its text takes
    expires: float = inf  # mesh s, from which it is not valid any more
    icon: str = ""  # a name of `render.icons`; empty: by level
    at: float = 0.0  # mesh s, from which this is what it says
    since: float = 0.0  # mesh s, from which it takes part as it does; at most `at`
    was: "TickerItem | None" = None  # what it says before `at`, if it was there

    def is_in_place_of(self, before: "TickerItem") -> bool:
        """Whether it takes its turn just as that one did, so that the others need not move."""
        return (self.priority, self.order, self.interval_s, self.level is Level.CRITICAL) == (
            before.priority,
            before.order,
            before.interval_s,
            before.level is Level.CRITICAL,
        )


def changed(now: TickerItem | None, wanted: TickerItem, at: float) -> TickerItem:
    """What is logged for an item that is to be like `wanted` from `at` on.

    Args:
        now: the item as it is logged, or None.
        wanted: its new content; `at`, `since` and `was` do not count.
        at: mesh s.
    """
    if now is not None and now.at > at:  # what it would have changed to never comes
        now = now.was
    before = None if now is None or now.expires <= at else replace(now, was=None)
    goes_on = before is not None and before.since <= at and wanted.is_in_place_of(before)
    since = before.since if before is not None and goes_on else at
    return replace(wanted, at=at, since=since, was=before)


def one_line(text: str) -> str:
    """A text as a line of the marquee: no control characters, no runs of blanks, not too long."""
    clean = "".join(" " if character in "\t\n\r\v\f\u2028\u2029" else character for character in text)
    line = " ".join("".join(character for character in clean if character.isprintable()).split())
    return line if len(line) <= TEXT_CHARACTERS_MAX else line[: TEXT_CHARACTERS_MAX - 1] + "…"


def check_item(item: TickerItem) -> TickerItem:
    """The item, if it is within the limits.

    Raises:
        DecodeError: it is not; the text says what is wrong and what is allowed.
    """
    if not item.id or not item.id.isprintable() or len(item.id.encode()) > ID_BYTES_MAX:
        raise DecodeError(f"an id is 1 to {ID_BYTES_MAX} bytes of printable text")
    if not item.text or item.text != one_line(item.text):
        raise DecodeError(f"the text of an item is one line of 1 to {TEXT_CHARACTERS_MAX} printable characters")
    if item.interval_s and not INTERVAL_LEAST_S <= item.interval_s <= INTERVAL_MOST_S:
        raise DecodeError(f"an interval is {INTERVAL_LEAST_S:g} to {INTERVAL_MOST_S:g} seconds")
    if abs(item.priority) > RANK_MOST or abs(item.order) > RANK_MOST:
        raise DecodeError(f"priority and order are whole numbers from {-RANK_MOST} to {RANK_MOST}")
    if _ICON.fullmatch(item.icon) is None:
        raise DecodeError("an icon is a name of at most 32 letters a-z, digits and -")
    if not (0 <= item.since <= item.at <= TIME_MOST_S) or not item.expires >= 0:
        raise DecodeError("the times of an item are not in order")
    return item


def payload_of(item: TickerItem) -> bytes:
    """The payload of the add that begins an item.

    Raises:
        DecodeError: as `check_item`.
    """
    return pack_value({"ticker": item.id, **content_of(item)})


def content_of(item: TickerItem) -> dict[str, Any]:
    """The value of its register DATA: all but its id; what is as by default is left out.

    Raises:
        DecodeError: as `check_item`.
    """
    content = _fields_of(check_item(item))
    if item.was is not None:
        content["was"] = _fields_of(check_item(replace(item.was, was=None)))
    return content


def _fields_of(item: TickerItem) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "level": int(item.level),
        "priority": item.priority,
        "order": item.order,
        "interval": round(item.interval_s * 1000),
        "icon": item.icon,
        "at": round(item.at * 1000),
    }
    fields = {"text": item.text} | {key: value for key, value in fields.items() if value}
    if item.since != item.at:
        fields["since"] = round(item.since * 1000)
    if item.expires < TIME_MOST_S:
        fields["expires"] = round(item.expires * 1000)
    return fields


def read_item(payload: bytes, data: object = None) -> TickerItem:
    """An item out of the room.

    Args:
        payload: of its add.
        data: the value of its register DATA, None if that was never set.

    Raises:
        DecodeError: not a ticker item, or out of its limits.
    """
    first = unpack_value(payload)
    if not isinstance(first, dict):
        raise DecodeError("a marquee item is a map")
    name = first.get("ticker")
    if not isinstance(name, str):
        raise DecodeError("a marquee item has no id")
    if data is not None and not isinstance(data, dict):
        raise DecodeError("the data of a marquee item is a map")
    content = first if data is None else data
    item = read_content(name, content)
    was = content.get("was")
    if was is None:
        return item
    if not isinstance(was, dict):
        raise DecodeError("`was` of a marquee item is a map")
    return replace(item, was=read_content(name, was))


def read_content(name: str, content: Mapping[Any, Any]) -> TickerItem:
    """An item of that id out of a map; keys that are not known are skipped.

    Raises:
        DecodeError: out of its limits.
    """
    text = content.get("text")
    if not isinstance(text, str):
        raise DecodeError("a marquee item has no text")
    icon = content.get("icon", "")
    if not isinstance(icon, str):
        raise DecodeError("the icon of a marquee item is a text")
    level = _whole(content, "level", 0, 0)
    at = _whole(content, "at", 0, 0) / 1000
    return check_item(
        TickerItem(
            name,
            text,
            Level(level) if level <= Level.CRITICAL else Level.INFO,
            _whole(content, "priority", 0),
            _whole(content, "order", 0),
            _whole(content, "interval", 0, 0) / 1000,
            _whole(content, "expires", 0, 0) / 1000 if content.get("expires") is not None else inf,
            icon,
            at,
            _whole(content, "since", 0, 0) / 1000 if content.get("since") is not None else at,
        )
    )


def _whole(content: Mapping[Any, Any], key: str, otherwise: int, least: int = -(1 << 53)) -> int:
    value = content.get(key)
    if value is None:
        return otherwise
    if isinstance(value, float) and isfinite(value) and value.is_integer():
        value = int(value)  # a page may write whole numbers as floats
    if type(value) is not int or not least <= value < 1 << 53:
        raise DecodeError(f"{key} of a marquee item is not a whole number in its range")
    return value
