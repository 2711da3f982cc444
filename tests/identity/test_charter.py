"""What members know of their mesh becomes one, whatever came in which order and whoever lied."""

from contextlib import suppress
from dataclasses import replace
from functools import reduce

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError, SignatureError
from edgeboard.identity.charter import REVOCATIONS_MAX, Charter, Kind, _bounded, is_mesh_name, mesh_id
from edgeboard.identity.grants import Role
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Issuer, Membership
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
CHARTER = MESH.founded.charter
ADMIN, OTHER_ADMIN, NODE = (NodeKey(bytes([n]) * 32) for n in (1, 2, 3))


def revoking(target, issuer=MESH.issuer, kind=Kind.NODE, charter=CHARTER):
    return charter.with_revocation(issuer.revoke(kind, target))


def in_epoch(number, secret, issuer=MESH.issuer, charter=CHARTER):
    return charter.with_epoch(issuer.make_epoch(number, secret, charter.covers)[0])


PARTS = [
    revoking(b"n" * 16), revoking(b"o" * 16), revoking(b"n" * 16, MESH.admin(ADMIN)),
    revoking(b"n" * 16, MESH.admin(OTHER_ADMIN)), revoking(bytes(8), kind=Kind.SERIAL),
    revoking(b"t" * 16, kind=Kind.TOKEN), in_epoch(2, b"a" * 32), in_epoch(2, b"b" * 32),
    in_epoch(2, b"a" * 32, MESH.admin(ADMIN)), in_epoch(3, b"c" * 32, charter=revoking(b"n" * 16)), CHARTER,
]  # fmt: skip
CHARTERS = st.lists(st.sampled_from(PARTS), min_size=1).map(lambda parts: reduce(Charter.merge, parts))


@given(CHARTERS, CHARTERS, CHARTERS)
def test_merging_is_commutative_associative_and_idempotent(one, two, three):
    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    assert one.merge(one) == one
    assert one.merge(two).merge(one) == one.merge(two)


REVOCATIONS = [
    issuer.revoke(Kind.NODE, bytes([n]) * 16) for n in range(12) for issuer in (MESH.issuer, MESH.admin(ADMIN))
]


@given(*[st.sets(st.sampled_from(REVOCATIONS)) for _ in range(3)])
def test_merging_stays_so_where_more_is_known_than_can_be_remembered(one, two, three):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("edgeboard.identity.charter.REVOCATIONS_MAX", 4)
        assert (
            _bounded(_bounded(one | two) | three)
            == _bounded(one | _bounded(two | three))
            == _bounded(one | two | three)
        )


@given(CHARTERS)
def test_round_trip(charter):
    assert Charter.from_bytes(charter.to_bytes(), MESH.founded.mesh) == charter


@given(CHARTERS, CHARTERS)
def test_nothing_is_ever_taken_back(old, new):
    merged = new.merge(old)
    named = {(each.kind, each.target) for each in merged.revocations}
    assert {(each.kind, each.target) for each in old.revocations} <= named
    assert merged.epoch.epoch >= old.epoch.epoch


def test_of_two_epochs_of_one_number_the_higher_commitment_wins():
    one, two = in_epoch(2, b"a" * 32), in_epoch(2, b"b" * 32)
    assert one.merge(two).epoch.commitment == max(one.epoch.commitment, two.epoch.commitment)


def test_the_id_of_a_mesh_certifies_its_key():
    assert CHARTER.mesh == mesh_id(MESH.key.public_key)
    with pytest.raises(RefusedError) as caught:
        Charter.from_bytes(CHARTER.to_bytes(), TestMesh("o").founded.mesh)
    assert caught.value.code is CloseCode.OTHER_MESH


def test_charters_of_two_meshes_are_not_merged():
    with pytest.raises(ValueError, match="two meshes"):
        CHARTER.merge(TestMesh("o").founded.charter)


# ------------------------------------------------------------------------------------------------ who is out


def refused(charter, grant):
    with pytest.raises(RefusedError) as caught:
        charter.role_of(grant)
    assert caught.value.code is CloseCode.REVOKED
    return str(caught.value)


