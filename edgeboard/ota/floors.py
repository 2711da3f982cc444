"""What a board has seen, and that it takes nothing older: the guard that outlives a wiped cache.

The TUF client forgets all versions it knew when a power cut empties its files, and then takes an old release without
a word. So the versions are kept a second time, synced and doubled, and compared after each verification.

Rules of this file: floors rise. Those of a role fall only with its keys: when a newer root has replaced them, for then
whoever signed the high number may have been a thief (a clock or counter far ahead would hold a board for good).
"""

import hashlib
import json
from dataclasses import asdict, replace
from typing import Final

from edgeboard.errors import DecodeError, VerificationError
from edgeboard.ota.manifest import read_json
from edgeboard.ota.values import COUNTER_MAX, Attack, Floors

ROLES: Final = ("timestamp", "snapshot", "targets")
_NUMBERS: Final = ("root", *ROLES, "counter", "latest_known_time")
_KEYS: Final = tuple(f"{role}_keys" for role in ROLES)


def check(floors: Floors, seen: Floors) -> None:
    """Compare what was verified with what this board has seen before; `seen.counter` is the newest that is offered.

    Raises:
        VerificationError: a rollback.
    """
    if seen.root < floors.root:
        raise _rollback("root", seen.root, floors.root)
    for role in ROLES:
        offered, floor = getattr(seen, role), getattr(floors, role)
        if offered < floor and not is_rotated(floors, seen, role):
            raise _rollback(role, offered, floor)
    if seen.counter < floors.counter and not is_rotated(floors, seen, "targets"):
        raise _rollback("release counter", seen.counter, floors.counter)


def is_rotated(floors: Floors, seen: Floors, role: str) -> bool:
    """Whether a newer root has given this role other keys."""
    before, now = getattr(floors, f"{role}_keys"), getattr(seen, f"{role}_keys")
    return seen.root > floors.root and bool(before) and before != now


def after_verifying(floors: Floors, seen: Floors) -> Floors:
    """The floors once `seen` has been verified and checked. The counter stays, for it counts what was committed; only
    if new keys offer less than it, it falls to just below that."""
    fallen = is_rotated(floors, seen, "targets") and seen.counter < floors.counter
    return replace(
        seen,
        root=max(floors.root, seen.root),
        timestamp=_risen(floors, seen, "timestamp", "timestamp"),
        snapshot=_risen(floors, seen, "snapshot", "snapshot"),
        targets=_risen(floors, seen, "targets", "targets"),
        counter=max(seen.counter - 1, 0) if fallen else floors.counter,
        latest_known_time=_risen(floors, seen, "timestamp", "latest_known_time"),
    )


def after_commit(floors: Floors, counter: int) -> Floors:
    """The floors once a release is committed."""
    return replace(floors, counter=max(floors.counter, counter))


def _risen(floors: Floors, seen: Floors, role: str, name: str) -> int:
    offered: int = getattr(seen, name)
    return offered if is_rotated(floors, seen, role) else max(offered, getattr(floors, name))


def _rollback(what: str, offered: int, floor: int) -> VerificationError:
    return VerificationError(
        Attack.ROLLBACK,
        f"{what} {offered} is offered, and this board has seen {floor}: take a newer bundle, or another source",
    )


# ------------------------------------------------------------------------------------------------ as a file


def to_bytes(floors: Floors) -> bytes:
    """As `floor.json` has them, with a checksum, since half a file is worse than none."""
    fields = asdict(floors)
    return json.dumps({**fields, "sum": _sum(fields)}, sort_keys=True, indent=1).encode() + b"\n"


def from_bytes(data: bytes) -> Floors:
    """Read what `to_bytes` wrote.

    Raises:
        DecodeError: damaged.
    """
    fields = read_json(data)
    numbers, keys = {name: fields.get(name) for name in _NUMBERS}, {name: fields.get(name) for name in _KEYS}
    if fields.get("sum") != _sum({**numbers, **keys}):
        raise DecodeError("the floors are damaged: their checksum does not fit")
    checked: list[int] = []
    for name, number in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= COUNTER_MAX:
            raise DecodeError(f"the floor of {name} is no number")
        checked.append(number)
    texts = [key for key in keys.values() if isinstance(key, str)]
    if len(texts) != len(_KEYS):
        raise DecodeError("the floors name keys that are no text")
    root, timestamp, snapshot, targets, counter, known = checked
    return Floors(root, timestamp, snapshot, targets, counter, known, *texts)


def join(one: Floors, other: Floors) -> Floors:
    """Of two copies what is to be trusted: that of the newer root, and of one root the higher of each."""
    if one.root != other.root:
        return max(one, other, key=lambda floors: floors.root)
    return replace(
        one,
        timestamp=max(one.timestamp, other.timestamp),
        snapshot=max(one.snapshot, other.snapshot),
        targets=max(one.targets, other.targets),
        counter=max(one.counter, other.counter),
        latest_known_time=max(one.latest_known_time, other.latest_known_time),
    )


def _sum(fields: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]
