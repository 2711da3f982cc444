"""What a node takes from the nodes it is linked to: the rooms they are in, their batches, who is there, their time."""

from typing import final

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import NodeId, RoomId
from edgeboard.node.agreement import Agreement
from edgeboard.node.attachments import Attachments
from edgeboard.node.core import Core
from edgeboard.node.intake import Intake
from edgeboard.node.timekeeping import Timekeeping
from edgeboard.vectors import Vector
from edgeboard.wire.introductions import Introduce
from edgeboard.wire.live import Live
from edgeboard.wire.messages import Batches, BatchIs, Digest, Join, Leave, Message, Presence


@final
class Neighbours:
    """The nodes' half of the pipeline; the guests' half is `Hosting`."""

    def __init__(self, core: Core, attachments: Attachments, agreement: Agreement, timekeeping: Timekeeping) -> None:
        self._core = core
        self._attachments = attachments
        self._agreement = agreement
        self._timekeeping = timekeeping

    def receive(self, link: int, node: NodeId, message: Message, intake: Intake, now: float) -> None:
        """One message of a node that is not the mesh's own.

        Raises:
            DecodeError: broken. RefusedError: not allowed. The link is to be closed with the reason.
        """
        core = self._core
        match message:
            case Join(key, name, vector, handle):
                self._join(link, RoomId(key), name, Vector.from_bytes(vector), handle, now)
            case BatchIs(key, data):
                core.take_batches(link, RoomId(key), (data,), intake, now)
            case Batches(key, batches):
                core.take_batches(link, RoomId(key), batches, intake, now)
            case Presence():
                core.hear_presence(link, node, message)
            case Digest():
                self._agreement.receive(message, now)
            case Live():
                if not self._timekeeping.receive(link, message, now):
                    core.live_items(link, message, None, now)
            case Leave(key):
                core.mesh.leave(link, RoomId(key))
            case Introduce():
                came = core.introductions.receive(link, message, now)
                core.out += [] if came is None else [came]
            case _:
                raise RefusedError(CloseCode.MALFORMED, f"a node does not say {type(message).__name__}")

    def _join(self, link: int, key: RoomId, name: str, vector: Vector, handle: int, now: float) -> None:
        core = self._core
        room = core.open_theirs(key, name, now)
        if room is None:
            return
        core.mesh.join(link, room.room, vector, handle, now)
        self._attachments.joined(link, room.room)
        for known in core.present(room.room):
            core.say(link, core.presence(room.room, known))
        core.advance(room, now)
