"""A microcontroller of our own link, simulated by its own firmware: the C of `firmware_bridge/mcu`, in this process.

It is compiled when first asked for and kept in the user's cache, under a name that says of what sources. Its line,
its pen and its panel's memory are the host port's; what a person sees of the panel is `glass`.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Final, final

from firmware_bridge.errors import DeviceError, PortError
from firmware_bridge.panel.values import Rect
from firmware_bridge.sim.glass import A2, DU, GC16, GL16, INIT, Glass, Waveform
from firmware_bridge.sim.hand import Hand
from firmware_bridge.sim.line import LineDevice

SOURCES: Final = Path(__file__).resolve().parents[1] / "mcu"
COMPILERS: Final = ("cc", "gcc", "clang")
WAVEFORMS: Final = (INIT, GC16, GL16, DU, A2)  # by the number of the mode on the wire
REMEDY: Final = "apt-get install gcc libc6-dev"
MODES: Final = len(WAVEFORMS)
BAUD: Final = 115200
AWAKE_S: Final = 0.002  # between two turns of the firmware's loop while it has something to wait for
NAME_BYTES: Final = 41
X_MAX, Y_MAX = 20_000, 12_000  # of the pen, 0.01 mm
_LINE_BYTES: Final = 4096
_LOOKED: Final = ("refreshes", "mode", "x", "y", "w", "h", "state", "sessions", "damaged", "retransmitted", "lost")


class _Result(ctypes.Structure):
    _fields_ = (("status", ctypes.c_int), ("length", ctypes.c_size_t))


class Settings(ctypes.Structure):
    """`struct eb_host_settings`."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("nonce", "has_pen", "has_panel")),
        *((name, ctypes.c_uint32) for name in ("x_max", "y_max", "pressure_max", "points_per_100mm")),
        *((name, ctypes.c_uint32) for name in ("has_tilt", "rate")),
        *((name, ctypes.c_uint32) for name in ("width", "height", "greys", "modes", "align_x", "align_y")),
        ("times", ctypes.c_uint32 * MODES),
        ("temperature", ctypes.c_int32),
        ("name", ctypes.c_char * NAME_BYTES),
    )


