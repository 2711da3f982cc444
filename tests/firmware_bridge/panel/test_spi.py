import sys
from types import SimpleNamespace
from typing import ClassVar

import pytest

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel.spi import CHUNK, Pins, SpiWires


class Bus:
    def __init__(self, device, mode, hertz, extra_flags=0):
        self.opened = (device, mode, hertz, extra_flags)
        self.sizes, self.is_open = [], True

    def transfer(self, data):
        self.sizes.append(len(data))
        return bytes(byte ^ 255 for byte in data)

    def close(self):
        self.is_open = False


class Line:
    made: ClassVar[list["Line"]] = []

    def __init__(self, chip, number, direction):
        if number == 99:
            raise LookupError("no line 99")
        self.opened, self.levels, self.is_open = (chip, number, direction), [], True
        Line.made.append(self)

    def read(self):
        return True

    def write(self, level):
        if len(self.levels) == 3:
            raise OSError("gone")
        self.levels.append(level)

    def close(self):
        self.is_open = False


@pytest.fixture
def library(monkeypatch):
    """A stand-in for the library of the pins, which needs pins."""
    Line.made = []
    monkeypatch.setitem(sys.modules, "periphery", SimpleNamespace(SPI=Bus, GPIO=Line))
    return Line.made


def test_pins_are_opened_so_that_nothing_is_reset_or_selected_by_it(library):
    SpiWires("/dev/spidev0.0", Pins(select=8), 24_000_000)
    assert [line.opened[1:] for line in library] == [(24, "in"), (17, "high"), (25, "low"), (8, "high")]


def test_long_data_goes_in_the_pieces_the_kernel_takes(library):
    wires = SpiWires("/dev/spidev0.0", Pins())
    data = bytes(range(256)) * 40
    assert wires.exchange(data) == bytes(byte ^ 255 for byte in data)
    assert wires._bus.sizes == [CHUNK, CHUNK, len(data) - 2 * CHUNK]


def test_a_select_of_ours_is_low_while_active_and_the_kernel_keeps_its_hands_off(library):
    wires = SpiWires("/dev/spidev0.0", Pins(data=None, select=8))
    wires.select(True)
    wires.select(False)
    assert library[-1].levels == [False, True]
    assert wires._bus.opened[3] != 0
    with pytest.raises(DeviceError, match="D/C"):
        wires.set_data(True)


def test_without_one_the_kernel_selects(library):
    wires = SpiWires("/dev/spidev0.0", Pins())
    wires.select(True)
    assert wires._bus.opened[3] == 0


def test_a_line_that_cannot_be_had_is_one_clear_error_and_what_was_opened_is_let_go(library):
    with pytest.raises(DeviceError, match=r"no line 99.*groups spi and gpio"):
        SpiWires("/dev/spidev0.0", Pins(reset=99))
    assert not any(line.is_open for line in library)


def test_a_pin_that_fails_is_an_error_of_the_device(library):
    wires = SpiWires("/dev/spidev0.0", Pins())
    for _ in range(3):
        wires.set_reset(True)
    with pytest.raises(DeviceError, match="gone"):
        wires.set_reset(False)


def test_closing_lets_go_of_everything_and_may_be_said_twice(library):
    wires = SpiWires("/dev/spidev0.0", Pins())
    bus = wires._bus
    wires.close()
    wires.close()
    assert not bus.is_open
    assert not any(line.is_open for line in library)
    with pytest.raises(DeviceError, match="closed"):
        wires.exchange(b"1")


def test_a_missing_library_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "periphery", None)
    with pytest.raises(DeviceError, match=r"python-periphery"):
        SpiWires("/dev/spidev0.0", Pins())
