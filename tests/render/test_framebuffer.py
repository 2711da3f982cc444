"""A framebuffer in a file, with the answers that Linux gives: every depth, rows with gaps, devices that misbehave."""

import errno
import os
import struct

import pytest

from edgeboard.errors import UserError
from edgeboard.render.framebuffer import GRAPHICS, SET_MODE, TEXT, Console, Framebuffer, ask_device, read_info
from edgeboard.render.frames import Frames
from edgeboard.render.values import Area, PixelFormat

RGB = {16: ((11, 5), (5, 6), (0, 5)), 24: ((16, 8), (8, 8), (0, 8)), 32: ((16, 8), (8, 8), (0, 8))}
BGR = {bits: (blue, green, red) for bits, (red, green, blue) in RGB.items()}

# What a 1920 x 1080 screen of 32 bits (bcm2708_fb) answers by the layout of linux/fb.h, 160 and 80 bytes; made by hand,
# not recorded from a board.
PI_VARIABLE = bytes.fromhex(
    "80070000 38040000 80070000 38040000 00000000 00000000 20000000 00000000 10000000 08000000 00000000"
    "08000000 08000000 00000000 00000000 08000000 00000000 18000000 08000000 00000000 00000000 00000000"
    "ffffffff ffffffff 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"
    "00000000 00000000 00000000 00000000 00000000 00000000 00000000"
)
PI_FIXED = bytes.fromhex(
    "42434d32373038204642000000000000 0000343e00000000 00907e00 00000000 00000000 02000000 0100 0100 0000 0000"
    "001e0000 00000000 0000000000000000 00000000 00000000 0000 0000 0000 0000"
)


def answers(width, height, bits, colours, *, stride=None, left=0, top=0, length=None):
    stride = stride or (left + width) * bits // 8
    length = length or (top + height) * stride
    red, green, blue = colours
    variable = struct.pack("@8I", width, height, width + left, height + top, left, top, bits, 0)
    variable += b"".join(struct.pack("@3I", *colour, 0) for colour in (red, green, blue, (0, 0)))
    fixed = struct.pack("@16sLIIIIHHHI", b"simulated", 0, length, 0, 0, 2, 1, 1, 0, stride)
    return variable.ljust(160, b"\0"), fixed.ljust(80, b"\0")


class Simulated:
    """A device whose memory is a file."""

    def __init__(self, tmp_path, *mode, size=None, **more):
        self.path = tmp_path / "fb0"
        self.answers = answers(*mode, **more)
        length = struct.unpack_from("@16sLI", self.answers[1])[2]
        self.path.write_bytes(bytes(length if size is None else size))
        self.failure = None
        self.lost = []

    def ask(self, descriptor):
        os.fstat(descriptor)  # an open one
        if self.failure is not None:
            raise self.failure
        return self.answers

    def open(self):
        return Framebuffer(self.path, "paper", self.lost.append, self.ask)

    @property
    def memory(self):
        return self.path.read_bytes()


def test_a_raspberry_pi_says_what_it_is():
    info = read_info(PI_VARIABLE, PI_FIXED)
    assert (info.width, info.height, info.bits, info.stride, info.begins) == (1920, 1080, 32, 7680, 0)
    assert (info.length, info.format) == (8294400, PixelFormat.XRGB8888)


RED, BLUE = b"\x00\x00\xff\xff", b"\xff\x00\x00\xff"


