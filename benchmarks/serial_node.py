"""From a pen's packet on a line to what a board makes of it: the batch for the mesh, the waveform of a panel.

A whole board as `node.build` makes it, on the machine's own event loop; the tablet is another process at a real pseudo
terminal (`serial_tablet`). Both read one clock.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT
from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.discovery.settings import Settings as DiscoverySettings
from edgeboard.node.board import Board
from edgeboard.node.build import build
from edgeboard.peripherals.settings import Settings
from firmware_bridge.display import Display
from firmware_bridge.engine import Shown, Started

STROKES, POINTS, PAUSE_S = 400, 10, 0.02
TAPS, TAP_PAUSE_S = 100, 1.2  # s until the panel has shown a tap, and is idle again
PATIENCE_S = 60.0


def batches() -> dict[str, float]:
    """From the packet that ends a stroke to its batch in the hands of the mesh; and what a packet within one costs."""
    return asyncio.run(_batches())


def waveforms() -> dict[str, float]:
    """From a sample of a pen to the waveform of an idle UC8179, whose chip is simulated in a thread."""
    return asyncio.run(_waveforms("sim:uc8179?quick=1"))


def waveforms_microcontroller() -> dict[str, float]:
    """The same on our own link at 115200 baud: the time that the line takes is part of it."""
    return asyncio.run(_waveforms("sim:mcu?pen=0"))


async def _batches() -> dict[str, float]:
    async with _board(STROKES, POINTS, PAUSE_S) as (board, tablet):
        mesh = board.node.pipeline.mesh
        push, pushed = mesh.push, list[float]()

        def seen(*arguments: Any) -> None:  # noqa: ANN401 - whatever push takes
            push(*arguments)
            pushed.append(time.monotonic())

        mesh.push = seen  # type: ignore[method-assign]
        inked: list[float] = []
        board.node.on_ink.append(lambda _: inked.append(time.monotonic()))
        await board.ready()
        used = time.process_time()
        await tablet.has_written()
        used = time.process_time() - used
        await _until(lambda: len(pushed) >= STROKES)
        strokes = await tablet.times()
    if len(pushed) != STROKES:
        raise AssertionError(f"{STROKES} strokes gave {len(pushed)} batches")
    ends = [at - stroke["up"] for at, stroke in zip(pushed, strokes, strict=True)]
    middles = [inked[bisect_left(inked, at)] - at for stroke in strokes for at in stroke["points"]]
    return {
        **_spread(ends, "batch"),
        **_spread(middles, "ink"),
        "cpu_us": used / (STROKES * (POINTS + 6)) * 1e6,
    }


async def _waveforms(panel: str) -> dict[str, float]:
    async with _board(TAPS, 1, TAP_PAUSE_S, Settings(panel)) as (board, tablet):
        started: list[float] = []
        on_output = Display.on_output

        def heard(display: Display, output: Any) -> None:  # noqa: ANN401 - an output
            if isinstance(output, Started):
                started.append(time.monotonic())
            elif isinstance(output, Shown):
                idle_since.append(time.monotonic())
            on_output(display, output)

        idle_since: list[float] = []
        Display.on_output = heard  # type: ignore[method-assign]
        try:
            await board.ready()
            await tablet.has_written()
            strokes = await tablet.times()
        finally:
            Display.on_output = on_output  # type: ignore[method-assign]
        waits = list(board.display.waits)
    ends = []
    for stroke in strokes:
        (at,) = stroke["points"]
        before = [one for one in started if one < at]
        after = [one for one in started if one >= at]
        is_idle = len(before) == sum(one < at for one in idle_since)
        if after and is_idle:
            ends.append(after[0] - at)
    if len(ends) < TAPS / 2:
        raise AssertionError(f"of {TAPS} taps only {len(ends)} met an idle panel")
    return {**_spread(ends, "start"), **_spread(waits, "display"), "taps": len(ends)}


class _Tablet:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def has_written(self) -> None:
        assert self._process.stdout is not None
        if await self._process.stdout.readline() != b"written\n":
            raise RuntimeError("the tablet has ended before its time")

    async def times(self) -> list[dict[str, Any]]:
        out, _ = await self._process.communicate(b"")
        found: list[dict[str, Any]] = json.loads(out)
        return found


class _Board:
    def __init__(self, board: Board) -> None:
        self.node = board.node
        self._board = board

    async def ready(self) -> None:
        """Wait until all devices have answered."""
        await _until(lambda: all(each["standing"] == "ready" for each in self._devices()) and self._devices() != [])

    @property
    def display(self) -> Display:
        desk: Any = self._board.desk
        (display,) = (place.device.display for place in desk._devices._places.values() if place.device.display)
        return display  # type: ignore[no-any-return]

    def _devices(self) -> list[dict[str, Any]]:
        return [] if self._board.desk is None else self._board.desk.describe()


@asynccontextmanager
async def _board(strokes: int, points: int, pause: float, *devices: Settings) -> AsyncIterator[tuple[_Board, _Tablet]]:
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "tablet"
        command = ("-m", "benchmarks.serial_tablet", str(link), str(strokes), str(points), str(pause))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdin=pipe, stdout=pipe)
        board = build(
            Config(
                node=NodeSection("desk", Path(folder) / "state", Listen("127.0.0.1", 0), Path("/none")),
                discovery=DiscoverySettings(mdns=False),
                devices=(Settings(f"serial:{link}?driver=isdv4"), *devices),
            )
        )
        await board.start()
        try:
            yield _Board(board), _Tablet(process)
        finally:
            await board.stop()
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


def _spread(times: Sequence[float], name: str) -> dict[str, float]:
    """Median, 99th percentile and longest, ms."""
    ordered = sorted(times)
    return {
        f"{name}_ms": statistics.median(ordered) * 1e3,
        f"{name}_p99_ms": ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))] * 1e3,
        f"{name}_longest_ms": ordered[-1] * 1e3,
    }
