"""Signing keys: encrypted, for their owner's eyes only, and found by what is in them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from edgeboard.errors import UserError
from edgeboard.ota.keys import find_keys, make_key, open_key

PASSPHRASE = b"correct horse battery"


def opened(folder, public, passphrase=PASSPHRASE):
    (file,) = find_keys([folder])
    return open_key(file, public, lambda path: passphrase)


def test_a_key_signs_what_its_public_half_verifies(tmp_path):
    public = make_key(tmp_path, "targets", PASSPHRASE)
    signature = opened(tmp_path, public).sign(b"release")
    public.verify_signature(signature, b"release")
    assert (public.keytype, public.scheme) == ("ecdsa", "ecdsa-sha2-nistp384")


def test_a_key_lies_encrypted_in_a_file_of_its_owner(tmp_path):
    make_key(tmp_path, "root", PASSPHRASE)
    (file,) = find_keys([tmp_path])
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_keys_are_found_in_any_folder_by_role_and_id(tmp_path):
    made = [make_key(tmp_path / f"stick{number}", "root", PASSPHRASE) for number in range(2)]
    (tmp_path / "stick0" / "notes.pem").write_text("not a key")
    found = list(find_keys([tmp_path / "stick0", tmp_path / "stick1", tmp_path / "absent"]))
    assert [file.role for file in found] == ["root", "root"]
    assert found[0].holds(made[0].keyid)
    assert not found[0].holds(made[1].keyid)


def test_a_short_passphrase_makes_no_key(tmp_path):
    with pytest.raises(UserError, match="at least 8"):
        make_key(tmp_path, "root", b"short")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_passphrase_says_so(tmp_path):
    public = make_key(tmp_path, "root", PASSPHRASE)
    with pytest.raises(UserError, match="passphrase does not open"):
        opened(tmp_path, public, b"another passphrase")


def test_a_key_that_others_can_read_is_not_used(tmp_path):
    public = make_key(tmp_path, "root", PASSPHRASE)
    (file,) = find_keys([tmp_path])
    file.path.chmod(0o640)
    with pytest.raises(UserError, match="chmod 600"):
        opened(tmp_path, public)


def test_a_key_without_encryption_is_not_used(tmp_path):
    public = make_key(tmp_path, "root", PASSPHRASE)
    (file,) = find_keys([tmp_path])
    plain = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.path.write_bytes(plain)
    with pytest.raises(UserError, match="not encrypted"):
        opened(tmp_path, public)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "another key than its name"),
        (ec.generate_private_key(ec.SECP256R1()), "no P-384 key"),
        (ed25519.Ed25519PrivateKey.generate(), "no P-384 key"),
    ],
    ids=["another", "p256", "ed25519"],
)
def test_another_key_under_the_name_is_told(tmp_path, other, says):
    public = make_key(tmp_path, "root", PASSPHRASE)
    (file,) = find_keys([tmp_path])
    file.path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)))
    with pytest.raises(UserError, match=says):
        opened(tmp_path, public)


def test_a_damaged_file_is_told(tmp_path):
    public = make_key(tmp_path, "root", PASSPHRASE)
    (file,) = find_keys([tmp_path])
    file.path.write_bytes(file.path.read_bytes()[:100])
    with pytest.raises(UserError, match="damaged"):
        opened(tmp_path, public)
