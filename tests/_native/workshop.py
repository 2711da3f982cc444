"""Compilers, and what the tests of the kernels build with them: always from the sources that are there now.

So the tests see these sources even where the environment holds an older build, and every warning is an error here.
"""

import atexit
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

from tests.conftest import find_program

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "edgeboard" / "_native"
CHECKS = ROOT / "tests" / "_native"
KERNEL = sorted(SOURCES.glob("eb_*.c"))
GLUE = sorted(SOURCES.glob("module*.c"))
COMPILER_NAMES = ("cc", "gcc", "clang")

STRICT = [
    "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wvla", "-Wcast-qual",
    "-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror",
]  # fmt: skip
SHIPPED = ["-O2", "-ftree-vectorize", "-ffp-contract=off", "-fno-math-errno"]  # as setup.py has it
PURE = ["-Wpedantic"]  # the tables of an extension hold what ISO C knows no name for, so only the eb_ files keep this
SHARED = ["-fPIC", "-fvisibility=hidden"]  # for an extension, and no harm to a program
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1"]


def compiler():
    """The system's C compiler; without one the test is skipped, or failed where CI=true."""
    return find_program("A C compiler", COMPILER_NAMES, "gcc libc6-dev")


def compile_c(command, cwd=None):
    """Run a compiler; what it says is the failure of the test."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stderr}"


@cache
def kernel_objects(program, options):
    """The kernel, compiled once with each set of options for all that is linked with it."""
    folder = tempfile.mkdtemp(prefix="edgeboard-kernel-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    compile_c([program, *STRICT, *PURE, *options, *SHARED, "-I", SOURCES, "-c", *KERNEL], cwd=folder)
    return sorted(Path(folder).glob("*.o"))


def build_program(target, *sources, options=(), program=None):
    """A program of the kernel and these sources."""
    program = program or compiler()
    kernel = kernel_objects(program, tuple(options))
    includes = ["-I", SOURCES, "-I", CHECKS]
    compile_c([program, *STRICT, *PURE, *options, *includes, *sources, *kernel, "-o", target, "-lm"])
    return target


def build_extension(target, *options):
    """The extension, as setup.py builds it but for the options."""
    headers = ["-isystem", sysconfig.get_paths()["include"]]
    kernel = kernel_objects(compiler(), options)
    compile_c([compiler(), *STRICT, *options, "-shared", *SHARED, *headers, *GLUE, *kernel, "-o", target, "-lm"])
    return target


def load_extension(path):
    """The extension in this file as a module of its own, beside the one that edgeboard may have loaded."""
    loader = ExtensionFileLoader("_kernels", str(path))
    module = module_from_spec(spec_from_loader("_kernels", loader))
    pure = os.environ.pop("EDGEBOARD_PURE", None)
    try:
        loader.exec_module(module)
    finally:
        if pure is not None:
            os.environ["EDGEBOARD_PURE"] = pure
    return module


@cache
def kernel():
    """The kernel, built once for all tests."""
    with tempfile.TemporaryDirectory() as folder:  # once loaded, the file may go
        return load_extension(build_extension(Path(folder) / "_kernels.abi3.so", *SHIPPED))


def run(*command, environment=None, cwd=ROOT):
    """Run a program to its end; it must say that all is well."""
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def run_python(script, environment=None):
    """Run a script in a Python of its own."""
    return run(sys.executable, "-c", script, environment=environment)
