"""What a board can give others of releases: verified metadata by name, and chunks of verified files by their hashes.

Only reads, and takes whatever it cannot read for absent: updates are another process's work, and may be another user's.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edgeboard.errors import EdgeboardError
from edgeboard.ota import records, slots
from edgeboard.ota.chunks import Place, places, releases_in
from edgeboard.ota.files import read_bounded
from edgeboard.ota.values import Layout, Manifest
from edgeboard.wire.releases import FILE_BYTES_MAX, FILES_MAX, REPORTS_MAX, Named, ReleaseIs, Report

_METADATA: Final = re.compile(r"(?:([0-9]{1,9})\.)?(timestamp|snapshot|targets|root)\.json\Z")

ORDER: Final = ("timestamp", "root", "snapshot", "targets")


@dataclass(frozen=True, slots=True)
class Seed:
    """What can be given, and what is said of it."""

    places: Mapping[bytes, Place]  # by SHA-256
    told: ReleaseIs
    reports: tuple[Report, ...]


def stamp(layout: Layout) -> tuple[object, ...]:
    """Changes when a look would find something else."""
    watched = layout.metadata, layout.blobs, layout.prefix, layout.journal, layout.bad
    return tuple(_changed(each) for each in watched)


def look(layout: Layout) -> Seed:
    """All that lies where updates are kept, but for releases that this board has gone back from."""
    bad = {}
    with suppress(OSError, EdgeboardError):
        bad = records.read_bad(layout)
    found: dict[bytes, Place] = {}
    for manifest in releases_in(layout):
        if slots.digest_of(manifest) not in bad:
            found.update(_chunks(layout, manifest))
    files = []
    timestamp = 0
    for name, data in _metadata(layout):
        content = hashlib.sha256(data).digest()
        files.append(Named(name, content, len(data)))
        found[content] = Place(layout.metadata / name, 0, len(data))
        if name == "timestamp.json":
            timestamp = _version(data)
    current, is_committed = _running(layout)
    reports = [Report(each.counter, is_good=False) for each in list(bad.values())[-(REPORTS_MAX - 1) :]]
    if current is None:
        return Seed(found, ReleaseIs("", "", "", 0, timestamp, 0, tuple(files)), tuple(reports))
    if is_committed:
        reports.append(Report(current.counter, is_good=True))
    target, kept = current.target, int(is_committed)  # a number on the wire
    told = ReleaseIs(
        target.channel, target.machine, current.version[:40], current.counter, timestamp, kept, tuple(files)
    )
    return Seed(found, told, tuple(reports))


def _running(layout: Layout) -> tuple[Manifest | None, bool]:
    """The release that runs, and whether it is there to stay."""
    with suppress(OSError, EdgeboardError):
        name = slots.current(layout)
        if name:
            return slots.release_of(layout.slots / name), records.read_journal(layout).slot != name
    return None, False


def _chunks(layout: Layout, manifest: Manifest) -> Iterator[tuple[bytes, Place]]:
    digest = slots.digest_of(manifest)
    with suppress(OSError):
        path = layout.blobs / digest
        yield bytes.fromhex(digest), Place(path, 0, path.stat().st_size)
    for chunk, place in places(layout, manifest):
        yield bytes.fromhex(chunk), place


def _metadata(layout: Layout) -> Iterator[tuple[str, bytes]]:
    """The newest first, so that what is too much is what is oldest."""
    found = []
    with suppress(OSError):
        for each in layout.metadata.iterdir():
            name = _METADATA.match(each.name)
            if name is not None:
                found.append((ORDER.index(name[2]), -int(name[1] or 0), each))
    for _, _, each in sorted(found)[:FILES_MAX]:
        with suppress(OSError, EdgeboardError):
            data = read_bounded(each, FILE_BYTES_MAX)
            if data:
                yield each.name, data


def _version(timestamp: bytes) -> int:
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        version = json.loads(timestamp)["signed"]["version"]
        return version if isinstance(version, int) and 0 <= version < 1 << 53 else 0
    return 0


def _changed(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return 0
