"""When a floor is due, asked of a watch alone; tests/node/test_upkeep.py asks whole boards."""

import pytest

from edgeboard.canvas.bodies import Add, Alive, Clear, Context, ItemType
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.ids import AuthorTag, Origin
from edgeboard.rooms.compaction import STEP, CompactionSettings, FloorWatch, Look
from edgeboard.vectors import Vector

TAG = AuthorTag(b"author 1")
SETTINGS = CompactionSettings(undo_window_s=100.0, dead_least=3, dead_share=0.0, stand_in_s=50.0)


class Board:
    def __init__(self, settings=SETTINGS):
        self.document, self.maker, self.entries = Document(), Maker(Origin(1)), 0
        self.watch, self.now = FloorWatch(settings, 0.0), 0.0

    def do(self, *bodies):
        made = []
        for body in bodies:
            op = self.maker.make(body, self.document.lamport)
            self.watch.touched(self.document.apply(op, Place(TAG, self.entries)).items)
            self.entries += 1
            made.append(op.id)
        return made

    def held(self):
        return Vector({TAG: self.entries})

    def wait(self, seconds, rank=0, covered=lambda seen: True):
        end = self.now + seconds
        while (due := self.watch.next_timer()) is not None and due <= end:
            self.now = max(self.now, due)
            seen = self.watch.on_timer(self.now, self.document, self.held(), 1_000, rank, covered)
            if seen is not None:
                return seen
        self.now = end
        return None


def erased(board, count=5):
    items = board.do(*[Add(0, 0, ItemType.STROKE, bytes(100))] * count)
    board.do(*[Alive(item, False) for item in items])
    return items


def test_a_floor_is_due_when_the_window_has_passed_and_not_before():
    board = Board()
    erased(board)
    assert board.wait(99.0) is None
    assert board.wait(10.0) == Vector({TAG: 10})
    assert board.watch.statistics().floors == 1


def test_the_second_in_rank_waits_for_the_first():
    board = Board()
    erased(board)
    assert board.wait(145.0, rank=1) is None
    assert board.wait(20.0, rank=1) == Vector({TAG: 10})


def test_nothing_is_due_that_somebody_present_lacks():
    board = Board()
    erased(board)
    assert board.wait(500.0, covered=lambda seen: False) is None
    assert board.wait(20.0) == Vector({TAG: 10})


def test_what_lives_again_is_not_ended():
    board = Board()
    items = erased(board)
    board.wait(50.0)
    board.do(Alive(items[0], True))
    seen = board.wait(200.0)
    assert seen == Vector({TAG: 11})


def test_what_is_brought_back_during_a_look_stops_it():
    board = Board()
    items = erased(board, STEP + 10)
    board.wait(100.0 - 0.01)
    board.watch.on_timer(104.2, board.document, board.held(), 1_000, 0, lambda seen: True)
    board.do(Alive(items[0], True))
    assert board.watch.on_timer(104.3, board.document, board.held(), 1_000, 0, lambda seen: True) is None


def test_a_clear_is_seen_as_well_as_an_eraser():
    board = Board()
    board.do(*[Add(0, 0, ItemType.STROKE, bytes(100))] * 5)
    board.do(Clear(0, Context(None, board.held())))
    look = Look(board.document, board.held())
    assert look.step()
    assert len(look.dead) == 5


@pytest.mark.parametrize("settings", [{"enabled": False}, {"dead_least": 100}, {"dead_share": 0.9}])
def test_what_the_owner_says_holds(settings):
    board = Board(CompactionSettings(**{"undo_window_s": 100.0, "dead_least": 1, "dead_share": 0.0, **settings}))
    erased(board)
    assert board.wait(1_000.0) is None
