"""How an envelope finds its way: through chains, rings and crowds, and that nobody can make it go round for ever."""

import pytest

from edgeboard.ids import NodeId
from edgeboard.mesh import introductions as module
from edgeboard.mesh.introductions import BURST, Introduced, Introductions
from edgeboard.wire.introductions import HOPS_MAX, Introduce
from edgeboard.wire.messages import Channel, decode


class Graph:
    """Nodes by number; a link has the number of the node at its other end."""

    def __init__(self, *links):
        self.nodes = {}
        self.got = []
        self.sent = 0
        for ends in links:
            for here, there in (ends, ends[::-1]):
                self.nodes.setdefault(here, Introductions(self.id(here))).link_up(there, self.id(there), 0.0)

    @staticmethod
    def id(number):
        return NodeId(bytes([number]) * 16)

    def run(self):
        busy = True
        while busy:
            busy = False
            for number, node in self.nodes.items():
                for send in node.drain():
                    busy = True
                    self.sent += 1
                    message = decode(Channel.CTL, send.data)
                    came = self.nodes[send.link].receive(number, message, 0.0)
                    if came is not None:
                        self.got.append((send.link, came))


def test_a_neighbour_is_asked_directly():
    graph = Graph((1, 2), (1, 3), (2, 3))
    assert graph.nodes[1].submit(graph.id(3), b"offer")
    graph.run()
    assert graph.got == [(3, Introduced(graph.id(1), b"offer"))]
    assert graph.sent == 1


def test_an_envelope_goes_through_others_and_its_answer_comes_back():
    graph = Graph((1, 2), (2, 3), (3, 4))
    graph.nodes[1].submit(graph.id(4), b"offer")
    graph.run()
    graph.nodes[4].submit(graph.id(1), b"answer")
    graph.run()
    assert graph.got == [(4, Introduced(graph.id(1), b"offer")), (1, Introduced(graph.id(4), b"answer"))]


def test_it_arrives_once_however_many_ways_there_are():
    graph = Graph(*((a, b) for a in range(1, 7) for b in range(a + 1, 7)), (6, 9), (5, 9))
    graph.nodes[1].submit(graph.id(9), b"offer")
    graph.run()
    assert len(graph.got) == 1
    assert graph.sent <= 6 * 6


def test_it_goes_so_far_and_no_farther():
    chain = [(number, number + 1) for number in range(1, 9)]
    graph = Graph(*chain)
    reach = HOPS_MAX + 2
    graph.nodes[1].submit(graph.id(reach), b"near")
    graph.nodes[1].submit(graph.id(reach + 1), b"far")
    graph.run()
    assert [came.envelope for _, came in graph.got] == [b"near"]


def test_without_links_nobody_carries_it():
    assert not Introductions(Graph.id(1)).submit(Graph.id(2), b"offer")


def test_a_flood_of_one_neighbour_is_dropped():
    node = Introductions(Graph.id(1))
    node.link_up(2, Graph.id(2), 0.0)
    node.link_up(3, Graph.id(3), 0.0)
    for number in range(1000):
        node.receive(2, Introduce(Graph.id(9), Graph.id(2), 0, number.to_bytes(4, "big")), 0.0)
    assert len(node.drain()) == BURST
    assert node.dropped == 1000 - BURST
    node.receive(3, Introduce(Graph.id(9), Graph.id(3), 0, b"of another"), 0.0)
    assert len(node.drain()) == 1


def test_what_was_seen_is_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr(module, "SEEN_MAX", 3)
    node = Introductions(Graph.id(1))
    node.link_up(2, Graph.id(2), 0.0)
    for number in range(9):
        node.receive(2, Introduce(Graph.id(1), Graph.id(2), 0, bytes([number])), 0.0)
    assert len(node._seen) == 3


@pytest.mark.parametrize("hops", [HOPS_MAX, 255])
def test_a_link_that_has_ended_and_one_hop_too_many_pass_nothing_on(hops):
    node = Introductions(Graph.id(1))
    node.link_up(2, Graph.id(2), 0.0)
    node.link_up(3, Graph.id(3), 0.0)
    node.receive(2, Introduce(Graph.id(9), Graph.id(2), hops, b"offer"), 0.0)
    assert node.drain() == []
    node.link_down(2)
    assert node.receive(2, Introduce(Graph.id(1), Graph.id(2), 0, b"late"), 0.0) is None
