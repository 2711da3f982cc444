"""The package as an installation has it: its page bundled and compressed by setup.py, to be run beside the sources."""

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness import ROOT

STATIC = Path("edgeboard") / "web" / "static"
_PACKAGES = """\
[metadata]
name = edgeboard
[options]
packages = edgeboard, edgeboard.web
[options.package_data]
edgeboard.web = static/**
"""


def build_page(folder: Path, **environment: str) -> Path:
    """Build the files of the page as `pip install` does; returns where they are, in `folder`.

    Raises:
        subprocess.CalledProcessError: setup.py failed.
    """
    with tempfile.TemporaryDirectory() as source:
        web = Path(source) / "edgeboard" / "web"
        shutil.copytree(ROOT / "edgeboard" / "web", web, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "systemd", Path(source) / "systemd")
        (web.parent / "__init__.py").touch()
        shutil.copy(ROOT / "setup.py", source)
        (Path(source) / "setup.cfg").write_text(_PACKAGES)
        command = [sys.executable, "setup.py", "-q", "build_py", "-d", str(folder.resolve())]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment}
        subprocess.run(command, cwd=source, env=environment, check=True, timeout=100)
    return folder / STATIC


def install(folder: Path) -> dict[str, str]:
    """Lay the whole package into `folder`, kernels and all; returns the environment in which Python finds that one."""
    without = shutil.ignore_patterns("__pycache__", "static")
    shutil.copytree(ROOT / "edgeboard", folder / "edgeboard", ignore=without)
    with tempfile.TemporaryDirectory() as made:
        shutil.copytree(build_page(Path(made)), folder / STATIC)
    compileall.compile_dir(folder, quiet=1)  # as pip does
    return {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}  # a current folder that holds sources does not come first


def lay_out(folder: Path) -> dict[str, str]:
    """Lay the page as an installation has it into `folder`, with every module of the sources that it lacks beside it,
    and the rest of the package by links; returns the environment in which Python finds that one.

    Raises:
        subprocess.CalledProcessError: setup.py failed.
    """
    package, page = ROOT / "edgeboard", folder / STATIC
    page.parent.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as made:
        shutil.copytree(build_page(Path(made)), page)
    for level in (package, package / "web"):
        for path in level.iterdir():
            there = folder / path.relative_to(ROOT)
            if not there.exists():
                there.symlink_to(path)
    for path in (package / "web" / "static").rglob("*"):
        there = folder / path.relative_to(ROOT)
        if path.is_file() and not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, there)  # what a link leads to is not served
    return {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
