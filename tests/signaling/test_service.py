"""The service over real WebSockets, with visitors that behave as they like."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from edgeboard.clock import SystemClock
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import MeshId, mesh_tag
from edgeboard.signaling import service as module
from edgeboard.signaling.frames import Attend, Envelope, Here, Refusal, attendance, decode, encode
from edgeboard.signaling.lobby import LobbySettings
from edgeboard.signaling.service import PATH, SignalingService

TAG = mesh_tag(MeshId(b"m" * 16))
ANN, BOB = NodeKey(b"a" * 32), NodeKey(b"b" * 32)


@pytest.fixture
async def serve():
    runners = []

    async def start(**bounds):
        runner = web.AppRunner(
            SignalingService(SystemClock(), LobbySettings(**bounds)).make_app(), shutdown_timeout=0.1
        )
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def attend(http, url, key):
    ws = await http.ws_connect(url + PATH)
    challenge = decode((await ws.receive(5)).data).challenge
    await ws.send_bytes(encode(Attend(key.public_key, TAG, key.sign(attendance(challenge, TAG)))))
    return ws


async def test_an_envelope_crosses(serve, http):
    url = await serve()
    ann = await attend(http, url, ANN)
    assert decode((await ann.receive(5)).data) == Here(())
    bob = await attend(http, url, BOB)
    assert decode((await ann.receive(5)).data) == Here((BOB.node_id,))
    await ann.send_bytes(encode(Envelope(BOB.node_id, b"sealed")))
    assert decode((await bob.receive(5)).data) == Here((ANN.node_id,))
    assert decode((await bob.receive(5)).data) == Envelope(ANN.node_id, b"sealed")
    async with http.get(url) as about:
        told = await about.json()
    assert (told["visitors"], told["meshes"], told["carried"]) == (2, 1, 1)


async def test_who_breaks_the_rules_is_told_and_disconnected(serve, http):
    ws = await http.ws_connect(await serve() + PATH)
    await ws.receive(5)
    await ws.send_bytes(b"noise")
    assert isinstance(decode((await ws.receive(5)).data), Refusal)
    assert (await ws.receive(5)).type is aiohttp.WSMsgType.CLOSE


async def test_who_proves_nothing_is_disconnected(serve, http, monkeypatch):
    monkeypatch.setattr(module, "PROOF_S", 0.05)
    ws = await http.ws_connect(await serve() + PATH)
    await ws.receive(5)
    assert (await ws.receive(5)).type is aiohttp.WSMsgType.CLOSE


async def test_too_many_are_turned_away_in_words(serve, http):
    url = await serve(per_source=1)
    ann = await attend(http, url, ANN)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(url + PATH)
    assert caught.value.status == 429
    await ann.close()


async def test_a_board_that_reads_nothing_is_let_go_and_others_are_served(serve, monkeypatch):
    service = SignalingService(SystemClock())
    monkeypatch.setattr(module, "QUEUE_MAX", 2)
    number = service._lobby.arrive("a", b"c" * 32, 0.0)
    service._queues[number] = asyncio.Queue(module.QUEUE_MAX)
    for _ in range(5):
        service._queue(number, b"frame")
    assert service._queues[number].get_nowait() is None
    assert service._lobby.statistics().visitors == 0
    service._queue(number + 1, b"to nobody")
