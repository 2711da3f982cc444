import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId

MESH = MeshSecret(MeshId(bytes(range(16))), 7, bytes(range(32)))


def test_the_text_is_the_documented_one():
    body = bytes(range(16)) + (7).to_bytes(4, "big") + bytes(range(32))
    data = body + hashlib.sha256(body).digest()[:4]
    assert MESH.to_text() == "ebm1-" + base64.b32encode(data).decode().lower().rstrip("=")


@given(st.binary(min_size=16, max_size=16), st.integers(1, 0xFFFFFFFF), st.binary(min_size=32, max_size=32))
def test_text_round_trip(mesh, epoch, secret):
    value = MeshSecret(MeshId(mesh), epoch, secret)
    assert MeshSecret.from_text(value.to_text()) == value


def test_capitals_and_blanks_do_not_matter():
    assert MeshSecret.from_text(f"  {MESH.to_text().upper()}\n") == MESH


def test_every_mistyped_letter_is_noticed():
    text = MESH.to_text()
    for at in range(5, len(text)):
        wrong = text[:at] + ("b" if text[at] != "b" else "c") + text[at + 1 :]
        with pytest.raises(DecodeError):
            MeshSecret.from_text(wrong)


@pytest.mark.parametrize(
    "text",
    ["", "ebm1-", "ebm2-aaaa", MESH.to_text()[:-1], MESH.to_text() + "a", MESH.to_text() + "=", "ebm1-ä", "ebm1-1111"],
)
def test_other_texts_are_refused(text):
    with pytest.raises(DecodeError):
        MeshSecret.from_text(text)


@given(st.text(max_size=120))
def test_from_text_raises_one_family(text):
    with pytest.raises(DecodeError):
        MeshSecret.from_text("ebm1-" + text)


def test_epoch_zero_is_refused():
    body = bytes(16) + bytes(4) + bytes(32)
    text = "ebm1-" + base64.b32encode(body + hashlib.sha256(body).digest()[:4]).decode().lower().rstrip("=")
    with pytest.raises(DecodeError):
        MeshSecret.from_text(text)


@pytest.mark.parametrize("wrong", [(bytes(15), 1, bytes(32)), (bytes(16), 0, bytes(32)), (bytes(16), 1, bytes(31))])
def test_a_secret_of_the_wrong_sizes_cannot_be_made(wrong):
    with pytest.raises(ValueError, match="mesh secret"):
        MeshSecret(*wrong)


def test_mac_is_the_documented_one():
    mac = hmac.new(bytes(range(32)), b"edgeboard-mac-1hello", "sha256").digest()
    assert MESH.mac(b"hello") == mac
    assert MESH.holds(mac, b"hello")
    assert not MESH.holds(mac, b"hallo")
    assert not MESH.holds(b"", b"hello")


def test_the_text_of_a_mesh_hides_its_secret():
    assert MESH.secret.hex() not in repr(MESH)
    assert repr(MESH.secret) not in repr(MESH)
