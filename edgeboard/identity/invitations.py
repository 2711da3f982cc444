"""Invitations: what lets a board into a mesh once, and the book that an admin's node keeps of those it has given out.

An invitation ends when as many boards as it was meant for have come, when it is taken back, or when its time is up by
the clock of the board that made it; a joiner's clock is never asked. The time that is left is what is kept, so a
restart neither ends nor renews one. Who asks again with the same node key is the same board, and not counted twice.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self, final

from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError
from edgeboard.identity.grants import Role
from edgeboard.identity.trust import MESH_ID_BYTES
from edgeboard.ids import MeshId, NodeId

TOKEN_BYTES = 16
TOKEN_ID_BYTES = 8
BOARDS_MAX = 1_000  # of one invitation
INVITATIONS_MAX = 64  # that are remembered, with those that have ended
SECONDS_MAX = 30 * 86_400.0
URLS_MAX = 8
FILE_MAX = 32_768  # bytes of a file with an invitation that are read

PREFIX = "ebi1-"
_CHECKSUM_BYTES = 4
_NODE_ID_BYTES = 16
_FIXED = MESH_ID_BYTES + _NODE_ID_BYTES + TOKEN_BYTES
_FILE = """\
# This file lets an edgeboard board join the mesh "{name}".
# Put it beside the system's boot files as edgeboard-join.txt (on a Raspberry Pi: the partition that every computer can
# read), or hand it over: edgeboard join edgeboard-join.txt
# Whoever has it can join until it is used up, taken back or out of time; then it is worth nothing and can be removed.
{text}
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What is handed to a new board."""

    mesh: MeshId
    issuer: NodeId
    token: bytes = field(repr=False)
    urls: tuple[str, ...]  # of the board that made it

    @property
    def token_id(self) -> bytes:
        return token_id(self.token)

    def to_text(self) -> str:
        """One word of small letters and digits; whoever reads it may join."""
        body = self.mesh + self.issuer + self.token
        for url in self.urls[:URLS_MAX]:
            body += len(url.encode()).to_bytes(1, "big") + url.encode()
        return PREFIX + base64.b32encode(body + _checksum(body)).decode().lower().rstrip("=")

    def to_file(self, name: str) -> str:
        """The text of a file for the boot partition; `name` is that of the mesh."""
        return _FILE.format(name=name, text=self.to_text())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` or `to_file` wrote; capitals, blanks and lines of comment do not matter.

        Raises:
            DecodeError: not of that form, or mistyped.
        """
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        encoded = "".join("".join(lines).split()).lower()
        if not encoded.startswith(PREFIX):
            raise DecodeError(f"an invitation starts with {PREFIX}")
        encoded = encoded.removeprefix(PREFIX)
        try:
            data = base64.b32decode(encoded.upper() + "=" * (-len(encoded) % 8))
        except (binascii.Error, ValueError):
            raise DecodeError("an invitation has letters a to z and digits 2 to 7 only") from None
        body, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
        if len(body) < _FIXED or checksum != _checksum(body):
            raise DecodeError("an invitation is mistyped or cut short: its checksum does not hold")
        at = MESH_ID_BYTES + _NODE_ID_BYTES
        return cls(
            MeshId(body[:MESH_ID_BYTES]), NodeId(body[MESH_ID_BYTES:at]), body[at:_FIXED],
            tuple(_read_urls(body[_FIXED:])),
        )  # fmt: skip


