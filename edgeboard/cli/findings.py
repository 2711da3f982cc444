"""What `edgeboard doctor` finds, and how it tells it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from textwrap import wrap
from typing import Any

WIDTH = 110  # columns


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it works, and could work better or stop working
    PROBLEM = "problem"  # something that a board needs does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what, in a word.
        text: what was found, in one line.
        remedy: what to do; empty where nothing is to be done.
        values: what was measured, by name with its unit, for scripts.
    """

    check: str
    level: Level
    text: str
    remedy: str = ""
    values: Mapping[str, float | int | str] = field(default_factory=dict)

    def as_fields(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "level": self.level.value,
            "text": self.text,
            "remedy": self.remedy,
            "values": dict(self.values),
        }


def ok(check: str, text: str, **values: float | str) -> Finding:
    return Finding(check, Level.OK, text, values=values)


def warning(check: str, text: str, remedy: str, **values: float | str) -> Finding:
    return Finding(check, Level.WARNING, text, remedy, values)


def problem(check: str, text: str, remedy: str, **values: float | str) -> Finding:
    return Finding(check, Level.PROBLEM, text, remedy, values)


def lines(found: Finding) -> Iterable[str]:
    """A finding for people: what was found, and below it what to do."""
    indent = " " * 22
    head = f"  {found.level:8}  {found.check:10}"
    for at, line in enumerate(wrap(found.text, WIDTH - len(indent))):
        yield f"{head if at == 0 else indent[: len(head)]}{line}"
    for at, line in enumerate(wrap(found.remedy, WIDTH - len(indent) - 3)):
        yield f"{indent}{'-> ' if at == 0 else '   '}{line}"


def summary(findings: Sequence[Finding]) -> str:
    counts = {level: sum(1 for found in findings if found.level is level) for level in Level}
    if not counts[Level.PROBLEM] and not counts[Level.WARNING]:
        return "all is well"
    named = [
        f"{count} {level.value}{'s' if count > 1 else ''}"
        for level in (Level.PROBLEM, Level.WARNING)
        if (count := counts[level])
    ]
    return " and ".join(named)
