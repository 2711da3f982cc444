"""A whole board in this process: real store, real doors, real links over loopback."""

import asyncio
import json
import threading
from functools import partial
from pathlib import Path

import aiohttp
import msgpack
import pytest

import edgeboard.node.board as board_module
from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.config.schema import Config, NodeSection, StorageSection
from edgeboard.config.values import Listen
from edgeboard.errors import CloseCode, RefusedError, StoreError, TransportError, UserError
from edgeboard.identity.grants import Role
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import Origin, PersonId
from edgeboard.node import api, links
from edgeboard.node.build import build
from edgeboard.ota.launch import looking
from edgeboard.signaling.client import SignalingClient
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.testing.members import TestMesh
from edgeboard.transport.dialer import LinkTransport
from edgeboard.transport.settings import Settings as TransportSettings
from edgeboard.wire.messages import Channel

MESH = TestMesh("of this test")


def config_of(
    state, *peers: str, port: int = 0, kind: str = "sqlite", mode: str = "auto", join_file: Path = Path("/none")
) -> Config:
    return Config(
        node=NodeSection(name=state.name, state=state, listen=Listen("127.0.0.1", port), join_file=join_file),
        peers=peers,
        transport=TransportSettings(mode=mode, include_loopback=True, addresses=("127.0.0.1",)),
        storage=StorageSection(kind=kind),
    )


def same_mesh(*states) -> None:
    for state in states:
        state.mkdir(mode=0o700)
        MESH.admit(state)


def text(words: str) -> Add:
    return Add(page=0, layer=0, type=ItemType.TEXT, payload=msgpack.packb([0, 0, words, 16, 0]))


async def until(check) -> None:
    async with asyncio.timeout(20):
        while not check():  # noqa: ASYNC110 - sockets have no event to wait for
            await asyncio.sleep(0.01)


class Seat:
    """A scripted guest on a real WebSocket."""

    def __init__(self, board, number: int = 1) -> None:
        self.board = board
        self.guest = ScriptedGuest(PersonId(bytes([number]) * 16), Origin(number << 40))

    async def __aenter__(self) -> ScriptedGuest:
        self.http = aiohttp.ClientSession()
        self.ws = await self.http.ws_connect(f"http://127.0.0.1:{self.board.port}/guest")
        loop = asyncio.get_running_loop()
        self.sending: set[asyncio.Task] = set()

        def send(channel: Channel, data: bytes) -> None:
            task = loop.create_task(self.ws.send_bytes(bytes((channel,)) + data))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

        self.guest.send = send
        self.reading = loop.create_task(self.read())
        self.guest.enter("lobby")
        return self.guest

    async def read(self) -> None:
        async for message in self.ws:
            self.guest.receive(Channel(message.data[0]), message.data[1:])

    async def __aexit__(self, *_) -> None:
        await self.ws.close()
        await self.reading
        await self.http.close()


@pytest.mark.parametrize("mode", ["webrtc", "websocket"])
async def test_two_boards_link_and_share_a_canvas(tmp_path, mode) -> None:
    same_mesh(tmp_path / "a", tmp_path / "b")
    first = build(config_of(tmp_path / "a", mode=mode))
    await first.start()
    second = build(config_of(tmp_path / "b", f"http://127.0.0.1:{first.port}", mode=mode))
    await second.start()
    try:
        async with Seat(first) as guest:
            await until(lambda: guest.room is not None and second.links.all())
            assert {link.carrier for _, link in second.links.all()} == {mode}
            guest.draw(text("hello"))
            await until(lambda: guest.safe == {1})
        rooms = [next(iter(board.node.pipeline.rooms.values())) for board in (first, second)]
        assert rooms[0].document.digest() == rooms[1].document.digest()
        assert len(rooms[1].document.items()) == 1
    finally:
        await asyncio.gather(first.stop(), second.stop())


