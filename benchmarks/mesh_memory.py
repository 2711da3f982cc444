"""What links cost a board in memory: while they are open, and once they have come and gone.

The board is a real one in a process of its own; members of its mesh link to it from another process. A board lets in
about eight of them, so for this measurement alone its bound is lifted. Memory is what the process has for itself
(private dirty pages), after garbage has been collected.
"""

import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.mesh_boards import Boards, crews, private_mib

SETTLE_S = 4.0  # until what a handshake took is done with
FIRST = 4  # links before the first look: with those, aiortc has made all that it makes once
FURTHER = 24
ROUNDS = 3
CYCLES = 200  # of linking and ending, between two looks
LOOKS = 5


def further() -> dict[str, float]:
    """MiB for each of some further links."""
    with tempfile.TemporaryDirectory() as folder, crews([Boards(Path(folder), ["host"])]) as (host,):
        members = Boards.members()
        try:
            members.hear()
            url = host.found[0][1][0]
            host.ask("let_in", most=256)
            looks, linked = [], 0
            for count in (FIRST, *[FURTHER] * ROUNDS):
                members.ask("link", url=url, first=linked, count=count)
                linked += count
                time.sleep(SETTLE_S)
                if len(host.ask("links")[0]) != linked:
                    raise RuntimeError(f"{len(host.ask('links')[0])} of {linked} links are open")
                host.ask("collect")
                looks.append(private_mib(host.pid))
        finally:
            members.end()
        each = [(now - then) / FURTHER for then, now in pairwise(looks)]
        return {"mib": statistics.median(each), "most_mib": max(each), "with_four_mib": looks[0]}


def cycles() -> dict[str, float]:
    """MiB that a board grows by between its 200th and its 1,000th link that has come and gone."""
    with tempfile.TemporaryDirectory() as folder, crews([Boards(Path(folder), ["host"])]) as (host,):
        members = Boards.members()
        try:
            members.hear()
            url, looks, objects = host.found[0][1][0], [], []
            for _ in range(LOOKS):
                members.ask("cycle", url=url, count=CYCLES)
                time.sleep(SETTLE_S)
                objects.append(host.ask("collect"))
                looks.append(private_mib(host.pid))
        finally:
            members.end()
        return {
            "growth_mib": looks[-1] - looks[0],
            "growth_objects": float(objects[-1] - objects[0]),
            "first_mib": looks[0],
        }
