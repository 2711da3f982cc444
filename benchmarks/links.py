"""Links between real boards: what five of them cost, how soon ink arrives, how many ops a second one carries.

Boards are real processes with WebRTC over loopback, linked as on a network; only the latency child builds its boards
in its own process, one each, because it looks at the moment at which an op is on the other board's canvas.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT, data_file, handwriting
from edgeboard.identity.keyfile import enrol

NEIGHBOURS = 5
PENS = 10
SETTLE_S = 3.0  # after the links are up
IDLE_S = 8.0
BUSY_S = 15.0
DRAWN_S = 12.0
PATIENCE_S = 30.0
PAGE = os.sysconf("SC_PAGESIZE")
TICK = os.sysconf("SC_CLK_TCK")


def five_at_33() -> dict[str, float]:
    return _five(0.033)


def five_at_100() -> dict[str, float]:
    return _five(0.1)


def _five(gather_s: float) -> dict[str, float]:
    """A board with five links: its memory when idle, and its processor time for each pen that draws there."""
    recording = data_file("handwriting.jsonl")
    with tempfile.TemporaryDirectory() as folder, _boards(Path(folder), gather_s) as boards:
        host, state = boards[0]
        time.sleep(SETTLE_S)
        pages = int(Path(f"/proc/{host.pid}/statm").read_text().split()[1])
        idle = _share(host, IDLE_S)
        pen = [sys.executable, "-m", "edgeboard.cli", "replay", str(recording), "--room", "lobby"]
        replay = subprocess.Popen([*pen, "--loop", "--state", str(state)], stdout=subprocess.DEVNULL)
        try:
            time.sleep(SETTLE_S)
            drawn = ask_status(state, bool)["rooms"][0]["ops"]
            busy = _share(host, BUSY_S)
            drawn = ask_status(state, bool)["rooms"][0]["ops"] - drawn
            if not drawn:
                raise RuntimeError("the pen drew nothing")
        finally:
            replay.send_signal(signal.SIGINT)
            replay.wait(10)
        return {
            "mib": pages * PAGE / 2**20,
            "private_mib": _private_kib(host) / 2**10,
            "idle_percent": 100 * idle,
            "pen_percent": 100 * (busy - idle),
            "strokes_per_s": drawn / BUSY_S,
        }


@contextmanager
def _boards(folder: Path, gather_s: float) -> Iterator[list[tuple[subprocess.Popen[bytes], Path]]]:
    """A board, and five more that are linked to it."""
    boards: list[tuple[subprocess.Popen[bytes], Path]] = []
    try:
        port = 0
        for number in range(1 + NEIGHBOURS):
            state, config = folder / f"state{number}", folder / f"{number}.yaml"
            peers = [f"http://127.0.0.1:{port}"] if number else []
            config.write_text(
                json.dumps({
                    "node": {"name": f"board {number}", "state": str(state), "listen": "127.0.0.1:0"},
                    "peers": peers,
                    "transport": {"mode": "webrtc", "include_loopback": True},
                    "guests": {"gather_s": gather_s},
                })
            )  # fmt: skip
            if number:
                enrol(boards[0][1], state)
            command = [sys.executable, "-m", "edgeboard.cli", "run", "--config", str(config)]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            boards.append((process, state))
            status = ask_status(state, lambda status: status["port"])
            if not number:
                port = status["port"]
        ask_status(boards[0][1], lambda status: status["transport"]["open_links"].get("webrtc", 0) == NEIGHBOURS)
        yield boards
    finally:
        for process, _ in boards:
            process.send_signal(signal.SIGINT)
        for process, _ in boards:
            process.wait(10)


def ask_status(state: Path, holds: Any) -> dict[str, Any]:  # noqa: ANN401 - of the status
    """The status of a node, once it is there and `holds` is true of it."""
    for _ in range(round(PATIENCE_S / 0.02)):
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.connect(str(state / "control.sock"))
                control.sendall(b"GET /control/status HTTP/1.0\r\nHost: edgeboard\r\n\r\n")
                with control.makefile("rb") as answer:
                    status: dict[str, Any] = json.loads(answer.read().partition(b"\r\n\r\n")[2])
            if holds(status):
                return status
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"{state}: not there after {PATIENCE_S:.0f} s")


def _share(process: subprocess.Popen[bytes], seconds: float) -> float:
    """Of one core, over some seconds."""

    def spent() -> int:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before, started = spent(), time.perf_counter()
    time.sleep(seconds)
    return (spent() - before) / TICK / (time.perf_counter() - started)


def _private_kib(process: subprocess.Popen[bytes]) -> int:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_Dirty"))


# ---------------------------------------------------------------------------------------------------------- latency


def latency_at_33() -> dict[str, float]:
    return _latency(0.033)


def latency_at_0() -> dict[str, float]:
    return _latency(0.0)


def _latency(gather_s: float) -> dict[str, float]:
    """Ten pens write on one board at their recorded speed: from the last sample of a stroke to the other's canvas."""
    data_file("handwriting.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        both = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.links", role, folder, str(gather_s)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            )
            for role in ("draws", "watches")
        ]  # fmt: skip
        draws, watches = both
        try:
            watches.stdin.write(draws.stdout.readline())  # type: ignore[union-attr]
            watches.stdin.flush()  # type: ignore[union-attr]
            made = json.loads(draws.stdout.readline())  # type: ignore[union-attr]
            watches.stdin.write("end\n")  # type: ignore[union-attr]
            watches.stdin.flush()  # type: ignore[union-attr]
            seen = json.loads(watches.stdout.readline())  # type: ignore[union-attr]
        finally:
            for process in both:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    missing = set(made) - set(seen)
    if missing:
        raise RuntimeError(f"{len(missing)} of {len(made)} strokes did not arrive")
    took = sorted((seen[op] - at) * 1e3 for op, at in made.items())
    return {
        "p50_ms": statistics.median(took),
        "p99_ms": took[min(len(took) - 1, round(0.99 * len(took)))],
        "strokes": len(took),
    }


