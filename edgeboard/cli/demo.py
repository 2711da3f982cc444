"""`edgeboard demo`: two linked boards on this machine, a recorded pen on the first, a line that says how they do."""

import argparse
import asyncio
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, final

from edgeboard.cli.boards import ChildBoard, start_board
from edgeboard.cli.braille import picture_lines
from edgeboard.cli.drawing import read_recording
from edgeboard.cli.guest import GuestSession, Me
from edgeboard.cli.qr import qr_lines, side_by_side
from edgeboard.cli.replay import Replay
from edgeboard.config.values import DEFAULT_PORT
from edgeboard.errors import UserError
from edgeboard.identity.keyfile import enrol, load_mesh, load_or_found_mesh
from edgeboard.ids import Origin, PersonId
from edgeboard.interchange import pen
from edgeboard.storage.statedir import StateDirectory
from edgeboard.web.addresses import EVERYWHERE, LOOPBACK, board_urls, free_ports, lan_address

RECORDING = Path(__file__).parent / "data" / "handwriting.jsonl"
ROOM = "lobby"
NAMES = ("Board A", "Board B")
PEN_COLOUR = 9
PEN_WIDTH = 20  # 1/8 px
UP_S = 30.0  # until both boards are up and linked; a slow board takes 5 s
LOOK_S = 0.5  # between looks at the boards
SHOWN_S = 15.0  # at the end of --seconds: for the panel to show the last strokes
STILL_LOOKS = 4
PICTURE_COLUMNS = 102  # of a terminal, that the panel's picture takes
AGREE_S = 10.0  # at the end of --seconds: for the last strokes to arrive


def main(arguments: argparse.Namespace) -> int:
    with ExitStack() as stack:
        if arguments.state is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgeboard-demo-")))
        else:
            folder = arguments.state
        picture = (arguments.picture or Path("panel.png")).absolute() if arguments.serial else None
        if picture is not None and not picture.parent.is_dir():
            raise UserError(f"there is no folder {picture.parent} to keep the panel's picture in; make it first")
        with_pen = not arguments.no_replay
        demo = Demo(folder, seconds=arguments.seconds, with_pen=with_pen, as_json=arguments.json, picture=picture)
        return asyncio.run(demo.run())


@dataclass(frozen=True, slots=True)
class Look:
    """What both boards show at one moment."""

    carrier: str
    strokes: tuple[int, ...]
    digests: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return len(set(self.digests)) == 1


