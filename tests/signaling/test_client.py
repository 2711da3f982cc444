"""The client against real servers, most of which are no boards."""

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import web

from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.identity.keys import NodeKey
from edgeboard.signaling import client as module
from edgeboard.signaling.client import SignalingClient
from edgeboard.signaling.messages import ENVELOPE_MAX, read_offer, write_answer
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
ANN = MESH.credentials(NodeKey(b"a" * 32))
BOB = MESH.credentials(NodeKey(b"b" * 32))


@pytest.fixture
async def client():
    client = SignalingClient(ANN)
    yield client
    await client.close()


@pytest.fixture
async def serve():
    """Makes a server that answers every POST with `answer(body)`; returns its URL."""
    runners = []

    async def start(answer, path="/signal/node"):
        async def handle(request):
            return await answer(await request.read())

        app = web.Application()
        app.router.add_post(path, handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


def always(**response):
    async def answer(body):
        return web.Response(**response)

    return answer


async def test_an_offer_comes_back_answered(client, serve):
    async def answer(body):
        offer = read_offer(body, BOB)
        return web.Response(body=write_answer(BOB, b"n" * 16, f"answer to {offer.sdp}", offer))

    url = await serve(answer)
    assert await client.introduce(url, "sdp") == ("answer to sdp", BOB.key.public_key)
    assert await client.introduce(url + "/", "sdp") == ("answer to sdp", BOB.key.public_key)


async def test_an_answer_of_somebody_else_is_refused(client, serve):
    stranger = TestMesh("m").credentials(NodeKey(b"x" * 32))
    stranger.membership = replace(stranger.membership, grant=replace(stranger.membership.grant, signature=bytes(64)))

    async def answer(body):
        return web.Response(body=write_answer(stranger, b"n" * 16, "sdp", read_offer(body, BOB)))

    with pytest.raises(RefusedError) as caught:
        await client.introduce(await serve(answer), "sdp")
    assert caught.value.code is CloseCode.AUTH_FAILED
    with pytest.raises(RefusedError) as caught:
        await client.introduce(await serve(always(body=b"noise")), "sdp")
    assert caught.value.code is CloseCode.MALFORMED


@pytest.mark.parametrize("status", [400, 403, 429, 503])
async def test_the_reason_of_a_refusal_is_read(client, serve, status):
    url = await serve(always(status=status, text=json.dumps({"code": 8, "text": "x" * 1000})))
    with pytest.raises(RefusedError, match=r"^x{400}$") as caught:
        await client.introduce(url, "sdp")
    assert caught.value.code is CloseCode.OTHER_MESH


@pytest.mark.parametrize(
    "text", ["", "no", "[]", "{}", '{"code": 8}', '{"code": 99, "text": ""}', '{"code": [], "text": ""}', "[" * 9000]
)
async def test_what_is_not_a_refusal_of_a_board_is_said_to_be_none(client, serve, text):
    with pytest.raises(TransportError, match="status 404"):
        await client.introduce(await serve(always(status=404, text=text)), "sdp")


async def test_it_goes_nowhere_else(client, serve):
    """No redirect is followed, and an offer is not shown to who is not asked."""
    asked = []

    async def other(body):
        asked.append(body)
        return web.Response()

    elsewhere = await serve(other)
    url = await serve(always(status=307, headers={"Location": f"{elsewhere}/signal/node"}))
    with pytest.raises(TransportError, match="status 307"):
        await client.introduce(url, "sdp")
    assert asked == []


async def test_no_proxy_is_asked(client, serve, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    url = await serve(always(body=b"here"))
    assert await client.post_offer(f"{url}/signal/node", b"") == b"here"


async def test_an_enormous_answer_is_not_read(client, serve):
    url = await serve(always(body=bytes(ENVELOPE_MAX + 1)))
    with pytest.raises(TransportError, match="more than"):
        await client.post_offer(f"{url}/signal/node", b"")


async def test_a_board_that_does_not_answer_in_time(serve, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    answered = asyncio.Event()

    async def never(body):
        await answered.wait()
        return web.Response()

    client = SignalingClient(ANN)
    with pytest.raises(TransportError, match="no answer within"):
        await client.introduce(await serve(never), "sdp")
    answered.set()
    await client.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "nonsense", "http://[::1", ""])
async def test_an_address_without_a_board(client, url):
    with pytest.raises(TransportError):
        await client.introduce(url, "sdp")


async def test_closing_without_having_asked():
    await SignalingClient(ANN).close()
