"""From pen to canvas across a mesh: over one bad hop, and in a room of fifty boards.

Real handwriting is written at its places in time, one op a stroke; the time runs from the call that hands a stroke to
its board to the moment at which another board has it on its canvas.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.data import data_file
from benchmarks.mesh_boards import Boards, crews, everywhere, until_calm
from benchmarks.mesh_cables import places

LOSS = 0.01  # of frames, each way
DELAY_S = 0.004  # each way, give or take 40 %
STROKES, WRITTEN_S = 400, 50.0  # on the bad hop
FIFTY = 50
PROCESSES = 2
FIFTY_STROKES, FIFTY_S, FIFTY_PENS = 150, 50.0, 5  # by five boards of each process


def lossy() -> dict[str, float]:
    """One hop over a cable that loses one frame in a hundred each way."""
    data_file("handwriting.jsonl")
    with tempfile.TemporaryDirectory() as folder, places(2, loss=LOSS, delay_s=DELAY_S) as ends:
        made = [Boards(Path(folder), [end.namespace], host=end.address, prefix=end.prefix) for end in ends]
        with crews(made) as (draws, watches):
            until_calm([draws, watches], 1, 3.0)
            written = draws.ask("draw", strokes=STROKES, seconds=WRITTEN_S, pens=1)
            watches.ask("until", ops=STROKES)
            return spread([written], [watches.ask("seen")], boards=1)


def fifty() -> dict[str, float]:
    """Fifty boards in two processes, their overlay of about five links each, no loss."""
    data_file("handwriting.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        each = FIFTY // PROCESSES
        made = [Boards(Path(folder), [f"{crew}-{n}" for n in range(each)]) for crew in range(PROCESSES)]
        with crews(made) as halves:
            until_calm(halves, 3, 3.0)
            written = everywhere(halves, "draw", strokes=FIFTY_STROKES, seconds=FIFTY_S, pens=FIFTY_PENS)
            everywhere(halves, "until", ops=PROCESSES * FIFTY_STROKES)
            return spread(written, everywhere(halves, "seen"), boards=FIFTY - 1)


def spread(
    written: Sequence[Mapping[str, float]], seen: Sequence[Mapping[str, Sequence[float]]], *, boards: int
) -> dict[str, float]:
    """Percentiles over all strokes and all boards but the one that it was written on.

    Args:
        written: each op and when it was made, by process.
        seen: each op and when boards had it, likewise.
        boards: that an op has to reach.

    Raises:
        RuntimeError: something did not arrive.
    """
    took = []
    for op, at in {op: at for made in written for op, at in made.items()}.items():
        arrived = sorted(when - at for crew in seen for when in crew.get(op, ()))
        if len(arrived) < boards:
            raise RuntimeError(f"a stroke came to {len(arrived)} of {boards} boards")
        took += arrived[-boards:]  # its own board has it first
    took.sort()
    return {
        "p50_ms": 1e3 * took[len(took) // 2],
        "p99_ms": 1e3 * took[min(len(took) - 1, round(0.99 * len(took)))],
        "worst_ms": 1e3 * took[-1],
    }
