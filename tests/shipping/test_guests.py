"""How a virtual board is started."""

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


def test_a_missing_qemu_is_named_with_the_command_that_installs_it(guest, monkeypatch):
    monkeypatch.setattr(guests.shutil, "which", lambda name: None)
    with pytest.raises(Trouble, match="apt-get install --no-install-recommends qemu-system-arm"):
        guest.command()


def test_a_board_that_ends_is_told_with_what_it_said_last(guest):
    guest.console.write_text("Kernel panic\n")
    with pytest.raises(Trouble, match="Kernel panic"):
        guest.wait_for_page()
