"""Every device of this board: those that the owner names, and those that are plugged in.

Rules of this file: a line that is found by itself is asked once each time it is plugged in, and left alone if nobody
that we know answers; what another program holds is never taken from it; a device that was found stays known, so that a
panel that is plugged in again shows what is wanted.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from edgeboard.peripherals.settings import EVERYTHING, Settings
from firmware_bridge.address import Address, parse_address
from firmware_bridge.errors import BridgeError
from firmware_bridge.plugged import BY_ID, plugged_lines, without

if TYPE_CHECKING:
    from edgeboard.peripherals.place import Place, Seat
    from firmware_bridge.pen.calibration import Calibration

LOOK_S: Final = 1.0  # between looks at what is plugged in
EVENT_NODES: Final = Path("/dev/input")
LENT_S: Final = 900.0  # an upload of firmware over a slow line takes a few minutes
FOUND_MAX: Final = 16  # devices that are found by themselves

_log = logging.getLogger(__name__)


@final
class Devices:
    """The devices of one board."""

    def __init__(
        self, settings: Sequence[Settings], state: Path, seat: "Seat", patterns: Sequence[str] = (BY_ID,)
    ) -> None:
        """
        Args:
            settings: what the owner names; one with the URL `auto` stands for all that are plugged in.
            state: the state directory.
            seat: what is told.
            patterns: names of lines that are looked at for `auto`.
        """
        self._seat = seat
        self._patterns = tuple(patterns)
        self._named = [each for each in settings if each.url != EVERYTHING]
        self._auto = next((each for each in settings if each.url == EVERYTHING), None)
        self._state = state
        self._places: dict[str, Place] = {}  # by device id
        self._tasks: dict[str, asyncio.Task[None]] = {}  # of those that are not let go of
        self._lent: dict[str, asyncio.TimerHandle] = {}  # when what was let go of comes back by itself
        self._event_nodes: frozenset[str] = frozenset()
        self._passed: set[str] = set()  # lines that were asked, and are nothing that we know

    async def run(self) -> None:
        """Keep all of them connected until this is cancelled."""
        try:
            for settings in self._named:
                self._add(parse_address(settings.url), settings, is_found=False)
            while True:
                if self._auto is not None:
                    await self._look(self._auto)
                    await self._look_for_tablets(self._auto)
                await asyncio.sleep(LOOK_S)
        finally:
            for lent in self._lent.values():
                lent.cancel()
            tasks, self._tasks = list(self._tasks.values()), {}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def describe(self) -> list[dict[str, Any]]:
        """Every device as JSON values."""
        return [
            {**place.describe(), **({} if place.id in self._tasks else {"standing": "released"})}
            for place in self._places.values()
        ]

    async def release(self, port: str) -> bool:
        """Let go of the device on a line, so that somebody else can open it; False if it is none of ours.

        Who took it and never says `resume` has died, perhaps: after `LENT_S` it is opened again, if nobody holds it.
        """
        place = self._at(port)
        task = None if place is None else self._tasks.pop(place.id, None)
        if place is not None and task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._lent[place.id] = asyncio.get_running_loop().call_later(LENT_S, self.resume, place.id)
        return place is not None

    def resume(self, port: str) -> bool:
        """Take a device back that was let go of, as it is calibrated by now; False if it is none of ours."""
        place = self._at(port)
        lent = None if place is None else self._lent.pop(place.id, None)
        if lent is not None:
            lent.cancel()
        if place is not None and place.id not in self._tasks:
            place.calibrate(self._calibration(place.id, place.settings))
            self._start(place)
        return place is not None

    def _at(self, port: str) -> "Place | None":
        """The device on a line: by its id, its URL, or any path of the line."""
        for place in self._places.values():
            if port in (place.id, str(place.address)):
                return place
        with suppress(OSError, ValueError):  # a name with a zero in it is none
            real = Path(port.removeprefix("serial:").partition("?")[0]).resolve(strict=True)
            for place in self._places.values():
                with suppress(OSError):
                    if place.address.scheme == "serial" and Path(place.address.place).resolve(strict=True) == real:
                        return place
        return None

    async def _look(self, settings: Settings) -> None:
        """Find what was plugged in, and forget what was passed over and is gone."""
        lines = await asyncio.to_thread(plugged_lines, self._patterns)
        self._passed &= {line.path for line in lines}
        known = [place.address.place for place in self._places.values() if place.address.scheme == "serial"]
        for line in without(lines, known):
            found = sum(place.is_found for place in self._places.values())
            if line.path not in self._passed and found < FOUND_MAX:
                self._add(Address("serial", line.path), settings, is_found=True)

    async def _look_for_tablets(self, settings: Settings) -> None:
        """Find tablets that Linux knows, whenever something was plugged in or out; forget those that are gone."""
        nodes = await asyncio.to_thread(list_names, EVENT_NODES)
        if nodes == self._event_nodes:
            return
        self._event_nodes = nodes
        paths = await asyncio.to_thread(find_tablets)
        for place in [each for each in self._places.values() if each.is_found and each.address.scheme == "evdev"]:
            if place.address.place not in paths:
                await self.release(place.id)
                del self._places[place.id]
        for path in paths:
            if str(Address("evdev", path)) not in self._places and len(self._places) < FOUND_MAX:
                self._add(Address("evdev", path), settings, is_found=True)

    def _add(self, address: Address, settings: Settings, *, is_found: bool) -> None:
        from edgeboard.peripherals.place import Place  # and with it all that drives devices: most boards have none

        try:
            calibration = self._calibration(str(Address(address.scheme, address.place)), settings)
            place = Place(address, settings, calibration, self._seat, is_found=is_found)
        except BridgeError as error:
            self._seat.told(f"{address}: {error}", is_trouble=True)
            return
        other = self._at(place.id)
        if other is not None:
            text = f"{address} is the same device as {other.address}, which counts; name it once"
            self._seat.told(text, is_trouble=True)
            return
        self._places[place.id] = place
        self._start(place)

    def _calibration(self, device: str, settings: Settings) -> "Calibration":
        """What `edgeboard pen calibrate` has found, or what the owner says."""
        from edgeboard.peripherals.calibrations import load_calibrations
        from firmware_bridge.pen.calibration import Calibration

        return load_calibrations(self._state).get(device) or Calibration(
            rotation=int(settings.rotation), left_handed=settings.left_handed
        )

    def _start(self, place: "Place") -> None:
        self._tasks[place.id] = asyncio.create_task(self._serve(place), name=f"device {place.id}")

    async def _serve(self, place: "Place") -> None:
        """Keep one device connected; of one that was found by itself, only once it has answered."""
        try:
            if place.is_found and not place.has_answered:
                change = await place.device.ask()
                if not change.is_ready:
                    _log.info("%s is left alone: %s", place.id, change.text)
                    self._passed.add(place.address.place)
                    del self._places[place.id]
                    self._tasks.pop(place.id, None)
                    return
            await place.device.run()
        except Exception:  # one device that breaks us takes no other with it
            _log.exception("the device %s is given up", place.id)
            self._seat.told(f"{place.id}: given up after a fault of this board's software", is_trouble=True)


def list_names(folder: Path) -> frozenset[str]:
    """What is in a folder; nothing if it is not there."""
    with suppress(OSError):
        return frozenset(each.name for each in folder.iterdir())
    return frozenset()


def find_tablets(nodes: Path = EVENT_NODES) -> list[str]:
    """The tablets that Linux knows, by names that stay where there are any; none without the package evdev."""
    if find_spec("evdev") is None or not nodes.is_dir():
        return []
    from firmware_bridge.pen.evdev import list_tablets

    try:
        tablets = [str(tablet.path) for tablet in list_tablets(nodes=nodes)]
    except BridgeError as error:
        _log.info("no tablets of Linux: %s", error)
        return []
    stay = stable_names(nodes)
    return [stay.get(path, path) for path in tablets]


def stable_names(nodes: Path) -> dict[str, str]:
    """By event node, the name that it has whatever else is plugged in."""
    found: dict[str, str] = {}
    for name in sorted(list_names(nodes / "by-id")):
        with suppress(OSError):
            link = nodes / "by-id" / name
            found.setdefault(str(link.resolve(strict=True)), str(link))
    return found
