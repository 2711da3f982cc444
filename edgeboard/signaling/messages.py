"""Envelopes: an offer or an answer, with the grant of its node and signed by it.

An envelope is checked in full before its SDP reaches anything that opens sockets. It says who speaks and to whom; that
the connection then leads to that node, and that both know the present epoch, is proved by the handshake on it: a node
that slept through an epoch must get so far.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgpack

from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError, SignatureError
from edgeboard.identity.credentials import Credentials
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, length_prefixed, verify
from edgeboard.identity.trust import MESH_ID_BYTES
from edgeboard.ids import MeshId, NodeId, node_id

VERSION = 1
ENVELOPE_MAX = 16 * 1024  # bytes
NONCE_BYTES = 16

_NODE_ID_BYTES = 16
_FIELDS = 9  # before the signature


class Kind(IntEnum):
    """What an envelope carries; numbers are on the wire: append only."""

    OFFER = 1
    ANSWER = 2


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is in an envelope whose proofs hold."""

    public_key: bytes  # of the sender
    to: NodeId | None  # None: whoever is at that address
    mesh: MeshId
    grant: bytes
    nonce: bytes
    kind: Kind
    answers: bytes | None  # the nonce of the offer
    sdp: str


def write_offer(credentials: Credentials, nonce: bytes, sdp: str, to: NodeId | None = None) -> bytes:
    """The bytes of an offer; `nonce` is 16 fresh random bytes."""
    return _write(credentials, to, nonce, Kind.OFFER, None, sdp)


def write_answer(credentials: Credentials, nonce: bytes, sdp: str, offer: Envelope) -> bytes:
    """The bytes of the answer to `offer`; `nonce` is 16 fresh random bytes."""
    return _write(credentials, node_id(offer.public_key), nonce, Kind.ANSWER, offer.nonce, sdp)


def read_offer(data: bytes, credentials: Credentials) -> Envelope:
    """Open an offer that came from anywhere.

    Raises:
        DecodeError: not an envelope of this form; `LimitError` above 16 KiB.
        RefusedError: another mesh or version, a grant that does not hold or was revoked, or for another node.
        SignatureError: the signature of its sender does not hold.
    """
    envelope = _read(data, credentials)
    if envelope.kind is not Kind.OFFER or envelope.answers is not None:
        raise DecodeError("not an offer")
    if envelope.to not in (None, credentials.key.node_id):
        raise RefusedError(CloseCode.FORBIDDEN, "the offer is for another node")
    return envelope


def read_answer(data: bytes, credentials: Credentials, nonce: bytes) -> Envelope:
    """Open the answer to the offer that had this nonce; raises as `read_offer`."""
    envelope = _read(data, credentials)
    if envelope.kind is not Kind.ANSWER:
        raise DecodeError("not an answer")
    if envelope.answers != nonce or envelope.to != credentials.key.node_id:
        raise RefusedError(CloseCode.AUTH_FAILED, "the answer is for another offer")
    return envelope


def peek(data: bytes) -> Envelope:
    """What an envelope says, before anything of it is proved: enough to know whether it is an answer to us.

    Raises:
        DecodeError: not an envelope of this form; `LimitError` above 16 KiB.
    """
    return _envelope(_fields(data))


def _write(
    credentials: Credentials, to: NodeId | None, nonce: bytes, kind: Kind, answers: bytes | None, sdp: str
) -> bytes:
    fields: list[Any] = [VERSION, credentials.key.public_key, to, credentials.mesh.mesh, credentials.grant_bytes]
    fields += [nonce, int(kind), answers, sdp]
    return bytes(msgpack.packb([*fields, credentials.key.sign(_signed(fields))]))


def _fields(data: bytes) -> list[Any]:
    if len(data) > ENVELOPE_MAX:
        raise LimitError(f"an envelope of {len(data)} bytes; the limit is {ENVELOPE_MAX}")
    try:
        fields = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError, OverflowError):
        raise DecodeError("not msgpack") from None
    if not isinstance(fields, list) or not fields or not isinstance(fields[0], int) or isinstance(fields[0], bool):
        raise DecodeError("an envelope is not an array with a version")
    return fields


def _read(data: bytes, credentials: Credentials) -> Envelope:
    fields = _fields(data)
    if fields[0] < VERSION:
        raise RefusedError(CloseCode.TOO_OLD, f"version {fields[0]} is not spoken any more; update it")
    envelope = _envelope(fields)
    signature = _exactly(SIGNATURE_BYTES, fields[_FIELDS])
    if envelope.mesh != credentials.mesh.mesh:
        raise RefusedError(CloseCode.OTHER_MESH, "this node belongs to another mesh")
    credentials.membership.read_grant(envelope.grant, envelope.public_key)
    if not verify(envelope.public_key, signature, _signed(fields[:_FIELDS])):
        raise SignatureError("the sender does not hold the key that it names")
    return envelope


def _envelope(fields: list[Any]) -> Envelope:
    if len(fields) < _FIELDS + 1:
        raise DecodeError("an envelope lacks fields")
    _, public_key, to, mesh, grant, nonce, kind, answers, sdp = fields[:_FIELDS]
    if not isinstance(grant, bytes):
        raise DecodeError("a grant is not bytes")
    if not isinstance(sdp, str):
        raise DecodeError("an SDP is not text")
    if not isinstance(kind, int) or isinstance(kind, bool) or kind not in tuple(Kind):
        raise DecodeError("an envelope is neither offer nor answer")
    return Envelope(
        public_key=_exactly(PUBLIC_KEY_BYTES, public_key),
        to=None if to is None else NodeId(_exactly(_NODE_ID_BYTES, to)),
        mesh=MeshId(_exactly(MESH_ID_BYTES, mesh)),
        grant=grant,
        nonce=_exactly(NONCE_BYTES, nonce),
        kind=Kind(kind),
        answers=None if answers is None else _exactly(NONCE_BYTES, answers),
        sdp=sdp,
    )


def _signed(fields: list[Any]) -> bytes:
    """What the signature is over: lengths before bytes and text, numbers as u64, nil as empty."""
    parts = [b"edgeboard-signal-1"]
    for field in fields:
        if isinstance(field, int):
            parts.append(field.to_bytes(8, "big"))
        else:
            parts.append(length_prefixed(field.encode() if isinstance(field, str) else field or b""))
    return b"".join(parts)


def _exactly(size: int, value: object) -> bytes:
    if isinstance(value, bytes) and len(value) == size:
        return value
    raise DecodeError(f"a field is not {size} bytes")
