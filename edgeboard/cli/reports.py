"""`edgeboard rooms`, `log` and `status`: what is there, who did it, and how the node is doing, as tables or JSON."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgeboard.cli.control import NoNode, ask_json, room_path, state_of

ID_SHOWN = 8  # digits of an id; enough to tell a handful apart
ENTRIES_SHOWN = 20
CLOSED = "closed"  # what `offline` says of a room: a node has it open

Table = Sequence[Sequence[object]]


def rooms(arguments: argparse.Namespace) -> int:
    state = state_of(arguments.state)
    found: list[dict[str, Any]] = _ask_or_open(state, "/control/rooms", lambda rooms: rooms.rooms())
    if arguments.json:
        print(json.dumps(found))
    elif not found:
        print(f"{state} has no rooms yet")
    else:
        print_table(
            ("room", "state", "items", "ops", "size", "people", "digest"),
            [
                (
                    room["name"],
                    room["state"],
                    room["items"],
                    room["ops"],
                    show_size(room["bytes"]),
                    room["people"],
                    room["digest"][:ID_SHOWN],
                )
                for room in found
            ],
        )
        if all(room["state"] == CLOSED for room in found):
            print(f"\nread from the disk, since no node runs there; open them with: edgeboard run --state {state}")
    return 0


def log(arguments: argparse.Namespace) -> int:
    state, name = state_of(arguments.state), arguments.room
    query = "" if arguments.at is None else f"?at={arguments.at}"
    found: dict[str, Any] = _ask_or_open(
        state, room_path("/control/rooms", name, f"log{query}"), lambda rooms: rooms.log(name, arguments.at)
    )
    if arguments.json:
        print(json.dumps(found))
        return 0
    then = "" if arguments.at is None else f" at {show_time(arguments.at)}"
    print(f"room {name}{then}: {found['live_items']} items from {found['ops']} ops in {show_size(found['bytes'])}")
    for note in found.get("notes", ()):
        print(f"  missing: {note['kind']} ({note['count']}): {note['why']}")
    names = found.get("names", {})
    print("\nwho")
    print_table(
        ("name", "person", "ops", "size", "from", "to", "did"),
        [
            (
                show_name(names.get(who["person"], "")),
                who["person"][:ID_SHOWN],
                who["ops"],
                show_size(who["bytes"]),
                show_time(who["first"]),
                show_time(who["last"]),
                ", ".join(f"{what} {count}" for what, count in who["did"].items()),
            )
            for who in found["people"]
        ],
    )
    print("\nlogged by")
    print_table(
        ("author", "node", "boot", "batches", "ops", "size", "from", "to"),
        [
            (
                author["author"][:ID_SHOWN],
                author["node"][:ID_SHOWN],
                author["boot"],
                author["batches"],
                author["ops"],
                show_size(author["batch_bytes"]),
                show_time(author["first"]),
                show_time(author["last"]),
            )
            for author in found["authors"]
        ],
    )
    print("\nlately")
    print_table(
        ("when", "person", "did", "size", "op"),
        [
            (
                show_time(entry["at"]),
                show_name(names.get(entry["person"], "")) or entry["person"][:ID_SHOWN],
                entry["what"],
                show_size(entry["bytes"]),
                entry["id"],
            )
            for entry in found["entries"][-ENTRIES_SHOWN:]
        ],
    )
    return 0


def status(arguments: argparse.Namespace) -> int:
    state = state_of(arguments.state)
    if arguments.imports:
        from edgeboard.cli.imports import show_imports

        return show_imports(state, as_json=arguments.json)
    found: dict[str, Any] = ask_json(state, "/control/status")
    if arguments.json:
        print(json.dumps(found))
        return 0
    print(f"{found['name']}  node {found['node'][:ID_SHOWN]}  mesh {found['mesh'][:ID_SHOWN]}")
    if "membership" in found:
        print(show_membership(found["membership"]))
    memory = "" if found.get("memory_bytes") is None else f"  {show_size(found['memory_bytes'])} of memory"
    print(f"{found['software']}  up {show_duration(found['up_s'])}  {found['guests']} guests{memory}")
    if found.get("kernels"):
        print(f"kernels: {', '.join(f'{name} in {twin}' for name, twin in found['kernels'].items())}")
    if found.get("kernels_remedy"):
        print(f"  {found['kernels_remedy']}")
    if found["store_failed"]:
        print(f"CANNOT SAVE: {found['store_failed']}")
    for line in show_space(found.get("disk", {}), found.get("store", {})):
        print(line)
    print("\nrooms")
    print_table(
        ("room", "state", "items", "ops", "size", "erased", "given back", "people", "not safe"),
        [
            (
                room["name"],
                room["state"],
                room.get("items", ""),
                room["ops"],
                show_size(room["bytes"]),
                room.get("compaction", {}).get("dead_items", ""),
                room.get("compaction", {}).get("given_back", {}).get("ops", ""),
                room["people"],
                room["unsafe"],
            )
            for room in found["rooms"]
        ],
    )
    images = found.get("blobs", {})
    if images.get("held") or images.get("wanted"):
        wanted = f", {images['wanted']} looked for" if images["wanted"] else ""
        full = ", NO ROOM FOR MORE" if images["full"] else ""
        print(f"\nimages: {images['held']} in {show_size(images['held_bytes'])}{wanted}{full}")
    print("\nlinks")
    print_table(
        ("to", "what", "carrier", "round trip", "from", ""),
        [
            (
                link["node"][:ID_SHOWN] or "-",
                "guest" if link["guest"] else "board",
                link["carrier"],
                "" if link["round_trip_ms"] is None else f"{link['round_trip_ms']:.1f} ms",
                link["remote"],
                "suspect" if link["suspect"] else "",
            )
            for link in found["links"]
        ],
    )
    if found.get("devices"):
        print("\npens and panels")
        for device in found["devices"]:
            print(f"  {device['device']}: {device['standing']}, {device['text']}")
    if found.get("panels"):
        print("\npanels (more with: edgeboard panels)")
        for panel in found["panels"]:
            size = f"{panel['width']} x {panel['height']} px, " if "width" in panel else ""
            well = f"shows {panel['room']}, {panel['frames']} frame{'s' * (panel['frames'] != 1)}" if size else ""
            fault = f"shows nothing: {panel['fault']}" if panel["fault"] else ""
            print(f"  {panel['name']}: {size}{fault or well}")
    trouble = [f"{name} {count}" for name, count in found["counters"].items() if count]
    print("\nother boards")
    for line in show_finding(found):
        print(f"  {line}")
    refused = [f"{url}: {why}" for url, why in found["refused_by"].items()]
    for title, lines in (("counted", trouble), ("refused by", refused), ("alarms", found["alarms"])):
        if lines:
            print(f"\n{title}")
            for line in lines:
                print(f"  {line}")
    return 0


def show_space(disk: dict[str, Any], store: dict[str, Any]) -> Iterator[str]:
    """What is short of the disk, and of the memory that stands in for it."""
    if disk.get("is_low"):
        reserve = "" if disk["has_reserve"] else ", and the reserve for a next start is used up"
        yield f"DISK ALMOST FULL: {show_size(disk['free_bytes'])} left{reserve}; free some space"
    if store.get("failed"):
        yield f"  {store['queued']} batches, {show_size(store['queued_bytes'])}, wait in memory to be saved"
    if store.get("full"):
        yield "  THE MEMORY FOR UNSAVED INK IS USED UP: new ink is refused until some of it is saved"


def _ask_or_open(state: Path, path: str, otherwise: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - JSON is anything
    """Ask the node; where none runs, open its store."""
    try:
        return ask_json(state, path)
    except NoNode:
        if not state.is_dir():
            raise
        from edgeboard.cli.offline import offline

        with offline(state) as opened:
            return otherwise(opened)


def main(arguments: argparse.Namespace) -> int:
    reports: dict[str, Callable[[argparse.Namespace], int]] = {"rooms": rooms, "log": log, "status": status}
    return reports[arguments.word](arguments)


def show_finding(found: Mapping[str, Any]) -> Iterator[str]:
    """By what a node finds others, and what that has brought."""
    discovery = found.get("discovery")
    if discovery is None:
        yield "not looked for on this network (discovery is off)"
    elif not discovery["addresses"]:
        yield "not looked for: this board is on no network where others could find it"
    else:
        yield f"{discovery['boards']} of this mesh seen nearby; announced at {', '.join(discovery['addresses'])}"
    for service in found.get("signaling", ()):
        yield f"signaling service {describe_service(service)}"


def describe_service(service: Mapping[str, Any]) -> str:
    """A signaling service as a node sees it, in a line."""
    how = f"reached, with {service['boards']} others" if service["open"] else service["trouble"] or "being tried"
    return f"{service['url']}: {how}"


def print_table(head: Sequence[str], rows: Table) -> None:
    """Columns as wide as they need to be; numbers to the right."""
    if not rows:
        print("  none")
        return
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in [list(head), *cells]) for at in range(len(head))]
    numeric = [all(isinstance(row[at], int) for row in rows) for at in range(len(head))]
    for row in [list(head), *cells]:
        padded = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numeric, strict=True)
        ]
        print(("  " + "  ".join(padded)).rstrip())


def show_name(name: str) -> str:
    """What somebody calls himself, with nothing in it that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def show_size(count: int) -> str:
    """Bytes as people read them."""
    if count < 1000:
        return f"{count} B"
    for unit, size in (("kB", count / 1e3), ("MB", count / 1e6)):
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{count / 1e9:.1f} GB"


def show_time(ms: int | None) -> str:
    """A label as local time; some clocks say strange things."""
    if ms is None:
        return "-"
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms"


def show_duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def show_membership(member: dict[str, Any]) -> str:
    """What a node is in its mesh, in a few words."""
    if member["revoked"]:
        return f"put out of the mesh {member['name']}; with an invitation it comes back as a new board: edgeboard join"
    if member["private"]:
        return "in a mesh of its own; let others in with: edgeboard mesh invite"
    looks = ", so nothing can be drawn here" if member["role"] == "view" else ""
    return f"in the mesh {member['name']} as {member['role']}{looks}, epoch {member['epoch']}"
