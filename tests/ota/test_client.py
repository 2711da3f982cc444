"""Which release a board finds, and that no source keeps it from the others. Attacks have a table: test_attacks.py."""

import shutil
from dataclasses import replace

import pytest

from edgeboard.errors import SourceError, UserError, VerificationError
from edgeboard.ota.client import Found, UpToDate, choose, fetch, find
from edgeboard.ota.fetchers import FolderSource
from edgeboard.ota.floors import after_commit
from edgeboard.ota.values import Floors, Layout, Rollout, Schema, Target

pytestmark = pytest.mark.slow  # each writes a repository, synced

BOARD = Target("aarch64", "cp313", "stable", (2, 41))


def test_a_new_release_is_found_fetched_and_then_known(house, layout, source):
    house.release("0.2.0", state_schema=Schema((1, 2), 2), distribution=("python3-cryptography>=43",))
    found = find(layout, [source], BOARD, Floors(), house.seconds)
    assert isinstance(found, Found)
    assert (found.manifest.version, found.manifest.counter) == ("0.2.0", 1)
    assert found.manifest.distribution == ("python3-cryptography>=43",)
    assert (found.floors.timestamp, found.floors.counter) == (2, 0), "nothing is committed yet"
    assert found.floors.latest_known_time == house.seconds
    fetch(layout, found, [source])
    after = find(layout, [source], BOARD, after_commit(found.floors, 1), house.seconds)
    assert isinstance(after, UpToDate)
    assert after.counter == 1


def test_the_newest_of_several_is_taken(house, layout, source):
    for version in ("0.2.0", "0.3.0", "0.4.0"):
        house.release(version)
    assert find(layout, [source], BOARD, Floors(counter=1), house.seconds).manifest.version == "0.4.0"


def test_a_board_takes_its_own_channel(house, layout, source):
    house.release("0.2.0")
    house.release("0.3.0b1", channel="beta")
    assert find(layout, [source], BOARD, Floors(), house.seconds).manifest.version == "0.2.0"
    beta = replace(BOARD, channel="beta")
    assert find(layout, [source], beta, Floors(), house.seconds).manifest.version == "0.3.0b1"


def test_a_board_that_is_far_behind_goes_step_by_step(house, layout, source):
    house.release("0.2.0")
    house.release("0.3.0")
    house.release("0.4.0", min_from_counter=2)
    first = find(layout, [source], BOARD, Floors(counter=1), house.seconds)
    assert first.manifest.version == "0.3.0"
    assert find(layout, [source], BOARD, Floors(counter=2), house.seconds).manifest.version == "0.4.0"


def test_a_step_that_nobody_offers_is_said(house, layout, source):
    house.release("0.2.0", min_from_counter=1)
    with pytest.raises(VerificationError, match="no release between is offered"):
        find(layout, [source], BOARD, Floors(), house.seconds)


def test_a_release_for_a_newer_system_is_said(house, layout, source):
    house.release("0.2.0")
    with pytest.raises(VerificationError, match=r"needs glibc 2\.36") as refused:
        find(layout, [source], replace(BOARD, libc=(2, 31)), Floors(), house.seconds)
    assert refused.value.attack == "wrong-software"


def test_a_board_for_which_there_is_nothing_is_told(house, layout, source):
    house.release("0.2.0")
    with pytest.raises(VerificationError, match="no release for riscv64 with cp313 in stable"):
        find(layout, [source], replace(BOARD, machine="riscv64"), Floors(), house.seconds)


def test_a_repository_from_before_its_first_release_offers_nothing_yet(house, layout, source):
    found = find(layout, [source], BOARD, Floors(), house.seconds)
    assert isinstance(found, UpToDate)
    assert found.counter == 0


def test_choosing_needs_an_offer():
    with pytest.raises(VerificationError, match="no release for"):
        choose([], BOARD, Floors())


def test_how_far_it_is_let_out_comes_with_it_and_may_change(house, layout, source):
    house.release("0.2.0", rollout=Rollout(5, "salt", 77))
    found = find(layout, [source], BOARD, Floors(), house.seconds)
    assert found.manifest.rollout == Rollout(5, "salt", 77)
    house.publisher().publish(Rollout(60))
    wider = find(layout, [source], BOARD, Floors(), house.seconds)
    assert wider.manifest.rollout == Rollout(60, "salt", 0)
    assert wider.digest == found.digest


# ------------------------------------------------------------------------------------------------ sources


