"""Wheels of others that no index has: built here from the sources that requirements/wheelhouse/sources.txt locks.

There is one, evdev: the tablets that Linux knows. Its modules are written for the whole of Python's interface, but use
no more than two macros beyond the stable one, and these have functions of the same meaning; so one wheel serves every
Python from 3.11 on, as ours does.
"""

import tempfile
from pathlib import Path

from shipping import locking
from shipping.houses import LOCKS
from shipping.steps import CACHE, Trouble, run_quietly
from shipping.wheels import VENV, compile_wheel, pip

LOCK = LOCKS / "sources.txt"
STABLE = "-DPy_LIMITED_API=0x030B0000 -DPyTuple_GET_ITEM=PyTuple_GetItem -DPyTuple_SET_ITEM=PyTuple_SetItem"
HEADERS = ("input.h", "input-event-codes.h", "uinput.h")
# A module of constants calls nothing of libc, by which auditwheel knows which libc a module is for.
CALL = "void *evdev_copy(void *to, const void *from, unsigned long size) { return __builtin_memcpy(to, from, size); }\n"


def build(machine: str, out: Path) -> list[Path]:
    """The wheels of a machine; of the same lock always the same bytes.

    Raises:
        Trouble: the sources cannot be had or are not those of the lock, or they do not compile.
    """
    return [_build_evdev(_fetch(name, version, sha256), machine, out) for name, version, sha256 in names()]


def names() -> list[tuple[str, str, str]]:
    """Name, version and SHA-256 of each package that is built."""
    return list(locking.read_lock(LOCK))


def _fetch(name: str, version: str, sha256: str) -> Path:
    folder = CACHE / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    if not path.exists() or locking.sha256_of(path) != sha256:
        words = ["download", "--quiet", "--no-deps", "--no-build-isolation", f"--no-binary={name}", "--require-hashes"]
        run_quietly(f"fetching the sources of {name}", [*pip(), *words, "--dest", folder, "-r", LOCK])
    return path


def _build_evdev(archive: Path, machine: str, out: Path) -> Path:
    with tempfile.TemporaryDirectory(prefix="edgeboard-evdev-") as folder:
        run_quietly("unpacking evdev", ["tar", "-xzf", archive, "-C", folder])
        (tree,) = Path(folder).iterdir()
        headers = [kernel_headers() / name for name in HEADERS]
        words = ["build_ecodes", "--evdev-headers", ":".join(map(str, headers)), "--reproducible"]
        run_quietly(
            "listing the codes of Linux", ["env", "-C", tree, VENV / "bin" / "python", "setup.py", "-q", *words]
        )
        with (tree / "src" / "evdev" / "ecodes.c").open("a") as file:
            file.write(CALL)
        return compile_wheel(tree, machine, out, STABLE, "--config-setting=--build-option=--py-limited-api=cp311")


def kernel_headers() -> Path:
    """Those that zig brings, the same on every computer.

    Raises:
        Trouble: they are not where they were.
    """
    found = list(VENV.glob("lib/python*/site-packages/ziglang/lib/libc/include/any-linux-any/linux"))
    if len(found) != 1:
        raise Trouble("zig has no headers of Linux where they should be; remove .venv-wheels and run: ./dev wheels")
    return found[0]
