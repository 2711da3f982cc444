"""Links over WebSockets, against real servers, and against clients that do not behave."""

import asyncio
import socket

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.transport.relay import FRAME_MAX
from edgeboard.transport.settings import Settings
from edgeboard.wire.live import LIVE_MAX
from edgeboard.wire.messages import MESSAGE_MAX, Channel, Close, closing, decode

RELAY = Settings(mode="websocket", addresses=("127.0.0.1",))


@pytest.fixture
async def knock(boards):
    """Opens bare WebSockets, and closes them at the end, before the boards end."""
    opened = []
    async with aiohttp.ClientSession() as session:

        async def open_one(url):
            opened.append(await session.ws_connect(url, max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=1)))
            return opened[-1]

        yield open_one
        for ws in opened:
            await ws.close()


@pytest.fixture
async def guest(boards, knock):
    """A browser's end of a guest link, as a bare WebSocket, and the host's inbox."""
    host = await boards("host")
    ws = await knock(f"{host.url}/guest")
    return ws, await host.accepted()


async def close_of(ws):
    """The CLOSE that a bare WebSocket is told, and that nothing follows it."""
    message = await ws.receive(timeout=5)
    while message.type is WSMsgType.BINARY and message.data[:2] != b"\0\x93":
        message = await ws.receive(timeout=5)
    told = decode(Channel.CTL, message.data[1:])
    assert isinstance(told, Close)
    assert (await ws.receive(timeout=5)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)
    return told


async def test_a_guest_speaks_plain_frames(guest):
    ws, inbox = guest
    assert inbox.link.peer is None
    assert inbox.link.carrier == "websocket"
    await ws.send_bytes(b"\0hello")
    await ws.send_bytes(b"\1ink")
    await ws.send_bytes(b"\2cursor")
    assert await inbox.until_messages(3) == [(Channel.CTL, b"hello"), (Channel.LOG, b"ink"), (Channel.LIVE, b"cursor")]
    inbox.link.send(Channel.LOG, b"batch")
    assert (await ws.receive(timeout=5)).data == b"\1batch"
    inbox.link.close(CloseCode.GOING_AWAY, "restarting")
    assert await close_of(ws) == Close(12, "restarting")


async def test_a_guest_that_leaves_is_noticed(guest):
    ws, inbox = guest
    await ws.send_bytes(b"\1ink")
    await ws.close()
    assert (await inbox.until_closed())[0] is CloseCode.GOING_AWAY
    assert inbox.messages == [(Channel.LOG, b"ink")]


async def test_a_guest_may_say_why_it_leaves(guest):
    ws, inbox = guest
    await ws.send_bytes(b"\0" + closing(CloseCode.NORMAL, "bye"))
    assert await inbox.until_closed() == (CloseCode.NORMAL, "bye")


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda ws: ws.send_bytes(b"\1" + bytes(MESSAGE_MAX + 1)), CloseCode.TOO_BIG),
        (lambda ws: ws.send_bytes(b"\2" + bytes(LIVE_MAX + 1)), CloseCode.TOO_BIG),
    ],
    ids=["log", "live"],
)
async def test_a_message_above_the_limit_ends_the_link_with_a_reason(guest, send, code):
    ws, inbox = guest
    await send(ws)
    assert (await inbox.until_closed())[0] is code
    assert (await close_of(ws)).code == code


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda ws: ws.send_bytes(bytes(FRAME_MAX * 4)), CloseCode.TOO_BIG),
        (lambda ws: ws.send_str("hello"), CloseCode.MALFORMED),
        (lambda ws: ws.send_bytes(b""), CloseCode.MALFORMED),
        (lambda ws: ws.send_bytes(b"\7hello"), CloseCode.MALFORMED),
    ],
    ids=["enormous", "text", "empty", "no such channel"],
)
async def test_what_is_no_frame_ends_the_link_with_a_reason(guest, send, code):
    ws, inbox = guest
    await send(ws)
    assert (await inbox.until_closed())[0] is code
    if code is CloseCode.TOO_BIG:  # the WebSocket itself says so
        assert (await ws.receive(timeout=5)).data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    else:
        assert (await close_of(ws)).code == code


async def test_a_handler_that_raises_does_not_end_the_link(guest):
    ws, inbox = guest
    inbox.fail = 1
    for n in range(3):
        await ws.send_bytes(b"\1" + bytes([n]))
    assert await inbox.until_messages(2) == [(Channel.LOG, b"\1"), (Channel.LOG, b"\2")]


@pytest.mark.slow
async def test_a_peer_that_does_not_read_blocks_nobody(boards, until, open_files):
    """It takes what fits into sockets and buffers, then `send` says no; closing does not wait for it."""
    host = await boards("host")
    raw = socket.create_connection(("127.0.0.1", int(host.url.rpartition(":")[2])))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    request = "GET /guest HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    raw.sendall(f"{request}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
    inbox = await host.accepted()
    sent = 0
    for _ in range(1000):
        if not inbox.link.send(Channel.LOG, bytes(MESSAGE_MAX)):
            await asyncio.sleep(0)
            if not inbox.link.send(Channel.LOG, bytes(MESSAGE_MAX)):
                break
        sent += 1
        await asyncio.sleep(0)
    assert 10 < sent < 1000
    assert 1024 * 1024 < inbox.link.buffered < 1024 * 1024 + 2 * MESSAGE_MAX
    assert not inbox.link.send(Channel.LIVE, b"cursor")
    loop = asyncio.get_running_loop()
    before, started = open_files(), loop.time()
    await host.transport.close()
    assert loop.time() - started < 1.0
    assert await inbox.until_closed() == (CloseCode.GOING_AWAY, "this board is stopping")
    await until(lambda: open_files() < before)  # the socket has been cut off: its peer would have held it for ever
    raw.close()


