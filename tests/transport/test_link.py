import asyncio

import msgpack
import pytest

from edgeboard.errors import CloseCode
from edgeboard.transport.link import OpenLink
from edgeboard.transport.settings import Settings
from edgeboard.wire.live import LIVE_MAX
from edgeboard.wire.messages import MESSAGE_MAX, Channel, Ping, closing, encode


class FakeCarrier:
    name = "fake"
    remote = "somewhere"

    def __init__(self):
        self.buffered = 0
        self.sent = []
        self.finished = None
        self.refuses = False
        self.on_message = self.on_lost = None

    def listen(self, on_message, on_lost):
        self.on_message, self.on_lost = on_message, on_lost

    def put(self, channel, data):
        if self.refuses:
            return False
        self.sent.append((channel, data))
        return True

    def finish(self, *, linger):
        assert self.finished is None
        self.finished = "lingering" if linger else "at once"


@pytest.fixture
async def carrier():
    return FakeCarrier()


@pytest.fixture
async def link(carrier):
    return OpenLink(carrier, None, Settings())


async def turn():
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_what_came_before_attach_is_delivered_first_and_in_order(carrier, link, inbox_of):
    carrier.on_message(Channel.CTL, b"1")
    carrier.on_message(Channel.LOG, b"2")
    await turn()
    inbox = inbox_of(link)
    assert inbox.messages == []  # never from within attach
    carrier.on_message(Channel.CTL, b"3")
    await turn()
    assert inbox.messages == [(Channel.CTL, b"1"), (Channel.LOG, b"2"), (Channel.CTL, b"3")]


async def test_the_end_comes_last_and_once(carrier, link, inbox_of):
    carrier.on_message(Channel.CTL, b"1")
    carrier.on_message(Channel.CTL, closing(CloseCode.GOING_AWAY, "bye"))
    carrier.on_message(Channel.CTL, b"2")
    carrier.on_lost(CloseCode.GOING_AWAY, "gone")
    inbox = inbox_of(link)
    link.close(CloseCode.NORMAL, "me too")
    await turn()
    assert inbox.messages == [(Channel.CTL, b"1")]
    assert inbox.closed == (CloseCode.GOING_AWAY, "bye")
    assert carrier.finished == "at once"
    assert not link.is_open


async def test_closing_tells_the_other_side_and_drops_what_waits(carrier, link, inbox_of):
    inbox = inbox_of(link)
    carrier.on_message(Channel.LOG, b"1")
    link.close(CloseCode.SLOW, "too slow")
    link.close(CloseCode.NORMAL, "again")
    assert not link.send(Channel.CTL, b"more")
    assert carrier.sent == [(Channel.CTL, closing(CloseCode.SLOW, "too slow"))]
    assert carrier.finished == "lingering"
    assert inbox.closed is None  # never from within close
    await turn()
    assert inbox.messages == []
    assert inbox.closed == (CloseCode.SLOW, "too slow")


async def test_a_handler_may_close_the_link(carrier, link):
    seen, ends = [], []

    def on_message(channel, data):
        seen.append(data)
        link.close(CloseCode.NORMAL, "enough")

    link.attach(on_message, lambda code, text: ends.append(code))
    for data in (b"1", b"2"):
        carrier.on_message(Channel.CTL, data)
    await turn()
    assert seen == [b"1"]
    assert ends == [CloseCode.NORMAL]


@pytest.mark.parametrize(
    ("channel", "most"), [(Channel.CTL, MESSAGE_MAX), (Channel.LOG, MESSAGE_MAX), (Channel.LIVE, LIVE_MAX)]
)
async def test_a_message_above_the_limit_ends_the_link(carrier, link, inbox_of, channel, most):
    inbox = inbox_of(link)
    carrier.on_message(channel, b"\0" * most)
    carrier.on_message(channel, b"\0" * (most + 1))
    await turn()
    assert [len(data) for _, data in inbox.messages] == [most]
    assert inbox.closed[0] is CloseCode.TOO_BIG
    assert str(most + 1) in inbox.closed[1]
    assert carrier.sent == [(Channel.CTL, closing(*inbox.closed))]


async def test_a_message_too_big_to_send_is_not_sent(carrier, link, caplog):
    assert not link.send(Channel.LOG, bytes(MESSAGE_MAX + 1))
    assert not link.send(Channel.LIVE, bytes(LIVE_MAX + 1))
    assert link.send(Channel.LOG, bytes(MESSAGE_MAX))
    assert "too big to send" in caplog.text
    assert link.is_open


