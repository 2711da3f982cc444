"""What boards do when cables, addresses and machines go and come back."""

import signal

import pytest

from tests.netns.conftest import NO_MULTICAST, start_all, until_linked

pytestmark = [pytest.mark.netns, pytest.mark.slow]


@pytest.fixture(scope="module")
def boards(a_network):
    """Three boards that are linked to each other; each test leaves them so."""
    made = start_all([a_network.board(name) for name in ("ann", "bob", "cyd")])
    for one in made:
        until_linked(one, *(other for other in made if other is not one))
    return made


def test_a_mesh_in_two_halves_draws_on_and_is_one_again(boards, eventually):
    ann, bob, cyd = boards
    before = cyd.items()
    cyd.machine.unplug()
    eventually(lambda: ann.neighbours()[cyd.node]["suspect"] and cyd.neighbours()[ann.node]["suspect"])
    ann.draw(3)
    cyd.draw(2)
    eventually(lambda: bob.items() == before + 3)
    assert cyd.items() == before + 2
    cyd.machine.plug_in()
    eventually(lambda: ann.canvas() == bob.canvas() == cyd.canvas() and ann.items() == before + 5)
    until_linked(cyd, ann, bob)


def test_a_board_that_gets_another_address_is_linked_again(boards, eventually):
    ann, bob, cyd = boards
    before = bob.items()
    bob.machine.move(99)
    ann.draw(1)
    until_linked(ann, bob, cyd)
    until_linked(bob, ann, cyd)
    eventually(lambda: bob.canvas() == ann.canvas() and bob.items() == before + 1)


def test_a_board_that_is_killed_is_missed_by_nobody_and_comes_back_to_all(boards, eventually):
    ann, bob, cyd = boards
    before = cyd.items()
    bob.draw(1)
    eventually(lambda: ann.canvas() == bob.canvas())
    bob.kill()
    ann.draw(1)
    eventually(lambda: cyd.canvas() == ann.canvas() and cyd.items() == before + 2)
    bob.start()
    until_linked(bob, ann, cyd)
    eventually(lambda: bob.canvas() == ann.canvas())


def test_a_board_that_sleeps_is_linked_again_when_it_wakes_up(boards, eventually):
    ann, bob, cyd = boards
    asleep, before = cyd.node, bob.items()
    cyd.process.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: ann.neighbours()[asleep]["suspect"] and bob.neighbours()[asleep]["suspect"])
        ann.draw(2)
        eventually(lambda: bob.items() == before + 2)
    finally:
        cyd.process.send_signal(signal.SIGCONT)
    until_linked(cyd, ann, bob)
    until_linked(ann, bob, cyd)
    eventually(lambda: cyd.canvas() == ann.canvas() == bob.canvas() and cyd.items() == before + 2)


def test_boards_that_cannot_be_dialled_are_introduced_by_others(network, eventually):
    """Their ports are closed to everybody: the only way is through a board that both are linked to."""
    bob = network.board("bob", config=NO_MULTICAST).start()
    peer = f"http://{bob.machine.ipv4}:8787"
    ann, cyd = (network.board(name, "--peer", peer, config=NO_MULTICAST) for name in ("ann", "cyd"))
    ann.host = cyd.host = "127.0.0.1"
    start_all([ann, cyd])
    until_linked(ann, bob, cyd)
    bob.kill()
    ann.draw(1)
    eventually(lambda: cyd.canvas() == ann.canvas() and cyd.items() == 1)


def test_boards_on_a_bad_radio_find_each_other_and_agree(network, eventually):
    """One frame in twenty is lost, the others come 3 to 7 ms late and out of order."""
    made = []
    for number, name in enumerate(("ann", "bob", "cyd")):
        network.machine(name, cable=(0.05, 0.005, number))
        made.append(network.board(name))
    ann, bob, cyd = start_all(made)
    until_linked(ann, bob, cyd)
    until_linked(bob, cyd)
    for board in made:
        board.draw(20)
    eventually(lambda: ann.canvas() == bob.canvas() == cyd.canvas() and ann.items() == 60)


DEGREE = 5  # links that a board wants where there are too many boards to link to all


def test_of_ten_boards_the_one_in_the_middle_of_the_tree_is_killed_and_its_place_is_filled(
    boards, a_network, eventually
):
    every = [*boards, *start_all([a_network.board(f"board{number}") for number in range(7)])]

    def are_linked(some):
        return all(sum(not each["suspect"] for each in board.neighbours().values()) >= DEGREE for board in some)

    def agree(some):
        return len({board.canvas() for board in some}) == 1

    def is_tree():  # some hear of each other through others alone
        return sum(len(board.neighbours()) for board in every) < len(every) * (len(every) - 1)

    eventually(lambda: are_linked(every) and agree(every) and is_tree(), 40)
    middle = max(every, key=lambda board: len(board.neighbours()))
    rest = [board for board in every if board is not middle]
    items = rest[0].items()
    middle.kill()
    for board in rest[:2]:
        board.draw(3)
    eventually(lambda: agree(rest) and rest[-1].items() == items + 6)
    eventually(lambda: are_linked(rest))
