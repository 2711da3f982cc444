"""The locked environment of a board, on the disk: installed as the README says into a fresh one. Needs the index."""

import os
import subprocess
import tempfile
import venv
from pathlib import Path

from benchmarks.harness import ROOT

INSTALLERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth", "wheel")


def environment() -> dict[str, float]:
    """MiB of everything that the installation adds, compiled modules and all; pip itself, and what comes with it, is
    counted apart."""
    with tempfile.TemporaryDirectory(prefix="edgeboard-disk-") as folder:
        home = Path(folder) / "board"
        venv.create(home, with_pip=True)
        python = home / "bin" / "python"
        install = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
        lock = ROOT / "requirements" / "board.lock"
        subprocess.run([*install, "-r", lock, ROOT], check=True, cwd=folder)
        subprocess.run([python, "-m", "edgeboard.cli", "--version"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        sizes = {path: occupied(path) for path in home.rglob("*") if not path.is_dir()}
        installers = sum(size for path, size in sizes.items() if _is_installer(path.relative_to(home)))
        whole = sum(sizes.values())
    return {"mib": (whole - installers) / 2**20, "with_pip_mib": whole / 2**20, "files": len(sizes)}


def _is_installer(path: Path) -> bool:
    parts = path.parts
    if "site-packages" not in parts:
        return path.name.startswith("pip")
    name = parts[parts.index("site-packages") + 1]
    return name in INSTALLERS or (
        name.rpartition(".")[2] == "dist-info" and name.startswith(("pip-", "setuptools-", "wheel-"))
    )


def occupied(path: Path) -> int:
    """Bytes that a file takes of the disk, whole blocks."""
    return os.lstat(path).st_blocks * 512
