"""The doors for boards that are not in the mesh, and the owner's commands over the control socket."""

import asyncio
import contextlib

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import edgeboard.web.trust as trust_module
from edgeboard.errors import CloseCode, EdgeboardError, RefusedError, StateError
from edgeboard.web.app import http_status
from edgeboard.web.trust import REQUEST_MAX, TrustDoors, add_control_routes, add_public_routes


def trust_doors(**changed) -> TrustDoors:
    async def answer(body: bytes, source: str) -> bytes:
        if body == b"refuse":
            raise RefusedError(CloseCode.RATE, "too often")
        return b"answer to " + body

    async def invite(fields) -> dict:
        return {"asked": dict(fields)}

    async def by_name(name: str) -> dict:
        if name == "nobody":
            raise StateError("no such board")
        return {"name": name}

    known = {
        "join": answer, "pair": answer, "mesh": lambda: {"name": "school"}, "invite": invite,
        "invitations": lambda: [{"id": "ab"}], "end_invitation": by_name, "show_code": lambda: {"code": "123456"},
        "pairing": lambda: {"open": True}, "panel": lambda: {"code": "123456"},
        "pair_at_panel": lambda: {"code": "654321"}, "revoke": by_name, "revocations": list, "enter": invite,
    }  # fmt: skip
    return TrustDoors(**{**known, **changed})


@web.middleware
async def answer_errors(request, handler):
    try:
        return await handler(request)
    except EdgeboardError as error:
        return web.json_response({"text": str(error)}, status=http_status(error))


@contextlib.asynccontextmanager
async def client_of(*add, **changed):
    app = web.Application(middlewares=[answer_errors])
    for routes in add:
        routes(app, trust_doors(**changed))
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize("path", ["/mesh/join", "/mesh/pair"])
async def test_a_request_is_answered_or_refused(path) -> None:
    async with client_of(add_public_routes) as client:
        answer = await client.post(path, data=b"request")
        assert (answer.status, await answer.read()) == (200, b"answer to request")
        assert (await client.post(path, data=b"refuse")).status == 429


@pytest.mark.parametrize("path", ["/mesh/join", "/mesh/pair"])
async def test_a_huge_request_is_refused_before_it_is_read(path) -> None:
    async def never(body: bytes, source: str) -> bytes:
        raise AssertionError("it was handed on")

    async with client_of(add_public_routes, join=never, pair=never) as client:
        answer = await client.post(path, data=bytes(REQUEST_MAX + 1))
        assert answer.status == 400
        assert "more than 1024 bytes" in (await answer.json())["text"]

        async def endless():
            for _ in range(64):
                yield bytes(1024)

        with contextlib.suppress(OSError):  # it may hang up while we are still at it
            assert (await client.post(path, data=endless())).status == 400


async def test_a_request_that_trickles_in_is_not_waited_for(monkeypatch) -> None:
    monkeypatch.setattr(trust_module, "REQUEST_S", 0.05)
    enough = asyncio.Event()

    async def slow():
        yield b"r"
        await enough.wait()

    async with client_of(add_public_routes) as client:
        answer = await client.post("/mesh/join", data=slow())
        assert answer.status == 429
        assert "did not come within" in (await answer.json())["text"]
        enough.set()


async def test_the_owner_asks_and_commands() -> None:
    async with client_of(add_control_routes) as client:
        for path, expected in (
            ("/control/mesh", {"name": "school"}), ("/control/mesh/invitations", [{"id": "ab"}]),
            ("/control/mesh/pair", {"open": True}), ("/control/mesh/revocations", []),
        ):  # fmt: skip
            assert await (await client.get(path)).json() == expected
        for path, sent, expected in (
            ("/control/mesh/invite", {"boards": 3}, {"asked": {"boards": 3}}),
            ("/control/mesh/invitations/end", {"id": "ab"}, {"name": "ab"}),
            ("/control/mesh/pair", {}, {"code": "123456"}),
            ("/control/mesh/revoke", {"node": "cd"}, {"name": "cd"}),
            ("/control/mesh/join", {"text": "ebi1-"}, {"asked": {"text": "ebi1-"}}),
        ):
            assert await (await client.post(path, json=sent)).json() == expected
        assert (await client.post("/control/mesh/revoke", json={"node": "nobody"})).status == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b'{"node": 5}', b"{}"])
async def test_what_is_no_command_is_refused(body) -> None:
    async with client_of(add_control_routes) as client:
        assert (await client.post("/control/mesh/revoke", data=body)).status == 400


async def test_nobody_commands_through_the_public_door() -> None:
    async with client_of(add_public_routes) as client:
        assert (await client.post("/control/mesh/revoke", json={"node": "cd"})).status == 404
