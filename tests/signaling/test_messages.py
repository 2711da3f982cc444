from contextlib import suppress
from dataclasses import replace

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError, SignatureError
from edgeboard.identity.charter import Kind as Revoked
from edgeboard.identity.keys import NodeKey, verify
from edgeboard.identity.membership import Membership
from edgeboard.signaling.messages import ENVELOPE_MAX, Kind, read_answer, read_offer, write_answer, write_offer
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
ANN = MESH.credentials(NodeKey(b"a" * 32))
BOB = MESH.credentials(NodeKey(b"b" * 32))
NONCE, OTHER_NONCE = b"n" * 16, b"o" * 16
OFFER = write_offer(ANN, NONCE, "v=0 …")


def test_an_offer_and_its_answer():
    offer = read_offer(OFFER, BOB)
    assert (offer.public_key, offer.to, offer.nonce, offer.kind, offer.sdp) == (
        ANN.key.public_key,
        None,
        NONCE,
        Kind.OFFER,
        "v=0 …",
    )
    answer = read_answer(write_answer(BOB, OTHER_NONCE, "v=1", offer), ANN, NONCE)
    assert (answer.public_key, answer.to, answer.answers, answer.sdp) == (
        BOB.key.public_key,
        ANN.key.node_id,
        NONCE,
        "v=1",
    )


def test_the_documented_form():
    def lp(data):
        return len(data).to_bytes(4, "big") + data

    fields, mesh, grant = msgpack.unpackb(OFFER), MESH.founded.mesh, ANN.grant_bytes
    assert fields[:9] == [1, ANN.key.public_key, None, mesh, grant, NONCE, 1, None, "v=0 …"]
    one = (1).to_bytes(8, "big")
    message = b"edgeboard-signal-1" + one + lp(ANN.key.public_key) + lp(b"") + lp(mesh) + lp(grant)
    message += lp(NONCE) + one + lp(b"") + lp("v=0 …".encode())
    assert verify(ANN.key.public_key, fields[9], message)
    assert len(fields) == 10


def test_an_offer_to_somebody():
    assert read_offer(write_offer(ANN, NONCE, "", BOB.key.node_id), BOB).to == BOB.key.node_id
    with pytest.raises(RefusedError, match="another node"):
        read_offer(write_offer(ANN, NONCE, "", ANN.key.node_id), BOB)


def test_a_grant_travels():
    assert read_offer(OFFER, BOB).grant == ANN.membership.grant.to_bytes()


def revoking(node):
    """Bob, who knows that this node was put out."""
    member = BOB.membership
    charter = member.charter.with_revocation(MESH.issuer.revoke(Revoked.NODE, node.key.node_id))
    return replace(BOB, membership=Membership(charter, member.secret, member.grant))


REFUSALS = [
    (TestMesh("o").credentials(BOB.key), CloseCode.OTHER_MESH),
    (revoking(ANN), CloseCode.REVOKED),
]


@pytest.mark.parametrize(("reader", "code"), REFUSALS, ids=["other mesh", "revoked"])
def test_who_does_not_belong_is_refused(reader, code):
    with pytest.raises(RefusedError) as caught:
        read_offer(OFFER, reader)
    assert caught.value.code is code


def test_a_node_of_another_epoch_is_let_through_to_the_handshake():
    bob = replace(BOB, membership=MESH.issuer.next_epoch(BOB.membership, bytes(32)))
    assert read_offer(OFFER, bob).sdp == "v=0 …"


def changed(data, at, value):
    fields = msgpack.unpackb(data)
    fields[at] = value
    return msgpack.packb(fields)


ON_THE_WAY = [
    *((1, BOB.key.public_key, 7), (2, BOB.key.node_id, 4), (4, BOB.grant_bytes, 7), (5, OTHER_NONCE, 4)),
    *((8, "v=0 swapped", 4), (9, bytes(64), 4)),
]


@pytest.mark.parametrize(("at", "value", "code"), ON_THE_WAY)
def test_whatever_is_changed_on_the_way_is_noticed(at, value, code):
    with pytest.raises(RefusedError) as caught:
        read_offer(changed(OFFER, at, value), BOB)
    assert caught.value.code == code


def test_a_member_of_the_mesh_cannot_speak_for_another():
    with pytest.raises(SignatureError):
        read_offer(changed(OFFER, 9, bytes(64)), BOB)


def test_an_answer_to_another_offer_is_refused():
    offer = read_offer(OFFER, BOB)
    answer = write_answer(BOB, OTHER_NONCE, "", offer)
    with pytest.raises(RefusedError, match="another offer"):
        read_answer(answer, ANN, OTHER_NONCE)
    with pytest.raises(RefusedError, match="another offer"):
        read_answer(answer, BOB, NONCE)


def test_an_answer_is_not_an_offer():
    with pytest.raises(DecodeError, match="not an offer"):
        read_offer(write_answer(BOB, OTHER_NONCE, "", read_offer(OFFER, BOB)), ANN)
    with pytest.raises(DecodeError, match="not an answer"):
        read_answer(OFFER, BOB, NONCE)


def test_an_old_version_is_refused_and_what_a_newer_one_appends_is_skipped():
    with pytest.raises(RefusedError) as caught:
        read_offer(msgpack.packb([0]), BOB)
    assert caught.value.code is CloseCode.TOO_OLD
    assert read_offer(msgpack.packb([*msgpack.unpackb(OFFER), "news"]), BOB).nonce == NONCE


def test_too_large_is_a_limit():
    with pytest.raises(LimitError):
        read_offer(write_offer(ANN, NONCE, "x" * ENVELOPE_MAX), BOB)


BAD_FIELDS = [
    *((1, b""), (1, "x" * 32), (2, b""), (3, None), (4, b""), (4, 5), (4, None), (5, None)),
    *((6, 3), (6, "1"), (6, True), (6, 1.0), (6, []), (7, b""), (8, b"v=0"), (9, b"")),
]
OTHER_FORMS = [
    *(None, [], {}, ["1"], [True], [1], msgpack.unpackb(OFFER)[:9]),
    *(msgpack.unpackb(changed(OFFER, at, value)) for at, value in BAD_FIELDS),
]


@pytest.mark.parametrize("fields", OTHER_FORMS)
def test_another_form_is_refused(fields):
    with pytest.raises(DecodeError):
        read_offer(msgpack.packb(fields), BOB)


@given(st.binary(max_size=300))
def test_noise_raises_two_families(data):
    with suppress(DecodeError, RefusedError):
        read_offer(data, BOB)
        raise AssertionError("noise opened")


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 255)), min_size=1, max_size=3))
def test_bent_envelopes_never_say_anything_else(bends):
    data = bytearray(OFFER)
    for at, by in bends:
        data[at % len(data)] ^= by
    with suppress(DecodeError, RefusedError):
        assert read_offer(bytes(data), BOB) == read_offer(OFFER, BOB)
