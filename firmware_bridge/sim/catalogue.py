"""The simulators by name, as device URLs and the command line ask for them: `sim:NAME?option=value`.

The one module of the simulators that reads files, which are recordings, and the machine's clock, which panels on SPI
that are not given another one go by.
"""

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, final

from firmware_bridge.errors import AddressError
from firmware_bridge.sim import isdv4, it8951, wacom4
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.chip import Chip, Clock
from firmware_bridge.sim.hand import Habits, Hand, Stroke, example_strokes, fit_strokes, read_recording
from firmware_bridge.sim.host import SimHost
from firmware_bridge.sim.line import SimDevice
from firmware_bridge.sim.mcu import X_MAX, Y_MAX, Mcu
from firmware_bridge.sim.smp import SmpDevice
from firmware_bridge.sim.ssd1680 import Ssd1680
from firmware_bridge.sim.uc8179 import Uc8179
from firmware_bridge.sim.waveshare import BOOT_S, REFRESH, Waveshare43


@final
class _Options:
    """Options by name; each is asked for once, and what nobody asked for is a mistake of the user."""

    def __init__(self, name: str, given: Mapping[str, str]) -> None:
        self._name = name
        self._given = dict(given)
        self._known: list[str] = []

    def text(self, key: str, default: str = "") -> str:
        self._known.append(key)
        return self._given.pop(key, default)

    def number(self, key: str, default: float, low: float, high: float) -> float:
        text = self.text(key)
        try:
            value = float(text) if text else default
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise AddressError(f"sim:{self._name}: {key}={text} is not a number from {low:g} to {high:g}")
        return value

    def flag(self, key: str) -> bool:
        text = self.text(key, "0")
        if text not in ("0", "1"):
            raise AddressError(f"sim:{self._name}: {key}={text} is neither 0 nor 1")
        return text == "1"

    def choice(self, key: str, default: str, choices: Mapping[str, object]) -> str:
        text = self.text(key, default)
        if text not in choices:
            raise AddressError(f"sim:{self._name}: {key}={text} is none of {', '.join(choices)}")
        return text

    def finish(self) -> None:
        for key in self._given:
            raise AddressError(f"sim:{self._name} has no option {key}; it has {', '.join(sorted(self._known))}")


def make(name: str, options: Mapping[str, str]) -> SimDevice:
    """A simulated device on a line, ready to be plugged in.

    Args:
        name: one of `LINE_NAMES`.
        options: by name, as text; `describe` lists them.

    Raises:
        AddressError: there is no such device or option, or a recording cannot be read.
    """
    if name in _CHIPS:
        raise AddressError(f"sim:{name} hangs on SPI, not on a line: there is no path of it to open")
    if name not in _MAKERS:
        raise AddressError(f"there is no simulator {name!r}; there are {', '.join((*_MAKERS, *_CHIPS))}")
    left = _Options(name, options)
    device = _MAKERS[name][0](left)
    left.finish()
    return device


def make_host(name: str, options: Mapping[str, str]) -> SimHost:
    """A simulated device behind a cable on a pty, ready to be started: what a URL or a command line names.

    Args:
        name: one of `LINE_NAMES`.
        options: those of the device, and `cable` (one of `cable.KINDS`), `seed` of its dice, `link` (a path that
            points to the pty), `picture` (a PNG of what a person sees, written after each refresh).

    Raises:
        AddressError: there is no such device or option, or a recording cannot be read.
    """
    own = _Options(name, {key: value for key, value in options.items() if key in _HOST_OPTIONS})
    device = make(name, {key: value for key, value in options.items() if key not in _HOST_OPTIONS})
    kind = own.choice("cable", "perfect", KINDS)
    seed = int(own.number("seed", 1, 0, 2**32))
    link, picture = own.text("link"), own.text("picture")
    if picture and device.glass is None:
        raise AddressError(f"sim:{name} has no screen, so there is no picture of it")
    check_folder(picture)
    return SimHost(
        device,
        Cable(KINDS[kind], random.Random(seed)),
        link=Path(link) if link else None,
        picture=Path(picture) if picture else None,
    )


def check_folder(picture: str) -> None:
    """Raises: AddressError: there is no such folder to put a picture into."""
    if picture and not Path(picture).absolute().parent.is_dir():
        raise AddressError(f"picture={picture}: there is no folder {Path(picture).absolute().parent}; make it first")


