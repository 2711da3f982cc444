"""What a person sees on e-ink: a grey for each pixel, with the ghosts of what was there before.

A waveform that flashes (GC16, INIT) brings every pixel to its grey, whatever it was. Those that do not (DU, A2,
partial) move only the pixels whose target changed, and not all the way: a part of the old grey stays until the next
flash. What the driver believes is `target`, what a person sees is `seen`, and the difference are the ghosts. Times and
ghosting of the E Ink waveform table: INIT 2000 ms, DU 260 ms low, GC16 450 ms very low, GL16 450 ms medium, A2 120 ms
medium; how many sixteenths stay is our reading of "low" and "medium".

A frame is worked on as one long integer, two pixels in 32 bits, so that 800 x 480 px take milliseconds in Python.
"""

import zlib
from dataclasses import dataclass
from typing import Final, final

from firmware_bridge.panel.values import Rect

WHITE: Final = 255
GHOST_MIN: Final = 6  # greys of difference that an eye sees
_CHANGED: Final = bytes([0]) + bytes([255]) * 255  # translate: 255 where two frames differ
_TO_BLACK_OR_WHITE: Final = bytes(0 if grey < 128 else 255 for grey in range(256))
_IS_GREY: Final = bytes(0 if grey in (0, 255) else 255 for grey in range(256))


@dataclass(frozen=True, slots=True)
class Waveform:
    """One way to drive the glass."""

    name: str
    seconds: float
    stays: int = 0  # sixteenths of the old grey that remain as a ghost
    has_flash: bool = False  # drives every pixel, not only those that change
    has_greys: bool = True  # otherwise what is asked for becomes black or white
    from_greys: bool = True  # otherwise pixels that were grey are left halfway
    erases: bool = False  # to white, whatever is asked for


INIT: Final = Waveform("INIT", 2.0, has_flash=True, erases=True)
GC16: Final = Waveform("GC16", 0.45, has_flash=True)
GL16: Final = Waveform("GL16", 0.45, stays=2)
DU: Final = Waveform("DU", 0.26, stays=1, has_greys=False)
A2: Final = Waveform("A2", 0.12, stays=2, has_greys=False, from_greys=False)


@dataclass(frozen=True, slots=True)
class _Refresh:
    rect: Rect
    pixels: bytes
    waveform: Waveform
    until: float
    before: bytes | None  # what the controller takes for the picture before; None: it knows


