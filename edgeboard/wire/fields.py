"""The fields of messages: one check per form, each of which returns the value as a message keeps it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorTag
from edgeboard.vectors import Range

COLOUR_MAX = 16 + 0xFFFFFF
NAME_MAX = 40  # characters of a person's name
ROOM_NAME_MAX = 64
RANGES_MAX = 256
SUBMIT_OPS_MAX = 4_096
PRESENCE_MAX = 512
ROOMS_MAX = 64
OP_MAX = 16 * 1024  # bytes of a tail
BLOB_CHUNK_MAX = 16 * 1024  # bytes of a piece of a blob: other channels of the link wait no longer than for one
BLOB_HAVES_MAX = 256
HOSTS_MAX = 8  # other boards that a guest is told of
URLS_MAX = 4  # addresses of one of them
URL_MAX = 200  # characters of an address
ENTRY_MAX = (1 << 53) - 1
COUNTER_MAX = 0xFFFFFFFF

Check = Callable[[object], Any]  # takes a field as msgpack gave it, returns it as the message keeps it


def exactly(size: int) -> Check:
    def check(value: object) -> bytes:
        if isinstance(value, bytes) and len(value) == size:
            return value
        raise DecodeError(f"a field is not {size} bytes")

    return check


def room_or_empty(value: object) -> bytes:
    if isinstance(value, bytes) and len(value) in (0, 16):
        return value
    raise DecodeError("a room id is not 16 bytes")


def blob(most: int) -> Check:
    def check(value: object) -> bytes:
        if not isinstance(value, bytes):
            raise DecodeError("a field is not binary")
        if len(value) > most:
            raise LimitError(f"a field of {len(value)} bytes; the limit is {most}")
        return value

    return check


def blobs(most: int, size: int) -> Check:
    def check(value: object) -> tuple[bytes, ...]:
        return tuple(blob(size)(item) for item in listing(most)(value))

    return check


def versions(most: int) -> Check:
    def check(value: object) -> tuple[tuple[bytes, int, int], ...]:
        found = []
        for item in listing(most)(value):
            if not isinstance(item, list) or len(item) < 3:
                raise DecodeError("a version has three fields")
            found.append((exactly(16)(item[0]), number(COUNTER_MAX)(item[1]), number(ENTRY_MAX)(item[2])))
        return tuple(found)

    return check


def text(most: int) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str):
            raise DecodeError("a field is not text")
        if len(value) > most:
            raise LimitError(f"a text of {len(value)} characters; the limit is {most}")
        return value

    return check


def number(most: int) -> Check:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        raise DecodeError("a field is not a number in its range")

    return check


def listing(most: int) -> Check:
    def check(value: object) -> list[object]:
        if not isinstance(value, list):
            raise DecodeError("a field is not a list")
        if len(value) > most:
            raise LimitError(f"a list of {len(value)}; the limit is {most}")
        return value

    return check


def mapping(value: object) -> Mapping[str, object]:
    if isinstance(value, dict) and len(value) <= ROOMS_MAX and all(isinstance(key, str) for key in value):
        return value
    raise DecodeError("a field is not a small map")


def digests(value: object) -> Mapping[bytes, bytes]:
    if not isinstance(value, dict) or len(value) > ROOMS_MAX + 1:  # and the roster
        raise DecodeError("digests are not a small map")
    return {exactly(16)(room): exactly(8)(digest) for room, digest in value.items()}


def ranges(value: object) -> tuple[Range, ...]:
    found = []
    for item in listing(RANGES_MAX)(value):
        if not isinstance(item, list) or len(item) < 3:
            raise DecodeError("a range has three fields")
        first, end = number(ENTRY_MAX)(item[1]), number(ENTRY_MAX)(item[2])
        if end <= first:
            raise DecodeError("a range is empty")
        found.append(Range(AuthorTag(exactly(8)(item[0])), first, end))
    return tuple(found)


def tails(value: object) -> tuple[bytes, ...]:
    return tuple(blob(OP_MAX)(tail) for tail in listing(SUBMIT_OPS_MAX)(value))


class Owned(tuple[bytes, bytes, tuple[bytes, ...]]):
    """(origin as 8 bytes, person id, tails): ops of one origin."""

    __slots__ = ()


def owned(value: object) -> tuple[Owned, ...]:
    found = []
    for item in listing(RANGES_MAX)(value):
        if not isinstance(item, list) or len(item) < 3:
            raise DecodeError("ops of an origin have three fields")
        found.append(Owned((exactly(8)(item[0]), exactly(16)(item[1]), tails(item[2]))))
    return tuple(found)


def counters(value: object) -> tuple[int, ...]:
    found = tuple(number(COUNTER_MAX)(counter) for counter in listing(2 * SUBMIT_OPS_MAX)(value))
    if len(found) % 2:
        raise DecodeError("counters come in pairs")
    return found


class Person(tuple[bytes, bytes, str, int]):
    """(person id, origin as 8 bytes, name, colour): who is here."""

    __slots__ = ()


def people(value: object) -> tuple[Person, ...]:
    found = []
    for item in listing(PRESENCE_MAX)(value):
        if not isinstance(item, list) or len(item) < 4:
            raise DecodeError("a person has four fields")
        checks = (exactly(16), exactly(8), text(NAME_MAX), number(COLOUR_MAX))
        found.append(Person(check(field) for check, field in zip(checks, item, strict=False)))
    return tuple(found)


class Held(NamedTuple):
    """A blob that somebody has, whole."""

    content: bytes  # SHA-256
    size: int  # bytes
    level: int  # 1 on the disk of who says so; 2 (from a host to a guest) on that of another node as well


def holdings(value: object) -> tuple[Held, ...]:
    found = []
    for item in listing(BLOB_HAVES_MAX)(value):
        if not isinstance(item, list) or len(item) < 3:
            raise DecodeError("a blob that is held has three fields")
        found.append(Held(exactly(32)(item[0]), number(ENTRY_MAX)(item[1]), number(255)(item[2])))
    return tuple(found)


class Host(NamedTuple):
    """A board that a guest can go to."""

    node: bytes  # node id
    name: str
    urls: tuple[str, ...]  # http://HOST:PORT, the best first


def hosts(value: object) -> tuple[Host, ...]:
    found = []
    for item in listing(HOSTS_MAX)(value):
        if not isinstance(item, list) or len(item) < 3:
            raise DecodeError("a board has three fields")
        urls = tuple(text(URL_MAX)(url) for url in listing(URLS_MAX)(item[2]))
        found.append(Host(exactly(16)(item[0]), text(NAME_MAX)(item[1]), urls))
    return tuple(found)
