"""The doors at which offers are handed in. Knows no web framework and no WebRTC: bytes come in, bytes go out.

Whatever can be told from an envelope is told before anything is built for it: rate, form, mesh, proofs, repetition.
How many connections may be half open is for whoever builds them.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import final

from edgeboard.clock import Clock
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.identity.credentials import Credentials
from edgeboard.signaling.doorkeeper import Doorkeeper
from edgeboard.signaling.messages import NONCE_BYTES, peek, read_offer, write_answer


@final
class SignalingServer:
    """Answers offers for one node.

    Args:
        credentials: who we are.
        clock: the time.
        answer_node: given an SDP, the public key of its node and where it came from, returns the answer's SDP.
        answer_guest: the same for browsers, which have no key.
        entropy: `n` random bytes.
    """

    def __init__(
        self,
        credentials: Credentials,
        clock: Clock,
        answer_node: Callable[[str, bytes, str], Awaitable[str]],
        answer_guest: Callable[[str, str], Awaitable[str]],
        *,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._answer_node = answer_node
        self._answer_guest = answer_guest
        self._entropy = entropy
        # Two, so that a room full of phones does not keep the other boards out.
        self._nodes, self._guests = Doorkeeper(), Doorkeeper()

    async def relayed_offer(self, body: bytes, source: str) -> bytes:
        """As `offer`, for an envelope that others have carried: it has to be for us by name."""
        if peek(body).to is None:
            raise RefusedError(CloseCode.FORBIDDEN, "an offer that others carry names whom it is for")
        return await self.offer(body, source)

    async def offer(self, body: bytes, source: str) -> bytes:
        """The answer to a node's envelope.

        Raises:
            RefusedError: too often, another mesh, proofs that do not hold, seen before, or refused by whoever answers.
            DecodeError: not an envelope.
        """
        now = self._clock.now()
        self._nodes.knock(source, now)
        offer = read_offer(body, self._credentials)
        self._nodes.remember(offer.public_key, offer.nonce, now)
        answer = await self._answer_node(offer.sdp, offer.public_key, source)
        return write_answer(self._credentials, self._entropy(NONCE_BYTES), answer, offer)

    async def guest_offer(self, sdp: str, source: str) -> str:
        """The answer to a browser's offer; raises as `offer`."""
        self._guests.knock(source, self._clock.now())
        return await self._answer_guest(sdp, source)
