"""Boards whose clocks are wrong, each with a panel that shows the marquee: what `benchmarks.timesync` measures.

They run on one machine, so they could share its clock; instead each is given a wall clock and a crystal of its own.
What a board takes mesh time to be is told beside the machine's clock, by which all of them can be compared.
"""

import argparse
import asyncio
import random
import resource
import time
from pathlib import Path
from typing import Any, final

from benchmarks.mesh_boards import serve

ROOM = "lobby"
NEWS = {"id": "line", "text": "Line 4 runs again. Shift B meets at the east gate. Mind the wet floor in hall 2."}
PANEL = "virtual:wall?width=320&height=240&format=grey8&refresh=lcd"


@final
class SkewedCrew:
    """The boards of this process."""

    def __init__(self, folder: Path, host: str, names: list[str]) -> None:
        self._folder = folder
        self._host = host
        self._names = names
        self._boards: list[Any] = []
        self._frames: list[list[tuple[float, int]]] = []  # of each board: when it showed which frame of the marquee

    async def start(self) -> list[list[Any]]:
        from edgeboard.clock import SystemClock
        from edgeboard.config.schema import Config, NodeSection, StorageSection
        from edgeboard.config.values import Listen
        from edgeboard.discovery.settings import Settings as DiscoverySettings
        from edgeboard.node.build import build
        from edgeboard.peripherals.panels import PanelSettings
        from edgeboard.testing.clock import SkewedClock
        from edgeboard.testing.members import TestMesh
        from edgeboard.transport.settings import Settings

        mesh, is_local = TestMesh("benchmark"), self._host.startswith("127.")
        for name in self._names:
            mesh.admit(self._folder / name)
            rng = random.Random(f"clock of {name}")
            board = build(
                Config(
                    node=NodeSection(name, self._folder / name, Listen(self._host, 0)),
                    transport=Settings(mode="webrtc", include_loopback=is_local, addresses=(self._host,)),
                    discovery=DiscoverySettings(mdns=False),
                    storage=StorageSection("memory"),
                    panels=(PanelSettings(PANEL, layout="both", idle=False),),
                    devices=(),
                ),
                clock=SkewedClock(SystemClock(), rng.uniform(-7_200, 7_200), rng.uniform(-100.0, 100.0)),
            )
            await board.start()
            self._boards.append(board)
            self._frames.append([])
        nodes = [board.node.pipeline.identity.node.hex() for board in self._boards]
        return [[node, [f"http://{self._host}:{board.port}"]] for node, board in zip(nodes, self._boards, strict=True)]

    async def introduce(self, boards: list[list[Any]]) -> None:
        """These are there, says discovery."""
        from edgeboard.ids import NodeId

        for board in self._boards:
            for node, urls in boards:
                if bytes.fromhex(node) != board.node.pipeline.identity.node:
                    board.node.found(NodeId(bytes.fromhex(node)), tuple(urls))

    async def times(self) -> list[tuple[float, dict[str, Any]]]:
        """Of each board: mesh time less the machine's clock, s, and how well it believes to know it."""
        found = []
        for board in self._boards:
            keeping, now = board.node.pipeline.timekeeping, time.monotonic()
            found.append((keeping.peek(now) - now, keeping.describe()))
        return found

    async def announce(self) -> None:
        """The marquee has something to say."""
        self._boards[0].node.feed(lambda now: self._boards[0].node.pipeline.marquee.put(ROOM, [NEWS], now))

    async def watch(self) -> None:
        """From now on, note each frame that a panel is given."""
        for board, frames in zip(self._boards, self._frames, strict=True):
            screen = board.desk.screens.named("wall")
            screen._panel = Watched(screen, frames)

    async def shown(self) -> list[list[tuple[float, int]]]:
        """Of each board: when it showed which frame, by the machine's clock, since `watch`."""
        return self._frames

    async def panels(self) -> list[dict[str, Any]]:
        """What each panel counts."""
        return [board.desk.screens.describe()[0] for board in self._boards]

    async def used(self) -> float:
        """Processor seconds of this process until now."""
        return time.process_time()

    async def stall(self, seconds: float) -> None:
        """Let nothing of this process have a turn."""
        time.sleep(seconds)  # noqa: ASYNC251 - that is what is asked for

    async def squeeze(self, spare_mib: float) -> float:
        """Leave this process so much more memory than it has now; gives what it has, MiB."""
        has = data_bytes()
        most = has + int(spare_mib * (1 << 20))
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        return has / (1 << 20)

    async def hog(self) -> float:
        """Take all memory that may still be had, in pieces, and let go of a little; gives what was taken, MiB."""
        taken: list[bytearray] = []
        try:
            while True:
                taken.append(bytearray(1 << 20))
        except MemoryError:
            del taken[-2:]
        self._hogged = taken
        return float(len(taken))

    async def relax(self) -> None:
        """Memory is plenty again."""
        self._hogged = []
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))

    async def links(self) -> list[int]:
        """How many links to other boards each has."""
        return [sum(link.peer is not None for _, link in board.links.all()) for board in self._boards]

    async def stop(self) -> None:
        await asyncio.gather(*(board.stop() for board in self._boards))


@final
class Watched:
    """A panel that notes when it was shown which frame of the marquee, and checks that frames follow each other."""

    def __init__(self, screen: Any, frames: list[tuple[float, int]]) -> None:  # noqa: ANN401 - a screen
        from edgeboard.render.frames import Mirror

        self.context = screen.context
        self._screen = screen
        self._panel = screen._panel
        self._noted = frames
        self._mirror = Mirror(screen.context)
        own = screen._mirror
        self._mirror.pixels, self._mirror.sequence, self._mirror.crc = bytearray(own.pixels), own.sequence, own.crc

    def show(self, frame: Any) -> None:  # noqa: ANN401 - a frame
        self._mirror.take(frame)  # raises where a number or a sum does not fit, and then the panel draws no more
        view = self._screen._view
        if view is not None:  # else it is being closed
            self._noted.append((time.monotonic(), view.statistics()["marquee_frame"] or 0))
        self._panel.show(frame)

    def close(self) -> None:
        self._panel.close()


def data_bytes() -> int:
    """What RLIMIT_DATA would bound, of this process."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timesync_boards", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("host")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    asyncio.run(serve(SkewedCrew(options.folder, options.host, options.names)))


if __name__ == "__main__":
    main()
