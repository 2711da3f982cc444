"""What a release manager may do, and what the publisher refuses (A21 of the table of attacks)."""

import pytest
from tuf.api.metadata import Root, Targets

from edgeboard.errors import DecodeError, UserError
from edgeboard.ota.keys import find_keys
from edgeboard.ota.publishing import KEPT
from edgeboard.ota.repository import Repository
from edgeboard.ota.values import Rollout, Schema

pytestmark = pytest.mark.slow  # each makes eight keys and writes a repository, synced


def split_keys(house):
    """Three people with a root and a targets key each; the release machine keeps snapshot and timestamp."""
    people = [house.folder / f"person{number}" for number in range(3)]
    machine = house.folder / "machine"
    for folder in (*people, machine):
        folder.mkdir()
    counted = {"root": 0, "targets": 0}
    for file in list(find_keys(house.keys)):
        owner = machine
        if file.role in counted:
            owner = people[counted[file.role]]
            counted[file.role] += 1
        file.path.rename(owner / file.path.name)
    return people, machine


def test_a_release_is_listed_for_each_machine(house):
    published = house.release("0.2.0")
    assert published.released == ("stable 0.2.0 (counter 1)",)
    listed = {(t.machine, counter) for _, t, counter, _ in house.repository.entries(house.repository.released())}
    assert listed == {("aarch64", 1), ("x86_64", 1)}


def test_counters_rise_by_themselves(house):
    house.release("0.2.0")
    assert house.release("0.3.0").released == ("stable 0.3.0 (counter 2)",)
    assert house.release("0.4.0b1", channel="beta").released == ("beta 0.4.0b1 (counter 1)",)


def test_each_publication_has_a_number_of_its_own(house):
    house.release("0.2.0")
    first = house.publisher().publish()
    second = house.after(hours=1).publisher().publish()
    assert (first.released, second.released) == ((), ())
    assert second.versions["timestamp"] == first.versions["timestamp"] + 1
    assert second.versions["targets"] == first.versions["targets"]


@pytest.mark.parametrize("counter", [1, 2])
def test_a_counter_that_was_used_is_refused(house, counter):
    house.release("0.2.0", counter=2)
    with pytest.raises(UserError, match="was used in stable, whose highest is 2"):
        house.add("0.3.0", counter=counter)


def test_a_version_is_published_once(house):
    house.release("0.2.0")
    with pytest.raises(UserError, match="published in stable already"):
        house.add("0.2.0")


def test_a_release_without_one_of_its_machines_is_refused(house):
    house.add("0.2.0", machines=["aarch64-cp313"])
    with pytest.raises(UserError, match="lacks x86_64-cp313"):
        house.publisher().publish()
    house.add("0.2.0", machines=["x86_64-cp313"])
    assert house.publisher().publish().done


def test_a_second_release_waits_for_the_first(house):
    house.add("0.2.0")
    with pytest.raises(UserError, match=r"0\.2\.0 is staged"):
        house.add("0.3.0")
    assert house.publisher().drop()
    house.add("0.3.0")
    assert house.publisher().publish().released == ("stable 0.3.0 (counter 1)",)


def test_nothing_is_published_under_an_expired_root(house):
    house.release("0.2.0")
    house.after(days=366)
    house.add("0.3.0")
    with pytest.raises(UserError, match="root expired on 2027-12-01"):
        house.publisher().publish()
    house.publisher().renew_root()
    assert house.publisher().publish().done


def test_expired_targets_need_their_keys_again(house):
    people, machine = split_keys(house)
    house.after(days=120)
    assert house.publisher([machine]).publish().done, "they only age, and the machine has no keys to renew them"
    house.after(days=70)
    with pytest.raises(UserError, match="targets expired"):
        house.publisher([machine]).publish()
    assert house.publisher([*people, machine]).publish().versions["targets"] == 2


def test_a_clock_that_is_behind_signs_nothing(house):
    house.after(days=1).release("0.2.0")
    house.after(days=-1).add("0.3.0")
    with pytest.raises(UserError, match="clock says 2026-12-01"):
        house.publisher().publish()


def test_two_of_three_people_sign_one_after_the_other(house):
    people, machine = split_keys(house)
    house.add("0.2.0")
    before = house.repository.timestamp().to_bytes()
    first = house.publisher([people[0]]).publish()
    assert (first.done, first.missing) == (False, {"targets": 1})
    assert house.publisher([people[0]]).publish().missing == {"targets": 1}, "the same person twice is one"
    assert house.repository.timestamp().to_bytes() == before, "nothing is seen before it is signed"
    second = house.publisher([people[2], machine]).publish()
    assert second.released == ("stable 0.2.0 (counter 1)",)


def test_the_last_to_sign_may_do_so_away_from_the_release_machine(house):
    people, machine = split_keys(house)
    house.add("0.2.0")
    house.publisher([people[0]]).publish()
    last = house.publisher([people[2]]).publish()
    assert (last.done, last.missing) == (False, {"snapshot": 1, "timestamp": 1})
    assert house.publisher([machine]).publish().released == ("stable 0.2.0 (counter 1)",)


@pytest.mark.parametrize("waits", ["release", "root"])
def test_what_is_published_stays_fresh_while_something_waits_for_people(house, waits):
    house.release("0.2.0")
    people, machine = split_keys(house)
    if waits == "release":
        house.add("0.3.0")
    else:
        house.publisher().renew_root()
    until = house.repository.timestamp().signed.expires
    assert house.publisher([machine]).publish().missing == {"targets" if waits == "release" else "root": 2}
    assert house.repository.timestamp().signed.expires == until, "it is fresh enough"
    house.after(days=20)
    assert not house.publisher([machine]).publish().done
    assert (house.repository.timestamp().signed.expires - until).days == 20
    assert house.repository.snapshot().signed.expires > until
    assert house.publisher([*people[:2], machine]).publish().done, "and what waits can be published afterwards"


