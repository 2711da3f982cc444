"""What a node says of itself to all others: a record, signed by its key (docs/formats/wire.md, "Members").

A record travels as the bytes that were signed, so whoever forwards it can change nothing. Of two records of one node
the one with the higher version counts: the boot number first, then a count within that boot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import msgpack

from edgeboard.errors import DecodeError, SignatureError
from edgeboard.identity.credentials import BOOT_BYTES
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, length_prefixed
from edgeboard.ids import MeshId, NodeId, node_id
from edgeboard.wire import fields as form
from edgeboard.wire.releases import REPORTS_MAX, Report, read_report

FORM: Final = 1
NEIGHBOURS_MAX: Final = 16
URLS_MAX: Final = 8
URL_MAX: Final = 120  # characters
NAME_MAX: Final = 80
GRANT_MAX: Final = 1_024  # bytes
ROUND_TRIP_MAX: Final = 60_000  # ms; 0 says that it is not known yet

COVERS_MAX: Final = 16

_FIELDS: Final = 11

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, signature, message


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A node that this one is linked to, and hears."""

    node: NodeId
    round_trip_ms: int  # rounded; 0 if it is not known yet


@dataclass(frozen=True, slots=True)
class About:
    """What a node tells of itself."""

    name: str
    software: str
    urls: tuple[str, ...]  # of its board: http://HOST:PORT
    neighbours: tuple[Neighbour, ...]
    behind: bool = False  # it lacks something that others hold
    grant: bytes = b""
    covers: tuple[bytes, ...] = ()  # 8 bytes each: questions (`mesh.coverage`) that its disk can answer with yes
    reports: tuple[Report, ...] = ()  # how releases fared here


@final
@dataclass(frozen=True, slots=True)
class Record:
    node: NodeId
    public_key: bytes
    boot: bytes
    count: int  # rises within a boot
    about: About
    data: bytes  # as it travels
    version: tuple[int, int]  # what decides between two records of one node: boot number and count


def sign_record(
    mesh: MeshId, public_key: bytes, boot: bytes, count: int, about: About, sign: Callable[[bytes], bytes]
) -> Record:
    """A record of our own."""
    neighbours = [[each.node, each.round_trip_ms] for each in about.neighbours[:NEIGHBOURS_MAX]]
    urls = [url for url in about.urls if len(url) <= URL_MAX][:URLS_MAX]
    fields: list[object] = [FORM, public_key, boot, count, about.name[:NAME_MAX], about.software[:NAME_MAX]]
    fields += [urls, neighbours, int(about.behind), about.grant, list(about.covers[:COVERS_MAX])]
    if about.reports:
        fields.append([[each.counter, int(each.is_good)] for each in about.reports[:REPORTS_MAX]])
    payload = bytes(msgpack.packb(fields))
    data = bytes(msgpack.packb([payload, sign(_signed(mesh, payload))]))
    return Record(node_id(public_key), public_key, boot, count, about, data, _version(boot, count))


def peek_version(data: bytes) -> tuple[NodeId, tuple[int, int]]:
    """Whose record this is and which, before its signature is looked at; raises as `read_record`."""
    fields, _, _ = _open(data)
    public_key, boot, count = _identity(fields)
    return node_id(public_key), _version(boot, count)


def read_record(data: bytes, mesh: MeshId, verify: Verify) -> Record:
    """Read a record.

    Raises:
        DecodeError: not of this form. SignatureError: not signed by the node that it is about.
    """
    fields, payload, signature = _open(data)
    public_key, boot, count = _identity(fields)
    name, software, urls, neighbours, behind, grant, covers = fields[4:_FIELDS]
    about = About(
        form.text(NAME_MAX)(name),
        form.text(NAME_MAX)(software),
        tuple(form.text(URL_MAX)(url) for url in form.listing(URLS_MAX)(urls)),
        tuple(_neighbour(each) for each in form.listing(NEIGHBOURS_MAX)(neighbours)),
        bool(form.number(255)(behind)),
        form.blob(GRANT_MAX)(grant),
        tuple(form.exactly(8)(each) for each in form.listing(COVERS_MAX)(covers)),
        tuple(read_report(each) for each in form.listing(REPORTS_MAX)(fields[_FIELDS]))
        if len(fields) > _FIELDS
        else (),
    )
    if not verify(public_key, signature, _signed(mesh, payload)):
        raise SignatureError("a record of a member is not signed by that member")
    return Record(node_id(public_key), public_key, boot, count, about, data, _version(boot, count))


def _open(data: bytes) -> tuple[list[object], bytes, bytes]:
    outer = form.listing(8)(_unpack(data))
    if len(outer) < 2:
        raise DecodeError("a record lacks its signature")
    payload = form.blob(len(data))(outer[0])
    fields = _unpack(payload)
    if not isinstance(fields, list) or len(fields) < _FIELDS or fields[0] != FORM:
        raise DecodeError("a record of a member lacks fields, or is of a form not known here")
    return fields, payload, form.exactly(SIGNATURE_BYTES)(outer[1])


def _identity(fields: list[object]) -> tuple[bytes, bytes, int]:
    """Public key, boot, and count within that boot."""
    checks = form.exactly(PUBLIC_KEY_BYTES), form.exactly(BOOT_BYTES), form.number(form.ENTRY_MAX)
    return checks[0](fields[1]), checks[1](fields[2]), checks[2](fields[3])


def _version(boot: bytes, count: int) -> tuple[int, int]:
    return int.from_bytes(boot[:4], "big"), count


def _neighbour(value: object) -> Neighbour:
    fields = form.listing(8)(value)
    if len(fields) < 2:
        raise DecodeError("a neighbour has two fields")
    return Neighbour(NodeId(form.exactly(16)(fields[0])), form.number(ROUND_TRIP_MAX)(fields[1]))


def _unpack(data: bytes) -> object:
    try:
        return msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError, OverflowError):
        raise DecodeError("not msgpack") from None


def _signed(mesh: MeshId, payload: bytes) -> bytes:
    return b"edgeboard-member-1" + length_prefixed(mesh) + length_prefixed(payload)
