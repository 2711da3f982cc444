"""Whose time it is: who leads, what happens when it is gone, and that nobody is dragged along by a lie.

Boards here have perfect clocks and links without delay, so that all that is seen is who follows whom.
"""

from collections.abc import Iterable
from typing import final

from edgeboard.ids import NodeId
from edgeboard.timesync.estimator import Estimator
from edgeboard.timesync.reference import DOUBT_S, LOST_S, SHUN_S, TAKE_OVER_S, Advert, Neighbour, Reference

YEAR_2025_S = 1_740_000_000.0
BEGINS_S = -5_000.0  # where a clock begins says nothing


def node(number: int) -> NodeId:
    return NodeId(bytes(15) + bytes((number,)))


@final
class Boards:
    """Some boards that ask each other once a second, along links that come and go."""

    def __init__(self, *starts: float, dated: Iterable[int] = range(100)) -> None:
        """Where mesh time begins on each."""
        self.now = BEGINS_S
        self.dated = set(dated)
        self.boards = [self._started(number, 1, mesh_s) for number, mesh_s in enumerate(starts)]
        self.known: dict[tuple[int, int], Neighbour] = {}
        self.lies: dict[int, float] = {}  # by which what a board says of its time is wrong

    def _started(self, number: int, boot: int, mesh_s: float) -> Reference:
        return Reference(node(number), boot, self.now, mesh_s, is_dated=number in self.dated)

    def restart(self, number: int, boot: int, mesh_s: float) -> None:
        linked = [b for a, b in self.known if a == number]
        self.unlink(number)
        self.boards[number] = self._started(number, boot, mesh_s)
        self.link(*((number, other) for other in linked))

    def link(self, *pairs: tuple[int, int]) -> None:
        for a, b in pairs:
            self.known[a, b], self.known[b, a] = Neighbour(node(b), Estimator()), Neighbour(node(a), Estimator())

    def link_all(self) -> None:
        numbers = range(len(self.boards))
        self.link(*((a, b) for a in numbers for b in numbers if a < b))

    def unlink(self, number: int) -> None:
        self.known = {pair: known for pair, known in self.known.items() if number not in pair}

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1.0
            for (a, b), known in list(self.known.items()):
                advert = self.boards[b].advert(self.now)
                lie = self.lies.get(b, 0.0)
                said = Advert(*(getattr(advert, name) for name in Advert.__slots__[:5]), advert.ahead_s + lie, 0.0, 0.0)
                known.clock.add(self.now, self.now, self.now, self.now)
                known.advert, known.said_at, known.heard_at = said, self.now, self.now
                self.boards[a].choose([each for (one, _), each in self.known.items() if one == a], self.now)
            for number, board in enumerate(self.boards):  # whom nobody is linked to looks as well
                board.choose([each for (one, _), each in self.known.items() if one == number], self.now)

    def times(self) -> list[float]:
        """Mesh seconds of each, from the start of the test."""
        return [round(board.mesh_at(self.now) - (self.now - BEGINS_S), 6) for board in self.boards]

    def leaders(self) -> list[int]:
        return [board.reference[-1] for board in self.boards]

    def hops(self) -> list[int]:
        return [board.hops for board in self.boards]


def test_a_board_alone_has_its_own_time() -> None:
    boards = Boards(YEAR_2025_S)
    boards.run(100)
    assert (boards.times(), boards.leaders(), boards.hops()) == ([YEAR_2025_S], [0], [0])
    assert boards.boards[0].is_lone


def test_all_have_the_time_of_the_lowest_id_and_say_how_far_away_it_is() -> None:
    boards = Boards(*(YEAR_2025_S + 1_000.0 * number for number in range(5)))
    boards.link((0, 1), (1, 2), (2, 3), (3, 4), (1, 4))
    boards.run(60)
    assert boards.times() == [YEAR_2025_S] * 5
    assert (boards.leaders(), boards.hops()) == ([0] * 5, [0, 1, 2, 3, 2])


def test_a_board_without_a_clock_does_not_take_those_that_have_one_back_to_1970() -> None:
    boards = Boards(20.0, YEAR_2025_S, YEAR_2025_S + 1.0, dated=(1, 2))
    boards.link_all()
    boards.run(60)
    assert set(boards.times()) == {YEAR_2025_S}


def test_who_comes_later_takes_the_time_it_finds_and_leads_only_then() -> None:
    boards = Boards(YEAR_2025_S + 7_777.0, YEAR_2025_S, YEAR_2025_S + 1.0)
    boards.link((1, 2))
    boards.run(60)
    boards.link((0, 1), (0, 2))
    boards.run(5)
    assert boards.times() == [YEAR_2025_S] * 3
    assert boards.leaders() == [1, 1, 1]
    boards.run(int(TAKE_OVER_S) + 5)
    assert boards.times() == [YEAR_2025_S] * 3
    assert boards.leaders() == [0, 0, 0]


def test_time_goes_on_when_the_reference_dies() -> None:
    boards = Boards(*(YEAR_2025_S + 1_000.0 * number for number in range(4)))
    boards.link_all()
    boards.run(60)
    boards.unlink(0)
    boards.run(int(LOST_S) - 5)
    assert boards.times()[1:] == [YEAR_2025_S] * 3
    boards.run(20)
    assert (boards.times()[1:], boards.leaders()[1:]) == ([YEAR_2025_S] * 3, [1] * 3)


