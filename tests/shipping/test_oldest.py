"""The oldest versions: that Debian's are allowed, and that the tests named are there."""

import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shipping import oldest
from shipping.houses import HOUSES
from shipping.locking import DEBIAN_NAMES
from shipping.steps import ROOT

# Debian trixie, for all machines alike.
VERSIONS = {
    "aiohttp": "3.11.16",
    "aiortc": "1.11.0",
    "cryptography": "43.0.0",
    "msgpack": "1.0.3",
    "zeroconf": "0.147.0",
}


def test_the_versions_of_debian_are_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = {canonicalize_name(need.name): need for need in map(Requirement, project["dependencies"])}
    for name, version in VERSIONS.items():
        assert version in needs[name].specifier, f"{needs[name]} keeps boards with Debian's packages out"


def test_what_a_wheelhouse_takes_from_debian_is_tried():
    brought = set(HOUSES["riscv64-cp313"].distribution.read_text().split())
    own = {DEBIAN_NAMES[name] for name in ("cffi", "google-crc32c", "pyopenssl")}  # come along with aiortc
    names = {word.partition(">=")[0] for word in brought if word.startswith("python3-")}
    assert names - own <= set(oldest.PACKAGES)


def test_the_folders_that_are_tried_exist():
    assert [name for name in oldest.FOLDERS if not (ROOT / "tests" / name).is_dir()] == []
