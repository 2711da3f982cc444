"""A board that comes late to a room of 10,000 strokes: how soon there is ink, and how soon the canvas is the same.

Two whole boards in two processes over loopback, WebRTC with the default tiers, SQLite on both sides. The clock starts
when the link is open. The room is by 8 authors: one batch a stroke, as people draw it, or batches as full as they get.

    python -m benchmarks.joining [--full | --guest]
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from benchmarks.data import synthetic
from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.document import Document
from edgeboard.canvas.ops import Maker
from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.identity.keyfile import enrol, load_or_found_mesh
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Membership
from edgeboard.ids import Origin, PersonId, author_id, room_id
from edgeboard.node.build import build
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.codec import encode_stroke
from edgeboard.oplog.log import Log
from edgeboard.ports import StoredBatch, StoredRoom
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.statedir import StateDirectory
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.transport.settings import Settings as TransportSettings
from edgeboard.wire.messages import CaughtUp, Channel

STROKES = 10_000
FULL_OPS = 30  # of a full batch: about 15 kB
PATIENCE_S = 60.0


def fill(state: Path, mesh: Membership, per_batch: int) -> str:
    """Write the room to the disk of a board that has not started; returns the digest of its canvas."""
    room = room_id(mesh.mesh, "lobby")
    batches = []
    waiting: list[list] = [[] for _ in range(8)]
    locals_, makers = [], []
    for number in range(8):
        key = NodeKey(hashlib.sha256(bytes([number])).digest())
        locals_.append(LocalAuthor(mesh.mesh, room, author_id(key.node_id, 1, number), key.public_key, key.sign))
        makers.append(Maker(Origin(number + 1 << 40 | 99)))

    def flush(author: int, at: int) -> None:
        if waiting[author]:
            batches.append(locals_[author].batch(waiting[author], 1_700_000_000_000 + at * 100))
            waiting[author] = []

    for lamport, (author, stroke) in enumerate(synthetic(STROKES)):
        body = Add(page=0, layer=0, type=ItemType.STROKE, payload=encode_stroke(0, author, 24, stroke))
        waiting[author].append((makers[author].make(body, lamport), PersonId(bytes([author]) * 16)))
        if len(waiting[author]) >= per_batch:
            flush(author, lamport)
    for author in range(8):
        flush(author, STROKES)
    log, document = Log(mesh.mesh, room, lambda *_: True), Document()
    directory = StateDirectory.open(state)
    store = SqliteStore(directory.database)
    store.add_room(StoredRoom(room, mesh.mesh, "lobby"))
    stored = []
    for data in batches:
        for accepted in log.offer(data, trusted=True).accepted:
            accepted.apply_to(document)
            batch = accepted.batch
            stored.append(StoredBatch(room, batch.author, batch.first, batch.count, data))
    store.write(stored)
    store.close()
    directory.close()
    return document.digest().hex()


def _config(state: Path, *peers: str) -> Config:
    return Config(
        node=NodeSection(name=state.name, state=state, listen=Listen("127.0.0.1", 0)),
        peers=peers,
        transport=TransportSettings(mode="webrtc", include_loopback=True, addresses=("127.0.0.1",)),
    )


async def _host(state: Path) -> None:
    board = build(_config(state))
    await board.start()
    await board.node.until_loaded(next(iter(board.node.pipeline.rooms)))
    print(board.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await board.stop()


async def _join(state: Path, port: int, digest: str) -> dict[str, float]:
    board = build(_config(state, f"http://127.0.0.1:{port}"))
    times: dict[str, float] = {}
    linked = board.links._on_up  # of the gate, which knows whom it stands for

    def link_up(*arguments: object) -> None:
        times.setdefault("link", time.perf_counter())
        linked(*arguments)  # type: ignore[arg-type]

    board.links._on_up = link_up
    board.node.on_damage.append(lambda damaged: times.setdefault("ink", time.perf_counter()))
    await board.start()
    cpu = time.process_time()
    (room,) = board.node.pipeline.rooms.values()
    try:
        async with asyncio.timeout(PATIENCE_S):
            while room.document.statistics().items < STROKES:  # noqa: ASYNC110 - nothing else tells of it
                await asyncio.sleep(0.005)
        same = room.document.digest().hex() == digest
        times["equal"] = time.perf_counter()
        spent = time.process_time() - cpu
        while board._writer.statistics().queued:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        times["stored"] = time.perf_counter()
    finally:
        await board.stop()
    if not same:
        raise RuntimeError("the canvases differ")
    began = times["link"]
    return {
        "first_ink_s": times["ink"] - began,
        "equal_s": times["equal"] - began,
        "stored_s": times["stored"] - began,
        "cpu_s": spent,
    }


async def _look(port: int) -> dict[str, float]:
    """A guest that comes in: seconds from the open link to the newest ink, and until all has come."""
    guest = ScriptedGuest(PersonId(bytes([99]) * 16), Origin(99 << 40))
    times: dict[str, float] = {}
    async with aiohttp.ClientSession() as http, http.ws_connect(f"http://127.0.0.1:{port}/guest") as ws:
        out: list[bytes] = []
        guest.send = lambda channel, data: out.append(bytes((channel,)) + data)
        began = time.perf_counter()
        guest.enter("lobby")
        async with asyncio.timeout(PATIENCE_S):
            while "all" not in times:
                while out:
                    await ws.send_bytes(out.pop(0))
                data = (await ws.receive()).data
                guest.receive(Channel(data[0]), data[1:])
                if guest.recent:
                    times.setdefault("newest", time.perf_counter() - began)
                if isinstance(guest.heard[-1], CaughtUp):
                    times["all"] = time.perf_counter() - began
    newest = {tail for _, _, tails in guest.recent for tail in tails}
    return {"newest_ink_s": times["newest"], "all_s": times["all"], "newest_strokes": len(newest)}


def measure(per_batch: int, *, guest: bool = False) -> dict[str, float]:
    """One run: seconds from the open link to the first ink and to the same canvas, of a board or of a guest."""
    with tempfile.TemporaryDirectory() as folder:
        host, joiner = Path(folder, "host"), Path(folder, "joiner")
        for state in (host, joiner):
            state.mkdir(mode=0o700)
        mesh = load_or_found_mesh(host, "joining")
        enrol(host, joiner)
        digest = fill(host, mesh, per_batch)
        command = [sys.executable, "-m", "benchmarks.joining", "--host", str(host)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            return asyncio.run(_look(port) if guest else _join(joiner, port, digest))
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait(20)
            process.stdout.close()


def single() -> dict[str, float]:
    """One batch a stroke: 10,000 batches, each with a signature to verify."""
    return measure(1)


def guest() -> dict[str, float]:
    """A guest over a WebSocket, one batch a stroke."""
    return measure(1, guest=True)


def full() -> dict[str, float]:
    """Batches of 30 strokes."""
    return measure(FULL_OPS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.joining", description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--guest", action="store_true")
    parser.add_argument("--host", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.host:
        asyncio.run(_host(options.host))
    else:
        print(json.dumps(full() if options.full else guest() if options.guest else single()))
