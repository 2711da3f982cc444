"""The marquee's routes: who is asked what, and what is handed on."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

import edgeboard.web.marquee as marquee_module
from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.web.app import make_app
from edgeboard.web.marquee import MarqueeDoors, read_wishes


def marquee_doors(**changed) -> MarqueeDoors:
    async def put(room, wishes):
        return {"room": room, "changed": [wish["id"] for wish in wishes]}

    async def remove(room, ids):
        return {"room": room, "removed": list(ids)}

    known = {
        "room": lambda name: name or "lobby",
        "listing": lambda room: {"room": room, "items": []},
        "put": put,
        "remove": remove,
        "check_writer": lambda shown, room, source: None,
    }
    return MarqueeDoors(**{**known, **changed})


def client_of(*, control=False, check_reader=None, **changed) -> TestClient:
    from tests.web.test_app import doors

    more = {} if check_reader is None else {"check_reader": check_reader}
    return TestClient(TestServer(make_app(doors(marquee=marquee_doors(**changed), **more), control=control)))


async def test_the_items_of_a_room_are_read_and_those_of_the_usual_one_where_none_is_named() -> None:
    async with client_of() as client:
        for query, room in (("", "lobby"), ("?room=kitchen", "kitchen")):
            answer = await client.get(f"/api/marquee{query}")
            assert (answer.status, (await answer.json())["room"]) == (200, room)
            assert answer.headers["Cache-Control"] == "no-store"


async def test_one_item_is_set_and_several_at_once() -> None:
    async with client_of() as client:
        one = await client.put("/api/marquee", json={"id": "a", "text": "x"})
        assert await one.json() == {"room": "lobby", "changed": ["a"]}
        more = await client.put("/api/marquee?room=b", json={"items": [{"id": "a"}, {"id": "b"}]})
        assert await more.json() == {"room": "b", "changed": ["a", "b"]}


async def test_items_are_removed_by_their_ids() -> None:
    async with client_of() as client:
        answer = await client.delete("/api/marquee?id=a&id=b")
        assert await answer.json() == {"room": "lobby", "removed": ["a", "b"]}
        assert (await client.delete("/api/marquee")).status == 400


async def test_who_may_not_read_a_room_does_not_see_its_marquee() -> None:
    def check_reader(ticket, room, source):
        raise RefusedError(CloseCode.FORBIDDEN, f"not {room}")

    async with client_of(check_reader=check_reader) as client:
        assert (await client.get("/api/marquee?room=vault")).status == 403


async def test_who_may_not_draw_in_a_room_changes_nothing_and_shows_what_he_has() -> None:
    asked = []

    def check_writer(shown, room, source):
        asked.append((dict(shown), room))
        raise RefusedError(CloseCode.PIN, "This board asks for its PIN.")

    async with client_of(check_writer=check_writer) as client:
        assert (await client.put("/api/marquee?pin=1234", json={"id": "a", "text": "x"})).status == 403
        assert (await client.delete("/api/marquee?id=a")).status == 403
    assert asked == [({"pin": "1234"}, "lobby"), ({"id": "a"}, "lobby")]


async def test_a_page_of_another_site_changes_nothing() -> None:
    async with client_of() as client:
        for ask in (client.put, client.delete):
            origin = {"Origin": "http://evil.example"}
            answer = await ask("/api/marquee?id=a&ticket=good", headers=origin, json={"id": "a", "text": "x"})
            assert answer.status == 403


async def test_the_owner_is_not_asked() -> None:
    def check_writer(shown, room, source):
        raise AssertionError("asked")

    async with client_of(control=True, check_writer=check_writer) as client:
        assert (await client.put("/api/marquee", json={"id": "a", "text": "x"})).status == 200


async def test_changes_are_not_taken_faster_than_anybody_reads(monkeypatch) -> None:
    monkeypatch.setattr(marquee_module, "CHANGES_BURST", 2.0)
    monkeypatch.setattr(marquee_module, "CHANGES_PER_S", 0.0)
    async with client_of() as client:
        codes = [(await client.put("/api/marquee", json={"id": "a", "text": "x"})).status for _ in range(3)]
    assert codes == [200, 200, 429]


async def test_too_much_is_refused_before_it_is_read() -> None:
    async with client_of() as client:
        answer = await client.put("/api/marquee", data=b"x" * (marquee_module.BODY_MAX + 1))
        assert answer.status == 400


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"a"', b'{"items": 5}', b'{"items": [5]}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_change_is_refused_with_what_one_is(body) -> None:
    with pytest.raises(DecodeError, match="a change of the marquee is JSON"):
        read_wishes(body)


async def test_what_a_node_cannot_do_is_answered_in_words() -> None:
    async def put(room, wishes):
        raise DecodeError("a level is one of info, healthy, warning, critical")

    async with client_of(put=put) as client:
        answer = await client.put("/api/marquee", json={"id": "a", "text": "x", "level": "red"})
        assert (answer.status, (await answer.json())["text"].startswith("a level is")) == (400, True)
