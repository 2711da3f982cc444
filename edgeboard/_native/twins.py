"""Which twin of each kernel runs, for status pages and reports."""

from edgeboard._native import strokes


def active() -> dict[str, str]:
    """For each kernel by name: "C", or "Python" where it was not built, is switched off or failed its self-check."""
    return {"strokes": "Python" if strokes.kernel is None else "C"}
