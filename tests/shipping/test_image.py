"""What goes into an image beside Debian."""

import re
import subprocess

import pytest

from shipping import image
from shipping.bases import BOARDS
from shipping.steps import ROOT, Trouble


def test_our_files_are_placed_with_modes_that_daemons_accept(tmp_path):
    image.place(tmp_path)
    assert (tmp_path / "etc/sudoers.d/board").stat().st_mode & 0o777 == 0o440
    assert (tmp_path / "etc/fstab").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "usr/lib/edgeboard/provision.py").read_text() == (ROOT / "images/provision.py").read_text()
    for line in (tmp_path / "etc/fstab").read_text().splitlines():
        if line and not line.startswith("#"):
            assert len(line.split()) == 6, line


def test_nothing_of_the_root_is_written_to_but_what_lies_on_the_data_partition():
    mounts = [line.split() for line in (ROOT / "images/root/etc/fstab").read_text().splitlines() if line[:1] not in "#"]
    writable = {where for what, where, kind, options, *_ in mounts if "ro" not in options.split(",")}
    assert writable == {"/var", "/opt/edgeboard", "/etc/edgeboard"}
    assert all(what.startswith("/var/") for what, where, kind, *_ in mounts if kind == "none")


def test_every_unit_that_is_enabled_is_ours_or_of_a_package_that_is_installed():
    ours = {path.name for path in (ROOT / "images/root/etc/systemd/system").glob("*.service")}
    enabled = set(re.findall(r"(edgeboard\S*\.service)", image.SETTLE))
    assert enabled <= ours


@pytest.mark.parametrize("board", BOARDS.values(), ids=str)
def test_a_kernel_is_told_to_keep_the_root_read_only(board):
    assert " root=LABEL=EDGEROOT ro " in image.cmdline(board)


def test_a_base_without_a_kernel_is_told(tmp_path):
    with pytest.raises(Trouble, match=r"remove it from \.cache/bases"):
        image.newest(tmp_path, "vmlinuz")


def test_scripts_of_the_image_are_scripts(tmp_path):
    for text in (image.SETTLE, (ROOT / "images/root/usr/lib/edgeboard/grow").read_text()):
        subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    compile(image.BUILD_SLOT, "slot", "exec")
