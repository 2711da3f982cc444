"""A panel that is a picture in a file, exchanged whole, so that whoever reads it never sees half of one."""

import asyncio
import os
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from edgeboard.render.frames import blank, paste
from edgeboard.render.values import Frame, PanelContext

EVERY_S: Final = 3.0  # between two writes at least: flash cards wear
LEVEL: Final = 6  # of zlib
MODE: Final = 0o644  # a web server reads it, whatever the mask of the service that writes it (UMask=0077)


def encode_png(pixels: bytes | bytearray, width: int, height: int, channels: int) -> bytes:
    """A PNG (ISO/IEC 15948) of 8 bits: of greys, or of blue, green, red and a byte that does not count."""
    if channels == 4:
        colours = bytearray(width * height * 3)
        colours[0::3], colours[1::3], colours[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
        pixels = colours
    wide = width * (3 if channels == 4 else 1)
    rows = b"".join([b"\0" + pixels[at : at + wide] for at in range(0, wide * height, wide)])

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 4 else 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, LEVEL)) + chunk(b"IEND", b"")
    )


@final
class PngFile:
    """Such a panel; its file is written in a thread, every 3 s at most, and only if the picture is another."""

    def __init__(self, path: Path, context: PanelContext, on_trouble: Callable[[str], object]) -> None:
        """
        Args:
            path: of the file; its folder must be there.
            context: what the panel is.
            on_trouble: hears, once until it works again, why the file cannot be written; and nothing, an empty text,
                when it can.
        """
        self.context = context
        self.writes = 0
        self._path = path
        self._on_trouble = on_trouble
        self._pixels = blank(context)
        self._news = asyncio.Event()
        self._news.set()  # a new panel shows itself, blank as it is
        self._has_failed = False
        self._task = asyncio.create_task(self._run(), name=f"write {path}")

    def show(self, frame: Frame) -> None:
        channels = self.context.format.channels
        paste(self._pixels, self.context.width * channels, frame.area, frame.pixels, channels)
        self._news.set()

    def close(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        written = b""
        while True:
            await self._news.wait()
            self._news.clear()
            pixels = bytes(self._pixels)
            if pixels == written:
                continue
            try:
                await asyncio.to_thread(self._write, pixels)
                written = pixels
                self.writes += 1
                if self._has_failed:
                    self._on_trouble("")
                self._has_failed = False
            except OSError as error:
                if not self._has_failed:
                    self._on_trouble(f"the picture {self._path} cannot be written: {error.strerror or error}")
                self._has_failed = True
                self._news.set()  # and again
            await asyncio.sleep(EVERY_S)

    def _write(self, pixels: bytes) -> None:
        data = encode_png(pixels, self.context.width, self.context.height, self.context.format.channels)
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            beside.write_bytes(data)
            beside.chmod(MODE)
            beside.replace(self._path)
        except OSError:
            with suppress(OSError):
                beside.unlink()
            raise
