"""What a node believes of others: rooms beyond its own bound, and people at nodes that nobody knows."""

from edgeboard.ids import NodeId, Origin, PersonId, room_id
from edgeboard.node.core import PRESENCE_BITS, STRANGERS_MAX, STRANGERS_S
from edgeboard.node.values import PipelineSettings
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.testing.simulated import MESH
from edgeboard.wire.fields import Person
from edgeboard.wire.messages import Channel, Presence, encode

LOBBY = room_id(MESH, "lobby")
GHOST = Person((b"g" * 16, b"o" * 8, "Ghost", 5))


def boards(nodes: int = 3, settings: PipelineSettings | None = None) -> Cluster:
    cluster = Cluster(nodes, settings=settings)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    cluster.run(3.0)
    return cluster


def claim(cluster: Cluster, about: NodeId, version: int, *people: Person) -> None:
    """Board 0 says to board 1 who is at some node."""
    node = cluster.nodes[1]
    link = node.pipeline.mesh.link_to(cluster.nodes[0].node)
    data = encode(Presence(LOBBY, about, people, version))
    node.feed(lambda now: node.pipeline.receive((link, Channel.CTL, data), now))


def people(cluster: Cluster, number: int):
    return cluster.nodes[number].pipeline.people[LOBBY]


def test_boards_with_more_rooms_than_one_may_have_share_those_that_both_have() -> None:
    cluster = Cluster(2, settings=PipelineSettings(rooms_max=4))
    for number, node in enumerate(cluster.nodes):
        for name in ("lobby", f"a{number}", f"b{number}", f"c{number}"):
            node.feed(lambda now, node=node, name=name: node.pipeline.open_room(name, now))
    cluster.link(0, 1)
    cluster.run(5.0)
    assert all(node.pipeline.mesh.node_links(LOBBY) for node in cluster.nodes)
    assert not any(node.closed for node in cluster.nodes)
    for node in cluster.nodes:
        assert len(node.pipeline.rooms) == 4
        assert len([alarm for alarm in node.alarms if "is not opened: 4 are open already" in alarm]) == 1


def test_people_at_nodes_that_nobody_knows_are_few_and_soon_forgotten() -> None:
    cluster = boards()
    for number in range(500):
        claim(cluster, NodeId(number.to_bytes(16, "big")), 1, GHOST)
    assert len(people(cluster, 1)) == STRANGERS_MAX
    cluster.link(1, 2)
    cluster.run(1.0)
    assert len(people(cluster, 2)) <= STRANGERS_MAX
    cluster.run(STRANGERS_S + 2.0)
    assert [len(people(cluster, number)) for number in range(3)] == [0, 0, 0]


def test_a_list_from_the_future_does_not_keep_out_what_a_node_says_itself() -> None:
    cluster = boards()
    claim(cluster, cluster.nodes[2].node, (1 << PRESENCE_BITS) * 1_000, GHOST)
    assert len(people(cluster, 1)) == 0
    guest = ScriptedGuest(PersonId(b"p" * 16), Origin(7), "Ana")
    cluster.seat(guest, 2)
    guest.enter("lobby")
    cluster.run(1.0)
    assert [person[2] for person in people(cluster, 1).at(cluster.nodes[2].node)] == ["Ana"]
