"""Boards that find each other: from the start of the later one to an authenticated link.

Both are real processes that share a mesh and the loopback interface. The earlier one is `edgeboard run`; the later one
is a board built in a process of its own, which notes when it is told of the other and when their link is open.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.data import ROOT

SETTLE_S = 3.0  # the earlier board is announced by then
PATIENCE_S = 20.0


def found_and_linked() -> dict[str, float]:
    """Start of the later board's process to its link, and from its first word of the other."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "benchmarks.mesh", "prepare", folder], check=True, cwd=ROOT)
        config = Path(folder) / "earlier.yaml"
        config.write_text(
            json.dumps({
                "node": {"name": "earlier", "state": f"{folder}/earlier", "listen": "127.0.0.1:0"},
                "transport": {"mode": "webrtc", "include_loopback": True, "addresses": ["127.0.0.1"]},
                "discovery": {"interfaces": ["127.0.0.1"]},
            })
        )  # fmt: skip
        command = [sys.executable, "-m", "edgeboard.cli", "run", "--config", str(config)]
        earlier = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(SETTLE_S)
            started = time.monotonic()
            later = subprocess.run(
                [sys.executable, "-m", "benchmarks.mesh", "join", folder],
                capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_S + 10, check=False,
            )  # fmt: skip
            if later.returncode:
                raise RuntimeError(later.stderr[-300:])
            at = json.loads(later.stdout.splitlines()[-1])
        finally:
            earlier.send_signal(signal.SIGINT)
            earlier.wait(10)
        return {
            "cold_s": at["linked"] - started,
            "served_s": at["served"] - started,
            "found_s": at["found"] - started,
            "cpu_s": at["cpu"],
            "after_ms": 1e3 * (at["linked"] - at["found"]),
        }


def _prepare(folder: Path) -> None:
    """Two state directories of one mesh; both nodes have started once before, as boards have."""
    from edgeboard.testing.members import TestMesh

    mesh = TestMesh("benchmark")
    for name in ("earlier", "later"):
        mesh.admit(folder / name)


async def _join(folder: Path) -> None:
    from edgeboard.runtime.lean import lean_imports

    with lean_imports():
        from edgeboard.config.schema import Config, NodeSection
        from edgeboard.config.values import Listen
        from edgeboard.discovery.settings import Settings as DiscoverySettings
        from edgeboard.ids import NodeId
        from edgeboard.node.build import build
        from edgeboard.transport.settings import Settings

    at: dict[str, float] = {}
    board = build(
        Config(
            node=NodeSection("later", folder / "later", Listen("127.0.0.1", 0)),
            transport=Settings(mode="webrtc", include_loopback=True, addresses=("127.0.0.1",)),
            discovery=DiscoverySettings(interfaces=("127.0.0.1",)),
        )
    )
    tell_found = board.node.found

    def found(node: NodeId, urls: tuple[str, ...]) -> None:
        at.setdefault("found", time.monotonic())
        tell_found(node, urls)

    board.node.found = found  # type: ignore[method-assign]
    await board.start()
    at["served"] = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        while not board.links.has_nodes:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)
    at["linked"], at["cpu"] = time.monotonic(), time.process_time()
    print(json.dumps(at), flush=True)
    await board.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mesh", description=__doc__)
    parser.add_argument("role", choices=("prepare", "join"))
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.role == "prepare":
        _prepare(options.folder)
    else:
        asyncio.run(_join(options.folder))


if __name__ == "__main__":
    main()
