"""A device's firmware over a line: what it has, a new image, a restart. The shell around `smp_engine`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Self, final

from firmware_bridge import smp
from firmware_bridge.address import Address
from firmware_bridge.engine import Failed, Write
from firmware_bridge.errors import DeviceError, PortError
from firmware_bridge.opening import open_port
from firmware_bridge.smp_engine import Answered, Ask, Command, Declined, FirmwareEngine, Progress, Upload, Uploaded
from firmware_bridge.smp_image import Image

if TYPE_CHECKING:
    from firmware_bridge.port import Port

RATE: Final = "115200"  # of most consoles, unless the URL says otherwise
RESTART_S: Final = 30.0  # a device that swaps two slots of a slow flash memory is back sooner
LOOK_EVERY_S: Final = 0.5  # for a line that goes away with a restart, as USB ones do


@final
class RefusedByDevice(DeviceError):
    """The device understood, and does not do it; `refusal` says why."""

    def __init__(self, refusal: smp.Refusal) -> None:
        super().__init__(refusal.describe())
        self.refusal = refusal


@final
class FirmwareClient:
    """One device on an open line."""

    def __init__(self, address: Address) -> None:
        """Opens nothing yet: see `open`."""
        self._address = address
        self._engine = FirmwareEngine()
        self._port: Port | None = None
        self._lost: PortError | None = None
        self._news = asyncio.Event()

    @classmethod
    async def open(cls, address: Address) -> Self:
        """Open the line to a device.

        Raises:
            PortError: it cannot be opened. AddressError: no line leads there.
        """
        if address.scheme in ("serial", "sim") and address.rate is None:
            address = replace(address, options=(*address.options, ("baud", RATE)))
        client = cls(address)
        await client._open()
        return client

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
        self._port = None

    async def parameters(self) -> smp.Parameters | None:
        """What its server can take; None if it does not say."""
        try:
            return smp.to_parameters(await self._ask(smp.read_parameters()))
        except RefusedByDevice:
            return None

    async def slots(self) -> tuple[smp.Slot, ...]:
        """The images that it has.

        Raises:
            DeviceError, PortError: no answer, or a refusal.
        """
        return smp.to_slots(await self._ask(smp.read_state()))

    async def upload(self, image: Image, on_progress: Callable[[int, int], object], number: int = 0) -> Uploaded:
        """Send an image into the slot that does not run.

        Args:
            image: what to send.
            on_progress: told how many bytes of how many the device has.
            number: which of the device's programs.

        Raises:
            DeviceError, PortError: it did not arrive; what has arrived may be resumed.
        """
        done = await self._run(Upload(image, number), on_progress)
        assert isinstance(done, Uploaded)
        return done

    async def mark(self, image_hash: bytes | None, *, confirm: bool) -> tuple[smp.Slot, ...]:
        """Try an image at the next start, or confirm one (`None`: the one that runs); returns what it then has.

        Raises:
            DeviceError, PortError: it does not.
        """
        return smp.to_slots(await self._ask(smp.mark(image_hash, confirm=confirm)))

    async def reset(self) -> None:
        """Restart the device; it is not waited for.

        Raises:
            DeviceError, PortError: it does not, or has not answered, and may have restarted all the same.
        """
        await self._ask(smp.reset())

    async def wait_for_restart(self) -> tuple[smp.Slot, ...]:
        """What it has once it is back; nothing if it cannot list that.

        Raises:
            DeviceError: it is not back in time.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + RESTART_S
        text = "it does not answer"
        while loop.time() < until:
            try:
                if self._port is None or self._lost is not None:
                    self.close()
                    await self._open()
                self._engine = FirmwareEngine()  # nothing of what was half said before counts
                return await self.slots()
            except RefusedByDevice:
                return ()  # it is back, and cannot list them
            except (PortError, DeviceError) as error:
                text = str(error)
            await asyncio.sleep(LOOK_EVERY_S)
        raise DeviceError(f"the device is not back {RESTART_S:g} s after its restart: {text}")

    async def _open(self) -> None:
        self._lost = None
        self._port = await open_port(self._address, self._receive, self._lose)

    async def _ask(self, request: smp.Request) -> Mapping[Any, Any]:
        answered = await self._run(Ask(request))
        assert isinstance(answered, Answered)
        return answered.fields

    async def _run(
        self, command: Command, on_progress: Callable[[int, int], object] | None = None
    ) -> Answered | Uploaded:
        loop = asyncio.get_running_loop()
        self._engine.submit(command, loop.time())
        while True:
            for output in self._engine.drain():
                match output:
                    case Write(data):
                        if self._port is not None:
                            self._port.write(data)
                    case Progress(done, whole):
                        if on_progress is not None:
                            on_progress(done, whole)
                    case Answered() | Uploaded():
                        return output
                    case Declined(refusal):
                        raise RefusedByDevice(refusal)
                    case Failed(text):
                        raise DeviceError(text)
            if self._lost is not None:
                raise self._lost
            try:
                async with asyncio.timeout_at(self._engine.next_timer()):
                    await self._news.wait()
            except TimeoutError:
                self._engine.on_timer(loop.time())
            self._news.clear()

    def _receive(self, data: bytes) -> None:
        self._engine.receive(data, asyncio.get_running_loop().time())
        self._news.set()

    def _lose(self, why: PortError) -> None:
        self._lost = why
        self._news.set()
