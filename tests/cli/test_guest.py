"""A guest session against a real pipeline, on a virtual clock; both ends in one object."""

import pytest

from edgeboard.canvas.bodies import Add, Alive, ItemType
from edgeboard.canvas.samples import Stroke
from edgeboard.cli.guest import GuestSession, Me
from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.ids import Origin, PersonId, op_id
from edgeboard.node.values import PipelineSettings
from edgeboard.oplog.codec import encode_stroke
from edgeboard.rooms.room import RoomSettings
from edgeboard.testing.cluster import Cluster
from edgeboard.vectors import Vector
from edgeboard.wire.fragments import split
from edgeboard.wire.live import Live, LiveItem, LiveKind
from edgeboard.wire.messages import CaughtUp, Channel, Close, Notice, Ping, Pong, Receipt, decode, encode

INK = Add(0, 0, ItemType.STROKE, encode_stroke(0, 0, 24, Stroke(20, [0, 20], [0, 0])))
ORIGIN = Origin(0xABC)
ME = Me(PersonId(b"p" * 16), ORIGIN, "Ada", 3)


class Seat:
    """A session where a cluster expects a guest."""

    def __init__(self, cluster, host=0, room="lobby", me=ME):
        self.cluster = cluster
        self.host = host
        self.session = GuestSession(me, room)
        self.raised = None
        self.deaf = False
        self.send = None
        self.sit()

    def sit(self):
        self.end = self.cluster.seat(self, self.host)
        self.session.connect()
        self.flush()

    def flush(self):
        for frame in self.session.drain():
            if not self.deaf:
                self.send(Channel(frame[0]), frame[1:])

    def receive(self, channel, data):
        if self.deaf:
            return
        try:
            self.session.receive(bytes((channel,)) + data)
        except (DecodeError, RefusedError) as error:
            self.raised = error
        self.flush()

    def lose_link(self):
        pass

    def make(self, body=INK, **marks):
        made = self.session.make(body, **marks)
        self.flush()
        return made


@pytest.fixture
def cluster():
    return Cluster(1)


def document(cluster, host=0):
    (room,) = cluster.nodes[host].pipeline.rooms.values()
    return room.document


def test_a_guest_greets_joins_and_is_caught_up(cluster):
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    assert seat.session.ready
    assert seat.session.host == "node 0"
    (person,) = cluster.nodes[0].pipeline.guests.people(next(iter(cluster.nodes[0].pipeline.rooms)))
    assert person == (ME.person, ME.origin_bytes, "Ada", 3)


def test_what_a_guest_draws_is_saved_and_then_safe(cluster):
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    made = [seat.make() for _ in range(3)]
    assert made == [op_id(ORIGIN, number) for number in (1, 2, 3)]
    assert (seat.session.tally.unsaved, seat.session.tally.unsafe, seat.session.under_way) == (3, 3, 3)
    cluster.clock.run(3.0)
    tally = seat.session.tally
    assert (tally.saved, tally.safe) == ({1, 2, 3}, {1, 2, 3})
    assert (tally.made, tally.unsaved, tally.unsafe) == (3, 0, 0)
    assert [item.id for item in document(cluster).items()] == made


def test_what_is_drawn_before_the_room_answers_goes_out_afterwards(cluster):
    seat = Seat(cluster)
    seat.make()
    cluster.clock.run(3.0)
    assert seat.session.tally.safe == {1}


def test_new_ink_lies_above_what_others_drew_before(cluster):
    ben = Seat(cluster, me=Me(PersonId(b"b" * 16), Origin(1 << 60), "Ben", 0))
    cluster.clock.run(0.5)
    theirs = [ben.make() for _ in range(40)]
    cluster.clock.run(1.0)
    ada = Seat(cluster)
    cluster.clock.run(1.0)
    mine = ada.make()
    cluster.clock.run(1.0)
    assert [item.id for item in document(cluster).items()] == [*theirs, mine]


def test_after_an_outage_everything_that_is_not_safe_is_submitted_again_and_counts_once(cluster):
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    seat.make()
    cluster.clock.run(3.0)
    seat.deaf = True
    seat.make()
    seat.make()
    seat.end()
    seat.make()
    cluster.clock.run(1.0)
    seat.deaf = False
    seat.sit()
    assert not seat.session.ready
    cluster.clock.run(3.0)
    seat.end()
    seat.sit()
    cluster.clock.run(3.0)
    assert seat.session.tally.safe == {1, 2, 3, 4}
    assert document(cluster).statistics().ops == 4
    assert len(document(cluster).items()) == 4


def test_a_kill_of_the_host_loses_nothing_that_the_guest_still_holds(cluster):
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    for _ in range(5):
        seat.make()
    cluster.nodes[0].kill()
    cluster.clock.run(1.0)
    cluster.nodes[0].start()
    seat.sit()
    cluster.clock.run(3.0)
    assert seat.session.tally.unsafe == 0
    assert len(document(cluster).items()) == 5