def test_a_node_is_out_whatever_grant_it_shows():
    charter = revoking(NODE.node_id)
    for grant in (MESH.member(NODE).grant, MESH.issuer.admit(NODE.public_key, Role.MODERATE, 77)):
        assert CHARTER.role_of(grant) is grant.role
        assert f"board {NODE.node_id.hex()[:8]} was put out of the mesh m" in refused(charter, grant)


def test_a_grant_is_out_by_its_serial_and_another_of_the_same_node_is_not():
    grant, later = (MESH.issuer.admit(NODE.public_key, Role.DRAW, serial) for serial in (77, 78))
    charter = revoking((77).to_bytes(8, "big"), kind=Kind.SERIAL)
    refused(charter, grant)
    assert charter.role_of(later) is Role.DRAW


def test_with_an_admin_go_those_whom_it_let_in():
    grant = MESH.member(NODE, issuer=MESH.admin(ADMIN)).grant
    assert CHARTER.role_of(grant) is Role.DRAW
    assert "another has to invite it" in refused(revoking(ADMIN.node_id), grant)


def test_an_admin_does_not_put_out_an_admin_of_the_mesh_key():
    """Or one board that falls into wrong hands could throw out all who could stop it."""
    grant = MESH.member(OTHER_ADMIN, Role.ADMIN).grant
    charter = revoking(OTHER_ADMIN.node_id, MESH.admin(ADMIN))
    assert charter.role_of(grant) is Role.ADMIN
    refused(charter.merge(revoking(OTHER_ADMIN.node_id)), grant)


def test_a_token_is_ended():
    assert revoking(b"t" * 16, kind=Kind.TOKEN).is_revoked_token(b"t" * 16)
    assert not CHARTER.is_revoked_token(b"t" * 16)


def test_an_epoch_is_needed_when_somebody_was_put_out_or_its_maker_was():
    assert not CHARTER.needs_epoch
    charter = revoking(NODE.node_id)
    assert charter.needs_epoch
    covered = in_epoch(2, b"a" * 32, charter=charter)
    assert not covered.needs_epoch
    by_an_admin = in_epoch(3, b"b" * 32, MESH.admin(ADMIN), charter)
    assert not by_an_admin.needs_epoch
    late = revoking(ADMIN.node_id, charter=by_an_admin)
    assert in_epoch(4, b"c" * 32, MESH.admin(ADMIN), late).needs_epoch
    assert not in_epoch(4, b"c" * 32, charter=late).needs_epoch


def test_a_charter_remembers_no_more_than_fits():
    charter = CHARTER
    for n in range(REVOCATIONS_MAX):
        charter = revoking(n.to_bytes(16, "big"), MESH.admin(ADMIN), charter=charter)
    with pytest.raises(LimitError, match="make a new mesh"):
        revoking(b"z" * 16, MESH.admin(ADMIN), charter=charter)
    assert revoking(b"z" * 16, charter=charter).role_of(MESH.member(NODE).grant)  # the mesh key has the last word
    again = Charter.from_bytes(charter.to_bytes(), MESH.founded.mesh)
    assert len(again.revocations) == REVOCATIONS_MAX


def test_ended_tokens_crowd_no_node_out():
    charter = CHARTER
    for n in range(REVOCATIONS_MAX):
        charter = revoking(n.to_bytes(16, "big"), kind=Kind.TOKEN, charter=charter)
    with pytest.raises(LimitError):
        revoking(b"z" * 16, kind=Kind.TOKEN, charter=charter)
    assert revoking(b"z" * 16, MESH.admin(ADMIN), charter=charter).names(b"z" * 16)


# ------------------------------------------------------------------------------------------------ lies

