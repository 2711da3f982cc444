"""Boards of a mesh for measurements: real ones with real links, several in each of a few processes.

A process is asked by lines of JSON, and answers with one each. Its boards share an event loop and nothing else: each
has its own port, state directory and connections. Nobody announces them: `crews` tells each of all others, as discovery
would.
"""

import argparse
import asyncio
import ctypes
import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self, final

from benchmarks.data import ROOT, handwriting

PATIENCE_S = 60.0
LOOK_S = 0.005  # between looks at what nobody tells
ROOM = "lobby"


# ------------------------------------------------------------------------------------------------------- who asks


@final
class Boards:
    """A process with some boards, as whoever measures them sees it.

    Args:
        folder: of the state directories.
        names: of the boards; each is a member of the mesh of all measurements.
        host: the address that they have.
        prefix: what stands before the command.
        module: that the process runs; others have boards of their own kind.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        *,
        host: str = "127.0.0.1",
        prefix: Sequence[str] = (),
        module: str = "benchmarks.mesh_boards",
    ) -> None:
        self._start([*prefix, sys.executable, "-m", module, str(folder), host, *names])

    @classmethod
    def members(cls) -> Self:
        """A process of members without a board (`mesh_member`)."""
        made = cls.__new__(cls)
        made._start([sys.executable, "-m", "benchmarks.mesh_member"])
        return made

    def _start(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.found: list[list[Any]] = []  # of each board: its id and its addresses

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, do: str, **words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **words}) + "\n")

    def hear(self) -> Any:  # noqa: ANN401 - what JSON says
        """The answer to what was told first of what has no answer yet."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a process with boards has ended before its time")
        return json.loads(line)

    def ask(self, do: str, **words: object) -> Any:  # noqa: ANN401 - as above
        self.tell(do, **words)
        return self.hear()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def end(self) -> None:
        """Stop the boards; a process that does not end is killed."""
        try:
            if self._process.poll() is None:
                self._process.communicate("", timeout=30)
        except (subprocess.TimeoutExpired, OSError):
            self.kill()


@contextmanager
def crews(made: Sequence[Boards]) -> Iterator[list[Boards]]:
    """Processes with boards, ready and told of each other; they end with this."""
    try:
        for crew in made:
            crew.found = crew.hear()
        everybody = [each for crew in made for each in crew.found]
        for crew in made:
            crew.ask("introduce", boards=everybody)
        yield list(made)
    finally:
        for crew in made:
            crew.end()


def everywhere(made: Sequence[Boards], do: str, **words: object) -> list[Any]:
    """Ask all at once."""
    for crew in made:
        crew.tell(do, **words)
    return [crew.hear() for crew in made]


def until_calm(made: Sequence[Boards], least: int, seconds: float) -> None:
    """Wait until each board has so many links, and then until the links of none have changed for some time.

    Raises:
        RuntimeError: that took too long.
    """
    ends, calm_since, before = time.monotonic() + PATIENCE_S, time.monotonic(), None
    while True:
        now = [each for found in everywhere(made, "links") for each in found]
        if now != before:
            calm_since, before = time.monotonic(), now
        if min(map(len, now)) >= least and time.monotonic() - calm_since >= seconds:
            return
        if time.monotonic() > ends:
            raise RuntimeError(f"after {PATIENCE_S:.0f} s boards have {sorted(map(len, now))} links")
        time.sleep(0.1)


