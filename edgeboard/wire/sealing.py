"""How a link over a WebSocket is sealed: X25519, HKDF-SHA256 and ChaCha20-Poly1305 (docs/formats/handshake.md).

Each direction has its own key and counts its frames; a frame that is altered, repeated, left out or moved to another
channel does not open, and after that nothing does.
"""

from typing import final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgeboard.errors import DecodeError, SignatureError
from edgeboard.wire.handshake import Side
from edgeboard.wire.messages import Channel

SEALED_OVERHEAD = 17  # bytes: the channel before the message, the tag behind it

_INFO = b"edgeboard-relay-1"


def exchange_public(private: bytes) -> bytes:
    """The X25519 public key of 32 random bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@final
class Sealer:
    """The sending half of one direction."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._count = 0

    def seal(self, channel: Channel, message: bytes) -> bytes:
        """The frame that carries `message`."""
        tag = bytes((channel,))
        nonce = self._count.to_bytes(12, "big")
        self._count += 1
        return tag + self._cipher.encrypt(nonce, message, tag)


@final
class Opener:
    """The receiving half of one direction."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._count = 0

    def open(self, frame: bytes) -> tuple[Channel, bytes]:
        """The channel and the message of the next frame.

        Raises:
            DecodeError: no such channel.
            SignatureError: altered, or not the next frame of this direction.
        """
        try:
            channel = Channel(frame[0])
        except (IndexError, ValueError):
            raise DecodeError("a frame names no channel") from None
        try:
            message = self._cipher.decrypt(self._count.to_bytes(12, "big"), frame[1:], frame[:1])
        except InvalidTag:
            raise SignatureError("a sealed frame was altered or left out") from None
        self._count += 1
        return channel, message


def seal_link(private: bytes, other_public: bytes, salt: bytes, side: Side) -> tuple[Sealer, Opener] | None:
    """Both halves for one end of a link; None if the other's key is one that gives no secret."""
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(other_public))
    except ValueError:
        return None
    keys = [HKDF(SHA256(), 32, salt, _INFO + bytes((way,))).derive(shared) for way in (0, 1)]
    sending, receiving = keys if side is Side.OFFERER else reversed(keys)
    return Sealer(sending), Opener(receiving)