@final
class MachineClock:
    """Goes on by itself."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


def make_chip(name: str, options: Mapping[str, str], clock: Clock | None = None) -> Chip:
    """A simulated panel on SPI, to be held by its wires.

    Args:
        name: one of `CHIP_NAMES`.
        options: by name, as text; `describe` lists them.
        clock: which it goes by; None: the machine's.

    Raises:
        AddressError: there is no such panel or option.
    """
    if name not in _CHIPS:
        raise AddressError(f"there is no simulator {name!r} on SPI; there are {', '.join(_CHIPS)}")
    left = _Options(name, options)
    chip = _CHIPS[name][0](left, MachineClock() if clock is None else clock)
    left.finish()
    return chip


def describe(name: str) -> str:
    """What a simulator is and takes, in one line."""
    return _MAKERS[name][1] if name in _MAKERS else _CHIPS[name][1]


def _make_hand(options: _Options, x_max: int, y_max: int) -> Hand:
    habits = Habits(
        speed=options.number("speed", 1.0, 0.01, 1000.0),
        loop=options.flag("loop"),
        rate=options.number("rate", 0.0, 0.0, 1000.0),
        eraser_every=int(options.number("eraser_every", 0, 0, 1_000_000)),
        side_every=int(options.number("side_every", 0, 0, 1_000_000)),
    )
    return Hand(fit_strokes(_read_strokes(options.text("file")), x_max, y_max), habits)


def _read_strokes(file: str) -> tuple[Stroke, ...]:
    if not file:
        return example_strokes()
    try:
        return read_recording(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise AddressError(f"the recording {file} cannot be read: {fault}") from fault


def _make_isdv4(options: _Options) -> isdv4.Isdv4Tablet:
    model = isdv4.MODELS[options.choice("model", "WACf008", isdv4.MODELS)]
    hand = _make_hand(options, model.x_max, model.y_max)
    return isdv4.Isdv4Tablet(model, hand, has_palm=options.flag("palm"))


def _make_wacom4(options: _Options) -> wacom4.Wacom4Tablet:
    model = wacom4.MODELS[options.choice("model", "artz", wacom4.MODELS)]
    baud = options.choice("baud", "9600", {str(rate): rate for rate in wacom4.RATES})
    hand = _make_hand(options, model.x_max, model.y_max)
    return wacom4.Wacom4Tablet(model, hand, baud=int(baud), is_chatty=options.flag("chatty"))


def _make_waveshare43(options: _Options) -> Waveshare43:
    return Waveshare43(
        boot_s=options.number("boot", BOOT_S, 0.0, 60.0),
        refresh_s=options.number("refresh", REFRESH.seconds, 0.0, 60.0),
    )


def _make_smp(options: _Options) -> SmpDevice:
    return SmpDevice(
        burst=int(options.number("burst", 2, 0, 100)),
        buffer_size=int(options.number("buffer", 384, 128, 4096)),
        erase_s=options.number("erase", 0.2, 0.0, 60.0),
        boot_s=options.number("boot", 0.3, 0.0, 60.0),
        in_recovery=options.flag("recovery"),
    )


def _make_mcu(options: _Options) -> Mcu:
    switch = {"0": False, "1": True}
    has_pen, has_panel = (switch[options.choice(part, "1", switch)] for part in ("pen", "panel"))
    return Mcu(
        _make_hand(options, X_MAX, Y_MAX) if has_pen else None,
        has_pen=has_pen,
        width=int(options.number("width", 800, 8, 2048)) if has_panel else 0,
        height=int(options.number("height", 480, 8, 2048)),
        greys=int(options.choice("greys", "2", {"2": 2, "4": 4, "16": 16})),
        celsius=options.number("celsius", 21.5, -40.0, 100.0),
    )


_HOST_OPTIONS: Final = ("cable", "seed", "link", "picture")
_HAND: Final = "file=RECORDING.jsonl, loop=1, speed=2, rate=200, eraser_every=N, side_every=N"
_MAKERS: Final[dict[str, tuple[Callable[[_Options], SimDevice], str]]] = {
    "isdv4": (
        _make_isdv4,
        f"Wacom ISDv4 tablet; model={'|'.join(isdv4.MODELS)}, palm=1, {_HAND}",
    ),
    "wacom4": (
        _make_wacom4,
        f"Wacom protocol IV tablet; model={'|'.join(wacom4.MODELS)}, baud=9600, chatty=1, {_HAND}",
    ),
    "mcu": (
        _make_mcu,
        "our own link: the reference firmware, 115200 baud; pen=0, panel=0, width=PX, height=PX, greys=2|4|16, "
        f"celsius=DEGREES, {_HAND}",
    ),
    "smp": (
        _make_smp,
        "microcontroller with MCUboot and mcumgr, 115200 baud; burst=LINES (0: any), buffer=BYTES, erase=SECONDS, "
        "boot=SECONDS, recovery=1",
    ),
    "waveshare43": (
        _make_waveshare43,
        'Waveshare 4.3" e-Paper UART module, 115200 baud; boot=SECONDS, refresh=SECONDS',
    ),
}
LINE_NAMES: Final = tuple(_MAKERS)


def _make_it8951(options: _Options, clock: Clock) -> Chip:
    return it8951.It8951(clock, it8951.MODELS[options.choice("model", "6inch", it8951.MODELS)])


_CHIPS: Final[dict[str, tuple[Callable[[_Options, Clock], Chip], str]]] = {
    "it8951": (_make_it8951, f"IT8951 with a panel of 16 greys, SPI; model={'|'.join(it8951.MODELS)}"),
    "uc8179": (lambda options, clock: Uc8179(clock), 'UC8179 with a panel of 7.5", 800 x 480 px, SPI'),
    "ssd1680": (lambda options, clock: Ssd1680(clock), 'SSD1680 with a panel of 2.9", 128 x 296 px, SPI'),
}
CHIP_NAMES: Final = tuple(_CHIPS)
