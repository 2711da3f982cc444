"""The aiohttp application of a node: what it serves, and to whom.

It knows nothing of rooms but their names, and nothing of links: `Doors` are what the composition root hands in. The
same application listens on the board's port and, with the control routes added, on the socket in the state directory.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from aiohttp import web
from aiohttp.typedefs import Middleware

from edgeboard.errors import CloseCode, DecodeError, EdgeboardError, RefusedError, StateError, StoreError, UserError
from edgeboard.rooms.names import check_room_name, nearest_room_name
from edgeboard.web.assets import STATIC, Assets, html
from edgeboard.web.callers import (
    TICKET,
    check_beside,
    check_host,
    check_origin,
    has_ticket,
    is_foreign,
    remote_of,
)
from edgeboard.web.devices import DeviceDoors, add_device_routes
from edgeboard.web.exports import (
    ITEMS_HEADER,
    MEDIA_TYPES,
    NOTES_BYTES_MAX,
    NOTES_HEADER,
    Exported,
    Wanted,
    read_moment,
    read_wanted,
)
from edgeboard.web.marquee import MarqueeDoors, add_marquee_routes
from edgeboard.web.mesh import MeshDoors, add_mesh_routes
from edgeboard.web.panels import PanelDoors, add_panel_control, add_panel_pages
from edgeboard.web.releases import ReleaseDoors, add_release_routes
from edgeboard.web.sharing import check_own, embedded, offering, qr_svg
from edgeboard.web.trust import (
    TrustDoors,
    add_control_routes,
    add_panel_routes,
    add_public_routes,
    read_body,
    read_soon,
)

OFFER_MAX = 16 * 1024  # bytes of an offer's body
IMPORT_MAX = 256 * 1024 * 1024  # bytes of a room's JSON, over the control socket only
CONVERT_MAX = 16 * 1024 * 1024  # bytes of a file that the page wants as items
CONVERT_S = 60.0  # for such a file to come in
NAME_MAX = 200  # characters of its name
PROOF_MAX = 64  # bytes that a board is asked to save, as a proof
MESSAGE_MAX = 128 * 1024  # bytes of a WebSocket frame; the engines' own limits are lower

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self' http: https: ws: wss:; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
SHARED_HEADERS = {"Vary": "Origin", "Access-Control-Expose-Headers": NOTES_HEADER}
EMBED = "/embed/"  # what lies below may stand in pages of others
EMBED_HEADERS = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", "frame-ancestors *")
}

_log = logging.getLogger(__name__)

Json = Mapping[str, Any] | list[Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[web.WebSocketResponse, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Doors:
    """What a node lets the web do. Each may raise `EdgeboardError`; the text is then the answer."""

    guest_offer: Callable[[str, str], Awaitable[str]]  # SDP and where it came from; returns the answer
    node_offer: Callable[[bytes, str], Awaitable[bytes]]  # envelope and where it came from
    serve_guest: Serve
    serve_link: Serve
    status: Callable[[], Json]
    rooms: Callable[[], Json]
    room_log: Callable[[str, int | None], Awaitable[Json]]  # name, and the moment to look back to, Unix ms
    export: Callable[[str, Wanted], Awaitable[Exported]]
    convert: Callable[[str, bytes], Awaitable[Json]]  # name of a file, and what is in it
    import_json: Callable[[str, bytes], Awaitable[Json]]
    imports: Callable[[], Json]
    prove_saving: Callable[[bytes], Awaitable[Json]]  # bytes to be written and read back
    signaling: Callable[[], Json]
    change_signaling: Callable[[str | None, str | None], bool]  # URL to add, URL to remove; whether that was news
    trust: TrustDoors
    devices: DeviceDoors
    panels: PanelDoors
    marquee: MarqueeDoors
    releases: ReleaseDoors
    urls: Callable[[], list[str]]  # by which others reach the board, the best first
    holds_ticket: Callable[[str], bool]  # of a page that comes from another board of the mesh
    check_reader: Callable[[str, str, str], None]  # ticket, room and source of who wants to read; raises
    survey: Callable[[], Awaitable[Json]]  # of the mesh
    picture: Callable[[], Awaitable[str]]  # of the mesh, SVG
    is_near: Callable[[str], bool]  # whether an address is on the board's network
    pin: Callable[[], Json]
    new_pin: Callable[[], Json]
    tokens: Callable[[], Json]
    issue_token: Callable[[str, str, float | None], Json]  # room, role, seconds
    revoke_token: Callable[[str], Json]


def http_status(error: EdgeboardError) -> int:
    """The HTTP status that says what an error says."""
    match error:
        case RefusedError(code=CloseCode.RATE):
            return 429
        case RefusedError(code=CloseCode.ROOM_FULL | CloseCode.LIMIT):
            return 503
        case RefusedError(code=CloseCode.MALFORMED | CloseCode.TOO_BIG):
            return 400
        case RefusedError():
            return 403
        case DecodeError():
            return 400
        case StateError():
            return 404
        case StoreError():
            return 507
        case UserError():
            return 501
        case _:
            return 500


def _answering(doors: Doors) -> Middleware:
    """Our errors become JSON with a code and a text; every answer carries the headers above."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except EdgeboardError as error:
            code = int(error.code) if isinstance(error, RefusedError) else int(CloseCode.MALFORMED)
            response = web.json_response({"code": code, "text": str(error)}, status=http_status(error))
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        except ConnectionError as error:  # they went before it was their turn, as when this board stood still
            _log.debug("%s went away before it was answered: %s", request.remote, error)
            return web.Response(status=400)  # that nobody gets
        if not response.prepared:
            response.headers.update(EMBED_HEADERS if request.path.startswith(EMBED) else HEADERS)
            if is_foreign(request) and has_ticket(request, doors.holds_ticket):
                response.headers.update(SHARED_HEADERS | {"Access-Control-Allow-Origin": request.headers["Origin"]})
        return response

    return answer


