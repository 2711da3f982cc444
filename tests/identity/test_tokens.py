"""Tokens: what holds, and every way in which one does not."""

import base64
import json

import jwt
import pytest

from edgeboard.errors import DecodeError
from edgeboard.identity.grants import Role
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.tokens import TOKEN_MAX, Token, read_token, write_token
from edgeboard.ids import MeshId

KEY, OTHER = NodeKey(b"k" * 32), NodeKey(b"o" * 32)
MESH = MeshId(b"m" * 16)
TOKEN = Token(b"t" * 16, MESH, KEY.node_id, "数学", Role.VIEW)


def read(text: str, key: NodeKey = KEY, mesh: MeshId = MESH) -> Token:
    return read_token(text, key.public, mesh, key.node_id)


def claims(**changed: object) -> dict[str, object]:
    known = {"iss": KEY.node_id.hex(), "aud": MESH.hex(), "jti": "74" * 16, "room": "lobby", "role": "draw"}
    return {name: value for name, value in (known | changed).items() if value is not None}


def encoded(fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


@pytest.mark.parametrize("role", [Role.VIEW, Role.DRAW])
def test_what_a_board_has_signed_it_reads(role) -> None:
    token = Token(TOKEN.id, MESH, KEY.node_id, "数学", role)
    text = write_token(token, KEY.private)
    assert len(text) < TOKEN_MAX
    assert read(text) == token


def test_a_token_says_nothing_of_dates_and_one_that_does_is_not_judged_by_them() -> None:
    said = jwt.decode(write_token(TOKEN, KEY.private), options={"verify_signature": False})
    assert not {"exp", "iat", "nbf"} & said.keys()
    long_ago = jwt.encode(claims(exp=1, nbf=4_000_000_000), KEY.private, algorithm="EdDSA")
    assert read(long_ago).room == "lobby"  # when it ends is in the book of its board


@pytest.mark.parametrize(
    "text",
    [
        jwt.encode(claims(), None, algorithm="none"),
        f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims())}.",
        f"{encoded({'alg': 'None'})}.{encoded(claims())}.",
        jwt.encode(claims(), "a secret that is long enough for HMAC", algorithm="HS256"),
        jwt.encode(claims(), KEY.public_key + b"as if it were a secret", algorithm="HS256"),
        jwt.encode(claims(), OTHER.private, algorithm="EdDSA"),
        jwt.encode(claims(aud=("n" * 16).encode().hex()), KEY.private, algorithm="EdDSA"),
        jwt.encode(claims(iss=OTHER.node_id.hex()), KEY.private, algorithm="EdDSA"),
        *(jwt.encode(claims(**{name: None}), KEY.private, algorithm="EdDSA") for name in claims()),
        jwt.encode(claims(role="admin"), KEY.private, algorithm="EdDSA"),
        jwt.encode(claims(role=["draw"]), KEY.private, algorithm="EdDSA"),
        jwt.encode(claims(room=5), KEY.private, algorithm="EdDSA"),
        jwt.encode(claims(jti="74"), KEY.private, algorithm="EdDSA"),
        jwt.encode(claims(jti="zz" * 16), KEY.private, algorithm="EdDSA"),
        jwt.encode(claims(room="r" * 2_000), KEY.private, algorithm="EdDSA"),
        "",
        "x",
        "a.b.c",
        "." * 50,
    ],
)
def test_what_is_altered_unsigned_or_anothers_does_not_hold(text) -> None:
    with pytest.raises(DecodeError, match="does not hold"):
        read(text)


def test_no_claim_can_be_changed_behind_the_signature() -> None:
    head, body, signature = write_token(TOKEN, KEY.private).split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    with pytest.raises(DecodeError):
        read(f"{head}.{encoded(said | {'role': 'draw'})}.{signature}")
    with pytest.raises(DecodeError):
        read(f"{encoded({'alg': 'EdDSA', 'jwk': {'kty': 'OKP'}})}.{encoded(said | {'role': 'draw'})}.{signature}")
