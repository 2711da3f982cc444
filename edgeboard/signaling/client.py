"""Hands our offers in at the doors of other boards."""

import json
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from edgeboard.errors import CloseCode, DecodeError, RefusedError, TransportError
from edgeboard.identity.credentials import Credentials
from edgeboard.ids import NodeId
from edgeboard.signaling.messages import ENVELOPE_MAX, NONCE_BYTES, read_answer, write_offer

TIMEOUT_S = 5.0  # in all; the other board only has to look at its own addresses
PATH = "/signal/node"

_TEXT_MAX = 400  # characters of a reason that are shown


@final
class SignalingClient:
    """Introduces one node to others. Goes where it is told and nowhere else: no proxies, no redirects, no cookies."""

    def __init__(self, credentials: Credentials, *, entropy: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._credentials = credentials
        self._entropy = entropy
        self._http: ClientSession | None = None

    async def introduce(self, board: str, sdp: str, to: NodeId | None = None) -> tuple[str, bytes]:
        """Hand an offer to the board at this URL, for the node `to` or whoever is there; returns the answer and the
        public key that signed it.

        Raises:
            TransportError: unreachable, timed out, or not a board.
            RefusedError: the board, or we, refused.
        """
        return await self.introduce_by(partial(self.post_offer, board.rstrip("/") + PATH), to, sdp)

    async def introduce_by(
        self, post: Callable[[bytes], Awaitable[bytes]], to: NodeId | None, sdp: str
    ) -> tuple[str, bytes]:
        """As `introduce`, with an offer that `post` carries, and whose answer it brings."""
        nonce = self._entropy(NONCE_BYTES)
        body = await post(write_offer(self._credentials, nonce, sdp, to))
        try:
            answer = read_answer(body, self._credentials, nonce)
        except DecodeError as error:
            raise RefusedError(CloseCode.MALFORMED, f"the answer to an offer: {error}") from None
        return answer.sdp, answer.public_key

    async def post_offer(self, url: str, body: bytes) -> bytes:
        """The body that answers ours; raises as `introduce`."""
        if self._http is None:
            self._http = ClientSession(
                connector=TCPConnector(limit=0, force_close=True),
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=TIMEOUT_S),
                trust_env=False,
            )
        headers = {"Content-Type": "application/octet-stream"}
        try:
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
                answer = await _read(response)
        except TimeoutError:
            raise TransportError(f"{url}: no answer within {TIMEOUT_S:g} s") from None
        except (ClientError, OSError, ValueError) as error:
            raise TransportError(f"{url}: {error!s:.200}") from None
        if response.status != 200:
            raise _refusal(url, response.status, answer)
        return answer

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()


async def _read(response: ClientResponse) -> bytes:
    """The body, if it is not larger than an envelope may be."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ENVELOPE_MAX:
            raise ValueError(f"an answer of more than {ENVELOPE_MAX} bytes")
    return bytes(body)


def _refusal(url: str, status: int, body: bytes) -> RefusedError | TransportError:
    """What an answer other than 200 says."""
    try:
        fields = json.loads(body)
        return RefusedError(CloseCode(fields["code"]), str(fields["text"])[:_TEXT_MAX])
    except (ValueError, KeyError, TypeError, RecursionError):
        return TransportError(f"{url}: status {status}, which is not how a board refuses")
