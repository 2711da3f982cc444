"""Pairing by a code of six digits: SPAKE2, so that nobody can try codes but by asking the board that shows one.

Each meeting is one guess. Both sides come out with a token that is equal if the codes were; the request to join
(`joining`) then proves it, and whoever guessed wrong finds out by being refused. The library computes in pure Python
and not in constant time, which three meetings of two minutes do not give away (docs/decisions/0012).
"""

import hashlib
from collections.abc import Callable
from typing import final

import msgpack

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.invitations import TOKEN_BYTES, TOKEN_ID_BYTES

CODE_DIGITS = 6
CODE_S = 120.0
TRIES = 3
MESSAGE_MAX = 256  # bytes

_FORM = 1
_POINT_BYTES = 33  # the side, and a point of the curve
_JOINER, _MEMBER = b"edgeboard-pair-1 joiner", b"edgeboard-pair-1 member"

Entropy = Callable[[int], bytes]


def read_code(text: str) -> str:
    """The digits of a code as somebody typed it, with blanks or a hyphen or without.

    Raises:
        DecodeError: not six digits.
    """
    digits = "".join(text.split()).replace("-", "")
    if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise DecodeError(f"a code has {CODE_DIGITS} digits")
    return digits


@final
class Pairing:
    """The side that shows a code: it ends after 120 s, three guesses, or one board."""

    def __init__(self, code: str, now: float) -> None:
        """`code` is six random digits."""
        self.code = read_code(code)
        self.ends = now + CODE_S
        self.tries_left = TRIES
        self.is_used = False

    def is_open(self, now: float) -> bool:
        return not self.is_used and self.tries_left > 0 and now < self.ends

    def meet(self, data: bytes, now: float, entropy: Entropy) -> tuple[bytes, bytes, bytes]:
        """Answer one guess: the answer, the id of the token, and the token.

        Raises:
            DecodeError: not the first message of a pairing; no guess is counted.
            RefusedError: the code was used, has been guessed at three times, or is out of time (FORBIDDEN).
        """
        theirs = _read(data, 2)[1]
        if not self.is_open(now):
            why = "was used" if self.is_used else "was guessed at three times" if now < self.ends else "is out of time"
            raise RefusedError(CloseCode.FORBIDDEN, f"the code {why}; show a new one with: edgeboard pair")
        self.tries_left -= 1
        from spake2 import SPAKE2_B

        side = SPAKE2_B(self.code.encode(), idA=_JOINER, idB=_MEMBER, entropy_f=entropy)
        mine = side.start()
        token = _token(side, theirs)
        name = entropy(TOKEN_ID_BYTES)
        return bytes(msgpack.packb([_FORM, name, mine])), name, token


@final
class PairingJoiner:
    """The side where a code is typed."""

    def __init__(self, code: str, entropy: Entropy) -> None:
        """Raises: DecodeError: not a code."""
        from spake2 import SPAKE2_A

        self._side = SPAKE2_A(read_code(code).encode(), idA=_JOINER, idB=_MEMBER, entropy_f=entropy)
        self.message = bytes(msgpack.packb([_FORM, self._side.start()]))

    def finish(self, data: bytes) -> tuple[bytes, bytes]:
        """The id of the token, and the token, out of the answer to `message`.

        Raises:
            DecodeError: not an answer.
        """
        _, name, theirs = _read(data, 3)
        if len(name) != TOKEN_ID_BYTES:
            raise DecodeError("a pairing has no name")
        return name, _token(self._side, theirs)


def _token(side: object, theirs: bytes) -> bytes:
    from spake2 import SPAKEError
    from spake2.ed25519_basic import NotOnCurve

    try:
        shared: bytes = side.finish(theirs)  # type: ignore[attr-defined]
    except (SPAKEError, NotOnCurve, ValueError):  # what the library raises for points that are none
        raise DecodeError("not a message of a pairing") from None
    return hashlib.sha256(b"edgeboard-pair-token-1" + shared).digest()[:TOKEN_BYTES]


def _read(data: bytes, count: int) -> tuple[bytes, ...]:
    if len(data) > MESSAGE_MAX:
        raise DecodeError("not a message of a pairing")
    try:
        fields = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError, OverflowError):
        raise DecodeError("not msgpack") from None
    if not isinstance(fields, list) or len(fields) < count or fields[0] != _FORM:
        raise DecodeError("not a message of a pairing of a form known here")
    if not all(isinstance(part, bytes) for part in fields[1:count]) or len(fields[count - 1]) != _POINT_BYTES:
        raise DecodeError("not a message of a pairing")
    return tuple(fields[:count])
