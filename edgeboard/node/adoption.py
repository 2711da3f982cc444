"""Ink that was drawn before this board joined its mesh.

Rooms and signatures belong to a mesh, so after `edgeboard join` the rooms of the mesh before are no longer shown. Their
ops keep their ids, so they are taken into the rooms of the same name; doing it again changes nothing.
"""

import asyncio
import json
import logging
from collections.abc import Callable

from edgeboard.canvas.document import Document
from edgeboard.errors import EdgeboardError
from edgeboard.ids import MeshId
from edgeboard.node.api import Api
from edgeboard.oplog.log import Log
from edgeboard.ports import Store, StoredRoom

_log = logging.getLogger(__name__)


async def adopt_rooms(store: Store, mesh: MeshId, api: Api, alarm: Callable[[str], object]) -> None:
    """Take the rooms of other meshes that the store holds into ours; people are told of those that cannot be taken."""
    for stored in await asyncio.to_thread(store.rooms):
        if stored.mesh == mesh:
            continue
        try:
            result = await api.import_json(stored.name, await asyncio.to_thread(_archive, store, stored))
        except EdgeboardError as error:
            text = f"room {stored.name} of the mesh before stays on the disk, and is not taken over: {error}"
            alarm(text)
            _log.error("%s", text)
            continue
        if result["taken"]:
            _log.info("room %s: took over %d ops drawn before this board joined", stored.name, result["taken"])


def _archive(store: Store, stored: StoredRoom) -> bytes:
    from edgeboard.rooms.archive import export_room  # most boards never change their mesh

    log = Log(stored.mesh, stored.room, lambda key, signature, message: True)
    document = Document()
    for batch in store.load(stored.room):
        for accepted in log.offer(batch.data, trusted=True).accepted:
            accepted.apply_to(document)
    return json.dumps(export_room(stored.name, document, mesh=stored.mesh)).encode()
