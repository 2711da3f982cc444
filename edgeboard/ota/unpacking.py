"""Unpacks wheels into a slot.

The rules of this file: a wheel was looked into before (`wheels.check_wheel`); every file of it is named in its RECORD
with the hash that it has; no wheel writes over another; nothing of it runs. Scripts are left out: a slot is started by
`bin/python -I -m edgeboard`, and a script's first line would name a path. Neither pip nor what it brings is needed,
which Debian's python3 comes without. Standard library only: the launcher carries a copy of this file.

The format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

import base64
import csv
import hashlib
import io
import zipfile
import zlib
from pathlib import Path
from typing import Final

from edgeboard.errors import DecodeError
from edgeboard.ota.files import Disk
from edgeboard.ota.wheels import read_entry

LEFT_OUT: Final = frozenset({"scripts", "headers", "data"})  # parts of NAME.data: nobody looks for man pages in a slot
SEALS: Final = ("RECORD", "RECORD.jws", "RECORD.p7s")  # of NAME.dist-info; no RECORD can hold its own hash


def unpack(disk: Disk, wheel: Path, name: str, site: Path) -> list[Path]:
    """Unpack one wheel into `site`; returns what was written, which is not synced yet.

    Args:
        disk: does it.
        wheel: where the wheel lies, whatever it is called there.
        name: what it is called: "edgeboard-1.2-cp311-abi3-linux_aarch64.whl".
        site: the site-packages of a slot.

    Raises:
        DecodeError: it breaks the format, or another wheel has written there. OSError: as the system says.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            return _unpack(disk, archive, name, site)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError, KeyError, csv.Error) as error:
        raise DecodeError(f"{name} is damaged: {error}") from None


def _unpack(disk: Disk, archive: zipfile.ZipFile, name: str, site: Path) -> list[Path]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    info = next(each.filename.split("/")[0] for each in entries if each.filename.endswith(".dist-info/RECORD"))
    _check_version(archive.read(f"{info}/WHEEL"), name)
    record = _read_record(archive.read(f"{info}/RECORD"), name)
    seals = {f"{info}/{each}" for each in SEALS}
    data = f"{info.removesuffix('.dist-info')}.data"
    folders: set[Path] = set()
    written: list[Path] = []
    for entry in entries:
        content = read_entry(archive, entry)
        if entry.filename not in seals:  # some tools write a hash of RECORD into it, which cannot be right
            if entry.filename not in record:
                raise DecodeError(f"{name} holds {entry.filename}, which its RECORD does not name")
            if _digest(content) != record[entry.filename]:
                raise DecodeError(f"{entry.filename} in {name} is not what its RECORD says")
        place = _place(entry.filename, data, name)
        if place is None:
            continue
        target = site.joinpath(*place)
        if target.parent not in folders:
            disk.make_folder(target.parent)
            folders.add(target.parent)
        if target.exists():
            if target.read_bytes() == content:
                continue  # of a package that several wheels share
            raise DecodeError(f"{name} would write {'/'.join(place)} over what another wheel has put there")
        disk.write(target, content)
        written.append(target)
    return written


def _check_version(text: bytes, name: str) -> None:
    found = next((line for line in text.splitlines() if line.lower().startswith(b"wheel-version:")), b"")
    version = found.partition(b":")[2].strip().decode(errors="replace")
    if version.partition(".")[0] != "1":
        raise DecodeError(f"{name} is a wheel of version {version!r:.20}, and this program knows version 1")


def _read_record(text: bytes, name: str) -> dict[str, str]:
    """Path -> digest, as RECORD writes it."""
    record: dict[str, str] = {}
    for row in csv.reader(io.StringIO(text.decode())):
        if not row:
            continue
        if row[0] in record:
            raise DecodeError(f"the RECORD of {name} names {row[0]!r:.80} twice")
        record[row[0]] = row[1] if len(row) > 1 else ""
    return record


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _place(path: str, data: str, name: str) -> list[str] | None:
    """Where below site-packages a file goes; None if it is left out."""
    parts = path.split("/")
    if parts[0] != data:
        return parts
    if len(parts) < 3 or parts[1] in LEFT_OUT:
        return None
    if parts[1] not in ("purelib", "platlib"):
        raise DecodeError(f"{name} would write {path}, which is outside of Python's packages")
    return parts[2:]
