"""Rooms of strokes as they come over the wire: applied, verified, kept in memory, loaded from disk.

Each measurement starts from wire bytes and ends at a checked digest, so that nothing lazy is left out of the time.
"""

import gc
import hashlib
import pickle
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.data import KEPT, synthetic
from edgeboard.canvas.bodies import Add, Alive, Body, ItemType, Register, Set
from edgeboard.canvas.document import Document
from edgeboard.canvas.ops import Maker
from edgeboard.identity.keys import NodeKey, verify
from edgeboard.ids import MeshId, OpId, Origin, PersonId, RoomId, author_id, room_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.codec import encode_stroke
from edgeboard.oplog.log import Log
from edgeboard.ports import StoredBatch, StoredRoom
from edgeboard.storage.sqlite import SqliteStore

MESH = MeshId(b"benchmark mesh.!")
ROOM = room_id(MESH, "benchmark")
PER_BATCH = 15_000  # bytes of tails: as full as a message is when a peer catches up
EDITED = 10  # per cent recoloured, and as many erased, by a ninth author, as in the peers


def batches(count: int) -> list[bytes]:
    """A room of `count` strokes by 8 authors, then a tenth recoloured and a tenth erased by a ninth. Kept on disk."""
    return list(streamed(count))


def streamed(count: int) -> Iterator[bytes]:
    """The same, one by one from the disk, so that they are in memory only where somebody keeps them."""
    path = KEPT / f"room-{count}-3.bin"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        path.write_bytes(b"".join(len(batch).to_bytes(4, "big") + batch for batch in _make(count)))
    with path.open("rb") as file:
        while head := file.read(4):
            yield file.read(int.from_bytes(head, "big"))


class _Author:
    def __init__(self, number: int, out: list[bytes]) -> None:
        key = NodeKey(hashlib.sha256(bytes([number])).digest())
        author = author_id(key.node_id, 1, number)
        self.local = LocalAuthor(MESH, ROOM, author, key.public_key, key.sign)
        self.maker = Maker(Origin(number + 1 << 40 | 99))
        self.person = PersonId(bytes([number]) * 16)
        self.waiting: list = []
        self.size = 0
        self.out = out

    def draw(self, body: Body, lamport: int) -> OpId:
        op = self.maker.make(body, lamport)
        self.waiting.append((op, self.person))
        self.size += len(op.tail)
        if self.size > PER_BATCH:
            self.flush()
        return op.id

    def flush(self) -> None:
        if self.waiting:
            self.out.append(self.local.batch(self.waiting, 1_700_000_000_000))
            self.waiting, self.size = [], 0


def _make(count: int) -> list[bytes]:
    out: list[bytes] = []
    authors = [_Author(number, out) for number in range(9)]
    made = []
    payloads = []
    for lamport, (author, stroke) in enumerate(synthetic(count)):
        payload = encode_stroke(0, author, 24, stroke)
        payloads.append((author, payload))
        made.append(authors[author].draw(Add(page=0, layer=0, type=ItemType.STROKE, payload=payload), lamport))
    ninth = authors[8]
    for at, item in enumerate(made[:: 100 // EDITED]):
        ninth.draw(Set(item, Register.STYLE, [at % 16, None, None, None]), count + at)
    for at, item in enumerate(made[5 :: 100 // EDITED]):
        ninth.draw(Alive(item, False), 2 * count + at)
    for author in authors:
        author.flush()
    (KEPT / f"payloads-{count}.pickle").write_bytes(pickle.dumps(payloads))  # for the peers
    return out


def _apply(data: Iterable[bytes], check: Callable[[bytes, bytes, bytes], bool] | None) -> tuple[Log, Document, int]:
    log = Log(MESH, RoomId(ROOM), check or (lambda key, signature, message: True))
    document = Document()
    ops = 0
    for batch in data:
        for accepted in log.offer(batch, trusted=check is None).accepted:
            accepted.apply_to(document)
            ops += accepted.batch.count
    return log, document, ops


def _timed_apply(count: int, check: Callable[[bytes, bytes, bytes], bool] | None) -> dict[str, float]:
    data = batches(count)
    gc.collect()
    started = time.process_time()
    _, document, ops = _apply(data, check)
    applied = time.process_time() - started
    document.digest()
    whole = time.process_time() - started
    return {
        "ops_per_s": ops / whole,
        "ops_per_s_before_digest": ops / applied,
        "seconds": whole,
        "ops": ops,
        "batches": len(data),
    }


def apply() -> dict[str, float]:
    return _timed_apply(100_000, None)


def apply_verified() -> dict[str, float]:
    """How much longer it takes when every batch is verified, over what verification itself takes."""
    data = batches(100_000)
    plain = _timed_apply(100_000, None)["seconds"]
    spent = 0.0

    def check(key: bytes, signature: bytes, message: bytes) -> bool:
        nonlocal spent
        started = time.process_time()
        holds = verify(key, signature, message)
        spent += time.process_time() - started
        return holds

    started = time.process_time()
    _, document, ops = _apply(data, check)
    document.digest()
    whole = time.process_time() - started
    return {"ops_per_s": ops / whole, "beyond_verification": (whole - spent) / plain - 1, "verification_s": spent}


def memory() -> dict[str, float]:
    """Growth of the resident set by a live room of 100,000 strokes, its log included."""
    batches(10)  # so that what is loaded once is loaded
    Document().digest()
    gc.collect()
    before = resident_mib()
    log, document, _ = _apply(streamed(100_000), None)
    gc.collect()
    size = log.statistics().bytes / 2**20
    return {"mib": resident_mib() - before, "wire_mib": size, "items": document.statistics().items}


def load() -> dict[str, float]:
    """From SQLite to a drawable canvas."""
    data = batches(100_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edgeboard.db"
        store = SqliteStore(path)
        store.add_room(StoredRoom(RoomId(ROOM), MESH, "benchmark"))
        log = Log(MESH, RoomId(ROOM), lambda key, signature, message: True)
        stored = [accepted.batch for batch in data for accepted in log.offer(batch, trusted=True).accepted]
        store.write([StoredBatch(RoomId(ROOM), b.author, b.first, b.count, b.data) for b in stored])
        store.close()
        del log, stored, data
        gc.collect()
        started = time.perf_counter()
        store = SqliteStore(path)
        _, document, _ = _apply([batch.data for batch in store.load(RoomId(ROOM))], None)
        items = document.count_living()
        seconds = time.perf_counter() - started
        store.close()
    return {"seconds": seconds, "items": items}


def resident_mib() -> float:
    with Path("/proc/self/statm").open() as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20
