"""`edgeboard mesh`: make a mesh, invite boards into it, put boards out of it."""

import argparse
import json
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edgeboard.cli.control import ask_json, state_of
from edgeboard.cli.moments import show_span
from edgeboard.cli.reports import describe_service
from edgeboard.cli.survey import main as look
from edgeboard.cli.survey import write
from edgeboard.errors import UserError
from edgeboard.identity.keyfile import found, load_mesh
from edgeboard.storage.statedir import StateDirectory


def main(arguments: argparse.Namespace) -> int:
    if arguments.what in ("status", "peers", "graph"):
        return look(arguments, state_of(arguments.state))
    what = {"init": init, "invite": invite, "invitations": invitations, "revoke": revoke, "signal": change_services}
    return what[arguments.what](arguments, state_of(arguments.state))


def init(arguments: argparse.Namespace, state: Path) -> int:
    """Make a mesh with a name, of which this board has the key.

    Raises:
        UserError: a node runs there, or it is in a mesh that somebody has asked for.
    """
    with StateDirectory.open(state, "edgeboard mesh init") as held:
        before = load_mesh(held.path)
        if before is not None and not before.is_private and not arguments.leave:
            raise UserError(
                f"this board is in the mesh {before.charter.name} already; to leave it for a new one, add --leave"
            )
        made = found(held.path, arguments.name)
    if arguments.json:
        print(json.dumps({"mesh": made.mesh.hex(), "name": made.charter.name}))
        return 0
    print(f"made the mesh {made.charter.name}; its key is {state / 'mesh.key'}: keep a copy where nobody else finds it")
    print(f"start the board with `edgeboard run{_option(arguments)}`, and let others in with `edgeboard mesh invite`")
    return 0


def invite(arguments: argparse.Namespace, state: Path) -> int:
    """Make an invitation, or take one back."""
    if arguments.revoke is not None:
        ended = ask_json(state, "/control/mesh/invitations/end", json.dumps({"id": arguments.revoke}).encode())
        boards = "1 board that came by it stays" if ended["used"] == 1 else f"{ended['used']} that came by it stay"
        print(json.dumps(ended) if arguments.json else f"invitation {ended['id']} is ended; {boards}")
        return 0
    wanted = {"boards": arguments.boards, "role": arguments.role, "seconds": arguments.seconds}
    made: dict[str, Any] = ask_json(state, "/control/mesh/invite", json.dumps(wanted).encode())
    _say_doubt(made)
    if arguments.file is not None:
        write(arguments.file, made["file"].encode(), secret=True)
    if arguments.svg is not None:
        from edgeboard.web.sharing import qr_svg

        write(arguments.svg, qr_svg(made["text"].upper()))
    if arguments.json:
        print(json.dumps(made))
    elif "-" not in map(
        str, (arguments.file, arguments.svg)
    ):  # whoever takes one of these from the output wants no words
        _show(made, arguments)
    return 0


def _show(made: dict[str, Any], arguments: argparse.Namespace) -> None:
    who = "one board" if made["boards"] == 1 else f"{made['boards']} boards"
    print(f"This lets {who} into the mesh {made['mesh']} within {show_span(made['left_s'])}, as {made['role']}.")
    print("On the new board, whether edgeboard runs there already or not, while this one is on:\n")
    print(f"    edgeboard join {made['text']}\n")
    if sys.stdout.isatty():
        from edgeboard.cli.qr import qr_lines

        for line in qr_lines(made["text"].upper()):
            print(f"    {line}")
        print()
    for written in (arguments.file, arguments.svg):
        if written is not None:
            print(f"written to {written}")
    print(f"Take it back with: edgeboard mesh invite --revoke {made['id'][:8]}{_option(arguments)}")


