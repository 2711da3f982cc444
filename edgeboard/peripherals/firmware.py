"""Firmware of microcontrollers that make a pen or a panel: what they have, a new one, a restart (SMP, MCUboot).

What the bridge raises becomes `UserError` where a person can mend it and `TransportError` where a device will not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self, final

from edgeboard.errors import TransportError, UserError
from firmware_bridge import smp
from firmware_bridge.address import parse_address
from firmware_bridge.errors import AddressError, DeviceError, ImageError, PortError, PortMissingError
from firmware_bridge.smp import Slot as Slot
from firmware_bridge.smp_client import FirmwareClient, RefusedByDevice
from firmware_bridge.smp_image import Image as Image
from firmware_bridge.smp_image import read_image as _read_image

GOES_ON: Final = "it goes on by itself"  # as a node says it of its devices, which a command line does not
LINES: Final = ("serial", "socket", "sim")


@dataclass(frozen=True, slots=True)
class Sent:
    """How an upload ended."""

    resumed_at: int  # bytes that the device had from an earlier time
    checked: bool  # the device has found the whole to be right


@contextmanager
def explained() -> Iterator[None]:
    """What goes wrong below, in the errors of edgeboard."""
    try:
        yield
    except PortMissingError as error:
        raise UserError(str(error).replace(GOES_ON, "say this again: an upload goes on where it was")) from None
    except (PortError, AddressError) as error:
        raise UserError(str(error)) from None
    except DeviceError as error:
        raise TransportError(str(error)) from None


def read_image(name: str, data: bytes) -> Image:
    """Read an image of which a file consists.

    Raises:
        UserError: it is none, or damaged.
    """
    try:
        return _read_image(data)
    except ImageError as error:
        raise UserError(f"cannot send {name}: {error}") from None


@final
class FirmwareDevice:
    """A device whose firmware is looked after; every call raises `UserError` or `TransportError`."""

    def __init__(self, client: FirmwareClient) -> None:
        self._client = client

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open its line.

        Args:
            url: serial:/dev/..., a path, socket://host:port, or sim:smp.
        """
        with explained():
            address = parse_address(url)
            if address.scheme not in LINES:
                raise AddressError(
                    f"{url}: firmware goes over a serial line; write serial:/dev/... or socket://HOST:PORT"
                )
            return cls(await FirmwareClient.open(address))

    def close(self) -> None:
        self._client.close()

    async def buffer_size(self) -> int | None:
        """Bytes of a message that it takes; None if it does not say."""
        with explained():
            parameters = await self._client.parameters()
            return None if parameters is None else parameters.buffer_size

    async def slots(self) -> tuple[Slot, ...] | None:
        """The images that it has; None if its firmware cannot list them."""
        with explained():
            try:
                return await self._client.slots()
            except RefusedByDevice as refused:
                if _is_unknown(refused):
                    return None
                raise

    async def upload(self, image: Image, on_progress: Callable[[int, int], object], number: int = 0) -> Sent:
        """Send an image; `on_progress` is told how many bytes of how many the device has."""
        with explained():
            done = await self._client.upload(image, on_progress, number)
            return Sent(done.resumed_at, done.checked)

    async def try_next(self, image_hash: bytes) -> bool:
        """Let the next start try an image; False if the device decides for itself what it starts."""
        with explained():
            try:
                await self._client.mark(image_hash, confirm=False)
            except RefusedByDevice as refused:
                if _is_unknown(refused):
                    return False
                raise
            return True

    async def confirm(self) -> tuple[Slot, ...]:
        """Let what runs stay for good; returns the images."""
        with explained():
            return await self._client.mark(None, confirm=True)

    async def reset(self) -> None:
        """Restart it, without waiting for it."""
        with explained():
            await self._client.reset()

    async def wait_for_restart(self) -> tuple[Slot, ...]:
        """The images that it has once it is back."""
        with explained():
            return await self._client.wait_for_restart()


def _is_unknown(refused: RefusedByDevice) -> bool:
    return refused.refusal.group is None and refused.refusal.reason == smp.Reason.NOT_SUPPORTED
