"""Which boards can read which sources of the marquee, as they say in the meta of its room.

Pure. A claim is ink like any other, so whoever may draw can write one: it counts for nothing of boards that are gone or
only look, and each board takes back what is said of it and is not so.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from edgeboard.ids import NodeId
from edgeboard.node.core import Core
from edgeboard.rooms.room import Room

SOURCE_BYTES: Final = 8  # of the hash that stands for a source in a key of meta
PREFIX: Final = "source/"


def mark_of(source: str) -> str:
    """What stands for a source in keys of meta."""
    return hashlib.sha256(source.encode(errors="replace")).digest()[:SOURCE_BYTES].hex()


def claim_key(source: str, node: NodeId) -> str:
    """The key of meta by which a board says that it can read a source."""
    return f"{PREFIX}{mark_of(source)}/{node.hex()}"


def claimed_by(room: Room, node: NodeId) -> set[str]:
    """The keys by which it is said of a board that it can read something."""
    suffix = "/" + node.hex()
    keys = [key for key in room.document.facts.metas if key.endswith(suffix) and key.startswith(PREFIX)]
    return {key for key in keys if room.document.meta(key) is True}


def having(core: Core, room: Room, sources: Iterable[str]) -> dict[str, list[NodeId]]:
    """The boards alive that can read each of these sources, in rank; only of those that somebody can read.

    Looks for the boards that there are, never through all claims: others may have written any number of them.
    """
    me, alive = core.identity, core.mesh.membership.members.alive()
    ranked = sorted(node for node in {me.node, *alive} if (me.draws if node == me.node else core.draws(node)))
    suffixes = [(node, "/" + node.hex()) for node in ranked]
    metas, found = room.document.facts.metas, {}
    for source in sources:
        prefix = PREFIX + mark_of(source)
        nodes = [node for node, suffix in suffixes if prefix + suffix in metas]
        if nodes := [node for node in nodes if room.document.meta(claim_key(source, node)) is True]:
            found[source] = nodes
    return found