@final
class Demo:
    """One run of the demonstration."""

    def __init__(
        self, folder: Path, *, seconds: float | None, with_pen: bool, as_json: bool, picture: Path | None
    ) -> None:
        """Args: picture: of a simulated panel; then a simulated tablet writes in place of a guest. None: neither."""
        self._folder = folder
        self._picture = picture
        self._is_written_on = with_pen
        self._seconds = seconds
        self._as_json = as_json
        self._stopping = asyncio.Event()
        self._boards: list[ChildBoard] = []
        self._pen = make_pen() if with_pen and picture is None else None
        self._writing: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Returns 0, or 1 if the time was up and what stands on A has not arrived on B.

        Raises:
            UserError: the boards do not start, or do not link.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        try:
            await self._start()
            if self._stopping.is_set():
                return 0
            self._announce()
            return await self._watch()
        finally:
            self._say_line("")
            await self._show_picture()
            if self._writing is not None:
                self._writing.cancel()
            await asyncio.gather(*(board.stop() for board in self._boards))

    async def _start(self) -> None:
        host = LOOPBACK if lan_address() is None else EVERYWHERE[0]
        states = [self._folder / name for name in ("a", "b")]
        with StateDirectory.open(states[0], "edgeboard demo"), StateDirectory.open(states[1], "edgeboard demo"):
            mesh, other = load_or_found_mesh(states[0], NAMES[0]), load_mesh(states[1])
            if other is None or other.mesh != mesh.mesh:
                enrol(states[0], states[1])
        peers: list[str] = []
        for state, name, port, device in zip(
            states, NAMES, free_ports(host, 2, DEFAULT_PORT), self._devices(), strict=True
        ):
            self._boards.append(await start_board(state, name, host, port, ROOM, tuple(peers), device))
            peers.append(f"http://{LOOPBACK}:{port}")
        await self._until("start", lambda statuses: all(statuses))
        await self._until("link", lambda statuses: all(map(linked_by, statuses)))

    def _devices(self) -> tuple[str, str]:
        """What hangs on each board."""
        if self._picture is None:
            return "none", "none"
        pen = f"sim:isdv4?file={RECORDING}" if self._is_written_on else "none"
        return pen, f"sim:waveshare43?picture={self._picture}"

    async def _until(self, what: str, holds: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until something holds of the status of all boards, which is empty while one does not answer."""
        give_up = time.monotonic() + UP_S
        while not self._stopping.is_set():
            if holds([await board.status() for board in self._boards]):
                return
            if time.monotonic() > give_up:
                logs = " and ".join(str(board.log) for board in self._boards)
                raise UserError(f"the boards did not {what} within {UP_S:.0f} s; their logs are {logs}, see --state")
            await self._pause(0.1)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

    # -- what is shown

    def _announce(self) -> None:
        urls = [[f"{url}/room/{ROOM}" for url in board_urls(board.host, board.port)] for board in self._boards]
        if self._as_json:
            boards = [
                {"name": board.name, "urls": each, "state": str(board.state), "log": str(board.log), "pid": board.pid}
                for board, each in zip(self._boards, urls, strict=True)
            ]
            picture = {} if self._picture is None else {"picture": str(self._picture)}
            self._say_json({"event": "ready", "room": ROOM, "boards": boards, **picture})
            return
        print("Two boards share one canvas. Open both, here or on a phone in this network, and draw:\n")
        for board, each in zip(self._boards, urls, strict=True):
            print(f"  {board.name}   {'   '.join(each)}")
        print()
        for line in side_by_side([qr_lines(each[0]) for each in urls], NAMES):
            print(f"  {line}")
        if self._picture is not None:
            print("\n  A pen tablet on a serial line writes on Board A; an e-ink panel on another shows Board B.")
            print(f"  What a person sees on the panel is {self._picture}, and is shown here in the end.")
        print("\nCtrl-C ends it.", flush=True)

    def _say_json(self, fields: dict[str, Any]) -> None:
        if self._as_json:
            print(json.dumps(fields), flush=True)

    def _say_line(self, line: str) -> None:
        """The live line: on a terminal it is written over; elsewhere it is not worth a page."""
        if not self._as_json and sys.stdout.isatty():
            print(f"\r\x1b[K{line}", end="", flush=True)

    # -- the run

    async def _watch(self) -> int:
        if self._pen is not None:
            self._writing = asyncio.create_task(self._write(self._pen), name="pen")
        ends = None if self._seconds is None else time.monotonic() + self._seconds
        while not self._stopping.is_set() and (ends is None or time.monotonic() < ends):
            if self._writing is not None and self._writing.done():
                self._writing.result()
            look = await self._look()
            self._say_line(show_look(look))
            self._say_json({"event": "look", **as_fields(look)})
            await self._pause(LOOK_S if ends is None else min(LOOK_S, max(0.01, ends - time.monotonic())))
        if self._pen is not None and self._writing is not None:
            self._pen.stop()
            await self._writing
        if ends is None or self._stopping.is_set():
            return 0
        return await self._judge()

    async def _write(self, recorded: Replay) -> None:
        await recorded.write(self._boards[0].state, lambda: None)

    async def _judge(self) -> int:
        """Whether what stands on A has arrived on B."""
        give_up = time.monotonic() + AGREE_S
        while True:
            look = await self._look()
            arrived = look.is_equal and (not self._is_written_on or min(look.strokes) > 0)
            if arrived or time.monotonic() > give_up:
                break
            await asyncio.sleep(0.1)
        await self._until_shown()
        self._say_line("")
        self._say_json({"event": "end", "arrived": arrived, **as_fields(look)})
        if not self._as_json:
            print(show_look(look), flush=True)
        return 0 if arrived else 1

    async def _until_shown(self) -> None:
        """Wait until the panel has shown what there is: until nothing is on its way to it for a while."""
        give_up, still = time.monotonic() + SHOWN_S, 0
        while self._picture is not None and still < STILL_LOOKS and time.monotonic() < give_up:
            devices = (await self._boards[-1].status()).get("devices", ())
            still = 0 if any(device["busy"] for device in devices) else still + 1
            await asyncio.sleep(0.2)

    async def _show_picture(self) -> None:
        """What stands on the panel, once it has shown what there is."""
        if self._picture is None or self._as_json or not self._picture.exists():
            return
        columns = min(PICTURE_COLUMNS, get_terminal_size().columns)
        for line in await asyncio.to_thread(picture_lines, self._picture, columns):
            print(line)
        print(f"the e-ink panel of Board B: {self._picture}", flush=True)

    async def _look(self) -> Look:
        rooms = [await board.room(ROOM) for board in self._boards]
        return Look(
            linked_by(await self._boards[0].status()),
            tuple(room.get("items", 0) for room in rooms),
            tuple(room.get("digest", "") for room in rooms),
        )


def make_pen() -> Replay:
    me = Me(PersonId(secrets.token_bytes(16)), Origin(secrets.randbits(64)), "a recorded pen", PEN_COLOUR)
    style = pen.Style(colour=PEN_COLOUR, width=PEN_WIDTH)
    return Replay(GuestSession(me, ROOM), read_recording(RECORDING), style, 1.0, loop=True)


def linked_by(status: dict[str, Any]) -> str:
    """What carries the link of a board to another; empty if there is none."""
    return next((str(link["carrier"]) for link in status.get("links", ()) if not link["guest"]), "")


def show_look(look: Look) -> str:
    link = f"linked over {look.carrier}" if look.carrier else "not linked"
    counts = ", ".join(f"{count} on {name}" for count, name in zip(look.strokes, NAMES, strict=True))
    return f"{link}; strokes: {counts}; canvases {'equal' if look.is_equal else 'on their way'}"


def as_fields(look: Look) -> dict[str, Any]:
    return {"carrier": look.carrier, "strokes": look.strokes, "digests": look.digests, "equal": look.is_equal}
