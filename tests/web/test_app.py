"""What the web lets in, and how it says no."""

import asyncio
import io
import json
import re
import socket
from collections.abc import Mapping

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

import edgeboard.web.app as app_module
import edgeboard.web.trust as trust_module
from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError, StoreError, TransportError, UserError
from edgeboard.web.app import CONVERT_MAX, HEADERS, Doors, http_status, make_app
from edgeboard.web.devices import DeviceDoors
from edgeboard.web.exports import MEDIA_TYPES, NOTES_HEADER, Exported, Wanted
from edgeboard.web.panels import PanelDoors, Show
from edgeboard.web.releases import ReleaseDoors
from tests.web.test_marquee import marquee_doors
from tests.web.test_trust import trust_doors


async def release_nothing(port: str) -> bool:
    return False


def no_panel(name: str) -> Show:
    raise StateError(f"this board has no panel {name!r}")


async def change_panel(name: str, wish: Mapping[str, str]) -> dict:
    return {"name": name, **wish}


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

    async def export(name: str, wanted: Wanted) -> Exported:
        return Exported(f"{name} {wanted}".encode(), [{"kind": "imágenes", "count": 2, "why": "none"}])

    async def convert(name: str, data: bytes) -> dict:
        return {"name": name, "bytes": len(data)}

    async def room_log(name: str, at: int | None) -> dict:
        if at is not None:
            return {"room": name, "at": at}
        raise StateError(f"no room {name}")

    async def survey() -> dict:
        return {"boards": []}

    async def picture() -> str:
        return "<svg/>"

    async def no_release(name: str, board: str) -> bytes:
        raise StateError("no board has it")

    async def prove_saving(token: bytes) -> dict:
        if token == b"too much":
            raise StoreError("the disk is full")
        return {"saved": token.hex()}

    async def no_chunk(sha256: str) -> bytes:
        raise StateError("no board has it")

    known = {
        "guest_offer": guest_offer,
        "node_offer": node_offer,
        "serve_guest": serve,
        "serve_link": serve,
        "status": lambda: {"name": "kitchen"},
        "rooms": list,
        "room_log": room_log,
        "export": export,
        "convert": convert,
        "import_json": import_json,
        "prove_saving": prove_saving,
        "imports": lambda: {"modules": []},
        "signaling": lambda: [{"url": "http://s:8788", "open": True, "boards": 2, "trouble": ""}],
        "change_signaling": lambda add, remove: add == "http://new:1",
        "trust": trust_doors(),
        "devices": DeviceDoors(list, release_nothing, lambda port: False),
        "marquee": marquee_doors(),
        "releases": ReleaseDoors(dict, no_release, no_chunk, lambda wanted: None),
        "panels": PanelDoors(list, no_panel, change_panel),
        "urls": lambda: ["http://192.168.1.20:8787"],
        "holds_ticket": lambda ticket: ticket == "good",
        "check_reader": lambda ticket, room, source: None,
        "survey": survey,
        "picture": picture,
        "is_near": lambda source: True,
        "pin": lambda: {"pin": "123456"},
        "new_pin": lambda: {"pin": "654321"},
        "tokens": list,
        "issue_token": lambda room, role, seconds: {"room": room, "role": role, "seconds": seconds},
        "revoke_token": lambda token: {"id": token},
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


async def test_the_owner_may_ask_for_a_proof_that_the_board_saves_and_nobody_else(client, control) -> None:
    assert (await client.post("/control/prove", data=b"ink")).status == 404
    assert await (await control.post("/control/prove", data=b"ink")).json() == {"saved": b"ink".hex()}
    full = await control.post("/control/prove", data=b"too much")
    assert (full.status, (await full.json())["text"]) == (507, "the disk is full")
    assert (await control.post("/control/prove", data=bytes(65))).status == 400


async def test_the_root_leads_to_the_lobby_and_a_room_is_a_page(client) -> None:
    answer = await client.get("/", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/room/lobby")
    page = await client.get("/room/lobby")
    assert page.status == 200
    assert re.search(r'"/static/v-[0-9a-f]{12}/main\.js"', await page.text())


@pytest.mark.parametrize("kind", ["room", "embed"])
async def test_a_room_that_cannot_be_is_never_another_one(client, kind) -> None:
    for name in ("%E6%95%B0%E5%AD%A6", "Cafe%CC%81", "v1.2"):
        page = await client.get(f"/{kind}/{name}")
        assert (page.status, 'id="stage"' in await page.text()) == (200, True)
    for name, offered in (
        ("Bad%20Room!", '<a href="/room/Bad-Room">Bad-Room</a>'),
        ("%3Cscript%3Ealert(1)%3C%2Fscript%3E", '<a href="/room/script-alert-1-script">'),
        ("x" * 100, f'<a href="/room/{"x" * 64}">'),
        ("!!", '<p class="choices"><a href="/room/lobby">'),
    ):
        page = await client.get(f"/{kind}/{name}")
        text = await page.text()
        assert (page.status, offered in text, "<script" in text) == (404, True, False)
        assert "Content-Security-Policy" in page.headers


@pytest.mark.parametrize("path", ["/", "/room/lobby", "/static/style.css", "/api/room/x/export.svg", "/nowhere"])
async def test_every_answer_carries_the_headers_that_forbid_foreign_code(client, path) -> None:
    answer = await client.get(path, allow_redirects=False)
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, f"{path} lacks {name}"


async def test_the_policy_allows_no_inline_script_and_no_other_host() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    others = [rule for rule in policy.split("; ") if "http" in rule]
    assert [rule.split()[0] for rule in others] == ["connect-src"]  # another board, when this one has died


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


@pytest.mark.parametrize("path", ["/signal/guest", "/signal/node"])
async def test_an_offer_that_trickles_in_is_not_waited_for(monkeypatch, client, path) -> None:
    monkeypatch.setattr(trust_module, "REQUEST_S", 0.05)

    async def forever():
        yield b"{"
        await asyncio.Event().wait()

    answer = await client.post(path, data=forever())
    assert (answer.status, (await answer.json())["code"]) == (429, CloseCode.RATE)


@pytest.mark.parametrize("path", ["/signal/guest", "/guest", "/link"])
async def test_a_page_of_another_site_may_not_open_a_link(client, path) -> None:
    headers = {"Origin": "http://evil.example"}
    answer = await (client.post if path.startswith("/signal") else client.get)(path, headers=headers)
    assert answer.status == 403


OTHER_BOARD = {"Origin": "http://192.168.1.21:8787"}


async def test_a_page_of_another_board_of_the_mesh_shows_its_ticket_and_reads_the_answer(client) -> None:
    answer = await client.post("/signal/guest?ticket=good", data=b'{"sdp": "v=0"}', headers=OTHER_BOARD)
    assert await answer.json() == {"sdp": "answer to v=0"}
    assert answer.headers["Access-Control-Allow-Origin"] == OTHER_BOARD["Origin"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    async with client.ws_connect("/guest?ticket=good", headers=OTHER_BOARD) as ws:
        assert (await ws.receive_bytes()) == b"\x00hello"
    saved = await client.get("/api/room/lobby/export.svg?ticket=good", headers=OTHER_BOARD)
    assert (saved.status, saved.headers["Content-Disposition"]) == (200, "attachment")


@pytest.mark.parametrize("path", ["/signal/guest", "/guest", "/api/convert", "/link"])
async def test_another_page_without_a_good_ticket_is_refused_and_reads_nothing(client, path) -> None:
    ask = client.get if path in ("/guest", "/link") else client.post
    for ticket in ("", "?ticket=", "?ticket=bad"):
        answer = await ask(path + ticket, headers=OTHER_BOARD)
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    preflight = await client.options(path, headers={**OTHER_BOARD, "Access-Control-Request-Method": "POST"})
    assert "Access-Control-Allow-Origin" not in preflight.headers


async def test_who_may_not_come_in_gets_no_room_as_a_file() -> None:
    asked = []

    def check_reader(ticket: str, room: str, source: str) -> None:
        asked.append((ticket, room, source))
        if ticket != "good":
            raise RefusedError(CloseCode.FORBIDDEN, "no")

    for control in (False, True):
        app = make_app(doors(check_reader=check_reader), control=control)
        async with TestClient(TestServer(app)) as client:
            for form in MEDIA_TYPES:
                assert (await client.get(f"/api/room/lobby/export.{form}")).status == (200 if control else 403)
                assert (await client.get(f"/api/room/lobby/export.{form}?ticket=good")).status == 200
    assert set(asked) == {("", "lobby", "127.0.0.1"), ("good", "lobby", "127.0.0.1")}


async def test_the_pin_is_told_to_the_boards_own_panel_and_to_nobody_else(client, control) -> None:
    assert await (await client.get("/api/pin")).json() == {"pin": "123456"}
    for headers in (
        {"Host": "192.168.1.20:8787"},
        {"Host": "board.example:8787"},
        {"X-Forwarded-For": "10.0.0.9"},
        {"Forwarded": "for=10.0.0.9"},
        {"Via": "1.1 proxy"},
        {"Origin": "http://evil.example"},
    ):
        assert (await client.get("/api/pin", headers=headers)).status == 403, headers
    assert (await client.get("/control/pin")).status == 404
    assert await (await control.get("/control/pin")).json() == {"pin": "123456"}
    assert await (await control.post("/control/pin")).json() == {"pin": "654321"}


async def test_the_code_for_a_new_board_is_shown_and_begun_at_the_boards_own_panel_and_nowhere_else(client) -> None:
    assert await (await client.get("/api/pair")).json() == {"code": "123456"}
    assert await (await client.post("/api/pair")).json() == {"code": "654321"}
    for headers in ({"Host": "192.168.1.20:8787"}, {"X-Forwarded-For": "10.0.0.9"}, {"Origin": "http://evil.example"}):
        assert (await client.get("/api/pair", headers=headers)).status == 403, headers
        assert (await client.post("/api/pair", headers=headers)).status == 403, headers


async def test_tokens_are_made_and_ended_over_the_control_socket_alone(client, control) -> None:
    for path in ("/control/tokens?room=lobby", "/control/tokens/x/revoke"):
        assert (await client.post(path)).status == 404
    made = await control.post("/control/tokens?room=lobby&role=view&seconds=7200")
    assert await made.json() == {"room": "lobby", "role": "view", "seconds": 7200.0}
    assert (await (await control.post("/control/tokens?room=lobby")).json())["seconds"] is None
    for wrong in ("", "?room=", "?room=a%20b", "?room=lobby&seconds=soon"):
        assert (await control.post(f"/control/tokens{wrong}")).status in (400, 403), wrong
    assert await (await control.post("/control/tokens/ab12/revoke")).json() == {"id": "ab12"}
    assert await (await control.get("/control/tokens")).json() == []


async def test_no_ticket_opens_the_door_for_nodes_to_a_page(client) -> None:
    assert (await client.get("/link?ticket=good", headers=OTHER_BOARD)).status == 403


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


@pytest.mark.parametrize(
    "path", ["/control/status", "/control/rooms", "/control/rooms/x/log", "/control/imports", "/control/signaling"]
)
async def test_the_control_routes_are_not_on_the_boards_port(client, control, path) -> None:
    assert (await client.get(path)).status == 404
    assert (await control.get(path)).status in (200, 404)


async def test_control_says_what_it_knows(control) -> None:
    assert await (await control.get("/control/status")).json() == {"name": "kitchen"}
    missing = await control.get("/control/rooms/attic/log")
    assert (missing.status, (await missing.json())["text"]) == (404, "no room attic")
    taken = await control.post("/control/rooms/attic/import", data=b"{}")
    assert await taken.json() == {"room": "attic", "taken": 2}


async def test_signaling_services_are_changed_one_at_a_time(control) -> None:
    services = await (await control.get("/control/signaling")).json()
    for body, changed in (({"add": "http://new:1"}, True), ({"remove": "http://s:8788"}, False)):
        answer = await control.post("/control/signaling", json=body)
        assert await answer.json() == {"changed": changed, "services": services}
    for wrong in ({}, [], {"add": 1}, {"add": "http://a", "remove": "http://b"}):
        assert (await control.post("/control/signaling", json=wrong)).status == 400
    assert (await control.post("/control/signaling", data=b"{")).status == 400


async def test_exports_are_what_they_say_and_numbers_are_looked_at(client) -> None:
    for form, media_type in MEDIA_TYPES.items():
        answer = await client.get(f"/api/room/lobby/export.{form}?page=2&at=17&scale=3")
        assert answer.content_type == media_type
        assert await answer.text() == f"lobby {Wanted(form, 1, 17, 3)}"
        notes = json.loads(answer.headers[NOTES_HEADER])
        assert notes == [{"kind": "imágenes", "count": 2, "why": "none"}]
    assert (await client.get("/api/room/lobby/export.svg?page=x")).status == 400
    assert (await client.get("/api/room/lobby/export.svg", headers={"Host": "evil.example"})).status == 403


async def test_notes_that_no_header_holds_are_left_out() -> None:
    async def export(name: str, wanted: Wanted) -> Exported:
        return Exported(b"", [{"kind": "x" * 9000, "count": 1, "why": ""}])

    async with TestClient(TestServer(make_app(doors(export=export), control=False))) as client:
        assert NOTES_HEADER not in (await client.get("/api/room/lobby/export.svg")).headers


async def test_a_machine_that_cannot_draw_says_what_to_install() -> None:
    async def export(name: str, wanted: Wanted) -> Exported:
        raise UserError("apt install it")

    async with TestClient(TestServer(make_app(doors(export=export), control=False))) as client:
        answer = await client.get("/api/room/lobby/export.png")
        assert (answer.status, (await answer.json())["text"]) == (501, "apt install it")


async def test_a_file_becomes_items_for_the_boards_own_page_only(client) -> None:
    answer = await client.post("/api/convert?name=a.csv", data=b"1,2")
    assert await answer.json() == {"name": "a.csv", "bytes": 3}
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        assert (await client.post("/api/convert", data=b"1", headers=headers)).status == 403
    assert (await client.post("/api/convert", data=io.BytesIO(b"x" * (CONVERT_MAX + 1)))).status == 400


async def test_one_file_is_read_at_a_time() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def convert(name: str, data: bytes) -> dict:
        begun.set()
        await go_on.wait()
        return {}

    async with TestClient(TestServer(make_app(doors(convert=convert), control=False))) as client:
        first = asyncio.ensure_future(client.post("/api/convert", data=b"1"))
        await begun.wait()
        second = await client.post("/api/convert", data=b"2")
        assert (second.status, (await second.json())["code"]) == (429, CloseCode.RATE)
        go_on.set()
        assert (await first).status == 200
        assert (await client.post("/api/convert", data=b"3")).status == 200


async def test_a_file_that_does_not_come_in_makes_way(monkeypatch) -> None:
    monkeypatch.setattr(app_module, "CONVERT_S", 0.01)

    async def forever():
        yield b"1"
        await asyncio.Event().wait()

    async with TestClient(TestServer(make_app(doors(), control=False))) as client:
        answer = await client.post("/api/convert", data=forever())
        assert answer.status == 429
        assert (await client.post("/api/convert", data=b"3")).status == 200


async def test_a_room_may_be_embedded_and_nothing_else(client) -> None:
    page = await client.get("/embed/lobby")
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "<body data-embed " in await page.text()
    for path in ("/room/lobby", "/embed", "/static/main.js"):
        answer = await client.get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_boards_addresses_are_told_and_made_into_qr_codes(client) -> None:
    assert await (await client.get("/api/addresses")).json() == {"urls": ["http://192.168.1.20:8787"]}
    for link in ("http://192.168.1.20:8787/room/x", f"http://{client.host}:{client.port}/room/x"):
        answer = await client.get("/api/qr.svg", params={"text": link})
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
        assert b"<path" in await answer.read()
    assert (await client.get("/api/qr.svg", params={"text": "http://evil.example/"})).status == 403
    assert (await client.get("/api/qr.svg")).status == 400


async def test_the_log_of_a_moment_is_asked_for_by_its_number(control) -> None:
    assert (await (await control.get("/control/rooms/attic/log?at=5")).json())["at"] == 5
    assert (await control.get("/control/rooms/attic/log?at=x")).status == 400


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
        (UserError(), 501),
        (TransportError(), 500),
    ],
)
def test_errors_have_their_http_status(error, status) -> None:
    assert http_status(error) == status


async def test_who_goes_away_before_the_upgrade_leaves_one_debug_line_and_no_traceback(caplog):
    caplog.set_level("DEBUG")
    served = []

    async def serve(ws: web.WebSocketResponse, remote: str) -> None:
        served.append(remote)

    async with TestServer(make_app(doors(serve_guest=serve), control=False)) as server:
        lost = socket.create_connection((server.host, server.port))
        wish = (
            f"GET /guest HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        lost.sendall(wish.encode())
        lost.close()  # the board has not had a turn since
        async with asyncio.timeout(10):
            while not any("went away" in each.message for each in caplog.records):  # noqa: ASYNC110 - turns of the loop
                await asyncio.sleep(0)
    lines = [each for each in caplog.records if "went away" in each.message]
    assert [each.levelname for each in lines] == ["DEBUG"]
    assert not [each for each in caplog.records if each.exc_info]
    assert not served
