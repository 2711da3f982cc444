"""Meshes of members whose links are lists: what they know becomes equal, and whoever is put out is out."""

import itertools
from dataclasses import replace

import pytest

from edgeboard.errors import CloseCode, LimitError, StateError
from edgeboard.identity.charter import REVOCATIONS_MAX, Kind
from edgeboard.identity.credentials import Credentials
from edgeboard.identity.grants import Role
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import found_mesh
from edgeboard.mesh.values import CloseLink, Send
from edgeboard.node.trust import CHARTERS_BURST, EPOCH_WAIT_S, HEAD, Forget, Keep, Trust
from edgeboard.node.values import Alarm
from edgeboard.testing.members import TestMesh
from edgeboard.wire.messages import CharterIs, encode

MESH = TestMesh("m")


class Member:
    """One node, with links to others; link numbers are the other's place in the mesh."""

    def __init__(self, number, role=Role.DRAW, *, owner=False):
        self.number = number
        self.key = NodeKey(bytes([number]) * 32)
        self.node = self.key.node_id
        self.credentials = MESH.credentials(self.key, role=role)
        issuer = MESH.issuer if owner else MESH.admin(self.key) if role is Role.ADMIN else None
        self.trust = Trust(self.credentials, issuer, lambda size: bytes([number]) * size)
        self.links = {}
        self.closed = {}
        self.alarms = []
        self.kept = []
        self.forgotten = []

    @property
    def charter(self):
        return self.credentials.membership.charter

    @property
    def secret(self):
        return self.credentials.mesh


def link(one, two):
    one.links[two.number], two.links[one.number] = two, one
    one.trust.link_up(two.number, two.credentials.grant_bytes, 0.0)
    two.trust.link_up(one.number, one.credentials.grant_bytes, 0.0)


def cut(one, number):
    other = one.links.pop(number, None)
    one.trust.link_down(number)
    if other is not None:
        cut(other, one.number)


def run(*members, now=0.0):
    moved = True
    while moved:
        moved = False
        for member in members:
            for output in list(member.trust.drain()):
                moved = True
                match output:
                    case Send(number, _, data):
                        if number in member.links:
                            assert data.startswith(HEAD)
                            member.links[number].trust.receive((member.number, data), now)
                    case CloseLink(number, code, text):
                        member.closed[number] = code, text
                        cut(member, number)
                    case Forget(node):
                        member.forgotten.append(node)
                    case Keep(membership):
                        member.kept.append(membership)
                    case Alarm(text):
                        member.alarms.append(text)


@pytest.fixture
def line():
    """Owner, two boards behind one another, and a fourth behind these."""
    members = [Member(1, owner=True), Member(2), Member(3), Member(4)]
    for one, two in itertools.pairwise(members):
        link(one, two)
    run(*members)
    return members


def test_a_revoked_node_is_cut_off_by_every_node_and_the_epoch_changes(line):
    owner, two, three, four = line
    assert owner.trust.revoke(four.node, 1.0)
    run(*line, now=1.0)
    assert three.closed[4][0] is CloseCode.REVOKED
    assert f"board {four.node.hex()[:8]} was put out of the mesh m" in three.closed[4][1]
    assert owner.charter == two.charter == three.charter
    assert owner.secret == two.secret == three.secret
    assert (owner.secret.epoch, four.secret.epoch) == (2, 1)
    assert not owner.charter.needs_epoch


def test_an_admin_is_told_that_his_word_does_not_count_against_whom_the_mesh_key_has_made_one():
    owner, admin, other = Member(1, Role.UPDATE, owner=True), Member(2, Role.ADMIN), Member(3, Role.ADMIN)
    link(owner, admin)
    run(owner, admin, other)
    for node, grant in ((owner.node, None), (other.node, other.credentials.membership.grant)):
        with pytest.raises(StateError, match="an admin cannot put it out"):
            admin.trust.revoke(node, 1.0, grant)
    assert admin.charter.revocations == frozenset()
    assert owner.trust.revoke(other.node, 1.0)
    assert not owner.charter.needs_epoch


