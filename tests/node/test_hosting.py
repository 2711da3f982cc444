"""Guests and their host: receipts, re-submission, refusals, presence, and what a hostile guest gets."""

import msgpack
import pytest

from edgeboard.canvas.bodies import Add, Alive, ItemType
from edgeboard.canvas.ops import decode_op
from edgeboard.errors import CloseCode
from edgeboard.identity.grants import Role
from edgeboard.identity.tickets import Admitted
from edgeboard.ids import Origin, PersonId, room_id
from edgeboard.node.values import PipelineSettings
from edgeboard.rooms.admission import Entry
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.testing.simulated import MESH
from edgeboard.wire.fields import Host
from edgeboard.wire.live import Cursor, Live, LiveItem, live_item, read_item
from edgeboard.wire.messages import (
    BlobWant,
    CaughtUp,
    Channel,
    Hosts,
    Notice,
    Presence,
    Recent,
    Submit,
    Welcome,
    encode,
)

LOBBY = room_id(MESH, "lobby")


def text(words: str = "hello") -> Add:
    return Add(page=0, layer=0, type=ItemType.TEXT, payload=msgpack.packb([0, 0, words, 16, 0]))


def guest_of(number: int, name: str = "Ana") -> ScriptedGuest:
    return ScriptedGuest(PersonId(bytes([number]) * 16), Origin(number << 40 | 7), name)


def seated(cluster: Cluster, host: int, number: int = 1, name: str = "Ana") -> ScriptedGuest:
    guest = guest_of(number, name)
    cluster.seat(guest, host)
    guest.enter("lobby")
    cluster.run(0.1)
    return guest


def items(cluster: Cluster, node: int) -> int:
    return len(cluster.nodes[node].pipeline.rooms[LOBBY].document.items())


def test_a_guest_is_welcomed_fed_and_told_when_it_has_caught_up() -> None:
    cluster = Cluster(1)
    cluster.nodes[0].feed(lambda now: cluster.nodes[0].pipeline.draw("lobby", [text()], now))
    cluster.run(0.5)
    guest = seated(cluster, 0)
    assert isinstance(guest.heard[0], Welcome)
    assert len(guest.batches) == 1
    assert any(isinstance(message, CaughtUp) for message in guest.heard)


def test_ink_is_saved_after_the_commit_and_safe_at_once_when_there_is_no_other_node() -> None:
    cluster = Cluster(1)
    cluster.nodes[0].disk.commit_s = 0.5
    guest = seated(cluster, 0)
    guest.draw(text())
    cluster.run(0.4)
    assert guest.saved == set()
    cluster.run(0.3)
    assert guest.saved == guest.safe == {1}
    assert guest.outbox == {}


def test_ink_is_safe_only_when_the_second_node_has_stored_it() -> None:
    cluster = Cluster(2)
    cluster.nodes[1].disk.commit_s = 1.0
    cluster.link(0, 1)
    guest = seated(cluster, 0)
    cluster.run(0.5)
    guest.draw(text())
    cluster.run(0.5)
    assert (guest.saved, guest.safe) == ({1}, set())
    cluster.run(1.0)
    assert guest.safe == {1}


def test_ink_drawn_during_an_outage_of_the_host_is_neither_lost_nor_doubled() -> None:
    cluster = Cluster(2)
    cluster.link(0, 1)
    guest = seated(cluster, 0)
    guest.draw(text("one"))
    cluster.run(0.015)  # handed in, but not committed
    cluster.nodes[0].kill()
    guest.draw(text("two"))
    cluster.nodes[0].start()
    cluster.link(0, 1)
    cluster.seat(guest, 0)
    guest.enter("lobby")
    cluster.run(3.0)
    assert items(cluster, 0) == items(cluster, 1) == 2
    assert guest.outbox == {}


def test_the_same_ops_through_two_hosts_count_once() -> None:
    cluster = Cluster(2)
    guest = seated(cluster, 0)
    guest.draw(text("one"), text("two"))
    outbox = dict(guest.outbox)
    cluster.run(1.0)
    guest.outbox = outbox
    guest.lose_link()
    cluster.seat(guest, 1)
    guest.enter("lobby")
    cluster.run(1.0)
    cluster.link(0, 1)
    cluster.run(1.0)
    assert items(cluster, 0) == items(cluster, 1) == 2
    rooms = [node.pipeline.rooms[LOBBY] for node in cluster.nodes]
    assert rooms[0].document.digest() == rooms[1].document.digest()


