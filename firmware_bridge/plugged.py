"""What is plugged into this machine: serial lines by their stable names, and tablets that Linux knows."""

import glob
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BY_ID: Final = "/dev/serial/by-id/*"
LINES_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Line:
    """One serial line."""

    path: str  # the name that stays when other things are plugged in
    port: str  # what it stands for now: /dev/ttyUSB0
    description: str  # as its adapter says


def plugged_lines(patterns: Sequence[str] = (BY_ID,)) -> list[Line]:
    """The lines whose names fit, each port once, sorted by name.

    Args:
        patterns: of paths, with * and ?.
    """
    found: dict[str, Line] = {}
    for pattern in patterns:
        for name in sorted(glob.glob(pattern))[:LINES_MAX]:  # noqa: PTH207 - the pattern is absolute and the user's own
            with suppress(OSError):
                port = str(Path(name).resolve(strict=True))
                found.setdefault(port, Line(name, port, describe(name)))
    return sorted(found.values(), key=lambda line: line.path)


def describe(name: str) -> str:
    """What the adapter says of itself, out of its by-id name: usb-FTDI_FT232R_A50285BI-if00-port0."""
    text = Path(name).name.removeprefix("usb-")
    return text.partition("-if")[0].replace("_", " ")


def all_lines() -> list[Line]:
    """Every serial line of this machine that has hardware behind it, also those without a stable name."""
    from serial.tools.list_ports import comports

    named = {line.port: line for line in plugged_lines()}
    for each in comports():
        if each.device not in named:
            text = each.description if each.description not in (None, "n/a") else ""
            named[each.device] = Line(each.device, each.device, text)
    return sorted(named.values(), key=lambda line: line.path)


def without(lines: Iterable[Line], taken: Iterable[str]) -> list[Line]:
    """The lines that are not spoken of in `taken`, which has paths of either kind."""
    ports = set()
    for path in taken:
        with suppress(OSError):
            ports.add(str(Path(path).resolve(strict=True)))
    return [line for line in lines if line.port not in ports]
