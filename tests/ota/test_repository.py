"""The folder of a repository: settings, and what is told when something in it is wrong."""

import json

import pytest

from edgeboard.errors import DecodeError, UserError
from edgeboard.ota.manifest import entry_name, parse_entry
from edgeboard.ota.repository import Repository, Settings, read_machine
from edgeboard.ota.values import Target


def test_a_repository_is_opened_with_the_settings_that_it_was_made_with(house):
    assert Repository.open(house.repository.folder).settings == house.repository.settings


def test_a_repository_is_not_made_over_another(house):
    with pytest.raises(UserError, match="holds a repository already"):
        Repository.create(house.repository.folder, house.repository.settings)


def test_a_folder_without_one_says_how_to_begin(tmp_path):
    with pytest.raises(UserError, match="edgeboard release init"):
        Repository.open(tmp_path)


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"format": "edgeboard-repository"}', "\x00"])
def test_damaged_settings_are_told(house, damage):
    (house.repository.folder / "release.json").write_text(damage)
    with pytest.raises(UserError, match="restore it from a copy"):
        Repository.open(house.repository.folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"machines": []}, "name each machine once"),
        ({"machines": ["aarch64-cp313"] * 2}, "name each machine once"),
        ({"machines": ["pdp11-cp313"]}, "no machine with its Python"),
        ({"thresholds": {"root": 4, "targets": 2, "snapshot": 1, "timestamp": 1}}, "4 of 3 keys"),
        ({"days": {"root": 0, "targets": 2, "snapshot": 1, "timestamp": 1}}, "for 0 days"),
    ],
)
def test_settings_that_cannot_work_are_told(house, change, says):
    path = house.repository.folder / "release.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UserError, match=says):
        Repository.open(house.repository.folder)


def test_a_copy_that_lacks_metadata_says_what_to_do(house):
    (house.repository.metadata / "1.targets.json").unlink()
    with pytest.raises(UserError, match="restore the folder from a copy"):
        house.publisher().publish()


def test_metadata_of_another_role_is_not_taken(house):
    (house.repository.metadata / "timestamp.json").write_bytes(
        (house.repository.metadata / "1.targets.json").read_bytes()
    )
    with pytest.raises(UserError, match="holds targets metadata"):
        house.repository.timestamp()


def test_a_root_that_was_published_stays_as_it_is(house):
    root = house.repository.root()
    house.repository.publish(root)
    root.signed.expires = house.after(days=1).now
    with pytest.raises(UserError, match="other content"):
        house.repository.publish(root)


def test_machines_are_said_with_their_python():
    assert read_machine("riscv64-cp313") == ("riscv64", "cp313")


def test_the_name_of_an_entry_says_for_whom_it_is():
    target = Target("riscv64", "cp313", "beta")
    assert parse_entry(entry_name(target, 12)) == (target, 12)


@pytest.mark.parametrize(
    "name",
    ["", "x", "stable-aarch64-cp313-07.json", "stable-aarch64-cp313-0.json", "stable-aarch64-cp313-1",
     "stable-aarch64-cp313-1-2.json", "../stable-aarch64-cp313-1.json", "stable-arm-cp313-1.json",
     "stable-aarch64-cp313-٣.json", "stable-aarch64-cp313-" + "9" * 30 + ".json"],
)  # fmt: skip
def test_other_names_are_none(name):
    with pytest.raises(DecodeError):
        parse_entry(name)


def test_settings_have_the_thresholds_of_the_handbook():
    settings = Settings(("aarch64-cp313",))
    assert (settings.keys["root"], settings.thresholds["root"]) == (3, 2)
    assert (settings.keys["targets"], settings.thresholds["targets"]) == (3, 2)
    assert settings.days["timestamp"] == 30
