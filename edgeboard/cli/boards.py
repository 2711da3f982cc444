"""Boards as child processes of a demonstration: started, asked, and stopped with it."""

import asyncio
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, final

from edgeboard.cli.control import ask
from edgeboard.errors import EdgeboardError, UserError

STOP_S = 4.0  # a board stops within 2 s; after this it is killed
CONFIG = "# Made by `edgeboard demo`: both boards are on this machine.\ntransport:\n  include_loopback: true\n"


@final
class ChildBoard:
    """One board that this process has started."""

    def __init__(
        self, process: asyncio.subprocess.Process, state: Path, name: str, host: str, port: int, log: Path
    ) -> None:
        self.state = state
        self.name = name
        self.host = host
        self.port = port
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def status(self) -> dict[str, Any]:
        """What it says of itself; empty while it does not answer.

        Raises:
            UserError: it has ended by itself; the text is its last line.
        """
        return dict(await self._ask("/control/status") or {})

    async def room(self, name: str) -> dict[str, Any]:
        """One of its rooms; empty while it does not answer."""
        rooms = await self._ask("/control/rooms") or []
        return next((room for room in rooms if room["name"] == name), {})

    async def _ask(self, path: str) -> Any:  # noqa: ANN401 - JSON is anything
        if self._process.returncode is not None:
            raise UserError(f"{self.name} has ended: {last_line(self.log)}")
        try:
            return json.loads(await asyncio.to_thread(ask, self.state, path))
        except EdgeboardError:
            return None

    async def stop(self) -> None:
        """Stop it cleanly, or else by force."""
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


async def start_board(
    state: Path, name: str, host: str, port: int, room: str, peers: tuple[str, ...], device: str = "none"
) -> ChildBoard:
    """Start a board, with a device or with none; it may still fail to come up.

    Raises:
        UserError: its directory cannot be written.
    """
    try:
        config, log = _prepare(state)
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "edgeboard.cli", "run", "--config", str(config), "--state", str(state), "--name", name),
                *("--listen", f"{host}:{port}", "--room", room, "--device", device),
                *(word for peer in peers for word in ("--peer", peer)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C on the terminal is ours to pass on
            )
    except OSError as error:
        raise UserError(f"cannot start {name} in {state}: {error.strerror or error}") from None
    return ChildBoard(process, state, name, host, port, log)


def _prepare(state: Path) -> tuple[Path, Path]:
    """The configuration of a board, and where its log goes."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = state / "demo.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    return config, state / "board.log"


def last_line(log: Path) -> str:
    """What a board said last."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].removeprefix("edgeboard: ") if lines else "it said nothing"
