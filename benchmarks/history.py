"""What labels and ids of a log take in the columns of a history segment, against plain numbers.

The log has 10,000 ops by 10 people at 4 boards, who write the recorded handwriting: a stroke lasts as long as its
recording, pauses between strokes are log-normal around 0.25 s, and every thirtieth is a pause to think, around 6 s. One
in twenty gestures rubs out three strokes, one in thirty recolours one. Ops, batches and labels are made by the code
that boards run.
"""

import heapq
import random
import tempfile
import time
from pathlib import Path

from benchmarks.data import handwriting
from edgeboard.canvas.bodies import Add, Alive, Body, ItemType, Register, Set
from edgeboard.canvas.document import Place
from edgeboard.canvas.ops import Maker
from edgeboard.ids import AuthorTag, MeshId, OpId, Origin, PersonId, RoomId, author_id, node_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import Batch, decode_batch
from edgeboard.oplog.codec import encode_stroke
from edgeboard.oplog.columns import encode_column
from edgeboard.oplog.history import Entry, decode_segment, encode_segment, take_apart
from edgeboard.ports import StoredBatch, StoredSegment
from edgeboard.storage.sqlite import SqliteStore

ROOM = RoomId(bytes(16))
OPS = 10_000
HISTORY_SEGMENTS, SEGMENT_BYTES = 200, 128 * 1024
PEOPLE, BOARDS = 10, 4
PLAIN_LABEL, PLAIN_ID = 8, 12  # bytes
ORIGIN_BYTES = 8


def batches(seed: int = 1) -> list[Batch]:
    """The log, as it is sent and stored."""
    rng = random.Random(seed)
    strokes = handwriting()
    mesh = MeshId(bytes(16))
    authors = []
    for number in range(BOARDS):
        key = bytes([number + 1]) * 32
        authors.append(LocalAuthor(mesh, ROOM, author_id(node_id(key), 1, number), key, lambda _: bytes(64)))
    makers = [Maker(Origin(rng.getrandbits(64))) for _ in range(PEOPLE)]
    drawn: list[list[OpId]] = [[] for _ in range(PEOPLE)]
    at = [rng.randrange(len(strokes)) for _ in range(PEOPLE)]
    due = [(1_700_000_000_000 + rng.randrange(60_000), person) for person in range(PEOPLE)]
    heapq.heapify(due)
    lamport = 0
    made: list[Batch] = []
    count = 0
    while count < OPS:
        now, person = heapq.heappop(due)
        pause = rng.lognormvariate(8.7, 0.9) if rng.random() < 1 / 30 else rng.lognormvariate(5.5, 0.7)
        bodies: list[Body]
        if rng.random() < 1 / 20 and len(drawn[person]) > 3:
            bodies = [Alive(item, False) for item in rng.sample(drawn[person][-20:], 3)]
        elif rng.random() < 1 / 30 and drawn[person]:
            bodies = [Set(rng.choice(drawn[person][-20:]), Register.STYLE, [rng.randrange(16), None, None, None])]
        else:
            stroke = strokes[at[person] % len(strokes)]
            at[person] += 1
            bodies = [Add(0, 0, ItemType.STROKE, encode_stroke(0, person, 24, stroke))]
            pause += stroke.t[-1] if stroke.t else 0
        ops = [makers[person].make(body, lamport, more=number > 0) for number, body in enumerate(bodies)]
        lamport = ops[-1].lamport
        drawn[person] += [op.id for op, body in zip(ops, bodies, strict=True) if isinstance(body, Add)]
        who = PersonId(bytes([person]) * 16)
        made.append(decode_batch(authors[person % BOARDS].batch([(op, who) for op in ops], now)))
        count += len(ops)
        heapq.heappush(due, (now + round(pause), person))
    return made


def entries() -> list[Entry]:
    """The same, as ops in their places."""
    tables: dict[AuthorTag, list[tuple[Origin, PersonId]]] = {}
    made = []
    for batch in batches():
        table = tables.setdefault(batch.author, [])
        table += batch.origins
        for number, slot in enumerate(batch.slots):
            made.append(Entry(Place(batch.author, batch.first + number), *table[slot.row], batch.time, slot.tail))
    return made[:OPS]


def columns() -> dict[str, float]:
    """The share that is saved of labels and of ids, and bytes an op of all columns together and of the whole."""
    log = entries()
    segment = encode_segment(log)
    if decode_segment(segment) != sorted(log):
        raise RuntimeError("the log does not come back")
    split = take_apart(log)
    sizes = {name: len(encode_column(column)) for name, column in split.columns.items()}
    label = sizes["time"] / OPS
    identity = (sizes["owner"] + sizes["counter"] + ORIGIN_BYTES * len(split.owners)) / OPS
    return {
        "label_saved": 1 - label / PLAIN_LABEL,
        "id_saved": 1 - identity / PLAIN_ID,
        "label_bits": label * 8,
        "id_bits": identity * 8,
        "columns_bytes": sum(sizes.values()) / OPS,
        "bytes": len(segment) / OPS,
        "tail_bytes": sum(len(entry.tail) for entry in log) / OPS,
    }


def cold() -> dict[str, float]:
    """Opening and reading the store of a room of these ops: alone, and beside twenty times as much history."""
    made = batches()
    seconds = []
    for segments in (0, HISTORY_SEGMENTS):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "edgeboard.db")
            store = SqliteStore(path)
            store.write([StoredBatch(ROOM, each.author, each.first, each.count, each.data) for each in made])
            for number in range(segments):
                past = StoredSegment(ROOM, number, random.Random(number).randbytes(SEGMENT_BYTES))
                store.rewrite([], [past], 1 << 40)
            store.close()
            started = time.perf_counter()
            store = SqliteStore(path)
            count = sum(1 for _ in store.load(ROOM))
            seconds.append(time.perf_counter() - started)
            size = path.stat().st_size
            store.close()
        assert count == len(made)
    return {"alone_s": seconds[0], "beside_history_s": seconds[1], "ratio": seconds[1] / seconds[0], "bytes": size}


if __name__ == "__main__":
    for name, value in {**columns(), **cold()}.items():
        print(f"{name:14} {value:.3f}")
