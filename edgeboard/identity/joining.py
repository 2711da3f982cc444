"""How a new board asks to be let in, and what it is given: one request and one sealed answer (docs/formats/trust.md).

Both know a token: that of an invitation, or one that two boards have agreed on by a code (`pairing`). The request
proves the token and the node key; the answer is sealed to a key that takes the token and an exchange of the two, so
whoever has heard both and finds the token later reads nothing.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Self

import msgpack
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgeboard.errors import CloseCode, DecodeError, RefusedError, SignatureError
from edgeboard.identity.charter import Charter, mesh_id
from edgeboard.identity.grants import Grant
from edgeboard.identity.invitations import TOKEN_ID_BYTES
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, NodeKey, length_prefixed, verify
from edgeboard.identity.membership import Membership
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId

REQUEST_MAX = 1024  # bytes
ANSWER_MAX = 128 * 1024  # bytes; most of it is the charter
NONCE_BYTES = 16
PEERS_MAX = 16

_FORM = 1
_EXCHANGE_BYTES = 32
_MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Request:
    """What a new board says; `data` are the bytes of it."""

    token_id: bytes
    public_key: bytes
    exchange: bytes
    nonce: bytes
    signature: bytes
    mac: bytes
    data: bytes

    @classmethod
    def make(cls, name: bytes, token: bytes, key: NodeKey, private: bytes, nonce: bytes) -> Self:
        """Ask.

        Args:
            name: the id of the token.
            token: the token.
            key: of this node.
            private: 32 random bytes, for this request alone.
            nonce: 16 random bytes.
        """
        fields = [name, key.public_key, _public(private), nonce]
        message = _signed(fields)
        signature = key.sign(message)
        mac = _mac(token, message + signature)
        return cls.from_bytes(bytes(msgpack.packb([_FORM, *fields, signature, mac])))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what came from anywhere; nothing of it is proved yet.

        Raises:
            DecodeError: not of that form.
        """
        if len(data) > REQUEST_MAX:
            raise DecodeError(f"a request to join of {len(data)} bytes; the limit is {REQUEST_MAX}")
        fields = _unpack(data)
        sizes = TOKEN_ID_BYTES, PUBLIC_KEY_BYTES, _EXCHANGE_BYTES, NONCE_BYTES, SIGNATURE_BYTES, _MAC_BYTES
        if len(fields) < 1 + len(sizes) or fields[0] != _FORM:
            raise DecodeError("not a request to join of a form known here")
        name, key, exchange, nonce, signature, mac = map(_exactly, sizes, fields[1:])
        return cls(name, key, exchange, nonce, signature, mac, data)

    def check(self, token: bytes) -> None:
        """See that whoever asks has the token and the node key.

        Raises:
            RefusedError: it has not (AUTH_FAILED, BAD_SIGNATURE).
        """
        message = _signed([self.token_id, self.public_key, self.exchange, self.nonce])
        if not hmac.compare_digest(_mac(token, message + self.signature), self.mac):
            raise RefusedError(CloseCode.AUTH_FAILED, "whoever asks to join does not know the invitation or the code")
        if not verify(self.public_key, self.signature, message):
            raise SignatureError("whoever asks to join does not hold the key that it names")


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a new board is given: its place in the mesh, and where the others are."""

    membership: Membership
    peers: tuple[str, ...]

    def seal(self, request: Request, token: bytes, private: bytes) -> bytes:
        """The answer; `private` is 32 random bytes, for this answer alone.

        Raises:
            RefusedError: the key in the request gives no secret (AUTH_FAILED).
        """
        member, public = self.membership, _public(private)
        content = [
            _FORM, member.charter.to_bytes(), member.secret.secret, member.grant.to_bytes(),
            list(self.peers[:PEERS_MAX]),
        ]  # fmt: skip
        cipher = ChaCha20Poly1305(_agree(private, request.exchange, token, request.data, public))
        return bytes(msgpack.packb([_FORM, public, cipher.encrypt(bytes(12), msgpack.packb(content), public)]))

    @classmethod
    def open(
        cls, data: bytes, request: Request, token: bytes, private: bytes, mesh: MeshId | None, public_key: bytes
    ) -> Self:
        """Read an answer.

        Args:
            data: the answer.
            request: what was asked.
            token: as in the request.
            private: as in the request.
            mesh: which mesh it must be; None with a code, which says of whom it is by itself.
            public_key: of this node.

        Raises:
            DecodeError: not of that form.
            RefusedError: not by somebody who has the token (AUTH_FAILED), or not of that mesh.
        """
        if len(data) > ANSWER_MAX:
            raise DecodeError(f"an answer of {len(data)} bytes; the limit is {ANSWER_MAX}")
        fields = _unpack(data)
        if len(fields) < 3 or fields[0] != _FORM or not isinstance(fields[2], bytes):
            raise DecodeError("not an answer of a form known here")
        public = _exactly(_EXCHANGE_BYTES, fields[1])
        cipher = ChaCha20Poly1305(_agree(private, public, token, request.data, public))
        try:
            content = _unpack(cipher.decrypt(bytes(12), fields[2], public))
        except InvalidTag:
            raise RefusedError(
                CloseCode.AUTH_FAILED, "whoever answers does not know the invitation or the code"
            ) from None
        if len(content) < 5 or content[0] != _FORM or not all(isinstance(part, bytes) for part in content[1:4]):
            raise DecodeError("not an answer of a form known here")
        _, charter_bytes, secret, grant_bytes, peers = content[:5]
        if not isinstance(peers, list) or not all(isinstance(url, str) for url in peers):
            raise DecodeError("the addresses in an answer are none")
        charter = Charter.from_bytes(charter_bytes, mesh or _mesh_in(charter_bytes))
        grant = Grant.from_bytes(grant_bytes)
        if grant.public_key != public_key:
            raise RefusedError(CloseCode.AUTH_FAILED, "the grant names another node")
        charter.role_of(grant)
        try:
            held = MeshSecret(charter.mesh, charter.epoch.epoch, secret)
            return cls(Membership(charter, held, grant), tuple(peers[:PEERS_MAX]))
        except ValueError as error:
            raise DecodeError(str(error)) from None


def _mesh_in(charter: bytes) -> MeshId:
    fields = _unpack(charter)
    return mesh_id(_exactly(PUBLIC_KEY_BYTES, fields[1] if len(fields) > 1 else None))


def _public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _agree(private: bytes, other: bytes, token: bytes, request: bytes, answerer: bytes) -> bytes:
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:
        raise RefusedError(CloseCode.AUTH_FAILED, "the X25519 key gives no secret") from None
    salt = hashlib.sha256(request).digest()
    return HKDF(SHA256(), 32, salt, b"edgeboard-join-answer-1" + answerer).derive(shared + token)


def _signed(fields: list[bytes]) -> bytes:
    return b"edgeboard-join-1" + b"".join(map(length_prefixed, fields))


def _mac(token: bytes, message: bytes) -> bytes:
    return hmac.digest(token, b"edgeboard-join-mac-1" + message, "sha256")


def _unpack(data: bytes) -> list[Any]:
    try:
        fields = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError, OverflowError):
        raise DecodeError("not msgpack") from None
    if not isinstance(fields, list):
        raise DecodeError("not an array")
    return fields


def _exactly(size: int, value: object) -> bytes:
    if isinstance(value, bytes) and len(value) == size:
        return value
    raise DecodeError(f"a field is not {size} bytes")
