"""Root file systems of Debian for each machine, unpacked without being configured, and what runs in them.

A root of another machine runs under user-mode emulation: qemu is bound into a sandbox of bubblewrap and named there as
the program that runs Python, so neither binfmt_misc nor a container engine is needed. The sandbox has no network but
its own loopback, unless it is asked for.
"""

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shipping.steps import CACHE, Trouble, is_root, run_quietly, say

MIRROR = "http://deb.debian.org/debian"
TESTS = ("python3-pytest", "python3-pytest-asyncio", "python3-hypothesis")
BASE = ("base-files", "python3", "ca-certificates", *TESTS)
MACHINES = {"aarch64": "arm64", "riscv64": "riscv64", "x86_64": "amd64"}  # as Debian calls them
CPUS = {"aarch64": "cortex-a72"}  # of a Pi 4; the default emulates pointer authentication, which takes much longer
NEEDS = {"mmdebstrap": "mmdebstrap", "arch-test": "arch-test", "bwrap": "bubblewrap"}  # programs, and their packages


@dataclass(frozen=True, slots=True)
class Root:
    """One root file system: packages of a suite for a machine."""

    machine: str
    suite: str
    packages: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where it lies; another set of packages lies elsewhere."""
        key = hashlib.sha256("\n".join(self.packages).encode()).hexdigest()[:8]
        return CACHE / "roots" / f"{self.suite}-{self.machine}-{key}"


def missing(machine: str) -> list[str]:
    """The Debian packages that this computer lacks for running a machine's programs."""
    needed = [package for program, package in NEEDS.items() if shutil.which(program) is None]
    if machine != platform.machine() and shutil.which(f"qemu-{machine}-static") is None:
        needed.append("qemu-user-static")
    return needed


def explain(packages: Sequence[str]) -> str:
    """The line that says how to get them."""
    return f"install what is missing: apt-get install --no-install-recommends {' '.join(packages)}"


def ensure(root: Root) -> Path:
    """Make a root if it is not there; returns its path.

    Raises:
        Trouble: a program is missing, or the packages cannot be had.
    """
    if root.path.exists():
        return root.path
    if lacking := missing(root.machine):
        raise Trouble(explain(lacking))
    place = root.path.relative_to(CACHE.parent)
    say(f"unpacking Debian {root.suite} for {root.machine} into {place} (once; a minute) ...")
    root.path.parent.mkdir(parents=True, exist_ok=True)
    made = root.path.with_suffix(f".{os.getpid()}")
    shutil.rmtree(made, ignore_errors=True)
    try:
        run_quietly("mmdebstrap", [
            "mmdebstrap", "--quiet", f"--mode={'root' if is_root() else 'unshare'}", "--variant=extract",
            f"--architectures={MACHINES[root.machine]}", f"--include={','.join(root.packages)}",
            '--aptopt=Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false"',
            '--aptopt=Acquire::Languages "none"', "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            root.suite, str(made), f"deb {MIRROR} {root.suite} main",
        ])  # fmt: skip
        (made / "opt").mkdir(exist_ok=True)  # where `command` binds things
        made.rename(root.path)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return root.path


def command(
    root: Root,
    words: Sequence[str],
    binds: Mapping[Path, str],
    environment: Mapping[str, str] | None = None,
    *,
    has_network: bool = False,
) -> list[str]:
    """The command that runs `words` in a root.

    Args:
        root: made by `ensure`.
        words: the first is a path within the root.
        binds: folders of this computer, and where they are seen, read-only.
        environment: all there is of it, beside PATH and HOME.
        has_network: this computer's, instead of a loopback of its own.
    """
    triplet = f"{root.machine}-linux-gnu"
    settings = {
        "PATH": "/usr/bin:/usr/sbin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        # numpy and others are found by links that only a configured system has
        "LD_LIBRARY_PATH": f"/usr/lib/{triplet}/blas:/usr/lib/{triplet}/lapack",
        **(environment or {}),
    }
    sandbox = [
        *("bwrap", "--die-with-parent", "--unshare-all", "--ro-bind", str(root.path), "/", "--dev", "/dev"),
        *("--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/opt", "--clearenv"),
    ]
    if has_network:
        sandbox.append("--share-net")
    for source, seen in binds.items():
        sandbox += ["--ro-bind", str(source), seen]
    if root.machine != platform.machine():
        emulator = shutil.which(f"qemu-{root.machine}-static")
        if emulator is None:
            raise Trouble(explain(missing(root.machine)))
        sandbox += ["--ro-bind", emulator, "/opt/qemu"]
        words = ["/opt/qemu", *words]
        if root.machine in CPUS:
            settings["QEMU_CPU"] = CPUS[root.machine]
    for name, value in settings.items():
        sandbox += ["--setenv", name, value]
    return [*sandbox, *words]


def run_in(
    root: Root,
    words: Sequence[str],
    binds: Mapping[Path, str],
    environment: Mapping[str, str] | None = None,
    limit_s: float = 1800.0,  # of a busy machine; it ends what hangs
) -> subprocess.CompletedProcess[str]:
    """Run a program in a root and wait for it.

    Raises:
        Trouble: it took longer than `limit_s`.
    """
    try:
        return subprocess.run(
            command(root, words, binds, environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired:
        raise Trouble(f"{words[-1]} did not end within {limit_s:.0f} s on {root.machine}") from None
