"""A node's place in the lobbies of signaling services: who else is there, and envelopes to and from them.

Rules of this file: any of several services is enough, and none is needed once boards are linked; each is tried for
ever, with growing pauses; it goes where it is told and nowhere else.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import final

from aiohttp import (
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    TCPConnector,
    WSMsgType,
    WSServerHandshakeError,
)

from edgeboard.errors import DecodeError, TransportError
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import MeshId, NodeId, mesh_tag
from edgeboard.rate import TokenBucket
from edgeboard.signaling.frames import (
    FRAME_MAX,
    NODES_MAX,
    Attend,
    Challenge,
    Envelope,
    Here,
    Left,
    Refusal,
    attendance,
    decode,
    encode,
)
from edgeboard.signaling.seal import NONCE_BYTES, LobbySeal

PATH = "/lobby"
OPEN_S = 5.0
HEARTBEAT_S = 20.0
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 15.0
FRAMES_PER_S, FRAMES_BURST = 50.0, 1_000.0  # that a service may say: a whole mesh arrives at once, but not for ever
QUEUE_MAX = 64  # envelopes that wait to be sent
SERVICES_MAX = 8
SCHEME = "signal+"  # before the URL of a service, where a node that is there is said to be

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Service:
    """One service, and what is known of it."""

    url: str
    here: set[NodeId] = field(default_factory=set)
    queue: "asyncio.Queue[bytes]" = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    task: "asyncio.Task[None] | None" = None
    is_open: bool = False
    trouble: str = ""  # why it is not, at last


@final
class Attendance:
    """All services of one node.

    Args:
        key: ours.
        mesh: ours.
        rng: jitter of pauses.
        found: told where a node is: `signal+URL` of each service.
        gone: told that a node is at no service any more.
        arrived: gets each envelope: the service's URL, its sender as the service says, and the bytes.
    """

    def __init__(
        self,
        key: NodeKey,
        mesh: MeshId,
        rng: random.Random,
        found: Callable[[NodeId, tuple[str, ...]], None],
        gone: Callable[[NodeId], None],
        arrived: Callable[[str, NodeId, bytes], None],
        *,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._key = key
        self._tag = mesh_tag(mesh)
        self._seal = LobbySeal(mesh)
        self._entropy = entropy
        self._rng = rng
        self._found = found
        self._gone = gone
        self._arrived = arrived
        self._services: dict[str, Service] = {}
        self._http: ClientSession | None = None

    def add(self, url: str) -> bool:
        """Attend a service from now on; False if it is attended already.

        Raises:
            TransportError: more than 8.
        """
        if url in self._services:
            return False
        if len(self._services) >= SERVICES_MAX:
            raise TransportError(f"a board attends at most {SERVICES_MAX} signaling services")
        service = self._services[url] = Service(url)
        service.task = asyncio.get_running_loop().create_task(self._attend(service), name=f"signaling at {url}")
        return True

    def remove(self, url: str) -> bool:
        """Leave a service; False if it was not attended."""
        service = self._services.pop(url, None)
        if service is None:
            return False
        if service.task is not None:
            service.task.cancel()
        self._lose(service)
        return True

    def describe(self) -> list[dict[str, object]]:
        """Each service as `edgeboard status` shows it."""
        return [
            {"url": each.url, "open": each.is_open, "boards": len(each.here), "trouble": each.trouble}
            for each in self._services.values()
        ]

    def places(self, node: NodeId) -> tuple[str, ...]:
        """The services at which a node is, as `signal+URL`."""
        return tuple(SCHEME + each.url for each in self._services.values() if node in each.here)

    def send(self, url: str, node: NodeId, envelope: bytes) -> None:
        """Seal an envelope, and hand it to a service.

        Raises:
            TransportError: it is not open, or takes nothing.
        """
        service = self._services.get(url)
        if service is None or not service.is_open:
            raise TransportError(f"the signaling service at {url} is not reached")
        try:
            sealed = self._seal.close(envelope, node, self._entropy(NONCE_BYTES))
            service.queue.put_nowait(encode(Envelope(node, sealed)))
        except asyncio.QueueFull:
            raise TransportError(f"the signaling service at {url} takes nothing") from None

    async def close(self) -> None:
        tasks = [each.task for each in self._services.values() if each.task is not None]
        for url in list(self._services):
            self.remove(url)
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        if self._http is not None:
            await self._http.close()

    async def _attend(self, service: Service) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._visit(service)
                trouble = service.trouble or "it has ended the connection"
            except TransportError as error:
                trouble = str(error)
            if trouble != service.trouble:
                _log.info("signaling service at %s: %s; it is tried on", service.url, trouble)
            service.trouble = trouble
            if service.is_open:
                pause = FIRST_PAUSE_S
            self._lose(service)
            await asyncio.sleep(pause * self._rng.uniform(0.5, 1.0))
            pause = min(LAST_PAUSE_S, pause * 2)

    async def _visit(self, service: Service) -> None:
        """One connection, from its begin to its end; raises `TransportError` if it never was one."""
        if self._http is None:
            connector = TCPConnector(limit=0, force_close=True)
            self._http = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=False)
        try:
            async with asyncio.timeout(OPEN_S):
                closing_time = ClientWSTimeout(ws_close=1.0)
                ws = await self._http.ws_connect(
                    service.url + PATH, max_msg_size=FRAME_MAX, heartbeat=HEARTBEAT_S, timeout=closing_time
                )
        except TimeoutError:
            raise TransportError(f"no answer within {OPEN_S:g} s") from None
        except WSServerHandshakeError as error:
            why = "it takes no more of us at the moment" if error.status == 429 else "this is not a signaling service"
            raise TransportError(why) from None
        except (ClientError, OSError, ValueError) as error:
            raise TransportError(f"{error!s:.200}") from None
        writer = asyncio.get_running_loop().create_task(self._write(ws, service), name="signal")
        try:
            await self._read(ws, service)
        finally:
            writer.cancel()
            with suppress(ClientError, OSError):
                await ws.close()

    async def _write(self, ws: ClientWebSocketResponse, service: Service) -> None:
        with suppress(ClientError, OSError, RuntimeError):
            while True:
                await ws.send_bytes(await service.queue.get())

    async def _read(self, ws: ClientWebSocketResponse, service: Service) -> None:
        loop = asyncio.get_running_loop()
        bucket = TokenBucket(FRAMES_PER_S, FRAMES_BURST, loop.time())
        while (message := await ws.receive()).type is WSMsgType.BINARY:
            if not bucket.take(loop.time()):
                raise TransportError("it says more than boards have to say to each other")
            try:
                frame = decode(message.data)
            except DecodeError as error:
                raise TransportError(f"this is not a signaling service: {error}") from None
            match frame:
                case Challenge(_, challenge):
                    signature = self._key.sign(attendance(challenge, self._tag))
                    await ws.send_bytes(encode(Attend(self._key.public_key, self._tag, signature)))
                case Here(nodes):
                    if not service.is_open:
                        service.is_open, service.trouble = True, ""
                        _log.info("at the signaling service %s, with %d others", service.url, len(nodes))
                    self._came(service, nodes)
                case Left(nodes):
                    self._went(service, nodes)
                case Envelope(sender, data):
                    self._open(service, NodeId(sender), data)
                case Refusal(_, text):
                    service.trouble = text
                    _log.debug("signaling service at %s: %s", service.url, text)

    def _open(self, service: Service, sender: NodeId, data: bytes) -> None:
        try:
            envelope = self._seal.open(data, self._key.node_id)
        except DecodeError as error:
            _log.debug("signaling service at %s, from %s: %s", service.url, sender.hex()[:8], error)
        else:
            self._arrived(service.url, sender, envelope)

    def _came(self, service: Service, nodes: tuple[bytes, ...]) -> None:
        for each in nodes:
            node = NodeId(each)
            if node != self._key.node_id and (node in service.here or len(service.here) < NODES_MAX):
                service.here.add(node)
                self._found(node, self.places(node))

    def _went(self, service: Service, nodes: tuple[bytes, ...]) -> None:
        for each in nodes:
            node = NodeId(each)
            if node in service.here:
                service.here.discard(node)
                if not self.places(node):
                    self._gone(node)

    def _lose(self, service: Service) -> None:
        """Nothing is known of who is there any more."""
        service.is_open = False
        while not service.queue.empty():
            service.queue.get_nowait()
        self._went(service, tuple(service.here))
