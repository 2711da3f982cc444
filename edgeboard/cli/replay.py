"""`edgeboard replay`: a recorded pen, written into a room as a live one, stroke by stroke until all of it is safe."""

import argparse
import asyncio
import json
import secrets
import signal
import sys
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, final

from edgeboard.canvas.ops import Alive
from edgeboard.canvas.refine import TOLERANCE
from edgeboard.canvas.samples import Stroke
from edgeboard.cli.control import NoNode, state_of
from edgeboard.cli.drawing import read_recording
from edgeboard.cli.guest import GuestSession, Me
from edgeboard.cli.hosted import OUTAGE_MAX_S, HostedGuest
from edgeboard.errors import UserError
from edgeboard.ids import OpId, Origin, PersonId, op_id
from edgeboard.interchange import pen
from edgeboard.interchange.recordings import Recorded
from edgeboard.oplog.codec import Pen
from edgeboard.wire.previews import PreviewWriter

TICK_S = 0.033  # between previews
UNDER_WAY_MAX = 256  # ops without a receipt, at speed 0
STALLED_S = 20.0  # without a receipt: then what is not safe is named
FAREWELL_S = 1.5  # after Ctrl-C: for the stroke under way to be saved
NAMED_MAX = 5  # ops that are named
ROWS = 3  # of a loop that are on the page at a time
GAP = 24  # px between rows
ROUND_PAUSE_S = 1.0  # between the rounds of a loop


def main(arguments: argparse.Namespace) -> int:
    recorded = read_recording(Path("/dev/stdin") if str(arguments.file) == "-" else arguments.file)
    style = pen.Style(tolerance=0.0 if arguments.exact else TOLERANCE)
    if arguments.colour is not None:
        style = replace(style, colour=arguments.colour)
        recorded = [replace(each, colour=None) for each in recorded]
    if arguments.width is not None:
        style = replace(style, width=max(1, round(arguments.width * 8)))
        recorded = [replace(each, width=None) for each in recorded]
    me = Me(PersonId(secrets.token_bytes(16)), Origin(secrets.randbits(64)), arguments.name, style.colour)
    replay = Replay(GuestSession(me, arguments.room), recorded, style, arguments.speed, loop=arguments.loop)
    return asyncio.run(run(replay, state_of(arguments.state), as_json=arguments.json))


async def run(replay: "Replay", state: Path, *, as_json: bool) -> int:
    """Write it all, and say what has become of it.

    Raises:
        UserError: no node, the node refuses, or something is not safe in the end. KeyboardInterrupt: it was stopped.
    """
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, replay.stop)
    is_watched = sys.stderr.isatty() and not as_json
    result = await replay.write(state, replay.show_progress if is_watched else lambda: None)
    if is_watched:
        replay.show_progress(last=True)
    if as_json:
        print(json.dumps(result))
    else:
        print(
            f"{result['strokes']} strokes in {result['seconds']:.1f} s: {result['ops']} ops, {result['saved']} saved, "
            f"{result['safe']} safe"
        )
    if replay.is_stopped:
        raise KeyboardInterrupt
    if result["trouble"]:
        raise UserError(result["trouble"])
    return 0


