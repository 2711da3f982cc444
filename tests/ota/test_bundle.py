"""Bundles: a release in one file, the same bytes each time, and a source like any other."""

import os

import pytest

from edgeboard.errors import MissingError, SourceError, UserError, VerificationError
from edgeboard.ota.bundle import BundleSource, build
from edgeboard.ota.client import fetch, find
from edgeboard.ota.fetchers import FolderSource
from edgeboard.ota.inspection import inspect
from edgeboard.ota.values import Floors, Layout, Target
from tests.ota.desk import noise

pytestmark = pytest.mark.slow  # each writes a repository, synced

BOARD = Target("aarch64", "cp313", "stable", (2, 41))


@pytest.fixture
def bundle(house, tmp_path):
    house.release("0.2.0")
    return build(house.repository, "", [], "stable", tmp_path / "one.ebu")


def test_a_board_takes_a_release_from_a_bundle_alone(house, layout, bundle):
    source = BundleSource(bundle.path)
    found = find(layout, [source], BOARD, Floors(), house.seconds)
    fetch(layout, found, [source])
    assert found.manifest.version == "0.2.0"
    assert {file.sha256 for file in found.manifest.files} <= {path.name for path in layout.blobs.iterdir()}


def test_the_same_release_makes_the_same_bytes(house, bundle, tmp_path):
    again = build(house.repository, "0.2.0", [], "stable", tmp_path / "two.ebu")
    assert again.path.read_bytes() == bundle.path.read_bytes()


def test_files_that_machines_share_are_there_once(house, bundle, tmp_path):
    one = build(house.repository, "", ["aarch64-cp313"], "stable", tmp_path / "one.ebu")
    assert bundle.machines == ("aarch64-cp313", "x86_64-cp313")
    assert one.machines == ("aarch64-cp313",)
    assert bundle.files - one.files == 3, "a manifest, a lock and a native wheel; edgeboard's own is the same"


def test_the_frame_is_padded_to_blocks_and_ends_with_an_end_mark(bundle):
    data = bundle.path.read_bytes()
    assert len(data) % 512 == 0
    assert data[-1024:] == bytes(1024)


def test_a_chain_of_roots_travels_along(house, layout, tmp_path):
    for _ in range(3):
        house.publisher().rotate("timestamp", "", house.keys[0], b"correct horse battery")
        house.publisher().publish()
    house.release("0.2.0")
    built = build(house.repository, "", [], "stable", tmp_path / "one.ebu")
    found = find(layout, [BundleSource(built.path)], BOARD, Floors(), house.seconds)
    assert found.floors.root == 4


@pytest.mark.parametrize(
    ("version", "machines", "channel"), [("9.9", [], "stable"), ("", ["riscv64-cp313"], "stable"), ("", [], "beta")]
)
def test_what_is_not_published_is_said(house, bundle, tmp_path, version, machines, channel):
    with pytest.raises(UserError, match="is not published"):
        build(house.repository, version, machines, channel, tmp_path / "two.ebu")
    assert not (tmp_path / "two.ebu").exists()


def test_a_place_that_cannot_be_written_is_said(house, bundle, tmp_path):
    with pytest.raises(UserError, match="cannot write"):
        build(house.repository, "", [], "stable", tmp_path / "absent" / "two.ebu")


def test_reading_stops_at_the_end_of_a_file(bundle):
    source = BundleSource(bundle.path)
    name = "metadata/timestamp.json"
    whole = b"".join(source.read(name, 0, 1 << 30))
    assert len(whole) == source.entries[name].size
    assert b"".join(source.read(name, 5, 7)) == whole[5:12]
    assert b"".join(source.read(name, len(whole), 7)) == b""


def test_what_it_lacks_is_missing(bundle):
    with pytest.raises(MissingError):
        list(BundleSource(bundle.path).read("metadata/9.root.json", 0, 10))


