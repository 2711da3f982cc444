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
TIMES = ("late", "dropped", "repeated", "offset", "jitter", "drift")
HEADINGS = ("", "size", "format", "shows", "layout", "frames", *TIMES)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0."""
    wish = {name: getattr(arguments, name) for name in ("view", "room", "layout")}
    wish = {name: value for name, value in wish.items() if value is not None}
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
    rows = [HEADINGS, *(_row(each) for each in panels if "width" in each)]
    wide = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(wide[at]) for at, cell in enumerate(row)).rstrip() for row in rows if len(rows) > 1]
    lines += [f"\n{each['name']}: {_about(each)}" for each in panels]
    return "\n".join(lines).lstrip("\n")


def _row(panel: dict[str, Any]) -> tuple[str, ...]:
    is_timed = panel.get("marquee", False)
    return (
        panel["name"],
        f"{panel['width']} x {panel['height']}",
        f"{panel['format']} {panel['refresh']}",
        panel["room"],
        panel["layout"],
        str(panel["frames"]),
        *(str(panel[name]) if is_timed else "-" for name in ("late", "dropped", "repeated")),
        *(f"{panel[name]:g} ms" if is_timed else "-" for name in ("offset_ms", "jitter_ms")),
        f"{panel['drift_ppm']:g} ppm" if is_timed else "-",
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
    return "; ".join(parts)
