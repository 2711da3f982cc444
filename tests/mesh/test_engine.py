"""The mesh engine alone: pushes, repair, credits and pings, against rooms made of plain numbers."""

from collections.abc import Iterator

import pytest

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import AuthorTag, NodeId, RoomId
from edgeboard.mesh.engine import Mesh
from edgeboard.mesh.flow import WINDOW
from edgeboard.mesh.values import CloseLink, CutOff, MeshSettings, Send
from edgeboard.vectors import Range, Vector
from edgeboard.wire.gossip import Graft, Have, Members, Prune
from edgeboard.wire.messages import (
    Batches,
    BatchIs,
    CaughtUp,
    Channel,
    Credit,
    Join,
    Message,
    Ping,
    Pong,
    Stored,
    VectorIs,
    Want,
    decode,
)
from tests.mesh.oneself import node_of, oneself, record_of

ROOM = RoomId(b"r" * 16)
A, B = AuthorTag(b"author-a"), AuthorTag(b"author-b")
N1, N2 = NodeId(b"1" * 16), NodeId(b"2" * 16)


class Logs:
    """A room whose batches are single entries of `size` bytes."""

    def __init__(self, **entries: int) -> None:
        self.entries = {AuthorTag(f"author-{name}".encode()): count for name, count in entries.items()}
        self.size = 100

    def vector(self, room: RoomId) -> Vector | None:
        return Vector(self.entries) if room == ROOM else None

    def batches(self, room: RoomId, wanted: Range) -> Iterator[tuple[AuthorTag, int, int, bytes]]:
        for entry in range(wanted.first, min(wanted.end, self.entries.get(wanted.author, 0))):
            yield wanted.author, entry, entry + 1, self.bytes(wanted.author, entry)

    def bytes(self, author: AuthorTag, entry: int) -> bytes:
        return (author + entry.to_bytes(4, "big")).ljust(self.size, b".")


def mesh_of(logs: Logs, settings: MeshSettings | None = None) -> Mesh:
    return Mesh(settings or MeshSettings(), oneself(), logs.vector, logs.batches, lambda room, author: N1)


def said(mesh: Mesh, link: int) -> list[Message]:
    found = []
    for output in mesh.drain():
        if isinstance(output, Send) and output.link == link:
            message = decode(output.channel, output.data)
            assert message is not None
            found.append(message)
    return found


def of_type(messages: list[Message], kind: type) -> list:
    return [message for message in messages if isinstance(message, kind)]


def linked(logs: Logs, theirs: Vector, link: int = 1, node: NodeId | None = N1) -> Mesh:
    mesh = mesh_of(logs)
    join(mesh, theirs, link, node)
    return mesh


def join(mesh: Mesh, theirs: Vector, link: int = 1, node: NodeId | None = N1) -> None:
    mesh.link_up(link, node, [(ROOM, "lobby")], 0.0)
    if node is None:
        mesh.join_guest(link, ROOM, "lobby")
    mesh.join(link, ROOM, theirs, 0, 0.0)


def test_a_new_link_is_told_every_room_and_its_vector() -> None:
    mesh = mesh_of(Logs(a=3))
    mesh.link_up(1, N1, [(ROOM, "lobby")], 0.0)
    assert of_type(said(mesh, 1), Join) == [Join(ROOM, "lobby", Vector({A: 3}).to_bytes(), 0)]


def test_what_the_other_node_has_more_is_asked_for() -> None:
    mesh = linked(Logs(a=3), Vector({A: 5, B: 2}))
    assert of_type(said(mesh, 1), Want) == [Want(ROOM, (Range(A, 3, 5), Range(B, 0, 2)))]
    assert mesh.behind(ROOM)


def test_one_neighbour_is_asked_and_after_a_while_another() -> None:
    mesh = linked(Logs(), Vector({A: 5}))
    join(mesh, Vector({A: 5}), link=2, node=N2)
    assert of_type(said(mesh, 2), Want) == []
    mesh.receive(2, VectorIs(ROOM, Vector({A: 5}).to_bytes()), 2.5)
    assert of_type(said(mesh, 2), Want) == [Want(ROOM, (Range(A, 0, 5),))]