def test_a_stick_that_is_pulled_out_is_no_answer(bundle):
    source = BundleSource(bundle.path)
    data = bundle.path.read_bytes()
    bundle.path.write_bytes(data[:600])
    with pytest.raises(SourceError, match="has become shorter"):
        list(source.read("metadata/timestamp.json", 0, 1 << 30))
    bundle.path.unlink()
    with pytest.raises(SourceError, match="cannot read"):
        list(source.read("metadata/timestamp.json", 0, 1 << 30))
    with pytest.raises(UserError, match="cannot read"):
        BundleSource(bundle.path)


def test_half_a_copy_is_told_at_once(bundle):
    bundle.path.write_bytes(bundle.path.read_bytes()[:100_000])
    with pytest.raises(VerificationError, match="copy it again") as refused:
        BundleSource(bundle.path)
    assert refused.value.attack == "partial-bundle"


# ------------------------------------------------------------------------------------------------ only what is new


@pytest.fixture
def since(house, layout, tmp_path):
    """A board that has 0.2.0, and bundles of 0.3.0, in which one module of fifty is another: what is new, and whole."""
    house.modules = {f"edgeboard/module{number}.py": noise(number, 4_000) for number in range(50)}
    house.release("0.2.0")
    source = FolderSource(house.repository.public)
    fetch(layout, find(layout, [source], BOARD, Floors(), house.seconds), [source])
    house.modules["edgeboard/module7.py"] = noise("changed", 5_000)
    house.release("0.3.0")
    whole = build(house.repository, "", [], "stable", tmp_path / "whole.ebu")
    return build(house.repository, "", [], "stable", tmp_path / "new.ebu", "0.2.0"), whole


def test_what_boards_have_need_not_travel_on_a_stick(house, layout, since):
    new, whole = since
    assert new.size < 0.1 * whole.size
    source = BundleSource(new.path)
    found = find(layout, [source], BOARD, Floors(counter=1), house.seconds)
    fetched = fetch(layout, found, [source])
    assert {file.sha256 for file in found.manifest.files} <= {path.name for path in layout.blobs.iterdir()}
    assert sum(fetched.by_source.values()) + fetched.reused == found.manifest.length


def test_a_board_that_has_not_the_earlier_release_is_told_so(house, since, tmp_path):
    fresh = Layout.under(tmp_path / "fresh")
    fresh.prefix.mkdir(parents=True)
    fresh.root.write_bytes(house.root)
    source = BundleSource(since[0].path)
    found = find(fresh, [source], BOARD, Floors(), house.seconds)
    with pytest.raises(VerificationError, match="made without --since") as refused:
        fetch(fresh, found, [source])
    assert refused.value.attack == "partial-bundle"
    fetch(fresh, found, [source, FolderSource(house.repository.public)])


def test_a_chunk_that_was_changed_in_it_is_refused(house, layout, since):
    source = BundleSource(since[0].path)
    found = find(layout, [source], BOARD, Floors(counter=1), house.seconds)
    chunk = max((entry for entry in source.entries.values() if entry.size < 6_000), key=lambda entry: entry.size)
    data = bytearray(since[0].path.read_bytes())
    data[chunk.offset] ^= 1
    since[0].path.write_bytes(bytes(data))
    with pytest.raises(VerificationError, match="not what was signed"):
        fetch(layout, found, [source])


def test_it_is_inspected_for_what_it_is(house, since):
    new, whole = since
    assert [(r.is_rest, r.wrong) for r in inspect(BundleSource(new.path), house.root, house.seconds)] == [
        (True, ())
    ] * 2
    assert [(r.is_rest, r.wrong) for r in inspect(BundleSource(whole.path), None, house.seconds)] == [(False, ())] * 2


@pytest.mark.parametrize("version", ["0.1.0", "0.3.0"])
def test_what_is_no_earlier_release_is_said(house, since, tmp_path, version):
    with pytest.raises(UserError, match="no earlier release of these machines"):
        build(house.repository, "", [], "stable", tmp_path / "x.ebu", version)


def test_a_pipe_in_the_place_of_a_bundle_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="is no file: name a bundle"):
        BundleSource(tmp_path / "pipe")
