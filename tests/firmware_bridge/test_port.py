import asyncio
import errno
import os
import pty
import termios
import tty
from pathlib import Path

import pytest

from firmware_bridge import port as ports
from firmware_bridge.address import parse_address
from firmware_bridge.errors import PortBusyError, PortError, PortForbiddenError, PortMissingError
from firmware_bridge.opening import open_port
from tests.firmware_bridge.heard import Heard


class Far:
    """The device's end of a pseudo terminal."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)

    def read(self, count):
        data = b""
        while len(data) < count:
            data += os.read(self.master, count - len(data))
        return data

    def unplug(self):
        for fd in (self.slave, self.master):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1

    def free(self):
        os.close(self.slave)
        self.slave = -1


@pytest.fixture
def far():
    far = Far()
    yield far
    far.unplug()


async def opened(far, query=""):
    heard = Heard()
    port = await open_port(parse_address(f"serial:{far.path}{query}"), heard.on_data, heard.on_lost)
    return port, heard


async def test_bytes_go_both_ways(far):
    port, heard = await opened(far)
    port.write(b"\x00hello\xff")
    assert await asyncio.to_thread(far.read, 7) == b"\x00hello\xff"
    os.write(far.master, bytes(range(256)))
    await heard.until(lambda heard: len(heard.data) == 256)
    assert heard.data == bytes(range(256))
    port.close()


async def test_a_rate_changes_after_what_was_written_before(far):
    port, _ = await opened(far, "?baud=9600")
    assert termios.tcgetattr(far.master)[4] == termios.B9600
    port.write(b"0")
    port.set_rate(38400)
    port.write(b"*")
    assert await asyncio.to_thread(far.read, 2) == b"0*"
    assert termios.tcgetattr(far.master)[4] == termios.B38400
    port.close()


async def test_an_unplugged_line_says_so_once_with_what_to_do(far):
    port, heard = await opened(far)
    far.unplug()
    await heard.until(lambda heard: heard.lost is not None)
    assert isinstance(heard.lost, PortMissingError)
    assert "plug it in again" in str(heard.lost)
    heard.lost = None
    port.write(b"into the void")
    port.set_rate(9600)
    port.close()
    assert heard.lost is None


async def test_what_came_before_the_cut_is_still_handed_on(far):
    _, heard = await opened(far)
    os.write(far.master, b"last words")
    await heard.until(lambda heard: heard.data == b"last words")
    far.unplug()
    await heard.until(lambda heard: heard.lost is not None)


async def test_a_closed_line_hands_nothing_on(far):
    port, heard = await opened(far)
    port.close()
    os.write(far.master, b"late")
    await asyncio.sleep(0)
    assert heard.data == b""
    assert heard.lost is None


async def test_a_line_that_takes_nothing_counts_as_dead(far, monkeypatch):
    monkeypatch.setattr(ports, "UNSENT_MAX", 100_000)
    port, heard = await opened(far)
    for _ in range(200):  # a pseudo terminal holds some KiB, and nobody reads
        port.write(bytes(1_000))
    assert "takes nothing any more" in str(heard.lost)


async def test_a_line_that_is_slow_loses_nothing(far):
    port, _ = await opened(far)
    sent = bytes(range(256)) * 200
    port.write(sent)
    port.write(b"end")
    assert await asyncio.to_thread(far.read, len(sent) + 3) == sent + b"end"
    port.close()


async def test_a_missing_line_names_the_remedy():
    with pytest.raises(PortMissingError, match="edgeboard devices lists what is"):
        await open_port(parse_address("serial:/dev/no-such-line"), lambda data: None, lambda why: None)


async def test_a_line_that_is_held_says_so(far):
    first, _ = await opened(far)
    with pytest.raises(PortBusyError, match="holds it"):
        await opened(far)
    first.close()
    second, _ = await opened(far)
    second.close()


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.EACCES, PortForbiddenError, "edgeboard devices --udev"),
        (errno.EBUSY, PortBusyError, "end that program"),
        (errno.ENODEV, PortMissingError, "nothing is plugged in"),
        (errno.EIO, PortMissingError, "nothing is plugged in"),
        (errno.EINVAL, PortError, "is no serial line"),
        (errno.ENFILE, PortError, "cannot be opened as a serial line"),
    ],
)
def test_each_fault_of_the_system_has_its_error_and_remedy(number, kind, said):
    error = ports.explain(Path("/dev/ttyX"), OSError(number, os.strerror(number)))
    assert type(error) is kind
    assert said in str(error)


async def test_a_file_is_no_serial_line(tmp_path):
    (tmp_path / "file").write_text("not a line")
    with pytest.raises(PortError, match="cannot be opened as a serial line"):
        await open_port(parse_address(f"serial:{tmp_path / 'file'}"), lambda data: None, lambda why: None)


async def test_a_terminal_of_ours_can_be_opened_by_another_program(tmp_path):
    heard, link = Heard(), tmp_path / "pen"
    port = await open_port(parse_address(f"pty:{link}"), heard.on_data, heard.on_lost)
    other = os.open(link, os.O_RDWR | os.O_NOCTTY)
    os.write(other, b"\x80from the device\n")
    await heard.until(lambda heard: heard.data == b"\x80from the device\n")
    port.write(b"to the device")
    assert await asyncio.to_thread(os.read, other, 100) == b"to the device"
    os.close(other)
    port.close()
    assert not link.is_symlink()


async def test_the_program_that_holds_a_line_is_named(far, tmp_path):
    process = await asyncio.create_subprocess_exec("sleep", "60", stdin=far.slave)
    try:
        assert ports.holder_of(Path(far.path)) == f"sleep ({process.pid})"
    finally:
        process.kill()
        await process.wait()
    assert ports.holder_of(tmp_path / "nothing") == ""


def test_who_may_not_open_a_line_is_told_the_group_that_may(tmp_path, monkeypatch):
    (tmp_path / "tty").touch()
    (tmp_path / "tty").chmod(0o660)
    monkeypatch.setattr(ports.grp, "getgrgid", lambda number: type("Group", (), {"gr_name": "uucp"}))
    assert ports.rights_remedy(tmp_path / "tty").startswith("sudo usermod -aG uucp $USER, and log in again; or print")
    (tmp_path / "tty").chmod(0o600)
    assert "usermod" not in ports.rights_remedy(tmp_path / "tty")
