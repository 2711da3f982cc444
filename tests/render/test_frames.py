"""Frames in order: numbered, summed, and refused where one is missing, changed or does not fit."""

import random
import zlib
from dataclasses import replace

import pytest

from edgeboard.errors import DecodeError
from edgeboard.render.frames import Frames, Mirror, blank, crop, paste
from edgeboard.render.values import Area, PanelContext, PixelFormat

CONTEXTS = [PanelContext(40, 30), PanelContext(40, 30, PixelFormat.XRGB8888)]


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.format.value)
def test_who_takes_all_frames_shows_what_was_drawn(context):
    rng, frames, mirror, drawn = random.Random(7), Frames(), Mirror(context), blank(context)
    channels = context.format.channels
    for _ in range(50):
        x, y = rng.randrange(40), rng.randrange(30)
        area = Area(x, y, rng.randrange(1, 41 - x), rng.randrange(1, 31 - y))
        pixels = rng.randbytes(area.width * area.height * channels)
        paste(drawn, 40 * channels, area, pixels, channels)
        assert crop(drawn, 40 * channels, area, channels) == pixels
        mirror.take(frames.make(area, pixels))
    assert mirror.pixels == drawn
    assert (mirror.sequence, mirror.crc) == (50, frames.crc)


def test_the_sum_is_the_one_that_the_documents_name():
    frame = Frames().make(Area(1, 2, 3, 1), b"abc")
    assert frame.crc == zlib.crc32(bytes((0, 1, 0, 2, 0, 3, 0, 1)) + b"abc")
    assert frame.sequence == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sequence": 3}, "frame 3 does not follow frame 1"),
        ({"pixels": b"xyz"}, "the sum of frame 2 is wrong"),
        ({"crc": 1}, "the sum of frame 2 is wrong"),
        ({"area": Area(38, 2, 3, 1)}, "does not fit"),
        ({"area": Area(0, 0, 0, 0), "pixels": b""}, "does not fit"),
    ],
)
def test_a_frame_that_was_lost_changed_or_is_foreign_is_refused_and_changes_nothing(change, said):
    frames, mirror = Frames(), Mirror(CONTEXTS[0])
    mirror.take(frames.make(Area(0, 0, 2, 1), b"ab"))
    before = bytes(mirror.pixels)
    with pytest.raises(DecodeError, match=said):
        mirror.take(replace(frames.make(Area(1, 2, 3, 1), b"abc"), **change))
    assert (bytes(mirror.pixels), mirror.sequence) == (before, 1)
