"""A text in lines of whole words."""

from collections.abc import Callable
from typing import Final

ELLIPSIS: Final = "\u2026"


def wrap(text: str, room: float, width_of: Callable[[str], float]) -> list[str]:
    """A text in lines, at least one.

    Args:
        text: words with spaces between them.
        room: what a line may be wide; a word that is wider is broken between letters.
        width_of: how wide a text is.
    """
    lines = [""]
    for word in text.split(" "):
        for part in [word] if width_of(word) <= room else _broken(word, room, width_of):
            longer = f"{lines[-1]} {part}" if lines[-1] else part
            if not lines[-1] or width_of(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(part)
    return lines


def _broken(word: str, room: float, width_of: Callable[[str], float]) -> list[str]:
    """A word in parts that fit, one letter at least."""
    parts = [""]
    for character in word:
        if parts[-1] and width_of(parts[-1] + character) > room:
            parts.append("")
        parts[-1] += character
    return parts
