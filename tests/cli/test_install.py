"""`edgeboard install` and `uninstall` into a root folder; tests/systemd has them on a machine that runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeboard.cli import install as installing
from edgeboard.cli import placing
from edgeboard.cli.entry import make_parser
from edgeboard.errors import UserError
from edgeboard.ota import records, slots
from edgeboard.ota.values import Layout
from tests.ota.releases import NODE, make_wheel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def say(tmp_path, capsys):
    """Says a command line of one of the two verbs for the root folder of this test; gives what it prints as JSON."""
    root = tmp_path / "root"
    root.mkdir()

    def run(*words):
        arguments = make_parser().parse_args([*map(str, words), "--root", str(root), "--json"])
        assert installing.main(arguments) == 0
        return json.loads(capsys.readouterr().out)

    run.root = root
    return run


def tree(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_symlink() or not path.is_dir()}


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    files = {
        "edgeboard/__init__.py": '__version__ = "1.0"\n',
        "edgeboard/__main__.py": NODE,
        "edgeboard/behaviour.txt": "works",
        "edgeboard/version.txt": "1.0",
    }
    make_wheel(folder, "edgeboard", "1.0", files)
    return folder


def test_every_file_that_is_written_is_named_and_the_second_time_none_is(say):
    told = say("install")
    assert {f"{say.root}/{path}" for path in tree(say.root)} == set(told["write"])
    assert say("install")["write"] == []
    unit = say.root / placing.UNITS / "edgeboard.service"
    unit.write_text("older")
    assert say("install")["write"] == [str(unit)]


def test_a_dry_run_names_the_same_files_and_writes_none(say):
    told = say("install", "--dry-run")
    assert tree(say.root) == set()
    assert say("install")["write"] == told["write"]
    before = tree(say.root)
    told = say("uninstall", "--purge", "--dry-run")
    assert tree(say.root) == before
    assert say("uninstall", "--purge")["remove"] == told["remove"]


def test_uninstalling_keeps_ink_and_settings_and_purging_leaves_nothing(say):
    say("install")
    ink = say.root / placing.STATES[0] / "edgeboard.db"
    ink.parent.mkdir(parents=True)
    ink.write_text("ink")
    settings = say.root / placing.CONFIG
    settings.write_text("node: {name: mine}\n")
    assert str(settings) not in say("install")["write"]
    told = say("uninstall")
    assert tree(say.root) == {str(placing.CONFIG), str(placing.STATES[0] / "edgeboard.db")}
    assert told["keep"] == [str(settings.parent), str(ink.parent)]
    say("uninstall", "--purge")
    assert tree(say.root) == set()


def test_a_folder_of_wheels_becomes_the_release_that_runs(say, wheels):
    assert say("install", "--wheelhouse", wheels, "--counter", "7")["slot"]
    layout = Layout.under(say.root)
    name = slots.current(layout)
    slots.verify(layout.slots / name)
    release = slots.release_of(layout.slots / name)
    assert (release.version, release.counter) == ("1.0", 7)
    assert sorted(path.name for path in layout.blobs.iterdir()) == sorted(file.sha256 for file in release.files)
    with pytest.raises(UserError, match="installed here already; renew it with: edgeboard ota upgrade"):
        say("install", "--wheelhouse", wheels)
    layout.current.unlink()
    for lost in (layout.floors, None):
        assert records.read_floors(layout).counter == 7, "an older release is refused, whatever else is lost"
        if lost is not None:
            lost.unlink()


def test_a_machine_that_has_nothing_but_python_is_installed_on(tmp_path, wheels):
    (tmp_path / "board").mkdir()
    bare = [sys.executable, "-S", "-m", "edgeboard"]  # without what pip has put beside it
    words = ["install", "--root", str(tmp_path / "board"), "--wheelhouse", str(wheels), "--json"]
    done = subprocess.run([*bare, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "board/opt/edgeboard/current/bin/python").exists()


def test_a_root_may_be_named_from_where_one_stands_and_the_release_is_named(tmp_path, wheels, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "image").mkdir()
    words = ["install", "--root", "image", "--wheelhouse", "wheels"]
    for more, says in (["--dry-run"], "would build   release 1.0 (1-"), ([], "built         release 1.0 (1-"):
        assert installing.main(make_parser().parse_args([*words, *more])) == 0
        assert says in capsys.readouterr().out
    assert slots.current(Layout.under(tmp_path / "image")).startswith("1-")


def test_where_nothing_is_installed_nothing_is_removed_and_that_is_said(tmp_path, capsys):
    assert installing.main(make_parser().parse_args(["uninstall", "--root", str(tmp_path), "--dry-run"])) == 0
    assert capsys.readouterr().out == f"no service of edgeboard is installed below {tmp_path}\n"


def test_a_folder_without_wheels_changes_nothing(say, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds 0 wheels of edgeboard"):
        say("install", "--wheelhouse", tmp_path / "empty")
    assert tree(say.root) == set()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"signed": {"_type": "targets"}}', "\udcff"])
def test_what_is_no_root_of_trust_is_refused_before_anything_is_written(say, tmp_path, text):
    (tmp_path / "1.root.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=r"`edgeboard release` publishes 1\.root\.json"):
        say("install", "--trust", tmp_path / "1.root.json")
    assert tree(say.root) == set()


def test_a_root_of_trust_is_kept_for_the_updater(say, tmp_path):
    (tmp_path / "1.root.json").write_text('{"signed": {"_type": "root"}}')
    say("install", "--trust", tmp_path / "1.root.json")
    assert Layout.under(say.root).root.read_text() == '{"signed": {"_type": "root"}}'


def test_a_root_that_is_not_there_and_a_user_who_may_not_are_told_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"there is no folder .*--root names the root folder of a machine"):
        installing.main(make_parser().parse_args(["install", "--root", str(tmp_path / "nowhere")]))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UserError, match="say it with sudo"):
        installing.main(make_parser().parse_args(["install"]))


def test_a_machine_without_systemd_is_told_of_the_launcher(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(installing, "SYSTEMD", tmp_path / "none")
    with pytest.raises(UserError, match=r"launcher\.pyz run -- run"):
        installing.main(make_parser().parse_args(["uninstall"]))


def test_a_file_that_cannot_be_written_is_named(say):
    (say.root / "etc").write_text("a file")
    with pytest.raises(UserError, match=r"cannot write .*/etc/systemd/system/.*mend that and say it again"):
        say("install")


@pytest.mark.parametrize("text", ["0", "-1", "x", str(2**53)])
def test_a_counter_that_no_release_has_is_refused(text, capsys):
    with pytest.raises(SystemExit) as stop:
        make_parser().parse_args(["install", f"--counter={text}"])
    assert "is no release counter" in str(stop.value)


def test_a_command_that_fails_says_which_and_why():
    with pytest.raises(UserError, match="sh -c echo why >&2; exit 3 failed: why"):
        installing.call(["sh", "-c", "echo why >&2; exit 3"])
    with pytest.raises(UserError, match="no-such-program failed"):
        installing.call(["no-such-program"])