def test_a_neighbour_that_is_answering_is_not_asked_again_nor_another_one() -> None:
    logs = Logs()
    mesh = linked(logs, Vector({A: 5, B: 5}))
    join(mesh, Vector({A: 5, B: 5}), link=2, node=N2)
    said(mesh, 1)
    for number, now in enumerate((1.0, 2.0, 3.0)):
        mesh.receive(1, Pong(0), now)
        logs.entries[A] = number + 1
        mesh.push(ROOM, (A, number, number + 1), b"data", 1, now)
    for link in (1, 2):
        mesh.receive(link, VectorIs(ROOM, Vector({A: 5, B: 5}).to_bytes()), 4.5)
        assert of_type(said(mesh, link), Want) == []
    mesh.receive(2, VectorIs(ROOM, Vector({A: 5, B: 5}).to_bytes()), 5.5)
    assert of_type(said(mesh, 2), Want) == [Want(ROOM, (Range(A, 3, 5), Range(B, 0, 5)))]


def test_new_ink_of_a_neighbour_is_no_answer() -> None:
    logs = Logs(a=3)
    mesh = linked(logs, Vector({A: 3, B: 5}))
    mesh.receive(1, Pong(0), 2.0)
    logs.entries[A] = 4
    mesh.push(ROOM, (A, 3, 4), b"data", 1, 2.0)
    mesh.receive(1, VectorIs(ROOM, Vector({A: 4, B: 5}).to_bytes()), 2.5)
    assert of_type(said(mesh, 1), Want)[-1] == Want(ROOM, (Range(B, 0, 5),))


def test_if_the_neighbour_that_was_asked_is_gone_the_next_is_asked_at_once() -> None:
    mesh = linked(Logs(), Vector({A: 5}))
    mesh.link_down(1, 5.0)
    join(mesh, Vector({A: 5}), link=2, node=N2)
    assert len(of_type(said(mesh, 2), Want)) == 1


def test_what_a_node_asks_for_is_sent_in_order() -> None:
    logs = Logs(a=4)
    mesh = linked(logs, Vector())
    mesh.receive(1, Want(ROOM, (Range(A, 1, 3),)), 0.0)
    assert of_type(said(mesh, 1), Batches) == [Batches(ROOM, (logs.bytes(A, 1), logs.bytes(A, 2)))]


def test_a_batch_is_pushed_to_everyone_but_its_source() -> None:
    logs = Logs(a=0)
    mesh = linked(logs, Vector())
    join(mesh, Vector(), link=2, node=N2)
    mesh.drain()
    logs.entries[A] = 1
    mesh.push(ROOM, (A, 0, 1), logs.bytes(A, 0), source=1, now=0.0)
    sent = [output.link for output in mesh.drain() if isinstance(output, Send) and output.channel is Channel.LOG]
    assert sent == [2]


def test_a_batch_that_a_node_has_is_not_pushed_to_it() -> None:
    logs = Logs(a=1)
    mesh = linked(logs, Vector({A: 1}))
    mesh.drain()
    mesh.push(ROOM, (A, 0, 1), logs.bytes(A, 0), source=None, now=0.0)
    assert of_type(said(mesh, 1), BatchIs) == []


def test_a_guest_is_fed_what_it_lacks_and_told_when_it_has_caught_up() -> None:
    logs = Logs(a=3, b=1)
    mesh = linked(logs, Vector({A: 1}), node=None)
    messages = said(mesh, 1)
    assert [message.batch for message in of_type(messages, BatchIs)] == [
        logs.bytes(A, 1),
        logs.bytes(A, 2),
        logs.bytes(B, 0),
    ]
    assert messages[-1] == CaughtUp(ROOM, Vector({A: 3, B: 1}).to_bytes())


def test_a_stuck_link_gets_one_window_and_nothing_more() -> None:
    logs = Logs(a=2000)
    logs.size = 1000
    mesh = linked(logs, Vector(), node=None)
    sent = sum(
        len(output.data) for output in mesh.drain() if isinstance(output, Send) and output.channel is Channel.LOG
    )
    assert WINDOW - 2000 < sent <= WINDOW


