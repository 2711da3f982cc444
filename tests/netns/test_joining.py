"""Boards that share nothing but a mesh and a network find each other."""

import pytest

from tests.netns.conftest import IPV4, LINK_LOCAL, NO_MULTICAST, ULA, start_all

pytestmark = [pytest.mark.netns, pytest.mark.slow]


@pytest.mark.parametrize("kinds", [(IPV4,), (ULA,), (LINK_LOCAL,), (IPV4, ULA)], ids="+".join)
def test_boards_of_one_mesh_find_each_other(network, until_linked, kinds):
    ann = network.board("ann", kinds=kinds).start()
    bob = network.board("bob", kinds=kinds).start()
    until_linked(bob, ann)
    until_linked(ann, bob)
    assert bob.neighbours()[ann.node]["carrier"] == "webrtc"


def test_boards_that_share_nothing_but_a_service_are_introduced_and_need_it_no_more(network, until_linked, eventually):
    """The service is killed once they are linked, and nothing notices."""
    service = network.service("service")
    names = ("ann", "bob", "cyd")
    ann, bob, cyd = start_all([network.board(name, "--signal", service.url, config=NO_MULTICAST) for name in names])
    until_linked(ann, bob, cyd)
    until_linked(bob, cyd)
    service.kill()
    eventually(lambda: not any(each["open"] for each in ann.status()["signaling"]))
    assert ann.is_linked_to(bob, cyd)
    assert bob.is_linked_to(cyd)


def test_a_board_in_two_networks_joins_them_though_all_boards_have_one_name(network, until_linked, eventually):
    """It announces itself on each of its interfaces with the address that is reached there."""
    network.machine("ann")
    network.machine("bob").add_interface()
    network.machine("cyd", lan=1)
    ann, bob, cyd = start_all([network.board(name, "--name", "board") for name in ("ann", "bob", "cyd")])
    until_linked(bob, ann, cyd)
    until_linked(ann, bob)
    ann.draw(2)
    cyd.draw(1)
    eventually(lambda: ann.canvas() == bob.canvas() == cyd.canvas() and cyd.items() == 3)
    assert list(ann.neighbours()) == list(cyd.neighbours()) == [bob.node]
