"""What the owner of a board may say about its marquee."""

from dataclasses import dataclass
from typing import Final

RATE_LEAST: Final = 0.5
RATE_MOST: Final = 20.0


@dataclass(frozen=True, slots=True)
class Settings:
    room: str = ""  # whose items all panels of this board show; empty: each panel those of its own room
    fallback: str = ""  # what shows while there is no valid item; empty: nothing, where something else can show
    rate: float = (
        3.75  # em a second that the text moves, the same on all boards; whole px a frame at 30 Hz for 8, 16, 24
    )
