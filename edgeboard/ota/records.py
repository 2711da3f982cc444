"""What the updater and the launcher remember on the disk: the journal, the floors, and releases that were bad.

The rules of this file: everything is kept twice and written in whole (`files.write_twice`); what cannot be read is
taken for the most careful that it can be, never for a reason not to start. Standard library only: the launcher carries
a copy of this file.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

from edgeboard.errors import DecodeError
from edgeboard.ota import floors as rules
from edgeboard.ota import slots, states
from edgeboard.ota.files import BACKUP, Disk, read_bounded, read_twice, write_twice
from edgeboard.ota.values import Floors, Layout

BAD_MAX: Final = 32  # releases that are remembered as bad; the oldest are forgotten
FILE_MAX: Final = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """A release that was gone back from; it is tried again only if an operator says so.

    Attributes:
        digest: SHA-256 of its manifest, hex.
        version: of the release.
        counter: of the release.
        reason: why, as a person reads it.
        at: wall clock, seconds since 1970; a label only.
    """

    digest: str
    version: str
    counter: int
    reason: str
    at: int


def read_journal(layout: Layout) -> states.Journal:
    """Where the update stands; at its beginning if neither copy can be read."""
    return read_twice(layout.journal, states.decode, states.JOURNAL_MAX) or states.Journal()


def write_journal(layout: Layout, disk: Disk, journal: states.Journal) -> None:
    """Raises OSError as the system says; one of both copies is whole."""
    write_twice(disk, layout.journal, journal.encode())


def read_floors(layout: Layout) -> Floors:
    """What this board takes nothing below: both copies joined, and never less than the release that runs."""
    found = Floors()
    for path in (layout.floors, layout.floors.with_name(layout.floors.name + BACKUP)):
        with suppress(OSError, DecodeError):
            found = rules.join(found, rules.from_bytes(read_bounded(path, FILE_MAX)))
    name = slots.current(layout)
    if name:
        with suppress(slots.SlotError):
            found = rules.after_commit(found, _committed(layout, name))
    return found


def _committed(layout: Layout, name: str) -> int:
    """The counter of the slot that runs, if it is not on trial."""
    journal = read_journal(layout)
    return 0 if journal.slot == name else slots.release_of(layout.slots / name).counter


def previous(layout: Layout) -> str:
    """The slot to go back to from the one that runs: it was committed here, and is sound; empty if there is none."""
    return slots.previous(layout, read_bad(layout), read_floors(layout).counter)


def write_floors(layout: Layout, disk: Disk, floors: Floors) -> None:
    """Raises OSError as the system says; one of both copies is whole."""
    write_twice(disk, layout.floors, rules.to_bytes(floors))


def read_bad(layout: Layout) -> dict[str, Bad]:
    """Releases that were gone back from, by the hash of their manifest."""
    found = read_twice(layout.bad, _decode_bad, FILE_MAX) or []
    return {each.digest: each for each in found}


def bar(layout: Layout, disk: Disk, bad: Bad) -> None:
    """Remember a release as bad. Raises OSError as the system says."""
    kept = [each for each in read_bad(layout).values() if each.digest != bad.digest][-(BAD_MAX - 1) :]
    _write_bad(layout, disk, [*kept, bad])


def forgive(layout: Layout, disk: Disk, digest: str) -> None:
    """An operator wants it tried again. Raises OSError as the system says."""
    found = read_bad(layout)
    if digest in found:
        _write_bad(layout, disk, [each for each in found.values() if each.digest != digest])


def _write_bad(layout: Layout, disk: Disk, found: list[Bad]) -> None:
    body = [asdict(each) for each in found]
    write_twice(disk, layout.bad, json.dumps({"bad": body, "sum": _checksum(body)}, indent=1).encode() + b"\n")


def _decode_bad(data: bytes) -> list[Bad]:
    try:
        body = json.loads(data)
        if _checksum(body["bad"]) != body["sum"]:
            raise DecodeError("the list of bad releases is damaged")
        return [Bad(**each) for each in body["bad"]]
    except DecodeError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DecodeError(f"the list of bad releases is damaged: {error}") from None


def _checksum(body: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
