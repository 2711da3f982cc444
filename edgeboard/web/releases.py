"""The routes of releases, over the control socket only: what the boards of the mesh have, for `edgeboard ota`."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from edgeboard.errors import DecodeError
from edgeboard.web.trust import read_body

WANTED_MAX = 4096  # chunks in one wish
BODY_MAX = WANTED_MAX * 70
_RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")

Json = Mapping[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class ReleaseDoors:
    """What a node knows and gets of releases."""

    describe: Callable[[], Json]
    metadata: Callable[[str, str], Awaitable[bytes]]  # name, and the board whose it is: node id, hex; empty: any
    content: Callable[[str], Awaitable[bytes]]  # by its SHA-256, hex
    want: Callable[[Sequence[str]], None]


def add_release_routes(app: web.Application, doors: ReleaseDoors) -> None:
    """What the owner of the state directory may ask of the mesh."""

    async def listing(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.describe())

    async def metadata(request: web.Request) -> web.StreamResponse:
        return part(request, await doors.metadata(request.match_info["name"], request.query.get("board", "")))

    async def target(request: web.Request) -> web.StreamResponse:
        return part(request, await doors.content(request.match_info["sha256"]))

    async def want(request: web.Request) -> web.StreamResponse:
        try:
            wanted = json.loads(await read_body(request, BODY_MAX))
        except (ValueError, RecursionError):
            wanted = None
        if not isinstance(wanted, list) or len(wanted) > WANTED_MAX:
            raise DecodeError(f"a wish is a JSON list of at most {WANTED_MAX} hashes")
        if not all(isinstance(each, str) and _SHA256.match(each) for each in wanted):
            raise DecodeError("a wish names chunks by their SHA-256, as 64 hexadecimal digits")
        doors.want(wanted)
        return web.json_response({"wanted": len(wanted)})

    def part(request: web.Request, data: bytes) -> web.StreamResponse:
        wanted = _RANGE.match(request.headers.get("Range", ""))
        if wanted is None:
            return web.Response(body=data, content_type="application/octet-stream")
        start, end = int(wanted[1]), min(int(wanted[2] or len(data)) + 1, len(data))
        if start >= end:
            raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{len(data)}"})
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
        return web.Response(body=data[start:end], status=206, headers=headers, content_type="application/octet-stream")

    app.router.add_get("/control/releases", listing)
    app.router.add_get("/control/release/metadata/{name}", metadata)
    app.router.add_get("/control/release/targets/{sha256:[0-9a-f]{64}}.{file}", target)
    app.router.add_post("/control/release/want", want)