REVOKED = revoking(NODE.node_id)
(REVOCATION,) = REVOKED.revocations
NO_ADMIN = Issuer(MESH.founded.mesh, NODE, MESH.member(NODE).grant)
FORGED = {
    "a revocation without a signature": REVOKED.with_revocation(replace(REVOCATION, target=b"x" * 16)),
    "a revocation by no admin": revoking(b"x" * 16, NO_ADMIN),
    "an epoch without a signature": CHARTER.with_epoch(replace(CHARTER.epoch, epoch=9)),
    "an epoch by no admin": in_epoch(2, bytes(32), NO_ADMIN),
    "another name": replace(CHARTER, name="mine"),
    "an epoch of another mesh": CHARTER.with_epoch(TestMesh("o").founded.charter.epoch),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_forged_charter_is_refused(forged):
    with pytest.raises(SignatureError):
        Charter.from_bytes(forged.to_bytes(), MESH.founded.mesh)
    with pytest.raises(SignatureError):  # whatever is known already
        Charter.from_bytes(forged.to_bytes(), MESH.founded.mesh, known=CHARTER)


def test_an_admin_of_an_admin_signs_nothing():
    above = MESH.admin(ADMIN).grant
    chained = replace(MESH.member(NODE, issuer=MESH.admin(ADMIN)).grant, role=Role.ADMIN)
    assert chained.issuer_grant == above
    with pytest.raises(SignatureError):
        Charter.from_bytes(revoking(b"x" * 16, Issuer(MESH.founded.mesh, NODE, chained)).to_bytes(), MESH.founded.mesh)


def test_what_is_known_is_not_checked_again(monkeypatch):
    charter = in_epoch(2, bytes(32), charter=REVOKED)
    checked = []
    monkeypatch.setattr(Charter, "_check", lambda self, signed, what: checked.append(what))
    Charter.from_bytes(charter.to_bytes(), MESH.founded.mesh, known=charter)
    assert checked == []
    Charter.from_bytes(charter.to_bytes(), MESH.founded.mesh, known=CHARTER)
    assert checked == ["an epoch", "a revocation"]


def changed(at, value):
    fields = msgpack.unpackb(REVOKED.to_bytes())
    fields[at] = value
    return msgpack.packb(fields)


OTHER_FORMS = [
    b"", b"noise", msgpack.packb(None), msgpack.packb([]), msgpack.packb([2]), msgpack.packb({}), bytes(70_000),
    changed(1, b""), changed(2, ""), changed(2, "x" * 41), changed(2, 5), changed(3, b""), changed(4, []),
    changed(4, [0, bytes(32), bytes(32), None, bytes(64)]), changed(4, [1, bytes(31), bytes(32), None, bytes(64)]),
    changed(4, [1, bytes(32), bytes(32), b"", bytes(64)]), changed(4, [True, bytes(32), bytes(32), None, bytes(64)]),
    changed(5, None), changed(5, [[2, b"", None, bytes(64)]]), changed(5, [[2, bytes(33), None, bytes(64)]]),
    changed(5, [[2, b"x", 5, bytes(64)]]), changed(5, [[-1, b"x", None, bytes(64)]]), changed(5, [[2, b"x"]]),
    changed(5, [[2, n.to_bytes(16, "big"), None, bytes(64)] for n in range(REVOCATIONS_MAX + 1)]),
]  # fmt: skip


@pytest.mark.parametrize("data", OTHER_FORMS, ids=range(len(OTHER_FORMS)))
def test_another_form_is_refused(data):
    with pytest.raises(DecodeError):
        Charter.from_bytes(data, MESH.founded.mesh)


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), min_size=1, max_size=3))
@settings(max_examples=200)
def test_a_bent_charter_says_nothing_else(bends):
    data = bytearray(REVOKED.to_bytes())
    for at, by in bends:
        data[at % len(data)] ^= by
    with suppress(DecodeError, RefusedError):
        assert Charter.from_bytes(bytes(data), MESH.founded.mesh) == REVOKED


def test_a_kind_of_the_future_is_kept_and_passed_on():
    revocation = MESH.issuer.revoke(99, b"somebody")
    charter = CHARTER.with_revocation(revocation)
    assert Charter.from_bytes(charter.to_bytes(), MESH.founded.mesh).revocations == {revocation}
    assert charter.role_of(MESH.member(NODE).grant) is Role.DRAW


@pytest.mark.parametrize(
    ("name", "good"), [("school", True), ("", False), (" ", False), ("x" * 41, False), ("a\n", False)]
)
def test_names_of_meshes(name, good):
    assert is_mesh_name(name) is good


def test_members_hold_one_charter():
    assert Membership(CHARTER, MESH.founded.secret, MESH.member(NODE).grant).mesh == CHARTER.mesh
