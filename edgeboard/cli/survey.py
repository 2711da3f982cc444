"""`edgeboard mesh status|peers|graph`: the mesh as a running board sees it."""

import argparse
import json
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from edgeboard.cli.control import ask, ask_json
from edgeboard.errors import UserError

NAME_WIDTH = 24


def main(arguments: argparse.Namespace, state: Path) -> int:
    if arguments.what == "graph" and arguments.svg is not None:
        write(arguments.svg, ask(state, "/api/mesh.svg"))
        return 0
    found: dict[str, Any] = ask_json(state, "/api/mesh")
    board = ask_json(state, "/control/status")
    member = board["membership"]
    found |= {key: member[key] for key in ("name", "private", "put_out")}
    found |= {key: board[key] for key in ("refused_by", "unreachable")}
    if arguments.json:
        print(json.dumps(found))
    else:
        print("\n".join({"status": status, "peers": peers, "graph": graph}[arguments.what](found)))
    return 0


def status(found: dict[str, Any]) -> list[str]:
    """The mesh in a few lines."""
    boards, alive = found["boards"], [each for each in found["boards"] if each["alive"]]
    own = next(each for each in boards if each["self"])
    lines = [
        f"mesh {found['name']} ({found['mesh'][:8]}): "
        f"{counted(len(alive), 'board')}, {counted(len(found['links']), 'link')}",
        f"this board is {own['name']} ({own['node'][:8]}), linked to {sum(each['linked'] for each in boards)}",
    ]
    if found["put_out"]:
        lines.append(f"put out of the mesh; another board says: {found['put_out']}")
    lines += [f"{url} refuses: {reason}" for url, reason in sorted(found["refused_by"].items())]
    lines += [f"{url} does not answer: {reason}" for url, reason in sorted(found["unreachable"].items())]
    if behind := [each["name"] for each in alive if each["behind"]]:
        lines.append(f"catching up: {', '.join(behind)}")
    if silent := [each["name"] for each in alive if each["suspect"]]:
        lines.append(f"not answering: {', '.join(silent)}")
    if gone := [each["name"] for each in boards if not each["alive"]]:
        lines.append(f"not seen any more: {', '.join(gone)}")
    versions = sorted({each["software"] for each in alive if each["software"]})
    if len(versions) > 1:
        lines.append(f"different versions: {', '.join(versions)}")
    return lines


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def peers(found: dict[str, Any]) -> list[str]:
    """A line for each other board."""
    lines = []
    for each in found["boards"]:
        if each["self"]:
            continue
        trip = each["round_trip_ms"]
        how = "not seen any more" if not each["alive"] else "through others" if not each["linked"] else "linked"
        if trip is not None:
            how += f", {trip:.0f} ms" if trip >= 1 else ", < 1 ms"
        how += ", not answering" if each["suspect"] else ", catching up" if each["behind"] else ""
        how += "" if each.get("role") in (None, "draw") else f", role {each['role']}"
        where = each["urls"][0] if each["urls"] else ""
        lines.append(f"{each['node'][:8]}  {each['name']:{NAME_WIDTH}}  {how}  {each['software']}  {where}".rstrip())
    if not lines and found["private"]:
        return ["this board is alone in its mesh; let others in with: edgeboard mesh invite"]
    return lines or ["no other board has been met yet; edgeboard mesh status says what is the matter"]


def graph(found: dict[str, Any]) -> list[str]:
    """A line for each link."""
    names = {each["node"]: each["name"] for each in found["boards"]}
    lines = []
    for link in found["links"]:
        one, other = (f"{names[node]} ({node[:8]})" for node in link["nodes"])
        trip = "" if link["round_trip_ms"] is None else f"  {link['round_trip_ms']:.0f} ms"
        lines.append(f"{one} -- {other}{trip}{'' if link['sure'] else '  (one end says so)'}")
    return lines or ["there are no links"]


def write(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Write a file, which its owner alone can read if it is `secret`. Raises: UserError: it cannot be written."""
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        mode = 0o600 if secret else 0o666
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode), "wb") as file:
            if secret and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                with suppress(OSError):  # a card's boot partition has no modes
                    os.fchmod(file.fileno(), mode)  # the file may have been there
            file.write(data)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