def test_credit_lets_the_backlog_go_on_to_its_end() -> None:
    logs = Logs(a=2000)
    logs.size = 1000
    mesh = linked(logs, Vector(), node=None)
    batches, processed = 0, 0
    for _ in range(100):
        outputs = [output for output in mesh.drain() if isinstance(output, Send) and output.channel is Channel.LOG]
        batches += len(outputs)
        processed += sum(len(output.data) for output in outputs)
        mesh.receive(1, Credit(processed), 1.0)
    assert batches == 2000


def test_what_comes_while_a_guest_is_fed_reaches_it_too() -> None:
    logs = Logs(a=2000)
    logs.size = 1000
    mesh = linked(logs, Vector(), node=None)
    logs.entries[A] = 2001
    mesh.push(ROOM, (A, 2000, 2001), logs.bytes(A, 2000), source=None, now=0.0)
    received, processed = [], 0
    for _ in range(100):
        for output in mesh.drain():
            if isinstance(output, Send) and output.channel is Channel.LOG:
                processed += len(output.data)
                message = decode(Channel.LOG, output.data)
                assert isinstance(message, BatchIs)
                received.append(message.batch)
        mesh.receive(1, Credit(processed), 1.0)
    assert received == [logs.bytes(A, entry) for entry in range(2001)]


def test_a_push_without_credit_is_left_to_repair() -> None:
    logs = Logs(a=0)
    logs.size = 60_000
    mesh = linked(logs, Vector())
    mesh.drain()
    for entry in range(6):
        logs.entries[A] = entry + 1
        mesh.push(ROOM, (A, entry, entry + 1), logs.bytes(A, entry), source=None, now=0.0)
    assert len(of_type(said(mesh, 1), BatchIs)) == 4
    assert mesh.statistics().skipped == 2


def test_two_pings_with_another_vector_make_us_tell_ours() -> None:
    mesh = linked(Logs(a=3), Vector({A: 3}))
    mesh.drain()
    other = Ping(1, {ROOM: Vector({A: 2}).digest()})
    mesh.receive(1, other, 1.0)
    assert of_type(said(mesh, 1), VectorIs) == []
    mesh.receive(1, other, 2.0)
    assert of_type(said(mesh, 1), VectorIs) == [VectorIs(ROOM, Vector({A: 3}).to_bytes())]


def test_a_ping_is_answered_and_its_round_trip_measured() -> None:
    mesh = linked(Logs(), Vector())
    mesh.drain()
    mesh.receive(1, Ping(7, {}), 0.5)
    assert Pong(7) in said(mesh, 1)
    mesh.on_timer(1.0)
    (ping,) = of_type(said(mesh, 1), Ping)
    mesh.receive(1, Pong(ping.sequence), 1.25)
    assert mesh.statistics().links[0].round_trip_ms == pytest.approx(250.0)


def test_three_unanswered_pings_make_a_link_suspect_and_silence_ends_it() -> None:
    mesh = linked(Logs(), Vector())
    for second in range(1, 6):
        mesh.on_timer(float(second))
    assert mesh.statistics().links[0].suspect
    mesh.on_timer(30.0)
    (closing,) = [output for output in mesh.drain() if isinstance(output, CloseLink)]
    assert (closing.link, closing.code) == (1, CloseCode.SILENT)


def test_what_came_from_a_node_is_reported_to_it_once_it_is_on_disk() -> None:
    logs = Logs(a=0)
    mesh = linked(logs, Vector())
    join(mesh, Vector(), link=2, node=N2)
    logs.entries[A] = 1
    mesh.push(ROOM, (A, 0, 1), logs.bytes(A, 0), source=1, now=0.0)
    mesh.disks.stored(ROOM, A, 1, 0.0)
    mesh.drain()
    mesh.on_timer(0.06)
    told = [(o.link, decode(o.channel, o.data)) for o in mesh.drain() if isinstance(o, Send)]
    assert [(link, m) for link, m in told if isinstance(m, Stored)] == [(1, Stored(ROOM, Vector({A: 1}).to_bytes()))]


