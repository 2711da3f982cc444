"""Installs what is given away under the Python of its own machine, and tries it: emulated where the machine is another.

Of our wheel by itself: that it imports there, and that the tests of its kernels pass. Of a wheelhouse: that pip takes
every wheel for this machine, that `edgeboard selftest` finds nothing wrong (all modules load, kernels, keys, store,
canvas and picture give the answers that they give everywhere, two nodes talk over a data channel), and those tests too.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path
from subprocess import CompletedProcess

from shipping import roots
from shipping.houses import House
from shipping.roots import Root
from shipping.steps import PIP, ROOT, Trouble, run_quietly, say

SITE = "/opt/site"
SOURCE = "/opt/source"
FILE = "/opt/file"
KERNEL_TESTS = ("test_batches", "test_curve", "test_refine", "test_strokes", "test_tiles", "test_dither", "test_raster")

# In the place of the one that compiles the kernels from their sources.
CONFTEST = """\
import pytest
from edgeboard._native import _kernels


@pytest.fixture(scope="session")
def kernel():
    return _kernels
"""


def root_of(house: House) -> Root:
    """The root that a wheelhouse is tried in: Python, pytest, and what Debian is to bring."""
    lines = house.distribution.read_text().splitlines() if house.distribution.exists() else []
    names = [line.partition(">=")[0] for line in lines if line and not line.startswith("#")]
    return Root(house.machine, house.suite, (*roots.BASE, *names))


def try_wheelhouse(house: House, folder: Path, *, with_kernel_tests: bool = True) -> None:
    """Install a wheelhouse and try it.

    Raises:
        Trouble: it does not work, or a program for trying it is missing.
    """
    root = root_of(house)
    roots.ensure(root)
    with tempfile.TemporaryDirectory(prefix="edgeboard-wheelhouse-") as place:
        site = Path(place) / "site"
        install(house, folder, site)
        began = time.monotonic()
        problems = selftest(root, site)
        if problems:
            raise Trouble(f"{house.name}: selftest: {'; '.join(problems)}")
        took = time.monotonic() - began
        say(f"{house.name}: selftest passed on Python {house.python[0]}.{house.python[1]} after {took:.0f} s")
        if with_kernel_tests:
            began = time.monotonic()
            line = kernel_tests(root, site)
            say(f"{house.name}: tests of the kernels: {line} (in all {time.monotonic() - began:.0f} s)")


def try_wheel(house: House, wheel: Path) -> None:
    """Install our wheel alone, and run the tests of its kernels.

    Raises:
        Trouble: they do not pass, or a program for trying it is missing.
    """
    root = Root(house.machine, house.suite, (*roots.BASE, "python3-msgpack"))  # which the tests of the kernels load
    roots.ensure(root)
    with tempfile.TemporaryDirectory(prefix="edgeboard-wheel-") as place:
        site = Path(place) / "site"
        words: list[str | Path] = ["install", "--quiet", "--no-index", "--no-deps", *house.pip_target]
        run_quietly(f"installing {wheel.name}", [*PIP, *words, "--target", site, wheel], PIP_NO_COMPILE="1")
        line = kernel_tests(root, site)
        say(f"{wheel.name}: on {house.name}, tests of the kernels: {line}")


def try_pyz(house: House, file: Path) -> None:
    """Start the one file of a wheelhouse, and ask what `edgeboard selftest` finds wrong.

    Raises:
        Trouble: something.
    """
    root = root_of(house)
    roots.ensure(root)
    words = ["/usr/bin/python3", f"{FILE}/{file.name}", "selftest", "--json"]
    if problems := findings_of(roots.run_in(root, words, {file.parent: FILE})):
        raise Trouble(f"{file.name}: selftest: {'; '.join(problems)}")
    say(f"{file.name}: selftest passed on {house.name}")


def install(house: House, folder: Path, site: Path) -> None:
    """Install every wheel of a wheelhouse by its lock, from that folder alone.

    Raises:
        Trouble: a wheel is missing, is not the one of the lock, or is for another machine.
    """
    words = ["install", "--quiet", "--no-index", "--no-deps", "--require-hashes", *house.pip_target]
    places: list[str | Path] = ["--find-links", folder, "--target", site, "-r", folder / "requirements.txt"]
    run_quietly(f"installing {house.name}", [*PIP, *words, *places], PIP_FIND_LINKS="", PIP_NO_COMPILE="1")


def selftest(root: Root, site: Path) -> list[str]:
    """What `edgeboard selftest` finds wrong in an installation; empty if nothing."""
    words = ["/usr/bin/python3", "-m", "edgeboard", "selftest", "--json"]
    return findings_of(roots.run_in(root, words, {site: SITE}, {"PYTHONPATH": SITE}))


def findings_of(done: CompletedProcess[str]) -> list[str]:
    """What a selftest that ended found wrong."""
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return [f"it ended with {done.returncode}: {done.stdout.strip()[-300:]}"]
    return [f"{each['check']}: {each['text']}" for each in told["findings"] if each["level"] != "ok"]


def kernel_tests(root: Root, site: Path) -> str:
    """Run the tests of the kernels that need no compiler; returns pytest's last line.

    Raises:
        Trouble: they do not pass.
    """
    with tempfile.TemporaryDirectory(prefix="edgeboard-tests-") as source:
        shutil.copytree(ROOT / "tests", Path(source) / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        (Path(source) / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
        (Path(source) / "tests" / "_native" / "conftest.py").write_text(CONFTEST)
        data = Path("edgeboard") / "cli" / "data"  # where the tests look for handwriting
        shutil.copytree(ROOT / data, Path(source) / data)
        names = [f"{SOURCE}/tests/_native/{name}.py" for name in KERNEL_TESTS]
        words = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", *names]
        done = roots.run_in(root, words, {site: SITE, Path(source): SOURCE}, {"PYTHONPATH": f"{SITE}:{SOURCE}"})
    last = (done.stdout.strip().splitlines() or [""])[-1].strip("= ")
    if done.returncode:
        raise Trouble(f"the tests of the kernels fail on {root.machine}: {last}\n{done.stdout[-3000:]}")
    return last
