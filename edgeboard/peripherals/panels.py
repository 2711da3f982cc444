"""What the owner says of a panel, and what the URL of a panel's driver may be.

auto                                               framebuffers of this machine, and e-ink found by `devices:`
fb:/dev/fb0                                        a Linux framebuffer: HDMI, or a small screen on SPI
png:/run/wall.png?width=800&height=480             a picture in a file, written anew when it changes,
                                                   every 3 s at most; as on e-ink, texts turn like pages
virtual:wall?width=1280&height=720&format=rgb888   to be seen in a browser alone, at /panel/NAME
spi:, serial:, socket:, sim: ..                    e-ink behind the bridge, as in `devices:`
"""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from edgeboard.peripherals.settings import EVERYTHING, Covers, read_url

NAME_MAX: Final = 40
SIDE_MIN: Final = 16  # px of a panel; smaller shows nothing that can be read
SIDE_MAX: Final = 4_096  # px of a panel that is made up here
LENGTH_MAX: Final = 1_024
FORMATS: Final = ("grey1", "grey2", "grey4", "grey8", "bwr", "bwry", "rgb565", "rgb888", "xrgb8888")
REFRESHES: Final = ("lcd", "eink")
OWN: Final = ("fb", "png", "virtual")  # schemes that are no device of the bridge
_NAME: Final = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{NAME_MAX - 1}}}")
_OPTIONS: Final = ("width", "height", "format", "refresh")

Layout = Literal["board", "both", "marquee"]
LAYOUTS: Final = ("board", "both", "marquee")


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """One panel, or all that are found (`auto`)."""

    driver: str = EVERYTHING
    name: str = ""  # under which people find it; empty: after its driver
    room: str = ""  # what it shows; empty: the first of this board's rooms
    view: Covers = field(default_factory=Covers)
    rotation: Literal["0", "90", "180", "270"] = "0"  # degrees clockwise that it hangs turned by
    layout: Layout = "both"  # the board alone, with the marquee below it, or the marquee alone
    theme: Literal["paper", "night"] = "paper"
    idle: bool = True  # an empty room shows how to join

    @property
    def is_bridged(self) -> bool:
        """Whether the bridge drives it."""
        return self.driver != EVERYTHING and self.driver.partition(":")[0] not in OWN


@dataclass(frozen=True, slots=True)
class Driver:
    """The URL of a panel that this board drives itself, taken apart."""

    scheme: str  # of `OWN`
    place: str  # a path, or the name of a virtual panel
    width: int = 800  # px; of a framebuffer the machine says
    height: int = 480
    format: str = "grey1"
    refresh: str = "lcd"


def read_driver(text: str) -> str:
    """The URL of a driver as it is kept.

    Raises:
        ValueError: it means nothing; the text says what would.
    """
    if text == EVERYTHING:
        return text
    if text.partition(":")[0] in OWN:
        parse_driver(text)
        return text
    try:
        return read_url(text)
    except ValueError as error:
        raise ValueError(f"{error}; panels of this board itself are fb:/dev/fb0, png:/FILE and virtual:NAME") from None


def parse_driver(text: str) -> Driver:
    """Read the URL of a panel that this board drives itself.

    Raises:
        ValueError: as `read_driver`.
    """
    shown = text if len(text) <= 60 else text[:57] + "..."
    if len(text) > LENGTH_MAX or not text.isprintable():
        raise ValueError(f"{shown!r} is no panel; a panel's URL is a short line of text")
    scheme, _, rest = text.partition(":")
    place, question, query = rest.partition("?")
    refresh = "lcd"
    match scheme:
        case "fb":
            if not place.startswith("/") or question:
                raise ValueError(f"{shown!r} names no framebuffer; write fb:/dev/fb0, and nothing behind it")
            return Driver(scheme, place)
        case "png":
            if not place.startswith("/") or place.endswith("/"):
                raise ValueError(f"{shown!r} names no file; write its whole path: png:/run/wall.png?width=800")
            refresh = "eink"  # pages that turn: a text that moves would be written again and again
        case _:
            check_name(place)
    values: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS:
            near = get_close_matches(name, _OPTIONS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_OPTIONS)}"
            raise ValueError(f"{shown!r}: {name[:20]!r} is no option of a panel; {hint}")
        if name in values:
            raise ValueError(f"{shown!r}: {name} is said twice; say it once")
        values[name] = _option(shown, name, value)
    return Driver(scheme, place, **{"refresh": refresh, **values})


def _option(shown: str, name: str, value: str) -> int | str:
    if name in ("width", "height"):
        number = int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else 0
        if not SIDE_MIN <= number <= SIDE_MAX:
            raise ValueError(f"{shown!r}: {name} goes from {SIDE_MIN} to {SIDE_MAX} px")
        return number
    allowed = FORMATS if name == "format" else REFRESHES
    if value not in allowed:
        raise ValueError(f"{shown!r}: {name} is one of {', '.join(allowed)}")
    return value


def check_name(text: str) -> str:
    """The name of a panel, which stands in the address of its page.

    Raises:
        ValueError: it is none; the text says what may be one.
    """
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text[:40]!r} is no name of a panel; write 1 to {NAME_MAX} of a-z, 0-9, dot, dash and underline"
        )
    return text


def name_of(driver: str) -> str:
    """A name for a panel whose owner gave it none."""
    scheme, _, rest = driver.partition(":")
    place = rest.partition("?")[0].rstrip("/").rpartition("/")[2] if scheme != "sim" else rest.partition("?")[0]
    if scheme == "png":
        place = place.removesuffix(".png")
    plain = re.sub(r"[^a-z0-9._-]+", "-", place.lower()).strip("-._")[-NAME_MAX:].lstrip("-._")
    return plain or scheme
