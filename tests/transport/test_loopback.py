import pytest

from edgeboard.errors import CloseCode
from edgeboard.ids import NodeId
from edgeboard.ports import Peer
from edgeboard.transport.loopback import loopback_links
from edgeboard.transport.settings import Settings
from edgeboard.wire.messages import Channel

PEER = Peer(NodeId(bytes(16)), bytes(32), bytes(8), 2)


@pytest.fixture
async def pair(inbox_of):
    left, right = loopback_links(PEER, None)
    return inbox_of(left), inbox_of(right)


async def test_messages_arrive_in_order_on_all_channels(pair):
    left, right = pair
    assert (left.link.peer, right.link.peer) == (PEER, None)
    assert left.link.carrier == "loopback"
    assert left.link.remote != right.link.remote
    sent = [(Channel(n % 3), bytes([n])) for n in range(50)]
    for message in sent:
        assert left.link.send(*message)
        assert right.link.send(*message)
    assert await right.until_messages(50) == sent
    assert await left.until_messages(50) == sent


async def test_both_ends_hear_the_reason(pair):
    left, right = pair
    left.link.send(Channel.LOG, b"last")
    left.link.close(CloseCode.SLOW, "you")
    assert await right.until_closed() == (CloseCode.SLOW, "you")
    assert right.messages == [(Channel.LOG, b"last")]
    assert await left.until_closed() == (CloseCode.SLOW, "you")
    assert not right.link.send(Channel.CTL, b"")


async def test_a_stalled_end_holds_what_it_was_given(inbox_of):
    left, right = loopback_links(None, None, Settings(send_max=1000, live_max=100))
    inbox = inbox_of(right)
    left._carrier.stalled = True
    assert left._carrier.stalled
    assert left.send(Channel.LOG, bytes(600))
    assert left.send(Channel.LOG, bytes(600))
    assert not left.send(Channel.LOG, bytes(600))
    assert not left.send(Channel.LIVE, bytes(10))
    assert left.buffered == 1200
    left._carrier.stalled = False
    await inbox.until_messages(2)
    assert left.buffered == 0
