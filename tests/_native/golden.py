"""Golden and recorded strokes for the tests of the kernel, and the forms in which its C tests read them."""

import json
from pathlib import Path

from edgeboard.canvas.samples import Stroke
from edgeboard.oplog.codec import POINTS_MAX

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests" / "vectors" / "columns.json").read_text())
HANDWRITING = ROOT / "edgeboard" / "cli" / "data" / "handwriting.jsonl"
FIELDS = ("x", "y", "pressure", "t", "tilt_x", "tilt_y")


def golden_strokes():
    """(stroke, bytes) for every golden stroke."""
    for vector in VECTORS["columns"]:
        columns = [None if vector[field] is None else tuple(vector[field]) for field in FIELDS]
        yield Stroke(vector["scale"], *columns), bytes.fromhex(vector["hex"])


def recorded_strokes():
    """Real handwriting, in pieces."""
    for line in HANDWRITING.read_text().splitlines():
        recorded = json.loads(line)
        for start in range(0, len(recorded["x"]), POINTS_MAX):
            x, y, p, t = (recorded[field][start : start + POINTS_MAX] for field in "xypt")
            yield Stroke(20, tuple(x), tuple(y), tuple(p), tuple(ms - t[0] for ms in t))


def all_bytes():
    """All bytes of the golden file, good and bad."""
    return [bytes.fromhex(vector["hex"]) for part in ("columns", "only_read", "bad") for vector in VECTORS[part]]


def write_table(path):
    """The golden strokes as strokes_table.c reads them; returns how many."""
    rows = []
    for stroke, data in golden_strokes():
        numbers = [stroke.scale, len(stroke.x)]
        for field in FIELDS:
            column = getattr(stroke, field)
            numbers += [0] if column is None else [1, *column]
        rows.append(" ".join(map(str, [*numbers, len(data), *data])))
    path.write_text("\n".join(rows))
    return len(rows)


def write_corpus(path):
    """What strokes_fuzz.c starts from."""
    path.write_bytes(b"".join(len(data).to_bytes(2, "big") + data for data in all_bytes()))
    return path
