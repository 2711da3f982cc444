"""A panel that is too slow for all frames shows every second or third, and all of them again when it can."""

from itertools import pairwise

from edgeboard.timesync.pace import CALM_MOST_S, CALM_S, Pace


class Board:
    """A board that shows frames, one every stride / 30 s."""

    def __init__(self):
        self.pace = Pace()
        self.now = 0.0

    def show(self, count, is_missed=lambda at: False):
        for at in range(count):
            self.now += self.pace.stride / 30
            self.pace.note(is_missed=is_missed(at), now=self.now)

    def until_faster(self):
        stride, began = self.pace.stride, self.now
        while self.pace.stride == stride:
            self.show(1)
        return self.now - began


def test_a_stride_chooses_the_same_frames_on_every_board():
    pace = Pace()
    assert [pace.next_number(each) for each in (7, 8)] == [7, 8]
    board = Board()
    board.show(6, lambda at: True)
    assert board.pace.stride == 2
    assert [board.pace.next_number(each) for each in (7, 8, 9)] == [8, 8, 10]
    assert [board.pace.last_number(each) for each in (7, 8, 9)] == [6, 8, 8]


def test_it_goes_slower_while_many_frames_are_missed_down_to_every_third():
    board = Board()
    board.show(6, lambda at: True)
    assert board.pace.stride == 2
    board.show(100, lambda at: at % 3 != 0)
    assert board.pace.stride == 3
    board.show(100, lambda at: True)
    assert board.pace.stride == 3


def test_a_miss_now_and_then_changes_nothing():
    board = Board()
    board.show(3_000, lambda at: at % 3 == 0)
    assert board.pace.stride == 1


def test_it_goes_faster_after_a_calm_time_and_waits_longer_each_time_that_this_was_in_vain():
    board = Board()
    board.show(6, lambda at: True)
    calms = []
    for _ in range(9):
        calms.append(board.until_faster())
        assert board.pace.stride == 1
        board.show(6, lambda at: True)
        assert board.pace.stride == 2
    assert CALM_S <= calms[0] < CALM_S + 1
    assert all(2 * one - 1 < other < 2 * one + 1 for one, other in pairwise(calms[:7])), calms
    assert calms[-1] < CALM_MOST_S + 1


def test_a_board_that_kept_its_rate_for_long_waits_no_longer_than_at_first():
    board = Board()
    board.show(6, lambda at: True)
    board.until_faster()
    board.show(6_000)
    board.show(6, lambda at: True)
    assert board.until_faster() < CALM_S + 1
