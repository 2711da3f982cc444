"""Introductions over the links that a node has already: `ports.Signaling`, and the door for those of others.

Rules of this file: an answer is given to whoever the envelope proves to be its maker; what is refused is not answered,
because whoever asks through others could be anybody; all that waits is bounded.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import final

from edgeboard.errors import EdgeboardError, TransportError
from edgeboard.ids import NodeId, node_id
from edgeboard.mesh.introductions import Introduced
from edgeboard.signaling.client import SignalingClient
from edgeboard.signaling.messages import Kind, peek

ANSWER_S = 4.0  # for an answer to come back
PAUSE_S = 20.0  # between two questions for a node of which nobody knew
WAITING_MAX = 64  # offers under way
ANSWERING_MAX = 16  # offers of others that are being answered
PAUSES_MAX = 512

_log = logging.getLogger(__name__)


@final
class Introducer:
    """Carries envelopes, whichever way, and answers those that are for us.

    Args:
        client: makes our offers, and reads their answers.
        answer: given an envelope and where it came from, the envelope that answers it.
        spawn: runs a coroutine as a task that the node owns.
    """

    def __init__(
        self,
        client: SignalingClient,
        answer: Callable[[bytes, str], Awaitable[bytes]],
        spawn: Callable[..., object],
    ) -> None:
        self._client = client
        self._answer = answer
        self._spawn = spawn
        self._waiting: dict[bytes, asyncio.Future[bytes]] = {}  # by the nonce of our offer
        self._answering = 0

    async def introduce(self, node: NodeId, sdp: str, carry: Callable[[bytes], None]) -> tuple[str, bytes]:
        """Hand an offer to a node; see `ports.Signaling`.

        Args:
            carry: sends an envelope on its way; raises `TransportError` if there is none.
        """

        async def post(body: bytes) -> bytes:
            if len(self._waiting) >= WAITING_MAX:
                raise TransportError(f"{WAITING_MAX} offers are under way already")
            nonce = peek(body).nonce
            waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            self._waiting[nonce] = waiting
            try:
                carry(body)
                async with asyncio.timeout(ANSWER_S):
                    return await waiting
            except TimeoutError:
                raise TransportError(f"board {node.hex()[:8]} gave no answer within {ANSWER_S:g} s") from None
            finally:
                self._waiting.pop(nonce, None)

        return await self._client.introduce_by(post, node, sdp)

    def arrived(self, came: Introduced, way: str, carry: Callable[[NodeId, bytes], None]) -> None:
        """An envelope has come for us.

        Args:
            way: by which, for people to read and to be counted by.
            carry: sends our answer back.
        """
        try:
            found = peek(came.envelope)
        except EdgeboardError as error:
            _log.debug("%s: not an envelope: %s", way, error)
            return
        if found.kind is Kind.ANSWER:
            waiting = self._waiting.get(found.answers or b"")
            if waiting is not None and not waiting.done():
                waiting.set_result(came.envelope)
        elif found.to is not None and node_id(found.public_key) == came.sender and self._answering < ANSWERING_MAX:
            self._answering += 1
            self._spawn(self._reply(came, way, carry), name=f"answer {came.sender.hex()[:8]}")

    async def _reply(self, came: Introduced, way: str, carry: Callable[[NodeId, bytes], None]) -> None:
        try:
            carry(came.sender, await self._answer(came.envelope, way))
        except EdgeboardError as error:
            _log.info("%s: an offer of board %s is refused: %s", way, came.sender.hex()[:8], error)
        finally:
            self._answering -= 1


@final
class ByService:
    """`ports.Signaling` through one signaling service.

    Args:
        introducer: does the rest.
        url: of the service.
        send: hands an envelope for a node to that service; raises `TransportError`.
    """

    def __init__(self, introducer: Introducer, url: str, send: Callable[[str, NodeId, bytes], None]) -> None:
        self._introducer = introducer
        self._url = url
        self._send = send

    @property
    def name(self) -> str:
        return f"the signaling service at {self._url}"

    async def introduce(self, node: NodeId, sdp: str) -> tuple[str, bytes]:
        """See `ports.Signaling`."""
        return await self._introducer.introduce(node, sdp, lambda envelope: self._send(self._url, node, envelope))


@final
class InBand:
    """`ports.Signaling` over links of others.

    Args:
        introducer: does the rest.
        submit: sends an envelope to a node on its way; False if there is nobody to take it.
    """

    name = "other boards"

    def __init__(self, introducer: Introducer, submit: Callable[[NodeId, bytes], bool | None]) -> None:
        self._introducer = introducer
        self._submit = submit
        self._again: OrderedDict[NodeId, float] = OrderedDict()

    def is_open(self, node: NodeId) -> bool:
        """Whether it is worthwhile to ask for a node: everybody hears each question."""
        return self._again.get(node, 0.0) <= asyncio.get_running_loop().time()

    async def introduce(self, node: NodeId, sdp: str) -> tuple[str, bytes]:
        """See `ports.Signaling`."""
        self._again[node] = asyncio.get_running_loop().time() + PAUSE_S
        if len(self._again) > PAUSES_MAX:
            self._again.popitem(last=False)
        answer = await self._introducer.introduce(node, sdp, lambda envelope: self._carry(node, envelope))
        self._again.pop(node, None)
        return answer

    def arrived(self, came: Introduced) -> None:
        """An envelope has come over a link."""
        self._introducer.arrived(came, f"through other boards, from {came.sender.hex()[:8]}", self._carry)

    def _carry(self, node: NodeId, envelope: bytes) -> None:
        if self._submit(node, envelope) is False:
            raise TransportError("no other board is linked that could carry an offer")
