"""Which links live: crossing ones, restarts and copies of a state directory."""

import asyncio
import random

import pytest

from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.ids import NodeId
from edgeboard.node import links as module
from edgeboard.node.links import Links
from edgeboard.ports import Peer
from edgeboard.wire.messages import Channel

ME, LOWER, HIGHER = NodeId(b"m" * 16), NodeId(b"a" * 16), NodeId(b"z" * 16)


class FakeLink:
    """A link that remembers why it was closed."""

    carrier = "loopback"
    remote = "test"
    buffered = 0

    def __init__(self, node: NodeId | None, boot: bytes = b"boot---1") -> None:
        self.peer = None if node is None else Peer(node, b"k" * 32, boot, 3)
        self.closed: tuple[CloseCode, str] | None = None
        self._on_close = None

    def attach(self, on_message, on_close) -> None:
        self._on_close = on_close

    def send(self, channel: Channel, data: bytes) -> bool:
        return True

    def close(self, code: CloseCode, text: str) -> None:
        if self.closed is None:
            self.closed = (code, text)
            if self._on_close is not None:
                self._on_close(code, text)


class World:
    def __init__(self) -> None:
        self.up: list[tuple[int, NodeId | None]] = []
        self.down: list[int] = []
        self.suspects: set[int] = set()
        self.linked = asyncio.Event()
        self.heard: dict[int, float] = {}
        self.tasks: list[asyncio.Task] = []
        self.links = Links(
            ME,
            random.Random(1),
            lambda work, name: self.tasks.append(asyncio.get_running_loop().create_task(work)),
            self.note,
            self.down.append,
            lambda number, channel, data: None,
            self.heard.get,
            self.suspects.__contains__,
        )

    def note(self, number: int, node: NodeId | None) -> None:
        self.up.append((number, node))
        self.linked.set()


@pytest.mark.parametrize(
    ("node", "first_ours", "second_ours", "kept"),
    [
        (HIGHER, True, False, "first"),  # we have the lower id, so ours stays
        (HIGHER, False, True, "second"),
        (LOWER, True, False, "second"),
        (LOWER, False, True, "first"),
        (HIGHER, False, False, "second"),  # the same direction: the newer
    ],
)
async def test_of_two_links_between_two_nodes_one_lives(node, first_ours, second_ours, kept) -> None:
    world = World()
    first, second = FakeLink(node), FakeLink(node)
    world.links.accept(first, ours=first_ours)
    world.links.accept(second, ours=second_ours)
    assert (first.closed is None) == (kept == "first")
    assert (second.closed is None) == (kept == "second")
    assert len(world.links.all()) == 1


@pytest.mark.parametrize("first_ours", [False, True])
@pytest.mark.parametrize("node", [LOWER, HIGHER])
async def test_a_link_that_answers_nothing_makes_way_for_any_other(node, first_ours) -> None:
    world = World()
    silent, second = FakeLink(node), FakeLink(node)
    world.links.accept(silent, ours=first_ours)
    world.suspects.add(1)
    world.links.accept(second, ours=not first_ours)
    assert silent.closed is not None
    assert second.closed is None
    assert world.links.is_linked(node)


async def test_guests_are_never_taken_for_each_other() -> None:
    world = World()
    for _ in range(3):
        world.links.accept(FakeLink(None))
    assert len(world.links.all()) == 3


async def test_a_copy_of_a_node_is_refused_while_the_first_still_answers(monkeypatch) -> None:
    monkeypatch.setattr(module, "CLONE_PROBE_S", 0.05)
    world = World()
    first, copy = FakeLink(HIGHER), FakeLink(HIGHER, b"boot---2")
    world.links.accept(first)
    world.heard[1] = 1.0
    world.links.accept(copy)
    world.heard[1] = 2.0
    await asyncio.gather(*world.tasks)
    assert first.closed is None
    assert copy.closed is not None
    assert copy.closed[0] is CloseCode.CLONE
    assert "remove node.key" in copy.closed[1]


async def test_a_restarted_node_takes_the_place_of_its_silent_former_run(monkeypatch) -> None:
    monkeypatch.setattr(module, "CLONE_PROBE_S", 0.05)
    world = World()
    first, restarted = FakeLink(HIGHER), FakeLink(HIGHER, b"boot---2")
    world.links.accept(first)
    world.heard[1] = 1.0
    world.links.accept(restarted)
    await asyncio.gather(*world.tasks)
    assert first.closed is not None
    assert restarted.closed is None


