from dataclasses import replace

import pytest

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.charter import Kind
from edgeboard.identity.grants import Role
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Issuer, Membership, found_mesh
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
NODE = NodeKey(b"n" * 32)
MEMBER = MESH.member(NODE)


def test_the_founder_may_do_everything_and_is_alone():
    key = NodeKey(b"k" * 32)
    founded = found_mesh(key, "school", NODE.public_key, b"s" * 32, 5, is_private=True)
    assert founded.read_grant(founded.grant.to_bytes(), NODE.public_key).role is Role.UPDATE
    assert (founded.charter.name, founded.secret.epoch, founded.is_private) == ("school", 1, True)
    assert not founded.inhabited().is_private
    assert founded.inhabited().inhabited() == founded.inhabited()


def refusal(call, *args):
    with pytest.raises(RefusedError) as caught:
        call(*args)
    return caught.value.code


def test_a_grant_is_read_only_from_its_bearer():
    assert MESH.founded.read_grant(MEMBER.grant.to_bytes(), NODE.public_key) == MEMBER.grant
    assert refusal(MESH.founded.read_grant, MEMBER.grant.to_bytes(), bytes(32)) is CloseCode.AUTH_FAILED
    assert refusal(MESH.founded.read_grant, None, NODE.public_key) is CloseCode.AUTH_FAILED
    with pytest.raises(DecodeError):
        MESH.founded.read_grant(b"grant", NODE.public_key)


def later(secret=b"2" * 32):
    return MESH.issuer.next_epoch(MESH.founded, secret)


def test_an_epoch_is_learned_with_its_secret():
    news = later()
    learned = MEMBER.learn(news.charter, news.secret.secret)
    assert learned.secret == news.secret
    assert learned.grant == MEMBER.grant
    assert learned.learn(MESH.founded.charter, MESH.founded.secret.secret) is learned  # an old one changes nothing


@pytest.mark.parametrize("secret", [None, b"", bytes(32)])
def test_of_news_without_the_secret_only_the_revocations_are_taken(secret):
    charter = MESH.founded.charter.with_revocation(MESH.issuer.revoke(Kind.NODE, b"x" * 16))
    news = MESH.issuer.next_epoch(replace(MESH.founded, charter=charter), b"2" * 32)
    learned = MEMBER.learn(news.charter, secret)
    assert learned.secret == MEMBER.secret
    assert learned.charter.revocations == charter.revocations


def test_a_membership_without_the_secret_of_its_epoch_cannot_be_made():
    with pytest.raises(ValueError, match="secret of its charter"):
        Membership(later().charter, MEMBER.secret, MEMBER.grant)


def test_who_was_put_out_himself_or_with_whoever_has_let_him_in_is_out():
    admin = NodeKey(b"a" * 32)
    by_admin = MESH.member(NODE, Role.DRAW, MESH.admin(admin))
    assert not MEMBER.is_out
    for member, target in ((MEMBER, NODE), (by_admin, admin)):
        gone = MESH.founded.charter.with_revocation(MESH.issuer.revoke(Kind.NODE, target.node_id))
        assert replace(member, charter=gone).is_out


def test_an_admin_issues_what_it_may():
    admin = MESH.admin(NODE)
    assert (MESH.issuer.most, admin.most) == (Role.UPDATE, Role.MODERATE)
    grant = admin.admit(b"k" * 32, Role.MODERATE, 1)
    assert MESH.founded.charter.role_of(grant) is Role.MODERATE
    assert refusal(admin.admit, b"k" * 32, Role.ADMIN, 1) is CloseCode.FORBIDDEN
    with pytest.raises(DecodeError):
        admin.admit(b"k", Role.DRAW, 1)


def test_an_issuer_that_contradicts_itself_cannot_be_made():
    with pytest.raises(ValueError, match="not the key of that mesh"):
        Issuer(MESH.founded.mesh, NODE, None)
    with pytest.raises(ValueError, match="bearer"):
        Issuer(MESH.founded.mesh, NODE, MESH.founded.grant)
