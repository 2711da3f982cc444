"""A repository of releases for trying the image of one board.

Its keys lie beside it, so nobody's own board may ever trust it.

releases/     as `edgeboard release init` makes it, one key a role
passphrase    of the keys
wheels/       those of the image
"""

import shutil
import sys
from pathlib import Path

from shipping.bases import Board
from shipping.steps import run_quietly

PASSPHRASE = "for trials alone"
ONE = ("root=1", "targets=1")  # keys, of which must sign: there is one person


def ensure(folder: Path, board: Board) -> Path:
    """Make the repository if it is not there; returns the root that an image trusts.

    Raises:
        Trouble: it cannot be made.
    """
    root = folder / "releases" / "public" / "metadata" / "1.root.json"
    if not root.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "passphrase").write_text(f"{PASSPHRASE}\n")
        (folder / "passphrase").chmod(0o600)
        words = [f"{option}={one}" for option in ("--number", "--threshold") for one in ONE]
        run_quietly("edgeboard release init", release(folder, "init", f"--machine={board.house}", *words))
    return root


def keep(folder: Path, wheels: Path) -> None:
    """Keep the wheels of an image, of which further releases are made."""
    shutil.rmtree(folder / "wheels", ignore_errors=True)
    shutil.copytree(wheels, folder / "wheels")


def release(folder: Path, verb: str, *words: str | Path) -> list[str | Path]:
    """The words of `edgeboard release` for this repository."""
    command = [sys.executable, "-m", "edgeboard", "release", verb, "--releases", folder / "releases", *words]
    return command if verb == "add" else [*command, "--passphrase-file", folder / "passphrase"]
