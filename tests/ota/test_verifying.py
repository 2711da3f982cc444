"""Metadata of one source: when it is right, when it has expired, and that a failed try leaves no trace."""

import shutil

import pytest
from tuf.api import exceptions as tuf
from tuf.ngclient import Updater

from edgeboard.errors import StoreError, VerificationError
from edgeboard.ota.files import RealDisk
from edgeboard.ota.values import Floors
from edgeboard.ota.verifying import name_attack, verify

pytestmark = pytest.mark.slow  # each writes a repository, synced

DAY = 86_400


def check(layout, source, now, floors=None, disk=None):
    return verify(layout, disk or RealDisk(), source, floors or Floors(), now, lambda targets: len(targets.targets))


def test_versions_time_and_keys_are_read_from_what_was_signed(house, layout, source):
    house.release("0.2.0")
    seen = check(layout, source, house.seconds).seen
    assert (seen.root, seen.timestamp, seen.snapshot, seen.targets, seen.counter) == (1, 2, 2, 2, 2)
    assert seen.latest_known_time == house.seconds
    assert len({seen.timestamp_keys, seen.snapshot_keys, seen.targets_keys}) == 3


def test_time_is_judged_by_the_argument_and_not_by_the_machine(house, layout, source):
    """The one private name of python-tuf that is used; should it go, this fails."""
    check(layout, source, house.seconds + 29 * DAY)
    with pytest.raises(VerificationError, match="has expired") as refused:
        check(layout, source, house.seconds + 31 * DAY)
    assert refused.value.attack == "freeze"


@pytest.mark.parametrize("clock", [0, -5, 1000])
def test_a_clock_of_1970_is_no_excuse_for_what_has_expired(house, layout, source, clock):
    check(layout, source, clock)
    later = Floors(latest_known_time=house.seconds + 31 * DAY)
    with pytest.raises(VerificationError, match="has expired"):
        check(layout, source, clock, later)


def test_a_clock_far_ahead_is_named_as_a_possible_cause_and_remembered_by_nobody(house, layout, source):
    with pytest.raises(VerificationError, match=r"its clock is wrong \(it says 2036-"):
        check(layout, source, house.seconds + 3653 * DAY)
    with pytest.raises(VerificationError, match="expired"):
        check(layout, source, 10**15)
    assert check(layout, source, house.seconds).seen.latest_known_time == house.seconds


def test_a_failed_try_leaves_what_was_kept_as_it_was(house, layout, source, crooked):
    check(layout, source, house.seconds)
    before = {path.name: path.read_bytes() for path in layout.cache.glob("*.json")}
    house.release("0.2.0")
    liar = crooked(source, lambda name, data: b"{}" if name.endswith("targets.json") else None)
    with pytest.raises(VerificationError):
        check(layout, liar, house.seconds)
    assert {path.name: path.read_bytes() for path in layout.cache.glob("*.json")} == before
    assert not layout.cache.with_name("tuf.new").exists()


def test_a_try_that_power_has_ended_is_swept_away(house, layout, source):
    (layout.state / "tuf.new" / "root_history").mkdir(parents=True)
    (layout.state / "tuf.new" / "timestamp.json").write_bytes(b"half")
    assert check(layout, source, house.seconds).seen.timestamp == 1


def test_what_was_verified_is_synced_before_it_takes_its_place(house, layout, source):
    steps = []

    class Noted(RealDisk):
        def sync_tree(self, path):
            steps.append(("sync_tree", path.name))

        def rename(self, old, new):
            steps.append(("rename", new.name))
            super().rename(old, new)

        def sync(self, path):
            steps.append(("sync", path.name))

    check(layout, source, house.seconds, disk=Noted())
    assert steps == [("sync_tree", "tuf.new"), ("rename", "tuf"), ("sync", "edgeboard-ota")]


def test_a_full_disk_is_said(house, layout, source):
    class Full(RealDisk):
        def sync_tree(self, path):
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        check(layout, source, house.seconds, disk=Full())


def test_a_signing_time_after_its_own_end_is_not_believed(house, layout, source):
    """Or one stolen key would set every clock to the year 9999."""
    timestamp = house.repository.timestamp()
    timestamp.signed.unrecognized_fields["signed_at"] = 250_000_000_000
    timestamp.signed.version += 1
    timestamp.signatures.clear()
    house.publisher()._sign(timestamp, house.repository.root().signed)
    house.repository.publish(timestamp)
    assert check(layout, source, house.seconds).seen.latest_known_time <= house.seconds + 30 * DAY


@pytest.mark.parametrize("signed_at", ["soon", None, -1, True, [1]])
def test_a_signing_time_that_is_none_is_left_out(house, layout, source, signed_at):
    timestamp = house.repository.timestamp()
    timestamp.signed.unrecognized_fields["signed_at"] = signed_at
    timestamp.signed.version += 1
    timestamp.signatures.clear()
    house.publisher()._sign(timestamp, house.repository.root().signed)
    house.repository.publish(timestamp)
    assert check(layout, source, house.seconds).seen.latest_known_time == 0


@pytest.mark.parametrize(
    ("error", "attack"),
    [
        (tuf.BadVersionNumberError("x"), "rollback"),
        (tuf.EqualVersionNumberError("x"), "rollback"),
        (tuf.ExpiredMetadataError("x"), "freeze"),
        (tuf.UnsignedMetadataError("x"), "arbitrary-software"),
        (tuf.LengthOrHashMismatchError("x"), "mix-and-match"),
        (tuf.RepositoryError("x"), "malformed"),
        (KeyError("x"), "malformed"),
    ],
)
def test_each_refusal_of_the_client_has_a_name(source, error, attack):
    assert name_attack(source, error, 0).attack == attack


def test_the_client_is_never_without_the_root_that_was_installed(house, layout, source, monkeypatch):
    given = []
    begin = Updater.__init__

    def noted(self, *args, **kwargs):
        given.append(kwargs["bootstrap"])
        begin(self, *args, **kwargs)

    monkeypatch.setattr(Updater, "__init__", noted)
    check(layout, source, house.seconds)
    assert given == [house.root]


@pytest.mark.parametrize("name", ["tuf", "tuf.new"])
@pytest.mark.parametrize("is_link", [True, False])
def test_what_lies_in_the_place_of_what_is_kept_is_put_away(house, layout, source, tmp_path, name, is_link):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "thing").write_text("of somebody")
    layout.state.mkdir(parents=True, exist_ok=True)
    place = layout.state / name
    place.symlink_to(tmp_path / "elsewhere") if is_link else place.write_text("x")
    check(layout, source, house.seconds)
    assert (layout.cache / "timestamp.json").exists()
    assert not layout.cache.is_symlink()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["thing"]


def test_a_copy_that_does_not_fit_is_told_in_a_sentence(house, layout, source, monkeypatch):
    check(layout, source, house.seconds)

    def refuse(source, target, **_):
        raise shutil.Error([(str(source), str(target), "[Errno 28] No space left on device")])

    monkeypatch.setattr(shutil, "copytree", refuse)
    with pytest.raises(StoreError, match=r"verified: \[Errno 28\] No space left on device; free some space"):
        check(layout, source, house.seconds)
