import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError, SignatureError
from edgeboard.wire.handshake import Side
from edgeboard.wire.messages import Channel
from edgeboard.wire.sealing import SEALED_OVERHEAD, exchange_public, seal_link

A, B = bytes(range(32)), bytes(range(1, 33))
SALT = bytes(32)


def pair():
    offerer = seal_link(A, exchange_public(B), SALT, Side.OFFERER)
    answerer = seal_link(B, exchange_public(A), SALT, Side.ANSWERER)
    return offerer, answerer


def test_frames_open_at_the_other_end_in_order():
    (seal, unseal), (seal_back, unseal_there) = pair()
    for message in (b"", b"ink", bytes(70_000)):
        frame = seal.seal(Channel.LOG, message)
        assert len(frame) == len(message) + SEALED_OVERHEAD
        assert unseal_there.open(frame) == (Channel.LOG, message)
        assert unseal.open(seal_back.seal(Channel.LIVE, message)) == (Channel.LIVE, message)


def test_the_frame_is_the_documented_one():
    (seal, _), _ = pair()
    seal.seal(Channel.CTL, b"first")
    shared = X25519PrivateKey.from_private_bytes(A).exchange(X25519PublicKey.from_public_bytes(exchange_public(B)))
    key = HKDF(SHA256(), 32, SALT, b"edgeboard-relay-1\0").derive(shared)
    expected = b"\1" + ChaCha20Poly1305(key).encrypt(bytes(4) + (1).to_bytes(8, "big"), b"second", b"\1")
    assert seal.seal(Channel.LOG, b"second") == expected


def test_a_repeated_a_skipped_and_a_reflected_frame_do_not_open():
    (seal, unseal), (_, unseal_there) = pair()
    frames = [seal.seal(Channel.LOG, bytes([n])) for n in range(3)]
    unseal_there.open(frames[0])
    for wrong in (frames[0], frames[2]):
        with pytest.raises(SignatureError):
            unseal_there.open(wrong)
    with pytest.raises(SignatureError):
        unseal.open(frames[0])


@given(st.integers(0, 200), st.integers(1, 255))
def test_an_altered_frame_does_not_open(at, bend):
    (seal, _), (_, unseal) = pair()
    frame = bytearray(seal.seal(Channel.LOG, b"ink" * 20))
    frame[at % len(frame)] ^= bend
    with pytest.raises((SignatureError, DecodeError)):
        unseal.open(bytes(frame))


@pytest.mark.parametrize("frame", [b"", b"\0", b"\2short", b"\x09" + bytes(40)])
def test_other_bytes_do_not_open(frame):
    _, (_, unseal) = pair()
    with pytest.raises((SignatureError, DecodeError)):
        unseal.open(frame)


def test_a_key_that_gives_no_secret_is_refused():
    assert seal_link(A, bytes(32), SALT, Side.OFFERER) is None
