"""Batches for tests of stores; their bytes are made up, for a store never looks into them."""

from edgeboard.ids import AuthorTag, MeshId, RoomId
from edgeboard.ports import StoredBatch, StoredRoom

ROOM = RoomId(b"room-one........")
OTHER_ROOM = RoomId(b"room-two........")
ANN = AuthorTag(b"ann.....")
BOB = AuthorTag(b"bob.....")
HALL = StoredRoom(ROOM, MeshId(b"mesh............"), "hall")


def batch(first, author=ANN, room=ROOM, size=100):
    return StoredBatch(room, author, first, 1, (b"%s %d " % (author, first) * size)[:size])


def batches(count, author=ANN, room=ROOM, size=100):
    return [batch(first, author, room, size) for first in range(count)]
