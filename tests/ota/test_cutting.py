"""Chunks of what a release does not change stay the same."""

import zipfile

import pytest

from edgeboard.errors import UserError
from edgeboard.ota.cutting import MEMBER_LEAST, cut_text, cut_wheel
from edgeboard.ota.values import CHUNK_BYTES


def wheel(folder, members):
    folder.mkdir(exist_ok=True)
    path = folder / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as out:
        for name, data in members.items():
            out.writestr(zipfile.ZipInfo(name), data)
    return path


def cut(path, sizes):
    """The chunks of a file as they would be hashed."""
    data, chunks = path.read_bytes(), []
    for size in sizes:
        chunks.append(data[:size])
        data = data[size:]
    assert data == b"", "they are all of it"
    assert 0 < min(sizes) <= max(sizes) <= CHUNK_BYTES
    return chunks


def test_what_a_release_does_not_change_is_the_same_chunks_wherever_it_lies(tmp_path):
    modules = {f"thing/m{number:03}.py": bytes([number]) * 2_000 for number in range(60)}
    old, new = wheel(tmp_path / "old", modules), wheel(tmp_path / "new", {**modules, "thing/m007.py": b"longer" * 900})
    before = cut(old, cut_wheel(old))
    fresh = [chunk for chunk in cut(new, cut_wheel(new)) if chunk not in before]
    assert len(fresh) == 2, "the module that changed, and the list with places and checksums"
    assert b"longer" in fresh[0]
    assert len(fresh[0]) < 6_000


def test_small_members_that_follow_each_other_share_a_chunk(tmp_path):
    path = wheel(tmp_path, {f"thing/s{number}.py": b"x" for number in range(200)})
    chunks = cut(path, cut_wheel(path))
    assert len(chunks) < 20
    assert all(len(chunk) >= MEMBER_LEAST for chunk in chunks[:-2]), "but for the last before the list"


def test_a_small_member_does_not_drag_a_large_one_along(tmp_path):
    path = wheel(tmp_path, {"thing/a.py": b"x", "thing/large.bin": b"y" * 50_000, "thing/z.py": b"z"})
    small, large, *_ = cut(path, cut_wheel(path))
    assert (b"large" in small, large.endswith(b"yyy")) == (False, True)


def test_a_member_larger_than_a_chunk_has_several(tmp_path):
    path = wheel(tmp_path, {"thing/large.bin": b"y" * (2 * CHUNK_BYTES + 5)})
    assert cut_wheel(path)[:2] == (CHUNK_BYTES, CHUNK_BYTES)


def test_a_longer_line_changes_one_chunk_of_a_text(tmp_path):
    lines = [f"licence {number}: some words that are the law\n" for number in range(4_000)]
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("".join(lines))
    lines[2_000] = "licence 2000: other words, and many more of them\n"
    new.write_text("".join(lines))
    before = cut(old, cut_text(old))
    after = cut(new, cut_text(new))
    assert len([chunk for chunk in after if chunk not in before]) <= 2
    assert 10 < len(after) < 150


def test_text_without_lines_is_cut_all_the_same(tmp_path):
    path = tmp_path / "long.json"
    path.write_bytes(b"{" * (CHUNK_BYTES + 1))
    assert cut_text(path) == (CHUNK_BYTES, 1)
    path.write_bytes(b"")
    assert cut_text(path) == ()


def test_what_cannot_be_cut_is_said(tmp_path):
    (tmp_path / "thing.whl").write_bytes(b"PK")
    with pytest.raises(UserError, match="is no wheel"):
        cut_wheel(tmp_path / "thing.whl")
    with pytest.raises(UserError, match="cannot read"):
        cut_text(tmp_path / "absent.txt")
