"""The wheels that are given away."""

import hashlib
import subprocess
import zipfile

import pytest

from shipping import roots
from shipping.steps import ROOT
from shipping.wheels import TOOLS, glibc_of


def test_wheels_are_built_with_the_versions_that_the_tests_are_run_with():
    locked = (ROOT / "requirements" / "dev.lock").read_text().splitlines()
    assert {tool for tool in TOOLS if tool.startswith(("setuptools", "rcssmin", "rjsmin"))} <= set(locked)
    assert all("==" in tool for tool in TOOLS), "another version writes other bytes"


@pytest.mark.parametrize(
    ("tag", "version"),
    [("manylinux_2_28_aarch64", (2, 28)), ("manylinux_2_17_x86_64", (2, 17)), ("linux_riscv64", (999,))],
)
def test_the_glibc_of_a_tag(tag, version):
    assert glibc_of(tag) == version


@pytest.mark.soak  # unpacks four roots, and runs the tests of the kernels in each: a minute or two each
def test_each_wheel_works_under_the_pythons_of_its_machine(tmp_path):
    if lacking := roots.missing("aarch64") or roots.missing("riscv64"):
        pytest.skip(roots.explain(lacking))
    command = [ROOT / "dev", "wheels", "--test", "--out", tmp_path, "aarch64", "riscv64"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("aarch64-cp311", "aarch64-cp313", "riscv64-cp313"):
        assert f"on {name}, tests of the kernels: " in done.stderr


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
