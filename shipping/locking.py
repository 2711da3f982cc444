"""Writes the locks of the wheelhouses: what an index has for a machine, by hash, and what Debian brings instead.

A package comes from Debian where the index has no wheel of the version that boards run, and so does whatever needs
more of such a package than Debian has. Nothing here is chosen by hand but the names by which Debian knows them.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from subprocess import PIPE, STDOUT, run
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shipping.houses import House
from shipping.steps import CACHE, PIP, ROOT, Trouble, say

BOARD_LOCK = ROOT / "requirements" / "board.lock"
ABSENT = frozenset({"av", "pylibsrtp"})  # the media stack, which a node never loads
# What Debian calls them. Its aiortc takes crc32c for google-crc32c, which it does not have.
DEBIAN_NAMES = {
    "aiortc": "python3-aiortc",
    "cbor2": "python3-cbor2",
    "cffi": "python3-cffi-backend",
    "cryptography": "python3-cryptography",
    "google-crc32c": "python3-crc32c",
    "pillow": "python3-pil",
    "pyopenssl": "python3-openssl",
    "pyyaml": "python3-yaml",
    "zeroconf": "python3-zeroconf",
}
SUCCESSORS = {"google-crc32c": "crc32c"}


@dataclass(frozen=True, slots=True)
class Known:
    """A package in one version."""

    version: str
    requires: tuple[Requirement, ...]


def read_pins() -> dict[str, str]:
    """board.lock: versions by normal names."""
    lines = [line for line in BOARD_LOCK.read_text().splitlines() if line and not line.startswith("#")]
    return {str(canonicalize_name(name)): version for name, _, version in (line.partition("==") for line in lines)}


def fetch(house: House, pins: Mapping[str, str], to: Path) -> tuple[dict[str, Path], list[str]]:
    """Download the wheel of each pin; returns them, and what the index lacks.

    Raises:
        Trouble: it cannot be asked.
    """
    found: dict[str, Path] = {}
    lacking = []
    for number, (name, version) in enumerate(pins.items(), 1):
        say(f"{house.name}: {number}/{len(pins)} {name} {version}")
        folder = to / name
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            *map(str, PIP),
            "download",
            "--quiet",
            "--no-deps",
            *house.pip_target,
            "--dest",
            str(folder),
            f"{name}=={version}",
        ]
        done = run(command, stdout=PIPE, stderr=STDOUT, text=True)
        wheels = sorted(folder.glob(f"*-{version}-*.whl"))
        if done.returncode == 0 and len(wheels) == 1:
            found[name] = wheels[0]
        elif "No matching distribution" in done.stdout:
            lacking.append(name)
        else:
            raise Trouble(f"pip cannot fetch {name}=={version}: {done.stdout.strip().splitlines()[-1][:200]}")
    return found, lacking


def from_debian(lacking: Iterable[str], index: Mapping[str, Known], debian: Mapping[str, Known]) -> set[str]:
    """What has to come from Debian: what the index lacks, and whatever needs more of that than Debian has.

    Raises:
        Trouble: Debian does not have it either, or what it has needs more than it gets.
    """
    moved = set(lacking)
    while True:
        for name in sorted(moved):
            if name not in DEBIAN_NAMES or (SUCCESSORS.get(name, name) not in debian and name != "cffi"):
                raise Trouble(f"neither the index nor Debian has {name} for this machine; it must be built")
        more = {
            name
            for name, known in index.items()
            if name not in moved and any(not _holds(need, debian) for need in known.requires if _name(need) in moved)
        }
        if not more:
            break
        moved |= more
    for name in moved:
        for need in debian[name].requires if name in debian else ():
            have = index.get(_name(need)) if _name(need) not in moved else None
            if have is not None and have.version not in need.specifier:
                raise Trouble(f"Debian's {name} needs {need}, and the slot has {have.version}")
    return moved


def _holds(need: Requirement, debian: Mapping[str, Known]) -> bool:
    have = debian.get(_name(need))
    return have is None or have.version in need.specifier


def _name(need: Requirement) -> str:
    return str(canonicalize_name(need.name))


def read_wheel(path: Path) -> Known:
    """What the metadata of a wheel says."""
    with ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        return read_metadata(archive.read(name).decode())[1]


def read_metadata(text: str) -> tuple[str, Known]:
    """Name and package of core metadata; requirements of extras and of other systems are left out."""
    fields = Parser().parsestr(text, headersonly=True)
    needs = map(Requirement, fields.get_all("Requires-Dist") or ())
    now = tuple(need for need in needs if need.marker is None or need.marker.evaluate({"extra": ""}))
    return str(canonicalize_name(str(fields["Name"]))), Known(str(fields["Version"]), now)


def installed(root: Path) -> dict[str, Known]:
    """The Python packages of a Debian root, by normal names."""
    packages = root / "usr" / "lib" / "python3" / "dist-packages"
    known = {}
    for place in sorted([*packages.glob("*.dist-info"), *packages.glob("*.egg-info")]):
        metadata = place if place.is_file() else place / ("METADATA" if place.suffix == ".dist-info" else "PKG-INFO")
        if metadata.is_file():
            name, package = read_metadata(metadata.read_text(encoding="utf-8"))
            known[name] = package
    return known


def relock(house: House, debian_root: Callable[[], Path]) -> None:
    """Write lock and distribution of one wheelhouse; `debian_root` is asked for where the index lacks something."""
    house.lock.parent.mkdir(parents=True, exist_ok=True)
    found, lacking = fetch(house, read_pins(), CACHE / "wheels" / house.name)
    moved: set[str] = set()
    if lacking and not house.from_debian:
        raise Trouble(f"the index has no wheels of {', '.join(lacking)} for {house.name}")
    if lacking:
        debian = installed(debian_root())
        moved = from_debian(lacking, {name: read_wheel(path) for name, path in found.items()}, debian)
        lines = sorted(_distribution_line(name, debian) for name in moved)
        house.distribution.write_text("\n".join([_DISTRIBUTION_HEAD.format(suite=house.suite), *lines]) + "\n")
    pins = read_pins()
    lines = [lock_line(name, pins[name], path) for name, path in sorted(found.items()) if name not in moved]
    house.lock.write_text("\n".join([_HEAD, *lines]) + "\n")
    say(f"{house.name}: {len(lines)} wheels locked" + (f", {len(moved)} packages from Debian" if moved else ""))


_HEAD = "# Wheels of board.lock by their hashes. Made anew by: ./dev wheelhouse --relock"
_DISTRIBUTION_HEAD = "# Packages of Debian {suite}; the index has no wheels. Made anew by: ./dev wheelhouse --relock"


def _distribution_line(name: str, debian: Mapping[str, Known]) -> str:
    known = debian.get(SUCCESSORS.get(name, name))
    return DEBIAN_NAMES[name] + (f">={known.version}" if known else "")


def brought(lines: Iterable[str]) -> dict[str, str]:
    """The packages of a distribution by what Python calls them; those without a version come along with others."""
    names = {debian: SUCCESSORS.get(name, name) for name, debian in DEBIAN_NAMES.items()}
    return {names[debian]: debian for debian, limit, _ in (line.partition(">=") for line in lines) if limit}


def lock_line(name: str, version: str, wheel: Path) -> str:
    return f"{name}=={version} --hash=sha256:{sha256_of(wheel)}"


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_lock(path: Path) -> Iterator[tuple[str, str, str]]:
    """Name, version and SHA-256 of each line of a lock."""
    for line in path.read_text().splitlines():
        if found := re.fullmatch(r"(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})", line):
            yield found[1], found[2], found[3]
        elif line and not line.startswith("#"):
            raise Trouble(f"{path.name}: cannot read {line[:60]!r}; make it anew with ./dev wheelhouse --relock")
