"""What a board can give others: only what is whole and was not gone back from."""

import hashlib

from edgeboard.ota import records
from edgeboard.ota.files import RealDisk
from edgeboard.ota.seeding import look, stamp
from edgeboard.wire.messages import Channel, decode, encode
from edgeboard.wire.releases import Report
from tests.ota.releases import Release, layout_in


def contents(seed):
    return {content: place.read() for content, place in seed.places.items()}


def test_every_chunk_and_the_manifest_is_found_by_its_hash(tmp_path) -> None:
    layout = layout_in(tmp_path)
    release = Release(tmp_path / "made", 3).fetch(layout)
    found = contents(look(layout))
    chunks = {bytes.fromhex(chunk) for file in release.manifest.files for chunk in file.chunks}
    assert found.keys() == chunks | {bytes.fromhex(release.digest)}
    assert all(hashlib.sha256(data).digest() == content for content, data in found.items())


def test_a_file_that_is_not_whole_is_not_given(tmp_path) -> None:
    layout = layout_in(tmp_path)
    release = Release(tmp_path / "made", 3).fetch(layout)
    (layout.blobs / release.wheel.sha256).write_bytes(b"half")
    assert bytes.fromhex(release.wheel.chunks[0]) not in look(layout).places


def test_metadata_is_told_by_name_with_the_version_of_the_timestamp(tmp_path) -> None:
    layout = layout_in(tmp_path)
    layout.metadata.mkdir()
    for name in ("1.root.json", "timestamp.json", "2.snapshot.json", "notes.txt", "x.root.json"):
        (layout.metadata / name).write_bytes(b'{"signed": {"version": 12}}')
    seed = look(layout)
    assert [file.name for file in seed.told.files] == ["timestamp.json", "1.root.json", "2.snapshot.json"]
    assert seed.told.timestamp == 12
    assert all(seed.places[file.content].size == file.size for file in seed.told.files)


def test_a_release_that_was_gone_back_from_is_not_given_and_is_reported(tmp_path) -> None:
    layout = layout_in(tmp_path)
    release = Release(tmp_path / "made", 3).fetch(layout)
    before = stamp(layout)
    records.bar(layout, RealDisk(), records.Bad(release.digest, "1.3", 3, "it hangs", 0))
    assert stamp(layout) != before
    seed = look(layout)
    assert seed.places == {}
    assert seed.reports == (Report(3, is_good=False),)


def test_a_board_without_updates_has_nothing_to_give(tmp_path) -> None:
    seed = look(layout_in(tmp_path / "empty"))
    assert (dict(seed.places), seed.told.files, seed.reports) == ({}, (), ())


def test_the_release_that_runs_is_told_and_reported_once_it_is_there_to_stay(make_board) -> None:
    board = make_board()
    board.install(board.release(3))
    told = look(board.layout).told
    assert (told.version, told.counter, told.is_committed) == ("1.3", 3, 1)
    assert decode(Channel.CTL, encode(told)) == told, "others would close the link to this board"
    assert look(board.layout).reports == (Report(3, is_good=True),)
