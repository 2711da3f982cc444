"""People with pens in one process: `python -m benchmarks.crowd STATE COUNT SECONDS` writes at the speed of hands.

Each is a guest of the board whose state directory is named, with previews while a stroke is drawn.
"""

import asyncio
import sys
from pathlib import Path

from benchmarks.data import data_file
from edgeboard.cli.drawing import read_recording
from edgeboard.cli.guest import GuestSession, Me
from edgeboard.cli.replay import Replay
from edgeboard.ids import Origin, PersonId
from edgeboard.interchange import pen

COLUMNS = 6
WIDE, HIGH = 220, 150  # px between people
STROKES = 60  # of the recording, for each


async def draw(state: Path, count: int, seconds: float) -> None:
    """Let them write in the lobby for some seconds."""
    recorded = read_recording(data_file("handwriting.jsonl"))
    crowd = []
    for number in range(count):
        me = Me(
            PersonId(bytes([number + 1]) * 16), Origin(number + 1 << 32 | 7), f"Person {number + 1}", 4 + number % 10
        )
        style = pen.Style(colour=me.colour, dx=number % COLUMNS * WIDE, dy=number // COLUMNS * HIGH)
        first = number * STROKES % max(1, len(recorded) - STROKES)
        crowd.append(Replay(GuestSession(me, "lobby"), recorded[first : first + STROKES], style, 1.0, loop=True))
    writing = [asyncio.create_task(each.write(state, lambda: None)) for each in crowd]
    await asyncio.sleep(seconds)
    for each in crowd:
        each.stop()
    await asyncio.wait(writing, timeout=5)


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
