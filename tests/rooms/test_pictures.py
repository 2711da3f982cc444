"""Which blobs live images name, followed as the room changes; tests/node/test_attachments.py shows what comes of it."""

from edgeboard.canvas.bodies import Add, Alive, Clear, Context, ItemType
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.values import pack_value
from edgeboard.ids import MeshId, NodeId, Origin, PersonId, author_id, node_id, room_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.rooms.pictures import Pictures
from edgeboard.rooms.room import Room, RoomSettings
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify

MESH, KEY = MeshId(b"m" * 16), b"k" * 32
NODE = node_id(KEY)
A, B = b"a" * 32, b"b" * 32


def image(content, media="image/png", size=100):
    return Add(0, 0, ItemType.IMAGE, pack_value([0, 0, 10, 10, content, media, size]))


class Scene:
    """A room and its pictures."""

    def __init__(self):
        key = room_id(MESH, "lobby")
        self.room = Room(
            MESH, key, "lobby", node=NodeId(NODE), verify=stand_in_verify,
            make_author=lambda room: LocalAuthor(MESH, room, author_id(NODE, 1, 1), KEY, stand_in_sign(KEY)),
            maker=Maker(Origin(7)), person=PersonId(b"p" * 16), settings=RoomSettings(),
        )  # fmt: skip
        self.room.open(0.0)
        self.pictures = Pictures()

    def draw(self, *bodies):
        made = self.room.submit(bodies, 0.0)
        outcome = self.room.flush(0)
        came, went = self.pictures.update(self.room.document, outcome.batches, self.room.log.table, outcome.items)
        return made, came, went


def test_an_image_names_its_blob_while_it_lives():
    scene = Scene()
    (item,), came, went = scene.draw(image(A))
    assert (came, went) == ([A], [])
    assert A in scene.pictures
    assert scene.draw(Alive(item, False))[1:] == ([], [A])
    assert len(scene.pictures) == 0
    assert scene.draw(Alive(item, True))[1:] == ([A], [])
    assert scene.pictures.named() == [A]


def test_a_blob_of_two_items_is_named_until_both_are_gone():
    scene = Scene()
    (one, two), came, _ = scene.draw(image(A), image(A))
    assert came == [A]
    assert scene.draw(Alive(one, False))[1:] == ([], [])
    assert scene.draw(Alive(two, False))[1:] == ([], [A])


def test_a_clear_takes_its_images_and_later_ones_are_spared():
    scene = Scene()
    scene.draw(image(A))
    assert scene.draw(Clear(0, Context(None, scene.room.log.vector())))[1:] == ([], [A])
    assert scene.draw(image(B))[1:] == ([B], [])


def test_what_cannot_be_shown_names_nothing():
    scene = Scene()
    text = Add(0, 0, ItemType.TEXT, pack_value([0, 0, "image/png", 16, 0]))
    odd = [image(A, "image/svg+xml"), image(A, size=0), Add(0, 0, ItemType.IMAGE, b"image/\xc1"), text]
    assert scene.draw(*odd)[1:] == ([], [])
