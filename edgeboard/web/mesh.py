"""The page that shows the mesh, and the same as JSON and as a picture: for people on the board's network alone."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from edgeboard.web.assets import Assets

MESH_PAGE = "mesh.html"


@dataclass(frozen=True, slots=True)
class MeshDoors:
    """What a node tells of its mesh."""

    survey: Callable[[], Awaitable[Mapping[str, Any] | list[Any]]]
    picture: Callable[[], Awaitable[str]]  # SVG
    check_near: Callable[[web.Request], None]  # raises RefusedError where somebody from elsewhere asks


def add_mesh_routes(app: web.Application, doors: MeshDoors, assets: Assets) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        doors.check_near(request)
        return assets.page(MESH_PAGE)

    async def survey(request: web.Request) -> web.StreamResponse:
        doors.check_near(request)
        return web.json_response(await doors.survey(), headers={"Cache-Control": "no-store"})

    async def picture(request: web.Request) -> web.StreamResponse:
        doors.check_near(request)
        return web.Response(
            text=await doors.picture(), content_type="image/svg+xml", headers={"Cache-Control": "no-store"}
        )

    app.router.add_get("/mesh", page)
    app.router.add_get("/api/mesh", survey)
    app.router.add_get("/api/mesh.svg", picture)
