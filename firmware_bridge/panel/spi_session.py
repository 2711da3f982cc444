"""A panel on SPI kept in service: its blocking driver in a thread of its own, spoken to as if it hung on a line.

Commands go in and `Started`, `Shown`, `Refused` come out on the event loop, as from an engine. Whatever the hardware
refuses ends the connection: the update is refused with all to be sent again, and pins and controller are begun anew.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, final

from firmware_bridge.address import Address
from firmware_bridge.engine import Command, Output, Ready, Refused, Rest, Show, Shown, Started
from firmware_bridge.errors import AddressError, DeviceError
from firmware_bridge.panel.it8951 import It8951
from firmware_bridge.panel.spi import Pins, SpiWires
from firmware_bridge.panel.ssd1680 import Ssd1680
from firmware_bridge.panel.uc8179 import Uc8179
from firmware_bridge.panel.values import PanelFacts, Update
from firmware_bridge.panel.wires import SpiPanel, Wires
from firmware_bridge.session import Change, Standing
from firmware_bridge.sim.catalogue import check_folder, make_chip

PAUSE_FIRST_S: Final = 0.5
PAUSE_LAST_S: Final = 30.0  # pins are not plugged in and out
WAITING_MAX: Final = 8  # commands: the policy has one update on its way
EDGE_MAX: Final = 4096  # px

MakePanel = Callable[[], SpiPanel]

_PINS: Final = {"gpio": "/dev/gpiochip0", "busy": "24", "reset": "17"}
_DRIVERS: Final[Mapping[str, Mapping[str, str]]] = {  # options beyond the pins, and what they are unless given
    "it8951": {**_PINS, "cs": "8", "hertz": "12000000", "vcom": ""},
    "uc8179": {**_PINS, "cs": "", "dc": "25", "hertz": "10000000", "width": "800", "height": "480", "quick": "0"},
    "ssd1680": {**_PINS, "cs": "", "dc": "25", "hertz": "10000000", "width": "128", "height": "296", "sources": "128"},
}


def panel_at(address: Address) -> tuple[str, MakePanel]:
    """What the panel at `spi:DEVICE?driver=NAME&...` is called, and what makes its driver; that may raise DeviceError.

    `sim:NAME` is the same on a simulated chip, whose options it takes, and picture=FILE.png.

    Raises:
        AddressError: there is no such driver or option.
    """
    given = dict(address.options)
    name = address.place if address.scheme == "sim" else given.pop("driver", "")
    if name not in _DRIVERS:
        raise AddressError(f"{address}: write driver={'|'.join(_DRIVERS)}")
    options = _Options(address, _DRIVERS[name])
    if address.scheme == "sim":
        picture = given.pop("picture", "")
        options.take({key: given.pop(key) for key in ("vcom", "quick", "sources") if key in given})
        driver = _driver(name, options)
        check_folder(picture)
        make_chip(name, given)  # whose options are as good or bad each time
        return name, lambda: _Simulated(name, given, driver, picture)
    options.take(given)
    pins = Pins(
        options.text("gpio"),
        options.number("busy"),
        options.number("reset"),
        options.perhaps("dc"),
        options.perhaps("cs"),
    )
    hertz = options.number("hertz")
    driver = _driver(name, options)
    return name, lambda: driver(SpiWires(address.place, pins, hertz))


@final
class _Options:
    """Options by name; those not given are as the driver has them."""

    def __init__(self, address: Address, defaults: Mapping[str, str]) -> None:
        self._address = address
        self._values = dict(defaults)

    def take(self, given: Mapping[str, str]) -> None:
        for key, value in given.items():
            if key not in self._values:
                raise AddressError(f"{self._address}: there is no option {key}; there are {', '.join(self._values)}")
            self._values[key] = value

    def text(self, key: str) -> str:
        return self._values[key]

    def perhaps(self, key: str) -> int | None:
        """None where it is neither given nor known to the driver."""
        return self.number(key) if self._values.get(key) else None

    def number(self, key: str) -> int:
        text = self._values[key]
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise AddressError(f"{self._address}: {key}={text} is no number")
        return int(text)


def _driver(name: str, options: _Options) -> Callable[[Wires], SpiPanel]:
    if name == "it8951":
        vcom = options.perhaps("vcom")
        return lambda wires: It8951(wires, vcom)
    width, height = options.number("width"), options.number("height")
    if not (0 < width <= EDGE_MAX and 0 < height <= EDGE_MAX):
        raise AddressError(f"a panel of {width}x{height} px is not known")
    if name == "uc8179":
        is_quick = options.text("quick") == "1"
        return lambda wires: Uc8179(wires, width, height, is_quick=is_quick)
    sources = options.number("sources") & 0xFF
    return lambda wires: Ssd1680(wires, width, height, sources=sources)


@final
class _Simulated:
    """A driver on a simulated chip, whose glass is kept as a picture."""

    def __init__(
        self, name: str, options: Mapping[str, str], driver: Callable[[Wires], SpiPanel], picture: str
    ) -> None:
        self._chip = make_chip(name, options)
        self._panel = driver(self._chip)
        self._picture = Path(picture) if picture else None

    def start(self) -> PanelFacts:
        return self._panel.start()

    def show(self, update: Update, started: Callable[[], None]) -> None:
        self._panel.show(update, started)
        if self._picture is not None:
            try:
                self._picture.write_bytes(self._chip.glass.png())
            except OSError as error:
                raise DeviceError(f"the picture of the glass cannot be written: {error}") from error

    def rest(self) -> None:
        self._panel.rest()

    def close(self) -> None:
        self._panel.close()


@final
class SpiSession:
    """One panel."""

    def __init__(
        self,
        name: str,
        make: MakePanel,
        on_output: Callable[[Output], None],
        on_change: Callable[[Change], object],
    ) -> None:
        """
        Args:
            name: for people.
            make: takes hold of the pins; called in the thread.
            on_output: gets what an engine would say.
            on_change: told whenever the panel stands differently.
        """
        self.change = Change(Standing.WAITING, "not opened yet")
        self._name = name
        self._make = make
        self._on_output = on_output
        self._on_change = on_change
        self._commands: asyncio.Queue[Command] | None = None  # while it is in service
        self._count = dict.fromkeys(("connections", "shown", "refused"), 0)

    async def run(self) -> None:
        """Keep the panel in service until this is cancelled."""
        pause = PAUSE_FIRST_S
        try:
            while True:
                shown = self._count["shown"]
                text = await self._serve()
                if self._count["shown"] > shown:  # to answer is not enough
                    pause = PAUSE_FIRST_S
                self._tell(Change(Standing.WAITING, text))
                await asyncio.sleep(pause)
                pause = min(2 * pause, PAUSE_LAST_S)
        finally:
            self._tell(Change(Standing.ENDED, "let go of"))

    async def ask(self) -> Change:
        """Begin once, and let go again when the panel has answered or turned out not to."""
        with _Driven(self._make) as driven:
            try:
                facts = await driven.start()
            except DeviceError as error:
                return Change(Standing.ENDED, str(error))
            return Change(Standing.READY, self._describe(facts))

    def submit(self, command: Command) -> bool:
        """Hand the panel a command; False if it is not in service, or has too many."""
        if self._commands is None or self._commands.full():
            return False
        self._commands.put_nowait(command)
        return True

    def statistics(self) -> dict[str, int]:
        return dict(self._count)

    async def _serve(self) -> str:
        """One connection from its beginning to its end; returns why it ended."""
        with _Driven(self._make) as driven:
            try:
                facts = await driven.start()
                commands = self._commands = asyncio.Queue(WAITING_MAX)
                self._count["connections"] += 1
                text = self._describe(facts)
                self._tell(Change(Standing.READY, text))
                self._on_output(Ready(text, panel=facts))
                while True:
                    match await commands.get():
                        case Show(update):
                            await self._show(driven, update)
                        case Rest():
                            await driven.rest()
                        case _:
                            pass  # it has begun
            except DeviceError as error:
                return str(error)
            finally:
                self._commands = None

    async def _show(self, driven: "_Driven", update: Update) -> None:
        try:
            await driven.show(update, lambda: self._on_output(Started(update.number)))
        except DeviceError as error:
            self._count["refused"] += 1
            self._on_output(Refused(update.number, str(error), needs_all=True))
            raise
        self._count["shown"] += 1
        self._on_output(Shown(update.number))

    def _describe(self, facts: PanelFacts) -> str:
        return f"{self._name}, {facts.width}x{facts.height} px, {facts.greys} greys"

    def _tell(self, change: Change) -> None:
        if change != self.change:
            self.change = change
            self._on_change(change)


@final
class _Driven:
    """A driver and its thread. Leaving lets go of the pins behind whatever the thread is still at, without waiting."""

    def __init__(self, make: MakePanel) -> None:
        self._make = make
        self._panel: SpiPanel | None = None  # of the thread
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="panel")
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> "_Driven":
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    async def start(self) -> PanelFacts:
        return await self._loop.run_in_executor(self._thread, self._begin)

    async def show(self, update: Update, started: Callable[[], None]) -> None:
        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(started)

        await self._loop.run_in_executor(self._thread, self._driver().show, update, tell)

    async def rest(self) -> None:
        await self._loop.run_in_executor(self._thread, self._driver().rest)

    def _begin(self) -> PanelFacts:
        self._panel = self._make()
        return self._panel.start()

    def _driver(self) -> SpiPanel:
        if self._panel is None:
            raise DeviceError("the panel has not begun")
        return self._panel

    def _close(self) -> None:
        panel, self._panel = self._panel, None
        if panel is not None:
            with contextlib.suppress(DeviceError):  # nobody is left to hear of it
                panel.rest()
            with contextlib.suppress(DeviceError):
                panel.close()
