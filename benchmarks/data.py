"""The strokes that figures are measured on.

Real handwriting (`handwriting.jsonl`) and the generator (`generate_strokes.py`) are no part of the repository: they lie
in the folder that EDGEBOARD_DATA names, else in `../shared/data`. Synthetic sets are made once and kept in `.bench/`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import Missing
from edgeboard.oplog.codec import Stroke

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("EDGEBOARD_DATA", ROOT.parent / "shared" / "data"))
KEPT = ROOT / ".bench"
SYNTHETIC_SCALE = 35  # units of a pixel of an 1872-pixel panel
HANDWRITING_SCALE = 20


def data_file(name: str) -> Path:
    """A file of the data.

    Raises:
        Missing: it is not there.
    """
    path = DATA / name
    if not path.is_file():
        raise Missing(f"there is no {name} in {DATA}; set EDGEBOARD_DATA to the folder that has it")
    return path


def handwriting() -> list[Stroke]:
    """All recorded strokes, in pieces of at most 500 points, exactly as recorded; raises Missing."""
    return _read(data_file("handwriting.jsonl"), HANDWRITING_SCALE)


def synthetic(count: int) -> list[tuple[int, Stroke]]:
    """`count` strokes by 8 authors, each with its author; raises Missing."""
    path = KEPT / f"synthetic-{count}.jsonl"
    if not path.exists():
        script = data_file("generate_strokes.py")
        KEPT.mkdir(exist_ok=True)
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
