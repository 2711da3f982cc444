"""That an installation which works is said to work, and that one which does not is not."""

import json
import subprocess
import sys
from importlib import metadata

import pytest

from edgeboard import _native
from edgeboard.cli import selftest, trials
from edgeboard.cli.findings import Level, ok


@pytest.mark.slow
def test_this_installation_works_whatever_the_environment_says(tmp_path):
    command = [sys.executable, "-I", "-m", "edgeboard", "selftest", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    found = json.loads(done.stdout)
    assert found["problems"] == 0
    checks = [each["check"] for each in found["findings"]]
    assert checks == ["needs", "modules", "page", "kernels", "keys", "store", "canvas", "picture", "tablets", "webrtc"]
    assert next(each for each in found["findings"] if each["check"] == "modules")["values"]["count"] > 400
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(selftest, "check_modules", lambda: [ok("modules", "all load")])
    monkeypatch.setattr(trials, "check_webrtc", lambda *_: (ok("webrtc", "it links"), None))


def test_a_check_that_fails_is_a_problem_and_the_others_go_on(run_main, quick, monkeypatch):
    def fail():
        raise OSError("no such disk")

    monkeypatch.setattr(selftest, "check_store", fail)
    code, out, _ = run_main("selftest", "--json")
    found = {each["check"]: each for each in json.loads(out)["findings"]}
    assert code == 1
    assert found["store"]["text"] == "OSError: no such disk"
    assert found["webrtc"]["level"] == "ok"


def test_links_can_be_left_out(run_main, quick):
    code, out, _ = run_main("selftest", "--without-links")
    assert code == 0
    assert "webrtc" not in out
    assert "all is well (after " in out


@pytest.mark.parametrize(
    ("version", "limits", "expected"),
    [
        ("3.10", ">=3.9", True), ("3.9", ">=3.10", False), ("1.16.0", "<1.17,>=1.11", True),
        ("1.17", "<1.17,>=1.11", False), ("1.0", ">=1", True), ("1", ">=1.0.0", True), ("2.9.0", "<2.9.1", True),
        ("1.0rc1", ">=1.0", True), ("45", "", True),
    ],
)  # fmt: skip
def test_versions_are_compared_by_their_numbers(version, limits, expected):
    assert selftest.fits(version, limits) is expected


def test_a_package_that_is_missing_or_too_old_is_named(monkeypatch):
    wanted = ["aiohttp>=3.10", "msgpack>=1.1", "zeroconf>=0.150", 'Pillow>=10; extra == "panel"', "google-crc32c>=1.1"]
    have = {"aiohttp": "3.11.16", "msgpack": "1.0.3"}

    def version(name):
        if name not in have:
            raise metadata.PackageNotFoundError(name)
        return have[name]

    monkeypatch.setattr(selftest.metadata, "requires", lambda name: wanted)
    monkeypatch.setattr(selftest.metadata, "version", version)
    problems = [(each.text, each.remedy) for each in selftest.check_needs() if each.level is Level.PROBLEM]
    assert problems == [
        ("msgpack is 1.0.3, and it must be >=1.1", "install msgpack >=1.1"),
        ("zeroconf is missing", "install zeroconf >=0.150"),
    ]


def test_a_module_that_does_not_load_is_named_and_an_extra_is_not(monkeypatch):
    def load(name):
        if name == "edgeboard.render.pictures":
            raise ModuleNotFoundError("No module named 'PIL'", name="PIL")
        if name == "edgeboard.web.app":
            raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")
        return sys.modules[name]

    names = ["edgeboard.render.pictures", "edgeboard.errors"]
    monkeypatch.setattr(selftest, "import_module", load)
    monkeypatch.setattr(selftest, "module_names", lambda: names)
    (found,) = selftest.check_modules()
    assert found.level is Level.OK
    assert "without PIL, which only some boards have" in found.text
    names.append("edgeboard.web.app")
    (found,) = selftest.check_modules()
    assert found.level is Level.PROBLEM
    assert found.text == "edgeboard.web.app: No module named 'aiohttp'"


def test_every_module_of_an_installation_is_loaded():
    names = set(selftest.module_names())
    assert {"edgeboard.node.build", "edgeboard.transport.webrtc", "firmware_bridge.link"} <= names
    assert not [name for name in names if name.startswith("edgeboard.testing")]


@pytest.mark.parametrize(
    ("remedy", "level"),
    [
        ("", Level.OK),
        ("the C kernels fail their self-check: ...", Level.PROBLEM),
        ("the C kernels cannot be loaded (wrong ELF class): ...", Level.PROBLEM),
        ("the C kernels were not built: ...", Level.WARNING),
    ],
)
def test_kernels_that_count_wrong_are_a_problem_and_slow_ones_a_warning(monkeypatch, remedy, level):
    monkeypatch.setattr(_native, "remedy", lambda: remedy)
    assert [each.level for each in selftest.check_kernels()] == [level]


@pytest.mark.parametrize("check", ["canvas", "picture"])
def test_a_machine_that_counts_otherwise_is_found_out(monkeypatch, check):
    monkeypatch.setattr(selftest, f"{check}_digest", lambda: "0" * 32)
    (found,) = getattr(selftest, f"check_{check}")()
    assert found.level is Level.PROBLEM
    assert "0" * 32 in found.text


def test_a_page_that_was_not_installed_is_missed(monkeypatch, tmp_path):
    monkeypatch.setattr(selftest.resources, "files", lambda package: tmp_path)
    (found,) = selftest.check_page()
    assert found.text == "index.html, main.js, style.css of the page missing"
