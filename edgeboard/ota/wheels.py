"""What a wheel may hold: code for a slot, and nothing that reaches out of it or runs unasked.

A wheel is signed for like everything else; this is the second lock, against a release manager's mistake or a package
that was taken over. A publisher asks before signing, a board before building.
"""

import csv
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, NoReturn

from edgeboard.errors import VerificationError
from edgeboard.ota.values import Attack, Target

ENTRIES_MAX: Final = 20_000  # of a wheel
UNPACKED_MAX: Final = 512 * 1024 * 1024  # bytes
ENTRY_MAX: Final = 128 * 1024 * 1024  # bytes of one file, which is held in memory while it is unpacked
PATH_MAX: Final = 240  # bytes of a path, so that it has room below a slot
RECORD_MAX: Final = 4 * 1024 * 1024  # bytes
_NAME: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[A-Za-z0-9_.!+]+)(-[0-9][A-Za-z0-9_.]*)?"
    r"-(?P<python>[a-z0-9.]+)-(?P<abi>[a-z0-9_.]+)-(?P<platform>[a-z0-9_.]+)\.whl\Z"
)
_MANYLINUX: Final = re.compile(r"manylinux_([0-9]+)_([0-9]+)_(.+)\Z")
_OLD_MANYLINUX: Final = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_UNASKED: Final = {"sitecustomize", "usercustomize"}  # modules that Python loads at every start, as it runs each .pth
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others ask for as much memory as they like
_ENCRYPTED: Final = 1


BROKEN: Final = (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError)  # what a damaged archive raises


class WheelName(NamedTuple):
    """What the name of a wheel says, after PEP 427."""

    name: str
    version: str
    python: str
    abi: str
    platform: str

    @property
    def requirement(self) -> str:
        """As a lock asks for it."""
        return f"{self.name.replace('_', '-')}=={self.version}"


def read_name(file_name: str) -> WheelName:
    """Take the name of a wheel apart.

    Raises:
        VerificationError: it is not the name of a wheel.
    """
    match = _NAME.match(file_name)
    if match is None:
        raise VerificationError(Attack.UNSAFE, f"{file_name} is not the name of a wheel; build the wheelhouse anew")
    return WheelName(match["name"], match["version"], match["python"], match["abi"], match["platform"])


def fits(name: WheelName, target: Target) -> bool:
    """Whether a wheel is for this machine, Python and C library, by its tags (PEP 425, PEP 600)."""
    minor = int(target.python[3:])
    python = any(_fits_python(tag, abi, minor) for tag in name.python.split(".") for abi in name.abi.split("."))
    return python and any(_fits_platform(tag, target) for tag in name.platform.split("."))


def _fits_python(tag: str, abi: str, minor: int) -> bool:
    if tag == "py3":
        return abi == "none"
    if tag[:3] == "py3" and tag[3:].isdigit():
        return abi == "none" and int(tag[3:]) <= minor
    if tag[:3] != "cp3" or not tag[3:].isdigit():
        return False
    return int(tag[3:]) <= minor if abi == "abi3" else int(tag[3:]) == minor and abi in (f"cp3{minor}", "none")


def _fits_platform(tag: str, target: Target) -> bool:
    if tag in ("any", f"linux_{target.machine}"):
        return True
    if match := _MANYLINUX.match(tag):
        return match[3] == target.machine and (int(match[1]), int(match[2])) <= target.libc
    old, _, machine = tag.partition("_")
    return machine == target.machine and old in _OLD_MANYLINUX and _OLD_MANYLINUX[old] <= target.libc


def check_wheel(path: Path, file_name: str, target: Target) -> None:
    """Look into a wheel that lies at `path` (maybe under another name).

    Raises:
        VerificationError: it is for others, or holds what a release may not.
    """
    name = read_name(file_name)
    if not fits(name, target):
        libc = ".".join(map(str, target.libc))
        raise VerificationError(
            Attack.WRONG_SOFTWARE, f"{file_name} does not run on {target.machine} with {target.python} and glibc {libc}"
        )
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as wheel:
            _check_entries(wheel, file_name, name)
    except (zipfile.LargeZipFile, csv.Error, EOFError, NotImplementedError, *BROKEN) as error:
        raise VerificationError(Attack.MALFORMED, f"{file_name} is no wheel: {str(error)[:80]}") from None


