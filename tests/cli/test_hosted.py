"""A guest over a real control socket: linked, cut off, linked again."""

import asyncio
import signal

import pytest

import edgeboard.cli.hosted as hosted_module
from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.samples import Stroke
from edgeboard.cli.control import NoNode
from edgeboard.cli.guest import GuestSession, Me
from edgeboard.cli.hosted import HostedGuest
from edgeboard.errors import CloseCode, RefusedError, UserError
from edgeboard.ids import Origin, PersonId
from edgeboard.oplog.codec import encode_stroke

pytestmark = pytest.mark.slow
INK = Add(0, 0, ItemType.STROKE, encode_stroke(0, 0, 24, Stroke(20, [0, 20], [0, 0])))


def a_session(room="lobby"):
    return GuestSession(Me(PersonId(b"p" * 16), Origin(11), "Ada", 0), room)


async def test_a_guest_draws_until_all_is_safe(lasting_node):
    changes = []
    async with HostedGuest(lasting_node.state, a_session(), lambda: changes.append(1)) as hosted:
        session = hosted.session
        assert await hosted.until(lambda: session.ready, 5)
        session.make(INK)
        hosted.flush()
        assert await hosted.until(lambda: not session.tally.unsafe, 5)
    assert changes
    assert hosted.links == 1


async def test_a_wait_that_is_too_long_is_told(lasting_node):
    async with HostedGuest(lasting_node.state, a_session()) as hosted:
        assert not await hosted.until(lambda: False, 0.05)
        assert await hosted.until(lambda: True)


async def test_without_a_host_there_is_no_beginning(tmp_path):
    with pytest.raises(NoNode, match="no node runs on"):
        async with HostedGuest(tmp_path, a_session()):
            pass


async def test_a_host_that_is_killed_and_comes_back_is_linked_again(start_node):
    node = start_node()
    async with HostedGuest(node.state, a_session()) as hosted:
        session = hosted.session
        await hosted.until(lambda: session.ready, 5)
        await asyncio.to_thread(node.stop, signal.SIGKILL)
        session.make(INK)
        hosted.flush()
        assert not await hosted.until(lambda: not session.tally.unsafe, 0.6)
        await asyncio.to_thread(start_node)
        assert await hosted.until(lambda: not session.tally.unsafe, 10)
    assert hosted.links == 2


async def test_a_host_that_does_not_come_back_is_given_up(start_node, monkeypatch):
    monkeypatch.setattr(hosted_module, "OUTAGE_MAX_S", 0.3)
    node = start_node()
    async with HostedGuest(node.state, a_session()) as hosted:
        await hosted.until(lambda: hosted.session.ready, 5)
        await asyncio.to_thread(node.stop)
        with pytest.raises(NoNode, match="no node runs on"):
            await hosted.until(lambda: False, 10)


async def test_work_goes_on_while_there_is_hope_and_is_cancelled_when_there_is_none(start_node, monkeypatch):
    monkeypatch.setattr(hosted_module, "OUTAGE_MAX_S", 0.3)
    node = start_node()
    done = []

    async def work(until):
        try:
            await until.wait()
        finally:
            done.append(until.is_set())

    over, never = asyncio.Event(), asyncio.Event()
    over.set()
    async with HostedGuest(node.state, a_session()) as hosted:
        await hosted.unless_gone(work(over))
        await asyncio.to_thread(node.stop)
        with pytest.raises(NoNode, match="no node runs on"):
            await hosted.unless_gone(work(never))
    assert done == [True, False]


async def test_what_a_host_refuses_for_good_ends_the_run(lasting_node):
    async with HostedGuest(lasting_node.state, a_session("no such name!")) as hosted:
        with pytest.raises(UserError, match="the node ends the link: a room name is 1 to 64"):
            await hosted.until(lambda: False, 10)


async def test_a_host_that_goes_away_for_a_while_is_dialled_again(lasting_node, monkeypatch):
    session = a_session()
    told = []

    def receive(data):
        if not told:
            told.append(1)
            raise RefusedError(CloseCode.GOING_AWAY, "this board stops")
        GuestSession.receive(session, data)

    async with HostedGuest(lasting_node.state, session) as hosted:
        monkeypatch.setattr(session, "receive", receive, raising=False)
        assert await hosted.until(lambda: session.ready, 5)
    assert hosted.links == 2
