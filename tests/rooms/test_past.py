"""Looking back: a room shows what it showed then, whatever was erased since, as far as the history goes."""

import random

import pytest

from edgeboard.canvas.bodies import Add, Alive, Clear, Context, Cut, ItemType, Register, Set
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import room_id
from edgeboard.node.values import PipelineSettings
from edgeboard.oplog.codec import encode_stroke
from edgeboard.oplog.history import decode_segment, encode_segment
from edgeboard.rooms.chronicle import describe_batches
from edgeboard.rooms.compaction import CompactionSettings
from edgeboard.rooms.past import look_back, take_record
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.simulated import MESH

LOBBY = room_id(MESH, "lobby")
WINDOW_S = 60.0
SETTINGS = PipelineSettings(
    compaction=CompactionSettings(undo_window_s=WINDOW_S, dead_least=3, dead_share=0.01, stand_in_s=20.0)
)


class Sitting:
    """Two linked boards, and what the first of them showed when."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.cluster = Cluster(2, seed, settings=SETTINGS)
        for node in self.cluster.nodes:
            node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
        self.cluster.link_all()
        self.cluster.run(3.0)
        self.shown = []

    @property
    def room(self):
        return self.cluster.nodes[0].pipeline.rooms[LOBBY]

    @property
    def segments(self):
        return self.cluster.nodes[0].disk.history.get(LOBBY, [])

    def say(self, *bodies, board=0):
        node, made = self.cluster.nodes[board], []
        node.feed(lambda now: made.extend(node.pipeline.draw("lobby", list(bodies), now)))
        self.cluster.run(1.0)
        self.shown.append(
            (self.cluster.clock.wall_ms() - 500, self.room.document.digest(), self.room.document.count_living())
        )
        return made

    def stroke(self, board=0):
        x = self.rng.randrange(9000)
        ink = encode_stroke(0, 3, 24, Stroke(20, [x, x + 90, x + 50], [0, 40, self.rng.randrange(900)]))
        return self.say(Add(self.rng.randrange(2), 0, ItemType.STROKE, ink), board=board)[0]

    def let_go(self):
        """Until a floor has been logged and the logs have been reduced."""
        self.cluster.run(WINDOW_S * 3)

    def back(self, at, segments=None):
        return look_back(take_record(self.room.log, self.room.document), segments or self.segments, at)


@pytest.mark.parametrize("seed", range(6))
def test_a_room_shows_what_it_showed_then(seed):
    sitting = Sitting(seed)
    strokes = [sitting.stroke(board) for board in (0, 1, 0, 1, 0, 0)]
    sitting.say(Set(strokes[0], Register.TRANSFORM, [1, 0, 0, 1, 50, 6]), board=1)
    (cut,) = sitting.say(Cut(strokes[1], ((10, 90),)))
    sitting.say(*[Alive(item, False) for item in strokes[:4]], board=1)
    sitting.let_go()
    assert sitting.segments, "no floor was logged"
    more = [sitting.stroke(board) for board in (1, 1, 0, 0)]
    sitting.say(Clear(1, Context(None, sitting.room.log.vector())))
    sitting.say(*[Alive(item, False) for item in more])
    sitting.let_go()
    sitting.stroke()
    assert not sitting.room.document.knows(strokes[0])
    assert len(sitting.shown) > 10
    for at, digest, living in sitting.shown:
        past = sitting.back(at)
        assert past.document.digest() == digest
        assert (past.document.count_living(), past.missing, past.whole_from) == (living, 0, None)
        past.document.check()
    assert sitting.back(0).document.count_living() == 0
    assert cut


def test_where_the_history_does_not_reach_so_far_it_is_said_from_when_on_it_is_whole():
    sitting = Sitting(1)
    early = [sitting.stroke() for _ in range(4)]
    sitting.say(*[Alive(item, False) for item in early])
    sitting.let_go()
    before = len(sitting.segments)
    late = [sitting.stroke() for _ in range(4)]
    sitting.say(*[Alive(item, False) for item in late])
    sitting.let_go()
    kept = sitting.segments[before:]
    assert before
    assert kept
    at, _, living = sitting.shown[3]
    assert living == 4
    past = sitting.back(at, kept)
    assert (past.document.count_living(), past.missing) == (0, 4)
    assert sitting.shown[4][0] < past.whole_from < sitting.shown[5][0]
    assert sitting.back(past.whole_from, kept).missing == 0
    at, digest, living = sitting.shown[8]
    past = sitting.back(at, kept)
    assert (past.document.digest(), past.missing, living) == (digest, 0, 4)


def test_a_history_that_is_broken_or_speaks_of_other_ops_puts_nothing_back():
    sitting = Sitting(2)
    strokes = [sitting.stroke() for _ in range(4)]
    sitting.say(*[Alive(item, False) for item in strokes])
    sitting.let_go()
    (segment,) = sitting.segments
    changed = [entry._replace(tail=entry.tail[:-1] + b"\x07") for entry in decode_segment(segment)]
    at = sitting.shown[3][0]
    assert sitting.back(at, [b"", segment[:-9], encode_segment(changed)]).missing == 4
    assert sitting.back(at, [segment[:-9], segment]).missing == 0


def test_the_log_of_then_tells_of_what_was_erased_since():
    sitting = Sitting(3)
    strokes = [sitting.stroke() for _ in range(4)]
    at = sitting.shown[-1][0]
    sitting.say(*[Alive(item, False) for item in strokes])
    sitting.let_go()
    past = sitting.back(at)
    found = describe_batches("lobby", sitting.room.log.batches(), past.document.count_living(), past)
    assert (found["live_items"], found["ops"]) == (4, 4)
    assert [entry["what"] for entry in found["entries"]] == ["add stroke"] * 4
    now = describe_batches("lobby", sitting.room.log.batches(), 0)
    assert [entry["what"] for entry in now["entries"]] == ["erase"] * 4 + ["floor"]
