"""The state directory, its disk, the keys, the database and the clock, sound and broken."""

import os
import sqlite3
from collections import namedtuple
from dataclasses import replace

import pytest

from edgeboard.cli import surroundings
from edgeboard.cli.findings import Level
from edgeboard.cli.surroundings import check_clock, check_database, check_disk, check_keys, check_mesh, check_state
from edgeboard.identity.charter import Kind
from edgeboard.identity.keyfile import (
    enrol,
    load_issuer,
    load_mesh,
    load_or_create_key,
    load_or_found_mesh,
    set_mesh,
)
from edgeboard.ids import AuthorTag, MeshId, RoomId
from edgeboard.ports import StoredBatch, StoredRoom
from edgeboard.storage.sqlite import SqliteStore

Disk = namedtuple("Disk", "f_bavail f_frsize f_files f_favail", defaults=(1 << 20, 4096, 0, 0))
ROOM = RoomId(b"r" * 16)


@pytest.fixture
def state(tmp_path):
    place = tmp_path / "state"
    place.mkdir(mode=0o700)
    return place


def levels(findings):
    return {(found.check, found.level.value) for found in findings}


def only(findings, level):
    (found,) = [found for found in findings if found.level is level]
    return found


# -- the directory


def test_a_directory_of_ones_own_is_well(state):
    assert levels(check_state(state)) == {("state", "ok")}


def test_a_directory_that_is_not_there_yet_is_well_and_is_not_made(state):
    assert levels(check_state(state / "a" / "b")) == {("state", "ok")}
    assert not (state / "a").exists()


def test_a_file_in_its_place_is_a_problem(state):
    (state / "file").touch()
    assert "not a directory" in only(check_state(state / "file"), Level.PROBLEM).text
    assert only(check_state(state / "file" / "below"), Level.PROBLEM).remedy


def test_a_directory_that_others_may_look_into_is_a_warning(state):
    state.chmod(0o755)
    assert only(check_state(state), Level.WARNING).remedy == f"run chmod 700 {state}"


def test_a_directory_of_somebody_else_is_a_problem(state, monkeypatch):
    monkeypatch.setattr(surroundings.os, "access", lambda path, how: False)
    assert "may not write" in only(check_state(state), Level.PROBLEM).text
    assert "cannot make it" in only(check_state(state / "new"), Level.PROBLEM).text


# -- the disk


def test_a_sound_disk_is_well_and_nothing_stays_behind(state):
    found = list(check_disk(state))
    assert not [each for each in found if each.level is Level.PROBLEM]
    assert {each.check for each in found} >= {"space", "sync", "wal"}
    assert list(state.iterdir()) == []


@pytest.mark.parametrize(
    ("disk", "level"),
    [
        (Disk(1 << 20), Level.OK),
        (Disk(10_000), Level.WARNING),
        (Disk(1_000), Level.PROBLEM),
        (Disk(1 << 20, 4096, 100_000, 10), Level.WARNING),
        (Disk(1 << 20, 4096, 0, 0), Level.OK),  # btrfs counts no files
    ],
)
def test_space_is_judged(state, monkeypatch, disk, level):
    monkeypatch.setattr(surroundings.os, "statvfs", lambda path: disk)
    (found,) = [each for each in check_disk(state) if each.check == "space"]
    assert found.level is level
    assert found.values == {"free_bytes": disk.f_bavail * disk.f_frsize}


@pytest.mark.parametrize(
    ("kind", "options", "level", "word"),
    [
        ("nfs4", "rw", "problem", "network file system"),
        ("tmpfs", "rw", "warning", "gone with the power"),
        ("vfat", "rw", "warning", "knows no owners"),
        ("ext4", "ro,noatime", "problem", "read-only"),
    ],
)
def test_file_systems_that_do_not_fit_are_named(state, monkeypatch, tmp_path, kind, options, level, word):
    table = f"/dev/a / ext4 rw 0 0\n/dev/b {str(tmp_path).replace(' ', chr(92) + '040')} {kind} {options} 0 0\n"
    (tmp_path / "mounts").write_text(table)
    monkeypatch.setattr(surroundings, "MOUNTS", tmp_path / "mounts")
    (found,) = [each for each in check_disk(state) if each.check == "disk"]
    assert found.level.value == level
    assert word in found.text


