"""Boards that let others in: whole boards in this process, with real doors on loopback."""

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from edgeboard.discovery.settings import Settings as DiscoverySettings
from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError, TransportError
from edgeboard.identity.grants import Role
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.joining import Request
from edgeboard.identity.keyfile import load_mesh, load_or_create_key, load_peers
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.pairing import PairingJoiner
from edgeboard.node.admission import Admission
from edgeboard.node.errand import ask_to_join
from edgeboard.signaling.doorkeeper import OFFERS_PER_S
from tests.node.test_build import build, config_of, text, until


def build_alone(state, *peers, **how):
    """A board that neither announces itself nor looks around."""
    return build(replace(config_of(state, *peers, **how), discovery=DiscoverySettings(mdns=False)))


@asynccontextmanager
async def running(state, *peers, **how):
    board = build_alone(state, *peers, **how)
    await board.start()
    try:
        yield board
    finally:
        await board.stop()


def door(board) -> Admission:
    return board.admission


async def ask(text, key, *urls):
    return await asyncio.to_thread(ask_to_join, text, key, urls)


def canvas_of(board) -> tuple[int, bytes]:
    """How many items its first room has, and the digest of them."""
    document = next(iter(board.node.pipeline.rooms.values())).document
    return document.count_living(), document.digest()


async def refusal(awaitable):
    with pytest.raises(RefusedError) as caught:
        await awaitable
    return caught.value.code, str(caught.value)


KEYS = [NodeKey(bytes([n]) * 32) for n in range(1, 9)]


