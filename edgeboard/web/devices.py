"""The routes of pens and panels, over the control socket only: what hangs on the board, letting go of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from edgeboard.errors import StateError

Json = Mapping[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class DeviceDoors:
    """What a node lets its owner do about its devices."""

    listing: Callable[[], Json]
    release: Callable[[str], Awaitable[bool]]  # a port, URL or id; False: none of ours
    resume: Callable[[str], bool]


def add_device_routes(app: web.Application, doors: DeviceDoors) -> None:
    """What the owner of the state directory may do about its devices."""

    async def listing(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.listing())

    async def release(request: web.Request) -> web.StreamResponse:
        return answer(await doors.release(request.query.get("port", "")))

    async def resume(request: web.Request) -> web.StreamResponse:
        return answer(doors.resume(request.query.get("port", "")))

    def answer(is_ours: bool) -> web.StreamResponse:
        if not is_ours:
            raise StateError("this board has no device there; edgeboard devices lists those that it has")
        return web.json_response(doors.listing())

    app.router.add_get("/control/devices", listing)
    app.router.add_post("/control/devices/release", release)
    app.router.add_post("/control/devices/resume", resume)