async def test_sending_stops_at_a_mebibyte_and_live_messages_go_first(carrier, link):
    assert link.send(Channel.LIVE, b"cursor")
    carrier.buffered = 64 * 1024 + 1
    assert not link.send(Channel.LIVE, b"cursor")
    assert link.send(Channel.LOG, b"batch")
    carrier.buffered = 1024 * 1024 + 1
    assert not link.send(Channel.LOG, b"batch")
    assert link.statistics().live_dropped == 1
    assert link.statistics().messages_sent == 2
    assert link.buffered == carrier.buffered


async def test_a_carrier_that_is_lost_while_sending(carrier, link):
    carrier.refuses = True
    assert not link.send(Channel.CTL, b"x")


async def test_a_queue_that_is_full_ends_the_link_and_loses_nothing_silently(carrier, inbox_of):
    link = OpenLink(carrier, None, Settings(receive_max=10_000))
    for n in range(20):
        carrier.on_message(Channel.LIVE, bytes(1000))
        carrier.on_message(Channel.LOG, bytes([n]) * 1000)
    inbox = inbox_of(link)
    await turn()
    logged = [data[0] for channel, data in inbox.messages if channel is Channel.LOG]
    assert logged == list(range(len(logged)))
    assert inbox.closed[0] is CloseCode.RATE


async def test_live_messages_are_dropped_when_the_queue_is_full(carrier, inbox_of):
    link = OpenLink(carrier, None, Settings(receive_max=10_000))
    for _ in range(20):
        carrier.on_message(Channel.LIVE, bytes(1000))
    assert link.is_open
    assert link.statistics().live_dropped == 11
    inbox = inbox_of(link)
    await turn()
    assert len(inbox.messages) == 9


async def test_a_handler_that_raises_loses_its_message_and_nothing_else(carrier, link, inbox_of, caplog):
    inbox = inbox_of(link)
    inbox.fail = 1
    carrier.on_message(Channel.LOG, b"1")
    carrier.on_message(Channel.LOG, b"2")
    await turn()
    assert inbox.messages == [(Channel.LOG, b"2")]
    assert link.is_open
    assert link.statistics().handler_errors == 1
    assert "a bug above" in caplog.text

    def fail(code, text):
        raise ZeroDivisionError

    link.attach(inbox.on_message, fail)
    link.close(CloseCode.NORMAL, "")
    await turn()
    assert link.statistics().handler_errors == 2


@pytest.mark.parametrize(
    "data",
    [
        closing(CloseCode.SLOW, "bye"),
        b"\xdc\x00\x03\x03\x0b\xa3bye",
        b"\xdd\x00\x00\x00\x03\x03\x0b\xa3bye",
        msgpack.packb([3, 11, "bye", "what newer versions append"]),
    ],
)
async def test_close_is_known_in_every_form(carrier, link, inbox_of, data):
    carrier.on_message(Channel.CTL, data)
    inbox = inbox_of(link)
    await turn()
    assert inbox.closed == (CloseCode.SLOW, "bye")
    assert inbox.messages == []


async def test_a_close_that_is_none_ends_the_link_as_malformed(carrier, link, inbox_of):
    inbox = inbox_of(link)
    carrier.on_message(Channel.CTL, b"\x92\x03\xa0")
    await turn()
    assert inbox.closed[0] is CloseCode.MALFORMED


@pytest.mark.parametrize("data", [b"", b"\x90", b"\xdc", b"\x03", encode(Ping(3, {})), b"\x93\x30\x03\x03"])
async def test_other_messages_are_not_taken_for_close(carrier, link, inbox_of, data):
    inbox = inbox_of(link)
    carrier.on_message(Channel.CTL, data)
    carrier.on_message(Channel.LOG, closing(CloseCode.SLOW, "on log this is not for the link"))
    await turn()
    assert inbox.messages[0] == (Channel.CTL, data)
    assert len(inbox.messages) == 2
    assert link.is_open


async def test_its_owner_hears_of_the_end_before_its_user(carrier, inbox_of):
    order = []
    link = OpenLink(carrier, None, Settings(), lambda ended: order.append(ended))
    link.attach(lambda channel, data: None, lambda code, text: order.append(code))
    carrier.on_lost(CloseCode.GOING_AWAY, "gone")
    assert order == [link]
    await turn()
    assert order == [link, CloseCode.GOING_AWAY]
    assert (link.peer, link.carrier, link.remote) == (None, "fake", "somewhere")


async def test_bytes_and_messages_are_counted(carrier, link):
    link.send(Channel.LOG, b"abc")
    carrier.on_message(Channel.LOG, b"de")
    statistics = link.statistics()
    assert (statistics.messages_sent, statistics.bytes_sent) == (1, 3)
    assert (statistics.messages_received, statistics.bytes_received) == (1, 2)