def test_a_guest_cannot_hand_in_ops_of_somebody_elses_origin() -> None:
    cluster = Cluster(1)
    ana = seated(cluster, 0, 1)
    (op,) = ana.draw(text())
    cluster.run(0.5)
    eve = seated(cluster, 0, 2, "Eve")
    forged = ScriptedGuest(eve.person, ana.origin)
    forged.draw(text("x"), Alive(op, False))
    assert eve.room is not None
    eve.say(Submit(eve.room, ana.origin.to_bytes(8, "big"), (forged.outbox[2],)))
    cluster.run(0.5)
    assert "another person" in eve.refused[2]
    assert items(cluster, 0) == 1


@pytest.mark.parametrize("tail", [b"", b"\x01", b"\x01\x00\x10\xff\xff\xff", b"\xff" * 40])
def test_what_is_not_an_op_is_refused_by_name_and_the_link_stays(tail: bytes) -> None:
    cluster = Cluster(1)
    guest = seated(cluster, 0)
    assert guest.room is not None
    guest.say(Submit(guest.room, guest.origin.to_bytes(8, "big"), (tail,)))
    guest.draw(text())
    cluster.run(0.5)
    assert len(guest.refused) == 1
    assert items(cluster, 0) == 1
    assert cluster.nodes[0].closed == []


def test_a_stamp_far_ahead_of_everything_is_refused_so_that_others_can_still_win() -> None:
    cluster = Cluster(1)
    guest = seated(cluster, 0)
    guest.lamport = 1 << 52
    guest.draw(text())
    cluster.run(0.5)
    assert "too far ahead" in guest.refused[1]


def test_people_are_seen_on_every_node_and_gone_when_they_leave() -> None:
    cluster = Cluster(2)
    cluster.link(0, 1)
    ana = guest_of(1)
    leave = cluster.seat(ana, 0)
    ana.enter("lobby")
    bo = seated(cluster, 1, 2, "Bo")
    cluster.run(0.1)
    seen = {person[2] for message in bo.heard if isinstance(message, Presence) for person in message.people}
    assert seen == {"Ana", "Bo"}
    leave()
    cluster.run(0.1)
    last = [m for m in bo.heard if isinstance(m, Presence) and m.node == cluster.nodes[0].node][-1]
    assert last.people == ()


def test_cursors_reach_the_guests_of_another_node_once() -> None:
    cluster = Cluster(3)
    cluster.link_all()
    ana, bo = seated(cluster, 0, 1), seated(cluster, 2, 2, "Bo")
    cluster.run(1.0)
    for sequence in range(5):
        ana.send(Channel.LIVE, encode(Live(0, (live_item(Cursor(ana.origin, sequence, 3.0, 4.0, 1)),))))
        cluster.run(0.1)
    seen = [read_item(item) for m in bo.heard if isinstance(m, Live) for item in m.items]
    assert seen == [Cursor(ana.origin, sequence, 3.0, 4.0, 1) for sequence in range(5)]
    assert not [m for m in ana.heard if isinstance(m, Live)]


def test_a_silent_guest_is_gone_after_thirty_seconds() -> None:
    cluster = Cluster(1)
    guest = seated(cluster, 0)
    guest.send = lambda channel, data: None
    cluster.run(29.0)
    assert len(cluster.nodes[0].pipeline.guests) == 1
    cluster.run(2.0)
    assert len(cluster.nodes[0].pipeline.guests) == 0
    assert cluster.nodes[0].closed[-1].code is CloseCode.SILENT


@pytest.mark.parametrize(
    ("channel", "data", "code"),
    [
        (Channel.CTL, b"\xc1", CloseCode.MALFORMED),
        (Channel.CTL, msgpack.packb([6, b"x", "lobby", b"\x00", 0]), CloseCode.MALFORMED),
        (Channel.CTL, msgpack.packb([9, b"r" * 16, [[b"a" * 8, 0, 1]] * 257]), CloseCode.TOO_BIG),
        (Channel.CTL, msgpack.packb([6, b"", "../etc", b"\x00", 0]), CloseCode.MALFORMED),
        (Channel.LOG, msgpack.packb([32, LOBBY, b"not a batch"]), CloseCode.MALFORMED),
        (Channel.LIVE, b"\x00" * 2000, CloseCode.TOO_BIG),
    ],
)
def test_a_hostile_guest_is_closed_with_the_reason_and_nobody_else_is(
    channel: Channel, data: bytes, code: CloseCode
) -> None:
    cluster = Cluster(1)
    good, bad = seated(cluster, 0, 1), seated(cluster, 0, 2, "Eve")
    bad.send(channel, data)
    cluster.run(0.1)
    assert [closing.code for closing in cluster.nodes[0].closed] == [code]
    good.draw(text())
    cluster.run(0.5)
    assert good.safe == {1}


