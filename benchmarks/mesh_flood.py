"""A member that floods a board: what a pen at another board notices of it.

Three boards, all linked, each in a process of its own; a pen writes on one, and the board that is flooded shows it. The
flooder is a member of the mesh in a fourth process, which says the same 50,000 times a second, or as often as its link
takes it; whenever it is cut off it comes back. With each kind of flood the time from pen to canvas is held against that
of the same boards just before.
"""

import tempfile
from pathlib import Path

from benchmarks.data import data_file
from benchmarks.mesh_boards import Boards, crews, until_calm
from benchmarks.mesh_hops import spread

PER_S = 50_000.0
STROKES, WRITTEN_S = 250, 20.0
FLOODED_S = 18.0
FLOODS = {
    "pings": ("CTL", "93040080"),  # [4, 0, {}]: PING, which each board says once a second
    "unknown": ("CTL", "91cc90"),  # [144]: a message of a later version
    "previews": ("LIVE", "00" + "01" + "00" * 40),
    "ink": ("LOG", "9320c410" + "00" * 16 + "c440" + "00" * 64),  # [32, room, batch]: BATCH, of no room here
    "later": ("LOG", "91cc90"),
}


def growth() -> dict[str, float]:
    """How much longer the p99 is under the worst flood, as a share of it without; and how soon each is cut off."""
    data_file("handwriting.jsonl")
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        made = [Boards(Path(folder), [name]) for name in ("flooded", "draws", "third")]
        with crews(made) as boards:
            flooded, draws, _ = boards
            until_calm(boards, 2, 3.0)
            url, done = flooded.found[0][1][0], 0
            for name, (channel, data) in FLOODS.items():
                p99 = []
                for is_flooded in (False, True):
                    member = Boards.members()
                    try:
                        member.hear()
                        draws.tell("draw", strokes=STROKES, seconds=WRITTEN_S, pens=1)
                        if is_flooded:
                            said = member.ask(
                                "flood", url=url, seconds=FLOODED_S, per_s=PER_S, channel=channel, data=data
                            )
                            found |= {f"{name}_{key}": value for key, value in said.items()}
                        written = draws.hear()
                    finally:
                        member.end()
                    done += STROKES
                    flooded.ask("until", ops=done)
                    p99.append(spread([written], [flooded.ask("seen")], boards=1)["p99_ms"])
                    flooded.ask("forgive")
                found |= {
                    f"{name}_calm_ms": p99[0],
                    f"{name}_flooded_ms": p99[1],
                    f"{name}_growth": p99[1] / p99[0] - 1,
                }
    return {"growth": max(found[f"{name}_growth"] for name in FLOODS), **found}