def invitations(arguments: argparse.Namespace, state: Path) -> int:
    """List the invitations of this board."""
    rows = ask_json(state, "/control/mesh/invitations")
    if arguments.json:
        print(json.dumps(rows))
        return 0
    if not rows:
        print("this board has given out no invitations")
    for row in rows:
        left = f", {show_span(row['left_s'])} left" if row["state"] == "open" else ""
        print(f"{row['id'][:8]}  {row['state']}{left}  {row['used']} of {row['boards']} used  {row['role']}")
    return 0


def revoke(arguments: argparse.Namespace, state: Path) -> int:
    """Put a board out, or list who was.

    Raises:
        UserError: nobody is named.
    """
    if arguments.list:
        rows = ask_json(state, "/control/mesh/revocations")
        if arguments.json:
            print(json.dumps(rows))
        else:
            print("\n".join(map(_revocation, rows)) or "nobody was put out of this mesh")
        return 0
    if arguments.node is None:
        raise UserError(
            "name the board as `edgeboard mesh peers` shows it, by its name or its id, or list who was put out: --list"
        )
    done = ask_json(state, "/control/mesh/revoke", json.dumps({"node": arguments.node}).encode())
    _say_doubt(done)
    if arguments.json:
        print(json.dumps(done))
        return 0
    who = _board(done["name"], done["node"])
    if not done["news"]:
        print(f"{who} was put out before")
        return 0
    print(f"{who} is put out, for ever; the mesh has a new secret")
    if done["falls"]:
        print(f"with it, since it has let them in: {', '.join(_board(**each) for each in done['falls'])}")
    if not done["sure"]:
        print(
            "it is not known here: if the key of the mesh has made it an admin, do this again on the board that has it"
        )
    return 0


def _say_doubt(answer: dict[str, Any]) -> None:
    """Whoever was put out is told nothing that he could check, so this is a word of warning and no refusal."""
    if answer["doubt"]:
        print(f"edgeboard: this may not count: another board says that {answer['doubt']}", file=sys.stderr)


def _board(name: str, node: str) -> str:
    return f"{name} ({node[:8]})" if name else f"board {node}"


def _revocation(row: dict[str, Any]) -> str:
    who = _board(row["name"], row["target"]) if row["kind"] == "node" else f"{row['kind']} {row['target']}"
    by = row["by"] if row["by"] == "the mesh key" else _board(row["by_name"], row["by"][:8])
    if row["counts"]:
        return f"{who}, by {by}"
    return f"{who} is NOT put out: the word of {by} does not count against it, only that of the mesh key"


def _option(arguments: argparse.Namespace) -> str:
    return "" if arguments.state is None else f" --state {arguments.state}"


def change_services(arguments: argparse.Namespace, state: Path) -> int:
    """Change where a running board meets others; what its configuration says holds again with its next start.

    Raises:
        UserError: no address where one is needed, or none runs there.
    """
    if arguments.change == "list":
        services = ask_json(state, "/control/signaling")
    else:
        if arguments.url is None:
            raise UserError(f"say which: edgeboard mesh signal {arguments.change} http://10.0.0.9:8788")
        wanted = json.dumps({arguments.change: arguments.url}).encode()
        answer = ask_json(state, "/control/signaling", wanted)
        services = answer["services"]
        if arguments.change == "add":
            _warn_of_unknown(arguments.url)
        if not answer["changed"]:
            already = "is there already" if arguments.change == "add" else "was not there"
            raise UserError(f"{arguments.url} {already}")
    if arguments.json:
        print(json.dumps(services))
        return 0
    for service in services:
        print(describe_service(service))
    if not services:
        print("no signaling services; boards on this network are found without")
    return 0


def _warn_of_unknown(url: str) -> None:
    """A name that nobody knows is mistyped, most likely; or its machine is off, so it is taken all the same."""
    host = urlsplit(url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        print(
            f"edgeboard: the name {host} is not known on this machine at the moment; if it is mistyped: "
            f"edgeboard mesh signal remove {url}",
            file=sys.stderr,
        )
