"""The files of an installed board, one by one."""

import subprocess

import pytest

from edgeboard.cli import placing


def test_a_file_is_written_whole_with_its_mode_and_then_is_there(tmp_path):
    file = placing.File(placing.COMMAND, b"#!/bin/sh\n", 0o755)
    assert not file.is_there(tmp_path)
    file.place(tmp_path)
    assert file.is_there(tmp_path)
    assert (tmp_path / placing.COMMAND).stat().st_mode & 0o777 == 0o755
    assert [path.name for path in (tmp_path / placing.COMMAND).parent.iterdir()] == ["edgeboard"], (
        "nothing is left over"
    )


def test_a_link_takes_the_place_of_whatever_was_there(tmp_path):
    file = placing.File(placing.UNITS / "x.wants" / "y", target="/etc/y")
    for before in ("a file", "another link", "the same link"):
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if before == "a file":
            path.write_text("")
        elif before == "another link":
            path.unlink()
            path.symlink_to("/elsewhere")
        assert file.is_there(tmp_path) == (before == "the same link")
        file.place(tmp_path)
        assert str(path.readlink()) == "/etc/y"


@pytest.mark.parametrize(("is_kept", "there"), [(True, True), (False, False)])
def test_what_belongs_to_a_person_is_kept_and_what_is_ours_is_renewed(tmp_path, is_kept, there):
    (tmp_path / "settings").write_text("changed")
    assert placing.File(tmp_path / "settings", b"default", is_kept=is_kept).is_there(tmp_path) == there


def test_a_unit_that_is_a_link_to_elsewhere_is_not_taken_for_ours(tmp_path):
    (tmp_path / "theirs").write_bytes(b"text")
    (tmp_path / "unit").symlink_to(tmp_path / "theirs")
    file = placing.File(tmp_path / "unit", b"text")
    assert not file.is_there(tmp_path)
    file.place(tmp_path)
    assert not (tmp_path / "unit").is_symlink()
    assert (tmp_path / "theirs").read_bytes() == b"text"


def test_each_enabled_unit_is_one_that_is_installed():
    assert set(placing.ENABLED) <= set(placing.own_units())


def test_a_command_that_somebody_else_has_put_there_is_not_removed(tmp_path):
    path = tmp_path / placing.COMMAND
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\necho mine\n")
    assert placing.to_remove(tmp_path, purge=True) == []


@pytest.mark.parametrize(
    ("user", "given", "state"),
    [("0", {}, "/var/lib/edgeboard"), ("0", {"STATE_DIRECTORY": "/other"}, "/other"), ("1000", {}, "none")],
    ids=["root", "a unit", "somebody else"],
)
def test_the_command_of_root_speaks_of_the_boards_own_node(tmp_path, user, given, state):
    (tmp_path / "id").write_text(f"#!/bin/sh\necho {user}\n")
    (tmp_path / "python").write_text('#!/bin/sh\necho "${STATE_DIRECTORY:-none}" "$@"\n')
    for file in tmp_path.iterdir():
        file.chmod(0o755)
    text = placing.COMMAND_TEXT.replace("/opt/edgeboard/current/bin/python", str(tmp_path / "python"))
    done = subprocess.run(
        ["/bin/sh", "-c", text, "edgeboard", "mesh", "peers"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", **given}, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stdout == f"{state} -I -B -m edgeboard mesh peers\n"
