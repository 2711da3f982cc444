"""Charters between whole boards: put out on one, put out on all, and on the disk."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from edgeboard.errors import StateError
from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import enrol, load_mesh, load_or_create_key, load_or_found_mesh
from edgeboard.identity.tickets import Admitted
from edgeboard.rooms.admission import Entry
from edgeboard.wire.messages import Channel
from tests.node.test_admission import door, running
from tests.node.test_build import until


def url_of(board) -> str:
    return f"http://127.0.0.1:{board.port}"


async def test_who_is_put_out_on_one_board_is_cut_off_by_all(tmp_path) -> None:
    states = [tmp_path / name for name in "abc"]
    load_or_found_mesh(states[0], "m")
    for state in states[1:]:
        enrol(states[0], state)
    async with AsyncExitStack() as stack:
        a = await stack.enter_async_context(running(states[0]))
        b = await stack.enter_async_context(running(states[1], url_of(a)))
        c = await stack.enter_async_context(running(states[2], url_of(b)))
        await until(lambda: len(b.links.all()) == 2)
        gone = load_or_create_key(states[2]).node_id
        await door(a).revoke(gone)
        await until(lambda: len(b.links.all()) == 1 and not c.links.all())
        await until(lambda: "was put out of the mesh m" in c.links.refusals.get(url_of(b), ""))
        assert door(b).membership.secret.epoch == 2
        for board in (a, b):
            assert gone not in {host.node for host in board.node.pipeline.hosting._elsewhere.listing(0)}
        await until(lambda: load_mesh(states[1]).secret.epoch == 2)
        assert door(c).membership.secret.epoch == 1
    assert load_mesh(states[0]).charter == load_mesh(states[1]).charter
    assert load_mesh(states[2]).secret.epoch == 1


async def test_a_board_that_slept_through_an_epoch_catches_up_and_links(tmp_path) -> None:
    load_or_found_mesh(tmp_path / "a", "m")
    enrol(tmp_path / "a", tmp_path / "b")
    async with running(tmp_path / "a") as a:
        await door(a).revoke(bytes(16))
        async with running(tmp_path / "b", url_of(a)) as b:
            await until(lambda: b.links.all() and a.links.all())
            assert door(b).membership.secret == door(a).membership.secret
    assert load_mesh(tmp_path / "b").secret.epoch == 2


async def test_a_token_that_was_ended_at_its_board_lets_nobody_in_at_another(tmp_path) -> None:
    load_or_found_mesh(tmp_path / "a", "m")
    enrol(tmp_path / "a", tmp_path / "b")
    async with running(tmp_path / "a") as a, running(tmp_path / "b", url_of(a)) as b:
        await until(lambda: b.links.all() and a.links.all())
        mark = load_or_create_key(tmp_path / "a").node_id[:8] + b"token..."
        held = Entry(Admitted.TOKEN, Role.DRAW, None, mark)
        door_of_b = b.node.pipeline.identity.door
        assert door_of_b.holds(held, 0.0)
        a._gate.end_token(mark)
        await until(lambda: not door_of_b.holds(held, 0.0))
        b._gate.end_token(bytes(16))  # it is no admin: no more than its own guests are concerned
        assert not door(b).membership.charter.is_revoked_token(bytes(16))


async def test_a_guest_that_says_a_charter_is_sent_away(tmp_path) -> None:
    from tests.node.test_build import Seat

    async with running(tmp_path / "a") as board, Seat(board) as guest:
        await until(lambda: guest.room is not None)
        guest.send(Channel.CTL, b"\x93\x1a\xc4\x01x\xc4\x20" + bytes(32))
        await until(lambda: not board.links.all())


async def test_a_command_that_fails_raises_where_it_was_asked(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        gate = board._gate
        assert gate.feed(lambda now: 5) == 5
        with pytest.raises(StateError, match="itself"):
            gate.feed(lambda now: gate.trust.revoke(load_or_create_key(tmp_path / "a").node_id, now))
    with pytest.raises(StateError, match="stopping"):
        gate.feed(lambda now: 5)
    await asyncio.sleep(0)
