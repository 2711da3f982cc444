import asyncio

import pytest

from firmware_bridge.address import parse_address
from firmware_bridge.errors import AddressError, PortMissingError
from firmware_bridge.opening import open_port
from tests.firmware_bridge.heard import Heard


async def test_a_socket_is_a_line_too():
    heard = Heard()
    served = asyncio.Queue()

    async def serve(reader, writer):
        await served.put(await reader.readexactly(4))
        writer.write(b"pong")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    port = await open_port(parse_address(f"socket://127.0.0.1:{number}"), heard.on_data, heard.on_lost)
    port.set_rate(115200)  # the adapter's own business
    port.write(b"ping")
    assert await served.get() == b"ping"
    await heard.until(lambda heard: heard.data == b"pong" and heard.lost is not None)
    server.close()
    await server.wait_closed()
    with pytest.raises(PortMissingError, match="switched on"):
        await open_port(parse_address(f"socket://127.0.0.1:{number}"), heard.on_data, heard.on_lost)


async def test_a_simulated_tablet_answers_on_a_real_terminal():
    heard = Heard()
    port = await open_port(parse_address("sim:isdv4?baud=38400"), heard.on_data, heard.on_lost)
    port.write(b"*")
    await heard.until(lambda heard: len(heard.data) >= 11)
    assert heard.data[0] == 0xC0
    port.close()
    port.close()
    assert heard.lost is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sim:toaster", "there is no simulator 'toaster'"),
        ("sim:isdv4?spead=3", "no option spead"),
        ("sim:isdv4?cable=wet", "is none of perfect"),
        ("evdev:", "no serial line"),
    ],
)
async def test_what_cannot_be_simulated_is_said(text, said):
    with pytest.raises(AddressError, match=said):
        await open_port(parse_address(text), lambda data: None, lambda why: None)
