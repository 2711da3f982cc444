"""The wheel of each machine, compiled on this one by zig, and what is looked at before it is given away."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from shipping.steps import ROOT, Trouble, install_system_packages, run_quietly, say

VENV = ROOT / ".venv-wheels"
EPOCH = "315532800"  # 1980, the earliest that a wheel can say
# In these versions, for others write other bytes; setuptools and what makes the page small as in dev.lock.
TOOLS = (
    *("abi3audit==0.0.26", "auditwheel==6.8.2", "build==1.6.1", "rcssmin==1.3.0", "rjsmin==1.3.0"),
    *("setuptools==84.2.1", "wheel==0.48.0", "ziglang==0.17.1"),
)
# For each machine: what zig calls it with the oldest glibc it must run on, and the tag that says so.
TARGETS = {
    "aarch64": ("aarch64-linux-gnu.2.28", "manylinux_2_28_aarch64"),
    "riscv64": ("riscv64-linux-gnu.2.31", "manylinux_2_31_riscv64"),
    "x86_64": ("x86_64-linux-gnu.2.28", "manylinux_2_28_x86_64"),
}


def ensure_wheel_tools(find_python: Callable[[], str]) -> None:
    """Installs what builds wheels, once; `find_python` names a Python that can make environments."""
    stamp, wanted = VENV / "edgeboard.stamp", "\n".join(TOOLS)
    if not stamp.exists() or stamp.read_text() != wanted:
        say("installing what builds wheels into .venv-wheels (600 MB, once) ...")
        if not stamp.exists():
            run_quietly("making .venv-wheels", [find_python(), "-m", "venv", "--clear", VENV])
        run_quietly("pip install", [*pip(), "install", "--quiet", *TOOLS], PIP_ROOT_USER_ACTION="ignore")
        stamp.write_text(wanted)
    if shutil.which("esbuild") is None:  # what is given away has a small page
        install_system_packages("esbuild")


def pip() -> tuple[str | Path, ...]:
    """The pip of what builds wheels."""
    return (VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check")


def build_wheel(machine: str, out: Path) -> Path:
    """Build and audit the wheel of one machine.

    Raises:
        Trouble: it does not compile, needs a newer glibc than its tag says, or leaves the stable ABI.
    """
    with tempfile.TemporaryDirectory(prefix="edgeboard-source-") as folder:
        copy_tracked_files(Path(folder))
        return compile_wheel(Path(folder), machine, out)


def compile_wheel(source: Path, machine: str, out: Path, flags: str = "", *options: str) -> Path:
    """Build and audit the wheel of a tree of sources for one machine; the same tree gives the same bytes.

    Args:
        source: the tree, which is written to.
        machine: a key of TARGETS.
        out: the folder that gets the wheel.
        flags: more for the compiler.
        options: more for the build.

    Raises:
        Trouble: it does not compile, needs a newer glibc than its tag says, or leaves the stable ABI.
    """
    target, tag = TARGETS[machine]
    python = VENV / "bin" / "python"
    with tempfile.TemporaryDirectory(prefix="edgeboard-wheel-") as folder:
        made, compiler = Path(folder) / "made", Path(folder) / "zigcc"
        compiler.write_text(f'#!/bin/sh\nexec "{python}" -m ziglang cc -target {target} "$@"\n')
        compiler.chmod(0o755)
        environment = {
            "CC": str(compiler),
            "LDSHARED": f"{compiler} -shared",
            "CFLAGS": f"-O2 -g0 {flags}".strip(),
            "LDFLAGS": "-s -Wl,-z,max-page-size=65536",  # for kernels with pages of 16 or 64 KiB
            "_PYTHON_HOST_PLATFORM": f"linux-{machine}",  # the tag ..
            "SETUPTOOLS_EXT_SUFFIX": ".abi3.so",  # .. and the name of the module
            # Always the same: what a commit does not change stays the same bytes in the wheel, and boards that have
            # these fetch only the others. `wheel tags` heeds it, too.
            "SOURCE_DATE_EPOCH": EPOCH,
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        }
        build: list[str | Path] = [python, "-m", "build", "--wheel", "--no-isolation", *options, source, "-o", made]
        run_quietly(f"building for {machine}", build, **environment)
        (wheel,) = made.glob("*.whl")
        if "-abi3-" not in wheel.name:
            raise Trouble(f"{wheel.name} has no compiled modules in it: they did not compile for {machine}")
        tags: list[str | Path] = [python, "-m", "wheel", "tags", "--remove", "--platform-tag", tag, wheel]
        run_quietly("tagging", tags, **environment)
        (wheel,) = made.glob("*.whl")
        audit_wheel(wheel, tag, environment["PATH"])
        return Path(shutil.copy(wheel, out))


def audit_wheel(wheel: Path, tag: str, path: str) -> None:
    """Raises:
    Trouble: the wheel needs more of the machine than its name promises.
    """
    run_quietly("abi3audit", [VENV / "bin" / "abi3audit", "-s", "--strict", wheel], PATH=path)
    command = [str(VENV / "bin" / "auditwheel"), "show", "--json", str(wheel)]
    shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": path})
    if shown.returncode:
        raise Trouble(f"auditwheel cannot read {wheel.name}")
    found = json.loads(shown.stdout)
    if found["external_libs"] or glibc_of(found["overall_tag"]) > glibc_of(tag):
        raise Trouble(f"{wheel.name} needs {found['overall_tag']} and the libraries {found['external_libs']}")


def glibc_of(tag: str) -> tuple[int, ...]:
    """The version in a tag such as manylinux_2_28_aarch64; one without a version is above all."""
    found = re.fullmatch(r"manylinux_(\d+)_(\d+)_\w+", tag)
    return (int(found[1]), int(found[2])) if found else (999,)


def copy_tracked_files(to: Path) -> None:
    """The tree without what earlier builds left in it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)


def last_commit_time() -> str:
    command = ["git", "log", "-1", "--format=%ct"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
