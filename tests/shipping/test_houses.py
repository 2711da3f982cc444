"""Which wheelhouses there are, and that their locks are those of what boards run."""

import re

import pytest
from packaging.utils import canonicalize_name

from shipping import houses, locking, wheelhouse
from shipping.steps import ROOT, Trouble

NAMES = list(houses.HOUSES)


def test_they_are_asked_for_by_machine_or_by_name():
    assert [house.name for house in houses.chosen(["aarch64"])] == ["aarch64-cp311", "aarch64-cp313"]
    assert [house.name for house in houses.chosen(["x86_64-cp313"])] == ["x86_64-cp313"]
    assert [house.name for house in houses.chosen([])] == NAMES
    with pytest.raises(Trouble, match="no wheelhouse is made for pdp11; there are aarch64-cp311"):
        houses.chosen(["pdp11"])


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_all_that_boards_run_in_the_same_versions_or_debian_brings_it(name):
    house = houses.HOUSES[name]
    locked = {name: version for name, version, _ in locking.read_lock(house.lock)}
    pins = locking.read_pins()
    assert {name: pins.get(name) for name in locked} == locked, "run ./dev wheelhouse --relock"
    left = set(pins) - set(locked)
    if not house.from_debian:
        assert left == set(), "run ./dev wheelhouse --relock"
        assert not house.distribution.exists()
        return
    lines = house.distribution.read_text().splitlines()
    brought = {re.split(">=", line)[0] for line in lines if not line.startswith("#")}
    assert {locking.DEBIAN_NAMES[name] for name in left} == brought, "run ./dev wheelhouse --relock"


@pytest.mark.parametrize("name", NAMES)
def test_no_lock_holds_media(name):
    locked = {canonicalize_name(name) for name, _, _ in locking.read_lock(houses.HOUSES[name].lock)}
    assert locked.isdisjoint(locking.ABSENT)


def test_pip_is_told_machine_and_python():
    words = houses.HOUSES["riscv64-cp313"].pip_target
    assert words[0] == "--platform=manylinux_2_31_riscv64"
    assert {"--python-version=3.13", "--abi=cp313", "--abi=abi3", "--abi=none", "--only-binary=:all:"} <= set(words)


def test_the_table_of_the_readme_is_the_one_that_is_printed():
    printed = wheelhouse.table(houses.chosen([]))
    assert printed in (ROOT / "README.md").read_text(), "put it there: ./dev wheelhouse --table"
