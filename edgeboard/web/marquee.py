"""The marquee over HTTP: whoever may read a room reads its items, whoever may draw in it sets and removes them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.rate import TokenBucket
from edgeboard.web.trust import read_soon

BODY_MAX = 64 * 1024  # bytes
CHANGES_PER_S = 5.0  # of all who change something by HTTP
CHANGES_BURST = 30.0
FRESH = {"Cache-Control": "no-store"}
FORM = '{"id": "door", "text": "The door is open"}, or {"items": [...]} for several'

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MarqueeDoors:
    """What a node lets others do about its marquee; the first argument is a room's name, empty for the usual one."""

    room: Callable[[str], str]  # which room is meant
    listing: Callable[[str], Json]
    put: Callable[[str, Sequence[Mapping[str, Any]]], Awaitable[Json]]
    remove: Callable[[str, Sequence[str]], Awaitable[Json]]
    check_writer: Callable[[Mapping[str, str], str, str], None]  # what is shown, room and source; raises RefusedError


def add_marquee_routes(
    app: web.Application,
    doors: MarqueeDoors,
    check_reader: Callable[[web.Request, str], None],
    check_writer: Callable[[web.Request, str], None],
) -> None:
    """`check_reader` and `check_writer` raise `RefusedError` for who may not read in, or draw in, a room."""
    changes: list[TokenBucket] = []

    def room_of(request: web.Request) -> str:
        return doors.room(request.query.get("room", ""))

    def admit(request: web.Request) -> str:
        room = room_of(request)
        check_writer(request, room)
        now = asyncio.get_running_loop().time()
        if not changes:
            changes.append(TokenBucket(CHANGES_PER_S, CHANGES_BURST, now))
        if not changes[0].take(now):
            raise RefusedError(CloseCode.RATE, "the marquee is being changed too often; try again in a moment")
        return room

    async def listing(request: web.Request) -> web.StreamResponse:
        room = room_of(request)
        check_reader(request, room)
        return web.json_response(doors.listing(room), headers=FRESH)

    async def put(request: web.Request) -> web.StreamResponse:
        room = admit(request)
        return web.json_response(await doors.put(room, read_wishes(await read_soon(request, BODY_MAX))))

    async def remove(request: web.Request) -> web.StreamResponse:
        room = admit(request)
        ids = request.query.getall("id", [])
        if not ids:
            raise DecodeError("say which item goes: ?id=door")
        return web.json_response(await doors.remove(room, ids))

    app.router.add_get("/api/marquee", listing)
    app.router.add_put("/api/marquee", put)
    app.router.add_delete("/api/marquee", remove)


def read_wishes(body: bytes) -> list[Mapping[str, Any]]:
    """What a body asks for: an item, or several under `items`.

    Raises:
        DecodeError: it is not of that form.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise DecodeError(f"a change of the marquee is JSON: {FORM}") from None
    items = fields.get("items", [fields]) if isinstance(fields, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DecodeError(f"a change of the marquee is JSON: {FORM}")
    return items
