"""A Linux framebuffer as a panel: HDMI, or a small screen on SPI (linux/fb.h; Documentation/fb/api.rst).

Rules of this file: only rows that have changed are written, through a mapping of the screen's memory; before each
frame the device is asked whether it is still there and still in the mode that was mapped; what it is, is what it says
itself. Whoever owns the panel opens it again after `on_lost`.
"""

import errno
import fcntl
import mmap
import os
import stat
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from edgeboard.errors import UserError
from edgeboard.render.dither import pack
from edgeboard.render.frames import paste
from edgeboard.render.values import SIDE_MAX, Frame, PanelContext, PixelFormat, Refresh

GET_VARIABLE: Final = 0x4600  # FBIOGET_VSCREENINFO
GET_FIXED: Final = 0x4602  # FBIOGET_FSCREENINFO
SET_MODE: Final = 0x4B3A  # KDSETMODE of a console (linux/kd.h)
TEXT, GRAPHICS = 0, 1
CONSOLE: Final = Path("/dev/tty0")  # whichever is in front
ANSWER_MAX: Final = 256  # bytes; the structures have 160 and, on 64 bits, 80
_VARIABLE: Final = struct.Struct("@20I")  # fb_var_screeninfo, up to the colours
_FIXED: Final = struct.Struct("@16sLIIIIHHHI")  # fb_fix_screeninfo, up to line_length

SHORT: Final = "its memory is shorter than its picture"

Answers = tuple[bytes, bytes]  # of GET_VARIABLE and GET_FIXED
Ask = Callable[[int], Answers]  # by file descriptor; raises OSError


@dataclass(frozen=True, slots=True)
class ScreenInfo:
    """What a framebuffer says of itself."""

    width: int  # px
    height: int
    bits: int  # a px
    begins: int  # byte at which the upper left px lies
    stride: int  # bytes from a row to the next
    length: int  # bytes of its memory
    red: tuple[int, int]  # lowest bit, and how many
    green: tuple[int, int]
    blue: tuple[int, int]

    @property
    def end(self) -> int:
        """Byte behind the last px."""
        return self.begins + (self.height - 1) * self.stride + self.width * self.bits // 8

    @property
    def format(self) -> PixelFormat:
        return {16: PixelFormat.RGB565, 24: PixelFormat.RGB888}.get(self.bits, PixelFormat.XRGB8888)


def read_info(variable: bytes, fixed: bytes) -> ScreenInfo:
    """What the two structures say.

    Args:
        variable: fb_var_screeninfo, 160 bytes.
        fixed: fb_fix_screeninfo, 68 or 80 bytes.

    Raises:
        UserError: pixels that edgeboard cannot make, or sizes that contradict each other.
    """
    if len(variable) < _VARIABLE.size or len(fixed) < _FIXED.size:
        raise UserError("it is no framebuffer: what it says of itself is too short")
    values = _VARIABLE.unpack_from(variable)
    width, height, _, _, left, top, bits = values[:7]
    red, green, blue = ((values[at], values[at + 1]) for at in (8, 11, 14))
    _, _, length, _, _, _, _, _, _, stride = _FIXED.unpack_from(fixed)
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise UserError(f"its mode is {width} x {height} px; set one with fbset, or connect a screen and start again")
    shifts = {bits_of[0] for bits_of in (red, blue)}
    wide = (5, 6, 5) if bits == 16 else (8, 8, 8)
    places = {16: {0, 11}, 24: {0, 16}, 32: {0, 16}}.get(bits)
    if places is None or shifts != places or (red[1], green[1], blue[1]) != wide:
        raise UserError(
            f"its px have {bits} bits, red {red[1]} at {red[0]}, green {green[1]} at {green[0]}, blue {blue[1]} at "
            f"{blue[0]}; edgeboard draws 16 (565), 24 and 32 bits, which fbset -depth sets where the driver can"
        )
    info = ScreenInfo(
        width, height, bits, top * stride + left * bits // 8, stride, length, red, green, blue
    )  # fmt: skip
    if stride < (left + width) * bits // 8 or info.end > length:
        raise UserError(f"its memory of {length} bytes does not hold {height} rows of {stride} bytes")
    return info


