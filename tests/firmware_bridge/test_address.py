import pytest

from firmware_bridge.address import parse_address
from firmware_bridge.errors import AddressError


@pytest.mark.parametrize(
    "text",
    [
        "serial:/dev/serial/by-id/usb-Wacom?baud=38400",
        "socket://bench:4001",
        "socket://[::1]:4001",
        "pty:",
        "pty:/run/pen",
        "sim:waveshare43",
        "sim:isdv4?file=/tmp/a.jsonl&loop=1",
        "evdev:",
        "evdev:/dev/input/event5",
        "spi:/dev/spidev0.0?driver=it8951&busy=24",
        "auto",
    ],
)
def test_an_address_is_written_as_it_was_read(text):
    assert str(parse_address(text)) == text


def test_a_bare_path_is_a_serial_line():
    address = parse_address("/dev/ttyUSB0?baud=19200")
    assert (address.scheme, address.place, address.rate) == ("serial", "/dev/ttyUSB0", 19200)


def test_a_socket_has_a_host_and_a_port():
    assert parse_address("socket://[fe80::1]:4001").endpoint == ("fe80::1", 4001)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seriel:/dev/ttyUSB0", "did you mean serial?"),
        ("gopher:x", "write one of serial:"),
        ("serial:", "does not say where the device is"),
        ("serial:ttyUSB0", "is no path"),
        ("serial:/dev/ttyUSB0?baud=fast", "write one of 1200"),
        ("serial:/dev/ttyUSB0?baud=31250", "write one of 1200"),
        ("socket://bench", "HOST:PORT"),
        ("socket://bench:99999", "HOST:PORT"),
        ("auto:everything", "auto stands alone"),
        ("serial:/dev/ttyUSB0?fast", "name=value"),
        ("serial:/dev/ttyUSB0?diver=mcu", "did you mean driver?"),
        ("serial:/dev/ttyUSB0?driver=isdv5", "did you mean isdv4?"),
        ("evdev:?baud=9600", "it has none"),
        ("sim:" + "x" * 2000, "short line"),
        ("serial:/dev/tty\x00", "short line"),
        ("", "write one of serial:"),
    ],
)
def test_what_is_no_address_is_refused_with_what_would_be_one(text, said):
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert said in str(caught.value)