def test_what_only_the_release_machine_can_do_is_said_elsewhere(house):
    people, _ = split_keys(house)
    with pytest.raises(UserError, match="timestamp key is not here"):
        house.publisher([people[0]]).publish()


def test_a_release_is_let_out_alike_to_all_machines(house):
    house.add("0.2.0", machines=["aarch64-cp313"], rollout=Rollout(5, "0.2.0"))
    with pytest.raises(UserError, match=r"for aarch64-cp313 as: let out to 5 %; and here as: let out to 100 %\. Say"):
        house.add("0.2.0", machines=["x86_64-cp313"])
    with pytest.raises(UserError, match="here as: let out to 5 %, nobody goes back below counter 1"):
        house.add("0.2.0", machines=["x86_64-cp313"], rollout=Rollout(5, "0.2.0"), security_floor=1)
    house.add("0.2.0", machines=["aarch64-cp313"], rollout=Rollout(20, "0.2.0"))
    house.add("0.2.0", machines=["x86_64-cp313"], rollout=Rollout(20, "0.2.0"))
    assert house.publisher().publish().done


def test_a_staged_release_that_is_changed_loses_its_signatures(house):
    people, _ = split_keys(house)
    house.add("0.2.0")
    house.publisher([people[0]]).publish()
    house.add("0.2.0", machines=["aarch64-cp313"], distribution=("python3-cryptography>=43",))
    assert not house.repository.staged(Targets).signatures


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_key_of_each_role_is_replaced(house, role):
    house.release("0.2.0")
    before = house.repository.root().signed.roles[role].keyids
    old, new = house.publisher().rotate(role, before[0], house.keys[0], b"another passphrase"[:20])
    publisher = house.publisher()
    publisher._passphrase = lambda path: b"another passphrase" if new[:16] in path.name else b"correct horse battery"
    published = publisher.publish()
    assert published.done
    assert published.versions["root"] == 2
    after = house.repository.root().signed
    assert new in after.roles[role].keyids
    assert old not in after.roles[role].keyids
    for metadata in (house.repository.released(), house.repository.snapshot(), house.repository.timestamp()):
        after.verify_delegate(metadata.signed.type, metadata.signed_bytes, metadata.signatures)


def test_a_root_needs_the_old_keys_and_the_new_ones(house):
    people, machine = split_keys(house)
    keyid = house.repository.root().signed.roles["root"].keyids[0]
    (owner,) = [person for person in people for file in find_keys([person]) if file.holds(keyid)]
    others = [person for person in people if person != owner]
    house.publisher().rotate("root", keyid, owner, b"correct horse battery")
    assert house.publisher([owner]).publish().missing == {"root": 1}
    assert house.publisher([others[0], machine]).publish().done
    assert house.repository.staged(Root) is None


def test_which_of_three_keys_goes_is_asked(house):
    with pytest.raises(UserError, match="say which one goes"):
        house.publisher().rotate("targets", "", house.keys[0], b"correct horse battery")


def test_letting_out_further_keeps_manifest_counter_and_salt(house):
    house.release("0.2.0", rollout=Rollout(5, "salt"))
    before = {name: entry.hashes for name, entry in house.repository.released().signed.targets.items()}
    house.publisher().publish(Rollout(50), "stable")
    targets = house.repository.released().signed.targets
    assert {name: entry.hashes for name, entry in targets.items()} == before
    custom = targets["stable-aarch64-cp313-1.json"].unrecognized_fields["custom"]
    assert custom["rollout"] == {"percent": 50, "salt": "salt", "not_before": 0}
    with pytest.raises(UserError, match="beta has no release"):
        house.publisher().publish(Rollout(50), "beta")


def test_old_releases_leave_the_list(house):
    for number in range(KEPT + 2):
        house.add(f"0.{number}.0")
        house.publisher().publish()
    counters = [
        counter for _, t, counter, _ in house.repository.entries(house.repository.released()) if t.machine == "aarch64"
    ]
    assert sorted(counters) == list(range(3, KEPT + 3))


def test_a_release_that_boards_would_refuse_is_refused_here(house):
    with pytest.raises(DecodeError, match="above its own"):
        house.add("0.2.0", security_floor=9)
    with pytest.raises(DecodeError, match="reads what it writes"):
        house.add("0.2.0", state_schema=Schema((1,), 2))


@pytest.mark.parametrize("broken_at", ["targets", "snapshot", "timestamp"])
def test_a_publication_that_was_broken_off_is_done_again(house, monkeypatch, broken_at):
    house.release("0.2.0")
    house.add("0.3.0")
    _, new = house.publisher().rotate("snapshot", "", house.keys[0], b"correct horse battery")
    timestamp = (house.repository.metadata / "timestamp.json").read_bytes()
    publish = Repository.publish

    def full_disk(self, metadata):
        if metadata.signed.type == broken_at:
            raise UserError("cannot write: no space left")
        publish(self, metadata)

    monkeypatch.setattr(Repository, "publish", full_disk)
    with pytest.raises(UserError, match="no space"):
        house.publisher().publish()
    monkeypatch.undo()
    assert (house.repository.metadata / "timestamp.json").read_bytes() == timestamp, "boards see the release before"
    assert house.after(hours=1).publisher().publish().released == ("stable 0.3.0 (counter 2)",)
    root = house.repository.root().signed
    assert root.version == 2
    assert root.roles["snapshot"].keyids == [new]
