"""A tablet at a pseudo terminal, in a process of its own, that remembers when it wrote each packet.

`python -m benchmarks.serial_tablet LINK STROKES POINTS PAUSE` makes LINK, answers the handshake, and prints, when it
has written all and somebody has closed its input, one line of JSON: for each stroke the times of its packets.
"""

import json
import os
import random
import sys
import time
import tty
from pathlib import Path

from firmware_bridge.sim.isdv4 import MODELS, encode_pen, encode_pen_facts

MODEL = MODELS["WACf008"]
INTERVAL_S = 1 / 200
LEAD_S = 3.0  # before the first stroke: a board that has just started loads what its links will need
HOVERS = 4
NEAR, DOWN, AWAY = 0xA0, 0xA1, 0x80
STEP = 60  # 1/100 mm at most between two packets, on either axis: 120 mm/s
PRESSURE = 120


def serve(link: Path, strokes: int, points: int, pause: float) -> list[dict[str, object]]:
    """Write so many strokes, as soon as somebody asks for them.

    Args:
        link: that points to the terminal.
        strokes: how many.
        points: of each.
        pause: s between them.

    Returns:
        For each stroke `points` and `up`: when its packets were about to be written, s of the monotonic clock.
    """
    master, slave = os.openpty()
    tty.setraw(slave)
    link.symlink_to(os.ttyname(slave))
    asked = b""
    while not asked.endswith(b"1"):
        asked = os.read(master, 1)
        if asked == b"*":
            os.write(master, encode_pen_facts(MODEL))
    dice = random.Random(11)
    written = []
    due = time.monotonic() + LEAD_S

    def put(first: int, x: int, y: int, pressure: int = 0) -> float:
        nonlocal due
        due = max(due + INTERVAL_S, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
        packet = encode_pen(first, x, y, pressure)
        now = time.monotonic()
        os.write(master, packet)
        return now

    for _ in range(strokes):
        x, y = dice.randrange(2_000, MODEL.x_max - 2_000), dice.randrange(2_000, MODEL.y_max - 2_000)
        for _ in range(HOVERS):
            put(NEAR, x, y)
        times = []
        for _ in range(points):
            times.append(put(DOWN, x, y, PRESSURE))
            x, y = x + dice.randrange(-STEP, STEP + 1), y + dice.randrange(-STEP, STEP + 1)
        written.append({"points": times, "up": put(NEAR, x, y)})
        put(AWAY, 0, 0)
        due = time.monotonic() + pause
    return written


if __name__ == "__main__":
    found = serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    print("written", flush=True)
    sys.stdin.read()
    print(json.dumps(found), flush=True)