def test_no_two_boards_follow_each_other_when_the_reference_is_gone() -> None:
    boards = Boards(*(YEAR_2025_S for _ in range(5)))
    boards.link((0, 1), (1, 2), (2, 3), (3, 4), (4, 1))
    boards.run(60)
    boards.unlink(0)
    for _ in range(120):
        boards.run(1)
        following = {board.node: board.parent.node for board in boards.boards if board.parent is not None}
        for first in following:
            seen, each = set(), first
            while each in following:
                assert each not in seen, f"a loop at {boards.now} s: {following}"
                seen.add(each)
                each = following[each]
    assert boards.leaders()[1:] == [1] * 4


def test_a_reference_that_restarts_in_1970_gets_its_own_time_back_and_drags_nobody() -> None:
    boards = Boards(YEAR_2025_S, YEAR_2025_S + 5.0, YEAR_2025_S + 9.0)
    boards.link_all()
    boards.run(60)
    boards.dated.clear()
    boards.restart(0, boot=2, mesh_s=12.0)
    for _ in range(60):
        boards.run(1)
        assert boards.times()[1:] == [YEAR_2025_S] * 2
    assert (boards.times(), boards.leaders()) == ([YEAR_2025_S] * 3, [0] * 3)


def test_two_halves_of_a_mesh_that_meet_again_have_one_time() -> None:
    boards = Boards(*(YEAR_2025_S + 100.0 * number for number in range(6)))
    boards.link((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5))
    boards.run(60)
    assert boards.times() == [YEAR_2025_S] * 3 + [YEAR_2025_S + 300.0] * 3
    boards.link((2, 3))
    boards.run(10)
    assert boards.times() == [YEAR_2025_S] * 6


def test_a_board_that_was_alone_for_long_comes_back_as_a_newcomer() -> None:
    boards = Boards(YEAR_2025_S, YEAR_2025_S, YEAR_2025_S)
    boards.link_all()
    boards.run(60)
    boards.unlink(0)
    boards.run(int(LOST_S) + 30)
    boards.boards[0]._mesh_s += 3_600.0  # its lid was closed
    boards.link((0, 1), (0, 2))
    boards.run(40)
    assert boards.times() == [YEAR_2025_S] * 3


def test_a_reference_whose_time_jumps_is_left_out_by_those_who_agree_without_it() -> None:
    boards = Boards(*(YEAR_2025_S for _ in range(5)))
    boards.link_all()
    boards.run(60)
    boards.lies[0] = 3_600.0
    for _ in range(int(LOST_S) + 40):
        boards.run(1)
        assert boards.times()[1:] == [YEAR_2025_S] * 4
    assert boards.leaders()[1:] == [1] * 4
    assert all(board.shunned for board in boards.boards[1:])


def test_a_board_that_lies_about_the_time_of_the_reference_moves_nobody_who_hears_another() -> None:
    boards = Boards(*(YEAR_2025_S for _ in range(5)))
    boards.link((0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4))
    boards.run(60)
    liar = boards.boards[4].parent
    assert liar is not None
    boards.lies[liar.node[-1]] = -500.0
    boards.run(60)
    assert boards.times()[4] == YEAR_2025_S
    assert boards.boards[4].parent is not liar
    boards.lies.clear()
    boards.run(int(SHUN_S) + 60)
    assert liar.shunned_until < boards.now, "whoever was left out is heard again later"


def test_nobody_speaks_for_a_reference_that_is_heard_itself() -> None:
    boards = Boards(YEAR_2025_S, YEAR_2025_S + 50.0, YEAR_2025_S + 90.0, dated=(1, 2))
    boards.link((1, 2))
    boards.run(60)
    heard = [known for (one, _), known in boards.known.items() if one == 2]
    liar = Neighbour(node(0), Estimator())
    for _ in range(5):
        liar.clock.add(boards.now, boards.now, boards.now, boards.now)
    claim = Advert(node(1), 1, 1 << 40, False, True, YEAR_2025_S + 9_000.0, 0.0, 0.0)
    liar.advert, liar.said_at, liar.heard_at = claim, boards.now, boards.now
    before = boards.times()[2]
    boards.boards[2].choose([*heard, liar], boards.now)
    assert boards.times()[2] == before


def test_a_small_difference_is_followed_and_not_doubted() -> None:
    boards = Boards(*(YEAR_2025_S for _ in range(4)))
    boards.link_all()
    boards.run(60)
    boards.lies[0] = DOUBT_S * 0.8
    boards.run(30)
    assert boards.times()[1:] == [round(YEAR_2025_S + DOUBT_S * 0.8, 6)] * 3


def test_two_boards_alone_believe_what_is_said_again_and_again() -> None:
    boards = Boards(YEAR_2025_S, YEAR_2025_S)
    boards.link_all()
    boards.run(60)
    boards.lies[0] = 40.0
    boards.run(1)
    assert boards.times()[1] == YEAR_2025_S
    boards.run(10)
    assert boards.times()[1] == YEAR_2025_S + 40.0


def test_a_board_without_a_clock_does_not_begin_before_what_was_reached() -> None:
    board = Reference(node(1), 1, 0.0, 30.0, is_dated=False)
    board.set_forward(5.0, YEAR_2025_S)
    assert board.mesh_at(6.0) == YEAR_2025_S + 1.0
    board.set_forward(7.0, 100.0)
    assert board.mesh_at(7.0) == YEAR_2025_S + 2.0


def test_a_board_with_a_clock_does_not_go_to_a_year_that_somebody_has_made_up() -> None:
    board = Reference(node(1), 1, 0.0, YEAR_2025_S, is_dated=True)
    board.set_forward(5.0, 2 * YEAR_2025_S)
    assert board.mesh_at(5.0) == YEAR_2025_S + 5.0
