"""What stands between the links of a node and its pipeline: charters go to `Trust`, all else goes through.

A thin shell: it drives the engine, keeps what is to be kept on the disk, and closes whom the engine puts out.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, final

from edgeboard.clock import Clock
from edgeboard.errors import CloseCode, EdgeboardError, LimitError, StateError, UserError
from edgeboard.identity.charter import Charter
from edgeboard.identity.keyfile import set_mesh
from edgeboard.ids import NodeId
from edgeboard.mesh.values import CloseLink, Send
from edgeboard.node.links import Links
from edgeboard.node.node import Node
from edgeboard.node.trust import HEAD, Forget, Keep, Output, Trust
from edgeboard.node.values import Alarm
from edgeboard.runtime.driver import Driver
from edgeboard.wire.messages import Channel

if TYPE_CHECKING:
    from edgeboard.identity.membership import Membership

T = TypeVar("T")
_log = logging.getLogger(__name__)


@final
class Gate:
    """Drives one `Trust`.

    Args:
        trust: the engine.
        clock: the time.
        state: the directory where the membership is kept.
        node: what lies behind.
        spawn: runs a coroutine as a task that the node owns.
        on_change: told when the membership has changed.
        on_put_out: told of a node that is put out, before it is forgotten.
    """

    def __init__(
        self,
        trust: Trust,
        clock: Clock,
        state: Path,
        node: Node,
        spawn: Callable[..., object],
        on_change: Callable[[], object] = lambda: None,
        on_put_out: Callable[[NodeId], object] = lambda node: None,
    ) -> None:
        self._on_change = on_change
        self._on_put_out = on_put_out
        self._trust = trust
        self._state = state
        self._node = node
        self._spawn: Callable[[Coroutine[Any, Any, None]], object] = lambda work: spawn(work, name="keep the charter")
        self._driver: Driver[tuple[int, bytes], Callable[[float], object], Output] = Driver(trust, clock, self._hand)
        self._links: Links | None = None
        self._unkept: Membership | None = None
        self._keeping = asyncio.Lock()

    @property
    def trust(self) -> Trust:
        """To be asked; it is changed by `feed`."""
        return self._trust

    def wire(self, links: Links) -> None:
        """Join it with the links; once, before the first of them."""
        self._links = links

    # -- inputs

    def feed(self, change: Callable[[float], T]) -> T:
        """Give the engine one command, and hand its output out.

        Raises:
            StateError, LimitError: as the command does. StateError: called from within an output.
        """
        results: list[T] = []
        faults: list[EdgeboardError] = []

        def command(now: float) -> None:
            try:
                results.append(change(now))
            except EdgeboardError as error:
                faults.append(error)

        self._driver.submit(command)
        if faults:
            raise faults[0]
        if not results:
            raise StateError("the board is busy or stopping; try again")
        return results[0]

    def link_up(self, number: int, node: NodeId | None) -> None:
        link = None if self._links is None else self._links.get(number)
        if link is not None and link.peer is not None:
            grant = link.peer.grant
            self._driver.submit(lambda now: self._trust.link_up(number, grant, now))
        self._node.link_up(number, node)

    def link_down(self, number: int) -> None:
        self._driver.submit(lambda _: self._trust.link_down(number))
        self._node.link_down(number)

    def message(self, number: int, channel: Channel, data: bytes) -> None:
        if channel is Channel.CTL and data.startswith(HEAD) and self._trust.knows(number):
            self._driver.receive((number, data))
        else:
            self._node.message(number, channel, data)

    def end_token(self, token: bytes) -> None:
        """Tell the mesh that a guest's token has ended; a board that is no admin ends it at itself alone."""
        if self._trust.issuer is None:
            return
        try:
            self.feed(lambda now: self._trust.revoke_token(token, now))
        except LimitError as error:
            _log.warning("the other boards are not told that a token has ended: %s", error)

    def news(self, charter: Charter, secret: bytes) -> None:
        """What a handshake has brought."""
        self._driver.submit(lambda now: self._trust.news(charter, secret, now))

    # -- outputs

    def _hand(self, output: Output) -> None:
        assert self._links is not None
        match output:
            case Send(number, channel, data):
                link = self._links.get(number)
                if link is not None and not link.send(channel, data):
                    link.close(CloseCode.SLOW, "this link takes nothing any more")
            case CloseLink(number, code, text):
                link = self._links.get(number)
                if link is not None:
                    _log.warning("closing the link from %s: %s (code %d)", link.remote, text[:200], code)
                    link.close(code, text)
            case Keep(membership):
                self._unkept = membership
                self._on_change()
                self._spawn(self.keep())
            case Forget(node):
                self._on_put_out(node)
                self._node.put_out(node)
            case Alarm(text):
                self._node.alarms.append(text)
                _log.error("%s", text)

    async def keep(self) -> None:
        """Put on the disk what is not there yet; a board that cannot write learns it again after its next start."""
        async with self._keeping:
            while (membership := self._unkept) is not None:
                try:
                    await asyncio.to_thread(set_mesh, self._state, membership)
                except UserError as error:
                    _log.error("what was learned of the mesh is not on the disk: %s", error)
                if self._unkept is membership:
                    self._unkept = None

    def stop(self) -> None:
        self._driver.close()