async def test_frames_between_nodes_are_sealed(boards, knock):
    """What a carrier in between sees of a link is no message, and what it changes or repeats ends the link."""
    ann, bob = await boards("ann", settings=RELAY), await boards("bob")
    seen, spoil = [], []

    async def relay(request):
        here = web.WebSocketResponse(max_msg_size=0)
        await here.prepare(request)
        there = await knock(f"{bob.url}/link")

        async def copy(source, target):
            async for message in source:
                seen.append(message.data)
                for change in spoil:
                    message = message._replace(data=change(message.data))
                await target.send_bytes(message.data)
            await target.close()

        await asyncio.gather(copy(here, there), copy(there, here))
        return here

    app = web.Application()
    app.router.add_get("/link", relay)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    middle = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        here = await ann.transport.connect(middle)
        there = await bob.accepted()
        here.send(Channel.LOG, b"the secret drawing")
        await there.until_messages(1)
        assert len(seen) >= 5  # two HELLO, two AUTH, one message
        assert not any(b"secret" in data for data in seen)
        spoil.append(lambda data: data[:-1] + bytes([data[-1] ^ 1]))
        here.send(Channel.LOG, b"more")
        assert (await there.until_closed())[0] is CloseCode.AUTH_FAILED
        spoil.clear()
        spoil.append(lambda data: bytes([data[0] ^ 1]) + data[1:] if len(data) < 60 else data)
        here = await ann.transport.connect(middle)
        there = await bob.accepted()
        here.send(Channel.LOG, b"moved to another channel")
        assert (await there.until_closed())[0] is CloseCode.AUTH_FAILED
        assert there.messages == []
    finally:
        await runner.cleanup()


async def test_a_stranger_at_the_door_of_nodes_gets_nothing(boards, knock):
    bob = await boards("bob")
    ws = await knock(f"{bob.url}/link")
    hello = (await ws.receive(timeout=5)).data
    assert hello[:3] == b"\0\x9b\1"  # channel, an array of eleven, HELLO
    await ws.send_bytes(hello)
    assert (await close_of(ws)).code == CloseCode.FORBIDDEN
    for noise in (b"", b"\0", b"\0" + bytes(5000), b"\2" + bytes(5000)):
        ws = await knock(f"{bob.url}/link")
        await ws.receive(timeout=5)
        await ws.send_bytes(noise)
        while (await ws.receive(timeout=5)).type is WSMsgType.BINARY:
            pass
    assert bob.inboxes.empty()
    assert bob.transport.statistics().half_open == 0
    assert bob.transport.statistics().failures["websocket"] == 5


async def test_only_so_many_strangers_stand_at_the_door(boards, knock, until):
    bob = await boards("bob", settings=Settings(half_open_relay=2))
    waiting = [await knock(f"{bob.url}/link") for _ in range(2)]
    for ws in waiting:
        await ws.receive(timeout=5)
    assert bob.transport.statistics().half_open == 2
    one_too_many = await knock(f"{bob.url}/link")
    assert (await close_of(one_too_many)).code == CloseCode.LIMIT
    await waiting[0].close()
    ann = await boards("ann", settings=RELAY)
    await until(lambda: bob.transport.statistics().half_open < 2)
    await ann.connect(bob)


async def test_a_board_that_is_no_board(boards):
    ann = await boards("ann", settings=Settings(mode="websocket", open_s=0.2))
    async with asyncio.timeout(10):
        with pytest.raises(TransportError):
            await ann.transport.connect("http://127.0.0.1:1")
        left = asyncio.Event()

        async def say_nothing(reader, writer):
            await reader.read(-1)
            writer.close()
            left.set()

        silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(TransportError, match="no answer within"):
            await ann.transport.connect(f"http://127.0.0.1:{port}")
        await left.wait()
        silent.close()
        with pytest.raises(TransportError, match="no WebSocket"):
            await ann.transport.connect("http://nowhere.invalid")
    assert ann.transport.statistics().failures["websocket"] == 3


@pytest.mark.parametrize("url", ["", "127.0.0.1", "ftp://x", "http://", "http://[::1", "http://x:99999"])
async def test_what_is_not_the_address_of_a_board(boards, url):
    ann = await boards("ann")
    with pytest.raises(TransportError, match="not the address"):
        await ann.transport.connect(url)


async def test_the_reason_of_a_refusal_reaches_who_dialled(boards):
    ann = await boards("ann", settings=RELAY)
    with pytest.raises(RefusedError) as caught:
        await ann.transport.connect(ann.url)
    assert caught.value.code is CloseCode.FORBIDDEN
