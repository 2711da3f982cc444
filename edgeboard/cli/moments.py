"""Moments as people name them: `2026-07-01T14:30`, `14:30`, `-90min`; and spans of time: `2h`."""

import re
from datetime import datetime, timedelta
from typing import Final

UNITS: Final = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
FORMS: Final = "write 2026-07-01T14:30, with a zone if it is not this machine's, 14:30, or -90min (s, min, h, d)"
_AGO: Final = re.compile(r"-(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]+)")
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]+)")
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def read_moment(text: str, now: datetime | None = None) -> int:
    """Unix ms of a moment. A time of day is the last one that there was; a time without a zone is local.

    Args:
        text: as people write it.
        now: for tests; aware.

    Raises:
        ValueError: none of the forms, or a moment before 1970.
    """
    now = now or datetime.now().astimezone()
    moment = _moment(text.strip(), now)
    if moment is None:
        raise ValueError(f"{text[:40]!r} is not a time; {FORMS}")
    ms = round(moment.timestamp() * 1000)
    if ms < 0:
        raise ValueError(f"{text[:40]!r} lies before 1970")
    return ms


def read_span(text: str) -> float:
    """Seconds of a span such as 30min, 2h or 7d.

    Raises:
        ValueError: none of the forms, or nothing.
    """
    found = _SPAN.fullmatch(text.strip())
    seconds = float(found[1]) * UNITS.get(found[2], 0) if found else 0.0
    if seconds <= 0:
        raise ValueError(f"{text[:40]!r} is not a span of time; write 30s, 30min, 2h or 7d")
    return seconds


def show_span(seconds: float) -> str:
    """A span as people say it, in the largest unit that it fills."""
    for unit, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} seconds"


def _moment(text: str, now: datetime) -> datetime | None:
    if ago := _AGO.fullmatch(text):
        unit = UNITS.get(ago[2])
        try:
            return None if unit is None else now - timedelta(seconds=float(ago[1]) * unit)
        except OverflowError:
            return None
    try:
        if _CLOCK.fullmatch(text):
            hour, minute, second = (*map(int, text.split(":")), 0)[:3]
            today = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return today if today <= now else today - timedelta(days=1)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is not None else moment.astimezone()
    except (ValueError, OverflowError, OSError):
        return None
