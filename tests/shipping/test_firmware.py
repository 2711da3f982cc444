"""What a Raspberry Pi starts from."""

import re

import pytest

from shipping import firmware
from shipping.steps import ROOT, Trouble


@pytest.fixture
def trees(tmp_path, monkeypatch):
    kept, root, boot = tmp_path / "kept", tmp_path / "root", tmp_path / "boot"
    (kept / "boot").mkdir(parents=True)
    for name in ("bootcode.bin", "start.elf", "start4.elf", "fixup.dat", "fixup4.dat", "LICENCE"):
        (kept / "boot" / name).write_text(name)
    (kept / "firmware" / "brcm").mkdir(parents=True)
    (kept / "firmware" / "brcm" / "wifi.bin").write_text("wifi")
    (root / "usr/lib/linux-image-6.12/broadcom").mkdir(parents=True)
    for name in firmware.TREES:
        (root / "usr/lib/linux-image-6.12/broadcom" / name).write_text(name)
    boot.mkdir()
    monkeypatch.setattr(firmware, "ensure", lambda: kept)
    monkeypatch.setattr(firmware, "ROOT", ROOT)
    return root, boot


def test_firmware_and_device_trees_lie_beside_the_kernel(trees):
    root, boot = trees
    firmware.add(root, boot)
    names = {path.name for path in boot.iterdir()}
    assert {"bootcode.bin", "start4.elf", "fixup4.dat", "config.txt", *firmware.TREES} <= names
    assert (root / "usr/lib/firmware/brcm/wifi.bin").exists()


def test_a_board_that_the_kernel_does_not_know_is_told(trees):
    root, boot = trees
    (root / "usr/lib/linux-image-6.12/broadcom" / firmware.TREES[0]).unlink()
    with pytest.raises(Trouble, match=re.escape(firmware.TREES[0])):
        firmware.add(root, boot)


def test_what_config_names_is_what_an_image_has():
    text = (ROOT / "images" / "boot" / "rpi" / "config.txt").read_text()
    assert re.findall(r"^(?:kernel=|initramfs )(\S+)", text, re.MULTILINE) == ["vmlinuz", "initrd.img"]
    assert "arm_64bit=1" in text
