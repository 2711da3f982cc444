"""A thinned stroke is drawn where it was, and the browser thins alike."""

import json
import subprocess
from math import cos, hypot, sin
from pathlib import Path

import pytest

from edgeboard.canvas.ink import curve
from edgeboard.canvas.refine import refine, refined
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.thin import thin

ROOT = Path(__file__).parents[2]
TOLERANCE = 0.5


def stroke_of(places) -> Stroke:
    return Stroke(8, tuple(round(x * 8) for x, _ in places), tuple(round(y * 8) for _, y in places))


STROKES = {
    "corner": stroke_of([(i * 5, 0) if i < 20 else (95, (i - 19) * 5) for i in range(40)]),
    "circle": stroke_of([(100 * cos(i / 31.8), 100 * sin(i / 31.8)) for i in range(200)]),
    "zigzag": stroke_of([(i * 2, abs((i % 20) - 10) * 6) for i in range(120)]),
    "there and back": stroke_of([((i if i < 40 else 80 - i) * 3, (i % 2) / 8) for i in range(80)]),
    "fast and coarse": stroke_of([(i * 40, (i % 4) * 30) for i in range(12)]),
    "a dot": stroke_of([(3, 3)]),
    "two points": stroke_of([(3, 3), (90, 3)]),
}


def parting(a, b) -> float:
    """How far two drawn curves part, px."""

    def worst(one, other) -> float:
        most = 0.0
        for x, y in zip(one[0], one[1], strict=True):
            best = min((hypot(x - other[0][0], y - other[1][0]),)) if len(other[0]) == 1 else float("inf")
            for j in range(len(other[0]) - 1):
                dx, dy = other[0][j + 1] - other[0][j], other[1][j + 1] - other[1][j]
                square = dx * dx + dy * dy
                u = min(1, max(0, ((x - other[0][j]) * dx + (y - other[1][j]) * dy) / square)) if square else 0
                best = min(best, hypot(x - other[0][j] - u * dx, y - other[1][j] - u * dy))
            most = max(most, best)
        return most

    return max(worst(a, b), worst(b, a))


@pytest.mark.parametrize("name", STROKES)
def test_a_refined_stroke_is_drawn_where_it_was(name) -> None:
    stroke = STROKES[name]
    assert parting(curve(stroke), curve(refine(stroke))) <= TOLERANCE + 1e-9


def test_thinning_the_recorded_points_alone_would_cut_the_corner() -> None:
    corner = STROKES["corner"]
    assert parting(curve(corner), curve(thin(corner))) > 10


def test_a_fine_circle_keeps_few_of_its_points() -> None:
    assert len(refined(STROKES["circle"])) < 100


def test_the_browser_keeps_the_same_points(node_path) -> None:
    script = """
      import { refined } from "./edgeboard/web/static/refine.js";
      const strokes = JSON.parse(process.argv[1]);
      console.log(JSON.stringify(strokes.map((s) => refined({ ...s, pressure: null, time: null }))));
    """
    strokes = [{"scale": 8, "x": stroke.x, "y": stroke.y} for stroke in STROKES.values()]
    command = [node_path, "--input-type=module", "-e", script, json.dumps(strokes)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [refined(stroke) for stroke in STROKES.values()]