async def test_a_link_that_began_over_a_websocket_goes_on_over_webrtc_with_all_ink(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(links, "IMPROVE_FIRST_S", 0.1)
    same_mesh(tmp_path / "a", tmp_path / "b")
    first = build(config_of(tmp_path / "a"))
    await first.start()
    second = build(config_of(tmp_path / "b", f"http://127.0.0.1:{first.port}"))

    def carriers() -> set[str]:
        return {link.carrier for board in (first, second) for _, link in board.links.all() if link.peer is not None}

    async def take_too_long(*_) -> None:
        raise TransportError("WebRTC did not open within 5 s")

    try:
        async with Seat(first) as guest:
            with monkeypatch.context() as patch:
                patch.setattr(LinkTransport, "_dial_webrtc", take_too_long)
                await second.start()
                await until(lambda: guest.room is not None and carriers() == {"websocket"})
                guest.draw(text("hello"))
                await until(lambda: 1 in guest.safe)
            await until(lambda: carriers() == {"webrtc"})
            guest.draw(text("again"))
            await until(lambda: 2 in guest.safe)
        rooms = [next(iter(board.node.pipeline.rooms.values())) for board in (first, second)]
        assert rooms[0].document.digest() == rooms[1].document.digest()
        assert len(rooms[1].document.items()) == 2
    finally:
        await asyncio.gather(first.stop(), second.stop())


async def test_a_board_whose_grant_is_to_look_shows_what_others_draw_and_no_other_takes_its_ink(tmp_path) -> None:
    same_mesh(tmp_path / "a")
    (tmp_path / "b").mkdir(mode=0o700)
    MESH.admit(tmp_path / "b", Role.VIEW)
    first = build(config_of(tmp_path / "a"))
    await first.start()
    second = build(config_of(tmp_path / "b", f"http://127.0.0.1:{first.port}"))
    await second.start()
    try:

        def draw(board) -> None:
            board.node.feed(lambda now: board.node.pipeline.draw("lobby", [text("hello")], now))

        def count(board) -> int:
            return len(next(iter(board.node.pipeline.rooms.values())).document.items())

        await until(lambda: first.links.all() and second.links.all())
        assert first.links.all()[0][1].peer.capabilities["urls"] == [], "who draws elsewhere is not sent here"
        draw(first)
        await until(lambda: count(second) == 1)
        connector = aiohttp.UnixConnector(str(tmp_path / "b" / "control.sock"))
        async with aiohttp.ClientSession(connector=connector) as owner:
            answer = await owner.post("http://node/control/rooms/lobby/import", data=b"{}")
            assert (answer.status, "its role is view" in await answer.text()) == (403, True)
        async with Seat(second) as guest:
            await until(lambda: guest.room is not None)
            guest.draw(text("of a guest"))
            await until(lambda: guest.refused)
        next(iter(second.node.pipeline.rooms.values()))._draws = True  # its owner has changed its software
        draw(second)
        await until(lambda: any("may look at this mesh" in alarm for alarm in first.node.alarms))
        assert (count(first), count(second)) == (1, 2)
    finally:
        await asyncio.gather(first.stop(), second.stop())


@pytest.mark.parametrize("said", [b"", b"GET /room/lob", b"POST /mesh/join HTTP/1.1\r\nHost: b\r\n"])
async def test_who_connects_and_never_comes_to_the_end_of_asking_is_let_go(tmp_path, monkeypatch, said) -> None:
    """Or some hundred of them would keep everybody else out."""
    monkeypatch.setattr(board_module, "IDLE_S", 0.1)
    board = build(config_of(tmp_path / "a"))
    await board.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", board.port)
        writer.write(said)
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
    finally:
        await board.stop()


async def test_what_was_drawn_is_there_after_a_restart(tmp_path) -> None:
    board = build(config_of(tmp_path / "a"))
    await board.start()
    async with Seat(board) as guest:
        await until(lambda: guest.room is not None)
        guest.draw(text("one"), text("two"))
        await until(lambda: guest.safe == {1, 2})
    await board.stop()
    again = build(config_of(tmp_path / "a"))
    await again.start()
    try:
        room = again.node.feed(lambda now: again.node.pipeline.open_room("lobby", now))
        await again.node.until_loaded(room.room)
        assert len(room.document.items()) == 2
    finally:
        await again.stop()


async def test_a_stop_saves_what_is_being_gathered(tmp_path) -> None:
    board = build(config_of(tmp_path / "a"))
    await board.start()
    board.node.feed(lambda now: board.node.pipeline.draw("lobby", [text("last")], now))
    started = asyncio.get_running_loop().time()
    await board.stop()
    assert asyncio.get_running_loop().time() - started < 2.0
    again = build(config_of(tmp_path / "a"))
    await again.start()
    room = again.node.feed(lambda now: again.node.pipeline.open_room("lobby", now))
    await again.node.until_loaded(room.room)
    assert len(room.document.items()) == 1
    await again.stop()


async def test_on_a_disk_that_takes_nothing_a_room_is_read_and_named_when_it_takes_something_again(
    tmp_path, monkeypatch
) -> None:
    board = build(config_of(tmp_path / "a"))
    await board.start()
    board.node.feed(lambda now: board.node.pipeline.draw("lobby", [text("before")], now))
    await board.stop()
    named = []

    def full(self, room) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(SqliteStore, "add_room", full)
    again = build(config_of(tmp_path / "a"))
    await again.start()
    try:
        room = again.node.feed(lambda now: again.node.pipeline.open_room("lobby", now))
        await again.node.until_loaded(room.room)
        assert len(room.document.items()) == 1
        assert again.node.pipeline.store_failed_text is None
        monkeypatch.setattr(SqliteStore, "add_room", lambda self, room: named.append(room))
        again.node.feed(lambda now: again.node.pipeline.draw("lobby", [text("after")], now))
        await until(lambda: [room.name for room in named] == ["lobby"])
    finally:
        await again.stop()


async def test_nothing_of_a_stopped_board_runs_on(tmp_path) -> None:
    before = asyncio.all_tasks()
    board = build(config_of(tmp_path / "a"))
    await board.start()
    async with Seat(board) as guest:
        await until(lambda: guest.room is not None)
    await board.stop()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_taken_port_is_one_clear_line_and_leaves_the_directory_free(tmp_path) -> None:
    first = build(config_of(tmp_path / "a", kind="memory"))
    await first.start()
    second = build(config_of(tmp_path / "b", port=first.port, kind="memory"))
    with pytest.raises(UserError, match="taken by another program"):
        await second.start()
    third = build(config_of(tmp_path / "b", kind="memory"))
    await third.start()
    await asyncio.gather(first.stop(), third.stop())


async def test_a_directory_that_another_board_holds_is_refused(tmp_path) -> None:
    board = build(config_of(tmp_path / "a", kind="memory"))
    with pytest.raises(UserError, match="in use by another node"):
        build(config_of(tmp_path / "a", kind="memory"))
    await board.stop()


async def test_a_required_peer_of_another_mesh_ends_the_start(tmp_path) -> None:
    first = build(config_of(tmp_path / "a", kind="memory"))
    await first.start()
    url = f"http://127.0.0.1:{first.port}"
    second = build(config_of(tmp_path / "b", url, kind="memory"), required_peers=(url,))
    await second.start()
    with pytest.raises(UserError, match="refuses to link"):
        await asyncio.wait_for(second.run_until_stopped(), 20)
    assert not first.links.all()
    await asyncio.gather(first.stop(), second.stop())


async def test_the_status_says_who_does_not_answer_unless_it_has_come_by_itself(tmp_path) -> None:
    same_mesh(tmp_path / "a", tmp_path / "b")
    gone = "http://127.0.0.1:1"
    first = build(config_of(tmp_path / "a", gone))
    await first.start()
    await until(lambda: first.links.unreachable)

    async def unreachable() -> dict:
        connector = aiohttp.UnixConnector(str(tmp_path / "a" / "control.sock"))
        async with (
            aiohttp.ClientSession(connector=connector) as control,
            control.get("http://board/control/status") as answer,
        ):
            return (await answer.json())["unreachable"]

    assert list(await unreachable()) == [gone]
    second = build(config_of(tmp_path / "b", f"http://127.0.0.1:{first.port}"))
    await second.start()
    node = second.node.pipeline.identity.node
    await until(lambda: first.links.has_nodes)
    first.node.feed(lambda now: first.node.pipeline.found(node, (gone,), now))
    assert await unreachable() == {}
    await asyncio.gather(first.stop(), second.stop())


async def test_a_board_that_is_linked_goes_on_when_a_peer_of_its_command_line_refuses(tmp_path) -> None:
    same_mesh(tmp_path / "a", tmp_path / "b")
    first, stranger = build(config_of(tmp_path / "a")), build(config_of(tmp_path / "c", kind="memory"))
    await asyncio.gather(first.start(), stranger.start())
    urls = tuple(f"http://127.0.0.1:{board.port}" for board in (first, stranger))
    second = build(config_of(tmp_path / "b", urls[0]), required_peers=urls)
    await second.start()
    await until(lambda: second.links.has_nodes)
    second._refusal(urls[1])(RefusedError(CloseCode.OTHER_MESH, "another mesh"))
    assert not second._stopping.is_set()
    await asyncio.gather(first.stop(), second.stop(), stranger.stop())


async def test_boards_that_have_met_find_each_other_when_who_introduced_them_is_off(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(board_module, "PLACE_S", 0.1)
    names = [tmp_path / name for name in "abc"]
    same_mesh(*names)
    boards = [build(config_of(names[0]))]
    await boards[0].start()
    for name in names[1:]:
        boards.append(build(config_of(name, f"http://127.0.0.1:{boards[0].port}")))
        await boards[-1].start()
    await until(lambda: all(len(board.node.pipeline.mesh.membership.members.alive()) == 2 for board in boards))
    await until(lambda: all((name / "boards.json").exists() for name in names[1:]))
    await until(lambda: all(len(json.loads((name / "boards.json").read_text())["boards"]) == 2 for name in names[1:]))
    ports = [board.port for board in boards]
    await asyncio.gather(*(board.stop() for board in boards))
    again = [build(config_of(name, port=port)) for name, port in zip(names[1:], ports[1:], strict=True)]
    await asyncio.gather(*(board.start() for board in again))
    await until(lambda: all(board.links.has_nodes for board in again))
    await asyncio.gather(*(board.stop() for board in again))


async def test_an_export_is_imported_elsewhere_and_a_second_import_changes_nothing(tmp_path) -> None:
    first, second = (build(config_of(tmp_path / name, kind="memory")) for name in "ab")
    await asyncio.gather(first.start(), second.start())
    try:
        first.node.feed(lambda now: first.node.pipeline.draw("lobby", [text("one"), text("two")], now))
        first.node.feed(first.node.pipeline.flush)
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{first.port}/api/room/lobby/export.json") as answer:
                archive = await answer.read()
            connector = aiohttp.UnixConnector(str(tmp_path / "b" / "control.sock"))
            async with aiohttp.ClientSession(connector=connector) as control:
                results = []
                for _ in range(2):
                    async with control.post("http://board/control/rooms/copy/import", data=archive) as answer:
                        assert answer.status == 200, await answer.text()
                        results.append(json.loads(await answer.text()))
                async with control.post("http://board/control/rooms/copy/import", data=b"{}") as answer:
                    assert answer.status == 400
                async with control.get("http://board/control/rooms/attic/log") as answer:
                    assert answer.status == 404
                async with control.get("http://board/control/status") as answer:
                    status = await answer.json()
        assert [result["taken"] for result in results] == [2, 0]
        assert [result["known"] for result in results] == [0, 2]
        assert {room["name"] for room in status["rooms"]} == {"lobby", "copy"}
    finally:
        await asyncio.gather(first.stop(), second.stop())


async def test_an_offer_of_a_node_that_was_cut_off_is_turned_away_before_it_costs_a_connection(tmp_path):
    same_mesh(tmp_path / "ann")
    flooder = NodeKey(b"f" * 32)
    client = SignalingClient(MESH.credentials(flooder))
    board = build(config_of(tmp_path / "ann"))
    await board.start()
    try:
        board.node.feed(lambda now: board.node.pipeline.mesh.membership.overlay.shun(flooder.node_id, now + 60, now))
        with pytest.raises(RefusedError, match="left alone") as caught:
            await client.introduce(f"http://127.0.0.1:{board.port}", "an offer that nobody reads")
        assert caught.value.code is CloseCode.FORBIDDEN
    finally:
        await client.close()
        await board.stop()


async def test_a_board_that_is_asked_to_save_does_so_and_says_when_its_disk_is_dead(tmp_path, monkeypatch) -> None:
    asked, disk_is_back = [], threading.Event()

    def hang(store: SqliteStore, token: bytes) -> bytes:
        asked.append(token)
        disk_is_back.wait()
        return token

    board = build(config_of(tmp_path / "a"))
    await board.start()
    try:
        prove = partial(asyncio.to_thread, looking.prove, tmp_path / "a")
        assert await prove(b"ink") == ""
        monkeypatch.setattr(SqliteStore, "prove", hang)
        monkeypatch.setattr(api, "PROOF_S", 0.05)
        for _ in range(2):
            assert "has not taken a few bytes within 0 s: it is dead or dying" in await prove(b"more")
        assert asked == [b"more"], "a thread that hangs shall have no company"
        monkeypatch.setattr(api, "PROOF_S", 30.0)
        disk_is_back.set()
        assert await prove(b"at last") == ""
    finally:
        disk_is_back.set()
        await board.stop()