async def _board(folder: Path, name: str, peer: str, gather_s: float) -> Any:  # noqa: ANN401 - a board
    from edgeboard.config.schema import Config, GuestsSection, NodeSection
    from edgeboard.config.values import Listen
    from edgeboard.node.build import build
    from edgeboard.transport.settings import Settings

    config = Config(
        node=NodeSection(name, folder / name, Listen("127.0.0.1", 0)),
        peers=(peer,) if peer else (),
        transport=Settings(mode="webrtc", include_loopback=True),
        guests=GuestsSection(gather_s=gather_s),
    )
    board = build(config)
    await board.start()
    return board


async def _draw(folder: Path, gather_s: float) -> None:
    from edgeboard.canvas.ops import Add, ItemType
    from edgeboard.oplog.codec import encode_stroke

    board = await _board(folder, "one", "", gather_s)
    print(json.dumps({"port": board.port}), flush=True)
    room = next(iter(board.node.pipeline.rooms))
    while not board.node.pipeline.mesh.node_links(room):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    await asyncio.sleep(SETTLE_S)
    made: dict[str, float] = {}
    strokes = handwriting()

    async def write(pen: int) -> None:
        mine = strokes[pen::PENS]
        await asyncio.sleep(pen * 0.037)
        ends = time.monotonic() + DRAWN_S
        for stroke in mine:
            await asyncio.sleep(max(0.08, (stroke.t or (0,))[-1] / 1e3))
            if time.monotonic() > ends:
                return
            payload = encode_stroke(0, pen, 24, stroke)
            at = time.monotonic()
            body = Add(page=0, layer=0, type=ItemType.STROKE, payload=payload)
            (op,) = board.node.feed(lambda now, body=body: board.node.pipeline.draw("lobby", [body], now))
            made[str(op)] = at

    await asyncio.gather(*(write(pen) for pen in range(PENS)))
    await asyncio.sleep(1.0)
    print(json.dumps(made), flush=True)
    await board.stop()


async def _watch(folder: Path, gather_s: float) -> None:
    said = json.loads(await asyncio.to_thread(sys.stdin.readline))
    enrol(folder / "one", folder / "two")
    board = await _board(folder, "two", f"http://127.0.0.1:{said['port']}", gather_s)
    seen: dict[str, float] = {}

    def on_damage(damaged: Any) -> None:  # noqa: ANN401 - of the node
        now = time.monotonic()
        for item in damaged.items:
            seen.setdefault(str(item), now)

    board.node.on_damage.append(on_damage)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(seen), flush=True)
    await board.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.links", description=__doc__)
    parser.add_argument("role", choices=("draws", "watches"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("gather_s", type=float)
    options = parser.parse_args()
    asyncio.run((_draw if options.role == "draws" else _watch)(options.folder, options.gather_s))


if __name__ == "__main__":
    main()
