"""Moments as people name them: `2026-07-01T14:30`, `14:30`, `-90min`."""

import re
from datetime import datetime, timedelta
from typing import Final

UNITS: Final = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
FORMS: Final = "write 2026-07-01T14:30, with a zone if it is not this machine's, 14:30, or -90min (s, min, h, d)"
_AGO: Final = re.compile(r"-(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]+)")
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
