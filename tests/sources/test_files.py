import os

import pytest

from edgeboard.errors import SourceError
from edgeboard.sources.files import FileSource
from edgeboard.sources.settings import ANSWER_MAX


async def test_a_file_is_read_anew_each_time(tmp_path):
    path = tmp_path / "temp"
    source = FileSource(path)
    for text in (b"61\n", b"62\n"):
        path.write_bytes(text)
        assert await source.read() == text


async def test_what_cannot_be_read_says_why(tmp_path):
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path, "is not a file")):
        with pytest.raises(SourceError, match=why):
            await FileSource(path).read()


async def test_what_has_no_end_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="is not a file"):
        await FileSource(tmp_path / "pipe").read()
    (tmp_path / "large").write_bytes(b"x" * (ANSWER_MAX + 1))
    with pytest.raises(SourceError, match="longer than 64 KiB"):
        await FileSource(tmp_path / "large").read()