def test_a_flood_of_messages_ends_the_link_that_floods() -> None:
    cluster = Cluster(1, settings=PipelineSettings(messages_per_s=50))
    good, bad = seated(cluster, 0, 1), seated(cluster, 0, 2, "Eve")
    for _ in range(500):
        bad.send(Channel.CTL, msgpack.packb([5, 1]))
    cluster.run(0.2)
    assert cluster.nodes[0].closed[-1].code is CloseCode.RATE
    good.draw(text())
    cluster.run(0.5)
    assert good.safe == {1}


def test_a_full_disk_is_told_to_guests_and_ink_beyond_the_bound_is_refused_visibly() -> None:
    cluster = Cluster(1)
    node = cluster.nodes[0]
    guest = seated(cluster, 0)
    node.disk.full = True
    guest.draw(text("kept"))
    cluster.run(0.5)
    assert any(isinstance(m, Notice) and m.level == 2 for m in guest.heard)
    assert items(cluster, 0) == 1
    assert guest.saved == set()
    node.pipeline.bound_store(lambda: 0)
    guest.draw(text("too much"))
    cluster.run(0.1)
    assert "memory" in guest.refused[2]
    node.pipeline.bound_store(lambda: 1 << 20)
    node.disk.full = False
    cluster.run(3.0)
    assert guest.safe == {1}


def test_clocks_at_1970_and_ten_years_ahead_change_nothing_but_labels() -> None:
    cluster = Cluster(2)
    cluster.clock._wall_ms = 0
    guest = seated(cluster, 0)
    guest.draw(text())
    cluster.run(1.0)
    cluster.clock._wall_ms = 2_100_000_000_000
    guest.draw(text())
    cluster.link(0, 1)
    cluster.run(1.0)
    assert items(cluster, 1) == 2


def test_who_lacks_much_is_shown_the_newest_ink_before_the_backlog() -> None:
    cluster = Cluster(1)
    node = cluster.nodes[0]
    made: list = []
    for number in range(400):
        body = text(f"{number} " * 40)
        node.feed(lambda now, body=body: made.extend(node.pipeline.draw("lobby", [body], now)))
        cluster.run(0.1)
    guest = seated(cluster, 0)
    cluster.run(2.0)
    kinds = [type(message).__name__ for message in guest.heard]
    assert kinds.index("Recent") < kinds.index("BatchIs")
    shown = [
        decode_op(Origin(int.from_bytes(origin, "big")), tail).id for origin, _, tails in guest.recent for tail in tails
    ]
    assert shown == made[-len(shown) :]
    assert len(guest.batches) == len(made)


def test_who_lacks_little_is_fed_and_nothing_else() -> None:
    cluster = Cluster(1)
    cluster.nodes[0].feed(lambda now: cluster.nodes[0].pipeline.draw("lobby", [text()], now))
    cluster.run(0.5)
    assert seated(cluster, 0).recent == []


def test_neither_a_guest_nor_a_node_may_say_what_is_recent() -> None:
    cluster = Cluster(1)
    guest = seated(cluster, 0)
    guest.send(Channel.LOG, encode(Recent(LOBBY, ())))
    cluster.run(0.1)
    assert guest.closed is not None or cluster.nodes[0].closed[-1].code is CloseCode.MALFORMED


# -- who may only look, and who may not come in


def seated_as(cluster: Cluster, entry: Entry, number: int = 1) -> ScriptedGuest:
    """A guest whom the door has let in like this."""
    guest = guest_of(number)
    hosting = cluster.nodes[0].pipeline.hosting
    admit = hosting._core.guests.greet
    hosting._core.guests.greet = lambda link, hello, _: admit(link, hello, lambda: entry)  # type: ignore[method-assign]
    cluster.seat(guest, 0)
    guest.enter("lobby")
    cluster.run(0.1)
    hosting._core.guests.greet = admit  # type: ignore[method-assign]
    return guest


