"""The line to an address: a tty, a pseudo terminal, a socket, a simulated device."""

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from firmware_bridge.address import Address
from firmware_bridge.errors import AddressError, PortError, PortMissingError
from firmware_bridge.port import UNSENT_MAX, OnData, OnLost, Port, PtyPort, TtyPort

if TYPE_CHECKING:
    from firmware_bridge.sim.host import SimHost

CONNECT_S: Final = 5.0


async def open_port(address: Address, on_data: OnData, on_lost: OnLost) -> Port:
    """Open the line to a device.

    Args:
        address: serial, socket, pty or sim.
        on_data: gets what comes.
        on_lost: told once why the line has ended; not after `close`.

    Raises:
        PortError: it cannot be opened; the text says why, and what to do about it.
        AddressError: no line leads to such an address.
    """
    match address.scheme:
        case "serial":
            return await TtyPort.open(Path(address.place), address.rate or 9600, on_data, on_lost)
        case "socket":
            return await SocketPort.open(address, on_data, on_lost)
        case "sim":
            return await SimulatedPort.open(address, on_data, on_lost)
        case "pty":
            return PtyPort(address.place, on_data, on_lost)
        case _:
            raise AddressError(f"{address}: there is no serial line to it")


@final
class SocketPort(asyncio.Protocol):
    """A line behind a network adapter (ser2net, an ESP32 bridge): TCP, and its rate is set over there."""

    def __init__(self, name: str, on_data: OnData, on_lost: OnLost) -> None:
        self.name = name
        self._on_data = on_data
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, address: Address, on_data: OnData, on_lost: OnLost) -> "SocketPort":
        """Raises: PortError: nobody answers there."""
        host, number = address.endpoint
        port = cls(str(address), on_data, on_lost)
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().create_connection(lambda: port, host, number)
        except TimeoutError:
            raise PortMissingError(f"{address}: does not answer", "is the adapter switched on?") from None
        except OSError as error:
            text = error.strerror or str(error)
            raise PortMissingError(f"{address}: {text}", "is the adapter switched on, and its port right?") from None
        return port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, seconds in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport = None
            self._on_lost(PortMissingError(f"{self.name} has closed the connection", "it is tried again by itself"))

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)
            if self._transport.get_write_buffer_size() > UNSENT_MAX:
                self.close()
                self._on_lost(PortError(f"{self.name} takes nothing any more"))

    def set_rate(self, rate: int) -> None:
        """The adapter has a rate of its own."""

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()


@final
class SimulatedPort:
    """A simulated device behind a pseudo terminal: what is driven is a real tty."""

    def __init__(self, name: str, host: "SimHost", line: TtyPort) -> None:
        self.name = name
        self._host = host
        self._line: TtyPort | None = line

    @classmethod
    async def open(cls, address: Address, on_data: OnData, on_lost: OnLost) -> "SimulatedPort":
        """Options of the address are those of the simulators.

        Raises:
            PortError: no pseudo terminal. AddressError: no such simulator.
        """
        from firmware_bridge.sim.catalogue import make_host

        options = {name: value for name, value in address.options if name not in ("driver", "baud")}
        host = await asyncio.to_thread(make_host, address.place, options)
        path = await asyncio.to_thread(host.start)
        try:
            line = await TtyPort.open(path, address.rate or 9600, on_data, on_lost)
        except PortError:
            host.stop()
            raise
        return cls(str(address), host, line)

    def write(self, data: bytes) -> None:
        if self._line is not None:
            self._line.write(data)

    def set_rate(self, rate: int) -> None:
        if self._line is not None:
            self._line.set_rate(rate)

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()
            self._host.stop()
