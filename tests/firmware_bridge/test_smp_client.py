"""Firmware over a real pseudo terminal."""

import asyncio
import os
import pty
import tty

import pytest

from firmware_bridge.address import parse_address
from firmware_bridge.errors import DeviceError, PortBusyError, PortMissingError
from firmware_bridge.sim.smp import SmpDevice
from firmware_bridge.smp_client import FirmwareClient, RefusedByDevice
from tests.firmware_bridge.microcontrollers import NEW, OLD, image, on_pty


@pytest.fixture
def host():
    hosts = []

    def start(**options):
        hosts.append(on_pty(SmpDevice(OLD, **{"burst": 0, "erase_s": 0.0, "boot_s": 0.0} | options)))
        hosts[-1].start()
        return hosts[-1]

    yield start
    for each in hosts:
        each.stop()


async def test_an_image_is_sent_tried_and_confirmed(host):
    line = host()
    client = await FirmwareClient.open(parse_address(str(line.path)))
    assert (await client.parameters()).buffer_size == 384
    told = []
    done = await client.upload(image(), lambda *progress: told.append(progress))
    assert (done.checked, told[-1], line.device.slots[1]) == (True, (len(NEW), len(NEW)), NEW)
    assert [slot.pending for slot in await client.mark(image().hash, confirm=False)] == [False, True]
    await client.reset()
    runs = (await client.wait_for_restart())[0]
    assert (runs.version, runs.confirmed) == ("1.2.3", False)
    assert (await client.mark(None, confirm=True))[0].confirmed
    client.close()


async def test_a_port_is_held_for_one_alone(host):
    line = host()
    client = await FirmwareClient.open(parse_address(str(line.path)))
    with pytest.raises(PortBusyError):
        await FirmwareClient.open(parse_address(str(line.path)))
    client.close()
    (await FirmwareClient.open(parse_address(str(line.path)))).close()


async def test_a_refusal_keeps_its_reason(host):
    client = await FirmwareClient.open(parse_address(str(host().path)))
    with pytest.raises(RefusedByDevice, match="no such image") as caught:
        await client.mark(b"x" * 32, confirm=False)
    assert caught.value.refusal.reason == 3
    client.close()


async def test_a_server_that_does_not_tell_its_buffers_is_no_error(host):
    client = await FirmwareClient.open(parse_address(str(host(commands=frozenset({"state"})).path)))
    assert await client.parameters() is None
    client.close()


async def test_a_line_that_goes_away_ends_the_upload_with_its_reason():
    master, slave = pty.openpty()
    tty.setraw(slave)
    client = await FirmwareClient.open(parse_address(os.ttyname(slave)))
    os.close(slave)
    asking = asyncio.ensure_future(client.slots())
    await asyncio.sleep(0)
    os.close(master)
    with pytest.raises(PortMissingError, match="unplugged"):
        await asking
    client.close()


async def test_a_device_that_cannot_list_its_images_is_back_when_it_says_so(host):
    client = await FirmwareClient.open(parse_address(str(host(commands=frozenset({"reset"})).path)))
    await client.reset()
    assert await client.wait_for_restart() == ()
    client.close()


async def test_a_device_that_does_not_come_back_is_told(host, monkeypatch):
    monkeypatch.setattr("firmware_bridge.smp_client.RESTART_S", 0.0)
    client = await FirmwareClient.open(parse_address(str(host().path)))
    with pytest.raises(DeviceError, match="not back"):
        await client.wait_for_restart()
    client.close()
