"""What goes into an image beside Debian."""

import re
import subprocess
import sys

import pytest

from shipping import image
from shipping.bases import BOARDS
from shipping.steps import ROOT, Trouble


def test_our_files_are_placed_with_modes_that_daemons_accept(tmp_path):
    image.place(tmp_path)
    assert (tmp_path / "etc/sudoers.d/board").stat().st_mode & 0o777 == 0o440
    assert (tmp_path / "etc/fstab").stat().st_mode & 0o777 == 0o644
    for line in (tmp_path / "etc/fstab").read_text().splitlines():
        if line and not line.startswith("#"):
            assert len(line.split()) == 6, line


def test_what_a_start_does_is_found_by_the_python_of_the_board(tmp_path):
    image.place(tmp_path)
    ask = "import sys; sys.path.insert(0, sys.argv[1]); import images.provision as p; print(p.__file__)"
    folder = tmp_path / "usr/lib/edgeboard/provision"
    done = subprocess.run([sys.executable, "-I", "-B", "-c", ask, folder], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(folder / "images/provision.py")
    assert (folder / "__main__.py").exists()


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
