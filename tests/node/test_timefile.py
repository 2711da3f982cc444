"""How far mesh time had come, on the disk."""

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path

import pytest

from edgeboard.identity.keyfile import TIME_FILE, keep_time, load_time
from edgeboard.node.timefile import TimeFile
from edgeboard.timesync.values import LoneTime


async def write(state: Path) -> None:
    running: list[asyncio.Task[None]] = []

    def spawn(work: Coroutine[object, object, None], *, name: str) -> None:
        running.append(asyncio.create_task(work, name=name))

    file = TimeFile(state, LoneTime(0.0, 1_800_000_000.0), lambda: 60.0, spawn)
    file.keep(1_800_000_030.0)
    await asyncio.gather(*running)
    assert load_time(state) in (0.0, 1_800_000_030.0)
    await file.close()


def test_what_was_written_last_is_read_at_the_next_start(tmp_path: Path) -> None:
    assert load_time(tmp_path) == 0.0
    asyncio.run(write(tmp_path))
    assert load_time(tmp_path) == 1_800_000_060.0


def test_a_directory_that_cannot_be_written_is_said_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where a directory should be")
    with caplog.at_level(logging.WARNING):
        asyncio.run(write(tmp_path / "state"))
    assert "how far mesh time has come is not kept" in caplog.text


@pytest.mark.parametrize("content", [b"", b"soon", b"nan", b"-5", b"1e300", b"\xff\xfe"])
def test_a_damaged_file_is_no_use_and_no_harm(tmp_path: Path, content: bytes) -> None:
    keep_time(tmp_path, 1.0)
    (tmp_path / TIME_FILE).write_bytes(content)
    assert load_time(tmp_path) == 0.0
