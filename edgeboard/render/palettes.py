"""The colours of e-ink that has a few, and which of them a colour is mixed of."""

from collections.abc import Sequence
from typing import Final

from edgeboard.render.values import PixelFormat

Colour = tuple[int, int, int]  # blue, green, red

BLACK: Final = (0, 0, 0)
WHITE: Final = (255, 255, 255)
RED: Final = (0, 0, 255)
YELLOW: Final = (0, 255, 255)
COLOURS: Final = {
    PixelFormat.BWR: (BLACK, WHITE, RED),
    PixelFormat.BWRY: (BLACK, WHITE, RED, YELLOW),
}
SHARES: Final = 64  # of a mixture, as many as the pattern has places
PURE: Final = 6  # of them: what is nearly one colour becomes it, so that thin ink is not speckled
WEIGHTS: Final = (11, 59, 30)  # of blue, green and red in how far two colours are apart (ITU-R BT.601)


def apart(one: Sequence[int], other: Sequence[int]) -> int:
    """How far two colours are apart."""
    return sum(weight * (a - b) ** 2 for weight, a, b in zip(WEIGHTS, one, other, strict=True))


def nearest(colour: Sequence[int], palette: Sequence[Colour]) -> int:
    """The number of the colour that is nearest; the first of several."""
    return min(range(len(palette)), key=lambda number: apart(colour, palette[number]))


def mixture(colour: Colour, palette: Sequence[Colour]) -> tuple[int, int, int]:
    """Two colours of a palette, and how many of 64 px should have the second.

    It is the pair whose mixture in 64ths is nearest, the first of several; its share is the nearest point on the line
    between the two, rounded down from the middle up.
    """
    best: tuple[int, int, int, int] | None = None
    for one in range(len(palette) - 1):
        for other in range(one + 1, len(palette)):
            a, b = palette[one], palette[other]
            length = apart(a, b)
            along = sum(weight * (c - x) * (y - x) for weight, c, x, y in zip(WEIGHTS, colour, a, b, strict=True))
            share = min(max((along * SHARES * 2 + length) // (2 * length), 0), SHARES)
            mixed = [x * (SHARES - share) + y * share for x, y in zip(a, b, strict=True)]
            off = apart([c * SHARES for c in colour], mixed)
            if best is None or off < best[0]:
                best = off, one, other, share
    assert best is not None, "a palette has two colours at least"
    _, one, other, share = best
    share = 0 if share < PURE else SHARES if share > SHARES - PURE else share
    return one, other, share