def test_the_revoked_node_never_hears_of_the_secret(line):
    owner, *_, four = line
    secrets = []
    four.trust.receive = lambda data, now: secrets.append(data)
    owner.trust.revoke(four.node, 1.0)
    run(*line, now=1.0)
    assert secrets == []


def test_what_was_learned_is_kept(line):
    owner, two, *_ = line
    owner.trust.revoke(NodeKey(b"x" * 32).node_id, 1.0)
    run(*line, now=1.0)
    assert two.kept[-1] == two.credentials.membership


def test_who_cannot_be_put_out_by_an_admin_is_looked_for_all_the_same_once_that_is_known():
    admin, founder, plain = Member(2, Role.ADMIN), Member(1, Role.UPDATE, owner=True), Member(3)
    for each in (founder, plain):
        admin.trust.revoke(each.node, 1.0)  # an id alone, of a board that is not known there
    assert admin.trust.shuns(founder.node)
    assert not admin.trust.shuns(founder.node, founder.credentials.membership.grant)
    assert admin.trust.shuns(plain.node, plain.credentials.membership.grant)


def test_who_was_put_out_is_not_looked_for_any_more(line):
    owner, two, _, four = line
    assert not two.trust.shuns(four.node)
    owner.trust.revoke(four.node, 1.0)
    run(*line, now=1.0)
    assert two.trust.shuns(four.node)
    assert two.forgotten == [four.node]


def test_revoking_again_is_no_news(line):
    owner = line[0]
    assert owner.trust.revoke(line[3].node, 1.0)
    assert not owner.trust.revoke(line[3].node, 2.0)
    run(*line)
    assert owner.secret.epoch == 2


def test_a_node_that_comes_late_is_told_and_a_revoked_one_is_turned_away(line):
    owner, two, _, four = line
    late = Member(5)
    owner.trust.revoke(four.node, 1.0)
    run(*line, now=1.0)
    link(two, late)
    run(*line, late)
    assert late.charter == owner.charter
    assert late.secret == owner.secret
    link(late, four)
    run(late, four)
    assert late.closed[4][0] is CloseCode.REVOKED


def test_two_halves_that_revoked_apart_agree_after_they_meet():
    one, two, left, right = Member(1, owner=True), Member(2, Role.ADMIN), Member(3), Member(4)
    link(one, left)
    link(two, right)
    members = one, two, left, right
    run(*members)
    one.trust.revoke(NodeKey(b"x" * 32).node_id, 1.0)
    two.trust.revoke(NodeKey(b"y" * 32).node_id, 1.0)
    run(*members, now=1.0)
    assert one.secret.epoch == two.secret.epoch == 2
    assert one.secret != two.secret
    link(left, right)
    run(*members, now=2.0)
    assert len({member.secret.rank for member in members}) == 1
    assert all(member.charter.needs_epoch for member in members)  # no epoch covers both revocations yet
    for admin in (one, two):
        assert admin.trust.next_timer() == 2.0 + EPOCH_WAIT_S
        admin.trust.on_timer(2.0 + EPOCH_WAIT_S)
    run(*members, now=6.0)
    assert len({member.secret.rank for member in members}) == 1
    assert len({member.charter for member in members}) == 1
    assert not any(member.charter.needs_epoch for member in members)
    assert one.trust.next_timer() is None


def test_only_an_admin_revokes():
    member = Member(2)
    with pytest.raises(StateError, match="no admin"):
        member.trust.revoke(NodeKey(b"x" * 32).node_id, 0.0)
    with pytest.raises(StateError, match="no admin"):
        member.trust.revoke_token(b"t" * 16, 0.0)


def test_nobody_puts_itself_out():
    owner = Member(1, owner=True)
    with pytest.raises(StateError, match="itself"):
        owner.trust.revoke(owner.node, 0.0)


