"""A recording of a person who calibrates a tablet, for the simulated hand."""

import json

CORNERS = ((0, 0), (2000, 0), (2000, 1500), (0, 1500))  # upper left, upper right, lower right, lower left


def tap(x, y, pressure=1500, count=40):
    return {"x": [x] * count, "y": [y] * count, "p": [pressure] * count, "t": [5 * at for at in range(count)]}


def line(pressure, y, count=80):
    return {"x": [400 + 10 * at for at in range(count)], "y": [y] * count, "p": [pressure] * count,
            "t": [5 * at for at in range(count)]}  # fmt: skip


def write_taps(path, strokes=None):
    """The recording in a file; the strokes are those of a good calibration unless others are given."""
    if strokes is None:
        strokes = [*(tap(x, y) for x, y in CORNERS), line(600, 500), line(3600, 900)]
    path.write_text("".join(json.dumps(stroke) + "\n" for stroke in strokes))
    return path
