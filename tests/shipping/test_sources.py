"""Wheels that are built here from the sources of others."""

import hashlib
import zipfile

import pytest

from shipping import houses, locking, sources
from shipping.wheels import VENV, ensure_wheel_tools


def test_what_is_built_is_on_no_other_list():
    built = {name for name, _, _ in sources.names()}
    assert built == {"evdev"}
    assert built.isdisjoint(locking.read_pins()), "board.lock is what installs without a compiler"
    for house in houses.HOUSES.values():
        assert built.isdisjoint(name for name, _, _ in locking.read_lock(house.lock))


@pytest.mark.soak  # fetches zig, 600 MB, and the sources
def test_built_twice_a_wheel_has_the_same_bytes_and_its_modules(tmp_path):
    if not (VENV / "edgeboard.stamp").exists():
        ensure_wheel_tools(lambda: "python3")
    sums = set()
    for folder in (tmp_path / "one", tmp_path / "another folder"):
        folder.mkdir()
        (wheel,) = sources.build("aarch64", folder)
        sums.add(hashlib.sha256(wheel.read_bytes()).hexdigest())
        with zipfile.ZipFile(wheel) as archive:
            assert archive.read("evdev/_input.abi3.so")[18] == 0xB7  # e_machine of AArch64
    assert len(sums) == 1
