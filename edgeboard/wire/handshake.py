"""HELLO and AUTH of docs/formats/handshake.md as values, and the transcript that AUTH proves.

Every field that is hashed has its length before it, and the transcript names both sides' nonces, keys, bindings and
whole HELLO messages, and the sender's side: so a proof holds for one meeting, one direction and one pair of
connections, and nowhere else, and what either side has said of itself is what the other has heard.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

import msgpack

from edgeboard.errors import DecodeError
from edgeboard.identity.credentials import BOOT_BYTES
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, length_prefixed
from edgeboard.identity.trust import COMMITMENT_BYTES, EPOCH_MAX, MESH_ID_BYTES
from edgeboard.ids import MeshId
from edgeboard.wire.messages import Channel, CharterIs, Close, decode

VERSION = 1
HELLO = 1  # message numbers on ctl
AUTH = 2
NONCE_BYTES = 32
BINDING_BYTES = 32  # a sha-256 DTLS fingerprint or an X25519 public key
MAC_BYTES = 32

_VERSION_MAX = 0xFFFF
_GRANT_MAX = 1024  # bytes; longer forms than today's may come
_CAPABILITIES_MAX = 64


class Side(Enum):
    """Who opened the link."""

    OFFERER = "offerer"
    ANSWERER = "answerer"

    @property
    def other(self) -> "Side":
        return Side.ANSWERER if self is Side.OFFERER else Side.OFFERER


@dataclass(frozen=True, slots=True)
class Hello:
    public_key: bytes
    mesh: MeshId
    epoch: int
    commitment: bytes  # to the secret of that epoch
    grant: bytes | None
    nonce: bytes
    boot: bytes
    exchange: bytes | None  # X25519 public key; None on WebRTC
    capabilities: Mapping[str, object]
    version: int = VERSION

    @property
    def rank(self) -> tuple[int, bytes]:
        """As `MeshSecret.rank`."""
        return self.epoch, self.commitment

    def to_bytes(self) -> bytes:
        fields = [self.public_key, self.mesh, self.epoch, self.commitment, self.grant, self.nonce, self.boot]
        return bytes(msgpack.packb([HELLO, self.version, *fields, self.exchange, dict(self.capabilities)]))

    @classmethod
    def from_fields(cls, fields: list[Any]) -> Self:
        """Read the fields behind the version; what newer versions append is skipped.

        Raises:
            DecodeError: fields are missing or not of their form.
        """
        if len(fields) < 11:
            raise DecodeError("HELLO lacks fields")
        capabilities = fields[10]
        if not isinstance(capabilities, dict) or len(capabilities) > _CAPABILITIES_MAX:
            raise DecodeError("capabilities are not a small map")
        if not all(isinstance(name, str) for name in capabilities):
            raise DecodeError("a capability has no name")
        grant = fields[6]
        if grant is not None and not (isinstance(grant, bytes) and 0 < len(grant) <= _GRANT_MAX):
            raise DecodeError("a grant is neither bytes nor nil")
        return cls(
            public_key=_exactly(PUBLIC_KEY_BYTES, fields[2]),
            mesh=MeshId(_exactly(MESH_ID_BYTES, fields[3])),
            epoch=_number(EPOCH_MAX, fields[4]),
            commitment=_exactly(COMMITMENT_BYTES, fields[5]),
            grant=grant,
            nonce=_exactly(NONCE_BYTES, fields[7]),
            boot=_exactly(BOOT_BYTES, fields[8]),
            exchange=None if fields[9] is None else _exactly(BINDING_BYTES, fields[9]),
            capabilities=capabilities,
            version=fields[1],
        )


@dataclass(frozen=True, slots=True)
class OldHello:
    """A HELLO of a version that is not spoken any more; its fields may mean anything."""

    version: int


@dataclass(frozen=True, slots=True)
class Auth:
    signature: bytes
    mac: bytes

    def to_bytes(self) -> bytes:
        return bytes(msgpack.packb([AUTH, self.signature, self.mac]))


def read(data: bytes) -> Hello | OldHello | Auth | CharterIs | Close:
    """Read one message of a handshake.

    Raises:
        DecodeError: not HELLO, AUTH, CHARTER or CLOSE, or not of its form.
    """
    try:
        fields = msgpack.unpackb(data, strict_map_key=True)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError, OverflowError):
        raise DecodeError("not msgpack") from None
    number = fields[0] if isinstance(fields, list) and fields else None
    if isinstance(number, bool):
        raise DecodeError("a message has no number")
    if number == HELLO:
        version = _number(_VERSION_MAX, fields[1] if len(fields) > 1 else None)
        return Hello.from_fields(fields) if version >= VERSION else OldHello(version)
    if number == AUTH:
        if len(fields) < 3:
            raise DecodeError("AUTH lacks fields")
        return Auth(_exactly(SIGNATURE_BYTES, fields[1]), _exactly(MAC_BYTES, fields[2]))
    if number in (Close.NUMBER, CharterIs.NUMBER):
        message = decode(Channel.CTL, data)
        if isinstance(message, Close | CharterIs):
            return message
    raise DecodeError("not a message of a handshake")


@dataclass(frozen=True, slots=True)
class Transcript:
    """What both sides have seen of one meeting; the first of each pair is the offerer's."""

    mesh: MeshId
    nonces: tuple[bytes, bytes]
    bindings: tuple[bytes, bytes]
    public_keys: tuple[bytes, bytes]
    hellos: tuple[bytes, bytes]  # as they went over the wire, down to the fields that this version does not know

    def of(self, side: Side, grant: bytes | None, boot: bytes) -> bytes:
        """What `side` signs."""
        heard = (hashlib.sha256(hello).digest() for hello in self.hellos)
        fields = (
            side.value.encode(), *self.nonces, *self.bindings, *self.public_keys, grant or b"", boot, *heard
        )  # fmt: skip
        head = b"edgeboard-auth-1" + length_prefixed(self.mesh)
        return head + b"".join(map(length_prefixed, fields))

    def salt(self) -> bytes:
        """What the keys of a sealed link are bound to."""
        return hashlib.sha256(self.of(Side.OFFERER, None, b"")).digest()


def _exactly(size: int, value: object) -> bytes:
    if isinstance(value, bytes) and len(value) == size:
        return value
    raise DecodeError(f"a field is not {size} bytes")


def _number(most: int, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise DecodeError("a field is not a number in its range")
