"""The image of a Raspberry Pi, as its own firmware and kernel will find it; no emulator runs that firmware."""

import json
import subprocess

import pytest

from shipping import disks, firmware, imager
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


@pytest.fixture(scope="module")
def partitions(image):
    """Where the three of them begin, in bytes."""
    words = ["sfdisk", "--json", image]
    done = subprocess.run(words, capture_output=True, check=True, env={"PATH": disks.PATH})
    return [part["start"] * 512 for part in json.loads(done.stdout)["partitiontable"]["partitions"]]


@pytest.fixture
def look(image, partitions):
    """What debugfs says of a file: (command, path, number of the partition)."""

    def ask(command, path, partition):
        words = ["debugfs", "-R", f"{command} {path}", f"{image}?offset={partitions[partition - 1]}"]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env={"PATH": disks.PATH})
        assert "not found" not in done.stderr, done.stderr
        return done.stdout

    return ask


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


def test_no_secret_of_anybody_is_on_a_fresh_card(boot, look):
    names = {path.name for path in boot.iterdir()}
    assert not names & {"user-data", "network-config", "edgeboard.yaml", "edgeboard-join.txt"}
    assert "ssh_host" not in look("ls -p", "/etc/ssh", 2), "all boards would have one host key"
    assert look("cat", "/etc/machine-id", 2) == "", "all boards would be one machine"
    assert "/edgeboard/" not in look("ls -p", "/lib", 3), "all boards would have the key of one"


def test_the_root_has_drivers_of_the_wi_fi_and_what_is_done_at_a_start(look):
    assert "brcmfmac43455-sdio.bin" in look("ls -p", "/usr/lib/firmware/brcm", 2), "a Pi 4 would have no Wi-Fi"
    assert "LABEL=EDGEDATA" in look("cat", "/etc/fstab", 2)
    assert "main" in look("cat", "/usr/lib/edgeboard/provision/__main__.py", 2)


def test_the_first_slot_is_what_runs_and_nothing_older_is_taken(look):
    assert "slots/1-" in look("stat", "/opt/edgeboard/current", 3)
    assert json.loads(look("cat", "/lib/edgeboard-ota/floor.json", 3))["counter"] == 1


def test_the_list_for_imager_tells_of_this_very_image(image):
    (entry,) = json.loads(image.with_suffix(".json").read_text())["os_list"]
    assert entry["init_format"] == "cloudinit-rpi"
    assert (entry["extract_size"], entry["extract_sha256"]) == (image.stat().st_size, imager.digest_of(image))
