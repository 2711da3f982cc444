"""The one file that the launcher is: it holds what it needs, and needs nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

from edgeboard.ota.launch.packing import CONTENTS, pack

ROOT = Path(__file__).parents[3]


def imports(path):
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                is_module = (ROOT / deeper.replace(".", "/")).with_suffix(".py").exists()
                yield deeper if is_module else node.module


def test_what_is_packed_imports_the_standard_library_and_what_is_packed():
    packed = {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in CONTENTS}
    for path in CONTENTS:
        for name in imports(path):
            assert name in packed or name.split(".")[0] in sys.stdlib_module_names, f"{path} imports {name}"


def test_the_same_sources_make_the_same_bytes():
    assert pack() == pack()
    assert pack().startswith(b"#!/usr/bin/env -S python3 -I\n")


def test_it_runs_alone_far_from_its_sources(tmp_path):
    launcher = tmp_path / "launcher.pyz"
    launcher.write_bytes(pack())
    done = subprocess.run(
        [sys.executable, "-I", "-S", launcher, "status", "--root", tmp_path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert '"state": "idle"' in done.stdout


def test_it_is_small():
    assert len(pack()) < 64 * 1024
