"""What a person with a bundle in the hand is told of it."""

import tarfile

import pytest

from edgeboard.errors import UserError, VerificationError
from edgeboard.ota.bundle import BundleSource, build
from edgeboard.ota.inspection import inspect

pytestmark = pytest.mark.slow  # each writes a repository, synced


@pytest.fixture
def path(house, tmp_path):
    house.release("0.2.0")
    return build(house.repository, "", [], "stable", tmp_path / "one.ebu").path


def damage(path, name, at):
    """Flip a bit of a file in the bundle."""
    entry = BundleSource(path).entries[name]
    data = bytearray(path.read_bytes())
    data[entry.offset + at] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("with_root", [True, False])
def test_each_machine_has_a_line(house, path, with_root):
    found = list(inspect(BundleSource(path), house.root if with_root else None, house.seconds))
    assert [(r.version, r.target.name, r.target.libc, r.files, r.wrong) for r in found] == [
        ("0.2.0", "stable-aarch64-cp313", (2, 36), 3, ()),
        ("0.2.0", "stable-x86_64-cp313", (2, 36), 3, ()),
    ]


def test_a_damaged_file_is_named(house, path):
    largest = max(BundleSource(path).entries.values(), key=lambda entry: entry.size)
    damage(path, largest.name, 1000)
    found = list(inspect(BundleSource(path), house.root, house.seconds))
    assert sorted(name for release in found for name in release.wrong)[0].startswith("native-1.0")


def test_signatures_that_do_not_hold_are_told_with_the_root(house, path, tmp_path):
    other = type(house)(tmp_path / "other")
    with pytest.raises(VerificationError) as refused:
        list(inspect(BundleSource(path), other.root, house.seconds))
    assert refused.value.attack == "arbitrary-software"
    assert len(list(inspect(BundleSource(path), None, house.seconds))) == 2, "without it nobody can know"


def test_an_expired_bundle_is_told(house, path):
    with pytest.raises(VerificationError, match="expired"):
        list(inspect(BundleSource(path), house.root, house.after(days=40).seconds))


def test_metadata_that_is_damaged_is_told(house, path):
    damage(path, "metadata/2.targets.json", 0)
    with pytest.raises(VerificationError, match="no targets that can be read"):
        list(inspect(BundleSource(path), None, house.seconds))


def test_a_bundle_of_metadata_alone_holds_no_release(house, path, tmp_path):
    empty = tmp_path / "empty.ebu"
    with tarfile.open(path) as old, tarfile.open(empty, "w", format=tarfile.USTAR_FORMAT) as new:
        for member in old:
            if member.name.startswith("metadata/"):
                new.addfile(member, old.extractfile(member))
    with pytest.raises(UserError, match="holds no release"):
        list(inspect(BundleSource(empty), house.root, house.seconds))
