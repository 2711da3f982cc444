"""The marquee: turns a second of the pure engine, and a source whose reader is killed."""

import json
import signal
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.failover import PATIENCE_S, Board
from edgeboard.marquee.items import Level, TickerItem, changed
from edgeboard.marquee.ticker import Ticker

ITEMS, TURNS, RATE_HZ = 20, 300_000, 30
BEGIN = 1_700_000_000.0
BOARDS, KILLS = 3, 10


def turns() -> dict[str, float]:
    """How often a second it can be asked what shows, 20 items, moments that go on by a frame each."""
    ticker = Ticker("quiet")
    texts = (f"Line {number}: {number * 0.8:.1f} mm, shift {number % 3}" for number in range(ITEMS))
    ticker.set_items(
        [changed(None, TickerItem(f"{n}", text, Level(n % 3), n % 4), BEGIN - 60 + n) for n, text in enumerate(texts)]
    )
    begun = time.perf_counter()
    for frame in range(TURNS):
        ticker.at(BEGIN + frame / RATE_HZ)
    return {"turns_per_s": TURNS / (time.perf_counter() - begun)}


def takeover() -> dict[str, float]:
    """Seconds from SIGKILL of the board that reads a source until another has read it: median and worst."""
    asked: list[float] = []
    server = _serve(asked)
    source = {"id": "boiler", "url": f"http://127.0.0.1:{server.server_port}/", "every_s": 3600, "keep_s": 86_400}
    more = {"marquee": {"sources": [source]}}
    with tempfile.TemporaryDirectory() as folder:
        boards: list[Board] = []
        try:
            for number in range(BOARDS):
                founder = boards[0].state if boards else None
                boards.append(Board(Path(folder), number, [board.url for board in boards], founder, more))
            took = [_kill(boards, asked) for _ in range(KILLS)]
        finally:
            for board in boards:
                board.process.send_signal(signal.SIGINT)
            for board in boards:
                board.process.wait(10)
            server.shutdown()
            server.server_close()
    return {"median_s": median(took), "worst_s": max(took)}


def _serve(asked: list[float]) -> ThreadingHTTPServer:
    """A machine that says how often it was asked, so that each answer is news."""

    class Boiler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(time.monotonic())
            body = str(len(asked)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Boiler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _kill(boards: list[Board], asked: list[float]) -> float:
    """One take-over, from all boards linked and showing the same; at its end the one that was killed starts anew."""
    for board in boards:
        board.status(lambda status: sum(not link["guest"] for link in status["links"]) == BOARDS - 1)
    _until(lambda: len({_source(board)["reader"] for board in boards}) == 1)
    _until(lambda: len({_text(board) for board in boards} - {""}) == 1)
    (reader,) = [board for board in boards if _source(board)["ours"]]
    before = len(asked)
    reader.process.kill()
    killed = time.monotonic()
    _until(lambda: len(asked) > before)
    took = asked[before] - killed
    reader.process.wait(10)
    reader.start()
    return took


def _marquee(board: Board) -> dict[str, Any]:
    with urllib.request.urlopen(f"{board.url}/api/marquee", timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def _source(board: Board) -> dict[str, Any]:
    source: dict[str, Any] = _marquee(board)["sources"][0]
    return source


def _text(board: Board) -> str:
    return next((str(item["next"] or item["text"]) for item in _marquee(board)["items"]), "")


def _until(holds: Any) -> None:  # noqa: ANN401 - a question
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {PATIENCE_S:.0f} s")
        time.sleep(0.02)