def in_large_mesh(logs: Logs) -> Mesh:
    """Linked to three of twelve members, in the room with all three."""
    mesh = mesh_of(logs)
    for link in (1, 2, 3):
        join(mesh, Vector(), link, node_of(link))
    ring = [record_of(number, *((number % 12) + 1, (number - 2) % 12 + 1)).data for number in range(1, 13)]
    mesh.receive(1, Members(tuple(ring)), 1.0)
    assert mesh.membership.overlay.size == 13
    mesh.drain()
    return mesh


def receivers(mesh: Mesh) -> list[int]:
    return [o.link for o in mesh.drain() if isinstance(o, Send) and o.channel is Channel.LOG]


def test_in_a_large_mesh_who_brings_old_news_is_pruned_and_then_only_told() -> None:
    logs = Logs(a=0)
    mesh = in_large_mesh(logs)
    logs.entries[A] = 1
    mesh.push(ROOM, (A, 0, 1), logs.bytes(A, 0), source=1, now=1.0)
    assert receivers(mesh) == [2, 3]
    mesh.duplicate(ROOM, 2)
    assert said(mesh, 2) == [Prune(ROOM)]
    logs.entries[A] = 2
    mesh.push(ROOM, (A, 1, 2), logs.bytes(A, 1), source=1, now=1.0)
    assert receivers(mesh) == [3]
    mesh.on_timer(2.1)
    assert of_type(said(mesh, 2), Have) == [Have(ROOM, Vector({A: 2}).to_bytes())]


def test_news_that_others_were_told_of_and_do_not_come_are_asked_for_and_the_link_is_grafted() -> None:
    logs = Logs(a=0)
    mesh = in_large_mesh(logs)
    mesh.receive(2, Prune(ROOM), 1.0)
    mesh.receive(2, Have(ROOM, Vector({A: 3}).to_bytes()), 1.0)
    mesh.on_timer(1.2)
    assert of_type(said(mesh, 2), Want) == []
    mesh.on_timer(1.35)
    messages = said(mesh, 2)
    assert of_type(messages, Graft) == [Graft(ROOM)]
    assert of_type(messages, Want) == [Want(ROOM, (Range(A, 0, 3),))]


def test_when_a_link_of_the_tree_ends_the_lazy_ones_carry_news_at_once() -> None:
    logs = Logs(a=0)
    mesh = in_large_mesh(logs)
    mesh.receive(2, Prune(ROOM), 1.0)
    mesh.link_down(1, 2.0)
    assert of_type(said(mesh, 2), Graft) == [Graft(ROOM)]
    logs.entries[A] = 1
    mesh.push(ROOM, (A, 0, 1), logs.bytes(A, 0), source=None, now=2.0)
    assert receivers(mesh) == [2, 3]


def test_in_a_small_mesh_nobody_passes_on_what_the_giver_gives_itself() -> None:
    logs = Logs(a=0)
    mesh = mesh_of(logs)
    for link in (1, 2, 3):
        join(mesh, Vector(), link, node_of(link))
    mesh.receive(1, Members((record_of(1, 0, 2).data, record_of(2, 0, 1).data, record_of(3, 0).data)), 1.0)
    mesh.drain()
    logs.entries[A] = 1
    mesh.push(ROOM, (A, 0, 1), logs.bytes(A, 0), source=1, now=1.0)
    assert receivers(mesh) == [3], "node 1 says that it reaches node 2, and node 3 does not hear it"


def test_a_board_that_was_late_itself_accuses_nobody() -> None:
    mesh = linked(Logs(), Vector())
    for second in (1.0, 5.0, 9.0, 13.0):
        mesh.on_timer(second)
    assert not mesh.statistics().links[0].suspect


def test_a_lie_about_a_vector_costs_one_question() -> None:
    mesh = linked(Logs(a=1), Vector({AuthorTag(bytes([n]) * 8): 9 for n in range(255)}))
    wants = of_type(said(mesh, 1), Want)
    assert len(wants) == 1
    assert len(wants[0].ranges) <= 256


