"""The whole way of an update, from a signed repository to a node that runs it; every part is the real one."""

import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edgeboard.errors import SourceError, UserError, VerificationError
from edgeboard.ota import records, slots
from edgeboard.ota.fetchers import FolderSource
from edgeboard.ota.proving import SelfTestError
from edgeboard.ota.publishing import Publisher
from edgeboard.ota.repository import Repository, Settings
from edgeboard.ota.states import Event, Journal, State, step
from edgeboard.ota.updater import BusyError, Updater
from edgeboard.ota.values import Rollout, Schema
from edgeboard.ota.wheelhouse import read_wheelhouse
from tests.ota.releases import Release

PASSPHRASE = b"correct horse battery"


class Desk:
    """A release manager for machines like this one."""

    def __init__(self, folder):
        self.folder = folder
        self.target = slots.board("stable")
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.repository = Repository.create(
            folder / "repository", Settings((f"{self.target.machine}-{self.target.python}",))
        )
        self._publisher().begin(PASSPHRASE)
        self.root = (self.repository.metadata / "1.root.json").read_bytes()

    def _publisher(self):
        return Publisher(self.repository, [self.folder / "keys"], lambda path: PASSPHRASE, self.now)

    def publish(self, counter, behaviour="works", rollout=None, **words):
        release = Release(self.folder / f"wheels-{counter}", counter, behaviour, **words)
        manifest, sources, made = read_wheelhouse(self.folder / f"wheels-{counter}", self.target)
        changes = {"counter": counter, "state_schema": release.manifest.state_schema, "rollout": rollout or Rollout()}
        self._publisher().add(replace(manifest, **changes), sources, made)
        self._publisher().publish()
        return replace(manifest, **changes)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def board(make_board, desk):
    board = make_board()
    board.layout.prefix.mkdir(parents=True, exist_ok=True)
    board.layout.root.write_bytes(desk.root)
    board.source = FolderSource(desk.repository.public)
    return board


@pytest.fixture
def updater(board):
    return Updater(board.layout, [board.source], "stable", b"board")


def take(updater):
    """As `edgeboard ota upgrade` does it, up to the launcher."""
    with updater.alone() as journal:
        answer = updater.check()
        if answer.found is None or answer.held:
            return answer
        journal = updater.fetch(answer.found, journal)
        journal = updater.build(answer.found.manifest, journal)
        return updater.arm(answer.found.manifest, journal)


def test_the_first_release_of_a_board_and_the_one_after_it(board, desk, updater):
    desk.publish(1)
    assert take(updater).state is State.ARMED
    board.child.start()
    assert board.launcher.watch(board.child).result == "committed"
    desk.publish(2)
    take(updater)
    assert board.launcher.activate(board.child).result == "committed"
    assert board.starts == ["1.1", "1.2"]
    assert records.read_floors(board.layout).counter == 2
    assert take(updater).found is None
    board.check()


def test_a_release_that_fails_its_self_test_changes_nothing_and_is_not_tried_again(board, desk, updater):
    desk.publish(1, "fails its self-test")
    with pytest.raises(SelfTestError, match="another canvas"):
        take(updater)
    assert board.journal.last.result == "failed"
    assert "another canvas" in board.journal.last.reason
    assert board.journal.state is State.IDLE
    assert list(board.layout.slots.iterdir()) == []
    assert "another canvas" in take(updater).held
    with updater.alone():
        assert not updater.check(at_once=True).held


def test_a_release_that_others_have_gone_back_from_is_held_until_an_operator_wants_it(board, desk):
    desk.publish(1)
    told = {1: (7, 1)}
    careful = Updater(board.layout, [board.source], "stable", b"board", outcomes=lambda: told)
    assert not careful.check().held, "one board may have a worn card"
    told[1] = (7, 2)
    assert "of 9 boards of the mesh that tried it, 2 have gone back" in careful.check().held
    assert not careful.check(at_once=True).held


def test_a_release_that_was_gone_back_from_waits_for_an_operator_or_a_newer_one(board, desk, updater):
    desk.publish(1)
    take(updater)
    board.child.start()
    board.launcher.watch(board.child)
    desk.publish(2, "exits at once")
    take(updater)
    assert board.launcher.activate(board.child).result == "rolled back"
    answer = take(updater)
    assert "1.2 was gone back from here" in answer.held
    assert "--at-once" in answer.held
    desk.publish(3)
    take(updater)
    assert board.launcher.activate(board.child).version == "1.3"
    assert board.current.startswith("3-")


def test_an_operator_goes_back_and_the_release_is_not_taken_again(board, desk, updater):
    for counter in (1, 2):
        desk.publish(counter)
        take(updater)
        board.launcher.activate(board.child) if counter == 2 else board.child.start()
        board.launcher.watch(board.child)
    with updater.alone() as journal:
        updater.return_to_previous(journal)
    assert board.launcher.activate(board.child).version == "1.1"
    assert take(updater).found is None  # the floor is above it, and it is not newer
    with updater.alone() as journal:
        assert updater.return_to_previous(journal).version == "1.2"  # and forward again
    assert board.launcher.activate(board.child).version == "1.2"


