"""What boards tell each other of releases (docs/formats/wire.md, "Releases"): between nodes only, never to a guest."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from edgeboard.errors import DecodeError
from edgeboard.wire import fields as form
from edgeboard.wire.fields import Check

FILES_MAX = 64  # metadata files that one board names
FILE_BYTES_MAX = 1 << 20  # of one of them
NAME_MAX = 100  # characters of its name
WORD_MAX = 40  # characters of a channel, machine or version
PART_MAX = 20 * 1024  # bytes: a piece of a chunk, or 256 names of chunks
REPORTS_MAX = 4  # releases of which one board says how it fared


class Named(NamedTuple):
    """A metadata file."""

    name: str  # "7.snapshot.json"
    content: bytes  # SHA-256
    size: int  # bytes


class Report(NamedTuple):
    """How a release fared on the board that says so."""

    counter: int
    is_good: bool  # it was committed; else the board has gone back from it


@dataclass(frozen=True, slots=True)
class ReleaseIs:
    """What I run, and the metadata that I can give."""

    channel: str  # empty: I run no release
    machine: str
    version: str
    counter: int
    timestamp: int  # version of the timestamp among the files; 0: there is none
    is_committed: int  # 1: what I run has been tried and kept
    files: tuple[Named, ...]
    NUMBER: ClassVar[int] = 39
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.text(WORD_MAX),
        form.text(WORD_MAX),
        form.text(WORD_MAX),
        form.number(form.ENTRY_MAX),
        form.number(form.ENTRY_MAX),
        form.number(255),
        lambda value: tuple(_named(each) for each in form.listing(FILES_MAX)(value)),
    )


@dataclass(frozen=True, slots=True)
class OfRelease:
    """A message of the exchange of blobs, about chunks of releases: BLOB_WANT, _CHUNK, _HAVE or _LACK as it is."""

    message: bytes
    NUMBER: ClassVar[int] = 40
    CHECKS: ClassVar[tuple[Check, ...]] = (form.blob(PART_MAX),)


OfReleases = ReleaseIs | OfRelease


def read_report(value: object) -> Report:
    """Raises DecodeError."""
    fields = form.listing(8)(value)
    if len(fields) < 2:
        raise DecodeError("a report on a release has two fields")
    return Report(form.number(form.ENTRY_MAX)(fields[0]), bool(form.number(255)(fields[1])))


def _named(value: object) -> Named:
    fields = form.listing(8)(value)
    if len(fields) < 3:
        raise DecodeError("a metadata file has three fields")
    content, size = form.exactly(32)(fields[1]), form.number(FILE_BYTES_MAX)(fields[2])
    return Named(form.text(NAME_MAX)(fields[0]), content, size)
