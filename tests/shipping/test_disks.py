"""Disks made of files: what is put in is found again, by the tools that check such disks."""

import shutil
import subprocess

import pytest

from shipping import disks
from shipping.steps import Trouble

LACKING = [name for name in ("mcopy", "mkfs.vfat", "sfdisk", "mke2fs") if not shutil.which(name, path=disks.PATH)]
pytestmark = pytest.mark.skipif(
    bool(LACKING), reason=f"{', '.join(LACKING)} missing: apt-get install mtools dosfstools fdisk e2fsprogs"
)


@pytest.fixture
def image(tmp_path):
    boot, root = tmp_path / "boot", tmp_path / "root"
    boot.mkdir()
    (root / "etc").mkdir(parents=True)
    (boot / "cmdline.txt").write_text("quiet\n")
    (boot / "folder").mkdir()
    (root / "etc" / "hostname").write_text("board\n")
    disks.make_boot(boot, tmp_path / "boot.vfat")
    disks.make_ext4(root, tmp_path / "root.ext4", "EDGEROOT", 8)
    disks.make_ext4(root, tmp_path / "data.ext4", "EDGEDATA", 8)
    disks.assemble([tmp_path / name for name in ("boot.vfat", "root.ext4", "data.ext4")], tmp_path / "disk.img")
    return tmp_path / "disk.img"


def test_a_disk_has_three_partitions_where_their_table_says(image):
    table = subprocess.run(["/usr/sbin/sfdisk", "-d", image], capture_output=True, text=True, check=True).stdout
    lines = [line.partition(" : ")[2].replace(" ", "") for line in table.splitlines() if " : " in line]
    assert lines == [
        "start=8192,size=524288,type=c,bootable",
        "start=532480,size=16384,type=83",
        "start=548864,size=16384,type=83",
    ]
    with image.open("rb") as file:
        for start, label in ((532480, b"EDGEROOT"), (548864, b"EDGEDATA")):
            file.seek(start * 512 + 1024 + 0x78)  # the name in the superblock of ext4
            assert file.read(8) == label


def test_files_of_the_boot_partition_are_read_and_replaced(image, tmp_path):
    assert disks.names_on_boot(image) == ["cmdline.txt", "folder"]
    (tmp_path / "cmdline.txt").write_text("loud\n")
    (tmp_path / "edgeboard.yaml").write_text("rooms: [a]\n")
    disks.put(image, [tmp_path / "cmdline.txt", tmp_path / "edgeboard.yaml"])
    (tmp_path / "out").mkdir()
    disks.get(image, ["cmdline.txt", "edgeboard.yaml"], tmp_path / "out")
    assert (tmp_path / "out" / "cmdline.txt").read_text() == "loud\n"
    assert (tmp_path / "out" / "edgeboard.yaml").read_text() == "rooms: [a]\n"


def test_a_disk_takes_no_more_space_than_what_is_in_it(image):
    assert image.stat().st_size > 270 * disks.MIB
    assert image.stat().st_blocks * 512 < 40 * disks.MIB


def test_what_does_not_fit_is_told(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "large").write_bytes(bytes(range(256)) * 4096 * 12)
    with pytest.raises(Trouble, match="mke2fs failed"):
        disks.make_ext4(tmp_path / "root", tmp_path / "root.ext4", "EDGEROOT", 8)


def test_a_disk_without_a_boot_partition_is_told(tmp_path):
    (tmp_path / "disk.img").write_bytes(bytes(8 * disks.MIB))
    with pytest.raises(Trouble, match="mdir failed"):
        disks.names_on_boot(tmp_path / "disk.img")
