"""`edgeboard join`: make this board a member of another mesh, with an invitation or a code."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from edgeboard.cli.control import NoNode, ask_json, state_of
from edgeboard.errors import DecodeError, UserError
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.keyfile import load_mesh, load_or_create_key, set_mesh, set_peers
from edgeboard.identity.pairing import read_code
from edgeboard.storage.statedir import StateDirectory

TEXT_MAX = 16_384  # characters of a file with an invitation


def main(arguments: argparse.Namespace) -> int:
    state, peers = state_of(arguments.state), tuple(arguments.peer or ())
    text = read_invitation(arguments.invitation)
    command = {"text": text, "peers": peers, "leave": arguments.leave}
    try:
        joined = ask_json(state, "/control/mesh/join", json.dumps(command).encode())
        when = "it starts anew in it, with what was drawn on it"
    except NoNode:
        joined = join_alone(state, text, peers, leave=arguments.leave)
        when = "start it with: edgeboard run" + ("" if arguments.state is None else f" --state {arguments.state}")
    if arguments.json:
        print(json.dumps(joined))
    elif joined["known"]:
        print(f"this board is in the mesh {joined['mesh']} already, as {joined['role']}")
    else:
        print(f"this board is in the mesh {joined['mesh']} now, as {joined['role']}; {when}")
    return 0


def read_invitation(given: str) -> str:
    """The invitation or code that is meant: the word itself, what is in a file, or on the standard input.

    Raises:
        UserError: it is none of them.
    """
    text = given
    try:
        if given == "-":
            text = sys.stdin.read(TEXT_MAX)
        elif Path(given).is_file():
            text = Path(given).read_text(encoding="utf-8", errors="replace")[:TEXT_MAX]
    except OSError as error:
        raise UserError(f"cannot read {given}: {error.strerror or error}") from None
    try:
        return read_code(text)
    except DecodeError:
        pass
    try:
        Invitation.from_text(text)
    except DecodeError as error:
        raise UserError(
            f"{given[:40]!r} is no code of six digits, no file, and no invitation: {error}; make one on a board of "
            "the mesh with `edgeboard mesh invite` or `edgeboard pair`"
        ) from None
    return text


def join_alone(state: Path, text: str, peers: tuple[str, ...], *, leave: bool) -> dict[str, Any]:
    """Join while no node runs there; what was drawn on it comes along when one starts.

    Raises:
        UserError: it is in a mesh with others already. RefusedError, TransportError: as whoever was asked says.
    """
    with StateDirectory.open(state, "edgeboard join") as held:
        before = load_mesh(held.path)
        if before is not None and not before.is_private and not leave:
            raise UserError(
                f"this board is in the mesh {before.charter.name} already; to leave it for another one, add --leave"
            )
        from edgeboard.discovery.neighbours import look_around
        from edgeboard.node.admission import ask_to_join

        admitted = ask_to_join(text, load_or_create_key(held.path), peers, look_around)
        member = admitted.membership
        set_peers(held.path, admitted.peers)
        set_mesh(held.path, member)
    return {"mesh": member.charter.name, "role": member.grant.role.name.lower(), "known": False}
