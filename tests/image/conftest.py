"""Images that boot under full-system emulation; `./dev test --image` alone runs these, for each takes minutes.

The image is made first: `./dev image --board arm64-virt --try`; EDGEBOARD_IMAGES names another folder than dist/.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shipping import disks
from shipping.guests import Guest
from tests.conftest import find_program
from tests.netns.conftest import ip, network, until_linked_fixture  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parents[2]
IMAGES = Path(os.environ.get("EDGEBOARD_IMAGES", ROOT / "dist"))
PROGRAMS = {"arm64-virt": "qemu-system-aarch64", "riscv64-virt": "qemu-system-riscv64"}
# What a guest that is plugged in is told of the network; its interface is called by the slot of its bus that it is in.
SLOT = 5
ADDRESS = "10.77.0.200"
NETWORK = f"""\
network:
  version: 2
  ethernets:
    enp0s{SLOT}: {{addresses: [{ADDRESS}/24]}}
"""
PACKAGES = {"arm64-virt": "qemu-system-arm", "riscv64-virt": "qemu-system-misc"}


def image_of(board):
    """The image of a board; a test without one is skipped with the command that makes it."""
    is_virtual = board in PROGRAMS
    path = IMAGES / f"edgeboard-{board}{'-try' if is_virtual else ''}.img"
    if not path.exists():
        pytest.skip(f"there is no {path}: make it with ./dev image --board {board}{' --try' if is_virtual else ''}")
    if is_virtual:
        find_program(PROGRAMS[board], (PROGRAMS[board],), PACKAGES[board])
    return path


class Cards:
    """Copies of images with an owner's files on them, and the boards they are put into."""

    def __init__(self, folder):
        self._folder = folder
        self.guests = []

    def flash(self, board, **files):
        """A copy of an image with files on its boot partition, a board that has it, not switched on."""
        folder = self._folder / f"board{len(self.guests)}"
        folder.mkdir()
        card = folder / "card.img"
        subprocess.run(["cp", "--sparse=always", image_of(board), card], check=True)
        for name, text in files.items():
            (folder / name).write_text(text)
        names = {"user_data": "user-data", "network": "network-config", "node": "edgeboard.yaml"}
        for name in files:
            (folder / name).rename(folder / names.get(name, "edgeboard-join.txt"))
        if files:
            disks.put(card, [folder / names.get(name, "edgeboard-join.txt") for name in files])
        self.guests.append(Guest(board, card, folder))
        return self.guests[-1]


@pytest.fixture
def cards(tmp_path):
    made = Cards(tmp_path)
    yield made
    for guest in made.guests:
        guest.cut_power()
        guest.disk.unlink(missing_ok=True)
        shutil.rmtree(guest.folder, ignore_errors=True)


def patiently(check, seconds):
    """Ask now and then until `check` gives something true, and return that; each question costs the board some time."""
    began = time.monotonic()
    while not (result := check()):
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds} s"
        time.sleep(3)
    return result


def ask_from(machine, url):
    """What a machine of a network is answered; nothing if there is no answer."""
    fetch = f"import urllib.request; print(urllib.request.urlopen({url!r}, timeout=20).read().decode())"
    try:
        return machine.run(sys.executable, "-c", fetch)
    except AssertionError:
        return ""


def plug_in(made, guest):
    """Words for qemu that plug a guest into the switch of a network; qemu runs where the switch is."""
    switch = made._switch
    ip("-n", switch, "tuntap", "add", "guest", "mode", "tap")
    ip("-n", switch, "link", "set", "guest", "master", "br0")
    ip("-n", switch, "link", "set", "guest", "up")
    guest.network = (
        *("-netdev", "tap,id=n,ifname=guest,script=no,downscript=no"),
        *("-device", f"virtio-net-pci,netdev=n,romfile=,addr={SLOT}"),
    )
    return ("ip", "netns", "exec", switch)
