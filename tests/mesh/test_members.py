"""The roster: whose record counts, who is alive, and what is gossiped."""

import pytest

from edgeboard.errors import DecodeError, LimitError, SignatureError
from edgeboard.mesh.members import Members
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify
from edgeboard.wire.gossip import MEMBERS_MAX
from edgeboard.wire.members import About, sign_record
from tests.mesh.oneself import MESH, boot_of, key_of, node_of, record_of


def members_of(number: int = 0) -> Members:
    key = key_of(number)
    return Members(MESH, key, boot_of(1), stand_in_sign(key), stand_in_verify)


def numbers(members: Members, most: int = 20) -> list[int]:
    return [number for number in range(most) if node_of(number) in members.alive()]


def test_the_living_are_those_who_are_heard_by_somebody_living() -> None:
    members = members_of()
    members.hear([node_of(1)])
    for record in (record_of(1, 0, 2), record_of(2, 1, 3), record_of(3, 2), record_of(5, 6), record_of(6, 5)):
        members.take(record.data)
    assert numbers(members) == [1, 2, 3], "5 and 6 hear each other, and nobody here hears them"
    members.take(record_of(2, 1, count=2).data)
    assert numbers(members) == [1, 2]
    members.hear([])
    assert numbers(members) == []


def test_a_name_without_a_record_is_nobody() -> None:
    members = members_of()
    members.hear([node_of(1)])
    members.take(record_of(1, 0, *range(5, 15)).data)
    assert numbers(members) == [1]


def test_the_newer_record_counts_whatever_the_order() -> None:
    old, new, reborn = record_of(1, 2), record_of(1, 3, count=2), record_of(1, boot=2)
    members = members_of()
    assert members.take(new.data) == new
    assert members.take(old.data) is None
    assert members.take(reborn.data) == reborn
    assert members.take(new.data) is None
    assert members.get(node_of(1)) == reborn


def test_a_record_that_was_altered_or_is_of_another_mesh_is_refused() -> None:
    members = members_of()
    record = record_of(1, 2)
    with pytest.raises(SignatureError):
        members.take(record.data.replace(b"node 1", b"node 9"))
    key = key_of(1)
    other = sign_record(type(MESH)(b"some other mesh!"), key, boot_of(1), 1, About("", "", (), ()), stand_in_sign(key))
    with pytest.raises(SignatureError):
        members.take(other.data)
    with pytest.raises(DecodeError):
        members.take(record.data[:-3])
    assert len(members) == 1


def test_our_own_key_in_another_hand_is_counted_and_not_believed() -> None:
    members = members_of(0)
    members.take(record_of(0, 5, boot=9).data)
    assert members.copies == 1
    assert members.own.boot == boot_of(1)
    members.take(members.own.data)
    assert members.copies == 1


def test_a_full_roster_forgets_who_has_been_gone_for_longest() -> None:
    members = members_of()
    members.hear([node_of(1)])
    for number in range(1, MEMBERS_MAX):
        members.take(record_of(number).data)
    for number in range(2, MEMBERS_MAX):
        members.note_gone(node_of(number), float(1000 - number))
    assert len(members) == MEMBERS_MAX
    members.take(record_of(MEMBERS_MAX + 1).data)
    assert len(members) == MEMBERS_MAX
    assert members.get(node_of(MEMBERS_MAX - 1)) is None
    assert members.get(node_of(1)) is not None


def test_a_mesh_of_the_living_that_is_full_takes_nobody_more() -> None:
    members = members_of()
    members.hear(node_of(number) for number in range(1, MEMBERS_MAX))
    for number in range(1, MEMBERS_MAX):
        members.take(record_of(number).data)
    with pytest.raises(LimitError):
        members.take(record_of(MEMBERS_MAX + 1).data)


def test_equal_rosters_have_equal_digests_and_others_give_what_is_lacking() -> None:
    one, other = members_of(0), members_of(1)
    one.take(record_of(2, count=3).data)
    other.take(record_of(2, count=1).data)
    other.take(record_of(3).data)
    assert one.digest() != other.digest()
    for record in one.beyond(other.versions()):
        other.take(record.data)
    for record in other.beyond(one.versions()):
        one.take(record.data)
    assert one.digest() == other.digest()
    assert one.beyond(other.versions()) == []


def test_addresses_that_discovery_sees_come_before_those_that_a_node_says() -> None:
    members = members_of()
    members.take(record_of(1, urls=("http://10.0.0.1:8787", "http://10.0.0.2:8787")).data)
    members.hint(node_of(1), ("http://10.0.0.2:8787", "http://[fe80::1%eth0]:8787"))
    assert members.urls(node_of(1)) == (
        "http://10.0.0.2:8787",
        "http://[fe80::1%eth0]:8787",
        "http://10.0.0.1:8787",
    )
    members.hint(node_of(1), ())
    assert members.urls(node_of(1)) == ("http://10.0.0.1:8787", "http://10.0.0.2:8787")
    assert members.hinted() == frozenset()


def test_what_is_said_of_oneself_is_signed_anew_only_when_it_differs() -> None:
    members = members_of()
    about = About("kitchen", "test", (), ())
    assert members.tell(about)
    assert not members.tell(about)
    assert members.own.count == 1
    other = members_of(1)
    assert other.take(members.own.data) == members.own


def test_a_node_that_was_not_let_in_or_was_put_out_is_no_member_whoever_tells_of_it() -> None:
    out = {node_of(2)}
    key = key_of(0)
    members = Members(MESH, key, boot_of(1), stand_in_sign(key), stand_in_verify, lambda node, grant: node not in out)
    assert members.take(record_of(1).data) is not None
    assert members.take(record_of(2).data) is None
    out.add(node_of(1))
    assert members.take(record_of(1, count=2).data) is None
    assert len(members) == 1