def make_app(doors: Doors, *, control: bool) -> web.Application:
    """The application; with `control` also the routes that only the owner of the state directory may use."""
    app = web.Application(middlewares=[_answering(doors)], client_max_size=OFFER_MAX)
    assets = Assets()
    converting = asyncio.Semaphore(1)  # a file may take many times its bytes while it is read

    async def to_lobby(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/room/lobby")

    async def page(request: web.Request) -> web.StreamResponse:
        return no_room(request) or assets.page("index.html")

    async def embed(request: web.Request) -> web.StreamResponse:
        return no_room(request) or html(embedded(assets.page("index.html").text or ""))

    def no_room(request: web.Request) -> web.StreamResponse | None:
        """What is shown instead, if no room can be called that: nobody shall draw in another room than they wrote."""
        name = request.match_info["name"]
        try:
            check_room_name(normalize("NFC", name))  # the page takes it in that form too
        except RefusedError:
            text = assets.page("noroom.html").text or ""
            return html(offering(text, nearest_room_name(name)), status=404)
        return None

    async def addresses(request: web.Request) -> web.StreamResponse:
        check_host(request)
        return web.json_response({"urls": await asyncio.to_thread(doors.urls)})

    async def qr(request: web.Request) -> web.StreamResponse:
        text = request.query.get("text", "")
        check_own(text, request.host, await asyncio.to_thread(doors.urls))
        return web.Response(body=await asyncio.to_thread(qr_svg, text), content_type="image/svg+xml")

    async def pin(request: web.Request) -> web.StreamResponse:
        check_beside(request)
        return web.json_response(doors.pin())

    def check_near(request: web.Request) -> None:
        if control:
            return
        check_host(request)
        if not doors.is_near(remote_of(request)):
            raise RefusedError(CloseCode.FORBIDDEN, "only people on the board's network may see its mesh")

    def check_reader(request: web.Request, room: str) -> None:
        if not control:
            check_host(request)
            doors.check_reader(request.query.get(TICKET, ""), room, remote_of(request))

    def check_writer(request: web.Request, room: str) -> None:
        if control:
            return
        check_origin(request)
        check_host(request)
        doors.marquee.check_writer(request.query, room, remote_of(request))

    def check_viewer(request: web.Request, room: str) -> None:
        check_origin(request)
        check_reader(request, room)

    async def asset(request: web.Request) -> web.StreamResponse:
        return assets.file(request.match_info["version"], request.match_info["name"])

    async def guest_offer(request: web.Request) -> web.StreamResponse:
        check_origin(request, doors.holds_ticket)
        check_host(request)
        try:
            sdp = json.loads(await read_soon(request, OFFER_MAX))["sdp"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise DecodeError('an offer is JSON: {"sdp": "..."}') from None
        if not isinstance(sdp, str):
            raise DecodeError('an offer is JSON: {"sdp": "..."}')
        return web.json_response({"sdp": await doors.guest_offer(sdp, remote_of(request))})

    async def node_offer(request: web.Request) -> web.StreamResponse:
        answer = await doors.node_offer(await read_soon(request, OFFER_MAX), remote_of(request))
        return web.Response(body=answer, content_type="application/octet-stream")

    def door(serve: Serve, visitors: Doors | None = None) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            check_origin(request, None if visitors is None else visitors.holds_ticket)
            if not control:
                check_host(request)
            ws = web.WebSocketResponse(max_msg_size=MESSAGE_MAX, compress=False, autoping=True)
            await ws.prepare(request)
            await serve(ws, remote_of(request))
            return ws

        return handle

    def export(form: str) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            check_reader(request, request.match_info["name"])
            exported = await doors.export(request.match_info["name"], read_wanted(form, request.query))
            notes = json.dumps(exported.notes)
            headers = {NOTES_HEADER: notes} if exported.notes and len(notes) <= NOTES_BYTES_MAX else {}
            if exported.items is not None:
                headers[ITEMS_HEADER] = str(exported.items)
            if TICKET in request.query:  # the page's own wish to save it does not count across boards
                headers["Content-Disposition"] = "attachment"
            return web.Response(body=exported.data, content_type=MEDIA_TYPES[form], headers=headers)

        return handle

    async def convert(request: web.Request) -> web.StreamResponse:
        check_origin(request, doors.holds_ticket)
        check_host(request)
        if converting.locked():
            raise RefusedError(CloseCode.RATE, "the board is reading another file; try again in a moment")
        async with converting:
            try:
                async with asyncio.timeout(CONVERT_S):
                    body = await read_body(request, CONVERT_MAX)
            except TimeoutError:
                raise RefusedError(CloseCode.RATE, f"the file did not come within {CONVERT_S:.0f} s") from None
            return web.json_response(await doors.convert(request.query.get("name", "")[:NAME_MAX], body))

    async def status(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.status())

    app.router.add_get("/", to_lobby)
    app.router.add_get("/room/{name}", page)
    app.router.add_get(f"{EMBED}{{name}}", embed)
    app.router.add_get("/api/addresses", addresses)
    app.router.add_get("/api/qr.svg", qr)
    app.router.add_get("/api/pin", pin)
    add_mesh_routes(app, MeshDoors(doors.survey, doors.picture, check_near), assets)
    add_marquee_routes(app, doors.marquee, check_reader, check_writer)
    add_panel_pages(app, doors.panels, assets, check_near, check_viewer)
    app.router.add_post("/signal/guest", guest_offer)
    app.router.add_post("/signal/node", node_offer)
    app.router.add_get("/guest", door(doors.serve_guest, doors))
    app.router.add_get("/link", door(doors.serve_link))
    for form in MEDIA_TYPES:
        app.router.add_get(f"/api/room/{{name}}/export.{form}", export(form))
    app.router.add_post("/api/convert", convert)
    app.router.add_get("/static/v-{version}/{name:.+}", asset)
    app.router.add_static("/static", STATIC, append_version=False)
    add_public_routes(app, doors.trust)
    add_panel_routes(app, doors.trust, check_beside)
    if control:
        add_control_routes(app, doors.trust)
        add_device_routes(app, doors.devices)
        add_panel_control(app, doors.panels)
        add_release_routes(app, doors.releases)
        _add_control(app, doors, status)
    return app


def _add_control(app: web.Application, doors: Doors, status: Handler) -> None:
    async def rooms(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.rooms())

    async def room_log(request: web.Request) -> web.StreamResponse:
        return web.json_response(await doors.room_log(request.match_info["name"], read_moment(request.query)))

    async def import_room(request: web.Request) -> web.StreamResponse:
        body = await read_body(request, IMPORT_MAX)
        return web.json_response(await doors.import_json(request.match_info["name"], body))

    async def prove(request: web.Request) -> web.StreamResponse:
        return web.json_response(await doors.prove_saving(await read_body(request, PROOF_MAX)))

    async def imports(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.imports())

    async def signaling(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.signaling())

    async def change_signaling(request: web.Request) -> web.StreamResponse:
        try:
            wanted = json.loads(await read_body(request, OFFER_MAX))
            add, remove = wanted.get("add"), wanted.get("remove")
        except (ValueError, AttributeError, RecursionError):
            raise DecodeError('a change is JSON: {"add": URL} or {"remove": URL}') from None
        if isinstance(add, str) == isinstance(remove, str):
            raise DecodeError('a change is JSON: {"add": URL} or {"remove": URL}')
        return web.json_response({"changed": doors.change_signaling(add, remove), "services": doors.signaling()})

    async def pin(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.new_pin() if request.method == "POST" else doors.pin())

    async def tokens(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.tokens())

    async def issue(request: web.Request) -> web.StreamResponse:
        wish = request.query
        try:
            seconds = float(wish["seconds"]) if "seconds" in wish else None
        except ValueError:
            raise DecodeError("seconds is not a number") from None
        check_room_name(wish.get("room", ""))
        return web.json_response(doors.issue_token(wish["room"], wish.get("role", "draw"), seconds))

    async def revoke(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.revoke_token(request.match_info["id"]))

    app.router.add_get("/control/pin", pin)
    app.router.add_post("/control/pin", pin)
    app.router.add_get("/control/tokens", tokens)
    app.router.add_post("/control/tokens", issue)
    app.router.add_post("/control/tokens/{id}/revoke", revoke)
    app.router.add_get("/control/status", status)
    app.router.add_get("/control/signaling", signaling)
    app.router.add_post("/control/signaling", change_signaling)
    app.router.add_post("/control/prove", prove)
    app.router.add_get("/control/imports", imports)
    app.router.add_get("/control/rooms", rooms)
    app.router.add_get("/control/rooms/{name}/log", room_log)
    app.router.add_post("/control/rooms/{name}/import", import_room)