def decode_file(data: bytes) -> str:
    """The text of a file that was written by any editor or shell: UTF-8, or what its byte order mark says."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, errors="replace")
    return data.decode("utf-8", errors="replace")


def token_id(token: bytes) -> bytes:
    """8 bytes that name a token and do not give it away."""
    return hashlib.sha256(b"edgeboard-invitation-1" + token).digest()[:TOKEN_ID_BYTES]


@dataclass(slots=True)
class Given:
    """An invitation as the board keeps it that has made it."""

    token_id: bytes
    token: bytes = field(repr=False)
    role: Role
    boards: int  # that it is meant for
    ends: float  # monotonic
    admitted: dict[bytes, int] = field(default_factory=dict)  # node key to the serial of its grant
    is_revoked: bool = False
    is_lasting: bool = True  # outlives a restart

    def state(self, now: float) -> str:
        """`open`, or why it is not."""
        if self.is_revoked:
            return "revoked"
        if len(self.admitted) >= self.boards:
            return "used up"
        return "open" if now < self.ends else "out of time"


@final
class Invitations:
    """The book of one board."""

    def __init__(self) -> None:
        self._given: dict[bytes, Given] = {}

    def give(
        self,
        token: bytes,
        role: Role,
        boards: int,
        seconds: float,
        now: float,
        *,
        name: bytes = b"",
        lasting: bool = True,
    ) -> Given:
        """Make an invitation out of 16 random bytes; `name` is its id, if that is not to follow from the token.

        Raises:
            LimitError: too many are open, or it is for too many or for too long.
        """
        if not 1 <= boards <= BOARDS_MAX or not 0 < seconds <= SECONDS_MAX:
            raise LimitError(f"an invitation is for 1 to {BOARDS_MAX} boards and for at most 30 days")
        self._make_room(now)
        given = Given(name or token_id(token), token, role, boards, now + seconds, is_lasting=lasting)
        self._given[given.token_id] = given
        return given

    def find(self, name: bytes) -> Given:
        """Raises: RefusedError: there is none of that id (FORBIDDEN)."""
        given = self._given.get(name)
        if given is None:
            raise RefusedError(CloseCode.FORBIDDEN, "this board knows no such invitation; ask for a new one")
        return given

    def admit(self, given: Given, public_key: bytes, serial: int, now: float) -> int:
        """Count a node that has proved the token; the serial for its grant, which is the old one if it asks again.

        Raises:
            RefusedError: used up, revoked or out of time (FORBIDDEN).
        """
        state = given.state(now)
        if state == "used up" and public_key in given.admitted and now < given.ends:
            state = "open"
        if state != "open":
            raise RefusedError(CloseCode.FORBIDDEN, f"this invitation is {state}; ask for a new one")
        return given.admitted.setdefault(public_key, serial)

    def revoke(self, name: bytes) -> Given:
        """Take one back; raises as `find`."""
        given = self.find(name)
        given.is_revoked = True
        return given

    def forget(self, name: bytes) -> None:
        self._given.pop(name, None)

    def describe(self, now: float) -> list[dict[str, Any]]:
        """What `edgeboard mesh invitations` shows."""
        return [
            {
                "id": given.token_id.hex(),
                "role": given.role.name.lower(),
                "boards": given.boards,
                "used": len(given.admitted),
                "left_s": round(max(0.0, given.ends - now)),
                "state": given.state(now),
            }
            for given in self._given.values()
            if given.is_lasting
        ]

    def to_json(self, now: float) -> str:
        """What is kept over a restart, with the time that is left."""
        rows = [
            {
                "token": given.token.hex(),
                "role": int(given.role),
                "boards": given.boards,
                "left_s": max(0.0, given.ends - now),
                "admitted": {key.hex(): serial for key, serial in given.admitted.items()},
                "revoked": given.is_revoked,
            }
            for given in self._given.values()
            if given.is_lasting
        ]
        return json.dumps({"invitations": rows}, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes, now: float) -> Self:
        """Read what `to_json` wrote.

        Raises:
            DecodeError: not that.
        """
        book = cls()
        try:
            for row in json.loads(text)["invitations"]:
                token = bytes.fromhex(row["token"])
                admitted = {bytes.fromhex(key): int(serial) for key, serial in row["admitted"].items()}
                given = Given(
                    token_id(token), token, Role(row["role"]), int(row["boards"]), now + float(row["left_s"]), admitted,
                    row["revoked"] is True,
                )  # fmt: skip
                book._given[given.token_id] = given
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise DecodeError("the invitations that were kept are damaged") from None
        return book

    def _make_room(self, now: float) -> None:
        """What has ended goes first, the oldest of it; raises LimitError if nothing has."""
        if len(self._given) < INVITATIONS_MAX:
            return
        ended = next((name for name, given in self._given.items() if given.state(now) != "open"), None)
        if ended is None:
            raise LimitError(
                f"{INVITATIONS_MAX} invitations are open; take some back with: edgeboard mesh invite --revoke ID"
            )
        del self._given[ended]


def _read_urls(data: bytes) -> Iterator[str]:
    at = 0
    while at < len(data):
        size = data[at]
        try:
            url = data[at + 1 : at + 1 + size].decode()
        except UnicodeDecodeError:
            url = ""
        if len(data) < at + 1 + size or not url.startswith(("http://", "https://")):
            raise DecodeError("an invitation has an address that is none")
        yield url
        at += 1 + size


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECKSUM_BYTES]
