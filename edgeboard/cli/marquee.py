"""`edgeboard marquee`: the marquee of a running node."""

import argparse
import json
import time
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from edgeboard.cli.control import ask_json, state_of
from edgeboard.cli.moments import show_span
from edgeboard.errors import UserError

LOOK_S = 0.25  # between looks of `watch`
LEVEL_WIDTH = 8


def main(arguments: argparse.Namespace) -> int:
    if arguments.what == "watch":
        return _watch(arguments)
    found = {"set": _set, "remove": _remove, "list": _list}[arguments.what](arguments)
    if arguments.json:
        print(json.dumps(found))
        return 0
    print("\n".join(_told(arguments, found)))
    return 0


def _ask(arguments: argparse.Namespace, data: bytes | None = None, method: str = "", **query: Any) -> dict[str, Any]:  # noqa: ANN401 - words
    words = urlencode({"room": arguments.room or "", **query}, doseq=True)
    found: dict[str, Any] = ask_json(state_of(arguments.state), f"/api/marquee?{words}", data, method)
    return found


def _set(arguments: argparse.Namespace) -> dict[str, Any]:
    wish = {
        "id": arguments.id,
        "text": arguments.text,
        "level": arguments.level,
        "priority": arguments.priority,
        "order": arguments.order,
        "interval": arguments.interval,
        "for": arguments.seconds,
        "icon": arguments.icon,
    }
    said = {key: value for key, value in wish.items() if value is not None}
    return _ask(arguments, json.dumps(said).encode(), "PUT")


def _remove(arguments: argparse.Namespace) -> dict[str, Any]:
    found = _ask(arguments, None, "DELETE", id=arguments.ids)
    missing = [each for each in arguments.ids if each not in found["removed"]]
    if missing:
        raise UserError(f"there is no item {missing[0]!r}; list them with: edgeboard marquee list")
    return found


def _list(arguments: argparse.Namespace) -> dict[str, Any]:
    return _ask(arguments)


def _told(arguments: argparse.Namespace, found: dict[str, Any]) -> list[str]:
    """What an answer says, for people."""
    if arguments.what == "set":
        told = [_told_of_set(arguments.id, found)]
        if "boxes" in found:
            told.append(f"! no font of the board has {found['boxes'][:20]}: boxes on panels; {found['boxes_remedy']}")
        return told
    if arguments.what == "remove":
        return [f"{', '.join(found['removed'])} removed"]
    lines = [_row(each, found["mesh_s"], found["shows"]["id"]) for each in found["items"]]
    if not lines:
        lines.append(f"no items; {_instead(found)}")
        lines.append('set one with: edgeboard marquee set door "The door is open" --level warning')
    lines += [_fault_row(fault, times) for fault, times in Counter(found["faults"]).items()]
    lines += [_source_row(each) for each in found["sources"]]
    return lines


def _fault_row(fault: str, times: int) -> str:
    if times == 1:
        return f"! an item of the room cannot be read and is left out: {fault}"
    return f"! {times} items of the room cannot be read and are left out: {fault}"


def _instead(found: dict[str, Any]) -> str:
    """What panels show while there is nothing to tell."""
    if found["fallback"]:
        return f"panels show the fall-back text {found['fallback']!r}"
    return f"panels show no marquee, and {found['shows']['text']!r} where they show nothing else (layout marquee)"


def _told_of_set(name: str, found: dict[str, Any]) -> str:
    if not found["changed"]:
        return f"{name} is like that already"
    (item,) = [each for each in found["items"] if each["id"] == name]
    if found["shows"]["level"] == "critical" != item["level"]:
        return f"{name} is set; it shows when no critical item is left"
    ahead = item["at"] - found["mesh_s"]
    return f"{name} is set" + (f"; it shows everywhere in {ahead:.1f} s" if ahead > 0 else "")


def _row(item: dict[str, Any], mesh_s: float, shown: str) -> str:
    mark = ">" if item["id"] == shown else " "
    ends = "" if item["expires"] is None else f"  (for {show_span(max(0.0, item['expires'] - mesh_s))} more)"
    waits = "" if item["valid"] else f"  (in {max(0.0, item['at'] - mesh_s):.1f} s)"
    soon = "" if item["next"] is None else f"  -> {item['next']}"
    source = "" if item["source"] is None else f"  (from a source of {', '.join(item['source'][:3])})"
    return f"{mark} {item['id']:12} {item['level']:{LEVEL_WIDTH}} {item['text']}{soon}{waits}{ends}{source}"


def _source_row(source: dict[str, Any]) -> str:
    how = source["trouble"] or _read(source["reads"])
    who = "" if source["ours"] else f"; read by {source['reader'] or 'nobody'}"
    return f"source {source['id']}: {how}{who}"


def _read(times: int) -> str:
    return "read once" if times == 1 else f"read {times} times"


def _watch(arguments: argparse.Namespace) -> int:
    before = None
    turns = 0
    while True:
        found = _ask(arguments)
        shows = found["shows"]
        if shows != before:
            before = shows
            if arguments.json:
                print(json.dumps({"mesh_s": found["mesh_s"], **shows}), flush=True)
            else:
                clock = datetime.now().astimezone().strftime("%H:%M:%S")
                told = f"{shows['level']:{LEVEL_WIDTH}} {shows['text']}"
                print(f"{clock}  {f'(no item; {_instead(found)})' if shows['fallback'] else told}", flush=True)
            turns += 1
            if arguments.turns is not None and turns >= arguments.turns:
                return 0
        time.sleep(LOOK_S)
