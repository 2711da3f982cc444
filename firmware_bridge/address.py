"""Where a device is, as a URL of its own: the scheme says how its bytes come.

serial:/dev/serial/by-id/usb-Wacom...?baud=38400     a serial line; a bare path means the same
socket://host:port                                   a serial line behind a network adapter
pty: or pty:/run/link                                a pseudo terminal of ours that another program opens
sim:waveshare43                                      a simulated device
evdev: or evdev:/dev/input/event5                    a tablet that Linux knows already
spi:/dev/spidev0.0?driver=it8951&busy=24&reset=17    a panel on the board's own pins
auto                                                 whatever is plugged in
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final
from urllib.parse import parse_qsl

from firmware_bridge.errors import AddressError

AUTO: Final = "auto"
LENGTH_MAX: Final = 1_024
RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
DRIVERS: Final = ("mcu", "waveshare43", "isdv4", "wacom4")  # of devices on lines
_LINE_OPTIONS: Final = ("baud", "driver")
_PLACES: Final = {  # scheme: (whether a place must follow, an example)
    "serial": (True, "serial:/dev/serial/by-id/NAME"),
    "socket": (True, "socket://host:4001"),
    "pty": (False, "pty:"),
    "sim": (True, "sim:waveshare43"),
    "evdev": (False, "evdev:"),
    "spi": (True, "spi:/dev/spidev0.0?driver=it8951"),
    AUTO: (False, AUTO),
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where one device is; `str` gives the URL again."""

    scheme: str
    place: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str) -> str | None:
        """The value of an option, if it is given."""
        return dict(self.options).get(name)

    @property
    def rate(self) -> int | None:
        """Baud, if the URL says."""
        text = self.option("baud")
        return None if text is None else int(text)

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port of a socket."""
        host, _, port = self.place.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)

    def __str__(self) -> str:
        if self.scheme == AUTO:
            return AUTO
        slashes = "//" if self.scheme == "socket" else ""
        query = "&".join(f"{name}={value}" for name, value in self.options)
        return f"{self.scheme}:{slashes}{self.place}" + (f"?{query}" if query else "")


def parse_address(text: str) -> Address:
    """Read a device URL.

    Raises:
        AddressError: it means nothing; the text says which would.
    """
    if len(text) > LENGTH_MAX or not text.isprintable():
        raise AddressError("a device URL is a short line of text")
    if text.startswith("/"):
        text = f"serial:{text}"
    scheme, _, rest = text.partition(":")
    if scheme not in _PLACES:
        near = get_close_matches(scheme, _PLACES, 1)
        kinds = ", ".join(name if name == AUTO else f"{name}:" for name in _PLACES)
        hint = f"did you mean {near[0]}?" if near else f"write one of {kinds}, or a path that begins with /"
        raise AddressError(f"{_short(text)}: {_short(scheme)!r} is no kind of device; {hint}")
    needs_place, example = _PLACES[scheme]
    place, _, query = rest.partition("?")
    place = place.removeprefix("//") if scheme == "socket" else place
    if needs_place and not place:
        raise AddressError(f"{_short(text)} does not say where the device is; write for example {example}")
    if scheme == AUTO and rest:
        raise AddressError(
            f"{_short(text)}: auto stands alone; name the device by a URL such as {_PLACES['serial'][1]}"
        )
    if scheme in ("serial", "spi", "evdev") and place and not place.startswith("/"):
        raise AddressError(f"{_short(text)}: {place!r} is no path; write for example {example}")
    options = tuple(parse_qsl(query, keep_blank_values=True))
    if not all("=" in part for part in query.split("&") if query):
        raise AddressError(f"{_short(text)}: what follows ? is written name=value&name=value")
    address = Address(scheme, place, options)
    _check(address)
    return address


def _check(address: Address) -> None:
    rate = address.option("baud")
    if rate is not None and (not rate.isascii() or not rate.isdigit() or int(rate[:7]) not in RATES):
        raise AddressError(
            f"baud={_short(rate)} is no rate of a serial line; write one of {', '.join(map(str, RATES))}"
        )
    if address.scheme in ("serial", "socket", "pty", "evdev"):
        allowed = () if address.scheme == "evdev" else _LINE_OPTIONS
        for name, _ in address.options:
            if name not in allowed:
                there_are = f"there are {' and '.join(allowed)}" if allowed else "it has none"
                near = get_close_matches(name, allowed, 1)
                hint = f"did you mean {near[0]}?" if near else there_are
                raise AddressError(f"{_short(name)} is no option of {address.scheme}:; {hint}")
        driver = address.option("driver")
        if driver is not None and driver not in DRIVERS:
            near = get_close_matches(driver, DRIVERS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(DRIVERS)}"
            raise AddressError(f"driver={_short(driver)} is not known; {hint}")
    if address.scheme == "socket":
        host, _, port = address.place.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65_536:
            raise AddressError(f"{_short(address.place)}: write socket://HOST:PORT")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
