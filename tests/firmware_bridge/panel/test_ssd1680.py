import pytest

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel.ssd1680 import Ssd1680
from firmware_bridge.panel.values import Mode, Rect, Update

WHOLE = Rect(0, 0, 20, 6)  # 20 px: the last byte of a row has four that are not there


class Pins:
    """Wires that keep commands with their data; busy (high) for some asks after each that works."""

    def __init__(self):
        self.sent, self.resets, self.busy, self.is_data = [], 0, 0, False
        self.is_stuck = False

    def select(self, on):
        pass

    def exchange(self, data):
        assert self.busy == 0, f"{data.hex()} while it works"
        if self.is_data:
            self.sent[-1] = (self.sent[-1][0], data)
        else:
            self.sent.append((data[0], b""))
            self.busy = 3 if data[0] in (0x12, 0x20) else 0
        return bytes(len(data))

    def set_data(self, level):
        self.is_data = level

    def busy_level(self):
        self.busy = max(self.busy - 1, 0)
        return self.is_stuck or bool(self.busy)

    def set_reset(self, level):
        self.resets += not level
        self.busy = 0

    def wait(self, seconds):
        pass

    def close(self):
        pass

    def take(self):
        sent, self.sent = self.sent, []
        return [(code, data.hex()) for code, data in sent]


@pytest.fixture
def pins():
    return Pins()


@pytest.fixture
def panel(pins):
    panel = Ssd1680(pins, WHOLE.w, WHOLE.h)
    panel.start()
    return panel


def show(panel, rect, grey, mode):
    begun = []
    panel.show(Update(1, rect, bytes([grey]) * rect.area, mode, 0, 1), lambda: begun.append(True))
    assert begun == [True]


def test_it_is_reset_by_pin_and_by_command_and_told_its_size(pins):
    facts = Ssd1680(pins, 128, 296).start()
    assert pins.resets == 1
    assert pins.take() == [(0x12, ""), (0x01, "270100"), (0x11, "03"), (0x18, "80")]
    assert (facts.width, facts.height, facts.align_x) == (128, 296, 8)


def test_the_first_refresh_must_be_a_full_one(panel):
    with pytest.raises(DeviceError, match="first refresh"):
        show(panel, Rect(0, 0, 8, 2), 0, Mode.GREY)


def test_a_full_refresh_fills_both_planes_and_ignores_the_old_one(panel, pins):
    pins.take()
    show(panel, WHOLE, 0, Mode.FULL)
    sent = pins.take()
    assert sent[4:9] == [(0x44, "0002"), (0x45, "00000500"), (0x4E, "00"), (0x4F, "0000"), (0x24, "00000f" * 6)]
    assert (0x26, "00000f" * 6) in sent
    assert sent[-4:] == [(0x3C, "05"), (0x21, "4080"), (0x22, "f7"), (0x20, "")]


def test_a_part_compares_what_was_with_what_shall_be_and_leaves_the_planes_alike(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    pins.take()
    show(panel, Rect(8, 1, 8, 2), 0, Mode.FAST)
    sent = pins.take()
    assert [entry for entry in sent if entry[0] in (0x24, 0x26, 0x22, 0x21)] == [
        (0x26, "ffff"), (0x24, "0000"), (0x21, "0080"), (0x22, "ff"), (0x26, "0000"),
    ]  # fmt: skip
    assert sent[0] == (0x44, "0101")
    assert sent[1] == (0x45, "01000200")


def test_after_sleep_it_is_reset_and_both_planes_are_written_whole(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    panel.rest()
    panel.rest()
    assert pins.take()[-1] == (0x10, "01")
    show(panel, Rect(8, 1, 8, 2), 0, Mode.FAST)
    sent = pins.take()
    assert sent[0] == (0x12, "")
    assert sent.count((0x26, "ffffff" * 6)) == sent.count((0x24, "ffffff" * 6)) == 1


def test_one_that_never_gets_ready_is_an_error_and_its_glass_not_known(panel, pins):
    show(panel, WHOLE, 255, Mode.FULL)
    pins.is_stuck = True
    with pytest.raises(DeviceError, match="BUSY"):
        show(panel, Rect(0, 0, 8, 1), 0, Mode.FAST)
    pins.is_stuck, pins.busy = False, 0
    with pytest.raises(DeviceError, match="first refresh"):
        show(panel, Rect(0, 0, 8, 1), 0, Mode.FAST)


def test_modes_it_does_not_have_are_refused(panel):
    show(panel, WHOLE, 255, Mode.FULL)
    with pytest.raises(DeviceError, match="no refresh init"):
        show(panel, WHOLE, 255, Mode.INIT)
