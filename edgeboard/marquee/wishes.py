"""What somebody wants of an item, as the command line, HTTP and sources say it, and an item in the same words.

What a wish does not say stays as it is, so that a text can be changed without its level. Times are seconds.
"""

from collections.abc import Mapping
from math import inf, isfinite
from typing import Any, Final

from edgeboard.errors import DecodeError
from edgeboard.marquee.items import (
    INTERVAL_LEAST_S,
    INTERVAL_MOST_S,
    RANK_MOST,
    TEXT_CHARACTERS_MAX,
    TIME_MOST_S,
    Level,
    TickerItem,
    check_item,
    one_line,
)
from edgeboard.marquee.layout import default_interval, version_at

WISHES_MAX: Final = 64  # in one change
FOR_MOST_S: Final = 10 * 366 * 86_400.0

LEVELS: Final = {level.name.lower(): level for level in Level}
KEYS: Final = ("id", "text", "level", "priority", "order", "interval", "for", "icon")


def item_of(wish: Mapping[str, Any], now: TickerItem | None, mesh_s: float, rate: float) -> TickerItem:
    """The item that a wish asks for, as it is to be from `mesh_s` on.

    Args:
        wish: `id`; `text`, `level` (a word), `priority`, `order`, `interval` (s), `for` (s from now, 0 without an end),
            `icon`; each but the id may be left out, the text only of an item that is there.
        now: the item as it is, or None.
        mesh_s: the moment.
        rate: em a second.

    Raises:
        DecodeError: a wish that cannot be met; the text says what is allowed.
    """
    unknown = [key for key in wish if key not in KEYS]
    if unknown:
        raise DecodeError(f"{unknown[0]!r:.40} is nothing that an item has; it has {', '.join(KEYS)}")
    name = wish.get("id")
    if not isinstance(name, str) or not name:
        raise DecodeError("an item needs an id, a short text such as door")
    now = None if now is None else version_at(now, max(mesh_s, now.at))
    if now is not None and now.expires <= mesh_s:
        now = None
    text = wish.get("text", None if now is None else now.text)
    if not isinstance(text, str) or not one_line(text):
        raise DecodeError(f"the item {name!r:.70} needs a text")
    letters = len(" ".join(text.split()))
    if letters > TEXT_CHARACTERS_MAX:
        raise DecodeError(f"the text of an item has at most {TEXT_CHARACTERS_MAX} characters; this one has {letters}")
    line = one_line(text)
    interval = _number(wish, "interval", INTERVAL_LEAST_S, INTERVAL_MOST_S)
    if interval is None:
        interval = default_interval(line, rate) if now is None or not now.interval_s else now.interval_s
    lasts = _number(wish, "for", 0.0, FOR_MOST_S)
    if lasts is None:
        expires = inf if now is None else now.expires
    else:
        expires = mesh_s + lasts if lasts else inf
    icon = wish.get("icon", "" if now is None else now.icon)
    if not isinstance(icon, str):
        raise DecodeError("an icon is a name")
    return check_item(
        TickerItem(
            name,
            line,
            _level(wish, Level.INFO if now is None else now.level),
            _whole(wish, "priority", 0 if now is None else now.priority),
            _whole(wish, "order", 0 if now is None else now.order),
            interval,
            min(round(expires, 3), TIME_MOST_S) if expires != inf else inf,
            icon,
        )
    )


def describe(item: TickerItem, mesh_s: float) -> dict[str, Any]:
    """An item for JSON: what it says now, or will say, and what becomes of it."""
    shown = version_at(item, mesh_s)
    said = shown or item
    return {
        "id": said.id,
        "text": said.text,
        "level": said.level.name.lower(),
        "priority": said.priority,
        "order": said.order,
        "interval": said.interval_s or None,
        "icon": said.icon,
        "at": said.at,
        "expires": said.expires if isfinite(said.expires) else None,
        "valid": shown is not None,
        "next": item.text if mesh_s < item.at and shown is not None else None,
    }


def _level(wish: Mapping[str, Any], otherwise: Level) -> Level:
    word = wish.get("level")
    if word is None:
        return otherwise
    if not isinstance(word, str) or word not in LEVELS:
        raise DecodeError(f"a level is one of {', '.join(LEVELS)}")
    return LEVELS[word]


def _number(wish: Mapping[str, Any], key: str, least: float, most: float) -> float | None:
    value = wish.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise DecodeError(f"{key} is a number of seconds from {least:g} to {most:g}")
    return round(float(value), 3)


def _whole(wish: Mapping[str, Any], key: str, otherwise: int) -> int:
    value = wish.get(key)
    if value is None:
        return otherwise
    if type(value) is not int or abs(value) > RANK_MOST:
        raise DecodeError(f"{key} is a whole number from {-RANK_MOST} to {RANK_MOST}")
    return value