def ask_device(descriptor: int) -> Answers:
    """Ask a framebuffer what it is; raises OSError."""
    answers = [bytearray(ANSWER_MAX), bytearray(ANSWER_MAX)]
    for request, answer in zip((GET_VARIABLE, GET_FIXED), answers, strict=True):
        fcntl.ioctl(descriptor, request, answer, True)
    return bytes(answers[0]), bytes(answers[1])


@final
class Framebuffer:
    """Such a panel, open."""

    def __init__(self, path: Path, theme: str, on_lost: Callable[[str], object], ask: Ask) -> None:
        """
        Args:
            path: of the device.
            theme: see `PanelContext`.
            on_lost: hears once why nothing more can be shown.
            ask: how a descriptor is asked what it is: `ask_device`.

        Raises:
            UserError: it cannot be opened, or is nothing that edgeboard draws on; the text says what to do.
        """
        self._on_lost = on_lost
        self._ask = ask
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise UserError(f"{path} cannot be opened: {_why(error)}") from None
        try:
            self._answers = ask(self._descriptor)
            self.info = info = read_info(*self._answers)
            self._memory = mmap.mmap(self._descriptor, info.end)
        except UserError as error:
            os.close(self._descriptor)
            raise UserError(f"{path}: {error}") from None
        except (OSError, ValueError) as error:
            os.close(self._descriptor)
            why = _why(error) if isinstance(error, OSError) else SHORT
            raise UserError(f"{path} cannot be drawn on: {why}") from None
        self._view = memoryview(self._memory)[info.begins :]
        self._is_open = True
        self._is_lost = False
        self.context = PanelContext(info.width, info.height, info.format, Refresh.LCD, theme)

    def show(self, frame: Frame) -> None:
        if not self._is_open or self._is_lost:
            return
        try:
            if self._ask(self._descriptor) != self._answers:
                self._lose("its mode has changed")
                return
            about = os.fstat(self._descriptor)
            if stat.S_ISREG(about.st_mode) and about.st_size < self.info.end:  # whoever writes there is killed (SIGBUS)
                self._lose(SHORT)
                return
        except OSError as error:
            self._lose(_why(error))
            return
        pixels = native(frame.pixels, frame.area.width, self.info)
        paste(self._view, self.info.stride, frame.area, pixels, self.info.bits // 8)

    def _lose(self, why: str) -> None:
        self._is_lost = True
        self._on_lost(f"{self._path}: {why}")

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._view.release()
            self._memory.close()
            os.close(self._descriptor)


def native(pixels: bytes, width: int, info: ScreenInfo) -> bytes | bytearray:
    """Pixels of blue, green, red and a byte that does not count, as a framebuffer has them.

    Args:
        pixels: row by row.
        width: px of a row.
        info: of the framebuffer.
    """
    if info.red[0] == 0:  # red comes first
        swapped = bytearray(pixels)
        swapped[0::4], swapped[2::4] = pixels[2::4], pixels[0::4]
        pixels = bytes(swapped)
    if info.bits == 32:
        return pixels
    if info.bits == 16:
        return pack(pixels, width, PixelFormat.RGB565)
    three = bytearray(len(pixels) // 4 * 3)
    three[0::3], three[1::3], three[2::3] = pixels[0::4], pixels[1::4], pixels[2::4]
    return three


@final
class Console:
    """The text console that stands on a framebuffer: told to keep still while somebody else draws there."""

    def __init__(self, path: Path, control: Callable[[int, int, int], object] = fcntl.ioctl) -> None:
        self._path = path
        self._control = control
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Keep it still; False if it is none of ours to command, or there is none."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY)  # all that group tty may
        except OSError:
            return False
        try:
            self._control(descriptor, SET_MODE, GRAPHICS)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def give_back(self) -> None:
        """Let it write again."""
        if self._descriptor is not None:
            with suppress(OSError):
                self._control(self._descriptor, SET_MODE, TEXT)
            os.close(self._descriptor)
            self._descriptor = None


def _why(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return "there is no such device; it is opened when it comes back"
        case errno.EACCES | errno.EPERM:
            return "this user may not; add it to the group video: sudo usermod -aG video USER, and log in again"
        case errno.EBUSY:
            return "another program holds it"
        case errno.ENOTTY | errno.EINVAL | errno.EISDIR:
            return "it is no framebuffer; those of this machine: ls /dev/fb*"
        case _:
            return error.strerror or str(error)