def test_a_guest_that_hands_in_faster_than_its_pace_waits_for_credit_and_then_is_cut_off() -> None:
    mesh = mesh_of(Logs(), MeshSettings(guest_bytes_per_s=10_000, guest_bytes_burst=100_000))
    join(mesh, Vector(), node=None)
    mesh.drain()
    for _ in range(4):
        mesh.took(1, 32 * 1024, 0.0)
    assert len(of_type(said(mesh, 1), Credit)) == 3
    mesh.on_timer(10.0)
    assert of_type(said(mesh, 1), Credit) == [Credit(4 * 32 * 1024)]
    with pytest.raises(RefusedError) as caught:
        mesh.took(1, 400_000, 10.0)
    assert caught.value.code is CloseCode.RATE


def test_asking_for_what_is_not_there_is_answered_with_nothing() -> None:
    mesh = linked(Logs(a=1), Vector())
    mesh.drain()
    mesh.receive(1, Want(ROOM, (Range(B, 0, 1 << 40),)), 0.0)
    assert of_type(said(mesh, 1), BatchIs) == []


def test_a_node_that_says_what_it_has_and_never_gives_it_is_cut_off_and_left_alone() -> None:
    mesh = linked(Logs(), Vector({A: 5}))
    join(mesh, Vector(), link=2, node=N2)
    mesh.drain()
    for second in range(1, 30):
        for link in (1, 2):
            mesh.receive(link, Ping(0, {}), float(second))
        mesh.receive(1, VectorIs(ROOM, Vector({A: 5}).to_bytes()), float(second))
        mesh.on_timer(float(second))
    outputs = mesh.drain()
    assert {o.link for o in outputs if isinstance(o, CloseLink)} == {1}
    assert CutOff(N1, "it says that it has what it does not give") in outputs
    mesh.link_down(1, 30.0)
    mesh.link_up(3, N1, [], 31.0)
    assert [(o.link, o.code) for o in mesh.drain() if isinstance(o, CloseLink)] == [(3, CloseCode.FORBIDDEN)]
    mesh.link_down(3, 31.0)
    mesh.on_timer(700.0)
    mesh.link_up(4, N1, [], 701.0)
    assert not [o for o in mesh.drain() if isinstance(o, CloseLink) and o.link == 4]


def test_a_slow_node_that_gives_something_now_and_then_is_no_liar() -> None:
    logs = Logs()
    mesh = linked(logs, Vector({A: 500}))
    for second in range(1, 60):
        mesh.receive(1, Ping(0, {}), float(second))
        if second % 15 == 0:
            logs.entries[A] = second // 15
            mesh.push(ROOM, (A, second // 15 - 1, second // 15), b"data", 1, float(second))
        mesh.receive(1, VectorIs(ROOM, Vector({A: 500}).to_bytes()), float(second))
        mesh.on_timer(float(second))
    assert not [o for o in mesh.drain() if isinstance(o, CloseLink)]


def test_a_stuck_node_is_silent_and_no_liar() -> None:
    mesh = linked(Logs(), Vector({A: 5}))
    for second in range(1, 29):
        mesh.on_timer(float(second))
    assert not [o for o in mesh.drain() if isinstance(o, CloseLink)]


def test_a_node_that_was_asked_and_that_another_one_forestalled_is_no_liar() -> None:
    logs = Logs()
    mesh = linked(logs, Vector({A: 5}))
    join(mesh, Vector(), link=2, node=N2)
    mesh.receive(2, VectorIs(ROOM, Vector({A: 5}).to_bytes()), 2.5)
    assert of_type(said(mesh, 2), Want)
    logs.entries[A] = 5
    mesh.push(ROOM, (A, 0, 5), b"data", 2, 3.0)
    for second in range(4, 40):
        for link in (1, 2):
            mesh.receive(link, Ping(0, {}), float(second))
        mesh.on_timer(float(second))
    assert not [o for o in mesh.drain() if isinstance(o, CloseLink | CutOff)]
