"""How a virtual board is started."""

import base64
import re
import socket
import subprocess
import threading
from contextlib import suppress

import pytest

from shipping import guests
from shipping.guests import Guest
from shipping.steps import Trouble


@pytest.fixture
def guest(tmp_path, monkeypatch):
    monkeypatch.setattr(guests.shutil, "which", lambda name: name)
    (tmp_path / "cmdline.txt").write_text("console=ttyAMA0 root=LABEL=EDGEROOT ro rootwait quiet loglevel=4\n")
    return Guest("arm64-virt", tmp_path / "disk.img", tmp_path, port=4711)


def test_a_guest_reaches_nothing_but_the_port_that_is_forwarded(guest):
    words = guest.command()
    assert "user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:4711-:8787" in words
    assert f"file={guest.disk},format=qcow2,if=none,id=h" in words, "the image itself would be written to"


def test_a_guest_takes_the_network_that_it_is_given(guest):
    guest.network = ("-netdev", "tap,id=n")
    assert "tap,id=n" in guest.command()
    assert not any("hostfwd" in word for word in guest.command())


def test_units_are_added_to_from_outside(guest):
    guest.drop_ins = {"edgeboard.service": "[Service]\nWatchdogSec=5min\n"}
    line = guest.command()[guest.command().index("-append") + 1]
    (encoded,) = re.findall(r"set_credential_binary=systemd\.unit-dropin\.edgeboard\.service:(\S+)", line)
    assert base64.b64decode(encoded).decode() == guest.drop_ins["edgeboard.service"]
    assert len(line) < 2048, "the kernel would cut its command line"


@pytest.fixture
def console(guest):
    """A console with a shell that shows what is typed, as a terminal does; what it ran."""
    server, ran = socket.create_server(str(guest.socket), family=socket.AF_UNIX), []

    def serve():
        with suppress(OSError):
            while True:
                one, _ = server.accept()
                with one:
                    typed = one.recv(65536).decode()
                    ran.append(typed)
                    shown = subprocess.run(["sh", "-c", typed.replace("kill -RTMIN+21 1; ", "")], capture_output=True)
                    one.sendall(f"root@board:/# {typed}".replace("\n", "\r\n").encode())
                    one.sendall(shown.stdout.replace(b"\n", b"\r\n"))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield ran
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_what_a_command_says_is_read_from_between_all_else_on_the_console(guest, console):
    assert guest.ask("echo one; echo two >&2") == "one\ntwo\n"
    assert guest.ask("printf ''") == ""
    assert len(console) == 2


def test_a_console_that_says_nothing_is_told_with_the_question(guest):
    with pytest.raises(Trouble, match="console is gone"):
        guest.ask("true", 0.1)


def test_a_missing_qemu_is_named_with_the_command_that_installs_it(guest, monkeypatch):
    monkeypatch.setattr(guests.shutil, "which", lambda name: None)
    with pytest.raises(Trouble, match="apt-get install --no-install-recommends qemu-system-arm"):
        guest.command()


def test_a_board_that_ends_is_told_with_what_it_said_last(guest):
    guest.console.write_text("Kernel panic\n")
    with pytest.raises(Trouble, match="Kernel panic"):
        guest.wait_for_page()
