"""A page whose host is killed: how long until it is live at another board.

Three linked boards and one Chromium whose page draws. The board that the page is at is killed by SIGKILL in the middle
of a stroke, again and again, and started anew each time. The time runs from the kill until the page says that it is
live at another board, canvas and all. At the end each board has every op once, or the run fails.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page

from benchmarks.links import ask_status
from benchmarks.page import chromium
from edgeboard.identity.keyfile import enrol

BOARDS, KILLS = 3, 20
PATIENCE_S = 30.0


class Board:
    """A real node that can be killed and started again on the same port."""

    def __init__(
        self, folder: Path, number: int, peers: list[str], founder: Path | None, more: dict[str, Any] | None = None
    ) -> None:
        self.state = folder / f"state{number}"
        self._config = folder / f"{number}.yaml"
        self._name = f"board {number}"
        self._peers = peers
        self._more = more or {}
        self.port = 0
        self.process: subprocess.Popen[bytes]
        if founder is not None:
            enrol(founder, self.state)
        self.start()

    def start(self) -> None:
        self._config.write_text(
            json.dumps({
                "node": {"name": self._name, "state": str(self.state), "listen": f"127.0.0.1:{self.port}"},
                "peers": self._peers,
                "transport": {"include_loopback": True, "addresses": ["127.0.0.1"]},
                **self._more,
            })
        )  # fmt: skip
        command = [sys.executable, "-m", "edgeboard.cli", "run", "--config", str(self._config)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port = self.status(lambda status: status["port"])["port"]

    def status(self, holds: Any) -> dict[str, Any]:  # noqa: ANN401 - of the status
        return ask_status(self.state, holds)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def hosts() -> dict[str, float]:
    """Seconds from the kill of a page's host to the page being live at another board: median and worst."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        boards: list[Board] = []
        try:
            for number in range(BOARDS):
                boards.append(
                    Board(Path(folder), number, [board.url for board in boards], boards[0].state if boards else None)
                )
            page = browser.new_page()
            page.goto(f"{boards[0].url}/room/lobby")
            took = [_kill(page, {board.url: board for board in boards}) for _ in range(KILLS)]
            _until(page, "edgeboard.unsafe() === 0")
            for board in boards:
                board.status(lambda status: _ops(status) == 2 * KILLS)
        finally:
            for board in boards:
                board.process.send_signal(signal.SIGINT)
            for board in boards:
                board.process.wait(10)
    return {"median_s": median(took), "worst_s": max(took)}


def _kill(page: Page, boards: dict[str, Board]) -> float:
    _until(page, f"globalThis.edgeboard?.state === 'live' && edgeboard.otherBoards.length === {BOARDS - 1}")
    for board in boards.values():
        board.status(lambda status: sum(not link["guest"] for link in status["links"]) == BOARDS - 1)
    _until(page, "edgeboard.unsafe() === 0")
    at = page.evaluate("edgeboard.board")
    page.mouse.move(200, 200)
    page.mouse.down()
    page.mouse.move(300, 260, steps=8)
    boards[at].process.kill()
    killed = time.monotonic()
    page.mouse.move(400, 220, steps=8)
    page.mouse.up()
    page.mouse.move(500, 300)
    page.mouse.down()
    page.mouse.move(560, 340, steps=4)
    page.mouse.up()
    _until(page, f"edgeboard.state === 'live' && edgeboard.board !== '{at}'")
    took = time.monotonic() - killed
    boards[at].process.wait(10)
    boards[at].start()
    return took


def _ops(status: dict[str, Any]) -> int:
    return sum(room["ops"] for room in status["rooms"] if room["name"] == "lobby")


def _until(page: Page, expression: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise RuntimeError(f"not within {PATIENCE_S:.0f} s: {expression}")
        page.wait_for_timeout(10)
