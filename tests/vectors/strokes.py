"""Golden ink: recorded columns, a width and cuts, and the discs that must come of them, as exact doubles."""

from edgeboard.canvas import ink
from edgeboard.canvas.refine import refine
from edgeboard.oplog.codec import Stroke


def wave(count, step, amplitude, seed=1):
    """Deterministic wiggles: a linear congruence, so that no library's dice are part of the format."""
    state, values, value = seed, [], 0
    for _ in range(count):
        state = (state * 1_103_515_245 + 12_345) % 2**31
        value += ((state >> 16) % (2 * amplitude + 1) - amplitude) * step
        values.append(value)
    return tuple(values)


LINE = Stroke(20, (0, 800, 1600), (0, 0, 0))
CURVE = Stroke(20, wave(9, 20, 30), wave(9, 20, 30, 2), tuple(value % 4096 for value in wave(9, 7, 99, 3)))
CASES = [
    ("one point", Stroke(20, (30,), (50,), (2048,)), 24, []),
    ("one point, too thin to see", Stroke(20, (30,), (50,), (0,)), 1, []),
    ("one point cut out", Stroke(20, (30,), (50,)), 24, [(0, 1)]),
    ("one point and a cut behind it", Stroke(20, (30,), (50,)), 24, [(1, 9)]),
    ("two points", Stroke(20, (0, 1000), (0, 333), (0, 4095)), 24, []),
    ("two points at one place", Stroke(8, (5, 5), (6, 6), (100, 200)), 16, []),
    ("a line", LINE, 16, []),
    ("a line in two", LINE, 16, [(160, 528)]),
    ("a line without its ends", LINE, 16, [(0, 112), (2032, 8000)]),
    ("a line all gone", LINE, 16, [(0, 2048)]),
    ("cuts at whole segments", LINE, 16, [(1024, 1025), (1600, 2048)]),
    ("a curve", CURVE, 40, []),
    ("a curve in pieces", CURVE, 40, [(1, 2), (1008, 1024), (1040, 3200), (4800, 4801)]),
    ("far out", Stroke(3, (2**27, 2**27 + 7, 2**27 + 1), (-(2**27), 1 - 2**27, 5 - 2**27)), 13, [(80, 144)]),
]


PEN = Stroke(
    20,
    wave(80, 5, 30),
    tuple(40 * i + value for i, value in enumerate(wave(80, 5, 12, 2))),
    tuple(2000 + value % 900 for value in wave(80, 3, 20, 3)),
    tuple(range(0, 1280, 16)),
)
THIN = [
    (LINE, 3.0, 0.5),
    (CURVE, 3.0, 0.5),
    (CURVE, 40.0, 0.5),
    (PEN, 3.0, 0.5),
    (PEN, 3.0, 0.0),
    (PEN, 24.0, 0.125),
    (Stroke(20, PEN.x, PEN.y), 3.0, 0.5),
    (Stroke(8, wave(80, 1, 6), wave(80, 1, 6, 2), None, tuple(range(7, 647, 8))), 3.0, 0.5),
    (Stroke(8, (5, 5, 5, 9, 5), (5, 5, 5, 9, 5)), 2.0, 0.5),
    (Stroke(8, (5,), (5,), (777,), (1001,)), 2.0, 0.5),
]


def ink_vectors():
    return {
        "palette": [f"#{colour:06x}" for colour in ink.PALETTE],
        "strokes": [
            {
                "name": name,
                "scale": stroke.scale,
                "x": list(stroke.x),
                "y": list(stroke.y),
                "pressure": None if stroke.pressure is None else list(stroke.pressure),
                "width": width,
                "cuts": [list(cut) for cut in cuts],
                "runs": [[list(disc) for disc in run] for run in ink.runs(stroke, width, cuts)],
            }
            for name, stroke, width, cuts in CASES
        ],
        "thin": [
            {
                **fields(stroke),
                "width": width,
                "tolerance": tolerance,
                "refined": fields(refine(stroke, width, tolerance)),
            }
            for stroke, width, tolerance in THIN
        ],
    }


def fields(stroke):
    columns = {"x": stroke.x, "y": stroke.y, "pressure": stroke.pressure, "time": stroke.t}
    return {"scale": stroke.scale} | {name: column and list(column) for name, column in columns.items()}
