"""Members for tests of the mesh: keys of hashes, signatures of hashes, dice from a seed."""

import hashlib
import random

from edgeboard.ids import MeshId, NodeId, node_id
from edgeboard.mesh.values import Oneself
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify
from edgeboard.wire.members import About, Neighbour, Record, sign_record

MESH = MeshId(b"mesh of the test")


def key_of(number: int) -> bytes:
    return hashlib.sha256(f"member {number}".encode()).digest()


def node_of(number: int) -> NodeId:
    return node_id(key_of(number))


def boot_of(number: int) -> bytes:
    return number.to_bytes(4, "big") + b"dice"


def oneself(number: int = 0, seed: int = 1) -> Oneself:
    key, dice = key_of(number), random.Random(seed).random
    return Oneself(MESH, key, boot_of(1), f"node {number}", "test", stand_in_sign(key), stand_in_verify, dice)


def record_of(number: int, *neighbours: int, count: int = 1, boot: int = 1, urls: tuple[str, ...] = ()) -> Record:
    """What member `number` says of itself: that it hears these."""
    key = key_of(number)
    about = About(f"node {number}", "test", urls, tuple(Neighbour(node_of(other), 1) for other in neighbours))
    return sign_record(MESH, key, boot_of(boot), count, about, stand_in_sign(key))
