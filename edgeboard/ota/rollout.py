"""How a release spreads without a server: each board knows by its own id whether it is its turn.

A board's bucket is a number from 0 to 99, a hash of the release's salt and of its id; the release is let out to buckets
below `percent`, which its signers raise by signing anew. A board holds while too many of those that it sees have gone
back to the release before.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from edgeboard.ota.values import BUCKETS, Rollout

BRAKE_SHARE: Final = 0.2  # of the boards that tried: more than this have gone back
BRAKE_LEAST: Final = 2  # boards that went back before it counts: one may have a worn card


def bucket(salt: str, node_id: bytes) -> int:
    """0 to 99: SHA-256(salt ‖ node id) as a number, modulo 100."""
    return int.from_bytes(hashlib.sha256(salt.encode() + node_id).digest(), "big") % BUCKETS


def is_due(rollout: Rollout, node_id: bytes, now: int) -> bool:
    """Whether a release has been let out to this board; `now` in seconds since 1970, at least what is known."""
    return now >= rollout.not_before and bucket(rollout.salt, node_id) < rollout.percent


def is_held(outcomes: Iterable[bool]) -> bool:
    """Whether what other boards report of a release (True: committed, False: gone back) speaks against trying it."""
    reported = list(outcomes)
    failed = reported.count(False)
    return failed >= BRAKE_LEAST and failed > BRAKE_SHARE * len(reported)
