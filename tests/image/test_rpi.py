"""The image of a Raspberry Pi, as its own firmware will find it; no emulator runs that firmware."""

import pytest

from shipping import disks, firmware
from tests.image.conftest import image_of

pytestmark = pytest.mark.image


@pytest.fixture(scope="module")
def image():
    return image_of("rpi")


@pytest.fixture(scope="module")
def boot(image, tmp_path_factory):
    folder = tmp_path_factory.mktemp("boot")
    disks.get(image, disks.names_on_boot(image), folder)
    return folder


def test_all_that_the_firmware_reads_is_there_and_not_empty(boot):
    names = ("bootcode.bin", "start.elf", "start4.elf", "fixup.dat", "fixup4.dat", "config.txt", "cmdline.txt")
    for name in (*names, "vmlinuz", "initrd.img", *firmware.TREES):
        assert (boot / name).stat().st_size > 0, name


def test_what_the_configuration_names_is_there(boot):
    lines = (boot / "config.txt").read_text().splitlines()
    kernel = next(line.removeprefix("kernel=") for line in lines if line.startswith("kernel="))
    initrd = next(line.split()[1] for line in lines if line.startswith("initramfs "))
    assert (boot / kernel).exists()
    assert (boot / initrd).exists()


def test_the_root_that_the_kernel_is_told_is_the_one_on_the_card(image, boot):
    assert "root=LABEL=EDGEROOT ro" in (boot / "cmdline.txt").read_text()
    with image.open("rb") as file:
        file.seek((disks.BOOT_AT + disks.BOOT_MIB) * disks.MIB + 1024 + 0x78)
        assert file.read(8) == b"EDGEROOT"


def test_no_secret_of_anybody_is_on_a_fresh_card(boot):
    names = {path.name for path in boot.iterdir()}
    assert not names & {"user-data", "network-config", "edgeboard.yaml", "edgeboard-join.txt"}
