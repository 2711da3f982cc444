import os
import shutil
import subprocess

import pytest


@pytest.fixture
def make_disk(tmp_path):
    """Makes a disk of so many MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = []

    def make(size_mib):
        mount = shutil.which("mount")
        if mount is None or os.getuid() != 0:
            pytest.skip("making a small disk takes root")
        done = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size_mib}m", "none", disk], check=False)
        if done.returncode:
            pytest.skip("this machine lets nobody mount")
        made.append(disk)
        return disk

    yield make
    for disk in made:
        subprocess.run(["umount", "--lazy", disk], check=True)
