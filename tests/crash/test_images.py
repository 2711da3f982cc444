"""Images over real nodes: from one guest to all, past deaths and damage."""

import pytest

from tests.crash.evidence import carriers
from tests.crash.hosted import HostedGuest
from tests.crash.pictures import add_image, fetch, name_of, picture


@pytest.fixture
def linked(make_node, mesh_secret, eventually):
    second = make_node("second", secret=mesh_secret).start()
    first = make_node("first", "--peer", second.url, secret=mesh_secret).start()
    eventually(lambda: carriers(first) == carriers(second) == ["webrtc"])
    return first, second


@pytest.mark.slow
def test_an_image_reaches_the_other_board_and_survives_the_death_of_both(linked, loop, eventually):
    first, second = linked
    ana, ben = HostedGuest(loop, first.state, 1), HostedGuest(loop, second.state, 2, name="Ben")
    eventually(lambda: ana.is_linked and ben.is_linked)
    data = picture(1)
    content = name_of(data)
    add_image(loop, ana, data)
    eventually(lambda: ana.guest.levels.get(content) == 2 and not ana.guest.outbox)  # both disks have it, and the item
    for node in linked:
        assert (node.state / "blobs" / content.hex()).read_bytes() == data
    first.kill()
    second.kill()
    second.start()
    eventually(lambda: ben.links == 2 and ben.is_linked and content in ben.guest.levels)
    fetch(loop, ben, content)
    eventually(lambda: ben.guest.blobs.get(content) == data)

    path = second.state / "blobs" / content.hex()
    second.kill()
    path.write_bytes(data[:1000])  # what a bad card has left of it
    first.start()
    second.start()
    eventually(lambda: carriers(second) == ["webrtc"] and ben.links == 3 and ben.is_linked)
    ben.guest.blobs.clear()

    def asked_and_given():
        fetch(loop, ben, content)
        return path.exists() and path.read_bytes() == data

    eventually(asked_and_given)
    assert path.with_name(path.name + ".damaged").read_bytes() == data[:1000]
