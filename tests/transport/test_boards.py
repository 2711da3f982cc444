import asyncio
import socket

import pytest

from edgeboard.errors import TransportError
from edgeboard.transport import boards as module
from edgeboard.transport.boards import WebSockets, knock, read_board
from edgeboard.transport.settings import Settings


@pytest.fixture
async def listening():
    """The address of something that listens."""
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


@pytest.fixture
def silent():
    """The address of something that takes no further connection, and refuses none."""
    with socket.socket() as full, socket.socket() as waits:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waits.connect(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}"


def refusing():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


async def test_the_addresses_that_answer_are_found_in_their_order(listening, silent):
    assert await knock([silent, refusing(), listening], 5.0) == (listening,)


async def test_the_reason_of_the_first_is_told_where_none_answers(silent):
    with pytest.raises(TransportError, match="refused"):
        await knock([refusing(), silent], 0.05)
    with pytest.raises(TransportError, match=r"no answer within 0\.05 s"):
        await knock([silent, refusing()], 0.05)
    with pytest.raises(TransportError, match="no address"):
        await knock([], 1.0)


async def test_so_many_addresses_are_tried_and_no_more(listening, monkeypatch):
    monkeypatch.setattr(module, "KNOCKS_MAX", 1)
    with pytest.raises(TransportError, match="refused"):
        await knock([refusing(), listening], 1.0)


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "nonsense", "http://[::1", "x" * 500])
async def test_what_is_no_address_is_said_to_be_none(url):
    with pytest.raises(TransportError, match="not the address of a board"):
        read_board(url)
    with pytest.raises(TransportError, match="not the address of a board"):
        await knock([url], 1.0)


def test_a_zone_is_kept():
    assert read_board("http://[fe80::1%eth0]:8787/room/x").host == "fe80::1%eth0"


async def test_a_board_without_a_websocket_is_unreachable(silent):
    sockets = WebSockets(Settings(open_s=0.05))
    with pytest.raises(TransportError, match="no WebSocket"):
        await sockets.open(read_board(refusing()))
    with pytest.raises(TransportError, match="no answer within"):
        await sockets.open(read_board(silent))
    await sockets.close()
