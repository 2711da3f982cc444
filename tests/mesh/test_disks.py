"""Who is told what is on our disk, and what others have told."""

from collections.abc import Iterator

from edgeboard.ids import AuthorTag, NodeId, RoomId
from edgeboard.mesh.disks import Disks
from edgeboard.mesh.flow import LinkState, RoomFlow
from edgeboard.vectors import Vector
from edgeboard.wire.messages import Message, Stored

ROOM = RoomId(b"r" * 16)
A, B = AuthorTag(b"author-a"), AuthorTag(b"author-b")


class Network:
    """Some links in one room, and what was said on them."""

    def __init__(self, *links: int, guests: tuple[int, ...] = ()) -> None:
        self.states = {link: LinkState(link, link in guests, bytes([link]) * 16, 0.0) for link in links + guests}
        for state in self.states.values():
            state.flow(ROOM).joined = True
        self.said: list[tuple[int, Vector]] = []
        self.disks = Disks(0.05, 5.0, self.joined, self.say)

    def joined(self, room: RoomId) -> Iterator[tuple[LinkState, RoomFlow]]:
        for state in self.states.values():
            yield state, state.rooms[room]

    def say(self, state: LinkState, message: Message) -> None:
        assert isinstance(message, Stored)
        self.said.append((state.link, Vector.from_bytes(message.vector)))

    def hear(self, link: int, **ends: int) -> None:
        vector = Vector({AuthorTag(f"author-{name}".encode()): end for name, end in ends.items()})
        self.disks.receive(self.states[link], Stored(ROOM, vector.to_bytes()))


def test_whoever_gave_the_ink_is_told_soon_and_the_others_later() -> None:
    network = Network(1, 2, guests=(3,))
    network.disks.given(ROOM, A, 1)
    network.disks.stored(ROOM, A, 4, 0.0)
    network.disks.stored(ROOM, B, 2, 0.01)
    network.disks.on_timer(0.05)
    assert network.said == [(1, Vector({A: 4}))]
    network.said.clear()
    network.disks.on_timer(5.0)
    assert network.said == [(1, Vector({A: 4, B: 2})), (2, Vector({A: 4, B: 2}))]
    network.said.clear()
    network.disks.on_timer(50.0)
    assert network.said == []
    assert network.disks.next_timer() is None


def test_commits_are_gathered() -> None:
    network = Network(1)
    network.disks.given(ROOM, A, 1)
    for end in (1, 2, 3):
        network.disks.stored(ROOM, A, end, 0.01 * end)
    network.disks.on_timer(0.07)
    assert network.said == [(1, Vector({A: 3}))]


def test_a_node_that_joins_is_told_all() -> None:
    network = Network(1)
    network.disks.stored(ROOM, A, 3, 0.0)
    network.disks.greet(network.states[1], ROOM)
    assert network.said == [(1, Vector({A: 3}))]


def test_the_best_of_the_others_counts_as_long_as_they_are_linked() -> None:
    network = Network(1, 2)
    assert network.disks.best(ROOM) == {}
    network.hear(1, a=4, b=1)
    network.hear(2, a=2, b=7)
    network.hear(2, a=1)
    assert network.disks.best(ROOM) == {A: 4, B: 7}
    del network.states[1]
    network.disks.links_changed()
    assert network.disks.best(ROOM) == {A: 2, B: 7}
    assert network.disks.of_others(ROOM) == {NodeId(b"\x02" * 16): Vector({A: 2, B: 7})}
    del network.states[2]
    network.disks.links_changed()
    assert network.disks.best(ROOM) is None
