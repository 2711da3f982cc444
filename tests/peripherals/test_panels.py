"""URLs and names of panels: what is taken, and what is said about what is not."""

import pytest

from edgeboard.peripherals.panels import (
    FORMATS,
    REFRESHES,
    Driver,
    PanelSettings,
    check_name,
    name_of,
    parse_driver,
    read_driver,
)
from edgeboard.render.values import PixelFormat, Refresh


def test_the_words_of_a_url_are_those_of_the_panels():
    assert tuple(each.value for each in PixelFormat) == FORMATS
    assert tuple(each.value for each in Refresh) == REFRESHES


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("fb:/dev/fb0", Driver("fb", "/dev/fb0")),
        ("png:/run/wall.png", Driver("png", "/run/wall.png", 800, 480, "grey1", "eink")),
        ("png:/w.png?width=250&height=122&format=bwr", Driver("png", "/w.png", 250, 122, "bwr", "eink")),
        ("virtual:wall?format=rgb888&refresh=eink", Driver("virtual", "wall", 800, 480, "rgb888", "eink")),
    ],
)
def test_a_url_of_a_panel_is_read(text, driver):
    assert parse_driver(text) == driver
    assert read_driver(text) == text
    assert not PanelSettings(text).is_bridged


@pytest.mark.parametrize("text", ["sim:waveshare43", "spi:/dev/spidev0.0?driver=it8951&vcom=1530"])
def test_devices_of_the_bridge_are_panels_too(text):
    assert PanelSettings(read_driver(text)).is_bridged
    assert not PanelSettings().is_bridged


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fb:", "write fb:/dev/fb0"),
        ("fb:/dev/fb0?width=3", "nothing behind it"),
        ("png:wall.png", "write its whole path"),
        ("png:/tmp/", "write its whole path"),
        ("virtual:", "no name of a panel"),
        ("virtual:A wall", "a-z, 0-9"),
        ("virtual:wall?widht=3", "did you mean width"),
        ("virtual:wall?width=3", "from 16 to 4096 px"),
        ("virtual:wall?width=800&width=900", "said twice"),
        ("virtual:wall?format=grey3", "one of grey1, grey2"),
        ("virtual:wall?refresh=fast", "one of lcd, eink"),
        ("virtual:w\x00", "a short line of text"),
        ("hdmi:0", "virtual:NAME"),
    ],
)
def test_what_means_nothing_is_refused_with_what_would(text, said):
    with pytest.raises(ValueError, match=said):
        read_driver(text)


@pytest.mark.parametrize(
    ("driver", "name"),
    [
        ("fb:/dev/fb0", "fb0"),
        ("png:/run/Wall 3.png?width=20", "wall-3"),
        ("virtual:kitchen?width=800", "kitchen"),
        ("serial:/dev/serial/by-id/usb-FTDI_FT232R-if00-port0?driver=mcu", "usb-ftdi_ft232r-if00-port0"),
        ("sim:waveshare43?picture=/tmp/a.png", "waveshare43"),
        ("pty:", "pty"),
        ("serial:/dev/" + "x" * 99, "x" * 40),
    ],
)
def test_a_panel_without_a_name_is_named_after_its_driver(driver, name):
    assert check_name(name_of(driver)) == name