@final
class Replay:
    """One recording on its way into a room."""

    def __init__(
        self, session: GuestSession, recorded: list[Recorded], style: pen.Style, speed: float, *, loop: bool
    ) -> None:
        self.strokes = 0
        self._session = session
        self._recorded = recorded
        self._style = style
        self._speed = speed
        self._loop = loop
        self._hosted: HostedGuest | None = None
        self._stopping = asyncio.Event()
        self._rounds: list[list[OpId]] = []
        self._shown_at = 0.0

    def stop(self) -> None:
        """Lift the pen where it is."""
        self._stopping.set()

    @property
    def is_stopped(self) -> bool:
        return self._stopping.is_set()

    async def write(self, state: Path, on_change: Callable[[], None]) -> dict[str, Any]:
        """Write all of it, until all is safe, nothing more comes, or the node is gone; returns what has become of it.

        Raises:
            UserError: no node, or the node refuses before anything is drawn.
        """
        began = time.monotonic()
        async with HostedGuest(state, self._session, on_change) as hosted:
            self._hosted = hosted
            await hosted.until(lambda: self._session.ready or self._stopping.is_set())
            gone = ""
            try:
                await hosted.unless_gone(self._write())
                await self._finish()
            except NoNode:
                gone = f"the node on {state} has ended and is not back after {OUTAGE_MAX_S:g} s"
            except UserError as error:
                gone = str(error)
        return self._result(time.monotonic() - began, gone)

    # -- drawing

    async def _write(self) -> None:
        while not self._stopping.is_set():
            style = self._next_row()
            for recorded in self._recorded:
                if self._stopping.is_set():
                    return
                await self._pause(recorded.pause_ms / 1000)
                worn = pen.worn(style, recorded.colour, recorded.width)
                self._rounds[-1].append(await self._draw(pen.moved(recorded.stroke, style.dx, style.dy), worn))
                self.strokes += 1
            if not self._loop:
                return
            await self._wait(ROUND_PAUSE_S)

    def _next_row(self) -> pen.Style:
        """Where the next round of a loop goes; what stands there from an earlier one is erased."""
        number = len(self._rounds)
        self._rounds.append([])
        if number == 0:
            return self._style
        if number >= ROWS:
            for at, item in enumerate(self._rounds[number - ROWS]):
                self._make(Alive(item, False), more=at > 0)
            self._rounds[number - ROWS] = []
        lowest = max(max(each.stroke.y) / each.stroke.scale for each in self._recorded)
        highest = min(min(each.stroke.y) / each.stroke.scale for each in self._recorded)
        return replace(self._style, dy=number % ROWS * round(lowest - highest + GAP))

    async def _draw(self, stroke: Stroke, style: pen.Style) -> OpId:
        """One stroke, in its pieces; the pen shows where it is meanwhile."""
        began = time.monotonic()
        when = pen.times(stroke)
        item: OpId | None = None
        for index, (first, end) in enumerate(pen.pieces(stroke)):
            piece = pen.part(stroke, first, end)
            if self._speed:
                end = await self._show(piece, style, [when[at] - when[0] for at in range(first, end)], began) + first
                piece = pen.part(stroke, first, end)
            else:
                assert self._hosted is not None
                await self._hosted.until(lambda: self._session.under_way < UNDER_WAY_MAX or self._stopping.is_set())
            made = self._make(pen.body(piece, style, item, index), more=item is not None)
            item = item or made
            if self._speed and self._stopping.is_set():
                break  # the pen was lifted here
        assert item is not None
        return item

    async def _show(self, piece: Stroke, style: pen.Style, when: list[int], began: float) -> int:
        """Preview a piece as it grows; returns how many of its points were drawn when it ended."""
        op, shown = op_id(self._session.me.origin, self._session.next_counter), 0
        previews = PreviewWriter(op, Pen(style.tool, style.colour, style.width), style.page, style.layer)
        while True:
            elapsed_ms = (time.monotonic() - began) * 1000 * self._speed
            drawn = max(1, bisect_right(when, elapsed_ms))
            if drawn > shown:
                self._session.show(previews.show(piece, drawn))
                self._flush()
                shown = drawn
            if shown == len(when) or self._stopping.is_set():
                return shown
            due_s = (when[shown] - elapsed_ms) / 1000 / self._speed
            await self._wait(max(TICK_S, due_s))

    def _make(self, body: Any, *, more: bool) -> OpId:  # noqa: ANN401 - any body of an op
        made = self._session.make(body, more=more)
        self._flush()
        return made

    def _flush(self) -> None:
        assert self._hosted is not None
        self._hosted.flush()

    async def _pause(self, seconds: float) -> None:
        """The pen is in the air."""
        if self._speed:
            await self._wait(seconds / self._speed)

    async def _wait(self, seconds: float) -> None:
        """Until the time has passed, or somebody stops it."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

    # -- the end

    async def _finish(self) -> None:
        """Wait until all is safe; as long as receipts come in, there is hope."""
        assert self._hosted is not None
        tally = self._session.tally
        if self._stopping.is_set():
            await self._hosted.until(lambda: tally.unsaved == 0, FAREWELL_S)
            return
        while tally.unsafe:
            if not await self._hosted.until(self._differs_from(tally.unsafe + tally.unsaved), STALLED_S):
                return

    def _differs_from(self, open_ends: int) -> Callable[[], bool]:
        """Whether a receipt has come in since."""
        tally = self._session.tally
        return lambda: tally.unsafe + tally.unsaved != open_ends

    def _result(self, seconds: float, gone: str = "") -> dict[str, Any]:
        """What has become of it; `gone` says why the node was given up."""
        tally = self._session.tally
        open_ends = [number for number in range(1, tally.made + 1) if number not in tally.safe | tally.refused.keys()]
        trouble = ""
        if gone:
            trouble = (
                f"{gone}: of {tally.made} ops that were made {len(tally.saved)} are known to be saved there, "
                f"{len(tally.safe)} of them safe. Start it again, see what it has (edgeboard log "
                f"{self._session.room}), and replay what is missing; a whole replay draws all of it anew"
            )
        elif tally.refused:
            number, why = next(iter(tally.refused.items()))
            trouble = f"{len(tally.refused)} of {tally.made} ops were refused, op {number}: {why}"
        elif tally.unsaved:
            trouble = f"{tally.unsaved} of {tally.made} ops are not saved: {_numbers(set(open_ends) - tally.saved)}"
        elif tally.unsafe:
            trouble = (
                f"{tally.unsafe} of {tally.made} ops are saved on {self._session.host} but not safe: no second board "
                f"has them yet: {_numbers(set(open_ends))}"
            )
        return {
            "strokes": self.strokes,
            "ops": tally.made,
            "saved": len(tally.saved),
            "safe": len(tally.safe),
            "not_safe": open_ends,
            "refused": {str(number): why for number, why in tally.refused.items()},
            "origin": f"{self._session.me.origin:016x}",
            "seconds": round(seconds, 3),
            "notices": list(self._session.notices),
            "trouble": trouble,
        }

    def show_progress(self, *, last: bool = False) -> None:
        """One line on the terminal that is written over again and again."""
        now = time.monotonic()
        if not last and now - self._shown_at < 0.1:
            return
        self._shown_at = now
        tally = self._session.tally
        of = "" if self._loop else f" of {len(self._recorded)}"
        line = f"{self.strokes}{of} strokes, {len(tally.saved)} ops saved, {len(tally.safe)} safe"
        print(f"\r\x1b[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)


def _numbers(numbers: set[int]) -> str:
    shown = ", ".join(str(number) for number in sorted(numbers)[:NAMED_MAX])
    return shown + (" and others" if len(numbers) > NAMED_MAX else "")