async def test_a_restarted_node_need_not_wait_when_its_former_link_ends(monkeypatch) -> None:
    monkeypatch.setattr(module, "CLONE_PROBE_S", 60.0)
    world = World()
    first, restarted = FakeLink(HIGHER), FakeLink(HIGHER, b"boot---2")
    world.links.accept(first)
    world.links.accept(restarted)
    await asyncio.sleep(0)
    first.close(CloseCode.GOING_AWAY, "stopping")
    await asyncio.gather(*world.tasks)
    assert restarted.closed is None
    assert world.up == [(1, HIGHER), (2, HIGHER)]


class Dialled:
    """A transport that answers as it is told."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.done = asyncio.Event()

    async def connect(self, url: str):
        self.asked += 1
        if not self.answers:
            self.done.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_board_is_dialled_again_after_a_failure_and_after_its_link_has_ended(monkeypatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.001)
    world = World()
    link = FakeLink(HIGHER)
    transport = Dialled(TransportError("unreachable"), link)
    task = asyncio.get_running_loop().create_task(world.links.keep_linked(transport, "http://x:1", lambda error: None))
    await asyncio.wait_for(world.linked.wait(), 10)
    link.close(CloseCode.GOING_AWAY, "stopping")
    await asyncio.wait_for(transport.done.wait(), 10)
    assert transport.asked == 3
    task.cancel()


async def test_a_board_that_is_switched_off_is_in_the_log_once_and_again_when_it_is_back(monkeypatch, caplog) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(module, "LAST_PAUSE_S", 0.001)
    caplog.set_level("DEBUG", module.__name__)
    world = World()
    transport = Dialled(*(TransportError("unreachable") for _ in range(50)), FakeLink(HIGHER))
    task = asyncio.get_running_loop().create_task(world.links.keep_linked(transport, "http://x:1", lambda error: None))
    await asyncio.wait_for(world.linked.wait(), 10)
    said = [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"]
    assert said[0] == "no link to http://x:1 (1 attempt in 0 s), trying on: unreachable"
    assert said[1].startswith("http://x:1 answers again after 50 attempts in ")
    assert said[2].startswith("linked to board ")
    assert len(said) == 3
    assert len(caplog.records) == 52
    task.cancel()


async def test_a_refusal_that_a_person_must_mend_is_told(monkeypatch) -> None:
    monkeypatch.setattr(module, "REFUSED_PAUSE_S", 0.001)
    world = World()
    told: list[RefusedError] = []
    transport = Dialled(RefusedError(CloseCode.OTHER_MESH, "another mesh"))
    task = asyncio.get_running_loop().create_task(world.links.keep_linked(transport, "http://x:1", told.append))
    await asyncio.wait_for(transport.done.wait(), 10)
    assert [error.code for error in told] == [CloseCode.OTHER_MESH]
    assert world.links.refusals == {"http://x:1": "another mesh"}
    task.cancel()


@pytest.mark.parametrize("looks_late", [False, True])
async def test_a_copy_that_is_found_out_after_its_link_has_opened_is_told(looks_late, monkeypatch) -> None:
    monkeypatch.setattr(module, "REFUSED_PAUSE_S", 0.001)
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01 if looks_late else 0.0)
    world = World()
    told: list[RefusedError] = []
    link = FakeLink(HIGHER)
    transport = Dialled(link)
    task = asyncio.get_running_loop().create_task(world.links.keep_linked(transport, "http://x:1", told.append))
    await asyncio.wait_for(world.linked.wait(), 10)
    link.close(CloseCode.CLONE, "you are a copy")
    await asyncio.wait_for(transport.done.wait(), 10)
    assert [error.code for error in told] == [CloseCode.CLONE]
    assert world.links.refusals == {"http://x:1": "you are a copy"}
    assert transport.asked == 2
    task.cancel()


async def test_a_stopping_board_says_goodbye_and_takes_no_more_links() -> None:
    world = World()
    link, late = FakeLink(HIGHER), FakeLink(None)
    world.links.accept(link)
    world.links.close_all()
    world.links.accept(late)
    assert link.closed is not None
    assert late.closed is not None
    assert link.closed[0] is late.closed[0] is CloseCode.GOING_AWAY


async def test_a_board_that_answers_nothing_is_dialled_again_before_its_link_ends(monkeypatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(module, "LOOK_S", 0.001)
    world = World()
    dead, alive = FakeLink(HIGHER), FakeLink(HIGHER, b"boot---2")
    transport = Dialled(dead, alive)
    task = asyncio.get_running_loop().create_task(world.links.keep_linked(transport, "http://x:1", lambda error: None))
    await asyncio.wait_for(world.linked.wait(), 10)
    world.linked.clear()
    world.suspects.add(1)
    await asyncio.wait_for(world.linked.wait(), 10)
    assert dead.closed is not None
    assert alive.closed is None
    assert world.up == [(1, HIGHER), (2, HIGHER)]
    task.cancel()


# ------------------------------------------------------------------------------------------- nodes, by their ids


class Addresses(Dialled):
    """A transport that reaches some addresses, and knows who is there."""

    def __init__(self, there: dict) -> None:
        super().__init__()
        self.there = there
        self.asked_for: list[tuple[str, NodeId | None]] = []

    async def reach(self, urls):
        found = tuple(url for url in urls if url in self.there)
        if not found:
            raise TransportError("nobody answers")
        return found

    async def connect(self, url: str, node: NodeId | None = None):
        self.asked_for.append((url, node))
        there = self.there[url]
        if isinstance(there, Exception):
            raise there
        if there.peer.node != node:
            raise RefusedError(CloseCode.FORBIDDEN, "another board is there")
        return there


async def test_a_node_is_looked_for_at_all_its_addresses() -> None:
    world, failed, wanted = World(), [], FakeLink(HIGHER)
    transport = Addresses({"http://b": TransportError("hung up"), "http://c": FakeLink(LOWER), "http://d": wanted})
    world.links.wire(transport, lambda node, urls: ())
    world.links.dial(HIGHER, ("http://a", "http://b", "http://c", "http://d"), failed.append)
    world.links.dial(HIGHER, ("http://a", "http://b", "http://c", "http://d"), failed.append)  # it is under way already
    await asyncio.gather(*world.tasks)
    assert transport.asked_for == [("http://b", HIGHER), ("http://c", HIGHER), ("http://d", HIGHER)]
    assert world.links.is_linked(HIGHER)
    assert failed == []
    world.links.dial(HIGHER, ("http://a",), failed.append)
    assert len(world.tasks) == 1


async def test_who_cannot_be_linked_is_told_once_and_a_strangers_address_is_not_tried_twice() -> None:
    world, failed = World(), []
    transport = Addresses({"http://a": FakeLink(LOWER), "http://b": TransportError("hung up")})
    world.links.wire(transport, lambda node, urls: ())
    for _ in range(2):
        world.links.dial(HIGHER, ("http://a", "http://b"), failed.append)
        await asyncio.gather(*world.tasks)
    assert transport.asked_for == [("http://a", HIGHER), ("http://b", HIGHER), ("http://b", HIGHER)]
    assert failed == [HIGHER, HIGHER]
    transport.there = {"http://a": FakeLink(HIGHER)}  # it has moved to where the stranger was
    for _ in range(2):
        world.links.dial(HIGHER, ("http://a",), failed.append)
        await asyncio.gather(*world.tasks)
    assert world.links.is_linked(HIGHER)


async def test_a_silent_link_does_not_keep_a_node_from_being_dialled() -> None:
    world, failed = World(), []
    old, new = FakeLink(HIGHER), FakeLink(HIGHER)
    world.links.accept(old)
    world.suspects.add(1)
    assert not world.links.is_linked(HIGHER)
    world.links.wire(Addresses({"http://a": new}), lambda node, urls: ())
    world.links.dial(HIGHER, ("http://a",), failed.append)
    await asyncio.gather(*world.tasks)
    assert world.links.is_linked(HIGHER)
    assert old.closed is not None


async def test_who_answers_at_no_address_is_introduced_by_others() -> None:
    world, failed, asked = World(), [], []
    transport, wanted = Addresses({}), FakeLink(HIGHER)

    async def connect_by(signaling, node):
        asked.append((signaling, node))
        if signaling == "nobody":
            raise TransportError("no answer")
        return wanted

    transport.connect_by = connect_by
    world.links.wire(transport, lambda node, urls: ("nobody", "somebody", "another") if "signal+x" in urls else ())
    world.links.dial(HIGHER, ("http://a", "signal+x"), failed.append)
    await asyncio.gather(*world.tasks)
    assert asked == [("nobody", HIGHER), ("somebody", HIGHER)]
    assert world.links.is_linked(HIGHER)
    world.links.dial(LOWER, ("http://a",), failed.append)
    await asyncio.gather(*world.tasks)
    assert failed == [LOWER]


async def test_a_node_that_has_moved_is_dialled_when_its_old_link_falls_silent(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOVED_LOOK_S", 0.001)
    world = World()
    old, new = FakeLink(HIGHER), FakeLink(HIGHER)
    world.links.wire(Addresses({"http://a": new}), lambda node, urls: ())
    world.links.seen(HIGHER, ("http://a",))  # not linked: that is for others to decide
    assert world.tasks == []
    world.links.accept(old)
    world.links.seen(HIGHER, ("http://a",))
    world.links.seen(HIGHER, ("http://a",))
    assert len(world.tasks) == 1
    world.suspects.add(1)
    await world.tasks[0]
    await world.tasks[1]
    assert old.closed is not None
    assert world.links.is_linked(HIGHER)


async def test_a_node_that_is_seen_and_answers_is_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOVED_LOOK_S", 0.001)
    monkeypatch.setattr(module, "MOVED_S", 0.01)
    world = World()
    link = FakeLink(HIGHER)
    world.links.accept(link)
    world.links.seen(HIGHER, ("http://a",))
    await asyncio.gather(*world.tasks)
    assert len(world.tasks) == 1
    assert link.closed is None


async def test_why_a_node_is_not_linked_is_in_the_log_once(caplog) -> None:
    caplog.set_level("INFO", module.__name__)
    world, failed = World(), []
    transport = Addresses({})

    async def connect_by(signaling, node):
        raise TransportError("introduced, and nothing passes")

    transport.connect_by = connect_by
    world.links.wire(transport, lambda node, urls: ("service",))
    for _ in range(3):
        world.links.dial(HIGHER, ("http://a",), failed.append)
        await world.tasks.pop()
    assert len(failed) == 3
    assert [line for line in caplog.messages if "no link" in line] == [
        f"no link to board {HIGHER.hex()[:8]}, trying on: introduced, and nothing passes"
    ]


async def test_a_board_that_was_put_out_says_so_until_somebody_links_to_it() -> None:
    world = World()
    text = f"board {ME.hex()[:8]} was put out of the mesh school"
    first, second = FakeLink(LOWER), FakeLink(HIGHER)
    world.links.accept(first)
    world.links.accept(second)
    first.close(CloseCode.REVOKED, text)
    assert world.links.put_out == "", "one that others are linked to is a member, whatever one of them says"
    second.close(CloseCode.REVOKED, text)
    assert world.links.put_out == text
    world.links.accept(FakeLink(HIGHER))
    assert world.links.put_out == ""


async def test_that_another_board_was_put_out_is_not_taken_for_ourselves() -> None:
    world = World()
    link = FakeLink(LOWER)
    world.links.accept(link)
    link.close(CloseCode.REVOKED, f"board {LOWER.hex()[:8]} was put out of the mesh school")
    assert world.links.put_out == ""


async def test_a_board_that_was_put_out_hears_it_where_it_dials() -> None:
    world = World()

    class Refusing:
        async def reach(self, urls):
            return urls

        async def connect(self, url, node=None):
            raise RefusedError(CloseCode.REVOKED, f"{url}: board {ME.hex()[:8]} was put out of the mesh school")

    failed = asyncio.Event()
    world.links.wire(Refusing(), lambda node, urls: ())
    world.links.dial(HIGHER, ["http://10.0.0.1:8787"], lambda _: failed.set())
    await failed.wait()
    assert "put out of the mesh school" in world.links.put_out


async def test_a_websocket_that_we_opened_makes_way_for_webrtc_once_that_opens(monkeypatch) -> None:
    monkeypatch.setattr(module, "IMPROVE_FIRST_S", 0.001)
    world, asked = World(), []
    stopgap, better = FakeLink(HIGHER), FakeLink(HIGHER)
    stopgap.carrier, stopgap.remote = "websocket", "http://10.0.0.1:8787"

    class Slow:
        async def connect(self, url, node=None, *, may_relay=True):
            asked.append((url, node, may_relay))
            if len(asked) < 3:
                raise TransportError("WebRTC did not open within 5 s")
            return better

    world.links.wire(Slow(), lambda node, urls: ())
    world.links.accept(stopgap, ours=True)
    assert world.links.is_linked(HIGHER)
    await asyncio.wait_for(asyncio.gather(*world.tasks), 10)
    assert asked == [("http://10.0.0.1:8787", HIGHER, False)] * 3
    assert stopgap.closed == (CloseCode.NORMAL, "replaced by another link between the same boards")
    assert [link for _, link in world.links.all()] == [better]


@pytest.mark.parametrize("why", ["the other board opened it", "it has ended", "it is a guest's"])
async def test_nobody_tries_to_replace_a_websocket_that_is_not_his_to_replace(why, monkeypatch) -> None:
    monkeypatch.setattr(module, "IMPROVE_FIRST_S", 0.001)
    world = World()
    link = FakeLink(None if why == "it is a guest's" else HIGHER)
    link.carrier = "websocket"
    world.links.wire(Dialled(), lambda node, urls: ())
    world.links.accept(link, ours=why == "it has ended")
    if why == "it has ended":
        link.close(CloseCode.GOING_AWAY, "stopping")
    await asyncio.wait_for(asyncio.gather(*world.tasks), 10)
    assert world.links._transport.asked == 0
