"""`edgeboard devices`: which pens and panels hang on this machine, what they answered, and what is in the way.

A node that runs has its devices in hand, so it is asked what it knows; whatever else is plugged in is asked directly.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from edgeboard.cli.control import NoNode, ask_json, state_of
from edgeboard.peripherals.listing import ask_all, list_lines, list_tablets, udev_rules

NOTHING = (
    "no pens or panels are plugged in: there is no serial line with hardware behind it\n"
    "to try one without hardware: edgeboard devices sim:isdv4 sim:waveshare43"
)
ASKING = "asking who is there, which takes up to 20 s for a line where nobody answers ..."


def main(arguments: argparse.Namespace) -> int:
    """Returns 0, or 1 if a device that was named does not answer."""
    if arguments.udev:
        print(udev_rules(arguments.group), end="")
        return 0
    if arguments.urls:
        found = _named(arguments)
        _print(found, arguments.json)
        return 0 if all(each["answers"] for each in found) else 1
    _print(_survey(arguments), arguments.json)
    return 0


def _held(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The devices of the node that runs; none if none does."""
    try:
        held = ask_json(state_of(arguments.state), "/control/devices")
    except NoNode:
        return []
    return [{**each, "answers": each["standing"] == "ready", "held": True} for each in held]


def _named(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The devices at these URLs: what a node has in hand it is asked for."""
    held = _held(arguments)
    found = {url: each for url in arguments.urls for each in held if is_same(url, each["device"])}
    asked = [url for url in arguments.urls if url not in found]
    found |= dict(zip(asked, _asked(asked, arguments.json), strict=True)) if asked else {}
    return [found[url] for url in arguments.urls]


def is_same(url: str, device: str) -> bool:
    """Whether a URL names a device, whatever its options and by whichever path."""
    place, other = (text.partition("?")[0].removeprefix("serial:") for text in (url, device))
    if not place.startswith("/") or not other.startswith("/"):
        return place == other
    return Path(place).resolve() == Path(other).resolve()


def _survey(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The devices of the node that runs, and what else is plugged in."""
    found = held = _held(arguments)
    lines = list_lines([each["device"].partition(":")[2] for each in held])
    taken = {each["device"] for each in held}
    lines += [each for each in list_tablets() if each["device"] not in taken]
    if arguments.no_ask:
        return found + [{**line, "answers": None, "text": "not asked", "held": False} for line in lines]
    asked = _asked([line["device"] for line in lines], arguments.json) if lines else []
    return found + [{**line, **each, "held": False} for line, each in zip(lines, asked, strict=True)]


def _asked(urls: list[str], as_json: bool) -> list[dict[str, Any]]:
    if sys.stderr.isatty() and not as_json:
        print(ASKING, file=sys.stderr)
    return asyncio.run(ask_all(urls))


def _print(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
    elif not found:
        print(NOTHING)
    for each in [] if as_json else found:
        mark = {True: "*", False: "-", None: "?"}[each["answers"]]
        place = each["device"] + (
            f"  ({each['port']})" if each.get("port", each["device"]) not in each["device"] else ""
        )
        print(f"{mark} {place}")
        if each.get("description"):
            print(f"    says of itself: {each['description']}")
        print(f"    {each['text']}")
        if each.get("held"):
            print(f"    {_use(each)}")


def _use(each: dict[str, Any]) -> str:
    """What the node makes of it."""
    uses = []
    if each["pen"] is not None:
        uses.append(f"a pen that draws in {each['room']}, {each['strokes']} strokes since it was plugged in")
    if each["panel"] is not None:
        width, height, greys = each["panel"]
        shown = each["counters"].get("shown", 0)
        uses.append(f"a panel that shows {each['room']}, {width} x {height} px, {greys} greys, {shown} refreshes")
    return "this board's: " + ("; ".join(uses) or each["standing"])
