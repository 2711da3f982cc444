"""What a device says of itself, made fit for a log, a terminal and a page."""

from typing import Final

MOST: Final = 200  # characters


def plain(text: str, most: int = MOST) -> str:
    """The text without control characters and of bounded length."""
    clean = "".join(char if char.isprintable() else "\ufffd" for char in text[: most + 1])
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