@pytest.mark.parametrize(
    ("bits", "colours", "red", "blue"),
    [
        (32, RGB, b"\x00\x00\xff\xff", b"\xff\x00\x00\xff"),
        (32, BGR, b"\xff\x00\x00\xff", b"\x00\x00\xff\xff"),
        (24, RGB, b"\x00\x00\xff", b"\xff\x00\x00"),
        (24, BGR, b"\xff\x00\x00", b"\x00\x00\xff"),
        (16, RGB, b"\x00\xf8", b"\x1f\x00"),
        (16, BGR, b"\x1f\x00", b"\x00\xf8"),
    ],
)
def test_px_are_written_as_the_device_has_them_and_nothing_beside_them(tmp_path, bits, colours, red, blue):
    device = Simulated(tmp_path, 8, 6, bits, colours[bits], stride=40, left=1, top=2)
    panel = device.open()
    assert (panel.context.width, panel.context.height) == (8, 6)
    frames = Frames()
    panel.show(frames.make(Area(3, 1, 2, 2), RED + BLUE + BLUE + RED))
    wide, wanted = bits // 8, bytearray(8 * 40)
    for row, pixels in enumerate((red + blue, blue + red)):
        at = (2 + 1 + row) * 40 + (1 + 3) * wide
        wanted[at : at + 2 * wide] = pixels
    assert device.memory == wanted
    panel.show(frames.make(Area(0, 0, 8, 6), BLUE * 48))
    assert device.memory.count(blue) == 48
    panel.close()
    panel.show(frames.make(Area(0, 0, 1, 1), RED))  # after the end: nothing
    assert device.lost == []


@pytest.mark.parametrize(
    ("mode", "more", "said"),
    [
        ((8, 6, 8, RGB[32]), {}, "edgeboard draws 16"),
        ((8, 6, 16, ((10, 5), (5, 5), (0, 5))), {}, "red 5 at 10"),
        ((0, 0, 32, RGB[32]), {"stride": 4}, "connect a screen"),
        ((8, 6, 32, RGB[32]), {"length": 100}, "does not hold 6 rows of 32"),
        ((8, 6, 32, RGB[32]), {"stride": 16, "length": 4096}, "does not hold 6 rows of 16"),
        ((8, 6, 32, RGB[32]), {"size": 100}, "its memory is shorter than its picture"),
    ],
)
def test_a_device_that_cannot_be_drawn_on_says_why(tmp_path, mode, more, said):
    device = Simulated(tmp_path, *mode, **more)
    with pytest.raises(UserError, match=said):
        device.open()


def test_a_device_that_is_missing_forbidden_or_none_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="there is no such device"):
        Framebuffer(tmp_path / "fb9", "paper", pytest.fail, ask_device)
    (tmp_path / "file").write_bytes(b"\0" * 100)
    with pytest.raises(UserError, match="it is no framebuffer"):
        Framebuffer(tmp_path / "file", "paper", pytest.fail, ask_device)
    with pytest.raises(UserError, match="it is no framebuffer; those of this machine: ls /dev/fb"):
        Framebuffer(tmp_path, "paper", pytest.fail, ask_device)
    device = Simulated(tmp_path, 8, 6, 32, RGB[32])
    device.failure = OSError(errno.EACCES, "no")
    with pytest.raises(UserError, match="group video"):
        device.open()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda device: setattr(device, "failure", OSError(errno.ENODEV, "gone")), "opened when it comes back"),
        (lambda device: setattr(device, "answers", answers(4, 4, 32, RGB[32])), "its mode has changed"),
        (lambda device: os.truncate(device.path, 0), "its memory is shorter than its picture"),
    ],
)
def test_a_device_that_goes_or_changes_its_mode_is_said_once_and_written_no_more(tmp_path, change, said):
    device, frames = Simulated(tmp_path, 8, 6, 32, RGB[32]), Frames()
    panel = device.open()
    change(device)
    for _ in range(3):
        panel.show(frames.make(Area(0, 0, 1, 1), RED))
    panel.close()
    assert len(device.lost) == 1
    assert said in device.lost[0]
    assert not any(device.memory)


def test_the_console_is_kept_still_and_given_back(tmp_path):
    (tmp_path / "tty0").write_bytes(b"")
    calls = []
    console = Console(tmp_path / "tty0", lambda descriptor, request, mode: calls.append((request, mode)))
    assert console.take()
    console.give_back()
    console.give_back()
    assert calls == [(SET_MODE, GRAPHICS), (SET_MODE, TEXT)]


def test_a_console_that_is_none_of_ours_is_left_alone(tmp_path):
    def refuse(*request):
        raise OSError(errno.EPERM, "no")

    (tmp_path / "tty0").write_bytes(b"")
    assert not Console(tmp_path / "tty0", refuse).take()
    assert not Console(tmp_path / "tty1").take()
