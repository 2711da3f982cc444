"""`edgeboard join`: make this board a member of another mesh, with an invitation or a code."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from edgeboard.cli.control import NoNode, ask_json, state_of
from edgeboard.errors import DecodeError, UserError
from edgeboard.identity.invitations import FILE_MAX, PREFIX, Invitation, decode_file
from edgeboard.identity.keyfile import load_mesh, load_or_create_key
from edgeboard.identity.pairing import read_code
from edgeboard.storage.statedir import StateDirectory


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
        if joined["kept_key"]:
            print(
                "it had been put out, so it is a new board with a new key; the one before counts no more, and is kept "
                f"as {joined['kept_key']}"
            )
    return 0


def read_invitation(given: str) -> str:
    """The invitation or code that is meant: the word itself, what is in a file, or on the standard input.

    Raises:
        UserError: it is none of them.
    """
    path = Path(given)
    try:
        if given == "-":
            text = decode_file(sys.stdin.buffer.read(FILE_MAX))
        elif given.lstrip().lower().startswith(PREFIX):
            text = given  # which may be longer than a name of a file can be
        elif path.is_file():
            with path.open("rb") as file:
                text = decode_file(file.read(FILE_MAX))
        elif path.suffix or "/" in given:
            raise UserError(
                f"there is no file {given}; make one on a board of the mesh: edgeboard mesh invite --file OUT"
            )
        else:
            text = given
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
        key, before = load_or_create_key(held.path), load_mesh(held.path)
        is_member = before is not None and not before.is_out and before.grant.public_key == key.public_key
        from edgeboard.node.errand import enter, refuse_to_leave

        if before is not None and is_member and not before.is_private and not leave:
            raise UserError(refuse_to_leave(before.charter.name))
        from edgeboard.discovery.neighbours import look_around

        entry = enter(text, key, peers, look_around)
        return entry.as_fields(entry.settle(held.path))
