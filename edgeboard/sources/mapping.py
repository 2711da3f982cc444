"""What of an answer becomes an item: which value, in which words, on which level."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from typing import Any, Final

from edgeboard.errors import SourceError
from edgeboard.marquee.items import ID_BYTES_MAX, one_line
from edgeboard.sources.settings import ANSWER_MAX, OPERATORS, PLACE, Settings

Value = str | float | bool

_LEVELS: Final = ("critical", "warning", "healthy")


def wish_of(settings: Settings, answer: bytes, board: str) -> dict[str, Any]:
    """The item that an answer asks for, as `marquee.wishes` reads it.

    Args:
        settings: of the source.
        answer: what it said.
        board: the name of this board, which is part of the id of an item that is not shared.

    Raises:
        SourceError: the value is not there, or is no value that can be shown.
    """
    value = value_of(answer, settings.pointer)
    if isinstance(value, float):
        value *= settings.scale
    text = one_line(PLACE.sub(lambda found: shown(value, found[1]), settings.text))
    if not text:
        raise SourceError("its answer is empty")
    wish: dict[str, Any] = {
        "id": item_id(settings, board),
        "text": text,
        "level": level_of(settings, value),
        "priority": settings.priority,
        "order": settings.order,
        "icon": settings.icon,
    }
    return wish | ({"interval": settings.interval_s} if settings.interval_s else {})


def item_id(settings: Settings, board: str) -> str:
    """The id of its item."""
    if settings.shared:
        return settings.name
    return one_line(f"{settings.name}@{board}").encode()[:ID_BYTES_MAX].decode(errors="ignore")


def value_of(answer: bytes, pointer: str) -> Value:
    """The value in an answer.

    Raises:
        SourceError: as `wish_of`.
    """
    if len(answer) > ANSWER_MAX:
        raise SourceError(f"its answer is longer than {ANSWER_MAX // 1024} KiB")
    try:
        text = answer.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError("its answer is not UTF-8 text") from None
    if not pointer:
        line = next((line.strip() for line in text.splitlines() if line.strip()), "")
        number = _number(line)
        return line if number is None else number
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise SourceError("its answer is not JSON, and the setting `pointer` looks into JSON") from None
    for part in pointer.split("/")[1:]:
        found = _step(found, part.replace("~1", "/").replace("~0", "~"), pointer)
    if isinstance(found, bool | str):
        return found
    with suppress(OverflowError):  # whole numbers have no end
        if isinstance(found, int | float) and isfinite(found):
            return float(found)
    raise SourceError(f"at {pointer} there is no text, number or truth value")


def _step(found: object, part: str, pointer: str) -> Any:  # noqa: ANN401 - JSON is anything
    if isinstance(found, Mapping) and part in found:
        return found[part]
    if isinstance(found, list) and part.isascii() and part.isdigit() and len(part) < 9 and int(part) < len(found):
        return found[int(part)]
    raise SourceError(f"its answer has nothing at {pointer}")


def shown(value: Value, digits: str | None) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return f"{value:.{digits}f}" if digits is not None else f"{value:.10g}"


def level_of(settings: Settings, value: Value) -> str:
    """The level of the worst condition that holds."""
    for level in _LEVELS:
        condition = getattr(settings, level)
        if condition and holds(condition, value):
            return level
    return settings.level


def holds(condition: str, value: Value) -> bool:
    """Whether a value meets a condition; numbers are compared as numbers where both are."""
    operator = next(each for each in OPERATORS if condition.startswith(each))
    wanted = condition[len(operator) :].strip()
    if operator == "~":
        return wanted.casefold() in shown(value, None).casefold()
    number = _number(wanted)
    if isinstance(value, float) and number is not None:
        return {
            ">": value > number, "<": value < number, ">=": value >= number, "<=": value <= number,
            "=": value == number, "!=": value != number,
        }[operator]  # fmt: skip
    words = {"true": "yes", "false": "no"} if isinstance(value, bool) else {}
    is_same = shown(value, None).casefold() == words.get(wanted.casefold(), wanted.casefold())
    return is_same if operator == "=" else not is_same if operator == "!=" else False


def _number(text: str) -> float | None:
    try:
        value = float(text) if re.fullmatch(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?", text) else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None
