"""Items of one type, found in batches; a room's pictures and tickers are what comes of it."""

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.values import pack_value
from edgeboard.ids import MeshId, NodeId, Origin, PersonId, author_id, node_id, op_id, room_id
from edgeboard.marquee.items import MARK, TickerItem, payload_of
from edgeboard.oplog.author import LocalAuthor
from edgeboard.rooms.arrivals import added_items
from edgeboard.rooms.room import Room, RoomSettings
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify

MESH, KEY, ORIGIN = MeshId(b"m" * 16), b"k" * 32, Origin(7)
NODE = node_id(KEY)


def found_in(*bodies):
    key = room_id(MESH, "lobby")
    room = Room(
        MESH, key, "lobby", node=NodeId(NODE), verify=stand_in_verify,
        make_author=lambda room: LocalAuthor(MESH, room, author_id(NODE, 1, 1), KEY, stand_in_sign(KEY)),
        maker=Maker(ORIGIN), person=PersonId(b"p" * 16), settings=RoomSettings(),
    )  # fmt: skip
    room.open(0.0)
    room.submit(bodies, 0.0)
    return list(added_items(room.flush(0).batches, room.log.table, MARK, ItemType.TICKER))


LINE = payload_of(TickerItem("a", "Hello"))


def test_items_of_the_type_are_found_among_others():
    others = Add(0, 0, ItemType.STROKE, bytes(50))
    assert found_in(others, Add(0, 0, ItemType.TICKER, LINE), others) == [op_id(ORIGIN, 2)]


@pytest.mark.parametrize(
    "body",
    [
        Add(0, 0, ItemType.TEXT, pack_value([0, 0, "a \u00a6ticker of words", 12, 1]) + MARK),
        Add(0, 0, ItemType.TICKER, pack_value({"text": "no id"})),
        Add(0, 0, ItemType.TICKER, LINE, op_id(Origin(9), 1), 1),
    ],
    ids=["another type that holds the mark", "the type without the mark", "a further piece"],
)
def test_what_only_looks_like_one_is_passed_over(body):
    assert found_in(body) == []