def build_library(folder: Path, *options: str) -> Path:
    """The firmware as a shared library in this folder; made anew only where its sources have changed.

    Raises:
        PortError: there is no C compiler, or it refuses; the text says what to do.
    """
    sources = [*sorted((SOURCES / "src").glob("*.c")), SOURCES / "port" / "host" / "eb_host.c"]
    headers = [*sorted((SOURCES / "include").glob("*.h")), SOURCES / "port" / "host" / "eb_host.h"]
    digest = hashlib.sha256(repr(options).encode())
    for path in (*sources, *headers):
        digest.update(path.read_bytes())
    library = folder / f"eb_host-{digest.hexdigest()[:16]}.so"
    if library.exists():
        return library
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise PortError("sim:mcu compiles its firmware and finds no C compiler", REMEDY)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        part = Path(made) / library.name
        includes = ("-I", str(SOURCES / "include"), "-I", str(SOURCES / "port" / "host"))
        command = [compiler, "-std=c11", "-O2", "-shared", "-fPIC", *options, *includes, *map(str, sources)]
        done = subprocess.run([*command, "-o", str(part)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise PortError(f"{compiler} refuses the firmware of sim:mcu: {done.stderr.strip()[-500:]}", REMEDY)
        part.replace(library)
    return library


def cache_folder() -> Path:
    """Where the compiled firmware is kept: `edgeboard` in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgeboard"


@cache
def load_library(path: Path | None = None) -> ctypes.CDLL:
    """The firmware; raises PortError as `build_library` does."""
    library = ctypes.CDLL(str(path or build_library(cache_folder())))
    pointer, size, word = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32
    library.eb_host_size.restype = size
    library.eb_host_poll.argtypes = [pointer, word]
    library.eb_host_look.argtypes = [pointer, pointer]
    for name, arguments in (
        ("boot", [pointer, pointer, pointer, word]),
        ("receive", [pointer, ctypes.c_char_p, size]),
        ("drain", [pointer, pointer, size]),
        ("push", [pointer, *(word,) * 5, ctypes.c_int32, ctypes.c_int32]),
    ):
        function = getattr(library, f"eb_host_{name}")
        function.argtypes, function.restype = arguments, _Result
    return library


@final
class Mcu(LineDevice):
    """A board with a pen, an e-ink panel, or both, as its firmware has them.

    Args:
        hand: writes on it; None: nobody does.
        width: px of the panel; 0: it has none.
        height: px.
        greys: 2, 4 or 16.
        has_pen: whether it has a pen.
        celsius: the panel's temperature.
        library: of the firmware; None: compiled now, or found in the cache.
    """

    def __init__(
        self,
        hand: Hand | None = None,
        *,
        width: int = 800,
        height: int = 480,
        greys: int = 2,
        has_pen: bool = True,
        celsius: float = 21.5,
        library: ctypes.CDLL | None = None,
    ) -> None:
        super().__init__(BAUD)
        self.glass = Glass(width, height) if width else None
        self.hand = hand
        self.is_on = False
        self._library = library or load_library()
        self._host = ctypes.create_string_buffer(self._library.eb_host_size())
        self._out = ctypes.create_string_buffer(_LINE_BYTES)
        self._ram = ctypes.create_string_buffer(b"\x80" * (width * height), width * height) if width else None
        self._started = 0.0
        self._boots = 0
        self._shown = 0
        self._polled = 0.0
        times = (ctypes.c_uint32 * MODES)(*(round(1000 * waveform.seconds) for waveform in WAVEFORMS))
        self.settings = Settings(
            has_pen=has_pen, has_panel=bool(width), x_max=X_MAX, y_max=Y_MAX, pressure_max=4095,
            points_per_100mm=10_000, has_tilt=1, rate=200, width=width, height=height, greys=greys,
            modes=(1 << MODES) - 1, align_x=8 if width % 8 == 0 else 1, align_y=1, times=times,
            temperature=round(100 * celsius), name=b"edgeboard reference board",
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether a host has a session with it."""
        return self.is_on and self.look()["state"] == 2

    @property
    def ram(self) -> bytes:
        """What the panel's memory holds: 8-bit grey."""
        return b"" if self._ram is None else self._ram.raw

    def power(self, is_on: bool, now: float) -> None:
        if self.hand is not None:
            self.hand.pause()
        if self.glass is not None and not is_on:
            self.glass.interrupt()
        self.is_on = is_on
        if is_on:
            self._boots += 1
            self._started = now
            self._shown = 0
            self.settings.nonce = int.from_bytes(hashlib.sha256(f"{now!r} {self._boots}".encode()).digest()[:4]) | 1
            result = self._library.eb_host_boot(self._host, ctypes.byref(self.settings), self._ram, 0)
            if result.status:
                raise DeviceError("the simulated board has a panel that its firmware refuses")
            self._poll(now)

    def hear(self, data: bytes, now: float) -> None:
        if self.is_on:
            self._library.eb_host_receive(self._host, data, len(data))
            self._poll(now)

    def push(self, x: int, y: int, pressure: int, state: int, now: float) -> None:
        """One sample of its pen; bits of the state as on the wire."""
        self._library.eb_host_push(self._host, self._clock(now), x, y, pressure, state, 0, 0)
        self._poll(now)

    def on_timer(self, now: float) -> None:
        if not self.is_on:
            return
        if self.glass is not None:
            self.glass.on_timer(now)
        while self.hand is not None and (due := self.hand.next_time()) is not None and due <= now:
            self._write(self.hand, due)
        self._poll(now)

    def next_timer(self) -> float | None:
        if not self.is_on:
            return None
        times = [self._polled + AWAKE_S]
        if self.glass is not None and self.glass.busy_until is not None:
            times.append(self.glass.busy_until)
        if self.hand is not None and (due := self.hand.next_time()) is not None:
            times.append(due)
        return min(times)

    def statistics(self) -> dict[str, int]:
        return super().statistics() | ({} if not self._boots else self.look()) | {"boots": self._boots}

    def look(self) -> dict[str, int]:
        """What the firmware says of itself."""
        facts = (ctypes.c_uint32 * len(_LOOKED))()
        self._library.eb_host_look(self._host, facts)
        return dict(zip(_LOOKED, facts, strict=True))

    def _write(self, hand: Hand, due: float) -> None:
        sample = hand.take()
        state = sample.is_near | sample.is_touching << 1 | sample.is_side << 2 | sample.is_eraser << 4
        tilt = (round(90 * sample.tilt_x), round(90 * sample.tilt_y))
        place = (sample.x, sample.y, round(4095 * sample.pressure))
        self._library.eb_host_push(self._host, self._clock(due), *place, state, *tilt)

    def _poll(self, now: float) -> None:
        """One turn of the firmware's loop, and what came of it."""
        self._polled = now
        self._library.eb_host_poll(self._host, self._clock(now))
        drained = self._library.eb_host_drain(self._host, self._out, _LINE_BYTES)
        if drained.length:
            self.say(self._out.raw[: drained.length])
        facts = self.look()
        if self.glass is not None and facts["refreshes"] != self._shown:
            self._shown = facts["refreshes"]
            self._refresh(self.glass, WAVEFORMS[facts["mode"]], Rect(*(facts[key] for key in "xywh")), now)
        if self.hand is not None and facts["state"] == 2 and self.hand.next_time() is None and not self.hand.is_done:
            self.hand.begin(now)

    def _refresh(self, glass: Glass, waveform: Waveform, rect: Rect, now: float) -> None:
        glass.on_timer(now + AWAKE_S)  # the firmware counts in whole microseconds
        if waveform.erases or waveform.has_flash:
            rect = Rect(0, 0, glass.width, glass.height)
        if rect.area:
            width, ram = glass.width, self.ram
            rows = range(rect.y * width + rect.x, (rect.y + rect.h) * width + rect.x, width)
            glass.refresh(rect, b"".join([ram[at : at + rect.w] for at in rows]), waveform, now)

    def _clock(self, now: float) -> int:
        return round((now - self._started) * 1e6) % 2**32
