"""How a new board asks others to let it in: the HTTP side of `identity.joining` and `identity.pairing`.

Blocking, with the standard library alone: the command line needs no event loop for it, and a node asks in a thread.
Goes where it is told and nowhere else: no proxies, no redirects.
"""

import http.client
import json
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from edgeboard.errors import CloseCode, EdgeboardError, RefusedError, TransportError
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.joining import ANSWER_MAX, NONCE_BYTES, Admitted, Request
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.pairing import PairingJoiner
from edgeboard.ids import MeshId

TIMEOUT_S = 8.0
JOIN_PATH = "/mesh/join"
PAIR_PATH = "/mesh/pair"

_TEXT_MAX = 400  # characters of a reason that are shown


def join_by_invitation(invitation: Invitation, key: NodeKey, urls: Sequence[str] = ()) -> Admitted:
    """Ask the board that made the invitation, at its addresses and at `urls`, until one answers.

    Raises:
        RefusedError: the invitation is used up, revoked, out of time or forged.
        TransportError: nobody answers.
    """
    places = tuple(dict.fromkeys((*urls, *invitation.urls)))
    last: EdgeboardError = TransportError("the invitation names no address; name one with --peer URL")
    for url in places:
        try:
            return _ask(url, invitation.token_id, invitation.token, key, invitation.mesh)
        except TransportError as error:
            last = error
        except RefusedError as error:
            if error.code not in (CloseCode.FORBIDDEN, CloseCode.RATE, CloseCode.LIMIT):
                raise
            last = error  # an address may have passed to another board, which knows of nothing
    if isinstance(last, TransportError) and places:
        raise TransportError(
            f"the board that made this invitation does not answer ({last}): it alone can let this one in, so it has to "
            "be on and in reach; if it has another address by now, add --peer http://ADDRESS:8787"
        )
    raise last


def join_by_code(code: str, key: NodeKey, urls: Sequence[str]) -> Admitted:
    """Ask a board that shows a code; raises as `join_by_invitation`, and DecodeError for what is no code."""
    last: EdgeboardError = TransportError("no board was found that could show the code; name it with --peer URL")
    for url in urls:
        joiner = PairingJoiner(code, secrets.token_bytes)
        try:
            name, token = joiner.finish(_post(url, PAIR_PATH, joiner.message))
        except (TransportError, RefusedError) as error:
            last = error  # the next one may be the board that shows it
            continue
        return _ask(url, name, token, key, None)
    if isinstance(last, TransportError) and urls:
        raise TransportError(f"the board that shows the code has to be on and in reach, and does not answer: {last}")
    raise last


def _ask(url: str, name: bytes, token: bytes, key: NodeKey, mesh: MeshId | None) -> Admitted:
    private = secrets.token_bytes(32)
    request = Request.make(name, token, key, private, secrets.token_bytes(NONCE_BYTES))
    answer = _post(url, JOIN_PATH, request.data)
    admitted = Admitted.open(answer, request, token, private, mesh, key.public_key)
    return Admitted(admitted.membership, tuple(dict.fromkeys((url, *admitted.peers))))


def _post(url: str, path: str, body: bytes) -> bytes:
    """The body that answers ours.

    Raises:
        TransportError: unreachable, or not a board. RefusedError: as the board says.
    """
    try:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", path, body=body, headers={"Content-Type": "application/octet-stream"})
            response = connection.getresponse()
            answer = response.read(ANSWER_MAX + 1)
        finally:
            connection.close()
    except TimeoutError:
        raise TransportError(f"{url}: no answer within {TIMEOUT_S:g} s") from None
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise TransportError(
            f"{url}: {getattr(error, 'strerror', None) or str(error)[:200] or type(error).__name__}"
        ) from None
    if response.status != 200:
        raise _refusal(url, response.status, answer)
    return answer


def _refusal(url: str, status: int, body: bytes) -> RefusedError | TransportError:
    """What an answer other than 200 says."""
    try:
        fields = json.loads(body)
        return RefusedError(CloseCode(fields["code"]), f"{url}: {str(fields['text'])[:_TEXT_MAX]}")
    except (ValueError, KeyError, TypeError, RecursionError):
        return TransportError(f"{url}: status {status}, which is not how a board answers")
