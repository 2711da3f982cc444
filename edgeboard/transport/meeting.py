"""Two nodes on a fresh carrier prove who they are; only then there is a link."""

import asyncio
from collections.abc import Callable
from typing import assert_never, final

from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.identity.charter import Charter
from edgeboard.ids import node_id
from edgeboard.ports import Peer
from edgeboard.transport.link import Carrier, OpenLink
from edgeboard.wire.messages import Channel
from edgeboard.wire.sealing import Opener, Sealer
from edgeboard.wire.session import Closed, Early, Event, News, Opened, Send, Session, Unsealed

# On a carrier that whoever is in between can read and write: what is put from now on is sealed, what arrives is opened.
Seal = Callable[[Sealer | None, Opener | None], None]

# What a member of a newer epoch has brought: a charter whose signatures hold, and the secret of its epoch.
OnNews = Callable[[Charter, bytes], None]


@final
class Meeting:
    """Runs one `wire.session.Session` on one carrier."""

    def __init__(
        self,
        carrier: Carrier,
        session: Session,
        make_link: Callable[[Carrier, Peer], OpenLink],
        seal: Seal | None = None,
        on_news: OnNews | None = None,
    ) -> None:
        self._carrier = carrier
        self._on_news = on_news
        self._seal = seal
        self._session = session
        self._make_link = make_link
        self._loop = asyncio.get_running_loop()
        self._result: asyncio.Future[OpenLink] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._told = False  # the other side has had its last word, and wants none of ours
        carrier.listen(self._on_message, self._on_lost)
        self._pump()

    async def link(self) -> OpenLink:
        """The authenticated link.

        Raises:
            RefusedError: the other side, or we, refused.
            TransportError: the connection ended, or the other side said nothing in time.
        """
        try:
            return await self._result
        except BaseException:
            if self._result.done() and not self._result.cancelled() and self._result.exception() is None:
                self._result.result().close(CloseCode.GOING_AWAY, "nobody waits for this link any more")
            self._carrier.finish(linger=not self._told)
            raise
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _on_message(self, channel: Channel, data: bytes) -> None:
        if not self._result.done():
            self._session.receive(data, self._loop.time(), channel)
            self._pump()

    def _on_lost(self, code: CloseCode, text: str) -> None:
        self._fail(TransportError(f"{self._carrier.remote}: {text} before both sides had proved who they are"))

    def _on_timer(self) -> None:
        self._session.on_timer(self._loop.time())
        self._pump()

    def _fail(self, error: Exception) -> None:
        if not self._result.done():
            self._result.set_exception(error)

    def _pump(self) -> None:
        """Do what the session wants done, and arm its one timer again."""
        link: OpenLink | None = None
        for output in self._session.drain():
            match output:
                case Send():
                    if output.sealed and self._seal is not None:
                        self._seal(self._session.sealer, None)
                    self._carrier.put(Channel.CTL, output.data)
                case Opened():
                    if self._seal is not None:
                        self._seal(output.seal, output.unseal)
                    identity = node_id(output.public_key)
                    peer = Peer(
                        identity, output.public_key, output.boot, int(output.role), output.capabilities,
                        output.grant.to_bytes(),
                    )  # fmt: skip
                    link = self._make_link(self._carrier, peer)
                    self._result.set_result(link)
                case Unsealed():
                    if self._seal is not None:
                        self._seal(None, output.unseal)
                case News():
                    if self._on_news is not None:
                        self._on_news(output.charter, output.secret)
                case Early():
                    if link is not None:
                        link.arrived(output.channel, output.data)
                case Closed():
                    self._told = output.cause is Event.TOLD
                    late = output.cause is Event.LATE
                    self._fail(TransportError(output.text) if late else RefusedError(output.code, output.text))
                case _:
                    assert_never(output)
        if self._timer is not None:
            self._timer.cancel()
        due = self._session.next_timer()
        self._timer = None if due is None else self._loop.call_at(due, self._on_timer)
