"""./dev, the lock, the settings of the tools and the fixtures that every test leans on.

Nothing here installs anything: what would touch the system or the network is replaced by a stand-in.
"""

import importlib.util
import inspect
import os
import re
import signal
import subprocess
import sys
import tomllib
import venv
from contextlib import contextmanager, nullcontext, suppress
from importlib import metadata
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import edgeboard
from shipping import steps
from shipping.wheels import copy_tracked_files
from tests import conftest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERBS = ["demo", "test", "bench", "soak", "fuzz", "lint", "wheels", "wheelhouse", "pyz", "oldest", "env"]


@pytest.fixture
def dev():
    """The script ./dev as a module."""
    loader = SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def checkout(dev, tmp_path, monkeypatch):
    """./dev in a made-up repository whose environment is ready."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.ruff]\nline-length = 100\n')
    (tmp_path / "dev.lock").write_text("x==1\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "stamp")
    monkeypatch.setattr(dev, "LOCK", tmp_path / "dev.lock")
    dev.STAMP.write_text(dev.wanted_stamp())
    return tmp_path


@pytest.fixture
def commands(dev, monkeypatch):
    """The commands that ./dev would have run; all of them pass."""
    ran = []

    @contextmanager
    def beside(name, command, **settings):
        ran.append([*map(str, command), name])
        yield lambda: True

    monkeypatch.setattr(dev, "run", lambda command, **settings: ran.append([*map(str, command), settings]) or 0)
    monkeypatch.setattr(dev, "running_beside", beside)
    monkeypatch.setattr(dev, "hand_over", lambda command: ran.append([*map(str, command), {}]) or 0)
    monkeypatch.setattr(dev, "ensure_browser_parts", lambda: None)
    monkeypatch.setenv("TMPDIR", "/var/tmp")
    return ran


def run_dev(*words):
    command = [sys.executable, str(ROOT / "dev"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# ------------------------------------------------------------------------------------------- the command line


def test_help_names_every_subcommand_and_teaches():
    text = run_dev("--help").stdout
    assert all(re.search(rf"^ +{verb}\s", text, re.MULTILINE) for verb in VERBS)
    assert "./dev test tests/canvas -k merge" in text
    assert run_dev().stdout == text


@pytest.mark.parametrize("verb", ["test", "soak", "fuzz", "lint", "env"])
def test_every_subcommand_explains_itself(verb):
    done = run_dev(verb, "--help")
    assert done.returncode == 0
    assert f"usage: ./dev {verb}" in done.stdout


@pytest.mark.parametrize("words", [["nonsense"], ["env", "--nonsense"], ["fuzz", "--seconds", "soon"]])
def test_a_wrong_word_is_answered_without_a_traceback(words):
    done = run_dev(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert words[-1] in done.stderr.splitlines()[-1]


def test_an_older_python_is_told_which_one_to_take(dev):
    source = (ROOT / "dev").read_text().replace("sys.version_info < (3, 11)", "sys.version_info < (99,)")
    done = subprocess.run([sys.executable, "-"], input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"dev: needs Python 3\.11 or newer, and this is [\w.+]+; try: .*\n", done.stderr)


AROUND = {"PYTHONDONTWRITEBYTECODE": ""}  # of tests, whose TMPDIR the fixture has said


def test_arguments_of_test_go_to_pytest_and_nothing_else_runs(dev, checkout, commands):
    assert dev.main(["test", "tests/canvas", "-k", "merge", "--seconds"]) == 0
    assert [command[1:] for command in commands] == [
        ["-m", "pytest", "tests/canvas", "-k", "merge", "--seconds", AROUND]
    ]


def test_test_alone_runs_style_types_and_every_test(dev, checkout, commands):
    (checkout / "edgeboard").mkdir()
    (checkout / "edgeboard" / "__init__.py").touch()
    assert dev.main(["test"]) == 0
    assert [Path(command[0]).name for command in commands] == [*["python"] * 3, "ruff", "ruff", "mypy", "python"]
    browser, processes, sites, _, style, types, others = commands
    assert "tests/browser" in browser
    assert "tests/crash" in processes
    assert "tests/scenarios" in sites
    assert "--check" in style
    assert "edgeboard" in types
    assert "--ignore=tests/browser" in others
    assert "--ignore=tests/scenarios" in others


def test_one_failed_step_fails_the_run_but_the_others_still_run(dev, checkout, monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(dev, "ensure_browser_parts", lambda: None)
    monkeypatch.setattr(dev, "run", lambda command, **_: ran.append(command) or len(ran) % 2)
    monkeypatch.setattr(dev, "running_beside", lambda name, command, **_: nullcontext(lambda: False))
    assert dev.main(["test"]) == 1
    assert len(ran) == 3
    assert (
        "FAILED: lint, pytest, pytest in the browser, pytest of processes, pytest of boards, sites"
        in capsys.readouterr().err
    )


def found_in_memory(room, flags=0):
    return SimpleNamespace(f_flag=flags, f_frsize=4096, f_bavail=room // 4096)


def test_tests_keep_their_files_in_memory_where_there_is_room(dev, tmp_path, monkeypatch):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(dev, "MEMORY", tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda path: found_in_memory(dev.ROOM_IN_MEMORY))
    assert dev.surroundings_of_tests()["TMPDIR"] == str(tmp_path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda dev, patch: patch.setattr(dev, "MEMORY", Path("/nowhere")),
        lambda dev, patch: patch.setattr(os, "statvfs", lambda path: found_in_memory(dev.ROOM_IN_MEMORY - 4096)),
        lambda dev, patch: patch.setattr(os, "statvfs", lambda path: found_in_memory(1 << 40, os.ST_NOEXEC)),
        lambda dev, patch: patch.setenv("TMPDIR", "/var/tmp"),
    ],
    ids=["not there", "too small", "starts no programs", "told where"],
)
def test_tests_keep_their_files_where_they_were_unless_memory_will_do(dev, tmp_path, monkeypatch, spoil):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(dev, "MEMORY", tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda path: found_in_memory(1 << 40))
    spoil(dev, monkeypatch)
    assert "TMPDIR" not in dev.surroundings_of_tests()


def test_a_step_beside_others_is_told_of_at_its_end(dev, capfd):
    with dev.running_beside("it", [sys.executable, "-c", "print('said')"]) as wait:
        assert wait()
    with dev.running_beside("it", [sys.executable, "-c", "raise SystemExit(3)"]) as wait:
        assert not wait()
    out, err = capfd.readouterr()
    assert out == "said\n"
    assert "dev: it: FAILED (exit code 3) within" in err


def test_a_step_beside_others_ends_with_them(dev):
    endless = [sys.executable, "-c", "import signal; signal.pause()"]
    with suppress(KeyboardInterrupt), dev.running_beside("it", endless) as wait:
        process = inspect.getclosurevars(wait).nonlocals["process"]
        raise KeyboardInterrupt
    assert process.returncode == -signal.SIGTERM


def test_the_demo_gets_its_arguments_as_they_are(dev, checkout, commands):
    (checkout / "edgeboard" / "cli").mkdir(parents=True)
    assert dev.main(["demo", "--boards", "3", "--help"]) == 0
    assert commands == [[str(checkout / ".venv/bin/edgeboard"), "demo", "--boards", "3", "--help", {}]]


@pytest.mark.parametrize("word", ["--list", "--help"])
def test_figures_are_named_without_making_an_environment(dev, checkout, commands, monkeypatch, word):
    monkeypatch.setattr(dev, "ensure_environment", lambda: pytest.fail("an environment was made"))
    (checkout / "benchmarks").mkdir()
    (checkout / "benchmarks" / "__main__.py").touch()
    assert dev.main(["bench", word]) == 0
    assert commands == [[sys.executable, "-m", "benchmarks", word, {}]]


def test_naming_the_figures_takes_the_standard_library_alone():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.'); sys.argv[1:] = ['--list']\n"
         "from benchmarks.__main__ import main; sys.exit(main())"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sizes:payload" in done.stdout


def test_soak_selects_the_soak_tests(dev, checkout, commands):
    assert dev.main(["soak", "-k", "partition"]) == 0
    assert commands[0][1:-1] == ["-m", "pytest", "-m", "soak", "-k", "partition"]


@pytest.mark.parametrize(
    ("verb", "missing"), [("demo", "edgeboard/cli"), ("bench", "benchmarks"), ("fuzz", "tests/fuzz")]
)
def test_what_is_not_in_the_tree_is_named(dev, checkout, commands, verb, missing):
    with pytest.raises(dev.Trouble, match=missing):
        dev.main([verb])


def test_fuzzing_stops_after_its_time_and_says_its_seeds(dev, checkout, commands, monkeypatch, capsys):
    (checkout / "tests" / "fuzz").mkdir(parents=True)
    ticks = iter([0.0, 20.0, 40.0, 60.0])
    monkeypatch.setattr(dev.time, "monotonic", lambda: next(ticks))
    assert dev.main(["fuzz", "--seconds", "50", "-k", "wire"]) == 0
    seeds = [command[4].removeprefix("--hypothesis-seed=") for command in commands]
    said = capsys.readouterr().err
    assert len(set(seeds)) == 3
    assert all(f"./dev fuzz --seed {seed})" in said for seed in seeds)
    assert commands[0][-2] == "wire"
    assert commands[0][-1] == {"HYPOTHESIS_PROFILE": "fuzz", "EDGEBOARD_FUZZ_EXAMPLES": "2000"}


def test_fuzzing_stops_at_the_first_failure(dev, checkout, monkeypatch):
    (checkout / "tests" / "fuzz").mkdir(parents=True)
    monkeypatch.setattr(dev, "run", lambda command, **_: 1)
    assert dev.main(["fuzz"]) == 1


def test_a_seed_is_one_round(dev, checkout, commands):
    (checkout / "tests" / "fuzz").mkdir(parents=True)
    assert dev.main(["fuzz", "--seed", "7"]) == 0
    assert [command[4] for command in commands] == ["--hypothesis-seed=7"]


# ------------------------------------------------------------------------------------------- the environment


def test_an_environment_that_is_current_is_left_alone(dev, checkout, monkeypatch):
    monkeypatch.setattr(dev, "install", lambda **_: pytest.fail("installed again"))
    dev.ensure_environment()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("print('the C kernels were not built: install a compiler')", "BUT SLOW: the C kernels were not built"),
        ("raise SystemExit('no module named x')", "BUT SLOW: edgeboard cannot be loaded: no module named x"),
        ("print()", None),
    ],
)
def test_an_environment_without_kernels_says_so(dev, checkout, commands, monkeypatch, capsys, answer, said):
    stand_in = tmp_program(checkout, answer)
    monkeypatch.setattr(dev, "tool", lambda name: stand_in)
    assert dev.main(["env"]) == 0
    lines = capsys.readouterr().err
    assert "ready: " in lines
    assert (said in lines) if said else "SLOW" not in lines


def tmp_program(folder, code):
    """A program that does what some Python says, whatever it is told."""
    program = folder / "answers"
    program.write_text(f"#!{sys.executable}\n{code}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("name", "content", "again"),
    [
        ("dev.lock", "x==2\n", True),
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["y"]\n', True),
        ("pyproject.toml", '[project]\nname = "x"\n[tool.ruff]\nline-length = 120\n', False),
        ("setup.py", "ext_modules = []\n", True),
        ("edgeboard/_native/eb_strokes.c", "int x;\n", True),
        ("edgeboard/_native/strokes.py", "kernel = None\n", False),
    ],
)
def test_only_what_is_installed_counts(dev, checkout, monkeypatch, name, content, again):
    installed = []
    monkeypatch.setattr(dev, "install", lambda **_: installed.append(True))
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text(content)
    dev.ensure_environment()
    dev.ensure_environment()
    assert len(installed) == again


def test_a_failed_installation_is_tried_again(dev, checkout, monkeypatch):
    def fail(**_):
        raise dev.Trouble("no network")

    (checkout / "dev.lock").write_text("x==2\n")
    monkeypatch.setattr(dev, "install", fail)
    for _ in range(2):
        with pytest.raises(dev.Trouble, match="no network"):
            dev.ensure_environment()


def test_an_unreadable_project_is_one_line(dev, checkout):
    (checkout / "pyproject.toml").write_text("[project\n")
    with pytest.raises(dev.Trouble, match="cannot read what to install"):
        dev.ensure_environment()


def test_a_python_without_venv_is_mended_by_root(dev, monkeypatch):
    installed = []
    monkeypatch.setattr(dev, "can_make_venv", lambda python: bool(installed))
    monkeypatch.setattr(dev, "install_system_packages", lambda *packages: installed.extend(packages))
    assert dev.python_with_venv() == sys.executable
    assert installed == ["python3-venv", "python3-pip"]


def test_a_python_without_venv_is_explained_to_anyone_else(dev, monkeypatch):
    monkeypatch.setattr(dev, "can_make_venv", lambda python: False)
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(steps, "is_root", lambda: False)
    with pytest.raises(dev.Trouble, match="run: sudo apt-get install -y python3-venv python3-pip"):
        dev.python_with_venv()


def test_a_system_without_apt_is_told_to_use_its_own_tool(dev, monkeypatch, capsys):
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    dev.ensure_browser_parts()
    assert (
        "chromium-headless-shell nodejs librsvg2-bin esbuild gcc-arm-none-eabi is missing and there is no apt-get here"
        in capsys.readouterr().err
    )


def test_a_failed_command_is_one_line_with_its_reason(dev):
    script = "print('fetching'); print('ERROR: no such version'); print('hint: none'); raise SystemExit(3)"
    with pytest.raises(dev.Trouble, match=r"^pip install failed: ERROR: no such version \(the command was: .*\)$"):
        dev.run_quietly("pip install", [sys.executable, "-c", script])


def test_this_python_can_make_environments_and_a_missing_one_cannot(dev, tmp_path):
    assert not dev.can_make_venv(str(tmp_path / "python"))


# ------------------------------------------------------------------------------------------- the lock and the settings


def locked():
    lines = (ROOT / "requirements" / "dev.lock").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_requirement_is_locked_to_a_version_it_allows():
    pins = {plain(name): Version(version) for name, version in locked().items()}
    for text in [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]:
        requirement = Requirement(text)
        assert pins[plain(requirement.name)] in requirement.specifier, text


def test_the_lock_names_versions_and_no_places():
    assert all(re.fullmatch(r"[\w.+!]+", version) for version in locked().values())


def test_the_package_and_the_project_agree_on_the_version():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "edgeboard.__version__"}
    assert metadata.version("edgeboard") == edgeboard.__version__, "install again: ./dev env"


def test_every_ignored_rule_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.mypy]")]
    ignores = [line for line in section.splitlines() if re.match(r'\s+"[A-Z]+\d*"|"[\w./*]+" = \[".*', line)]
    assert ignores
    assert [line for line in ignores if "#" not in line] == []


def test_warnings_are_errors_and_checks_are_strict():
    pytest_settings = PROJECT["tool"]["pytest"]["ini_options"]
    assert pytest_settings["filterwarnings"][0] == "error"
    assert pytest_settings["xfail_strict"]
    assert {"--strict-markers", "--strict-config"} <= set(pytest_settings["addopts"])
    assert PROJECT["tool"]["mypy"]["strict"]


@pytest.mark.parametrize("script", ["dev", ".ci/run"])
def test_scripts_can_be_run(script):
    assert os.access(ROOT / script, os.X_OK)


# ------------------------------------------------------------------------------------------- the fixtures


def test_tests_and_dev_look_for_the_same_programs(dev):
    assert dev.SYSTEM_PARTS == {
        "chromium-headless-shell": conftest.CHROMIUM_NAMES,
        "nodejs": conftest.NODE_NAMES,
        "librsvg2-bin": ("rsvg-convert",),  # tests of PNG ask the package itself
        "esbuild": conftest.ESBUILD_NAMES,
        "gcc-arm-none-eabi": conftest.ARM_COMPILER_NAMES,
    }


def test_a_missing_program_skips_with_the_remedy(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.skip.Exception, match="apt-get install -y nodejs"):
        conftest.find_program("Node.js", conftest.NODE_NAMES, "nodejs")


def test_a_missing_program_fails_where_nothing_may_be_missing(monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="not a skip"):
        conftest.find_program("Node.js", conftest.NODE_NAMES, "nodejs")


def test_a_program_is_found_by_any_of_its_names(monkeypatch, tmp_path):
    program = tmp_path / "nodejs"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert conftest.find_program("Node.js", conftest.NODE_NAMES, "nodejs") == str(program)


# ------------------------------------------------------------------------------------------------ what boards install


def read_lock(name):
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_lock_of_a_board_holds_all_that_edgeboard_needs_and_no_media(dev):
    """So that `pip install --no-deps` with it is a whole installation."""
    assert read_lock("board.lock") == dev.board_pins(), "run ./dev env --relock, or mend requirements/board.lock"
    names = {line.partition("==")[0].lower() for line in read_lock("board.lock")}
    assert names.isdisjoint({"av", "pylibsrtp", "numpy", "pytest", "mypy", "ruff"})
    assert {"aiortc", "cryptography", "msgpack", "google-crc32c", "pyee"} <= names


def test_boards_run_the_versions_that_the_tests_run():
    assert set(read_lock("board.lock")) <= set(read_lock("dev.lock"))


def test_wheels_are_made_for_machines_that_are_known(dev, checkout):
    with pytest.raises(dev.Trouble, match="no wheels are made for pdp11; there are aarch64, riscv64, x86_64"):
        dev.wheels(SimpleNamespace(machines=["pdp11"], out=checkout), [])


@pytest.mark.soak  # fetches setuptools
def test_a_source_distribution_builds_its_kernels(dev, tmp_path):
    copy_tracked_files(tmp_path / "source")
    build = "from setuptools.build_meta import build_sdist; print(build_sdist('..'))"
    python = tmp_path / "venv" / "bin" / "python"
    venv.create(tmp_path / "venv", with_pip=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "setuptools>=77"], check=True)
    subprocess.run([python, "-c", build], cwd=tmp_path / "source", check=True, capture_output=True)
    (sdist,) = tmp_path.glob("edgeboard-*.tar.gz")
    subprocess.run([*pip, "--no-deps", sdist], check=True)
    say = "import edgeboard._native as n; print(set(n.active().values()))"
    done = subprocess.run([python, "-c", say], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "{'C'}\n"