def test_the_mount_on_top_counts_and_spaces_are_understood(tmp_path, monkeypatch):
    place = tmp_path / "a b"
    place.mkdir()
    name = str(place).replace(" ", "\\040")
    (tmp_path / "mounts").write_text(f"x / ext4 rw 0 0\ny {name} xfs rw 0 0\nz {name} f2fs rw,sync 0 0\nshort\n")
    monkeypatch.setattr(surroundings, "MOUNTS", tmp_path / "mounts")
    assert surroundings.filesystem(place) == ("f2fs", ("rw", "sync"))
    monkeypatch.setattr(surroundings, "MOUNTS", tmp_path / "none")
    assert surroundings.filesystem(place) == ("", ())


@pytest.mark.parametrize(("seconds", "level"), [(0.0, "ok"), (0.2, "warning"), (2.0, "problem")])
def test_a_disk_that_takes_its_time_is_judged(state, monkeypatch, seconds, level):
    clock = iter(number * seconds for number in range(10_000))
    monkeypatch.setattr(surroundings.time, "perf_counter", lambda: next(clock))
    assert ("sync", level) in levels(check_disk(state))


def test_a_disk_without_wal_is_a_problem(state, monkeypatch):
    class Connection(sqlite3.Connection):
        def execute(self, text, *rest):
            return super().execute(text.replace("journal_mode = WAL", "journal_mode = DELETE"), *rest)

    connect = sqlite3.connect
    monkeypatch.setattr(surroundings.sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Connection))
    found = only(check_disk(state), Level.PROBLEM)
    assert (found.check, "it uses delete" in found.text) == ("wal", True)


