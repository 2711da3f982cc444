import asyncio
import os
import threading

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


async def test_a_file_that_does_not_answer_holds_one_thread_and_takes_none_of_those_that_others_need(
    tmp_path, monkeypatch
):
    answers, reads, begun = threading.Event(), list[str](), asyncio.Event()
    loop = asyncio.get_running_loop()

    def read(_):
        reads.append(threading.current_thread().name)
        loop.call_soon_threadsafe(begun.set)
        answers.wait(20)
        return b"late"

    monkeypatch.setattr(FileSource, "_read", read)
    source = FileSource(tmp_path / "hung")
    first = asyncio.create_task(source.read())
    await begun.wait()
    first.cancel()  # as the poller does after a while
    for _ in range(3):
        with pytest.raises(SourceError, match="does not answer; an earlier read"):
            await source.read()
    assert reads == [f"read {tmp_path / 'hung'}"], "a thread of its own, and one alone"
    under_way = source._reading
    answers.set()
    await asyncio.wait([under_way])
    assert await source.read() == b"late", "it is read again as soon as it has answered"
