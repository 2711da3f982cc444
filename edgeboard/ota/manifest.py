"""Reads and writes manifests and the lock that they name (docs/formats/releases.md, "Manifest").

Rules of this file: reading lets nothing in that breaks a limit, and raises `DecodeError` alone; one manifest has one
row of bytes (`to_bytes`), so that its hash is its name. What a later release adds is skipped. The rollout is not part
of it: it is signed beside the manifest and changes while that stays.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Final, NoReturn

from edgeboard.errors import DecodeError, LimitError
from edgeboard.ota.values import (
    CHANNELS,
    CHUNK_BYTES,
    CHUNKS_MAX,
    COUNTER_MAX,
    FILE_MAX,
    FILES_MAX,
    MACHINES,
    MANIFEST_MAX,
    NAME,
    PYTHON,
    RELEASE_MAX,
    SHA256,
    VERSION,
    File,
    Manifest,
    Rollout,
    Schema,
    Target,
)

FORMAT: Final = "edgeboard-release"
FORM: Final = 1
DOCUMENTS: Final = (".txt", ".toml", ".json", ".md", ".lock")  # what a release holds besides wheels
DISTRIBUTION: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{1,63}(>=[0-9][0-9A-Za-z.:~+-]{0,31})?\Z")
DISTRIBUTION_MAX: Final = 64
ALL: Final = Rollout()
LOCK_MAX: Final = 1024 * 1024  # bytes
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.!+_-]+)\Z")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})\Z")

Fields = Mapping[str, object]


def to_bytes(manifest: Manifest) -> bytes:
    """The bytes that are signed; of one manifest always the same."""
    fields = {
        "format": FORMAT,
        "form": FORM,
        "version": manifest.version,
        "counter": manifest.counter,
        "target": {
            "machine": manifest.target.machine,
            "python": manifest.target.python,
            "channel": manifest.target.channel,
            "libc": list(manifest.target.libc),
        },
        "files": [_fields(file) for file in sorted(manifest.files, key=lambda file: file.name)],
        "lock": manifest.lock,
        "min_from_counter": manifest.min_from_counter,
        "security_floor": manifest.security_floor,
        "state_schema": {"reads": list(manifest.state_schema.reads), "writes": manifest.state_schema.writes},
        "distribution": list(manifest.distribution),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def _fields(file: File) -> Fields:
    fields = {"name": file.name, "sha256": file.sha256, "length": file.length, "chunks": list(file.chunks)}
    return {**fields, "sizes": list(file.sizes)} if file.sizes else fields


def from_bytes(data: bytes, rollout: Rollout = ALL) -> Manifest:
    """Read a manifest; `rollout` is what was signed beside it.

    Raises:
        DecodeError: not a manifest, or one that nobody may be given. LimitError: larger than a named limit.
    """
    if len(data) > MANIFEST_MAX:
        raise LimitError(f"a manifest has at most {MANIFEST_MAX} bytes, this one {len(data)}")
    fields = read_json(data)
    if fields.get("format") != FORMAT:
        raise DecodeError("this is not the manifest of a release")
    if fields.get("form") != FORM:
        raise DecodeError(f"manifest of form {fields.get('form')!r:.20}; this software reads form {FORM}")
    manifest = Manifest(
        version=_text(fields, "version", VERSION),
        counter=_whole(fields, "counter", 1, COUNTER_MAX),
        target=_target(_object(fields, "target")),
        files=tuple(_files(_list(fields, "files", FILES_MAX))),
        lock=_text(fields, "lock", NAME),
        min_from_counter=_whole(fields, "min_from_counter", 0, COUNTER_MAX),
        security_floor=_whole(fields, "security_floor", 0, COUNTER_MAX),
        state_schema=_schema(_object(fields, "state_schema")),
        rollout=rollout,
        distribution=tuple(_distribution(_list(fields, "distribution", DISTRIBUTION_MAX))),
    )
    check(manifest)
    return manifest


def check(manifest: Manifest) -> None:
    """What must hold of the parts of a manifest together.

    Raises:
        DecodeError: it does not. LimitError: too large.
    """
    names = [file.name for file in manifest.files]
    if len(set(map(str.lower, names))) != len(names):
        raise DecodeError("two files of a release have one name")
    if manifest.lock not in names:
        raise DecodeError(f"the lock {manifest.lock} is not among the files")
    if manifest.length > RELEASE_MAX:
        raise LimitError(f"a release has at most {RELEASE_MAX} bytes, this one {manifest.length}")
    if manifest.min_from_counter > manifest.counter or manifest.security_floor > manifest.counter:
        raise DecodeError("a release may not ask for a counter that is above its own")


def describe(name: str, pieces: Iterable[bytes], sizes: Sequence[int] = ()) -> File:
    """The file that these bytes make, in pieces of any size; `sizes` are those of its chunks, if they are chosen."""
    whole, chunk, chunks, filled, length = hashlib.sha256(), hashlib.sha256(), [], 0, 0
    wanted = chain(sizes, repeat(CHUNK_BYTES))
    full = next(wanted)
    for piece in pieces:
        whole.update(piece)
        length += len(piece)
        at = 0
        while at < len(piece):
            part = piece[at : at + full - filled]
            chunk.update(part)
            at, filled = at + len(part), filled + len(part)
            if filled == full:
                chunks.append(chunk.hexdigest())
                chunk, filled, full = hashlib.sha256(), 0, next(wanted)
    if filled:
        chunks.append(chunk.hexdigest())
    return File(name, whole.hexdigest(), length, tuple(chunks), tuple(sizes))


def entry_name(target: Target, counter: int) -> str:
    """What the manifest of a release is called among the targets: "stable-aarch64-cp313-7.json"."""
    return f"{target.name}-{counter}.json"


def parse_entry(name: str) -> tuple[Target, int]:
    """For whom a manifest is, and its counter, by its name; its libc is not in there.

    Raises:
        DecodeError: not such a name.
    """
    channel, machine, python, counter = (name.removesuffix(".json").split("-") + [""] * 4)[:4]
    number = int(counter) if counter.isdecimal() and counter.isascii() and len(counter) <= 16 else 0
    if channel not in CHANNELS or machine not in MACHINES or not PYTHON.match(python):
        raise DecodeError(f"{name[:80]!r} does not name a manifest")
    target = Target(machine, python, channel)
    if number < 1 or entry_name(target, number) != name:
        raise DecodeError(f"{name[:80]!r} does not name a manifest")
    return target, number


def check_lock(lock: bytes, manifest: Manifest) -> None:
    """Whether a lock installs the wheels of this manifest, each of them and nothing else.

    Raises:
        DecodeError: it does not, or it is no lock of names, versions and hashes alone.
    """
    wheels = {file.sha256: file.name for file in manifest.wheels}
    unlisted = dict(wheels)
    for name, hashes in requirements(lock):
        mine = [sha256 for sha256 in hashes if sha256 in wheels]
        if len(mine) != 1:
            raise DecodeError(f"the lock asks for {name}, of which the release has {len(mine)} wheels instead of one")
        unlisted.pop(mine[0], None)
    if unlisted:
        raise DecodeError(f"the lock does not name {min(unlisted.values())}")


def requirements(lock: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each requirement of a lock, as "name==version", with the sha256 of its files.

    Raises:
        DecodeError: it holds more than names, versions and hashes.
    """
    if len(lock) > LOCK_MAX:
        raise LimitError(f"a lock has at most {LOCK_MAX} bytes")
    try:
        text = lock.decode("ascii")
    except UnicodeDecodeError:
        raise DecodeError("a lock is plain ASCII") from None
    for line in text.replace("\\\n", " ").split("\n"):
        words = line.partition("#")[0].split()
        if not words:
            continue
        found = [_HASH.match(word) for word in words[1:]]
        if not _REQUIREMENT.match(words[0]) or not found or not all(found):
            raise DecodeError(f"a lock has lines like name==version --hash=sha256:…, not {line.strip()[:60]!r}")
        yield words[0], tuple(match[1] for match in found if match)


