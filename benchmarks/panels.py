"""From a pen's sample to pixels on a virtual panel and at whoever looks at it, and what a marquee costs that moves.

A whole board as `node.build` makes it, on the machine's own event loop; who looks on is another process, and both read
one clock.
"""

import asyncio
import gc
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from benchmarks.data import ROOT
from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.discovery.settings import Settings as DiscoverySettings
from edgeboard.ids import Origin
from edgeboard.node.board import Board
from edgeboard.node.build import build
from edgeboard.node.values import PenPlace
from edgeboard.peripherals.panels import PanelSettings
from edgeboard.ports import PenMove, Touch
from edgeboard.web.panels import FRAME_HEAD

WALL = "virtual:wall?width=800&height=480&format={}"
STROKES, POINTS, PAUSE_S = 40, 50, 0.005  # a pen of 200 Hz that writes for ten seconds
CROWD = 100
SCROLL_S = 10.0
LEAD_S = 12.0  # until a marquee that was set moves, and its texts are drawn
PATIENCE_S = 60.0


def ink() -> dict[str, float]:
    """From a sample to pixels: handed to the panel, and arrived at one who looks on."""
    return asyncio.run(_ink(1))


def crowd() -> dict[str, float]:
    """The same while a hundred look on."""
    return asyncio.run(_ink(CROWD))


def scroll() -> dict[str, float]:
    """What a marquee costs that moves on 800 x 480 px, beyond the same board with a panel that rests."""
    return asyncio.run(_scroll())


async def _ink(viewers: int) -> dict[str, float]:
    async with _board("grey8") as board:
        screen = board.desk.screens.named("wall")
        handed: list[tuple[int, float]] = []
        show = screen.show

        def shown(*what: object, **how: object) -> None:
            show(*what, **how)  # type: ignore[arg-type]
            handed.append((screen.describe()["frames"], time.monotonic()))

        screen._view._show = shown  # type: ignore[union-attr,assignment]
        lookers = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.panels", str(viewers), f"http://127.0.0.1:{board.port}",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        assert lookers.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            assert await lookers.stdout.readline() == b"looking\n"
        samples: list[tuple[float, int, float]] = []  # when, the last frame before, and handed to the panel at
        pens = board.node.pipeline.pens
        board.node.feed(lambda now: pens.plug("pen", PenPlace("lobby"), Origin(7), now))
        for stroke in range(STROKES):
            for at in range(POINTS):
                touch = Touch.DOWN if at == 0 else Touch.UP if at == POINTS - 1 else Touch.MOVE
                x, y = 0.1 + 0.015 * at, 0.1 + 0.01 * stroke + 0.04 * math.sin(at / 4)
                before, count, moment = screen.describe()["frames"], len(handed), time.monotonic()
                move = PenMove(touch, moment, x, y, 2_000)
                board.node.feed(lambda now, move=move: pens.receive("pen", [move], now))  # type: ignore[misc]
                if touch is Touch.MOVE and len(handed) > count:
                    samples.append((moment, before + 1, handed[count][1]))
                await asyncio.sleep(PAUSE_S)
        out, _ = await lookers.communicate(b"\n")
    arrived = {int(frame): at for frame, at in json.loads(out).items()}
    panel = [done - moment for moment, _, done in samples]
    seen = [arrived[frame] - moment for moment, frame, _ in samples if frame in arrived]
    if len(seen) < len(samples) * 0.9:
        raise AssertionError(f"of {len(samples)} samples only {len(seen)} were seen as frames of their own")
    return {**_spread(panel, "panel"), **_spread(seen, "seen"), "samples": float(len(samples))}


def _spread(waits: list[float], name: str) -> dict[str, float]:
    cuts = statistics.quantiles(waits, n=100)
    return {f"{name}_p50_ms": statistics.median(waits) * 1000, f"{name}_p99_ms": cuts[98] * 1000}


async def _scroll() -> dict[str, float]:
    async with _board("rgb888") as board:
        await asyncio.sleep(LEAD_S)
        rest = await _used(SCROLL_S)
        items = [{"id": str(at), "text": f"Line {at}: {at * 37} pieces an hour, tank 4 at 71 %"} for at in range(6)]
        board.node.feed(lambda now: board.node.pipeline.marquee.put("lobby", items, now))
        await asyncio.sleep(LEAD_S)
        screen = board.desk.screens.named("wall")
        gc.collect()
        before, blocks = screen.describe(), sys.getallocatedblocks()
        moving = await _used(SCROLL_S)
        after = screen.describe()
        gc.collect()  # what the loop itself leaves in circles is no memory that grows
        blocks_after = sys.getallocatedblocks()
    frames = after["marquee_frames"] - before["marquee_frames"]
    if frames < SCROLL_S * 20:
        raise AssertionError(f"only {frames} frames in {SCROLL_S:.0f} s: the machine is too busy")
    return {
        "percent_of_a_core": (moving - rest) / SCROLL_S * 100,
        "blocks_per_frame": (blocks_after - blocks) / frames,
        "us_per_frame": (moving - rest) / frames * 1e6,
        "frames": float(frames),
        "dropped": float(after["dropped"] - before["dropped"]),
        "late": float(after["late"] - before["late"]),
    }


async def _used(seconds: float) -> float:
    """CPU seconds of this process while time passes."""
    used = time.process_time()
    await asyncio.sleep(seconds)
    return time.process_time() - used


@asynccontextmanager
async def _board(pixels: str) -> AsyncIterator[Board]:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        node = NodeSection(name="bench", state=state, listen=Listen("127.0.0.1", 0), join_file=Path(folder) / "none")
        board = build(
            Config(
                node=node,
                devices=(),
                panels=(PanelSettings(WALL.format(pixels), idle=False),),
                discovery=DiscoverySettings(mdns=False),
            )
        )
        await board.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (found := board.desk.screens.describe()) or not found[0]["frames"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            yield board
        finally:
            await board.stop()


async def _look(viewers: int, url: str) -> None:
    """As many as that look on; the first notes when each frame has come."""
    came: dict[int, float] = {}

    async def follow(session: aiohttp.ClientSession, ready: asyncio.Event, is_first: bool) -> None:
        async with session.ws_connect(f"{url}/api/panel/wall/frames") as ws:
            await ws.receive_str()
            await ws.receive_bytes()
            ready.set()
            async for message in ws:
                if is_first and message.type is aiohttp.WSMsgType.BINARY:
                    note(message.data, time.monotonic())

    def note(packet: bytes, now: float) -> None:
        import zlib

        data, at = zlib.decompress(packet[1:]), 0
        while at < len(data) and packet[0] == 2:
            head = FRAME_HEAD.unpack_from(data, at)
            came[head[0]] = now
            at += FRAME_HEAD.size + head[-1]

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        ready = [asyncio.Event() for _ in range(viewers)]
        tasks = [asyncio.create_task(follow(session, each, at == 0)) for at, each in enumerate(ready)]
        for each in ready:
            await each.wait()
        print("looking", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(came))


if __name__ == "__main__":
    asyncio.run(_look(int(sys.argv[1]), sys.argv[2]))
