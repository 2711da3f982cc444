"""The installation: the kernel is built where it can be, and its absence breaks nothing."""

import shutil
import subprocess
import sys
import venv

import pytest

from tests._native import workshop
from tests._native.workshop import ROOT, SOURCES, run

SAY = "import edgeboard._native; print(edgeboard._native.active()['strokes'])"


@pytest.fixture
def checkout(tmp_path):
    """What the build reads, without pyproject.toml, which asks for a newer setuptools than an environment may hold."""
    pytest.importorskip(
        "setuptools", reason="setuptools is not in this environment; install it: pip install setuptools"
    )
    shutil.copytree(SOURCES, tmp_path / "edgeboard" / "_native", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    shutil.copy(ROOT / "setup.py", tmp_path)
    shutil.copy(ROOT / "edgeboard" / "errors.py", tmp_path / "edgeboard")
    (tmp_path / "edgeboard" / "__init__.py").touch()
    return tmp_path


def build(checkout, **environment):
    """Build in place, as an editable installation does; returns what was built and which twin runs with it."""
    run(sys.executable, "setup.py", "-q", "build_ext", "--inplace", environment=environment, cwd=checkout)
    built = [path.name for path in (checkout / "edgeboard" / "_native").glob("*.so")]
    return built, run(sys.executable, "-c", SAY, cwd=checkout, environment={"EDGEBOARD_PURE": ""})


@pytest.mark.slow
def test_a_compiler_makes_one_build_for_all_versions_of_python(checkout):
    workshop.compiler()
    assert build(checkout) == (["_kernels.abi3.so"], "C\n")


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["false", "no-such-compiler"])
def test_without_a_compiler_the_build_succeeds_and_python_runs(checkout, compiler):
    assert build(checkout, CC=compiler) == ([], "Python\n")


@pytest.mark.slow
def test_sources_that_do_not_compile_break_nothing(checkout):
    (checkout / "edgeboard" / "_native" / "eb_strokes.c").write_text("#error not for this machine\n")
    assert build(checkout) == ([], "Python\n")


@pytest.mark.soak  # fetches setuptools from the index
@pytest.mark.parametrize(("compiler", "twin"), [(None, "C\n"), ("false", "Python\n")])
@pytest.mark.parametrize("editable", [True, False])
def test_the_whole_installation(compiler, twin, editable, tmp_path):
    source = tmp_path / "source"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    environment = {"EDGEBOARD_PURE": "", **({} if compiler is None else {"CC": compiler})}
    options = ["--quiet", "--no-deps", "--disable-pip-version-check", *(["--editable"] if editable else [])]
    run(python, "-m", "pip", "install", *options, source, environment=environment)
    assert run(python, "-c", SAY, environment=environment, cwd=tmp_path) == twin
