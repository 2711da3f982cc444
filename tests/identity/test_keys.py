import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.identity.keys import NodeKey, length_prefixed, verify
from edgeboard.ids import node_id

KEY = NodeKey(bytes(range(32)))


def test_public_key_is_the_one_of_rfc_8032():
    key = NodeKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")
    assert key.node_id == node_id(key.public_key)


def test_a_signature_holds_for_its_message_and_key_only():
    signature = KEY.sign(b"ink")
    assert verify(KEY.public_key, signature, b"ink")
    assert not verify(KEY.public_key, signature, b"inc")
    assert not verify(NodeKey(bytes(32)).public_key, signature, b"ink")


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_verify_never_raises(public_key, signature, message):
    assert not verify(public_key, signature, message)
    assert not verify(KEY.public_key, signature, message)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_of_the_wrong_size_is_no_key(seed):
    with pytest.raises(ValueError, match="32"):
        NodeKey(seed)


def test_the_text_of_a_key_hides_its_seed():
    assert bytes(range(32)).hex() not in repr(KEY)
    assert KEY.node_id.hex() in repr(KEY)


def test_length_prefix_keeps_fields_apart():
    assert length_prefixed(b"ab") + length_prefixed(b"c") != length_prefixed(b"a") + length_prefixed(b"bc")
    assert length_prefixed(b"ab") == b"\x00\x00\x00\x02ab"
