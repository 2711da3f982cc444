"""Rooms without a node: looked at, exported, imported, under the lock."""

import json

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.cli.offline import keep_rooms, offline
from edgeboard.errors import DecodeError, UserError
from edgeboard.identity.keyfile import load_or_create_key, load_or_create_mesh, next_boot
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
        mesh = load_or_create_mesh(held.path).mesh
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
    with offline(state) as rooms:
        assert rooms.import_json("lobby", data) == {
            "room": "lobby",
            "taken": 3,
            "known": 0,
            "refused": [],
            "skipped": [],
            "images": 0,
        }
    with offline(state) as rooms:
        assert rooms.import_json("lobby", data) == {
            "room": "lobby",
            "taken": 0,
            "known": 3,
            "refused": [],
            "skipped": [],
            "images": 0,
        }
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
    with offline(state) as rooms:
        rooms.import_json("one", archive()[0])
        rooms.import_json("two", archive()[0])
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
    with offline(state) as rooms, pytest.raises(DecodeError):
        rooms.import_json("new", archive()[0][:-5])
    with offline(state) as rooms:
        assert rooms.names() == ["lobby"]


def test_where_no_node_has_been_nothing_is_made(tmp_path):
    with pytest.raises(UserError, match="no node has kept anything in"), offline(tmp_path / "typo"):
        pass
    assert not (tmp_path / "typo").exists()


def test_a_running_node_keeps_its_rooms_to_itself(state):
    with (
        StateDirectory.open(state),
        pytest.raises(UserError, match="is in use by another node"),
        offline(state),
    ):
        pass


def test_rooms_with_ink_are_kept_as_archives(state):
    with offline(state) as rooms:
        rooms.import_json("drawn", archive()[0])
    with StateDirectory.open(state) as held:
        (path,) = keep_rooms(held)
    assert path.name == "drawn.json"
    assert len(json.loads(path.read_text())["ops"]) == 3
    with StateDirectory.open(state.parent / "new") as held:
        assert keep_rooms(held) == []