def test_a_second_board_makes_it_safe():
    cluster = Cluster(2)
    cluster.link_all()
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    seat.make()
    cluster.clock.run(3.0)
    assert seat.session.tally.safe == {1}
    assert document(cluster, 1).digest() == document(cluster, 0).digest()


def test_what_a_host_refuses_is_told_with_the_reason():
    cluster = Cluster(1, settings=PipelineSettings(room=RoomSettings(ops_max=2)))
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    for _ in range(3):
        seat.make()
    cluster.clock.run(3.0)
    tally = seat.session.tally
    assert list(tally.refused) == [3]
    assert "full" in tally.refused[3]
    assert (tally.unsaved, tally.unsafe) == (0, 0)


def test_much_ink_flows_as_credit_comes_back(cluster):
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    zigzag = Stroke(20, [(37 * i * i) % 4999 for i in range(400)], [(91 * i * i) % 4999 for i in range(400)])
    ink = Add(0, 0, ItemType.STROKE, encode_stroke(0, 0, 24, zigzag))
    for _ in range(600):
        seat.make(ink)
    assert sum(len(tail) for tail in seat.session._keep.values()) > 2 * 256 * 1024
    cluster.clock.run(20.0)
    assert seat.session.tally.unsafe == 0
    assert cluster.nodes[0].closed == []
    late = Seat(cluster, me=Me(PersonId(b"l" * 16), Origin(5), "Late", 0))
    cluster.clock.run(20.0)
    assert late.session.ready
    assert late.session._held == dict(next(iter(cluster.nodes[0].pipeline.rooms.values())).log.vector())


def test_live_items_reach_the_others_and_never_exceed_a_frame(cluster):
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    shown = [LiveItem(LiveKind.FURTHER, 0, bytes((number,)) * 600) for number in range(3)]
    seat.session.show(shown)
    frames = [frame for frame in seat.session.drain() if frame[0] == Channel.LIVE]
    messages = [decode(Channel.LIVE, frame[1:]) for frame in frames]
    assert [type(message) for message in messages] == [Live, Live, Live]
    assert [item for message in messages for item in message.items] == shown
    assert all(len(frame) <= 1_101 for frame in frames)


def test_nothing_is_shown_before_the_room_is_known():
    session = GuestSession(ME, "lobby")
    session.connect()
    list(session.drain())
    session.show([LiveItem(LiveKind.FURTHER, 0, b"")])
    assert list(session.drain()) == []


def hear(session, message, channel=Channel.CTL):
    session.receive(bytes((channel,)) + encode(message))
    return list(session.drain())


@pytest.fixture
def session():
    session = GuestSession(ME, "lobby")
    session.connect()
    list(session.drain())
    return session


def test_a_ping_is_answered(session):
    assert hear(session, Ping(7, {})) == [b"\0" + encode(Pong(7))]


def test_the_hosts_last_word_is_raised_with_its_code(session):
    with pytest.raises(RefusedError, match="full") as caught:
        hear(session, Close(CloseCode.ROOM_FULL, "this board is full"))
    assert caught.value.code is CloseCode.ROOM_FULL
    with pytest.raises(RefusedError) as caught:
        hear(session, Close(200, "of a later version"))
    assert caught.value.code is CloseCode.NORMAL


def test_broken_bytes_raise_and_unknown_ones_do_not(session):
    with pytest.raises(DecodeError):
        session.receive(b"\0\xc1")
    session.receive(b"\0" + b"\x91\xcc\xfa")  # a message with the number 250
    session.receive(b"\2\xff")  # live: not looked at
    session.receive(b"\x09\xff")  # a channel of a later version
    session.receive(b"")


def test_receipts_of_others_and_of_ops_never_made_are_nothing_to_us(session):
    session.make(INK)
    hear(session, Receipt(b"r" * 16, 2, b"somebody", (1, 1)))
    assert session.tally.safe == set()
    hear(session, Receipt(b"r" * 16, 1, ME.origin_bytes, (1, 0xFFFFFFFF)))
    assert session.tally.saved == {1}


def test_warnings_are_kept_and_news_is_not(session):
    hear(session, Notice(2, "the disk is full"))
    hear(session, Notice(0, "all is well"))
    assert list(session.notices) == ["the disk is full"]


def test_messages_in_fragments_are_put_together(session):
    author = b"a" * 8
    vector = Vector({author[:4] + number.to_bytes(4, "big"): 5 for number in range(9_000)})
    pieces = list(split(encode(CaughtUp(b"r" * 16, vector.to_bytes())), 1))
    assert len(pieces) > 1
    for piece in pieces:
        assert not session.ready
        session.receive(b"\0" + piece)
    assert session.ready


def test_gestures_of_several_ops_are_marked(cluster):
    seat = Seat(cluster)
    cluster.clock.run(0.5)
    item = seat.make()
    seat.make(Alive(item, False), more=True)
    cluster.clock.run(3.0)
    assert document(cluster).items() == []
