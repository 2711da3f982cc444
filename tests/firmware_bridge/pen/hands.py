"""Hands that write: packets and samples of recorded strokes, for the tests of pens."""

import json
from pathlib import Path

from firmware_bridge.pen.samples import PenFacts, PenSample

RECORDING = Path(__file__).parents[3] / "edgeboard" / "cli" / "data" / "handwriting.jsonl"
PER_UNIT = 25.4 / 96 / 20 * 100  # points of 1/100 mm in a unit of the recording: 1/20 of 1/96 inch
FACTS = PenFacts(x_max=26312, y_max=16520, pressure_max=255, points_per_mm=100.0, rate=427)


def strokes():
    """Each recorded stroke as [(t s, x, y, p 0..255)] in points of 1/100 mm, on the tablet of FACTS."""
    out = []
    for line in RECORDING.read_text().splitlines():
        record = json.loads(line)
        x = [value * PER_UNIT for value in record["x"]]
        y = [value * PER_UNIT for value in record["y"]]
        left, top = min(x) - 1000, min(y) - 1000
        out.append(
            [
                (t / 1000, (a - left) % 26000, (b - top) % 16000, p / 4095 * 255)
                for t, a, b, p in zip(record["t"], x, y, record["p"], strict=True)
            ]
        )
    return out


def resample(stroke, rate):
    """The stroke at so many samples a second: cubic between the recorded ones (Catmull-Rom), as a hand moves."""
    out, count = [], int((stroke[-1][0] - stroke[0][0]) * rate)
    number = 0
    for step in range(count):
        t = stroke[0][0] + step / rate
        while number < len(stroke) - 2 and stroke[number + 1][0] <= t:
            number += 1
        p0, p1 = stroke[max(number - 1, 0)], stroke[number]
        p2, p3 = stroke[number + 1], stroke[min(number + 2, len(stroke) - 1)]
        u = (t - p1[0]) / max(p2[0] - p1[0], 1e-6)
        values = [
            0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u * u + (3 * b - a - 3 * c + d) * u**3)
            for a, b, c, d in zip(p0[1:], p1[1:], p2[1:], p3[1:], strict=True)
        ]
        x, y, p = values
        out.append((t, round(min(max(x, 0), 26312)), round(min(max(y, 0), 16520)), min(max(round(p), 1), 255)))
    return out


def visit(points, t=0.0, rate=427, **fields):
    """Samples of one stroke: the pen comes near, hovers, writes, hovers, goes."""
    step = 1 / rate
    first, last = points[0], points[-1]
    out = [PenSample(t + number * step, first[1], first[2], **fields) for number in range(3)]
    t += 3 * step - first[0]
    out += [PenSample(t + time, x, y, p, tip=True, **fields) for time, x, y, p in points]
    t += last[0] + step
    out += [PenSample(t + number * step, last[1], last[2], **fields) for number in range(3)]
    out.append(PenSample(t + 3 * step, last[1], last[2], near=False, **fields))
    return out


def packet(x, y, pressure=0, *, near=True, tip=False, side=False, shared=False, tilt=(0, 0)):
    """A 9-byte packet of ISDv4."""
    first = 0x80 | near << 5 | shared << 2 | side << 1 | tip
    low = (x & 3) << 5 | (y & 3) << 3 | pressure >> 7
    return bytes((first, x >> 9, x >> 2 & 127, y >> 9, y >> 2 & 127, pressure & 127, low, *tilt))


def packets(samples):
    return [
        packet(each.x, each.y, each.pressure, near=each.near, tip=each.tip, side=each.side, shared=each.side2)
        for each in samples
    ]
