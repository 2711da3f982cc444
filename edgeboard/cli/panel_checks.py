"""What `edgeboard doctor` says of the panels of the configuration: can each show anything, and any script?"""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from edgeboard.cli.findings import Finding, ok, problem, warning
from edgeboard.errors import UserError
from edgeboard.peripherals.panels import PanelSettings, name_of

SCRIPTS = {  # and what stands for each
    "Chinese, Japanese and Korean letters": "漢かカ한",
    "Hebrew letters": "אבג",
    "Arabic letters": "ابج",
    "letters of India": "कতத",
}
SPI_GROUPS = "sudo usermod -aG spi,gpio USER, and log in again; is SPI switched on (dtparam=spi=on)?"


def check_panels(panels: Sequence[PanelSettings]) -> Iterator[Finding]:
    """Whether each panel that the owner names can be opened; nothing is written to any."""
    if not panels:
        yield ok("panels", "none is configured")
        return
    if importlib.util.find_spec("PIL") is None:
        text = f"{len(panels)} configured, and all stay dark: panels are drawn with Pillow, which is not installed"
        yield problem("panels", text, "in the environment that edgeboard runs in: pip install pillow")
    for each in panels:
        name, (scheme, _, rest) = each.name or name_of(each.driver), each.driver.partition(":")
        trouble = _trouble(scheme, Path(rest.partition("?")[0]))
        if trouble is None:
            yield ok("panels", f"{name}: {each.driver}")
        else:
            yield problem("panels", f"{name}: {trouble[0]}", trouble[1])


def _trouble(scheme: str, place: Path) -> tuple[str, str] | None:
    """What is in the way of a panel at `place`, and what helps."""
    if scheme == "fb":
        from edgeboard.render.framebuffer import Framebuffer, ask_device

        try:
            Framebuffer(place, "light", lambda why: None, ask_device).close()
        except UserError as error:
            return str(error), "edgeboard devices and ls /dev/fb* say what there is"
    elif scheme == "png" and not os.access(place.parent, os.W_OK | os.X_OK):
        what = "may not be written to by this user" if place.parent.exists() else "does not exist"
        return f"the folder {place.parent} {what}", "make it, or name another file under panels:"
    elif scheme == "spi":
        if importlib.util.find_spec("periphery") is None:
            return "SPI panels need python-periphery, which is not installed", "pip install python-periphery"
        if not os.access(place, os.R_OK | os.W_OK):
            what = "may not be used by this user" if place.exists() else "does not exist"
            return f"{place} {what}", SPI_GROUPS
    elif scheme == "serial" and place.is_absolute() and not os.access(place, os.R_OK | os.W_OK):
        what = "may not be used by this user" if place.exists() else "is not plugged in"
        return f"{place} {what}", "edgeboard devices lists what is, and what to do"
    return None


def check_fonts(*, has_panels: bool) -> Iterator[Finding]:
    """Whether the panels of this machine can show every script; where there are none, it does not matter."""
    from edgeboard.render.text import can_shape
    from edgeboard.render.typefaces import boxes_in, remedy_for

    if not has_panels or importlib.util.find_spec("PIL") is None:
        yield ok("fonts", "no panel is configured that needs any" if not has_panels else "panels need Pillow first")
        return
    lacking = [(name, text) for name, text in SCRIPTS.items() if boxes_in(text)]
    if not lacking:
        yield ok("fonts", "panels have letters for every script that is looked for")
    for name, text in lacking:
        yield warning(
            "fonts", f"no font has {name}: on panels they are boxes", f"if they are wanted: {remedy_for(text)}"
        )
    if not can_shape():
        yield warning(
            "fonts",
            "panels write Arabic, Hebrew and the scripts of India letter by letter, from the left",
            "if they are wanted: sudo apt-get install libfribidi0, and start the board again",
        )
