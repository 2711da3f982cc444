import pytest

from firmware_bridge.sim.line import LineDevice, misread


class Echo(LineDevice):
    def hear(self, data, now):
        self.heard = data
        self.say(data)


def test_at_its_own_rate_a_device_hears_and_says_every_byte():
    device, everything = Echo(19_200), bytes(range(256))
    device.set_line(19_200)
    device.receive(everything, 0.0)
    assert device.heard == everything
    assert device.drain() == [everything]


@pytest.mark.parametrize("baud", [300, 9_600, 38_400, 57_600, 115_200])
def test_at_another_rate_both_ends_hear_garbage(baud):
    device = Echo(19_200)
    device.set_line(baud)
    device.receive(b"*query*", 0.0)
    assert device.heard != b"*query*"
    assert b"".join(device.drain()) != b"*query*"


def test_a_rate_that_is_off_by_a_crystal_is_the_same_rate():
    device = Echo(115_200)
    device.set_line(115_942)
    device.receive(b"OK", 0.0)
    assert device.drain() == [b"OK"]


# Worked by hand from the levels on the line.
@pytest.mark.parametrize(
    ("data", "sent_at", "heard_at", "heard"),
    [
        (b"\x55\xaa", 9_600, 9_600, b"\x55\xaa"),
        (b"\x00", 9_600, 19_200, b"\x00"),  # nine low bits are a break of eighteen: one byte without a stop bit
        (b"\xff", 9_600, 19_200, b"\xfe"),  # a start bit of double length: start, and bit 0 low
        (b"\xf0", 9_600, 19_200, b"\x00"),  # five low bits are ten: again no stop bit
        (b"\xff", 19_200, 9_600, b""),  # half a bit is too short to be a start bit
        (b"\x00\x00", 19_200, 9_600, b"\x08"),  # every second level: start 0, 000 1 0000 with a stop bit as bit 3, 1
    ],
)
def test_what_is_misread_is_what_the_levels_say(data, sent_at, heard_at, heard):
    assert misread(data, sent_at, heard_at) == heard


def test_a_line_without_a_rate_carries_nothing():
    assert misread(b"abc", 0, 9_600) == b""
    assert misread(b"abc", 9_600, 0) == b""


@pytest.mark.parametrize("rates", [(110, 115_200), (115_200, 110), (9_600, 10_400), (1, 3)])
def test_any_bytes_at_any_rates_are_misread_in_the_end(rates):
    for data in (bytes(range(256)), b"\x00" * 50, b"\xff" * 50, b"\x0f" * 50):
        assert len(misread(data, *rates)) <= len(data) * (rates[1] // rates[0] + 1)
