"""Random things to draw, for tests that compare ways of drawing them."""

import math
from array import array

from edgeboard.render.values import Area

AWAY = 30  # px that drawings may reach beyond a surface


def draw_area(rng, width, height, reach=AWAY):
    """An area that may reach beyond a surface, or be empty."""
    x, y = rng.randint(-reach, width), rng.randint(-reach, height)
    return Area(x, y, rng.randint(0, width + reach), rng.randint(0, height + reach))


def draw_part(rng, width, height):
    """An area that lies on a surface."""
    x, y = rng.randrange(width), rng.randrange(height)
    return Area(x, y, rng.randint(1, width - x), rng.randint(1, height - y))


def draw_runs(rng, width, height):
    """Runs of discs: walks of long and short steps, thin and thick, and discs within discs."""
    runs = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        x, y = rng.uniform(-AWAY, width + AWAY), rng.uniform(-AWAY, height + AWAY)
        step, thick = rng.choice((0.0, 0.3, 4.0, 60.0)), rng.choice((0.2, 1.0, 3.0, 12.0))
        run = array("d")
        for _ in range(rng.choice((0, 1, 2, 5, 20))):
            x, y = x + rng.uniform(-step, step), y + rng.uniform(-step, step)
            run.extend((x, y, rng.choice((0.0, thick, rng.uniform(0, thick)))))
        runs.append(run)
    return runs


def draw_matrix(rng):
    """A zoom, a turn and a shift; now and then one that flattens everything."""
    zoom, angle = rng.choice((1.0, 0.31, 2.7)), rng.choice((0.0, 0.0, rng.uniform(0, 6.3)))
    c, s = zoom * math.cos(angle), zoom * math.sin(angle)
    squeeze = rng.choice((1.0, 1.0, 1.0, 0.0))
    return c, s, -s * squeeze, c * squeeze, rng.uniform(-10, 10), rng.uniform(-10, 10)


def draw_contours(rng, width, height):
    """Contours that cross themselves and each other, some on whole px, some too short to fill anything."""
    contours = []
    for _ in range(rng.choice((1, 1, 2, 4))):
        number = (lambda most: rng.randint(-AWAY, most + AWAY)) if rng.random() < 0.3 else (
            lambda most: rng.uniform(-AWAY, most + AWAY)
        )  # fmt: skip
        points = [(number(width), number(height)) for _ in range(rng.choice((0, 2, 3, 4, 9)))]
        contours.append(array("d", [value for point in points for value in point]))
    return contours


def draw_bytes(rng, count):
    """Bytes, many of them 0 and 255."""
    return bytes(rng.choice((0, 255, rng.randrange(256))) for _ in range(count))