def test_an_admin_that_was_put_out_knows_it_and_revokes_no_more():
    owner, admin = Member(1, owner=True), Member(2, Role.ADMIN)
    learned = owner.charter.with_revocation(MESH.issuer.revoke(Kind.NODE, admin.node))
    admin.trust.news(learned, owner.secret.secret, 0.0)
    run(admin)
    assert admin.trust.is_revoked
    assert "put out of the mesh m" in admin.alarms[0]
    assert admin.trust.issuer is None
    with pytest.raises(StateError):
        admin.trust.revoke(owner.node, 0.0)


def test_a_token_is_ended_everywhere_without_a_new_epoch(line):
    line[0].trust.revoke_token(b"t" * 16, 1.0)
    run(*line, now=1.0)
    assert all(member.charter.is_revoked_token(b"t" * 16) for member in line)


def test_as_many_can_be_put_out_as_a_charter_holds():
    admin = Member(2, Role.ADMIN)
    for number in range(REVOCATIONS_MAX):
        admin.trust.revoke_token(number.to_bytes(16, "big"), 0.0)
    with pytest.raises(LimitError, match="make a new mesh"):
        admin.trust.revoke_token(b"z" * 16, 0.0)


def test_a_private_mesh_is_private_until_somebody_comes():
    key, other = NodeKey(b"k" * 32), Member(3)
    founded = found_mesh(key, "own", key.public_key, bytes(32), 0, is_private=True)
    credentials = Credentials(key, founded, bytes(8))
    trust = Trust(credentials, None, bytes)
    trust.link_up(1, founded.grant.to_bytes(), 0.0)
    assert not credentials.membership.is_private
    trust.link_up(2, other.credentials.grant_bytes, 0.0)  # of another mesh; the handshake lets nobody come so far
    assert [output.code for output in trust.drain() if isinstance(output, CloseLink)] == [CloseCode.AUTH_FAILED]


# ------------------------------------------------------------------------------------------------ lies


def charter_of(member):
    return encode(CharterIs(member.charter.to_bytes(), member.secret.secret))


def forged():
    founded = MESH.founded.charter
    return encode(CharterIs(founded.with_epoch(replace(founded.epoch, epoch=9)).to_bytes(), bytes(32)))


LIES = {
    "forged": (forged(), CloseCode.BAD_SIGNATURE),
    "of another mesh": (encode(CharterIs(TestMesh("o").founded.charter.to_bytes(), bytes(32))), CloseCode.OTHER_MESH),
    "noise": (encode(CharterIs(b"noise", bytes(32))), CloseCode.MALFORMED),
    "not a charter": (HEAD[0] + b"\x01\x02", CloseCode.MALFORMED),
}


@pytest.mark.parametrize(("data", "code"), LIES.values(), ids=LIES)
def test_who_lies_loses_its_link_and_nobody_believes_it(line, data, code):
    owner, _two, *_ = line
    before = owner.charter
    owner.trust.receive((2, data), 1.0)
    run(*line, now=1.0)
    assert owner.closed[2][0] is code
    assert owner.charter == before
    assert not owner.trust.knows(2)


def test_a_charter_that_is_rolled_back_changes_nothing(line):
    owner, two, _, four = line
    old = charter_of(two)
    owner.trust.revoke(four.node, 1.0)
    run(*line, now=1.0)
    owner.trust.receive((2, old), 2.0)
    run(*line, now=2.0)
    assert owner.charter.is_revoked(four.credentials.membership.grant)
    assert owner.secret.epoch == 2


def test_who_tells_its_charter_all_the_time_is_cut_off(line):
    owner, two, *_ = line
    for _ in range(int(CHARTERS_BURST) + 1):
        owner.trust.receive((2, charter_of(two)), 1.0)
    run(*line, now=1.0)
    assert owner.closed[2][0] is CloseCode.RATE


def test_what_comes_from_nobody_is_ignored(line):
    owner = line[0]
    owner.trust.receive((77, forged()), 1.0)
    assert list(owner.trust.drain()) == []
