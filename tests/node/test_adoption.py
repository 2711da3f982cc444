"""A board that joins a mesh keeps what it had."""

import asyncio

import msgpack

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.identity.grants import Role
from edgeboard.node.build import build
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.testing.members import TestMesh

ADOPTION = "take over rooms of the mesh before"


def board_in(state):
    return build(Config(node=NodeSection(name="a", state=state, listen=Listen("127.0.0.1", 0))))


async def adopted(board):
    """Until the board is done with the rooms of the mesh before."""
    task = next((each for each in asyncio.all_tasks() if each.get_name() == ADOPTION), None)
    if task is not None:
        await asyncio.wait_for(asyncio.shield(task), 20)


async def lobby_of(board):
    room = board.node.feed(lambda now: board.node.pipeline.open_room("lobby", now))
    await board.node.until_loaded(room.room)
    return room


async def test_ink_of_the_mesh_before_is_in_the_room_of_the_same_name(tmp_path) -> None:
    board = board_in(tmp_path / "a")
    await board.start()
    body = Add(page=0, layer=0, type=ItemType.TEXT, payload=msgpack.packb([0, 0, "before", 16, 0]))
    (op,) = board.node.feed(lambda now: board.node.pipeline.draw("lobby", [body], now))
    await board.stop()
    TestMesh("the other").admit(tmp_path / "a")
    for _ in range(2):
        board = board_in(tmp_path / "a")
        await board.start()
        room = await lobby_of(board)
        await adopted(board)
        assert [item.id for item in room.document.items()] == [op]
        await board.stop()
    assert room.log.statistics().entries == 1


async def test_what_a_board_may_not_take_into_its_mesh_stays_on_the_disk_and_people_are_told(tmp_path) -> None:
    board = board_in(tmp_path / "a")
    await board.start()
    body = Add(page=0, layer=0, type=ItemType.TEXT, payload=msgpack.packb([0, 0, "before", 16, 0]))
    (op,) = board.node.feed(lambda now: board.node.pipeline.draw("lobby", [body], now))
    await board.stop()
    TestMesh("the other").admit(tmp_path / "a", Role.VIEW)
    board = board_in(tmp_path / "a")
    await board.start()
    await adopted(board)
    assert "room lobby of the mesh before stays on the disk" in board.node.alarms[0]
    assert (await lobby_of(board)).document.items() == []
    await board.stop()
    TestMesh("a third").admit(tmp_path / "a")  # where it may draw again
    board = board_in(tmp_path / "a")
    await board.start()
    room = await lobby_of(board)
    await adopted(board)
    assert [item.id for item in room.document.items()] == [op]
    await board.stop()


async def test_a_board_that_stops_at_once_has_named_its_rooms_on_the_disk(tmp_path) -> None:
    board = board_in(tmp_path / "a")
    board.node._spawn = lambda work, name: work.close()  # the stop comes before any of these has run
    await board.start()
    await board.stop()
    store = SqliteStore(tmp_path / "a" / "edgeboard.db")
    assert [room.name for room in store.rooms()] == ["lobby"]
    store.close()
