from edgeboard.ids import NodeId
from edgeboard.node import sightings as module
from edgeboard.node.sightings import Sightings

ANN, BOB = NodeId(b"a" * 16), NodeId(b"b" * 16)


def test_what_two_sources_say_of_a_node_is_told_together_and_boards_come_first():
    found, gone = [], []
    sightings = Sightings(lambda node, urls: found.append((node, urls)), gone.append)
    sightings.found("signaling", ANN, ("signal+http://s:1",))
    sightings.found("mdns", ANN, ("http://a:1", "http://b:1"))
    assert found[-1] == (ANN, ("http://a:1", "http://b:1", "signal+http://s:1"))
    sightings.gone("mdns", ANN)
    sightings.gone("mdns", ANN)
    assert gone == []
    assert sightings.places(ANN) == ("signal+http://s:1",)
    sightings.gone("signaling", ANN)
    sightings.gone("signaling", BOB)
    assert gone == [ANN]
    assert sightings.places(ANN) == ()


def test_so_many_nodes_are_remembered_and_no_more(monkeypatch):
    monkeypatch.setattr(module, "NODES_MAX", 1)
    gone = []
    sightings = Sightings(lambda node, urls: None, gone.append)
    sightings.found("mdns", ANN, ("http://a:1",))
    sightings.found("mdns", BOB, ("http://b:1",))
    assert gone == [ANN]
