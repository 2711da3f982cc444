"""What runs first in edgeboard.pyz: unpacks what is in the file, once, and goes on from there.

Rules of this file: the standard library only, and nothing is loaded from a folder that somebody else could have
written. The folder is `<cache>/edgeboard/<key>`, the key being the hash of what is in the file; it belongs to the user,
nobody else may write in it or in the folder above, and it takes its place by a rename when all of it is there.
"""

import os
import shutil
import stat
import sys
import tempfile
import zipfile
from pathlib import Path

KEY = "unset"
PYTHON = (3, 11)
NEEDS: dict[str, str] = {}  # packages of Debian that are not in the file, by what Python calls them


def main() -> None:
    if sys.version_info[:2] != PYTHON:
        have = ".".join(map(str, sys.version_info[:2]))
        want = ".".join(map(str, PYTHON))
        sys.exit(f"edgeboard: this file is for Python {want}, and this is {have}; run: python{want} {sys.argv[0]}")
    if lacking := sorted(debian for name, debian in NEEDS.items() if not is_installed(name)):
        sys.exit(f"edgeboard: run first: sudo apt-get install --no-install-recommends {' '.join(lacking)}")
    site = str(unpacked(cache()))
    sys.path[0] = site  # in place of the ZIP
    os.environ["PYTHONPATH"] = site  # for the processes that verbs begin
    from edgeboard.cli.entry import main as run

    sys.exit(run())


def is_installed(name: str) -> bool:
    from importlib import metadata

    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def cache() -> Path:
    """The folder that holds what was unpacked, made if need be."""
    named = os.environ.get("EDGEBOARD_PYZ_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    base = Path(named) if named else Path(home) / "edgeboard"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        give_up(base, error)
    return base


def give_up(base: Path, error: OSError) -> None:
    sys.exit(f"edgeboard: cannot unpack into {base}: {error.strerror}; name a folder with EDGEBOARD_PYZ_CACHE=DIR")


def is_ours(path: Path) -> bool:
    """Whether a folder is a real one of this user, in which nobody else may write."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022


def unpacked(base: Path) -> Path:
    """The folder with all modules, unpacked if it is not there yet."""
    if not is_ours(base):
        sys.exit(
            f"edgeboard: others may write in {base}, so what is unpacked there could be theirs; run chmod go-w on it, "
            "or name another folder with EDGEBOARD_PYZ_CACHE=DIR"
        )
    site = base / KEY
    if is_ours(site):
        return site
    if os.path.lexists(site):
        sys.exit(f"edgeboard: {site} is not this user's alone; delete it and start again")
    try:
        aside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=base))  # mode 0700
        try:
            unpack(Path(__file__).parent, aside)
            try:
                aside.rename(site)
            except OSError:
                if not is_ours(site):  # else another start was faster
                    raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        give_up(base, error)
    return site


def unpack(archive: Path, to: Path) -> None:
    """Unpack the modules of the file, flushed to the disk: a power cut leaves all of them or an unfinished folder."""
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            if not info.filename.startswith("site/"):
                continue
            path = to.joinpath(*info.filename.split("/")[1:])
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(info) as source, path.open("wb") as file:
                shutil.copyfileobj(source, file)
    os.sync()


if __name__ == "__main__":
    main()
