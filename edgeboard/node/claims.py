"""Which boards can read which sources of the marquee, as they say in the meta of its room.

Pure. A claim is ink like any other, so whoever may draw can write one: it counts for nothing of boards that are gone or
only look, and each board takes back what is said of it and is not so.
"""

import hashlib
from typing import Final

from edgeboard.ids import NodeId
from edgeboard.node.core import Core
from edgeboard.rooms.room import Room

SOURCE_BYTES: Final = 8  # of the hash that stands for a source in a key of meta
PREFIX: Final = "source/"


def mark_of(source: str) -> str:
    """What stands for a source in keys of meta."""
    return hashlib.sha256(source.encode(errors="replace")).digest()[:SOURCE_BYTES].hex()


def claim_key(source: str, node: NodeId | None) -> str:
    """The key of meta by which a board says that it can read a source; without a board, how those keys begin."""
    return f"{PREFIX}{mark_of(source)}/" + ("" if node is None else node.hex())


def claimed_by(room: Room, node: NodeId) -> set[str]:
    """The keys by which it is said of a board that it can read something."""
    suffix = "/" + node.hex()
    return {key for key in _claims(room) if key.endswith(suffix)}


def having(core: Core, room: Room) -> dict[str, list[NodeId]]:
    """The boards alive that can read each source, by its mark, in rank."""
    me, alive = core.identity, core.mesh.membership.members.alive()
    found: dict[str, list[NodeId]] = {}
    for key in _claims(room):
        _, mark, name = key.split("/")
        node = NodeId(bytes.fromhex(name))
        if me.draws if node == me.node else node in alive and core.draws(node):
            found.setdefault(mark, []).append(node)
    return {mark: sorted(nodes) for mark, nodes in found.items()}


def _claims(room: Room) -> list[str]:
    keys = [key for key in room.document.facts.metas if key.startswith(PREFIX) and _is_claim(key)]
    return [key for key in sorted(keys) if room.document.meta(key) is True]


def _is_claim(key: str) -> bool:
    parts = key.split("/")
    try:
        return len(parts) == 3 and [len(bytes.fromhex(part)) for part in parts[1:]] == [SOURCE_BYTES, 16]
    except ValueError:
        return False
