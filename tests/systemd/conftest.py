"""Machines that boot, and a board installed on them as a person does it."""

import shutil
import subprocess

import pytest

from tests.systemd import machine

WHEELHOUSE = machine.ROOT / "dist" / "wheelhouse" / "x86_64-cp313"
INSTALL = "env PYTHONPATH=/src PYTHONDONTWRITEBYTECODE=1 python3 -m edgeboard"


def install(one, *words):
    """A board on a machine that runs, as a person installs it."""
    one.run(*INSTALL.split(), "install", "--wheelhouse", "/mnt", *words)


@pytest.fixture(scope="session")
def debian():
    """The root of a Debian on which nothing of ours is installed, for a board from wheels that have been built."""
    if why := machine.missing():
        pytest.skip(why)
    if not WHEELHOUSE.is_dir():
        pytest.skip("needs the wheels of a board: ./dev wheelhouse x86_64-cp313")
    machine.make_base()
    return machine.BASE


@pytest.fixture(scope="session")
def installed(debian, tmp_path_factory):
    """The root of a machine with a board, installed from wheels while it ran, and then switched off."""
    root = tmp_path_factory.mktemp("machine") / "root"
    subprocess.run(["cp", "-a", debian, root], check=True, timeout=60)  # with owners and devices
    with machine.Machine(root, {machine.ROOT: "/src", WHEELHOUSE: "/mnt"}, lasting=True) as one:
        install(one)
        one.wait_until("edgeboard.service", "active", 60.0)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def board(installed):
    """A machine whose board has just become ready; what a test does to it is forgotten."""
    with machine.Machine(installed, {machine.ROOT: "/src"}) as one:
        one.wait_until("edgeboard.service", "active", 60.0)
        yield one
