from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.grants import GRANT_BYTES, Grant, Role, role_shown
from edgeboard.identity.keys import NodeKey, verify
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
ADMIN, NODE = NodeKey(b"a" * 32), NodeKey(b"n" * 32)
GIVEN = MESH.member(NODE, Role.MODERATE).grant
CHAINED = MESH.admin(ADMIN).admit(NODE.public_key, Role.DRAW, 9)


@pytest.mark.parametrize("grant", [GIVEN, CHAINED], ids=["mesh key", "admin"])
def test_round_trip(grant):
    assert Grant.from_bytes(grant.to_bytes()) == grant


def test_the_documented_form():
    data = GIVEN.to_bytes()
    assert len(data) == GRANT_BYTES == 138
    serial = GIVEN.serial.to_bytes(8, "big")
    assert data[:74] == b"\1" + NODE.public_key + b"\3" + serial + MESH.key.public_key
    assert verify(MESH.key.public_key, data[74:], b"edgeboard-grant-1" + MESH.founded.mesh + data[:74])
    assert CHAINED.to_bytes()[138:] == CHAINED.issuer_grant.to_bytes()


def check(grant, mesh=MESH):
    grant.check(mesh.key.public_key, mesh.founded.mesh)


def test_what_the_mesh_key_or_its_admin_gave_holds():
    check(GIVEN)
    check(CHAINED)


def refused(grant, mesh=MESH):
    with pytest.raises(RefusedError) as caught:
        check(grant, mesh)
    assert caught.value.code is CloseCode.AUTH_FAILED
    assert "it must be invited" in str(caught.value)
    return str(caught.value)


def test_a_grant_of_another_mesh_does_not_hold():
    assert "does not go back" in refused(GIVEN, TestMesh("other"))


@pytest.mark.parametrize(
    "bent",
    [
        replace(GIVEN, role=Role.ADMIN), replace(GIVEN, serial=1), replace(GIVEN, public_key=ADMIN.public_key),
        replace(GIVEN, signature=bytes(64)), replace(CHAINED, role=Role.MODERATE),
        replace(CHAINED, signature=bytes(64)),
        replace(CHAINED, issuer_grant=replace(CHAINED.issuer_grant, signature=bytes(64))),
    ],
    ids=range(7),
)  # fmt: skip
def test_a_bent_grant_does_not_hold(bent):
    assert "signature" in refused(bent)


def test_who_is_no_admin_gives_nothing():
    grant = replace(CHAINED, issuer_grant=MESH.member(ADMIN, Role.MODERATE).grant)
    assert "may not give" in refused(grant)


def test_an_admin_makes_no_admins():
    """Or the chain would grow, and whoever checks it would need every link."""
    assert "may not give" in refused(replace(CHAINED, role=Role.ADMIN))
    above = replace(CHAINED, public_key=ADMIN.public_key, role=Role.ADMIN)
    assert "does not go back" in refused(replace(CHAINED, issuer=ADMIN.public_key, issuer_grant=above))


def test_a_grant_by_somebody_else_than_the_admin_whose_grant_stands_behind_it():
    assert "does not go back" in refused(replace(CHAINED, issuer=NODE.public_key))


@pytest.mark.parametrize(
    "data",
    [b"", GIVEN.to_bytes()[:-1], GIVEN.to_bytes() + b"\0", b"\2" + GIVEN.to_bytes()[1:], 3 * GIVEN.to_bytes()],
    ids=len,
)
def test_another_form_is_refused(data):
    with pytest.raises(DecodeError):
        Grant.from_bytes(data)


@given(st.sampled_from([GRANT_BYTES, 2 * GRANT_BYTES]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_from_bytes_raises_one_family(data):
    data = b"\1" + data[1:]
    try:
        assert Grant.from_bytes(data).to_bytes() == data
    except DecodeError:
        assert data[33] not in set(Role) or len(data) > GRANT_BYTES


def test_the_role_that_is_shown_is_read_without_a_check():
    assert role_shown(replace(GIVEN, signature=bytes(64)).to_bytes()) is Role.MODERATE
    assert role_shown(b"") is None
