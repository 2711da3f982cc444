"""The strokes that figures are measured on.

Real handwriting and the generator lie in `../shared/data`, or where EDGEBOARD_DATA says. Synthetic sets are made once
and kept in `.bench/`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from edgeboard.oplog.codec import Stroke

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("EDGEBOARD_DATA", ROOT.parent / "shared" / "data"))
KEPT = ROOT / ".bench"
SYNTHETIC_SCALE = 35  # units of a pixel of an 1872-pixel panel
HANDWRITING_SCALE = 20


def handwriting() -> list[Stroke]:
    """All recorded strokes, in pieces of at most 500 points, exactly as recorded."""
    return _read(DATA / "handwriting.jsonl", HANDWRITING_SCALE)


def synthetic(count: int) -> list[tuple[int, Stroke]]:
    """`count` strokes by 8 authors, each with its author."""
    path = KEPT / f"synthetic-{count}.jsonl"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        script = DATA / "generate_strokes.py"
        arguments = ["--strokes", str(count), "--authors", "8", "--seed", "1", "--out", str(path)]
        subprocess.run([sys.executable, str(script), *arguments], check=True)
    authors = [json.loads(line)["a"] for line in path.read_text().splitlines()]
    return list(zip(authors, _read(path, SYNTHETIC_SCALE), strict=True))


def _read(path: Path, scale: int) -> list[Stroke]:
    strokes = []
    for line in path.read_text().splitlines():
        row = json.loads(line)
        for at in range(0, len(row["x"]), 500):
            part = slice(at, at + 500)
            strokes.append(Stroke(scale, *(tuple(row[name][part]) for name in "xypt")))
    return strokes


if __name__ == "__main__":
    from benchmarks.rooms import batches

    synthetic(10_000)
    batches(100_000)
