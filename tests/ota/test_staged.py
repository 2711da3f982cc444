"""What waits for signatures, as those who are to sign read it."""

import pytest
from tuf.api.metadata import Targets

from edgeboard.errors import UserError
from edgeboard.ota.staged import describe_rollout, describe_staged, lacking
from edgeboard.ota.values import Rollout

pytestmark = pytest.mark.slow  # each makes eight keys and writes a repository, synced


def test_nothing_staged_is_nothing_to_sign(house):
    assert describe_staged(house.repository) == []
    assert lacking(house.repository, None) == {}


def test_a_release_is_told_with_all_that_a_signature_lets_happen(house):
    house.release("0.2.0")
    house.add("0.3.0", counter=4, rollout=Rollout(5, "0.3.0", 1_800_000_000), security_floor=4, min_from_counter=1)
    assert describe_staged(house.repository) == [
        "stable 0.3.0 (counter 4), let out to 5 % from 2027-01-15 08:00 UTC on, nobody goes back below counter 4, "
        "reached only from counter 1 on; for aarch64-cp313, x86_64-cp313"
    ]


def test_machines_that_lack_are_named(house):
    house.add("0.2.0", machines=["x86_64-cp313"])
    staged = house.repository.staged(Targets)
    assert lacking(house.repository, staged) == {("stable", "0.2.0"): ["aarch64-cp313"]}


def test_letting_out_further_says_what_changes(house):
    house.release("0.2.0", rollout=Rollout(5, "0.2.0"))
    people = house.folder / "nobody"
    people.mkdir()
    house.publisher([people]).publish(Rollout(50))
    assert describe_staged(house.repository) == [
        "stable 0.2.0 (counter 1), let out to 50 % in place of: let out to 5 %; for aarch64-cp313, x86_64-cp313"
    ]


def test_a_new_root_says_whose_key_goes(house):
    root = house.repository.root().signed
    old, new = house.publisher().rotate("targets", root.roles["targets"].keyids[0], house.keys[0], b"long enough 1")
    assert describe_staged(house.repository) == [
        f"root 2: the targets key {old[:16]} goes",
        f"root 2: the targets key {new[:16]} comes",
        f"root 2: holds until {house.repository.settings.expires('root', house.now):%Y-%m-%d}",
    ]


def test_a_renewed_root_says_until_when(house):
    house.publisher().renew_root()
    assert [line.partition(" until ")[0] for line in describe_staged(house.repository)] == ["root 2: holds"]


def test_a_staged_file_that_is_damaged_is_not_signed(house):
    house.add("0.2.0")
    for path in house.repository.targets.glob("*.stable-*.json"):
        path.write_bytes(b"{}")
    with pytest.raises(UserError, match=r"edgeboard release add --drop"):
        describe_staged(house.repository)


def test_all_boards_from_now_on_is_short():
    assert describe_rollout(Rollout(100)) == "let out to 100 %"
