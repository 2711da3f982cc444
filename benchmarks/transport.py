"""Plain messages over one WebRTC link between two processes: how many a second, and what one costs both ends.

Each run is two fresh processes of this file, so that each has its own event loop, patches and CPU clock; the signaling
is a line of JSON each way through the parent. Runs of the tiers alternate, and medians are reported: what else the
machine does then disturbs all of them alike.

    python -m benchmarks.transport [--size 200] [--seconds 3] [--runs 5] [--tiers off,tier0,tier1,tier2] [--json FILE]
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.data import data_file, handwriting
from edgeboard.canvas.leaves import survey
from edgeboard.canvas.ops import Add, ItemType, Maker, Op, decode_op
from edgeboard.canvas.refine import refine
from edgeboard.errors import CloseCode
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import MeshId, Origin, PersonId, author_id, room_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import decode_batch
from edgeboard.oplog.codec import encode_stroke
from edgeboard.rooms.room import RoomSettings
from edgeboard.transport import patches
from edgeboard.transport.addresses import LOOPBACK, local_addresses
from edgeboard.transport.settings import Settings, Tier
from edgeboard.transport.tasks import Tasks
from edgeboard.wire.messages import BatchIs, Channel, decode, encode

TIERS = ("off", "tier0", "tier1", "tier2")
BUFFERED_MAX = 256 * 1024  # bytes handed over and not sent
PATIENCE_S = 20.0  # for what is under way to arrive; stock may creep for minutes, and then what came by then counts
END = b"end"
_MESH = MeshId(b"benchmark mesh.!")


async def _peer(role: str, tier: Tier, what: str, size: int, seconds: float) -> dict[str, Any]:
    loopback = () if local_addresses(Settings()) else (LOOPBACK,)  # which stock does not know
    settings = Settings(mode="webrtc", patches=tier, addresses=loopback)
    patches.apply(settings)
    from edgeboard.transport.webrtc import WebRtcCarrier

    tasks = Tasks()
    carrier = WebRtcCarrier("the other", settings, tasks)
    started = time.perf_counter()
    if role == "offer":
        _say({"sdp": await carrier.offer()})
        await carrier.accept((await _hear())["sdp"])
    else:
        _say({"sdp": await carrier.answer((await _hear())["sdp"])})
    await carrier.opened()
    opened = time.perf_counter() - started
    if role == "offer":
        result = await _send(carrier, _messages(what, size), seconds)
    else:
        result = await _take(carrier, what, seconds)
    carrier.finish(linger=role == "answer")
    await tasks.end(5.0)
    return {**result, "open_s": opened, "patches": sorted(patches.active())}


def _messages(what: str, size: int) -> Iterator[tuple[bytes, int]]:
    """What is sent, without end: each message, and how many ops are in it."""
    if what == "plain":
        message = bytes(size)
        while True:
            yield message, 1
    pen = _Pen()
    while True:
        if what == "ops":
            yield pen.op().tail, 1
        else:
            yield pen.batch()


class _Pen:
    """Ops of the handwriting, one by one, or gathered and signed as a board does it."""

    def __init__(self) -> None:
        key = NodeKey(bytes(32))
        room = room_id(_MESH, "benchmark")
        self._author = LocalAuthor(_MESH, room, author_id(key.node_id, 1, 1), key.public_key, key.sign)
        self._room = room
        self._maker = Maker(Origin(1 << 40))
        self._bodies = cycle(
            [Add(0, 0, ItemType.STROKE, encode_stroke(0, 0, 24, refine(stroke, 3.0))) for stroke in handwriting()]
        )

    def op(self) -> Op:
        return self._maker.make(next(self._bodies), 0)

    def batch(self) -> tuple[bytes, int]:
        ops, size = [], 0
        while size < RoomSettings().gather_bytes:
            op = self.op()
            ops.append((op, PersonId(bytes(16))))
            size += len(op.tail) + 4
        return encode(BatchIs(self._room, self._author.batch(ops, 1_700_000_000_000))), len(ops)


def _ops_in(what: str, data: bytes) -> int:
    """How many ops a message brings, which are read."""
    if what == "plain":
        return 1
    if what == "ops":
        decode_op(Origin(1 << 40), data)
        return 1
    message = decode(Channel.LOG, data)
    assert isinstance(message, BatchIs)
    batch = decode_batch(message.batch)
    survey(batch.data, batch.heads, [(Origin(1 << 40), PersonId(bytes(16)))])
    return batch.count


async def _send(carrier: Any, messages: Iterator[tuple[bytes, int]], seconds: float) -> dict[str, float]:  # noqa: ANN401
    answered = asyncio.get_running_loop().create_future()
    carrier.listen(lambda channel, data: answered.set_result(int(data)), lambda code, text: None)
    next(messages)  # so that what is made once is made
    await asyncio.sleep(0.2)
    cpu, started, sent = time.process_time(), time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        for message, count in islice(messages, 50):
            carrier.put(Channel.LOG, message)
            sent += count
        while carrier.buffered > BUFFERED_MAX:  # noqa: ASYNC110 - aiortc's event for it costs a callback a message
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)
    carrier.put(Channel.LOG, END)
    await asyncio.wait((answered,), timeout=PATIENCE_S)
    elapsed, spent = time.perf_counter() - started, time.process_time() - cpu
    return {"sent": sent, "complete": answered.done(), "elapsed_s": elapsed, "cpu_s": spent}


async def _take(carrier: Any, what: str, seconds: float) -> dict[str, float]:  # noqa: ANN401 - a carrier
    done = asyncio.get_running_loop().create_future()
    arrived, cpu = 0, 0.0

    def on_message(channel: Channel, data: bytes) -> None:
        nonlocal arrived, cpu
        if not arrived:
            cpu = time.process_time()
        if data == END:
            carrier.put(Channel.CTL, str(arrived).encode())
            done.set_result(None)
        else:
            arrived += _ops_in(what, data)

    def on_lost(code: CloseCode, text: str) -> None:
        if not done.done():  # the sender gave up
            done.set_result(None)

    carrier.listen(on_message, on_lost)
    await asyncio.wait((done,), timeout=2 * PATIENCE_S + seconds)
    spent = time.process_time() - cpu
    await asyncio.sleep(0.2)
    return {"arrived": arrived, "cpu_s": spent}


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


async def _hear() -> dict[str, Any]:
    line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return dict(json.loads(line))


def run_pair(
    tier: str, size: int, seconds: float, other_tier: str | None = None, what: str = "plain"
) -> dict[str, float]:
    """One run: messages (or ops) a second, and microseconds of CPU for each, of the sender and of the receiver."""
    if what != "plain":
        data_file("handwriting.jsonl")  # or neither side would say why
    both = []
    for role, name in (("offer", tier), ("answer", other_tier or tier)):
        command = [sys.executable, "-m", "benchmarks.transport", "--role", role, "--tiers", name]
        command += ["--size", str(size), "--seconds", str(seconds), "--what", what]
        both.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT))
    offerer, answerer = both
    try:
        for here, there in ((offerer, answerer), (answerer, offerer)):
            there.stdin.write(here.stdout.readline())  # type: ignore[union-attr]
            there.stdin.flush()  # type: ignore[union-attr]
        sent, taken = (json.loads(process.stdout.readline()) for process in both)  # type: ignore[union-attr]
    finally:
        for process in both:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
    if sent["complete"] and sent["sent"] != taken["arrived"]:
        raise RuntimeError(f"{sent['sent'] - taken['arrived']} messages were lost with {tier}")
    return {
        "messages_per_s": taken["arrived"] / sent["elapsed_s"],
        "cpu_send_us": sent["cpu_s"] / sent["sent"] * 1e6,
        "cpu_take_us": taken["cpu_s"] / max(1, taken["arrived"]) * 1e6,
        "open_ms": sent["open_s"] * 1e3,
    }


def measure(
    size: int = 200, seconds: float = 3.0, runs: int = 5, tiers: Sequence[str] = TIERS
) -> dict[str, dict[str, float]]:
    """Medians of `runs` runs for each tier, the lowest and highest rate beside them, and the ratios to stock."""
    found: dict[str, list[dict[str, float]]] = {tier: [] for tier in tiers}
    for _ in range(runs):
        for tier in tiers:
            found[tier].append(run_pair(tier, size, seconds))
    figures: dict[str, dict[str, float]] = {}
    for tier, each in found.items():
        rates = [run["messages_per_s"] for run in each]
        middle = {name: median(run[name] for run in each) for name in each[0]}
        figures[tier] = {**middle, "lowest_per_s": min(rates), "highest_per_s": max(rates)}
    if (stock := figures.get("off")) is not None:
        for figure in figures.values():
            figure["rate_ratio"] = figure["messages_per_s"] / stock["messages_per_s"]
            figure["cpu_ratio"] = _cpu(stock) / _cpu(figure)
    return figures


def plain() -> dict[str, float]:
    """One run of stock, of the default and of all tiers behind each other: for the harness, which makes the medians."""
    stock, default, full = (run_pair(tier, 200, 3.0) for tier in ("off", Settings().patches, "tier2"))
    return {
        "stock_per_s": stock["messages_per_s"],
        "default_per_s": default["messages_per_s"],
        "all_per_s": full["messages_per_s"],
        "default_ratio": default["messages_per_s"] / stock["messages_per_s"],
        "all_ratio": full["messages_per_s"] / stock["messages_per_s"],
        "stock_cpu_us": _cpu(stock),
        "default_cpu_us": _cpu(default),
        "all_cpu_us": _cpu(full),
    }


def bundled() -> dict[str, float]:
    """Pen ops: gathered, signed and sent by the default tiers, and one by one by stock."""
    stock = run_pair("off", 0, 3.0, what="ops")
    ours = run_pair(Settings().patches, 0, 3.0, what="batches")
    return {
        "stock_per_s": stock["messages_per_s"],
        "bundled_per_s": ours["messages_per_s"],
        "ratio": ours["messages_per_s"] / stock["messages_per_s"],
        "stock_cpu_us": _cpu(stock),
        "bundled_cpu_us": _cpu(ours),
    }


def _cpu(figure: dict[str, float]) -> float:
    return figure["cpu_send_us"] + figure["cpu_take_us"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transport", description=__doc__)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tiers", default=",".join(TIERS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--what", choices=("plain", "ops", "batches"), default="plain")
    parser.add_argument("--role", choices=("offer", "answer"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        _say(asyncio.run(_peer(options.role, options.tiers, options.what, options.size, options.seconds)))
        return
    figures = measure(options.size, options.seconds, options.runs, options.tiers.split(","))
    for tier, figure in figures.items():
        print(tier, "  ".join(f"{name} {value:,.1f}" for name, value in figure.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


_ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    main()
