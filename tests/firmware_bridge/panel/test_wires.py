import pytest

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel.wires import send_command, wait_for


class Recorder:
    """Wires that write down what is done with them."""

    def __init__(self, levels=()):
        self.done = []
        self.levels = iter(levels)
        self.waited = 0.0

    def select(self, on):
        self.done.append(("select", on))

    def exchange(self, data):
        self.done.append(data)
        return bytes(len(data))

    def set_data(self, level):
        self.done.append(("data", level))

    def busy_level(self):
        return next(self.levels, False)

    def set_reset(self, level):
        self.done.append(("reset", level))

    def wait(self, seconds):
        self.waited += seconds

    def close(self):
        self.done.append("close")


def test_a_command_goes_with_the_pin_low_and_its_data_with_the_pin_high():
    wires = Recorder()
    send_command(wires, 0x61, b"\x03\x20")
    assert wires.done == [
        ("data", False), ("select", True), b"\x61", ("select", False),
        ("data", True), ("select", True), b"\x03\x20", ("select", False),
    ]  # fmt: skip


def test_waiting_ends_with_what_is_waited_for():
    wires = Recorder([False, False, True])
    wait_for(wires, wires.busy_level, 1.0, "its reset", 0.1)
    assert wires.waited == pytest.approx(0.2)


def test_waiting_in_vain_says_for_what_and_what_to_look_at():
    wires = Recorder()
    with pytest.raises(DeviceError, match=r"its reset within 1 s.*BUSY"):
        wait_for(wires, wires.busy_level, 1.0, "its reset", 0.1)
    assert wires.waited == pytest.approx(1.0, abs=0.11)
