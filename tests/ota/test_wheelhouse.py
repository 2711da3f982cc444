"""A folder of wheels as the release that it makes."""

import pytest

from edgeboard.errors import UserError, VerificationError
from edgeboard.ota.manifest import check_lock
from edgeboard.ota.values import Target
from edgeboard.ota.wheelhouse import read_audit, read_wheelhouse

BOARD = Target("aarch64", "cp313", "stable", (2, 36))


def test_a_wheelhouse_becomes_a_release_with_a_lock_of_its_own(house):
    manifest, sources, made = read_wheelhouse(house.wheelhouse("0.2.0"), BOARD)
    assert manifest.version == "0.2.0"
    assert {file.name for file in manifest.files} == {*sources, "requirements.txt"}
    assert b"native==1.0 --hash=sha256:" in made["requirements.txt"]
    check_lock(made["requirements.txt"], manifest)


def test_a_lock_and_documents_that_are_there_are_taken(house):
    folder = house.wheelhouse("0.2.0")
    _, _, made = read_wheelhouse(folder, BOARD)
    (folder / "requirements.txt").write_bytes(b"# by hand\n" + made["requirements.txt"])
    (folder / "sbom.cdx.json").write_text("{}")
    (folder / "distribution.txt").write_text("# from Debian\npython3-cryptography>=43\n\n")
    manifest, _, made = read_wheelhouse(folder, BOARD)
    assert made == {}
    assert manifest.distribution == ("python3-cryptography>=43",)
    assert "sbom.cdx.json" in {file.name for file in manifest.files}
    assert "distribution.txt" not in {file.name for file in manifest.files}


def test_a_lock_that_asks_for_more_is_refused(house):
    folder = house.wheelhouse("0.2.0")
    (folder / "requirements.txt").write_text(f"six==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(UserError, match="the lock asks for six"):
        read_wheelhouse(folder, BOARD)


@pytest.mark.parametrize("name", ["thing-1.0.tar.gz", "setup.py", "notes", ".hidden.json"])
def test_what_has_no_place_in_a_release_is_named(house, name):
    folder = house.wheelhouse("0.2.0")
    (folder / name).write_text("")
    with pytest.raises(UserError, match="no place in a release"):
        read_wheelhouse(folder, BOARD)


def test_a_link_is_no_wheel(house):
    folder = house.wheelhouse("0.2.0")
    (folder / "linked-1.0-py3-none-any.whl").symlink_to("/etc/passwd")
    with pytest.raises(UserError, match="no place in a release"):
        read_wheelhouse(folder, BOARD)


def test_wheels_of_another_machine_are_refused(house):
    with pytest.raises(VerificationError, match="does not run on aarch64"):
        read_wheelhouse(house.wheelhouse("0.2.0", "riscv64"), BOARD)


def test_a_folder_without_edgeboard_is_no_release(house, tmp_path):
    folder = house.wheelhouse("0.2.0")
    (folder / "edgeboard-0.2.0-py3-none-any.whl").unlink()
    with pytest.raises(UserError, match="0 wheels of edgeboard"):
        read_wheelhouse(folder, BOARD)
    with pytest.raises(UserError, match="no folder of wheels"):
        read_wheelhouse(tmp_path / "absent", BOARD)


def test_what_was_asked_about_vulnerabilities_is_told_and_so_is_that_nobody_asked(tmp_path):
    assert read_audit(tmp_path).startswith("NOT looked for: ")
    (tmp_path / "vulnerabilities.json").write_text('{"summary": "no known vulnerabilities, the newest of 2026-11-01"}')
    assert read_audit(tmp_path) == "no known vulnerabilities, the newest of 2026-11-01"
    (tmp_path / "vulnerabilities.json").write_text("[]")
    assert read_audit(tmp_path).startswith("NOT looked for: ")


def test_a_release_is_called_as_its_wheel(house):
    assert read_wheelhouse(house.wheelhouse("0.2.0"), BOARD, "0.2.0")[0].version == "0.2.0"
    with pytest.raises(UserError, match=r"and not version 0\.2\.1: boards ask a release what it is"):
        read_wheelhouse(house.wheelhouse("0.2.0"), BOARD, "0.2.1")


def test_a_folder_of_wheelhouses_is_told_from_one(house):
    folder = house.wheelhouse("0.2.0").parent / "all"
    (folder / "aarch64-cp313").mkdir(parents=True)
    with pytest.raises(UserError, match=r"name the one in which the wheels lie, such as .*/all/aarch64-cp313"):
        read_wheelhouse(folder, BOARD)
