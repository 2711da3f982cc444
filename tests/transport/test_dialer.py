import pytest

from edgeboard.errors import CloseCode
from edgeboard.transport.settings import Settings
from edgeboard.wire.messages import Channel

LOCAL = ("127.0.0.1",)


@pytest.mark.parametrize("mode", ["webrtc", "websocket"])
async def test_two_boards_link_and_say_everything_in_order(boards, mode):
    ann = await boards("ann", settings=Settings(mode=mode, addresses=LOCAL))
    bob = await boards("bob")
    here, there = await ann.connect(bob)
    assert here.link.carrier == there.link.carrier == mode
    assert here.link.peer.node == bob.credentials.key.node_id
    assert there.link.peer.node == ann.credentials.key.node_id
    assert there.link.peer.boot == ann.credentials.boot
    sent = [(Channel(n % 2), bytes([n]) * 300) for n in range(100)]
    for channel, data in sent:
        assert here.link.send(channel, data)
        assert there.link.send(channel, data)
    for inbox in (here, there):
        got = await inbox.until_messages(100)
        for channel in (Channel.CTL, Channel.LOG):
            assert [m for m in got if m[0] is channel] == [m for m in sent if m[0] is channel]
    assert here.link.send(Channel.LIVE, b"cursor")
    assert (await there.until_messages(101))[-1] == (Channel.LIVE, b"cursor")
    here.link.close(CloseCode.NORMAL, "enough")
    assert await there.until_closed() == (CloseCode.NORMAL, "enough")
    assert await here.until_closed() == (CloseCode.NORMAL, "enough")
