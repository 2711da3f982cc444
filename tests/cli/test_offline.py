"""Rooms without a node: looked at, exported, imported, under the lock."""

import json
import signal

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.cli.control import ask_json
from edgeboard.cli.offline import importing, offline
from edgeboard.errors import DecodeError, UserError
from edgeboard.identity.keyfile import load_or_create_key, load_or_found_mesh, next_boot
from edgeboard.ids import AuthorTag, MeshId, Origin, PersonId, room_id
from edgeboard.oplog.codec import encode_stroke
from edgeboard.ports import StoredRoom
from edgeboard.rooms.archive import export_room
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.statedir import StateDirectory
from edgeboard.web.exports import Wanted


def archive(strokes=3):
    """A room drawn elsewhere, as a file."""
    document, maker = Document(), Maker(Origin(7))
    document.own(Origin(7), PersonId(b"p" * 16))
    for entry in range(strokes):
        ink = encode_stroke(0, 4, 24, Stroke(20, [0, 200], [entry * 100, entry * 100]))
        op = maker.make(Add(0, 0, ItemType.STROKE, ink), document.lamport)
        document.apply(op, Place(AuthorTag(b"a" * 8), entry))
    return json.dumps(export_room("elsewhere", document)).encode(), document


@pytest.fixture
def state(tmp_path):
    """A state directory whose node has stopped, with one empty room and one of another mesh."""
    with StateDirectory.open(tmp_path / "node") as held:
        load_or_create_key(held.path)
        mesh = load_or_found_mesh(held.path, "board").mesh
        store = SqliteStore(held.database)
        store.add_room(StoredRoom(room_id(mesh, "lobby"), mesh, "lobby"))
        other = MeshId(b"another mesh ...")
        store.add_room(StoredRoom(room_id(other, "theirs"), other, "theirs"))
        store.close()
    return tmp_path / "node"


def test_the_rooms_of_this_mesh_are_there(state):
    with offline(state) as rooms:
        assert rooms.names() == ["lobby"]
        (room,) = rooms.rooms()
    assert (room["name"], room["state"], room["items"], room["ops"]) == ("lobby", "closed", 0, 0)


def test_an_import_is_durable_and_harmless_when_repeated(state):
    data, document = archive()
    with importing(state) as importer:
        assert importer.import_json("lobby", data) == {
            "room": "lobby",
            "taken": 3,
            "known": 0,
            "refused": [],
            "skipped": [],
            "images": 0,
        }
    with importing(state) as importer:
        assert importer.import_json("lobby", data) == {
            "room": "lobby",
            "taken": 0,
            "known": 3,
            "refused": [],
            "skipped": [],
            "images": 0,
        }
    with offline(state) as rooms:
        (room,) = rooms.rooms()
        assert room["digest"] == document.digest().hex()
        log = rooms.log("lobby")
        assert [author["ops"] for author in log["authors"]] == [3]
        assert log["people"][0]["did"] == {"add stroke": 3}
        assert rooms.export("lobby", Wanted("svg")).data.count(b"<path") == 3
        assert rooms.export("lobby", Wanted("svg", page=1)).data.count(b"<path") == 0
        assert [op["id"] for op in json.loads(rooms.export("lobby", Wanted("json")).data)["ops"]] == [
            f"0000000000000007:{number}" for number in (1, 2, 3)
        ]


def test_each_import_that_logs_something_is_a_boot_of_its_own(state):
    first = next_boot(state)
    with importing(state) as importer:
        importer.import_json("one", archive()[0])
        importer.import_json("two", archive()[0])
    with offline(state) as rooms:
        authors = [rooms.log(name)["authors"][0]["boot"] for name in ("one", "two")]
    assert first < authors[0] < authors[1]
    before = next_boot(state)
    with offline(state) as rooms:
        rooms.rooms()
    assert next_boot(state) == before + 1


def test_a_room_that_is_not_there_is_one_line(state):
    with offline(state) as rooms:
        for question in (rooms.log, lambda name: rooms.export(name, Wanted("json"))):
            with pytest.raises(UserError, match=r"has no room 'theirs'; list them with: edgeboard rooms --state"):
                question("theirs")


def test_a_malformed_archive_leaves_nothing_behind(state):
    with importing(state) as importer, pytest.raises(DecodeError):
        importer.import_json("new", archive()[0][:-5])
    with offline(state) as rooms:
        assert rooms.names() == ["lobby"]


def test_where_no_node_has_been_nothing_is_made(tmp_path):
    for use in (offline, importing):
        with pytest.raises(UserError, match="no node has kept anything in"), use(tmp_path / "typo"):
            pass
    assert not (tmp_path / "typo").exists()


def test_what_a_node_uses_is_not_changed_by_others(state):
    with (
        StateDirectory.open(state),
        pytest.raises(UserError, match=r"is in use by a node .process .*: stop it first, or, if it is just starting"),
        importing(state),
    ):
        pass


def test_who_looks_needs_no_lock_and_stops_no_node(state):
    with importing(state) as importer:
        importer.import_json("drawn", archive()[0])
    with StateDirectory.open(state), offline(state) as rooms:
        assert rooms.names() == ["drawn", "lobby"]
    with offline(state) as rooms:
        assert rooms.export("drawn", Wanted("svg")).data.count(b"<path") == 3
        with StateDirectory.open(state) as held:  # a node starts meanwhile, writes, and stops
            store = SqliteStore(held.database)
            mesh = load_or_found_mesh(held.path, "board").mesh
            store.add_room(StoredRoom(room_id(mesh, "later"), mesh, "later"))
            store.close()
        assert rooms.names() == ["drawn", "later", "lobby"]


def test_a_node_starts_while_somebody_looks(state, start_node):
    with offline(state) as rooms:
        assert rooms.names() == ["lobby"]
        node = start_node("node")
        assert "lobby" in [room["name"] for room in ask_json(state, "/control/rooms")]
        node.stop(signal.SIGKILL)
        # soon after its start, which may be before it was killed, a node takes over the rooms of the mesh before
        assert rooms.names() in (["lobby"], ["lobby", "theirs"])
    with offline(state) as rooms:  # what is left of a killed node
        assert rooms.names() in (["lobby"], ["lobby", "theirs"])
    assert start_node("node").stop() == 0


def test_who_looks_leaves_no_key_and_no_mesh_behind(state):
    (state / "mesh.json").unlink()
    (state / "mesh.key").unlink()
    (state / "node.key").unlink()
    with pytest.raises(UserError, match="no node has kept anything in"), offline(state):
        pass
    assert {path.name for path in state.iterdir()} <= {"lock", "reserve", "edgeboard.db"}
