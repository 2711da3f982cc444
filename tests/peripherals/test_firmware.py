"""The door to firmware: errors are those of edgeboard."""

import pytest

from edgeboard.errors import TransportError, UserError
from edgeboard.peripherals.firmware import FirmwareDevice, read_image
from firmware_bridge.sim.smp import SmpDevice
from tests.firmware_bridge.microcontrollers import NEW, OLD, on_pty


@pytest.fixture
def host():
    hosts = []

    def start(**options):
        hosts.append(on_pty(SmpDevice(OLD, **{"burst": 0, "erase_s": 0.0} | options)))
        hosts[-1].start()
        return hosts[-1]

    yield start
    for each in hosts:
        each.stop()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("/dev/nothing", "nothing is plugged in there"),
        ("serail:/dev/x", "did you mean serial"),
        ("spi:/dev/spidev0.0", "firmware goes over a serial line"),
        ("auto", "firmware goes over a serial line"),
        ("socket://127.0.0.1:1", "is the adapter switched on"),
    ],
)
async def test_a_line_that_cannot_be_opened_is_the_users_to_mend(url, text):
    with pytest.raises(UserError, match=text):
        await FirmwareDevice.open(url)


async def test_a_busy_port_says_what_to_do(host):
    line = host()
    device = await FirmwareDevice.open(str(line.path))
    with pytest.raises(UserError, match="holds it; end that program"):
        await FirmwareDevice.open(str(line.path))
    device.close()


async def test_commands_that_a_firmware_lacks_are_no_errors_where_it_works_without(host):
    device = await FirmwareDevice.open(str(host(commands=frozenset({"upload"})).path))
    image = read_image("new.bin", NEW)
    assert await device.slots() is None
    assert await device.buffer_size() is None
    assert not await device.try_next(image.hash)
    assert (await device.upload(image, lambda *_: None)).checked
    with pytest.raises(TransportError, match="no such command"):
        await device.confirm()
    device.close()


def test_a_file_that_is_no_image_is_named():
    with pytest.raises(UserError, match=r"cannot send notes\.txt: it is no image"):
        read_image("notes.txt", b"notes")