def read_json(data: bytes) -> dict[str, object]:
    """One JSON object without anything that two readers could take in two ways.

    Raises:
        DecodeError: not UTF-8, a name twice, a number that is none, too deep, or no object.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # ValueError is a number of more than 4,300 digits, too
        raise DecodeError(f"not JSON: {str(error)[:80]}") from None
    if not isinstance(value, dict):
        raise DecodeError("JSON, but no object")
    return value


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise DecodeError("JSON with a name twice")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise DecodeError(f"JSON with {name}")


def _target(fields: Fields) -> Target:
    machine, channel = fields.get("machine"), fields.get("channel")
    libc = _list(fields, "libc", 2)
    if machine not in MACHINES or not isinstance(machine, str):
        raise DecodeError(f"machine {machine!r:.40} is none of {', '.join(MACHINES)}")
    if channel not in CHANNELS or not isinstance(channel, str):
        raise DecodeError(f"channel {channel!r:.40} is none of {', '.join(CHANNELS)}")
    if len(libc) != 2:
        raise DecodeError("libc has two numbers, such as [2, 28]")
    parts = {"major": libc[0], "minor": libc[1]}
    version = (_whole(parts, "major", 0, 99), _whole(parts, "minor", 0, 999))
    return Target(machine, _text(fields, "python", PYTHON), channel, version)


def _files(entries: Sequence[object]) -> Iterator[File]:
    for entry in entries:
        if not isinstance(entry, dict):
            raise DecodeError("files are objects")
        name = _text(entry, "name", NAME)
        length = _whole(entry, "length", 0, FILE_MAX)
        if not name.endswith((".whl", *DOCUMENTS)):
            raise DecodeError(f"{name} is neither a wheel nor one of {' '.join(DOCUMENTS)}")
        chunks = _list(entry, "chunks", CHUNKS_MAX)
        hashes = tuple(_text({"sha256": chunk}, "sha256", SHA256) for chunk in chunks)
        sizes: tuple[int, ...] = ()
        if "sizes" in entry:
            sizes = tuple(_whole({"size": size}, "size", 1, CHUNK_BYTES) for size in _list(entry, "sizes", CHUNKS_MAX))
            if not sizes or len(sizes) != len(hashes) or sum(sizes) != length:
                raise DecodeError(f"{name} has {length} bytes and {len(hashes)} chunks of other sizes")
        elif len(hashes) != -(-length // CHUNK_BYTES):
            raise DecodeError(f"{name} has {length} bytes and {len(hashes)} chunks of {CHUNK_BYTES}")
        yield File(name, _text(entry, "sha256", SHA256), length, hashes, sizes)


def _schema(fields: Fields) -> Schema:
    reads = [_whole({"reads": form}, "reads", 1, COUNTER_MAX) for form in _list(fields, "reads", 64)]
    writes = _whole(fields, "writes", 1, COUNTER_MAX)
    if writes not in reads:
        raise DecodeError("a release reads what it writes")
    return Schema(tuple(reads), writes)


def _distribution(entries: Sequence[object]) -> Iterator[str]:
    for entry in entries:
        yield _text({"distribution": entry}, "distribution", DISTRIBUTION)


def _text(fields: Fields, name: str, form: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not form.match(value):
        raise DecodeError(f"{name} is {value!r:.60}")
    return value


def _whole(fields: Fields, name: str, least: int, most: int) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise DecodeError(f"{name} is {str(value)[:40]}, and must be a whole number from {least} to {most}")
    return value


def _list(fields: Fields, name: str, most: int) -> Sequence[object]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise DecodeError(f"{name} is no list")
    if len(value) > most:
        raise LimitError(f"{name} has {len(value)} entries, at most {most}")
    return value


def _object(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise DecodeError(f"{name} is no object")
    return value
