"""The wheels that are given away."""

import hashlib
import subprocess
import zipfile

import pytest

from shipping.steps import ROOT
from shipping.wheels import glibc_of


@pytest.mark.parametrize(
    ("tag", "version"),
    [("manylinux_2_28_aarch64", (2, 28)), ("manylinux_2_17_x86_64", (2, 17)), ("linux_riscv64", (999,))],
)
def test_the_glibc_of_a_tag(tag, version):
    assert glibc_of(tag) == version


@pytest.mark.soak  # fetches zig, 600 MB
def test_wheels_for_the_boards_have_their_kernels_and_no_sources(tmp_path):
    done = subprocess.run([ROOT / "dev", "wheels", "--out", tmp_path, "aarch64", "riscv64"], check=False)
    assert done.returncode == 0
    wheels = sorted(tmp_path.glob("*.whl"))
    assert [wheel.name.partition("-abi3-")[2] for wheel in wheels] == [
        "manylinux_2_28_aarch64.whl", "manylinux_2_31_riscv64.whl",
    ]  # fmt: skip
    for wheel, machine in zip(wheels, (0xB7, 0xF3), strict=True):  # e_machine of AArch64, of RISC-V
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            kernels = archive.read("edgeboard/_native/_kernels.abi3.so")
        assert int.from_bytes(kernels[18:20], "little") == machine
        assert {"edgeboard/web/static/main.js", "edgeboard/cli/data/handwriting.jsonl"} <= set(names)
        assert not [name for name in names if name.endswith((".c", ".h")) and name.startswith("edgeboard/")]


@pytest.mark.soak  # likewise
def test_building_twice_gives_the_same_bytes(tmp_path):
    sums = []
    for folder in (tmp_path / "one", tmp_path / "another folder"):
        subprocess.run([ROOT / "dev", "wheels", "--out", folder, "aarch64", "riscv64"], check=True)
        sums.append({wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in folder.iterdir()})
    assert len(sums[0]) == 2
    assert sums[0] == sums[1], "something of the machine, the folder or the time is in it: unpack both and compare"
