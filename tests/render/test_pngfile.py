"""A panel that is a file: whole pictures only, and a disk that fails is said once."""

import asyncio
import io
import os

import pytest
from PIL import Image

from edgeboard.render import pngfile
from edgeboard.render.frames import Frames
from edgeboard.render.pngfile import PngFile, encode_png
from edgeboard.render.values import Area, PanelContext, PixelFormat


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pngfile, "EVERY_S", 0.01)


async def until(check):
    async with asyncio.timeout(20):
        while not check():  # noqa: ASYNC110 - a thread writes
            await asyncio.sleep(0.005)


def pixel(path, x, y):
    with Image.open(path) as image:
        return image.getpixel((x, y))


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (4, "RGB")])
def test_others_read_the_picture_as_it_was_shown(channels, mode):
    pixels = bytes(range(6 * channels))
    image = Image.open(io.BytesIO(encode_png(pixels, 3, 2, channels)))
    assert (image.size, image.mode) == ((3, 2), mode)
    wanted = pixels if channels == 1 else b"".join(pixels[at : at + 3][::-1] for at in range(0, len(pixels), 4))
    assert image.tobytes() == wanted


async def test_the_file_shows_what_was_shown_last_and_nothing_lies_beside_it(tmp_path):
    path, frames = tmp_path / "wall.png", Frames()
    panel = PngFile(path, PanelContext(30, 20, PixelFormat.GREY4), pytest.fail)
    try:
        for grey in (17, 34):
            panel.show(frames.make(Area(2, 3, 4, 5), bytes([grey]) * 20))
        await until(lambda: path.exists() and pixel(path, 2, 3) == 34)
        assert pixel(path, 1, 3) == 255
        assert [each.name for each in tmp_path.iterdir()] == ["wall.png"]
    finally:
        panel.close()


async def test_others_may_read_the_picture_of_a_service_whose_other_files_are_its_own(tmp_path):
    before = os.umask(0o077)  # as in edgeboard.service
    panel = PngFile(tmp_path / "wall.png", PanelContext(30, 20), pytest.fail)
    try:
        await until(lambda: (tmp_path / "wall.png").exists())
        assert (tmp_path / "wall.png").stat().st_mode & 0o777 == 0o644
    finally:
        panel.close()
        os.umask(before)


async def test_a_folder_that_is_missing_is_said_once_and_filled_when_it_is_there(tmp_path):
    said = []
    path = tmp_path / "away" / "wall.png"
    panel = PngFile(path, PanelContext(30, 20), said.append)
    try:
        await until(lambda: said)
        panel.show(Frames().make(Area(0, 0, 1, 1), b"\0"))
        await asyncio.sleep(0.05)
        assert len(said) == 1
        assert "cannot be written: No such file" in said[0]
        path.parent.mkdir()
        await until(path.exists)
        await until(lambda: pixel(path, 0, 0) == 0 and len(said) > 1)
        assert said[1:] == [""], "that it can be written again is said once"
    finally:
        panel.close()


async def test_a_picture_that_is_the_same_is_not_written_again(tmp_path):
    path, frames = tmp_path / "wall.png", Frames()
    panel = PngFile(path, PanelContext(30, 20, PixelFormat.GREY4), pytest.fail)
    try:
        await until(lambda: panel.writes == 1)
        panel.show(frames.make(Area(0, 0, 1, 1), b"\xff"))
        panel.show(frames.make(Area(0, 0, 1, 1), b"\xff"))
        await until(lambda: not panel._news.is_set())
        panel.show(frames.make(Area(0, 0, 1, 1), b"\x11"))
        await until(lambda: pixel(path, 0, 0) == 17 and panel.writes > 1)
        assert panel.writes == 2, "white on white was written"
    finally:
        panel.close()
