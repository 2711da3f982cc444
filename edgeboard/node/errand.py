"""The errand of a board that wants into a mesh: it asks, and writes down what it is given.

A board that was put out comes back as a new one: its key never counts again, so it asks with another, and the key
before is kept aside. Rules of this file: nothing is written before somebody has let the board in, and the key first of
all, so that a power cut leaves a board which may ask again with the same invitation.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeboard.errors import CloseCode, DecodeError, RefusedError, TransportError, UserError
from edgeboard.identity.invitations import FILE_MAX, Invitation, decode_file
from edgeboard.identity.joining import Admitted
from edgeboard.identity.keyfile import renew_key, set_mesh, set_peers
from edgeboard.identity.keys import SEED_BYTES, NodeKey
from edgeboard.identity.pairing import read_code
from edgeboard.ids import NodeId
from edgeboard.signaling.joiner import join_by_code, join_by_invitation

Look = Callable[..., Mapping[NodeId, tuple[str, ...]]]  # as discovery.neighbours.look_around


@dataclass(frozen=True, slots=True)
class Entry:
    """A board was let in.

    Attributes:
        seed: of the new key with which it was; None if with the one that it had.
    """

    admitted: Admitted
    seed: bytes | None = None

    def settle(self, state: Path) -> str:
        """Make this board a member from its next start on; the file where its key before is kept, or nothing.

        Raises:
            UserError: it cannot be written.
        """
        kept = "" if self.seed is None else renew_key(state, self.seed).name
        set_peers(state, self.admitted.peers)
        set_mesh(state, self.admitted.membership)
        return kept

    def as_fields(self, kept: str, *, known: bool = False) -> dict[str, object]:
        """What is told of it; `kept` is what `settle` gave."""
        member = self.admitted.membership
        return {
            "mesh": member.charter.name, "role": member.grant.role.name.lower(), "known": known, "kept_key": kept,
        }  # fmt: skip


def refuse_to_leave(mesh: str) -> str:
    """What a board says that was not told to leave its mesh."""
    return (
        f"this board is in the mesh {mesh} already; to leave it for another one, or to come back into it after this "
        "board was put out, add --leave"
    )


def enter(text: str, key: NodeKey, peers: tuple[str, ...], look: Look | None = None) -> Entry:
    """Ask as `ask_to_join`, and if this key was put out, once more with a new one. Blocks; raises as that."""
    try:
        return Entry(ask_to_join(text, key, peers, look))
    except RefusedError as error:
        if error.code is not CloseCode.REVOKED or f"board {key.node_id.hex()[:8]} was put out" not in str(error):
            raise
    seed = secrets.token_bytes(SEED_BYTES)
    return Entry(ask_to_join(text, NodeKey(seed), peers, look), seed)


def ask_to_join(text: str, key: NodeKey, peers: tuple[str, ...], look: Look | None = None) -> Admitted:
    """Ask with an invitation or with a code, whichever it is. Blocks.

    Who has not been told where to ask, or finds nobody there, looks around on the network.

    Raises:
        DecodeError: neither an invitation nor a code. RefusedError, TransportError: as whoever was asked says.
    """
    try:
        code = read_code(text)
    except DecodeError:
        invitation = Invitation.from_text(text)
    else:
        around = look() if look is not None and not peers else {}
        return join_by_code(code, key, (*peers, *(urls[0] for urls in around.values())))
    try:
        return join_by_invitation(invitation, key, peers)
    except (RefusedError, TransportError) as error:
        if isinstance(error, RefusedError) and error.code is not CloseCode.FORBIDDEN:
            raise
        urls = () if look is None else look(wanted=invitation.issuer).get(invitation.issuer, ())
        if not urls:
            raise
        return join_by_invitation(invitation, key, urls)


def read_join_file(path: Path) -> str | None:
    """The invitation in a file; None if there is no such file.

    Raises:
        UserError: it cannot be read, or holds none.
    """
    try:
        with path.open("rb") as file:
            text = decode_file(file.read(FILE_MAX))
        Invitation.from_text(text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except DecodeError as error:
        raise UserError(f"{path} holds no invitation: {error}") from None
    return text
