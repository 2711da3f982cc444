import pytest

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel import frame
from firmware_bridge.panel.uc8179 import Uc8179
from firmware_bridge.panel.values import Mode, Rect, Update

WHOLE = Rect(0, 0, 32, 8)


class Pins:
    """Wires that keep commands with their data; busy for some asks after each that works."""

    def __init__(self, works=(0x04, 0x12, 0x02), busy_at=False):
        self.sent, self.resets, self.closed = [], 0, False
        self.is_data, self.works, self.busy, self.busy_at = False, works, 0, busy_at

    def select(self, on):
        pass

    def exchange(self, data):
        if self.is_data:
            self.sent[-1] = (self.sent[-1][0], data)
        else:
            assert self.busy == 0 or data == b"\x71", f"command {data.hex()} while it works"
            self.sent.append((data[0], b""))
            if data[0] in self.works:
                self.busy = 3
        return bytes(len(data))

    def set_data(self, level):
        self.is_data = level

    def busy_level(self):
        self.busy = max(self.busy - 1, 0)
        return self.busy_at if self.busy else not self.busy_at

    def set_reset(self, level):
        if not level:
            self.resets += 1
            self.busy = 0

    def wait(self, seconds):
        pass

    def close(self):
        self.closed = True

    def take(self):
        sent, self.sent = self.sent, []
        return [(code, data.hex()) for code, data in sent if code != 0x71]


@pytest.fixture
def pins():
    return Pins()


@pytest.fixture
def panel(pins):
    panel = Uc8179(pins, 32, 8)
    panel.start()
    pins.take()
    return panel


def update(rect, grey, mode, number=1):
    pixels = bytes([grey]) * rect.area
    return Update(number, rect, pixels, mode, 0, 1)


def show(panel, *changes):
    begun = []
    panel.show(update(*changes), lambda: begun.append(True))
    assert begun == [True]


def test_it_begins_as_the_note_says(pins):
    facts = Uc8179(pins, 800, 480).start()
    assert pins.take() == [
        (0x06, "17172817"), (0x01, "07072817"), (0x04, ""), (0x00, "1f"), (0x61, "032001e0"), (0x15, "00"),
        (0x50, "1007"), (0x60, "22"),
    ]  # fmt: skip
    assert (facts.align_x, facts.full_every_s, facts.greys) == (8, 180.0, 2)


def test_a_quick_one_is_told_a_temperature(pins):
    Uc8179(pins, 32, 8, is_quick=True).start()
    sent = pins.take()
    assert sent[0] == (0x06, "27271817")
    assert sent[-2:] == [(0xE0, "02"), (0xE5, "5a")]


def test_the_first_refresh_must_be_a_full_one(panel):
    with pytest.raises(DeviceError, match="first refresh"):
        show(panel, Rect(0, 0, 8, 2), 0, Mode.FAST)


def test_a_full_refresh_has_ones_for_black_and_drives_every_px(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    sent = pins.take()
    at = sent.index((0x12, ""))
    assert sent[at - 2 : at] == [(0x10, "ff" * 32), (0x13, "00" * 32)]
    assert pins.resets == 2


def test_a_full_refresh_ends_ready_for_a_pen(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    sent = pins.take()
    assert sent[sent.index((0x12, "")) + 1 :] == [
        (0x00, "1f"), (0x04, ""), (0xE0, "02"), (0xE5, "6e"), (0x50, "a907"), (0x10, "ff" * 32), (0x13, "ff" * 32),
    ]  # fmt: skip


def test_a_part_is_written_over_the_old_plane_as_the_glass_shows_it(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    pins.take()
    show(panel, Rect(8, 2, 16, 2), 0, Mode.FAST)
    assert pins.take() == [
        (0x50, "a907"),
        (0x91, ""), (0x90, "00080017" + "00020003" + "01"), (0x10, "ff" * 4), (0x13, "00" * 4), (0x12, ""), (0x92, ""),
    ]  # fmt: skip
    show(panel, Rect(0, 2, 16, 1), 255, Mode.GREY)
    sent = pins.take()
    assert (0x10, "ff00") in sent
    assert (0x13, "ffff") in sent
    assert (0xE5, "6e") not in sent


def test_after_sleep_it_is_reset_and_the_old_plane_written_whole(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    show(panel, Rect(8, 2, 16, 2), 0, Mode.FAST)
    panel.rest()
    panel.rest()
    assert pins.take()[-3:] == [(0x50, "f7"), (0x02, ""), (0x07, "a5")]
    resets = pins.resets
    show(panel, Rect(0, 0, 8, 1), 0, Mode.FAST)
    assert pins.resets == resets + 1
    glass = "ffffffff" * 2 + "ff0000ff" * 2 + "ffffffff" * 4
    assert (0x10, glass) in pins.take()


def test_a_part_after_a_full_refresh_that_failed_is_not_trusted(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    pins.busy_level = lambda: False  # stuck
    with pytest.raises(DeviceError, match="BUSY"):
        show(panel, Rect(0, 0, 8, 1), 0, Mode.FAST)
    del pins.busy_level
    pins.busy = 0
    with pytest.raises(DeviceError, match="first refresh"):
        show(panel, Rect(0, 0, 8, 1), 0, Mode.FAST)


def test_modes_it_does_not_have_are_refused(panel):
    show(panel, WHOLE, 255, Mode.FULL)
    with pytest.raises(DeviceError, match="no refresh direct"):
        show(panel, WHOLE, 255, Mode.DIRECT)


def test_closing_lets_go_of_the_pins(panel, pins):
    panel.close()
    assert pins.closed


def test_bits_are_in_order_from_the_left(panel, pins):
    pixels = bytearray(b"\xff" * WHOLE.area)
    pixels[0] = 0
    panel.show(Update(1, WHOLE, bytes(pixels), Mode.FULL, 0, 1), lambda: None)
    sent = pins.take()
    assert sent[sent.index((0x12, "")) - 1][1].startswith("80")
    assert frame.pack(bytes(pixels), 32, 2).hex().startswith("7f")
