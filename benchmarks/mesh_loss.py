"""Neighbours that die, and neighbours that only seem to: real boards, killed; and real boards on a bad cable.

The boards whose neighbour is killed are a dozen, so that each keeps about five links. A slot is refilled when a board
has as many links that answer as before, none of them to the dead one.
"""

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.mesh_boards import Boards, crews, everywhere, until_calm
from benchmarks.mesh_cables import places

BOARDS = 12
KILLS = 3
CALM_S = 3.0
PATIENCE_S = 30.0
LOOK_S = 0.02
LOSS, DELAY_S = 0.05, 0.004  # each way
NEAR, FAR = 5, 2  # boards at the ends of the bad cable: ten links cross it
WATCHED_S = 240.0


def killed() -> dict[str, float]:
    """Seconds from SIGKILL of a board to the last neighbour that has noticed, and to the last refilled slot."""
    with tempfile.TemporaryDirectory() as folder:
        victims = [Boards(Path(folder), [f"victim {number}"]) for number in range(KILLS)]
        others = Boards(Path(folder), [f"board {number}" for number in range(BOARDS - KILLS)])
        took: list[tuple[float, float]] = []
        with crews([*victims, others]):
            for number, victim in enumerate(victims):
                alive = [*victims[number + 1 :], others]
                until_calm([victim, *alive], 3, CALM_S)
                dead = victim.found[0][0]
                before = [each for crew in everywhere(alive, "answering") for each in crew]
                victim.kill()
                took.append(_refilled(alive, dead, before))
        noticed, refilled = zip(*took, strict=True)
        return {
            "median_s": statistics.median(refilled),
            "worst_s": max(refilled),
            "noticed_s": statistics.median(noticed),
        }


def _refilled(alive: list[Boards], dead: str, before: list[list[str]]) -> tuple[float, float]:
    """When all boards that were linked to a dead one have noticed, and have as many links again; s from now."""
    began, noticed = time.monotonic(), 0.0
    while True:
        now = [each for crew in everywhere(alive, "answering") for each in crew]
        lacking = [
            len(then) - len(links)
            for then, links in zip(before, now, strict=True)
            if dead in then and (dead in links or len(links) < min(len(then), 5))
        ]
        took = time.monotonic() - began
        if not noticed and all(dead not in links for links in now):
            noticed = took
        if not lacking:
            return noticed, took
        if took > PATIENCE_S:
            raise RuntimeError(f"after {PATIENCE_S:.0f} s {len(lacking)} neighbours lack a link")
        time.sleep(LOOK_S)


def alarms() -> dict[str, float]:
    """Links that were thought dead and were not, an hour of one link, at 5 % loss each way."""
    with tempfile.TemporaryDirectory() as folder, places(2, loss=LOSS, delay_s=DELAY_S) as ends:
        made = [
            Boards(Path(folder), [f"{side}{n}" for n in range(count)], host=end.address, prefix=end.prefix)
            for side, count, end in zip("nf", (NEAR, FAR), ends, strict=True)
        ]
        with crews(made) as both:
            until_calm(both, NEAR + FAR - 1, CALM_S)
            everywhere(both, "watch_suspects")
            time.sleep(WATCHED_S)
            found = sum(everywhere(both, "alarms"))
        return {"per_hour": found / (NEAR * FAR * WATCHED_S / 3600), "found": float(found)}
