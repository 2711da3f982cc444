"""How a step is run and what is said of it; `./dev` and every module here use these."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
PIP: tuple[str | Path, ...] = (VENV_PYTHON, "-m", "pip", "--disable-pip-version-check")
CACHE = ROOT / ".cache"  # what takes minutes to make or to fetch, and may be deleted at any time


class Trouble(Exception):
    """Something that one line to the user explains; the line is the message."""


def say(line: str) -> None:
    print(f"dev: {line}", file=sys.stderr, flush=True)


def run_quietly(what: str, command: Sequence[str | Path], **environment: str) -> None:
    """Runs a command whose output only matters when it fails.

    Raises:
        Trouble: it failed; the line carries the last thing it said that looks like a reason.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        reasons = [line for line in lines if line.lower().startswith(("error", "e:"))] or lines or ["no output"]
        raise Trouble(f"{what} failed: {reasons[-1]} (the command was: {shlex.join(map(str, command))})")


def is_root() -> bool:
    return os.geteuid() == 0


def install_system_packages(*packages: str) -> None:
    """Installs Debian packages.

    Raises:
        Trouble: not root, not Debian, or apt-get failed.
    """
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise Trouble(f"{wanted} is missing and there is no apt-get here; install it with the system's own tool")
    if not is_root():
        raise Trouble(f"{wanted} is missing; run: sudo apt-get install -y {wanted}")
    say(f"installing {wanted} (apt-get) ...")
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]  # seconds to wait for another apt-get
    run_quietly("apt-get update", [*apt, "update"], DEBIAN_FRONTEND="noninteractive")
    run_quietly(
        f"apt-get install {wanted}",
        [*apt, "install", "-y", "--no-install-recommends", *packages],
        DEBIAN_FRONTEND="noninteractive",
    )
