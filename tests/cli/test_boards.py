"""Boards as child processes."""

import asyncio
import os
import signal

import pytest

from edgeboard.cli.boards import last_line, start_board
from edgeboard.errors import UserError
from edgeboard.web.addresses import free_ports


async def first_answer(board):
    """Its status, once it is up."""
    for _ in range(400):
        if status := await board.status():
            return status
        await asyncio.sleep(0.05)
    return {}


def test_the_last_line_of_a_log_is_what_a_board_said_last(tmp_path):
    log = tmp_path / "board.log"
    assert last_line(log) == "it said nothing"
    log.write_text("")
    assert last_line(log) == "it said nothing"
    log.write_text("INFO x\nedgeboard: port 1 is taken\n\n")
    assert last_line(log) == "port 1 is taken"


async def test_a_board_whose_directory_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot start Board A in .*: Not a directory"):
        await start_board(tmp_path / "file" / "a", "Board A", "127.0.0.1", 1, "lobby", ())


@pytest.mark.slow
async def test_a_board_is_started_asked_and_stopped(tmp_path):
    (port,) = free_ports("127.0.0.1", 1, 20_000)
    board = await start_board(tmp_path, "Board A", "127.0.0.1", port, "lobby", ())
    try:
        status = await first_answer(board)
        assert status["name"] == "Board A"
        assert (await board.room("lobby"))["items"] == 0
        assert await board.room("other") == {}
    finally:
        await board.stop()
    with pytest.raises(UserError, match="Board A has ended: "):
        await board.status()
    await board.stop()


@pytest.mark.slow
async def test_a_board_that_does_not_stop_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("edgeboard.cli.boards.STOP_S", 0.1)
    (port,) = free_ports("127.0.0.1", 1, 21_000)
    board = await start_board(tmp_path, "Board A", "127.0.0.1", port, "lobby", ())
    os.kill(board.pid, signal.SIGSTOP)
    await board.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(board.pid, 0)


@pytest.mark.slow
async def test_a_board_that_cannot_start_says_why(tmp_path):
    board = await start_board(tmp_path, "Board A", "192.0.2.77", 1, "lobby", ())
    with pytest.raises(UserError, match=r"Board A has ended: 192\.0\.2\.77 is not an address of this machine"):
        await first_answer(board)
