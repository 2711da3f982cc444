"""`edgeboard mesh secret`: print the secret that the boards of a mesh share, or join another mesh with it."""

import argparse
import json
import sys
from pathlib import Path

from edgeboard.cli.control import state_of
from edgeboard.errors import DecodeError, UserError
from edgeboard.identity.keyfile import MESH_FILE, load_mesh, load_or_create_mesh, set_mesh
from edgeboard.identity.trust import MeshSecret
from edgeboard.storage.statedir import StateDirectory

LINE_MAX = 4096


def main(arguments: argparse.Namespace) -> int:
    state = state_of(arguments.state)
    if arguments.set is None:
        mesh, text = read_secret(state), None
    else:
        mesh, text = join(state, arguments.set)
    if arguments.json:
        print(json.dumps({"mesh": mesh.mesh.hex(), "epoch": mesh.epoch, "secret": mesh.to_text()}))
    elif text is None:
        print(mesh.to_text())
    else:
        print(text)
    return 0


def read_secret(state: Path) -> MeshSecret:
    """The secret of a state directory; a new one where no node has been yet.

    Raises:
        UserError: unreadable, damaged, or the directory cannot be written.
    """
    if (state / MESH_FILE).exists():  # also while a node runs there
        return load_or_create_mesh(state)
    with StateDirectory.open(state, "edgeboard mesh secret") as held:
        return load_or_create_mesh(held.path)


def join(state: Path, token: str) -> tuple[MeshSecret, str]:
    """Make the node of a state directory one of another mesh; returns the mesh and what to tell.

    A room belongs to its mesh, so rooms with ink are kept as archives beside the database.

    Raises:
        UserError: mistyped, or a node runs there.
    """
    if token == "-":
        token = sys.stdin.readline(LINE_MAX)
    try:
        mesh = MeshSecret.from_text(token)
    except DecodeError as error:
        raise UserError(f"{error}; print it with `edgeboard mesh secret` on the other board") from None
    with StateDirectory.open(state, "edgeboard mesh secret --set") as held:
        before = load_mesh(held.path)
        if before == mesh:
            return mesh, "this board is in that mesh already"
        kept: list[Path] = []
        if before is not None and before.mesh != mesh.mesh:
            from edgeboard.cli.offline import keep_rooms

            kept = keep_rooms(held)
        set_mesh(held.path, mesh)
    if not kept:
        return mesh, "this board joins that mesh when it starts next"
    return mesh, (
        f"this board joins that mesh when it starts next; {len(kept)} of its rooms belonged to the old one and are "
        f"kept in {kept[0].parent}, bring one along with: edgeboard import ROOM FILE"
    )