def private_mib(pid: int) -> float:
    """What a process has of memory for itself."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_Dirty")) / 1024


# ------------------------------------------------------------------------------------------------------ who is asked


@final
class Crew:
    """The boards of this process."""

    def __init__(self, folder: Path, host: str, names: Sequence[str]) -> None:
        self._folder = folder
        self._host = host
        self._names = names
        self._boards: list[Any] = []
        self._alarms = 0
        self._watching: asyncio.Task[None] | None = None
        self._seen: list[dict[str, float]] = []  # of each board: when an item came to its canvas

    async def start(self) -> list[list[Any]]:
        from edgeboard.runtime.lean import lean_imports

        with lean_imports():
            from edgeboard.config.schema import Config, NodeSection, StorageSection
            from edgeboard.config.values import Listen
            from edgeboard.discovery.settings import Settings as DiscoverySettings
            from edgeboard.node.build import build
            from edgeboard.testing.members import TestMesh
            from edgeboard.transport.settings import Settings
        mesh, is_local = TestMesh("benchmark"), self._host.startswith("127.")
        for name in self._names:
            mesh.admit(self._folder / name)
            board = build(
                Config(
                    node=NodeSection(name, self._folder / name, Listen(self._host, 0)),
                    transport=Settings(mode="webrtc", include_loopback=is_local, addresses=(self._host,)),
                    discovery=DiscoverySettings(mdns=False),
                    storage=StorageSection("memory"),
                )
            )
            await board.start()
            self._boards.append(board)
            self._watch(board)
        nodes = [board.node.pipeline.identity.node.hex() for board in self._boards]
        return [[node, [f"http://{self._host}:{board.port}"]] for node, board in zip(nodes, self._boards, strict=True)]

    def _watch(self, board: Any) -> None:  # noqa: ANN401 - a board
        seen: dict[str, float] = {}
        self._seen.append(seen)

        def on_damage(damaged: Any) -> None:  # noqa: ANN401 - of the node
            now = time.monotonic()
            for item in damaged.items:
                seen.setdefault(str(item), now)

        board.node.on_damage.append(on_damage)

    def _rooms(self) -> list[Any]:
        return [next(iter(board.node.pipeline.rooms.values())) for board in self._boards]

    async def introduce(self, boards: list[list[Any]]) -> None:
        """These are there, says discovery."""
        from edgeboard.ids import NodeId

        for board in self._boards:
            for node, urls in boards:
                if bytes.fromhex(node) != board.node.pipeline.identity.node:
                    board.node.found(NodeId(bytes.fromhex(node)), tuple(urls))

    async def links(self) -> list[list[str]]:
        """To whom each board is linked now, in order."""
        return [
            sorted(link.peer.node.hex() for _, link in board.links.all() if link.peer is not None)
            for board in self._boards
        ]

    async def draw(self, strokes: int, seconds: float, pens: int) -> dict[str, float]:
        """Write so many strokes of real handwriting, evenly, in turn at the first so many boards; each op and when."""
        from edgeboard.canvas.ops import Add, ItemType
        from edgeboard.oplog.codec import encode_stroke

        written = handwriting()
        made: dict[str, float] = {}
        began = time.monotonic()
        for number in range(strokes):
            await asyncio.sleep(max(0.0, began + number * seconds / strokes - time.monotonic()))
            board = self._boards[number % pens]
            payload = encode_stroke(0, number % pens, 24, written[number % len(written)])
            body = Add(page=0, layer=0, type=ItemType.STROKE, payload=payload)
            at = time.monotonic()
            ops = board.node.feed(lambda now, board=board, body=body: board.node.pipeline.draw(ROOM, [body], now))
            made[str(ops[0])] = at
        return made

    async def seen(self) -> dict[str, list[float]]:
        """Each item with the times at which boards had it on their canvas."""
        found: dict[str, list[float]] = {}
        for seen in self._seen:
            for item, at in seen.items():
                found.setdefault(item, []).append(at)
        return found

    async def until(self, ops: int) -> float:
        """When the last board had so many ops; never, if that took too long."""
        ends, rooms = time.monotonic() + PATIENCE_S, self._rooms()
        while any(room.document.statistics().ops < ops for room in rooms):
            if time.monotonic() > ends:
                raise RuntimeError(f"boards have {sorted(room.document.statistics().ops for room in rooms)} ops")
            await asyncio.sleep(LOOK_S)
        return time.monotonic()

    async def state(self) -> dict[str, Any]:
        """What they hold, and what has come over the links that are open now."""
        from edgeboard.vectors import Vector

        rooms = self._rooms()
        logged = 0
        for wanted in rooms[0].log.vector().beyond(Vector({})):
            logged += sum(len(data) for _, _, data in rooms[0].log.read_placed(wanted))
        return {
            "digests": sorted({room.document.digest().hex() for room in rooms}),
            "ops": [room.document.statistics().ops for room in rooms],
            "log_bytes": logged,
            "received": [
                sum(link.statistics().bytes_received for _, link in board.links.all()) for board in self._boards
            ],
            "suspect": [
                sum(link.suspect for link in board.node.pipeline.mesh.statistics().links) for board in self._boards
            ],
        }

    async def answering(self) -> list[list[str]]:
        """To whom each board has a link that answers."""
        return [
            sorted(each.node for each in board.node.pipeline.mesh.statistics().links if not each.suspect)
            for board in self._boards
        ]

    async def watch_suspects(self) -> None:
        """Count from now on which links fall silent, or end."""
        self._watching = asyncio.create_task(self._watch_suspects())

    async def _watch_suspects(self) -> None:
        before = await self.answering()
        while True:
            await asyncio.sleep(0.1)
            now = await self.answering()
            self._alarms += sum(len(set(then) - set(links)) for then, links in zip(before, now, strict=True))
            before = now

    async def alarms(self) -> int:
        """How often a link has fallen silent, or ended."""
        return self._alarms

    async def let_in(self, most: int) -> None:
        """Let boards have so many links, whatever the overlay thinks of that."""
        for board in self._boards:
            overlay = board.node.pipeline.mesh.membership.overlay
            overlay._settings = replace(overlay._settings, degree_most=most)

    async def forgive(self) -> None:
        """Want something of everybody again."""
        for board in self._boards:
            board.node.pipeline.mesh.membership.overlay._shunned.clear()

    async def collect(self) -> int:
        """Collect garbage, and give back what is free; how many objects there are."""
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        return len(gc.get_objects())

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.gather(*(board.stop() for board in self._boards))


class Serves(Protocol):
    """What a process does: each further method is something that can be asked of it."""

    async def start(self) -> object: ...

    async def stop(self) -> None: ...


async def serve(crew: Serves) -> None:
    """Do as each line says, until there is none."""
    print(json.dumps(await crew.start()), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        words = json.loads(line)
        print(json.dumps(await getattr(crew, words.pop("do"))(**words)), flush=True)
    await crew.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mesh_boards", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("host")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    asyncio.run(serve(Crew(options.folder, options.host, options.names)))


if __name__ == "__main__":
    main()
