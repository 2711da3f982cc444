"""How alike two pictures of the same ink are, and how alike they must be (docs/formats/ink.md, "Tolerance")."""

from dataclasses import dataclass

MEAN_MAX = 6.0  # of 255, over the px that have ink in either
FAR = 64  # of 255
FAR_MAX = 0.01  # the share of those px that may differ by more than FAR
INK_MAX = 0.02  # by how much the whole of the ink may differ
PAPER = 250  # what is lighter has no ink


@dataclass(frozen=True)
class Likeness:
    px: int  # that have ink in either
    mean: float
    far: float
    ink: float  # of the one, in that of the other

    @property
    def is_within_tolerance(self):
        return self.mean <= MEAN_MAX and self.far <= FAR_MAX and abs(self.ink - 1) <= INK_MAX


def compare(one, other):
    """Two pictures of PIL of the same size."""
    assert one.size == other.size
    both = zip(one.convert("L").tobytes(), other.convert("L").tobytes(), strict=True)
    inked = [(a, b) for a, b in both if a < PAPER or b < PAPER]
    apart = [abs(a - b) for a, b in inked]
    ink = sum(255 - b for _, b in inked) / sum(255 - a for a, _ in inked)
    return Likeness(len(inked), sum(apart) / len(apart), sum(each > FAR for each in apart) / len(apart), ink)