def test_who_may_only_look_sees_everything_and_draws_nothing() -> None:
    cluster = Cluster(1)
    artist = seated(cluster, 0, 2, "Ben")
    viewer = seated_as(cluster, Entry(Admitted.OPEN, Role.VIEW))
    welcome = next(message for message in viewer.heard if isinstance(message, Welcome))
    assert welcome.limits["role"] == "view"
    artist.draw(text())
    viewer.draw(text(), text())
    cluster.run(0.5)
    assert items(cluster, 0) == 1
    assert len(viewer.batches) == 1
    assert set(viewer.refused) == {1, 2}
    assert viewer.closed is None
    viewer.add_image(b"\x89PNG\r\n\x1a\n" + bytes(64))
    cluster.run(0.5)
    assert not any(isinstance(message, BlobWant) for message in viewer.heard)


def test_of_who_may_only_look_others_see_the_cursor_and_no_ink() -> None:
    cluster = Cluster(1)
    artist = seated(cluster, 0, 2, "Ben")
    viewer = seated_as(cluster, Entry(Admitted.OPEN, Role.VIEW))
    cursor = Cursor(viewer.origin, 1, 10, 10, 0, 0)
    trail = LiveItem(6, 0, viewer.origin.to_bytes(8, "big") + bytes((2, 1, 0, 0, 0)))
    viewer.send(Channel.LIVE, encode(Live(0, (live_item(cursor), trail))))
    cluster.run(0.3)
    seen = [item.kind for message in artist.heard if isinstance(message, Live) for item in message.items]
    assert seen == [1]


def test_a_guest_hears_of_other_boards_after_its_welcome_and_when_they_come_and_go() -> None:
    cluster = Cluster(2)
    guest = seated(cluster, 0)
    told = [message for message in guest.heard if isinstance(message, Hosts)]
    assert [each.hosts for each in told] == [()]
    there = Host(cluster.nodes[1].node, "hall", ("http://10.0.0.5:8787",))
    hosting = cluster.nodes[0].pipeline.hosting
    cluster.nodes[0].feed(lambda now: hosting.node_linked(there.node, there))  # type: ignore[arg-type]
    cluster.run(0.1)
    cluster.nodes[0].feed(lambda now: hosting.tell_hosts())
    cluster.run(0.1)
    told = [message for message in guest.heard if isinstance(message, Hosts)]
    assert [each.hosts for each in told] == [(), (there,)]  # said once, not at every look


def test_a_guest_hears_where_a_board_is_that_has_moved() -> None:
    cluster = Cluster(2)
    cluster.link(0, 1)
    guest = seated(cluster, 0)
    there = Host(cluster.nodes[1].node, "hall", ("http://10.0.0.5:8787",))
    hosting, other = cluster.nodes[0].pipeline.hosting, cluster.nodes[1]
    cluster.nodes[0].feed(lambda now: hosting.node_linked(other.node, there))
    other.feed(lambda now: other.pipeline.mesh.membership.set_urls(("http://10.0.0.77:8787",), now))
    cluster.run(10.0)
    told = [message for message in guest.heard if isinstance(message, Hosts)]
    assert [each.urls for each in told[-1].hosts] == [("http://10.0.0.77:8787",)]


def test_guests_of_a_board_that_may_only_look_are_told_so_and_their_ink_is_refused() -> None:
    cluster = Cluster(2, viewers=frozenset({1}))
    cluster.link(0, 1)
    ana = seated(cluster, 1)
    assert [each.limits["role"] for each in ana.heard if isinstance(each, Welcome)] == ["view"]
    ana.draw(text())
    cluster.run(0.5)
    assert set(ana.refused.values()) == {"you may look at this room, and not draw"}
    assert items(cluster, 1) == 0


def test_guests_of_a_board_that_was_put_out_hear_of_it_those_who_come_later_too() -> None:
    cluster = Cluster(1)
    first, node = seated(cluster, 0), cluster.nodes[0]
    for _ in range(3):
        node.feed(lambda _: node.pipeline.put_out("put out of its mesh"))
    second = seated(cluster, 0, 2)
    node.feed(lambda _: node.pipeline.put_out(""))
    cluster.run(0.1)
    heard = [[(m.level, m.text) for m in guest.heard if isinstance(m, Notice)] for guest in (first, second)]
    assert heard == [[(2, "put out of its mesh"), (0, "This board is in its mesh again.")]] * 2
