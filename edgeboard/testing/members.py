"""Meshes that need no disk and no dice: the same members for the same words, for tests and measurements."""

import hashlib
from pathlib import Path
from typing import final

from edgeboard.identity.credentials import Credentials
from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import load_or_create_key, set_mesh
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Issuer, Membership, found_mesh


@final
class TestMesh:
    """A mesh whose key anybody can compute from its name."""

    __test__ = False  # not a test, for pytest

    def __init__(self, name: str) -> None:
        self.key = NodeKey(_hash(f"mesh {name}"))
        self.founder = NodeKey(_hash(f"founder of {name}"))
        self.founded = found_mesh(self.key, name, self.founder.public_key, _hash(f"secret of {name}"), 0)
        self.issuer = Issuer(self.founded.mesh, self.key, None)

    def member(self, key: NodeKey, role: Role = Role.DRAW, issuer: Issuer | None = None) -> Membership:
        """What a node of this mesh holds."""
        serial = int.from_bytes(key.node_id[:8], "big")
        grant = (issuer or self.issuer).admit(key.public_key, role, serial)
        return Membership(self.founded.charter, self.founded.secret, grant)

    def credentials(self, key: NodeKey, boot: bytes = bytes(8), role: Role = Role.DRAW) -> Credentials:
        """What it shows to others."""
        return Credentials(key, self.member(key, role), boot)

    def admin(self, key: NodeKey) -> Issuer:
        """What an admin signs with."""
        return Issuer(self.founded.mesh, key, self.member(key, Role.ADMIN).grant)

    def admit(self, state_dir: Path, role: Role = Role.DRAW) -> Membership:
        """Make the node of a state directory a member."""
        member = self.member(load_or_create_key(state_dir), role)
        set_mesh(state_dir, member)
        return member


def _hash(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()
