"""Pens of a board: what they draw is logged at once, seen by others, and never lost when they are unplugged."""

from itertools import pairwise

import pytest

from edgeboard.errors import RefusedError
from edgeboard.ids import Origin, room_id
from edgeboard.node.pens import PENS_MAX
from edgeboard.node.values import Inked, PenPlace
from edgeboard.oplog.codec import decode_columns, decode_stroke
from edgeboard.ports import PenMove, Touch
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.simulated import MESH
from edgeboard.wire.live import LiveKind

LOBBY = room_id(MESH, "lobby")
PLACE = PenPlace("lobby", x=100, y=50, width=1000)


class Desk:
    """Two linked boards; a pen at the first."""

    def __init__(self, place=PLACE):
        self.cluster = Cluster(2)
        self.cluster.link(0, 1)
        self.node = self.cluster.nodes[0]
        self.pipeline = self.node.pipeline
        self.origins = iter(range(1000, 2000))
        self.feed(lambda now: self.pipeline.draw("lobby", [], now))
        self.cluster.run(3.0)
        self.plug(place)

    def feed(self, change):
        return self.node.feed(change)

    def plug(self, place=PLACE, device="tablet"):
        self.feed(lambda now: self.pipeline.pens.plug(device, place, Origin(next(self.origins)), now))

    def moves(self, *moves, device="tablet"):
        self.feed(lambda now: self.pipeline.pens.receive(device, moves, now))

    def draw(self, places, *, pressure=2000, step=0.005, erases=False):
        t = self.now
        self.moves(PenMove(Touch.DOWN, t, *places[0], pressure, erases=erases))
        for place in places[1:]:
            t += step
            self.cluster.run(step)
            self.moves(PenMove(Touch.MOVE, t, *place, pressure, erases=erases))

    def lift(self):
        self.moves(PenMove(Touch.UP, self.now, 0.5, 0.5))

    @property
    def now(self):
        return self.cluster.clock.now()

    def items(self, node=0):
        return self.cluster.nodes[node].pipeline.rooms[LOBBY].document.items()


@pytest.fixture
def desk():
    return Desk()


def test_a_stroke_is_logged_when_the_pen_is_lifted_and_reaches_the_other_board(desk):
    desk.draw([(0.1, 0.1), (0.2, 0.1), (0.3, 0.2)])
    assert desk.items() == []
    desk.lift()
    (item,) = desk.items()
    desk.cluster.run(1.0)
    assert [each.id for each in desk.items(1)] == [item.id]
    pen, stroke = decode_stroke(item.pieces[0][1])
    assert (pen.colour, pen.width) == (PLACE.colour, PLACE.thickness)
    places = [(x / stroke.scale, y / stroke.scale) for x, y in zip(stroke.x, stroke.y, strict=True)]
    assert places == [(200, 150), (300, 150), (400, 250)]
    assert stroke.pressure is not None


def test_the_batch_leaves_in_the_turn_in_which_the_pen_is_lifted(desk):
    desk.draw([(0.1, 0.1), (0.2, 0.1)])
    room = desk.pipeline.rooms[LOBBY]
    desk.lift()
    assert room.gathered_until() is None
    assert room.log.vector()


def test_a_long_stroke_is_logged_every_two_seconds_and_is_one_item(desk):
    places = [(0.1 + at * 0.001, 0.1 + (at % 7) * 0.01) for at in range(250)]
    desk.draw(places, step=0.02)  # five seconds
    (item,) = desk.items()
    assert len(item.pieces) == 2
    desk.lift()
    (item,) = desk.items()
    assert len(item.pieces) == 3
    ends = [decode_stroke(item.pieces[0][1])[1], *(decode_columns(piece)[0] for _, piece in item.pieces[1:])]
    for before, after in pairwise(ends):
        assert (before.x[-1], before.y[-1]) == (after.x[0], after.y[0])


def test_a_pen_that_rests_on_the_surface_is_logged_too(desk):
    desk.draw([(0.1, 0.1), (0.2, 0.2)])
    desk.cluster.run(2.5)
    (item,) = desk.items()
    assert len(item.pieces) == 1