def _check_entries(wheel: zipfile.ZipFile, file_name: str, name: WheelName) -> None:
    entries = wheel.infolist()
    if len(entries) > ENTRIES_MAX or sum(entry.file_size for entry in entries) > UNPACKED_MAX:
        raise VerificationError(Attack.ENDLESS, f"{file_name} unpacks to more than a slot may hold")
    seen: set[str] = set()
    files, folders = set[str](), set[str]()
    records = []
    for entry in entries:
        _check_path(entry.filename, file_name)
        if entry.filename in seen:
            _refuse(file_name, f"{entry.filename} twice")
        seen.add(entry.filename)
        if not entry.is_dir():
            files.add(entry.filename)
        folders.update(each.as_posix() for each in PurePosixPath(entry.filename).parents)
        if entry.file_size > ENTRY_MAX:
            raise VerificationError(Attack.ENDLESS, f"{file_name}: {entry.filename} has more than {ENTRY_MAX} bytes")
        if entry.compress_type not in _PACKED or entry.flag_bits & _ENCRYPTED:
            _refuse(file_name, f"{entry.filename}, packed in a way that no wheel is")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            _refuse(file_name, f"{entry.filename}, which is no plain file")
        if entry.filename.endswith(".dist-info/RECORD"):
            records.append(entry)
    if both := files & folders:
        _refuse(file_name, f"{min(both)} as a file and as a folder")
    if len(records) != 1:
        _refuse(file_name, f"{len(records)} files RECORD instead of one")
    folder = records[0].filename.removesuffix(".dist-info/RECORD").lower().replace("-", "_")
    if folder != f"{name.name}-{name.version}".lower().replace("-", "_"):
        _refuse(file_name, f"what calls itself {folder}")
    if records[0].file_size > RECORD_MAX:
        raise VerificationError(Attack.ENDLESS, f"{file_name} has a RECORD of more than {RECORD_MAX} bytes")
    for listed in _recorded(read_entry(wheel, records[0])):
        _check_path(listed, file_name)
        if listed not in seen:
            _refuse(file_name, f"a RECORD of {listed[:80]}, which is not there")


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What one file of a wheel holds; no more than it says, however much its packed bytes would make.

    Raises:
        BadZipFile, zlib.error, OSError: it is damaged, or not as long as it says.
    """
    with archive.open(entry) as opened:
        return opened.read(entry.file_size)


def _recorded(data: bytes) -> Iterator[str]:
    for row in csv.reader(io.StringIO(data.decode("utf-8"))):
        if row:
            yield row[0]


def _check_path(path: str, file_name: str) -> None:
    parts = path.rstrip("/").split("/")
    is_odd = not path.isprintable() or len(path.encode()) > PATH_MAX
    if is_odd or path[:1] in ("", "/") or "\\" in path or ":" in path or any(part in ("", ".", "..") for part in parts):
        _refuse(file_name, f"the path {path[:80]!r}")
    if parts[-1].endswith(".pth") or any(part.partition(".")[0] in _UNASKED for part in parts):
        _refuse(file_name, f"{path[:80]}, which Python would run at every start")


def _refuse(file_name: str, what: str) -> NoReturn:
    raise VerificationError(Attack.UNSAFE, f"{file_name} holds {what}; take it out of the wheelhouse")


def least_libc(names: Iterable[str], machine: str) -> tuple[int, int] | None:
    """The least glibc on which all these wheels run, by their tags; None if one of them does not say."""
    least = (2, 17)  # that of manylinux2014, older than any board
    for file_name in names:
        tags = read_name(file_name).platform.split(".")
        if "any" in tags:
            continue
        versions = []
        for tag in tags:
            old, _, tagged = tag.partition("_")
            if (match := _MANYLINUX.match(tag)) and match[3] == machine:
                versions.append((int(match[1]), int(match[2])))
            elif tagged == machine and old in _OLD_MANYLINUX:
                versions.append(_OLD_MANYLINUX[old])
        if not versions:
            return None
        least = max(least, min(versions))
    return least
