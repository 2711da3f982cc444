"""What the web lets in, and how it says no."""

import json
import re

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError, StoreError, TransportError
from edgeboard.web.app import HEADERS, Doors, http_status, make_app


def doors(**changed) -> Doors:
    async def guest_offer(sdp: str, source: str) -> str:
        if sdp == "refuse":
            raise RefusedError(CloseCode.RATE, "too often")
        return f"answer to {sdp}"

    async def node_offer(body: bytes, source: str) -> bytes:
        return b"answer:" + body

    async def serve(ws: web.WebSocketResponse, remote: str) -> None:
        await ws.send_bytes(b"\x00hello")
        await ws.close()

    async def import_json(name: str, data: bytes) -> dict:
        return {"room": name, "taken": len(data)}

    async def export_json(name: str) -> str:
        return json.dumps({"room": name})

    async def export_svg(name: str, page: int) -> str:
        return f"<svg>{page}</svg>"

    async def room_log(name: str) -> dict:
        raise StateError(f"no room {name}")

    known = {
        "guest_offer": guest_offer,
        "node_offer": node_offer,
        "serve_guest": serve,
        "serve_link": serve,
        "status": lambda: {"name": "kitchen"},
        "rooms": list,
        "room_log": room_log,
        "export_json": export_json,
        "export_svg": export_svg,
        "import_json": import_json,
        "imports": lambda: {"modules": []},
    }
    return Doors(**{**known, **changed})


@pytest.fixture
async def client():
    async with TestClient(TestServer(make_app(doors(), control=False))) as client:
        yield client


@pytest.fixture
async def control():
    async with TestClient(TestServer(make_app(doors(), control=True))) as client:
        yield client


async def test_the_root_leads_to_the_lobby_and_a_room_is_a_page(client) -> None:
    answer = await client.get("/", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/room/lobby")
    page = await client.get("/room/lobby")
    assert page.status == 200
    assert re.search(r'"/static/v-[0-9a-f]{12}/main\.js"', await page.text())


@pytest.mark.parametrize("path", ["/", "/room/lobby", "/static/style.css", "/api/room/x/export.svg", "/nowhere"])
async def test_every_answer_carries_the_headers_that_forbid_foreign_code(client, path) -> None:
    answer = await client.get(path, allow_redirects=False)
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, f"{path} lacks {name}"


async def test_the_policy_allows_no_inline_script_and_no_other_host() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_a_guest_offer_is_answered(client) -> None:
    answer = await client.post("/signal/guest", json={"sdp": "v=0"})
    assert await answer.json() == {"sdp": "answer to v=0"}


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"sdp": 5}', b"\xff\xfe", b"[" * 10_000])
async def test_what_is_not_an_offer_is_refused_in_words(client, body) -> None:
    answer = await client.post("/signal/guest", data=body)
    assert answer.status == 400
    assert "sdp" in (await answer.json())["text"]


async def test_a_refusal_comes_with_its_code(client) -> None:
    answer = await client.post("/signal/guest", json={"sdp": "refuse"})
    assert answer.status == 429
    assert await answer.json() == {"code": int(CloseCode.RATE), "text": "too often"}


async def test_an_offer_that_is_too_large_is_refused_before_it_is_read(client) -> None:
    answer = await client.post("/signal/node", data=b"x" * 20_000)
    assert answer.status == 400
    assert (await answer.json())["code"] == CloseCode.TOO_BIG


@pytest.mark.parametrize("path", ["/signal/guest", "/guest", "/link"])
async def test_a_page_of_another_site_may_not_open_a_link(client, path) -> None:
    headers = {"Origin": "http://evil.example"}
    answer = await (client.post if path.startswith("/signal") else client.get)(path, headers=headers)
    assert answer.status == 403


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8787", True),
        ("[::1]:8787", True),
        ("kitchen:8787", True),
        ("kitchen.local", True),
        ("192.168.1.9", True),
        ("evil.example:8787", False),
        ("127.0.0.1.evil.example", False),
    ],
)
async def test_a_public_name_pointed_at_the_board_opens_nothing(client, host, allowed) -> None:
    answer = await client.post("/signal/guest", json={"sdp": "v=0"}, headers={"Host": host})
    assert (answer.status == 200) == allowed


async def test_the_boards_own_page_may_open_a_link(client) -> None:
    origin = f"http://{client.host}:{client.port}"
    async with client.ws_connect("/guest", headers={"Origin": origin}) as ws:
        assert await ws.receive_bytes() == b"\x00hello"


@pytest.mark.parametrize("path", ["/control/status", "/control/rooms", "/control/rooms/x/log", "/control/imports"])
async def test_the_control_routes_are_not_on_the_boards_port(client, control, path) -> None:
    assert (await client.get(path)).status == 404
    assert (await control.get(path)).status in (200, 404)


async def test_control_says_what_it_knows(control) -> None:
    assert await (await control.get("/control/status")).json() == {"name": "kitchen"}
    missing = await control.get("/control/rooms/attic/log")
    assert (missing.status, (await missing.json())["text"]) == (404, "no room attic")
    taken = await control.post("/control/rooms/attic/import", data=b"{}")
    assert await taken.json() == {"room": "attic", "taken": 2}


async def test_exports_are_what_they_say_and_a_page_is_a_number(client) -> None:
    svg = await client.get("/api/room/lobby/export.svg?page=2")
    assert (svg.content_type, await svg.text()) == ("image/svg+xml", "<svg>1</svg>")
    assert json.loads(await (await client.get("/api/room/lobby/export.json")).text()) == {"room": "lobby"}
    assert (await client.get("/api/room/lobby/export.svg?page=x")).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/v-1/..%2fapp.py",
        "/static/v-1/%2e%2e%2fapp.py",
    ],
)
async def test_nothing_outside_the_static_folder_is_served(client, path) -> None:
    assert (await client.get(path)).status in (403, 404)


async def test_a_form_of_another_site_cannot_import(client) -> None:
    assert (await client.post("/control/rooms/x/import", data=FormData({"a": "b"}))).status == 404


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RefusedError(CloseCode.RATE, ""), 429),
        (RefusedError(CloseCode.LIMIT, ""), 503),
        (RefusedError(CloseCode.MALFORMED, ""), 400),
        (RefusedError(CloseCode.AUTH_FAILED, ""), 403),
        (DecodeError(), 400),
        (StateError(), 404),
        (StoreError(), 507),
        (TransportError(), 500),
    ],
)
def test_errors_have_their_http_status(error, status) -> None:
    assert http_status(error) == status
