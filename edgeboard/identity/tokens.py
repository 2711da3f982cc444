"""Tokens: links that let somebody into one room of a board, signed with its key: JWT (RFC 7519) with EdDSA (RFC 8037).

A token has no date in it, because boards have no clock: the board that made it knows when it ends, and takes only
its own.
"""

from dataclasses import dataclass
from typing import Any, Final

from edgeboard.errors import DecodeError
from edgeboard.identity.grants import Role
from edgeboard.ids import MeshId, NodeId

TOKEN_ID_BYTES: Final = 16  # the first 8 are those of the node's id, so that a ticket tells whose token it stands for
TOKEN_MAX: Final = 1_024  # characters
ROLES: Final = {"view": Role.VIEW, "draw": Role.DRAW}
_NAMES: Final = {role: name for name, role in ROLES.items()}
_ALGORITHM: Final = "EdDSA"
_NOT_OURS: Final = "The link that let you in does not hold at this board."


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says."""

    id: bytes
    mesh: MeshId
    issuer: NodeId
    room: str
    role: Role


def write_token(token: Token, private_key: Any) -> str:  # noqa: ANN401 - cryptography's, which jwt takes as it is
    """The token as text, signed.

    Args:
        token: what it says.
        private_key: `NodeKey.private` of the issuer.
    """
    import jwt

    claims = {
        "iss": token.issuer.hex(),
        "aud": token.mesh.hex(),
        "jti": token.id.hex(),
        "room": token.room,
        "role": _NAMES[token.role],
    }
    text: str = jwt.encode(claims, private_key, algorithm=_ALGORITHM)
    return text


def read_token(text: str, public_key: Any, mesh: MeshId, issuer: NodeId) -> Token:  # noqa: ANN401 - likewise
    """The token that `write_token` made with this key in this mesh.

    Raises:
        DecodeError: not a token, altered, of another board or mesh, or not signed as ours are.
    """
    import jwt

    if len(text) > TOKEN_MAX:
        raise DecodeError(_NOT_OURS)
    try:
        claims = jwt.decode(
            text,
            public_key,
            algorithms=[_ALGORITHM],  # what the token says of its algorithm counts for nothing
            audience=mesh.hex(),
            issuer=issuer.hex(),
            options={"require": ["iss", "aud", "jti"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        found = bytes.fromhex(claims["jti"])
        room, role = claims["room"], ROLES[claims["role"]]
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError):
        raise DecodeError(_NOT_OURS) from None
    if len(found) != TOKEN_ID_BYTES or not isinstance(room, str):
        raise DecodeError(_NOT_OURS)
    return Token(found, mesh, issuer, room, role)