def test_a_full_disk_is_a_problem(state, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(surroundings.os, "fsync", fail)
    assert "No space left" in only(check_disk(state), Level.PROBLEM).text
    assert list(state.iterdir()) == []


# -- the database


@pytest.fixture
def database(state):
    store = SqliteStore(state / "edgeboard.db")
    store.add_room(StoredRoom(ROOM, MeshId(b"m" * 16), "lobby"))
    for first in range(200):
        store.write([StoredBatch(ROOM, AuthorTag(b"a" * 8), first, 1, bytes(2_000))])
    store.close()
    return state / "edgeboard.db"


def test_no_database_is_well(state):
    assert levels(check_database(state)) == {("database", "ok")}


def test_a_sound_database_is_counted_and_left_alone(state, database):
    before = {path.name: path.read_bytes() for path in state.iterdir()}
    found = only(check_database(state), Level.OK)
    assert "1 rooms, 200 batches" in found.text
    assert {path.name: path.read_bytes() for path in state.iterdir()} == before


def test_a_database_that_is_in_use_is_read_with_what_its_log_holds(state, database):
    store = SqliteStore(database)
    store.write([StoredBatch(ROOM, AuthorTag(b"b" * 8), 0, 1, b"x")])
    assert "201 batches" in only(check_database(state), Level.OK).text
    store.write([StoredBatch(ROOM, AuthorTag(b"b" * 8), 1, 1, b"x")])
    assert store.statistics().repairs == 0
    store.close()


@pytest.mark.parametrize("at", [0, 20_000, 200_000])
def test_a_damaged_database_is_a_problem_with_a_way_out(state, database, at):
    data = bytearray(database.read_bytes())
    data[at : at + 4096] = os.urandom(4096)
    database.write_bytes(data)
    found = only(check_database(state), Level.PROBLEM)
    assert "is damaged" in found.text
    assert "start the node" in found.remedy
    assert database.read_bytes() == data


def test_what_was_set_aside_is_told(state, database):
    (state / "edgeboard.db.damaged-1").touch()
    assert "0 damaged rows and 1 damaged files" in only(check_database(state), Level.WARNING).text


def test_a_database_of_another_program_is_not_ours(state):
    connection = sqlite3.connect(state / "edgeboard.db")
    connection.execute("PRAGMA application_id = 77")
    connection.execute("CREATE TABLE x (y)")
    connection.close()
    assert "another program" in only(check_database(state), Level.PROBLEM).text


# -- the keys


def test_keys_are_looked_at(state):
    assert levels(check_keys(state)) == {("keys", "ok")}
    load_or_create_key(state)
    load_or_found_mesh(state, "board")
    assert levels(check_keys(state)) == {("keys", "ok")}
    (state / "node.key").chmod(0o640)
    assert f"chmod 600 {state / 'node.key'}" in only(check_keys(state), Level.PROBLEM).remedy
    (state / "node.key").chmod(0o600)
    (state / "node.key").write_bytes(b"short")
    assert "5 bytes instead of 32" in only(check_keys(state), Level.PROBLEM).text


# -- the mesh


@pytest.fixture
def member(state, tmp_path):
    """A board that another one has let in."""
    (tmp_path / "other").mkdir(mode=0o700)
    load_or_found_mesh(tmp_path / "other", "school")
    enrol(tmp_path / "other", state)
    return state


def test_a_board_in_a_mesh_is_well_and_one_that_runs_says_so_itself(member):
    assert [found.text for found in check_mesh(member)] == ["it is in the mesh school as draw"]
    assert list(check_mesh(member, is_running=True)) == []
    (member / "mesh.json").chmod(0o644)
    assert list(check_mesh(member)) == []  # check_keys says it


def test_a_damaged_membership_is_a_problem_with_the_remedy_that_run_names(member):
    (member / "mesh.json").write_text('{"mesh": "zz"}')
    found = only(check_mesh(member), Level.PROBLEM)
    assert found.text == f"{member / 'mesh.json'} is damaged; no node starts with it"
    assert found.remedy.startswith("remove it, and join again with an invitation")


def test_keys_that_do_not_belong_to_the_mesh_are_told(member, tmp_path):
    load_or_found_mesh(tmp_path / "home", "home")
    (tmp_path / "home" / "mesh.key").rename(member / "mesh.key")
    assert "is that of another mesh" in list(check_mesh(member))[-1].text
    founder = tmp_path / "other"
    (founder / "mesh.key").write_bytes(bytes(32))
    assert "put the mesh.key of school back" in only(check_mesh(founder), Level.WARNING).remedy
    (member / "node.key").write_bytes(bytes(32))
    assert "edgeboard join INVITATION" in only(check_mesh(member), Level.WARNING).remedy


def test_a_board_that_was_put_out_is_told_the_way_back(member, tmp_path):
    held = load_mesh(member)
    issuer = load_issuer(tmp_path / "other", load_mesh(tmp_path / "other"))
    gone = held.charter.with_revocation(issuer.revoke(Kind.NODE, held.grant.bearer))
    set_mesh(member, replace(held, charter=gone))
    assert "edgeboard join INVITATION" in only(check_mesh(member), Level.PROBLEM).remedy


# -- the clock

NOW = 1_900_000_000.0


def watched(wall_steps, monotonic_steps, synchronised=None, monkeypatch=None, start=NOW):
    """What is found of clocks that go by these steps from one look to the next."""
    at = {"wall": start, "mono": 100.0}

    def go(name, steps):
        def read():
            at[name] += next(steps)
            return at[name]

        return read

    return list(check_clock(go("wall", wall_steps), go("mono", monotonic_steps), lambda seconds: None))


def evenly(step=0.01):
    while True:
        yield step


def jumping(at, by):
    for number in range(1_000):
        yield by if number == at else 0.01


@pytest.fixture
def no_time_service(monkeypatch, tmp_path):
    monkeypatch.setattr(surroundings, "SYNCHRONISED", tmp_path / "timesync" / "synchronized")
    return tmp_path / "timesync"


def test_a_clock_that_is_set_and_even_is_well(no_time_service):
    (found,) = watched(evenly(), evenly())
    assert (found.level, "2030-03-17" in found.text) == (Level.OK, True)


@pytest.mark.parametrize("start", [0.0, -5.0, 1_000_000.0])
def test_a_clock_of_1970_is_not_set(no_time_service, start):
    assert "it is not set" in only(watched(evenly(), evenly(), start=start), Level.WARNING).text


def test_a_time_service_that_has_not_answered_yet_is_a_warning(no_time_service):
    no_time_service.mkdir()
    assert "not been set by the network" in only(watched(evenly(), evenly()), Level.WARNING).text
    (no_time_service / "synchronized").touch()
    assert levels(watched(evenly(), evenly())) == {("clock", "ok")}


@pytest.mark.parametrize("by", [5.0, -3600.0])
def test_a_step_is_seen(no_time_service, by):
    assert "jumped by" in only(watched(jumping(12, by), evenly()), Level.WARNING).text


def test_a_monotonic_clock_that_goes_back_is_a_problem(no_time_service):
    assert "went back" in only(watched(evenly(), jumping(9, -1.0)), Level.PROBLEM).text
