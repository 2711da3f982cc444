"""What nodes have of a room, found by looking: on a disk that nobody uses, and in a node that runs; and full disks."""

import base64
import json
from contextlib import suppress

from edgeboard.cli.offline import offline
from edgeboard.web.exports import Wanted


def ops_of(archive):
    """Printed id -> tail of every op in an archive; each id stands there once."""
    ops = {op["id"]: base64.b64decode(op["raw"]) for op in archive["ops"]}
    assert len(ops) == len(archive["ops"]), "an op id stands twice in the archive"
    return ops


def ops_on_disk(state, room="lobby"):
    """What the database of a node that is dead holds; opening it must work after any death."""
    with offline(state) as rooms:
        return ops_of(json.loads(rooms.export(room, Wanted("json")).data))


def ops_in(node, room="lobby"):
    status, body = node.ask("GET", f"/api/room/{room}/export.json")
    assert status == 200, body
    return ops_of(json.loads(body))


def digest_of(node, room="lobby"):
    """The digest of the canvas that a node shows."""
    rooms = json.loads(node.ask("GET", "/control/rooms")[1])
    return next(each["digest"] for each in rooms if each["name"] == room)


def carriers(node):
    """How the node's links to other nodes are carried."""
    return [link["carrier"] for link in node.status()["links"] if not link["guest"]]


def assert_kept(promised, ops, drawn):
    """Everything that was promised is there, as it was drawn."""
    lost = sorted(promised - ops.keys())
    assert not lost, f"{len(lost)} ops with a receipt are lost, the first: {lost[:5]}"
    changed = sorted(op for op in promised if ops[op] != drawn[op])
    assert not changed, f"not as they were drawn: {changed[:5]}"


def fill(disk):
    """Use up all space; returns the file that has it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:  # until there is no space left; somebody else may be writing too
            file.write(bytes(16_384))
    return filler