async def test_an_invited_board_is_given_its_place(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        assert "a mesh of its own" in board.standing()
        made = await door(board).invite(1, Role.MODERATE, 60.0)
        admitted = await ask(made["text"], KEYS[0])
        assert admitted.membership.grant.role is Role.MODERATE
        assert admitted.membership.mesh == door(board).membership.mesh
        assert admitted.peers == (f"http://127.0.0.1:{board.port}",)
        assert not door(board).membership.is_private
        assert board.standing() == "it is in the mesh a, with the role update"
    assert not load_mesh(tmp_path / "a").is_private


async def test_a_used_up_invitation_is_refused_by_name_and_a_lost_answer_comes_again(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(2, Role.DRAW, 60.0)
        for key in KEYS[:2]:
            await ask(made["text"], key)
        code, said = await refusal(ask(made["text"], KEYS[2]))
        assert code is CloseCode.FORBIDDEN
        assert "this invitation is used up" in said
        again = await ask(made["text"], KEYS[0])
        assert again.membership.grant.public_key == KEYS[0].public_key


async def test_an_invitation_that_was_taken_back_is_refused_by_name(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
        await door(board).end_invitation(bytes.fromhex(made["id"]))
        assert "this invitation is revoked" in (await refusal(ask(made["text"], KEYS[0])))[1]


async def test_invitations_outlive_a_restart_with_their_count(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        port = board.port
        made = await door(board).invite(2, Role.DRAW, 3600.0)
        await ask(made["text"], KEYS[0])
    async with running(tmp_path / "a", port=port) as board:
        (row,) = door(board).invitations()
        assert (row["used"], row["state"]) == (1, "open")
        await ask(made["text"], KEYS[1])
        assert "used up" in (await refusal(ask(made["text"], KEYS[2])))[1]


async def test_a_replayed_request_is_refused_by_name(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(2, Role.DRAW, 60.0)
        invitation = Invitation.from_text(made["text"])
        request = Request.make(invitation.token_id, invitation.token, KEYS[0], b"x" * 32, b"n" * 16)
        await door(board).answer_join(request.data, "1")
        code, said = await refusal(door(board).answer_join(request.data, "2"))
        assert (code, said) == (CloseCode.AUTH_FAILED, "this request was seen before")


async def test_a_request_with_another_token_is_refused(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
        invitation = Invitation.from_text(made["text"])
        wrong = Request.make(invitation.token_id, bytes(16), KEYS[0], b"x" * 32, b"n" * 16)
        assert (await refusal(door(board).answer_join(wrong.data, "1")))[0] is CloseCode.AUTH_FAILED
        unknown = Request.make(bytes(8), bytes(16), KEYS[0], b"x" * 32, b"n" * 16)
        assert "no such invitation" in (await refusal(door(board).answer_join(unknown.data, "1")))[1]
        (row,) = door(board).invitations()
        assert row["used"] == 0


async def test_a_flood_of_requests_is_refused_by_name_and_hurts_nobody_else(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
        codes = []
        for _ in range(200):
            try:
                await door(board).answer_join(b"noise", "10.0.0.66")
            except DecodeError:
                codes.append(CloseCode.MALFORMED)
            except RefusedError as error:
                codes.append(error.code)
        assert codes.count(CloseCode.MALFORMED) <= OFFERS_PER_S + 5
        assert codes[-1] is CloseCode.RATE
        assert (await ask(made["text"], KEYS[0])).membership  # from another address


async def test_only_an_admin_invites(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(2, Role.ADMIN, 60.0)
        plain = await door(board).invite(1, Role.DRAW, 60.0)
        admin = build_alone(tmp_path / "b")
        await admin.start()
        assert not (await door(admin).join(made["text"], ()))["known"]
        await admin.run_until_stopped()
        await admin.stop()
        member = build_alone(tmp_path / "c")
        await member.start()
        await door(member).join(plain["text"], ())
        await member.stop()
        async with running(tmp_path / "b") as admin, running(tmp_path / "c") as member:
            with pytest.raises(StateError, match="may not invite"):
                await door(member).invite(1, Role.DRAW, 60.0)
            with pytest.raises(StateError, match="may not invite"):
                door(member).show_code()
            with pytest.raises(RefusedError, match="an admin gives moderate at most"):
                await door(admin).invite(1, Role.ADMIN, 60.0)
            by_admin = await door(admin).invite(1, Role.DRAW, 60.0)
            admitted = await ask(by_admin["text"], KEYS[0])
            assert admitted.membership.grant.issuer_grant.bearer == load_or_create_key(tmp_path / "b").node_id


async def test_who_was_put_out_does_not_come_back_by_an_invitation(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        await door(board).revoke(KEYS[0].node_id)
        made = await door(board).invite(1, Role.DRAW, 60.0)
        code, said = await refusal(ask(made["text"], KEYS[0]))
        assert code is CloseCode.REVOKED
        assert "put out" in said
        await ask(made["text"], KEYS[1])  # nor has he used it up


async def test_a_board_that_was_put_out_comes_back_as_a_new_one_and_keeps_its_ink(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
        lost = build_alone(tmp_path / "b")
        await lost.start()
        await door(lost).join(made["text"], ())
        await lost.stop()
        before = load_or_create_key(tmp_path / "b")
        async with running(tmp_path / "b") as lost:
            await until(lambda: lost.links.all() and board.links.all())
            await door(board).revoke(before.node_id)
            await until(lambda: lost.links.put_out)
            lost.node.feed(lambda now: lost.node.pipeline.draw("lobby", [text("drawn outside")], now))
            again = await door(board).invite(1, Role.DRAW, 60.0)
            with pytest.raises(StateError, match="add --leave"):
                await door(lost).join(again["text"], ())
            answer = await door(lost).join(again["text"], (), is_out=True)
            assert answer == {
                "mesh": "a", "role": "draw", "known": False, "kept_key": f"node-{before.node_id.hex()[:8]}.key",
            }  # fmt: skip
        assert NodeKey((tmp_path / "b" / answer["kept_key"]).read_bytes()).node_id == before.node_id
        async with running(tmp_path / "b") as lost:
            await until(lambda: lost.links.all() and board.links.all())
            await until(lambda: canvas_of(lost)[0] == 1 and canvas_of(board) == canvas_of(lost))


async def test_a_board_does_not_join_itself(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
        code, said = await refusal(ask(made["text"], load_or_create_key(tmp_path / "a")))
        assert code is CloseCode.FORBIDDEN
        assert "itself" in said


# ------------------------------------------------------------------------------------------------ codes


async def test_a_board_is_let_in_by_a_code(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        shown = door(board).show_code()
        assert re.fullmatch(r"\d{6}", shown["code"])
        admitted = await ask(shown["code"], KEYS[0], f"http://127.0.0.1:{board.port}")
        assert admitted.membership.grant.role is Role.DRAW
        assert door(board).pairing_state()["used"]
        assert "was used" in (await refusal(ask(shown["code"], KEYS[1], f"http://127.0.0.1:{board.port}")))[1]
        assert door(board).invitations() == []


async def test_the_panel_shows_the_code_while_it_is_open_and_begins_one_only_where_the_owner_allows_it(
    tmp_path,
) -> None:
    async with running(tmp_path / "a") as board:
        url = f"http://127.0.0.1:{board.port}"
        async with aiohttp.ClientSession() as panel:

            async def ask_panel(method):
                async with panel.request(method, f"{url}/api/pair") as answer:
                    return await answer.json()

            assert (await ask_panel("GET"))["code"] == ""
            assert not (await ask_panel("GET"))["may_start"]
            assert "edgeboard pair" in (await ask_panel("POST"))["text"]
            assert door(board).shown_code == ""
            code = door(board).show_code()["code"]
            assert (await ask_panel("GET"))["code"] == code
            await ask(code, KEYS[0], url)
            told = await ask_panel("GET")
            assert (told["code"], told["used"]) == ("", True)


async def test_where_the_owner_allows_it_whoever_stands_at_the_panel_lets_a_board_in(tmp_path) -> None:
    config = config_of(tmp_path / "a")
    config = replace(config, node=replace(config.node, pair_at_panel=True), discovery=DiscoverySettings(mdns=False))
    board = build(config)
    await board.start()
    try:
        url = f"http://127.0.0.1:{board.port}"
        async with aiohttp.ClientSession() as panel, panel.post(f"{url}/api/pair") as answer:
            told = await answer.json()
        assert told["may_start"]
        assert (await ask(told["code"], KEYS[0], url)).membership.mesh == door(board).membership.mesh
    finally:
        await board.stop()


async def test_of_two_boards_that_were_typed_the_same_code_one_comes_in(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        code = door(board).show_code()["code"]
        requests = []
        for number, key in enumerate(KEYS[:2]):
            joiner = PairingJoiner(code, lambda size, number=number: bytes([number + 1]) * size)
            name, token = joiner.finish(await door(board).answer_pair(joiner.message, "1"))
            requests.append(Request.make(name, token, key, b"x" * 32, b"n" * 16))
        await door(board).answer_join(requests[1].data, "1")
        await refusal(door(board).answer_join(requests[0].data, "1"))


async def test_a_code_can_be_guessed_at_three_times(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        url = f"http://127.0.0.1:{board.port}"
        shown = door(board).show_code()
        wrong = [code for code in ("000000", "111111", "222222", "333333") if code != shown["code"]][:3]
        said = [(await refusal(ask(code, KEYS[0], url)))[1].removeprefix(f"{url}: ") for code in wrong]
        assert said == [
            "the code is wrong; 2 more tries",
            "the code is wrong; 1 more try",
            "the code is wrong; show a new one with: edgeboard pair",
        ]
        assert "guessed at three times" in (await refusal(ask(shown["code"], KEYS[0], url)))[1]
        assert not door(board).pairing_state()["open"]
        fresh = door(board).show_code()
        await ask(fresh["code"], KEYS[0], url)


async def test_where_no_code_is_shown_none_is_taken(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        assert "shows no code" in (await refusal(ask("123456", KEYS[0], f"http://127.0.0.1:{board.port}")))[1]


async def test_one_guess_is_one_request(tmp_path) -> None:
    """What came of a pairing lets one board in, and whoever fails to prove it has had his guess."""
    async with running(tmp_path / "a") as board:
        door(board).show_code()
        joiner = PairingJoiner("999999" if door(board)._pairing.code != "999999" else "888888", lambda n: b"7" * n)
        name, token = joiner.finish(await door(board).answer_pair(joiner.message, "1"))
        for _ in range(2):
            request = Request.make(name, token, KEYS[0], b"x" * 32, b"n" * 16)
            with pytest.raises(RefusedError):
                await door(board).answer_join(request.data, "1")
        assert door(board)._guesses == set()


# ------------------------------------------------------------------------------------------------ the new board


async def test_a_running_board_joins_and_starts_anew_in_the_mesh(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
        new = build_alone(tmp_path / "b")
        await new.start()
        answer = await door(new).join(made["text"], ())
        assert answer == {"mesh": "a", "role": "draw", "known": False, "kept_key": ""}
        async with asyncio.timeout(20):
            await new.run_until_stopped()
        assert new.is_restarting
        await new.stop()
        assert load_peers(tmp_path / "b") == (f"http://127.0.0.1:{board.port}",)
        async with running(tmp_path / "b") as new:
            await until(lambda: new.links.all() and board.links.all())
            assert new.standing() == "it is in the mesh a, with the role draw"
            assert (await door(new).join(made["text"], (), leave=True))["known"]
            with pytest.raises(StateError, match="--leave"):
                await door(new).join(made["text"], ())


async def test_a_board_joins_with_a_file_and_tries_on_while_nobody_answers(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("edgeboard.node.admission.FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr("edgeboard.node.admission.LAST_PAUSE_S", 0.05)
    async with running(tmp_path / "a") as board:
        port = board.port
        made = await door(board).invite(1, Role.DRAW, 3600.0)
    file = tmp_path / "edgeboard-join.txt"
    file.write_text(made["file"])
    new = build_alone(tmp_path / "b", join_file=file)
    await new.start()
    try:
        assert "a mesh of its own" in new.standing()
        async with running(tmp_path / "a", port=port), asyncio.timeout(20):
            await new.run_until_stopped()
        assert new.is_restarting
    finally:
        await new.stop()
    assert load_mesh(tmp_path / "b").charter.name == "a"


async def test_a_file_that_lets_nobody_in_is_said_to_be_so_in_the_log_with_the_remedy(tmp_path, caplog) -> None:
    file = tmp_path / "edgeboard-join.txt"
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
        await ask(made["text"], KEYS[0])
        for text, said in ((made["file"], "used up"), ("hello", "holds no invitation")):
            file.write_text(text)
            async with running(tmp_path / "b", join_file=file) as new:
                await until(lambda new=new: new.node.alarms)
                assert said in new.node.alarms[0]
            (told,) = [each for each in caplog.records if str(file) in each.getMessage()]
            assert (told.levelname, said in told.getMessage()) == ("WARNING", True)
            assert "edgeboard mesh invite --file" in told.getMessage()
            caplog.clear()


async def test_who_is_not_found_where_the_invitation_says_is_looked_for(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        port = board.port
        made = await door(board).invite(1, Role.DRAW, 3600.0)
        issuer = load_or_create_key(tmp_path / "a").node_id
        code = door(board).show_code()["code"]
        around = {KEYS[5].node_id: ("http://127.0.0.1:1",), issuer: (f"http://127.0.0.1:{port}",)}
        admitted = await asyncio.to_thread(ask_to_join, code, KEYS[0], (), lambda: around)
        assert admitted.peers == (f"http://127.0.0.1:{port}",)
    async with running(tmp_path / "a") as board:  # at another port
        around[issuer] = (f"http://127.0.0.1:{board.port}",)
        asked = []

        def look(wanted=None):
            asked.append(wanted)
            return around

        admitted = await asyncio.to_thread(ask_to_join, made["text"], KEYS[1], (), look)
        assert admitted.peers == around[issuer]
        assert asked == [issuer]
    with pytest.raises(TransportError):
        await asyncio.to_thread(ask_to_join, made["text"], KEYS[2], (), lambda wanted: {})


async def test_nobody_answers(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await door(board).invite(1, Role.DRAW, 60.0)
    with pytest.raises(TransportError):
        await ask(made["text"], KEYS[0])


async def test_the_doors_are_open_to_strangers_and_say_why_they_refuse(tmp_path) -> None:
    async with running(tmp_path / "a") as board, aiohttp.ClientSession() as http:
        for path in ("join", "pair"):
            async with http.post(f"http://127.0.0.1:{board.port}/mesh/{path}", data=b"noise") as answer:
                assert answer.status in (400, 403)
                assert (await answer.json())["text"]
            async with http.post(f"http://127.0.0.1:{board.port}/mesh/{path}", data=bytes(9_999)) as answer:
                assert answer.status == 400
