"""Named places at which a crash test lets the process die, as a power cut would.

`hit` stands at the places and does nothing until `arm` was called, which only the composition root does, with the
value of the environment variable EDGEBOARD_FAILPOINT: ``before_commit:3`` dies at the third hit of that place.
Several are separated by commas; the first to come true ends the process.
"""

import os
import signal

from edgeboard.errors import UserError

VARIABLE = "EDGEBOARD_FAILPOINT"
NAMES = frozenset({"before_commit", "after_commit", "before_send", "after_send", "before_receipt", "after_receipt"})

_hits_left: dict[str, int] = {}  # the one global of the house: a place deep in a shell has no root to ask


def arm(value: str) -> None:
    """Let the process die at these places; an empty value disarms all.

    Raises:
        UserError: not of the form name:count, or no place has that name.
    """
    hits: dict[str, int] = {}
    for part in value.split(",") if value else ():
        name, _, count = part.strip().partition(":")
        if name not in NAMES or not count.isdecimal() or int(count) < 1:
            known = ", ".join(sorted(NAMES))
            raise UserError(f"{VARIABLE}={value!r}: write name:count with count from 1 and name one of {known}")
        hits[name] = int(count)
    _hits_left.clear()
    _hits_left.update(hits)


def hit(name: str) -> None:
    """This place is passed now; if it is armed and its count is reached, the process is gone."""
    if name in _hits_left:
        _hits_left[name] -= 1
        if _hits_left[name] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
