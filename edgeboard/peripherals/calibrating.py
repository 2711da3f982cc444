"""Calibrates the pen at one address: asks for corners and lines until they make sense."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, final

from edgeboard.errors import UserError
from firmware_bridge.address import Address, parse_address
from firmware_bridge.device import Device, DeviceSettings
from firmware_bridge.display import Display
from firmware_bridge.errors import AddressError, DeviceError
from firmware_bridge.pen.calibration import PRESSURE_MAX, Calibration, Projection
from firmware_bridge.pen.calibration_run import Again, Ask, Calibrated, CalibrationRun
from firmware_bridge.pen.samples import PenFacts, PenSample
from firmware_bridge.pen.strokes import Kind, PenEvent, StrokeSettings, Switch
from firmware_bridge.plugged import plugged_lines
from firmware_bridge.session import Change, Standing

TOUCHING: Final = (Kind.DOWN, Kind.MOVE)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is known before anybody taps."""

    rotation: int = 0  # degrees clockwise that the tablet lies turned by
    left_handed: bool = False  # a further half turn
    affine: bool = False  # forgive a corner that was tapped badly, and know no perspective


@dataclass(frozen=True, slots=True)
class Outcome:
    """A pen that is calibrated."""

    device: str  # its id, by which the board knows it again
    name: str  # as the device says
    calibration: Calibration


def device_id(url: str) -> str:
    """The name by which the board knows a device across restarts: the URL without options, by the stable path if any.

    Raises:
        UserError: the URL means nothing, or not one device.
    """
    return str(Address(_parse(url).scheme, _parse(url).place))


async def calibrate(url: str, wishes: Wishes, tell: Callable[[str], object]) -> Outcome:
    """Guide a person through the calibration of one pen.

    Args:
        url: where it is.
        wishes: what is known already.
        tell: gets each line for the person.

    Raises:
        UserError: there is no pen that answers, its port is busy, or nobody can calibrate it.
    """
    address = _parse(url)
    guide = Guide(wishes, tell)
    try:
        guide.device = device = Device(address, guide, DeviceSettings(strokes=StrokeSettings(side_switch=Switch.NONE)))
    except AddressError as error:
        raise UserError(str(error)) from None
    running = asyncio.ensure_future(device.run())
    try:
        calibration = await guide.done
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return Outcome(str(Address(address.scheme, address.place)), device.name, calibration)


def _parse(url: str) -> Address:
    try:
        address = parse_address(url)
    except AddressError as error:
        raise UserError(str(error)) from None
    if address.scheme == "auto":
        raise UserError("name the pen that is meant; edgeboard devices lists what is connected")
    if address.scheme == "serial":
        stable = {line.port: line.path for line in plugged_lines()}
        place = stable.get(address.place, address.place)
        return Address(address.scheme, place, address.options)
    return address


@final
class Guide:
    """Listens to one device, and asks."""

    def __init__(self, wishes: Wishes, tell: Callable[[str], object]) -> None:
        self.done: asyncio.Future[Calibration] = asyncio.get_running_loop().create_future()
        self.device: Device | None = None
        self._wishes = wishes
        self._tell = tell
        self._facts: PenFacts | None = None
        self._run: CalibrationRun | None = None

    # -- what the device says

    def changed(self, change: Change) -> None:
        if change.standing is Standing.READY:
            self._tell(change.text)
            if self._facts is None:
                self._give_up(f"{change.text} has no pen that could be calibrated")
        elif change.standing is Standing.WAITING and self._run is None:
            self._give_up(change.text)
        elif change.standing is Standing.WAITING:
            self._tell(change.text)

    def pen_ready(self, facts: PenFacts) -> None:
        if self._facts == facts:
            return  # it is back
        self._facts = facts
        wishes = self._wishes
        try:
            self._run = CalibrationRun(
                facts,
                rotation=wishes.rotation,
                left_handed=wishes.left_handed,
                projection=Projection.AFFINE if wishes.affine else Projection.HOMOGRAPHY,
            )
        except DeviceError as error:
            self._give_up(str(error))
            return
        asyncio.get_running_loop().call_soon(self._say)  # after who it is

    def pen_moved(self, events: Sequence[PenEvent]) -> None:
        facts, run = self._facts, self._run
        if facts is not None and run is not None:
            samples = [to_sample(event, facts) for event in events]
            run.receive(samples, samples[-1].t)
            self._say()

    def panel_ready(self, display: Display) -> None:
        """Its panel stays as it is."""

    def told(self, text: str) -> None:
        self._tell(text)

    # -- what the person hears

    def _say(self) -> None:
        for output in self._run.drain() if self._run is not None else ():
            match output:
                case Ask(_, text, number, count):
                    self._tell(f"{number} of {count}: {text}")
                case Again(text):
                    self._tell(f"   {text}")
                case Calibrated(calibration):
                    if not self.done.done():
                        self.done.set_result(calibration)

    def _give_up(self, text: str) -> None:
        if not self.done.done():
            self.done.set_exception(UserError(text))


def to_sample(event: PenEvent, facts: PenFacts) -> PenSample:
    """What a pen did, without any calibration, in the units of its tablet."""
    pressure = round((event.pressure or 0) / PRESSURE_MAX * facts.pressure_max)
    return PenSample(
        event.t,
        round(event.x * facts.x_max),
        round(event.y * facts.y_max),
        pressure,
        near=event.kind is not Kind.AWAY,
        tip=event.kind in TOUCHING,
    )
