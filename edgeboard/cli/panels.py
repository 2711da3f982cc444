"""`edgeboard panels`: what shows on the panels of a board, how well they are in step, and other things to show."""

import argparse
import json
from typing import Any
from urllib.parse import quote, urlencode

from edgeboard.cli.control import ask_json, state_of
from edgeboard.errors import UserError

NOTHING = (
    "this board has no panels\n"
    "name them in edgeboard.yaml under panels:, or try one without hardware: edgeboard run --panel virtual:wall"
)
RATE_HZ = 30  # as `node.ribbon` has it
WORDS = ("panel", "size", "format", "shows", "layout")
NUMBERS = ("frames", "rate", "late", "dropped", "repeated", "offset", "jitter", "drift")
LEGEND = (
    "rate, late, dropped, repeated: of the marquee's frames since the panel is there;"
    " offset, jitter, drift: of this board's mesh time"
)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0."""
    wish = {name: getattr(arguments, name) for name in ("view", "room", "layout")}
    wish = {name: value for name, value in wish.items() if value is not None}
    if arguments.new and arguments.room is not None:
        wish["new"] = "yes"
    state = state_of(arguments.state)
    if arguments.what is None:
        if wish:
            raise UserError("say which panel to change: edgeboard panels set NAME --view .. --room .. --layout ..")
        found = ask_json(state, "/control/panels")
        print(json.dumps(found) if arguments.json else listing(found))
        return 0
    if arguments.name is None or not wish:
        raise UserError("say which panel, and what: edgeboard panels set NAME --view .. --room .. --layout ..")
    changed = ask_json(state, f"/control/panels/{quote(arguments.name, safe='')}?{urlencode(wish)}", b"")
    if arguments.json:
        print(json.dumps(changed))
    else:
        left, top, width = changed["view"]
        shown = f"{changed['room']}, from {left:g}, {top:g} on, {width:g} px wide"
        print(f"{changed['name']} shows {shown}, layout {changed['layout']}")
    return 0


def listing(panels: list[dict[str, Any]]) -> str:
    """The panels as a table, and below it what drives each."""
    if not panels:
        return NOTHING
    rows = [(*WORDS, *NUMBERS), *(_row(each) for each in panels if "width" in each)]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_cells(row, wide)).rstrip() for row in rows if len(rows) > 1]
    if any(each.get("marquee") for each in panels):
        lines.append(LEGEND)
    lines += [("\n" if at == 0 else "") + f"{each['name']}: {_about(each)}" for at, each in enumerate(panels)]
    return "\n".join(lines).lstrip("\n")


def _cells(row: tuple[str, ...], wide: list[int]) -> list[str]:
    """Words begin, and numbers end, below each other."""
    cells = zip(row, wide, strict=True)
    return [cell.ljust(width) if at < len(WORDS) else cell.rjust(width) for at, (cell, width) in enumerate(cells)]


def _row(panel: dict[str, Any]) -> tuple[str, ...]:
    is_timed = panel.get("marquee", False)
    return (
        panel["name"],
        f"{panel['width']} x {panel['height']}",
        f"{panel['format']} {panel['refresh']}",
        panel["room"],
        panel["layout"],
        str(panel["frames"]),
        f"{panel['rate_hz']:g} Hz" if is_timed and panel["refresh"] == "lcd" else "-",
        *(str(panel[name]) if is_timed else "-" for name in ("late", "dropped", "repeated")),
        *(f"{panel[name]:.2f} ms" if is_timed else "-" for name in ("offset_ms", "jitter_ms")),
        f"{panel['drift_ppm']:.1f} ppm" if is_timed else "-",
    )


def _about(panel: dict[str, Any]) -> str:
    parts = [panel["driver"]]
    if panel["fault"]:
        parts.append(f"SHOWS NOTHING: {panel['fault']}")
    if panel.get("left_out"):
        parts.append(f"{panel['left_out']}; the one that comes with edgeboard draws")
    elif panel.get("renderer", "edgeboard") != "edgeboard":
        parts.append(f"drawn by the renderer {panel['renderer']}")
    if panel.get("viewers"):
        parts.append(f"{panel['viewers']} look on")
    if panel.get("idle"):
        parts.append("the room is empty: it shows how to come in")
    if panel.get("notice"):
        parts.append(f"it says: {panel['notice']}")
    if panel.get("marquee") and not panel["settled"]:
        parts.append("not in step yet")
    if panel.get("marquee") and panel["rate_hz"] < RATE_HZ:
        parts.append(f"too slow for {RATE_HZ} frames a second of the marquee: it shows {panel['rate_hz']:g}")
    return "; ".join(parts)