def test_a_pen_that_is_unplugged_in_mid_stroke_leaves_all_that_it_drew(desk):
    desk.draw([(0.1, 0.1), (0.2, 0.2), (0.3, 0.1)])
    desk.feed(lambda now: desk.pipeline.pens.unplug("tablet", now))
    (item,) = desk.items()
    assert decode_stroke(item.pieces[0][1])[1].x[-1] == 20 * 400
    desk.moves(PenMove(Touch.MOVE, desk.now, 0.9, 0.9, 100))  # nobody listens
    desk.plug()
    desk.draw([(0.5, 0.5), (0.6, 0.5)])
    desk.lift()
    first, second = desk.items()
    assert first.person == second.person
    assert first.origin != second.origin


def test_moves_without_a_beginning_are_a_stroke_all_the_same(desk):
    desk.moves(*(PenMove(Touch.MOVE, desk.now + at / 100, 0.1 * at, 0.1, 500) for at in range(1, 5)))
    desk.lift()
    assert len(desk.items()) == 1


def test_a_touch_is_a_dot(desk):
    desk.draw([(0.5, 0.5)])
    desk.lift()
    (item,) = desk.items()
    assert len(decode_stroke(item.pieces[0][1])[1].x) == 1


def test_an_eraser_takes_what_it_touches_and_only_that(desk):
    for y in (0.1, 0.2, 0.3):
        desk.draw([(0.1, y), (0.3, y)])
        desk.lift()
    desk.draw([(0.2, 0.05), (0.2, 0.22)], erases=True)
    desk.lift()
    (left,) = desk.items()
    assert decode_stroke(left.pieces[0][1])[1].y[0] == 20 * 350
    desk.cluster.run(1.0)
    assert len(desk.items(1)) == 1


def test_turning_the_pen_over_ends_the_stroke(desk):
    desk.draw([(0.1, 0.1), (0.3, 0.1)])
    desk.moves(PenMove(Touch.MOVE, desk.now, 0.7, 0.7, 100, erases=True))
    assert len(desk.items()) == 1


def test_what_is_under_way_is_previewed_to_others_and_told_to_our_own_panels(desk):
    inked, seen, core = [], [], desk.pipeline._core
    hand = desk.node._hand
    desk.node._hand = lambda output: (inked.append(output) if isinstance(output, Inked) else None, hand(output))
    core.live.put = lambda link, room, item, now: seen.append(item)
    for at in range(20):
        desk.feed(
            lambda now, at=at: desk.pipeline.pens.receive(
                "tablet", [PenMove(Touch.MOVE, now, 0.1 + at / 100, 0.1, 99)], now
            )
        )
        desk.cluster.run(0.01)
    assert len(inked) == 20
    assert inked[-1].points[-1] == (390, 150)
    assert 3 <= len(seen) <= 12
    assert {item.kind for item in seen} <= {LiveKind.PREVIEW, LiveKind.FURTHER}


def test_a_pen_that_hovers_is_a_cursor_to_others_and_a_person(desk):
    seen = []
    desk.pipeline._core.live.put = lambda link, room, item, now: seen.append(item)
    desk.cluster.run(0.1)
    desk.moves(PenMove(Touch.HOVER, desk.now, 0.5, 0.5))
    assert [item.kind for item in seen] == [LiveKind.CURSOR]
    desk.cluster.run(1.0)
    here = desk.cluster.nodes[1].pipeline.people[LOBBY].at(desk.pipeline.identity.node)
    assert [person[2] for person in here] == [desk.pipeline.identity.name]
    desk.feed(lambda now: desk.pipeline.pens.unplug("tablet", now))
    desk.cluster.run(1.0)
    assert desk.cluster.nodes[1].pipeline.people[LOBBY].at(desk.pipeline.identity.node) == ()


def test_a_stroke_that_is_refused_is_said_once(desk):
    desk.pipeline._core.store_room_left = lambda: 0
    places = [(0.1 + at * 0.001, 0.1) for at in range(250)]
    desk.draw(places, step=0.02)  # three pieces
    desk.lift()
    assert desk.items() == []
    (said,) = desk.node.alarms
    assert "what the pen of this board draws is refused: the board's disk is full" in said


def test_more_pens_than_a_board_takes_are_refused(desk):
    for at in range(PENS_MAX - 1):
        desk.plug(device=f"pen {at}")
    with pytest.raises(RefusedError, match="pens already"):
        desk.plug(device="one more")
