"""What a document answers: what an op or a batch has done to it, and how much it holds."""

from dataclasses import dataclass
from typing import NamedTuple

from edgeboard.ids import OpId


class Change(NamedTuple):
    """What applying an op did."""

    new: bool  # this content was not known before
    items: tuple[OpId, ...]  # that may look different now
    equivocation: bool = False  # another content of this op id was known; whoever signed this is at fault


class Absorbed(NamedTuple):
    """What a batch did."""

    items: tuple[OpId, ...]  # that may look different now
    equivocations: tuple[OpId, ...]  # ops of which another content was known; who signed this batch is at fault


@dataclass(frozen=True, slots=True)
class Statistics:
    """A snapshot of what a document holds."""

    ops: int
    items: int  # born, whether live or dead
    void: int  # of unknown kinds or broken bodies
    forks: int  # op ids of several contents
    struck: int  # contents that were dropped at a floor elsewhere
    gone: int  # items that a floor has ended
    waiting_floors: int
    claims_refused: int  # origins that a second person claimed