@final
class Glass:
    """The panel itself, white at first, and dumb: it shows what it is driven to.

    Args:
        width: px.
        height: px.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.seen = bytearray([WHITE]) * (width * height)
        self.target = bytearray([WHITE]) * (width * height)
        self.refreshes = 0  # that came to their end
        self.by_waveform: dict[str, int] = {}
        self._running: _Refresh | None = None

    @property
    def whole(self) -> Rect:
        return Rect(0, 0, self.width, self.height)

    @property
    def busy_until(self) -> float | None:
        """When the waveform that is running ends."""
        return self._running.until if self._running is not None else None

    def refresh(
        self, rect: Rect, pixels: bytes, waveform: Waveform, now: float, *, before: bytes | None = None
    ) -> float:
        """Begins a waveform.

        Args:
            rect: what is driven, on the panel.
            pixels: 8-bit grey, row by row, what is wanted there.
            waveform: how.
            now: s.
            before: what the controller takes for the picture before, which decides what is driven; None: the last one.

        Returns:
            When it ends; `on_timer` then shows it.

        Raises:
            ValueError: another one is running, or the rectangle is not on the panel or not as large as the pixels.
        """
        if self._running is not None:
            raise ValueError("a waveform is running")
        is_sized = len(pixels) == rect.area > 0 and (before is None or len(before) == rect.area)
        if rect.meet(self.whole) != rect or not is_sized:
            raise ValueError(f"{len(pixels)} px for {rect} of {self.width} x {self.height}")
        if waveform.erases:
            pixels = bytes([WHITE]) * rect.area
        elif not waveform.has_greys:
            pixels = pixels.translate(_TO_BLACK_OR_WHITE)
        self._running = _Refresh(rect, pixels, waveform, now + waveform.seconds, before)
        return self._running.until

    def on_timer(self, now: float) -> None:
        run = self._running
        if run is not None and now >= run.until:
            self._drive(run, run.waveform.stays)
            self.refreshes += 1
            self.by_waveform[run.waveform.name] = self.by_waveform.get(run.waveform.name, 0) + 1
            self._running = None

    def interrupt(self) -> None:
        """The power goes in the middle of a waveform: what was to change is left halfway."""
        if self._running is not None:
            self._drive(self._running, 8)
            self._running = None

    def ghosts(self) -> int:
        """Pixels a person sees to be wrong: other than the driver meant them by more than an eye forgives."""
        differ = _mask(bytes(self.seen), bytes(self.target))
        seen = zip(differ, self.seen, self.target, strict=True)
        return sum(1 for is_other, one, other in seen if is_other and abs(one - other) >= GHOST_MIN)

    def png(self) -> bytes:
        """What a person sees, as an 8-bit grey PNG."""
        return encode_png(bytes(self.seen), self.width, self.height)

    def _drive(self, run: _Refresh, stays: int) -> None:
        rect = run.rect
        seen, target = self._cut(self.seen, rect), self._cut(self.target, rect)
        if run.waveform.has_flash:
            changed = bytes([255]) * rect.area if stays == 0 else _mask(seen, run.pixels)
        else:
            changed = _mask(target if run.before is None else run.before, run.pixels)
        new = _choose(changed, _blend(run.pixels, seen, stays), seen)
        if not run.waveform.from_greys:  # A2 knows black and white only: what was grey comes half the way
            greys = _both(changed, target.translate(_IS_GREY))
            new = _choose(greys, _blend(run.pixels, seen, 8), new)
        self._paste(self.seen, rect, new)
        self._paste(self.target, rect, run.pixels)

    def _cut(self, frame: bytearray, rect: Rect) -> bytes:
        if rect.w == self.width:
            return bytes(frame[rect.y * self.width : (rect.y + rect.h) * self.width])
        starts = range(rect.y * self.width + rect.x, (rect.y + rect.h) * self.width + rect.x, self.width)
        return b"".join(bytes(frame[start : start + rect.w]) for start in starts)

    def _paste(self, frame: bytearray, rect: Rect, pixels: bytes) -> None:
        if rect.w == self.width:
            frame[rect.y * self.width : (rect.y + rect.h) * self.width] = pixels
            return
        for row in range(rect.h):
            start = (rect.y + row) * self.width + rect.x
            frame[start : start + rect.w] = pixels[row * rect.w : (row + 1) * rect.w]


def _mask(one: bytes, other: bytes) -> bytes:
    """255 where they differ, else 0."""
    differ = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return differ.to_bytes(len(one), "big").translate(_CHANGED)


def _both(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") & int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _choose(mask: bytes, one: bytes, other: bytes) -> bytes:
    """`one` where the mask is 255, `other` where it is 0."""
    base = int.from_bytes(other, "big")
    differ = (int.from_bytes(one, "big") ^ base) & int.from_bytes(mask, "big")
    return (base ^ differ).to_bytes(len(mask), "big")


def _blend(new: bytes, old: bytes, stays: int) -> bytes:
    """new + stays/16 of (old - new), each pixel, rounded down: pixels in lanes of 16 bits, so that none overflows."""
    if stays == 0:
        return new
    size = len(new)
    low = int.from_bytes(b"\x00\xff" * (size // 2 + 1), "big")
    one, other = int.from_bytes(new, "big"), int.from_bytes(old, "big")

    def mix(one: int, other: int) -> int:
        return (one * (16 - stays) + other * stays) >> 4 & low

    even = mix(one & low, other & low)
    odd = mix(one >> 8 & low, other >> 8 & low)
    return (odd << 8 | even).to_bytes(size, "big")


def encode_png(greys: bytes, width: int, height: int) -> bytes:
    """An 8-bit grey PNG (ISO/IEC 15948), rows unfiltered."""
    rows = b"".join(b"\0" + greys[start : start + width] for start in range(0, width * height, width))
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks
    )