def test_a_release_that_was_built_and_never_ran_is_not_the_one_before(board, desk, updater):
    for counter in (1, 2):
        desk.publish(counter)
        take(updater)
        board.launcher.activate(board.child) if counter == 2 else board.child.start()
        board.launcher.watch(board.child)
    desk.publish(3)
    first = records.previous(board.layout)
    with updater.alone() as journal:
        found = updater.check().found
        updater.build(found.manifest, updater.fetch(found, journal))
    assert board.journal.state is State.STAGED
    assert records.previous(board.layout) == first
    assert board.launcher.give_up(board.child, "it ends again and again").result == "rolled back"
    assert board.current == first
    desk.publish(4)
    take(updater)
    assert board.launcher.activate(board.child).version == "1.4"


def test_without_an_earlier_release_an_operator_is_told_so(board, desk, updater):
    desk.publish(1)
    take(updater)
    board.child.start()
    board.launcher.watch(board.child)
    with updater.alone() as journal, pytest.raises(UserError, match="no earlier release"):
        updater.return_to_previous(journal)


def test_a_release_that_cannot_read_what_the_board_has_written_is_refused(board, desk, updater):
    desk.publish(1, writes=2)
    take(updater)
    board.child.start()
    board.launcher.watch(board.child)
    newer = desk.publish(2)
    with updater.alone() as journal:
        blind = replace(newer, state_schema=Schema((1,), 1))
        found = updater.check().found
        journal = updater.fetch(found, journal)
        with pytest.raises(UserError, match=r"cannot read what 1\.1 writes"):
            updater.build(blind, journal)
    assert board.journal.state is State.IDLE


def test_a_board_waits_for_its_turn_and_an_operator_does_not(board, desk, updater):
    desk.publish(1, rollout=Rollout(percent=0, salt="x"))
    with updater.alone():
        assert "0 % of the boards" in updater.check().held
        assert not updater.check(at_once=True).held


def test_two_updaters_at_once_are_one_and_a_refusal(board, updater):
    other = Updater(board.layout, [board.source], "stable")
    with updater.alone(), pytest.raises(BusyError, match="another update"), other.alone():
        raise AssertionError("both")
    with other.alone():
        pass


@pytest.mark.parametrize("state", [State.ARMED, State.TRIAL, State.COMMITTED, State.ROLLED_BACK])
def test_while_the_launcher_is_at_work_the_updater_waits(board, updater, state):
    records.write_journal(board.layout, board.disk, Journal(state, "2-0000000b", version="1.2"))
    with pytest.raises(BusyError, match=f"1.2 is {state.told}"), updater.alone():
        raise AssertionError("it did not wait")


@pytest.mark.parametrize("state", [State.FETCHING, State.VERIFIED, State.BUILDING, State.STAGED])
def test_what_power_has_interrupted_is_put_away_or_goes_on(board, desk, updater, state):
    desk.publish(1)
    records.write_journal(board.layout, board.disk, Journal(state, "9-0000000f", version="1.9"))
    half = board.layout.slots / "9-0000000f"
    half.mkdir()
    with updater.alone() as journal:
        assert journal.state is step(state, Event.RESUME)[0]
        assert half.exists() is (state is not State.BUILDING)
    assert take(updater).state is State.ARMED


def test_an_update_that_breaks_off_says_so_and_goes_on_where_it_was(board, desk, updater):
    desk.publish(1)

    class Breaks:
        name = "a source that breaks off"
        is_complete = False

        def read(self, name, offset, limit):
            if name.startswith("targets") and ".whl" in name:
                raise SourceError("it broke off")
            yield from board.source.read(name, offset, limit)

    breaking = Updater(board.layout, [Breaks()], "stable")
    with pytest.raises(SourceError):
        take(breaking)
    assert board.journal.state is State.IDLE
    assert board.journal.last.result == "failed"
    assert take(updater).state is State.ARMED


def test_nothing_is_taken_that_is_not_signed(board, desk, updater):
    desk.publish(1)
    path = max(
        (desk.repository.public / "metadata").glob("*.targets.json"), key=lambda path: int(path.name.split(".")[0])
    )
    path.write_bytes(path.read_bytes().replace(b"1.1", b"6.6"))
    with pytest.raises(VerificationError):
        take(updater)
    assert board.journal == Journal()


def test_the_floor_outlives_a_wiped_cache(board, desk, updater, tmp_path):
    desk.publish(1)
    shutil.copytree(desk.repository.public, tmp_path / "old")
    desk.publish(2)
    take(updater)
    board.child.start()
    board.launcher.watch(board.child)
    for path in (board.layout.metadata, board.layout.cache):
        board.disk.remove_tree(path)
    old = Updater(board.layout, [FolderSource(tmp_path / "old")], "stable")
    with old.alone(), pytest.raises(VerificationError) as refused:
        old.check()
    assert refused.value.attack == "rollback"
    for path in (board.layout.floors, board.layout.journal):
        path.write_bytes(b"")
        path.with_name(f"{path.name}.bak").write_bytes(b"")
    for path in (board.layout.metadata, board.layout.cache):
        board.disk.remove_tree(path)
    with old.alone(), pytest.raises(VerificationError) as refused:  # and a wiped floor: by what runs
        old.check()
    assert refused.value.attack == "rollback"


def test_waiting_ends_with_the_launcher_or_if_nobody_comes(board, updater):
    records.write_journal(board.layout, board.disk, Journal(State.ARMED, "2-0000000b", version="1.2"))
    waited = []
    assert updater.wait(pause=waited.append).state is State.ARMED
    assert sum(waited) == pytest.approx(20.0, abs=0.3)

    def commit(_seconds):
        records.write_journal(board.layout, board.disk, Journal())

    assert updater.wait(pause=commit).state is State.IDLE
    assert threading.active_count() < 10