def refuse(name, data):
    raise SourceError("unplugged")


def test_a_silent_source_does_not_keep_the_others_from_being_asked(house, layout, source, crooked):
    house.release("0.2.0")
    silent = crooked(source, refuse, name="silent")
    found = find(layout, [silent, source], BOARD, Floors(), house.seconds)
    assert found.sources == (source.name,)
    assert found.trouble == (("silent", "unplugged"),)


def test_silence_of_all_is_said(house, layout, source, crooked):
    both = [crooked(source, refuse, name="one"), crooked(source, refuse, name="two")]
    with pytest.raises(SourceError, match="unplugged; unplugged"):
        find(layout, both, BOARD, Floors(), house.seconds)
    with pytest.raises(SourceError, match="no source of updates is named"):
        find(layout, [], BOARD, Floors(), house.seconds)


def test_garbage_of_one_source_is_forgotten_and_another_asked(house, layout, source, crooked):
    house.release("0.2.0")
    liar = crooked(source, lambda name, data: b"garbage" if name == "metadata/2.root.json" else None, name="liar")
    found = find(layout, [liar, source], BOARD, Floors(), house.seconds)
    assert found.manifest.version == "0.2.0"
    assert found.trouble[0][0] == "liar"


def test_a_source_that_withholds_what_it_announces_leaves_nothing_behind(house, layout, source, crooked, tmp_path):
    """Else a board would refuse what its neighbours have as older than what nobody gives it."""
    house.release("0.2.0")
    before = tmp_path / "before"
    shutil.copytree(house.repository.public, before)
    house.release("0.3.0")
    teaser = crooked(source, lambda name, data: refuse(name, data) if "snapshot" in name else None, name="teaser")
    found = find(layout, [teaser, FolderSource(before)], BOARD, Floors(), house.seconds)
    assert found.manifest.version == "0.2.0"


def test_a_neighbour_that_is_behind_does_not_hide_what_is_newer(house, layout, source, tmp_path):
    house.release("0.2.0")
    shutil.copytree(house.repository.public, tmp_path / "before")
    house.release("0.3.0")
    behind = FolderSource(tmp_path / "before")
    for sources in ([behind, source], [source, behind]):
        found = find(layout, sources, BOARD, Floors(), house.seconds)
        assert found.manifest.version == "0.3.0"


def test_what_a_board_has_verified_serves_the_next(house, layout, source, tmp_path):
    house.release("0.2.0")
    house.publisher().rotate("timestamp", "", house.keys[0], b"correct horse battery")
    house.publisher().publish()
    found = find(layout, [source], BOARD, Floors(), house.seconds)
    fetch(layout, found, [source])
    assert {path.name for path in layout.metadata.iterdir()} == {
        "1.root.json", "2.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json",
    }  # fmt: skip
    second = Layout.under(tmp_path / "second")
    second.prefix.mkdir(parents=True)
    second.root.write_bytes(house.root)
    again = find(second, [FolderSource(layout.state)], BOARD, Floors(), house.seconds)
    fetch(second, again, [FolderSource(layout.state)])
    assert again.manifest == found.manifest


def test_metadata_that_is_not_needed_any_more_goes(house, layout, source):
    house.release("0.2.0")
    find(layout, [source], BOARD, Floors(), house.seconds)
    house.release("0.3.0")
    find(layout, [source], BOARD, Floors(), house.seconds)
    assert {path.name for path in layout.metadata.glob("*.targets.json")} == {"3.targets.json"}


# ------------------------------------------------------------------------------------------------ the board


def test_a_board_without_a_root_says_what_to_do(house, layout, source):
    layout.root.unlink()
    with pytest.raises(UserError, match="edgeboard install --trust"):
        find(layout, [source], BOARD, Floors(), house.seconds)


@pytest.mark.parametrize("damage", [b"", b"\x00" * 100, b"{}"])
@pytest.mark.parametrize("name", ["timestamp.json", "snapshot.json", "targets.json", "root_history/1.root.json", "all"])
def test_a_cache_that_a_power_cut_has_emptied_is_made_again(house, layout, source, name, damage):
    house.release("0.2.0")
    find(layout, [source], BOARD, Floors(), house.seconds)
    for path in layout.cache.rglob("*.json") if name == "all" else [layout.cache / name]:
        path.write_bytes(damage)
    assert find(layout, [source], BOARD, Floors(), house.seconds).manifest.version == "0.2.0"
