"""General CRDT libraries on the same strokes: one packed blob per stroke, the shape that suits them best.

Runs in the peers' environment; reads the same payloads from the kept room of `benchmarks.rooms`, which our own code
unpacks here without importing anything that the peer would have to pay for.
"""

import gc
import json
import pickle
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

KEPT = Path(__file__).resolve().parents[2] / ".bench"


def strokes(count: int) -> list[tuple[int, bytes]]:
    """(author, payload) of every stroke, as `benchmarks.rooms` has kept them for the peers."""
    return pickle.loads((KEPT / f"payloads-{count}.pickle").read_bytes())


def resident_mib() -> float:
    with Path("/proc/self/statm").open() as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20


def updates(count: int) -> Iterator[bytes]:
    """One update per op of the same history: strokes, then a tenth recoloured and a tenth erased. Kept on disk."""
    path = KEPT / f"pycrdt-{count}.bin"
    if not path.exists():
        path.write_bytes(b"".join(len(update).to_bytes(4, "big") + update for update in _make(count)))
    with path.open("rb") as file:
        while head := file.read(4):
            yield file.read(int.from_bytes(head, "big"))


def _make(count: int) -> list[bytes]:
    from pycrdt import Doc, Map

    out = []
    docs = []
    for _ in range(9):
        doc = Doc()
        doc.get("strokes", type=Map)
        doc.observe(lambda event: out.append(event.update))
        docs.append(doc)
    keys = []
    for number, (author, payload) in enumerate(strokes(count)):
        key = f"{author}:{number}"
        keys.append(key)
        docs[author].get("strokes", type=Map)[key] = Map({"c": author, "w": 24, "d": payload})
    ninth = docs[8]
    for update in out:
        ninth.apply_update(update)
    del out[count:]
    shapes = ninth.get("strokes", type=Map)
    for at, key in enumerate(keys[::10]):
        shapes[key]["c"] = at % 16
    for key in keys[5::10]:
        del shapes[key]
    return out


def pycrdt_room() -> dict[str, float]:
    from pycrdt import Doc, Map

    data = list(updates(100_000))
    doc = Doc()
    shapes = doc.get("strokes", type=Map)
    gc.collect()
    started = time.process_time()
    for update in data:
        doc.apply_update(update)
    seconds = time.process_time() - started
    assert len(shapes) == 90_000
    return {"ops_per_s": len(data) / seconds}


def pycrdt_memory() -> dict[str, float]:
    from pycrdt import Doc, Map

    doc = Doc()
    shapes = doc.get("strokes", type=Map)
    next(updates(100_000))
    gc.collect()
    before = resident_mib()
    for update in updates(100_000):
        doc.apply_update(update)
    gc.collect()
    assert len(shapes) == 90_000
    return {"mib": resident_mib() - before}


def pycrdt_load() -> dict[str, float]:
    from pycrdt import Doc, Map

    path = KEPT / "pycrdt-snapshot.bin"
    if not path.exists():
        doc = Doc()
        for update in updates(100_000):
            doc.apply_update(update)
        path.write_bytes(doc.get_update())
    started = time.perf_counter()
    doc = Doc()
    shapes = doc.get("strokes", type=Map)
    doc.apply_update(path.read_bytes())
    assert len(shapes) == 90_000
    return {"seconds": time.perf_counter() - started}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]]()))
