"""Boards that share nothing but a mesh and a network find each other."""

import pytest

from tests.netns.conftest import IPV4, LINK_LOCAL, ULA

pytestmark = [pytest.mark.netns, pytest.mark.slow]


@pytest.mark.parametrize("kinds", [(IPV4,), (ULA,), (LINK_LOCAL,), (IPV4, ULA)], ids="+".join)
def test_boards_of_one_mesh_find_each_other(network, until_linked, kinds):
    ann = network.board("ann", kinds=kinds).start()
    bob = network.board("bob", kinds=kinds).start()
    until_linked(bob, ann)
    until_linked(ann, bob)
    assert bob.neighbours()[ann.node]["carrier"] == "webrtc"
