"""Messages over WebRTC: one connection with the three channels of docs/formats/wire.md, by aiortc.

Rules of this file, each paid for (aiortc's traps): no callback raises, because that ends aiortc's receive task while
the other side believes in the link for 32 s; every channel and the connection have an `error` listener; ICE servers
are always given, because the default is a public one; aiortc's `send` is called only where its exceptions are caught;
no exception of aiortc leaves; a connection is closed on every path, by a task that the transport owns.
"""

import asyncio
import logging
from functools import partial
from typing import final

from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription

from edgeboard.errors import CloseCode, DecodeError, RefusedError, TransportError
from edgeboard.transport.addresses import local_addresses, offering
from edgeboard.transport.link import OnLost, OnMessage
from edgeboard.transport.sdp import Description, read_sdp
from edgeboard.transport.settings import Settings
from edgeboard.transport.tasks import Tasks
from edgeboard.transport.tier1 import expect_prompt
from edgeboard.wire.messages import Channel, closing
from edgeboard.wire.session import Fingerprints

_CLOSE_S = 2.0  # for aiortc to close; it has no business waiting for anything by then
_logger = logging.getLogger(__name__)


@final
class WebRtcCarrier:
    """One connection, from before its offer to after its end."""

    name = "webrtc"

    def __init__(self, remote: str, settings: Settings, tasks: Tasks) -> None:
        self.remote = remote
        self._settings = settings
        self._tasks = tasks
        self._mine: Description | None = None
        self._theirs: Description | None = None
        self._on_message: OnMessage | None = None
        self._on_lost: OnLost | None = None
        self._early: list[tuple[Channel, bytes]] = []  # what came before anybody listened
        self._finished = False
        self._lost: tuple[CloseCode, str] | None = None
        self._changed = asyncio.Event()  # open, or gone
        self._gone = asyncio.Event()
        self._why = "the connection ended"
        servers = [RTCIceServer(urls=url) for url in settings.ice_servers]
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._pc.on("connectionstatechange", self._on_state)
        self._pc.on("error", self._on_error)
        self._channels = {channel: self._make_channel(channel) for channel in Channel}

    @property
    def buffered(self) -> int:
        return sum(channel.bufferedAmount for channel in self._channels.values())

    @property
    def fingerprints(self) -> Fingerprints:
        """What ties the handshake to this connection; known once both descriptions are."""
        if self._mine is None or self._theirs is None:
            raise TransportError("the connection has not been described yet")
        return Fingerprints(self._mine.fingerprint, self._theirs.fingerprint)

    def expect_board(self) -> None:
        """The other side is a board and not a browser."""
        expect_prompt(self._pc.sctp)

    async def offer(self) -> str:
        """Our offer, complete with all candidates.

        Raises:
            TransportError: there is no address to offer, or aiortc failed.
        """
        return await self._describe("offer")

    async def answer(self, offer: str) -> str:
        """Our answer to an offer; raises as `offer` and `accept`."""
        await self._accept(offer, "offer")
        return await self._describe("answer")

    async def accept(self, answer: str) -> None:
        """Take the answer to our offer.

        Raises:
            RefusedError: code MALFORMED, not an SDP of ours.
        """
        await self._accept(answer, "answer")

    async def opened(self) -> None:
        """Wait until all three channels are open.

        Raises:
            TransportError: the connection has failed or ended instead.
        """
        await self._changed.wait()
        if self._gone.is_set() or self._finished:
            raise TransportError(f"{self.remote}: {self._why}")

    def listen(self, on_message: OnMessage, on_lost: OnLost) -> None:
        self._on_message, self._on_lost = on_message, on_lost
        early, self._early = self._early, []
        for channel, data in early:
            on_message(channel, data)
        if self._lost is not None:  # before anybody listened
            asyncio.get_running_loop().call_soon(on_lost, *self._lost)

    def put(self, channel: Channel, data: bytes) -> bool:
        if self._finished:
            return False
        try:
            self._channels[channel].send(data)
        except ValueError as error:
            self._lose(CloseCode.TOO_BIG, f"the other side takes no message of {len(data)} bytes: {error}")
            return False
        except Exception as error:  # the channel is not open any more, in whatever words aiortc has for it
            self._lose(CloseCode.GOING_AWAY, f"cannot send: {error!r}")
            return False
        return True

    def finish(self, *, linger: bool) -> None:
        if not self._finished:
            self._finished = True
            self._on_lost = None
            self._changed.set()
            self._tasks.spawn(self._close(linger), f"close {self.remote}")

    async def _describe(self, kind: str) -> str:
        addresses = local_addresses(self._settings)
        try:
            with offering(addresses):
                make = self._pc.createOffer if kind == "offer" else self._pc.createAnswer
                await self._pc.setLocalDescription(await make())
            self._mine = read_sdp(self._pc.localDescription.sdp)
        except Exception as error:
            raise TransportError(f"{self.remote}: WebRTC gave no {kind}: {error!r}") from error
        if "a=candidate:" not in self._mine.text:
            raise TransportError("this machine has no address to offer; is it connected to a network?")
        return self._mine.text

    async def _accept(self, sdp: str, kind: str) -> None:
        try:
            self._theirs = read_sdp(sdp)
            await self._pc.setRemoteDescription(RTCSessionDescription(self._theirs.text, kind))
        except DecodeError as error:
            raise RefusedError(CloseCode.MALFORMED, str(error)) from None
        except Exception as error:  # aiortc's parser raises what its regular expressions and indices raise
            raise RefusedError(CloseCode.MALFORMED, f"the {kind} is not understood: {error!r:.100}") from error

    async def _close(self, linger: bool) -> None:
        try:
            if linger:
                # The other side ends the connection when it has read our last words.
                async with asyncio.timeout(self._settings.linger_s):
                    await self._gone.wait()
        except TimeoutError:
            pass
        finally:
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await self._pc.close()
            except Exception as error:
                _logger.warning("%s: aiortc did not close: %r", self.remote, error)

    def _make_channel(self, channel: Channel) -> RTCDataChannel:
        lossy = channel is Channel.LIVE
        made = self._pc.createDataChannel(
            channel.name.lower(),
            negotiated=True,
            id=int(channel),
            ordered=not lossy,
            maxRetransmits=0 if lossy else None,
        )
        made.on("message", partial(self._on_data, channel))
        made.on("open", self._on_open)
        made.on("close", partial(self._on_gone, "the connection ended"))
        made.on("error", self._on_error)
        return made

    def _on_data(self, channel: Channel, data: bytes | str) -> None:
        try:
            if isinstance(data, str):
                self._refuse(CloseCode.MALFORMED, "a message is text, not binary")
            elif self._on_message is not None:
                self._on_message(channel, data)
            elif sum(len(early) for _, early in self._early) + len(data) <= self._settings.receive_max:
                self._early.append((channel, data))
            else:
                self._refuse(CloseCode.RATE, "too much was said before the link was open")
        except Exception as error:
            self._on_error(error)

    def _on_open(self) -> None:
        if all(channel.readyState == "open" for channel in self._channels.values()):
            self._changed.set()

    def _on_state(self) -> None:
        state = self._pc.connectionState
        if state == "failed":
            self._on_gone("no way to the other side was found, or it was lost")
        elif state == "closed":
            self._on_gone("the connection ended")

    def _on_gone(self, why: str) -> None:
        if not self._gone.is_set():
            self._why = why
            self._gone.set()
            self._changed.set()
            self._lose(CloseCode.GOING_AWAY, why)

    def _on_error(self, error: Exception) -> None:
        _logger.error("%s: a WebRTC callback failed", self.remote, exc_info=error)

    def _refuse(self, code: CloseCode, text: str) -> None:
        """The other side breaks the rules: the last that it hears is which."""
        self.put(Channel.CTL, closing(code, text))
        self._lose(code, text, linger=True)

    def _lose(self, code: CloseCode, text: str, *, linger: bool = False) -> None:
        if self._finished:
            return
        on_lost = self._on_lost
        self._lost = code, text
        self.finish(linger=linger)
        try:
            if on_lost is not None:
                on_lost(code, text)
        except Exception as error:
            self._on_error(error)
