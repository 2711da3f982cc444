"""The routes of trust: where new boards ask to be let in, and what the owner of a board does about its mesh.

`/mesh/join` and `/mesh/pair` are open to anybody, so they take little, and not for long.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from edgeboard.errors import CloseCode, DecodeError, RefusedError

REQUEST_MAX = 1024  # bytes
REQUEST_S = 5.0  # for a request to come in
COMMAND_MAX = 64 * 1024  # bytes, over the control socket only

Json = Mapping[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class TrustDoors:
    """What a node lets others do about its mesh. Each may raise `EdgeboardError`; the text is then the answer."""

    join: Callable[[bytes, str], Awaitable[bytes]]  # request and where it came from
    pair: Callable[[bytes, str], Awaitable[bytes]]
    mesh: Callable[[], Json]  # what this node is in it
    invite: Callable[[Mapping[str, Any]], Awaitable[Json]]
    invitations: Callable[[], Json]
    end_invitation: Callable[[str], Awaitable[Json]]
    show_code: Callable[[], Json]
    pairing: Callable[[], Json]
    panel: Callable[[], Json]  # what the board's own panel shows of it
    pair_at_panel: Callable[[], Json]  # a code that somebody at the panel has asked for
    revoke: Callable[[str], Awaitable[Json]]
    revocations: Callable[[], Json]
    enter: Callable[[Mapping[str, Any]], Awaitable[Json]]  # join another mesh


def add_public_routes(app: web.Application, doors: TrustDoors) -> None:
    """The doors for boards that are not in the mesh yet."""

    def door(answer: Callable[[bytes, str], Awaitable[bytes]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            answered = await answer(
                await read_soon(request, REQUEST_MAX), (request.remote or "local socket").removeprefix("::ffff:")
            )
            return web.Response(body=answered, content_type="application/octet-stream")

        return handle

    app.router.add_post("/mesh/join", door(doors.join))
    app.router.add_post("/mesh/pair", door(doors.pair))


def add_panel_routes(app: web.Application, doors: TrustDoors, check_beside: Callable[[web.Request], None]) -> None:
    """The code for a new board on the board's own panel; `check_beside` raises `RefusedError` where another asks."""

    async def shown(request: web.Request) -> web.Response:
        check_beside(request)
        return web.json_response(doors.panel(), headers={"Cache-Control": "no-store"})

    async def begin(request: web.Request) -> web.Response:
        check_beside(request)
        return web.json_response(doors.pair_at_panel())

    app.router.add_get("/api/pair", shown)
    app.router.add_post("/api/pair", begin)


def add_control_routes(app: web.Application, doors: TrustDoors) -> None:
    """What only the owner of the state directory may do."""

    async def mesh(request: web.Request) -> web.Response:
        return web.json_response(doors.mesh())

    async def invite(request: web.Request) -> web.Response:
        return web.json_response(await doors.invite(await _command(request)))

    async def invitations(request: web.Request) -> web.Response:
        return web.json_response(doors.invitations())

    async def end_invitation(request: web.Request) -> web.Response:
        return web.json_response(await doors.end_invitation(_text(await _command(request), "id")))

    async def show_code(request: web.Request) -> web.Response:
        return web.json_response(doors.show_code())

    async def pairing(request: web.Request) -> web.Response:
        return web.json_response(doors.pairing())

    async def revoke(request: web.Request) -> web.Response:
        return web.json_response(await doors.revoke(_text(await _command(request), "node")))

    async def revocations(request: web.Request) -> web.Response:
        return web.json_response(doors.revocations())

    async def enter(request: web.Request) -> web.Response:
        return web.json_response(await doors.enter(await _command(request)))

    app.router.add_get("/control/mesh", mesh)
    app.router.add_post("/control/mesh/invite", invite)
    app.router.add_get("/control/mesh/invitations", invitations)
    app.router.add_post("/control/mesh/invitations/end", end_invitation)
    app.router.add_post("/control/mesh/pair", show_code)
    app.router.add_get("/control/mesh/pair", pairing)
    app.router.add_post("/control/mesh/revoke", revoke)
    app.router.add_get("/control/mesh/revocations", revocations)
    app.router.add_post("/control/mesh/join", enter)


async def read_soon(request: web.Request, most: int) -> bytes:
    """The body of a request of somebody who is not known yet.

    Raises:
        RefusedError: more than `most` bytes (TOO_BIG), or not here within 5 s (RATE).
    """
    try:
        async with asyncio.timeout(REQUEST_S):
            return await read_body(request, most)
    except TimeoutError:
        raise RefusedError(CloseCode.RATE, f"the request did not come within {REQUEST_S:.0f} s") from None


async def read_body(request: web.Request, most: int) -> bytes:
    """The body of a request.

    Raises:
        RefusedError: more than `most` bytes (TOO_BIG).
    """
    if request.content_length is not None and request.content_length > most:
        raise RefusedError(CloseCode.TOO_BIG, f"more than {most} bytes")
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > most:
            raise RefusedError(CloseCode.TOO_BIG, f"more than {most} bytes")
    return bytes(body)


async def _command(request: web.Request) -> Mapping[str, Any]:
    try:
        fields = json.loads(await read_body(request, COMMAND_MAX) or b"{}")
    except (ValueError, RecursionError):
        raise DecodeError("a command is JSON") from None
    if not isinstance(fields, dict):
        raise DecodeError("a command is a JSON object")
    return fields


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise DecodeError(f"a command lacks its {name}")
    return value
