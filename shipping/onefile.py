"""`./dev pyz`: edgeboard as one executable file, for a board or laptop that has Python and no pip.

Python runs a ZIP with a `__main__.py`, but loads no compiled module from inside one. So the file holds all wheels of
one wheelhouse (on riscv64 it asks for what Debian brings), and beginning means unpacking them once into a folder of the
user, whose name is the hash of what is in the file. The folder is the user's alone, is made aside and takes its place
in one step, and is not believed unless it is (`begin.py` has the rules). Later starts go there straight.
"""

import argparse
import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shipping import emulated, houses, locking, wheelhouse
from shipping.steps import CACHE, ROOT, Trouble, say

BEGIN = Path(__file__).parent / "begin.py"
FIRST_LINE = b"#!/usr/bin/env python3\n"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a ZIP can say; the same bytes each time


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev pyz", description="Edgeboard as one executable file: edgeboard.pyz.")
    names = list(houses.HOUSES)
    parser.add_argument("house", metavar="MACHINE", help=f"one of {', '.join(names)}, or this-machine")
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "dist", help="where it goes (default: dist)")
    parser.add_argument("--test", action="store_true", help="start it under its own Python, emulated")
    arguments = parser.parse_args()
    name = arguments.house
    if name == "this-machine":
        name = f"{os.uname().machine}-cp{sys.version_info.major}{sys.version_info.minor}"
    try:
        if name not in names:
            raise Trouble(f"no edgeboard.pyz is made for {name}; there are {', '.join(names)}")
        house = houses.HOUSES[name]
        folder = CACHE / "pyz" / name
        wheelhouse.make(house, folder)
        needs = locking.brought(wheelhouse.distribution(house))
        made = build(sorted(folder.glob("*.whl")), house.python, arguments.out / f"edgeboard-{name}.pyz", needs)
        if arguments.test:
            emulated.try_pyz(house, made.resolve())
    except Trouble as trouble:
        sys.exit(f"dev: {trouble}")
    say(f"{made}: {made.stat().st_size / 1024 / 1024:.1f} MiB; run it: ./{made.name} run")
    return 0


def build(wheels: list[Path], python: tuple[int, int], to: Path, needs: Mapping[str, str] | None = None) -> Path:
    """Pack wheels into one executable file; of the same wheels always the same bytes.

    Args:
        wheels: all that is to be installed.
        python: the version that they are for.
        to: the file; it is replaced in one step.
        needs: what Debian brings, by what Python calls it.

    Raises:
        Trouble: two wheels hold one file in two forms, or a name reaches out of where it belongs.
    """
    content: dict[str, tuple[bytes, int]] = {}
    for wheel in wheels:
        with ZipFile(wheel) as archive:
            for info in archive.infolist():
                if info.is_dir():
                    continue
                name = place_of(info.filename)
                data = archive.read(info)
                if content.get(name, (data, 0))[0] != data:
                    raise Trouble(f"{wheel.name} holds another {name} than a wheel before it")
                content[name] = data, (info.external_attr >> 16) & 0o111
    sums = "\n".join(f"{name} {hashlib.sha256(content[name][0]).hexdigest()}" for name in sorted(content))
    begin = BEGIN.read_text()
    key = hashlib.sha256(sums.encode()).hexdigest()[:32]
    for word, value in (("KEY", key), ("PYTHON", python), ("NEEDS", dict(needs or {}))):
        begin, count = re.subn(rf"^{word}(: .*)? = .*$", f"{word} = {value!r}", begin, flags=re.MULTILINE)
        assert count == 1, f"{BEGIN} has no line for {word}"
    to.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{to.name}-", dir=to.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(FIRST_LINE)
        with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=9) as archive:
            _put(archive, "__main__.py", begin.encode(), 0)
            for name in sorted(content):
                data, executable = content[name]
                _put(archive, f"site/{name}", data, executable)
    Path(temporary).chmod(0o755)
    Path(temporary).replace(to)
    return to


def _put(archive: ZipFile, name: str, data: bytes, executable: int) -> None:
    info = ZipInfo(name, EARLIEST)
    info.external_attr = (stat.S_IFREG | 0o644 | executable) << 16
    info.compress_type = ZIP_DEFLATED
    archive.writestr(info, data)


def place_of(name: str) -> str:
    """Where a file of a wheel is installed, below site-packages.

    Raises:
        Trouble: its name reaches out of there.
    """
    found = re.fullmatch(r"[^/]+\.data/(?:purelib|platlib)/(.+)", name)
    place = found[1] if found else name
    if place.startswith("/") or "\\" in place or ".." in place.split("/"):
        raise Trouble(f"a wheel holds the name {name!r}, which reaches out of its folder")
    return place


if __name__ == "__main__":
    sys.exit(main())
