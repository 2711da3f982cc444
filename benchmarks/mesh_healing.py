"""A mesh in two halves: twenty real boards, ten in each of two namespaces, whose cable is pulled for a while.

Frames between the halves are lost as on a pulled cable (the port of the switch is down), so that links die as they do
in a building; each half draws on. Then the cable is plugged in, and nobody is told of that.
"""

import tempfile
import time
from pathlib import Path

from benchmarks.data import data_file
from benchmarks.mesh_boards import Boards, crews, everywhere, until_calm
from benchmarks.mesh_cables import places

HALF = 10
STROKES = 500  # on each side
APART_S = 30.0
DRAWN_S = 25.0  # of it
CALM_S = 2.0


def healed() -> dict[str, float]:
    """Seconds from the heal to equal canvases everywhere, and what that took of the links.

    `healed_s` is until the last board has every op; `crossed_s` until the first op of the other half has arrived
    anywhere. `ratio` is of the bytes that boards received in that time, all messages counted, to those of the
    batches that they lacked; `cable_ratio` of all bytes on the cable, handshakes and headers included, to those of
    the batches that had to cross it.
    """
    data_file("handwriting.jsonl")
    with tempfile.TemporaryDirectory() as folder, places(2) as both:
        made = [
            Boards(Path(folder), [f"{side}{n}" for n in range(HALF)], host=place.address, prefix=place.prefix)
            for side, place in zip("ab", both, strict=True)
        ]
        with crews(made) as halves:
            until_calm(halves, 4, CALM_S)
            both[0].unplug()
            cut = time.monotonic()
            drawn = everywhere(halves, "draw", strokes=STROKES, seconds=DRAWN_S, pens=HALF)
            everywhere(halves, "until", ops=STROKES)
            time.sleep(max(0.0, cut + APART_S - time.monotonic()))
            before, carried = everywhere(halves, "state"), both[0].carried()
            lacked = sum(each["log_bytes"] for each in before)
            if any(set(each["ops"]) != {STROKES} for each in before):
                raise RuntimeError("the halves were not apart")
            began = time.monotonic()
            both[0].plug_in()
            ended = max(everywhere(halves, "until", ops=2 * STROKES))
            carried = both[0].carried() - carried
            after = everywhere(halves, "state")
            if len({digest for each in after for digest in each["digests"]}) != 1:
                raise RuntimeError("the canvases differ")
            first = min(
                at
                for theirs, seen in zip(reversed(drawn), everywhere(halves, "seen"), strict=True)
                for op in theirs
                for at in seen[op]
            )
        received = sum(sum(now["received"]) - sum(then["received"]) for now, then in zip(after, before, strict=True))
        return {
            "healed_s": ended - began,
            "crossed_s": first - began,
            "ratio": received / (HALF * lacked),
            "cable_ratio": carried / lacked,
            "ops_kib": lacked / 1024,
        }
