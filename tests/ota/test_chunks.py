"""Chunks that lie on a board, by their hashes."""

import hashlib

from edgeboard.ota.chunks import all_places, places
from tests.ota.releases import Release, layout_in


def test_each_chunk_of_what_is_whole_here_is_found(tmp_path):
    layout = layout_in(tmp_path / "board")
    release = Release(tmp_path / "release", 1).fetch(layout)
    found = dict(places(layout, release.manifest))
    assert set(found) == {chunk for file in release.manifest.files for chunk in file.chunks}
    for sha256, place in found.items():
        assert hashlib.sha256(place.read()).hexdigest() == sha256
    assert all_places(layout) == found, "the manifest among the blobs says what is there"


def test_of_a_file_that_is_not_whole_nothing_is_found(tmp_path):
    layout = layout_in(tmp_path / "board")
    release = Release(tmp_path / "release", 1).fetch(layout)
    wheel = layout.blobs / release.wheel.sha256
    wheel.write_bytes(wheel.read_bytes()[:-1])
    assert release.wheel.chunks[0] not in all_places(layout)


def test_what_has_gone_meanwhile_is_not_there(tmp_path):
    layout = layout_in(tmp_path / "board")
    release = Release(tmp_path / "release", 1).fetch(layout)
    found = all_places(layout)
    for path in layout.blobs.iterdir():
        path.unlink()
    assert found[release.wheel.chunks[0]].read() is None
    assert all_places(layout) == {}
