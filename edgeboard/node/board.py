"""A board: a node with its doors open. Starts the parts in order, and stops them in the opposite one."""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, final

from aiohttp import web

from edgeboard.errors import CloseCode, RefusedError, StateError, StoreError, UserError
from edgeboard.ids import MeshId
from edgeboard.node.acquaintances import Acquaintances
from edgeboard.node.admission import Admission
from edgeboard.node.desk import Desk
from edgeboard.node.gate import Gate
from edgeboard.node.links import Links
from edgeboard.node.node import Node
from edgeboard.node.renewing import Renewing
from edgeboard.node.sightings import Sightings
from edgeboard.ports import Blobs, Discovery, Store, Transport, Writer
from edgeboard.runtime.supervise import OnFailure, Supervisor
from edgeboard.web.addresses import listen

STOP_S = 1.8  # a stop is done within 2 s
START_S = 15.0  # in which a refusal by a peer of the command line ends the start
LOOK_S = 30.0  # between two looks at the space on the disk
PLACE_S = 10.0  # between two looks at our own addresses and at who is there
IDLE_S = 20.0  # after which a connection is closed that asks for nothing, or never comes to the end of asking
QUESTION = b"GET /control/status HTTP/1.0\r\nHost: edgeboard\r\n\r\n"
SERVED = b"HTTP/1.0 200"
PUT_OUT = "This board was put out of its mesh: nobody else sees what is drawn here."
BE_INVITED = "; invite this board there with `edgeboard mesh invite`, and say here: edgeboard join INVITATION"
REMEDIES = {CloseCode.OTHER_MESH: BE_INVITED, CloseCode.AUTH_FAILED: BE_INVITED, CloseCode.CLONE: ""}

_log = logging.getLogger(__name__)


@final
class Board:
    """Everything that runs; made by `node.build`."""

    def __init__(
        self,
        node: Node,
        links: Links,
        transport: Transport,
        store: Store,
        blobs: Blobs,
        writer: Writer,
        *,
        app: web.Application,
        control: web.Application,
        listen: tuple[str, int],
        socket_path: Path | None,
        mesh: MeshId,
        rooms: tuple[str, ...],
        peers: tuple[str, ...],
        required_peers: tuple[str, ...],
        supervisor: Supervisor,
        tell_where: Callable[[], None],
        sightings: Sightings,
        acquaintances: Acquaintances,
        discovery: Discovery | None,
        attend: Callable[[], object],
        gate: Gate,
        admission: Admission,
        join_file: Path,
        desk: Desk,
        poll: Callable[[], Coroutine[Any, Any, None]] | None,
        has_devices: bool,
        renewing: Renewing,
        warm_up: Callable[[], object],
        adopt: Callable[[], Coroutine[Any, Any, None]],
        look_at_disk: Callable[[], None],
        look_at_guests: Callable[[], None],
        guest_pin: Callable[[], str],
        closing: Callable[[], Awaitable[None]],
        release: Callable[[], None],
    ) -> None:
        self.node = node
        self.links = links
        self._transport = transport
        self._store = store
        self._blobs = blobs
        self._writer = writer
        self._app = app
        self._control = control
        self._listen = listen
        self._socket_path = socket_path
        self._mesh = mesh
        self._rooms = rooms
        self._peers = peers
        self._required = frozenset(required_peers)
        self._supervisor = supervisor
        self._tell_where = tell_where
        self._sightings = sightings
        self._acquaintances = acquaintances
        self._discovery = discovery
        self._attend = attend
        self._gate = gate
        self._admission = admission
        self._join_file = join_file
        self.desk = desk
        self._poll = poll
        self._has_devices = has_devices
        self.renewing = renewing
        self._warm_up = warm_up
        self._adopt = adopt
        self._look_at_disk = look_at_disk
        self._look_at_guests = look_at_guests
        self.guest_pin = guest_pin
        self._closing = closing
        self._release = release
        self._runners: list[web.AppRunner] = []
        self._stopping = asyncio.Event()
        self._fatal: UserError | None = None
        self._started = 0.0
        self.is_restarting = False  # it has stopped to begin anew, as a member of another mesh
        self.port = listen[1]

    async def start(self) -> None:
        """Open the rooms, the doors, and the links; raises UserError where a person has to act."""
        self._started = asyncio.get_running_loop().time()
        try:
            stored = await asyncio.to_thread(self._store.rooms)
            names = dict.fromkeys([*self._rooms, *(room.name for room in stored if room.mesh == self._mesh)])
            most = self.node.pipeline.settings.rooms_max
            held = await asyncio.to_thread(self._blobs.listing)
            is_all = len(names) <= most and all(room.mesh == self._mesh for room in stored)
            self.node.feed(lambda _: self.node.pipeline.attachments.restore(held, all_rooms_open=is_all))
            for name in list(names)[:most]:
                self.node.feed(partial(self.node.pipeline.open_room, name))
            await self._admission.start()
            await self._serve()
            self._warm_up()
            self.spawn(self._adopt(), name="take over rooms of the mesh before")
            self.spawn(self._watch_disk(), name="watch the space on the disk")
            self.spawn(self._watch_mesh(), name="watch our place in the mesh")
            if self._discovery is not None:
                found, gone = partial(self._sightings.found, "mdns"), partial(self._sightings.gone, "mdns")
                run = partial(self._discovery.run, self.port, found, gone)
                self._supervisor.start("discovery", run, OnFailure.RESTART)
            if self._has_devices:
                self._supervisor.start("devices", self.desk.run, OnFailure.RESTART)
            if self._poll is not None:
                self._supervisor.start("sources", self._poll, OnFailure.RESTART)
            if self.desk.screens.is_wanted:
                self._supervisor.start("panels", self.desk.screens.run, OnFailure.RESTART)
            self._supervisor.start("releases", self.renewing.run, OnFailure.RESTART)
            self._acquaintances.recall(partial(self._sightings.found, "memory"))
            self._attend()
            self.spawn(self._admission.keep_time(), name="keep the time of invitations")
            self.spawn(self._admission.follow_file(self._join_file), name="join with a file")
            for url in dict.fromkeys(self._peers):
                self.spawn(self.links.keep_linked(self._transport, url, self._refusal(url)), name=f"link to {url}")
        except BaseException:
            await self.stop()
            raise

    async def _serve(self) -> None:
        host, port = self._listen
        runner = web.AppRunner(
            self._app, access_log=None, shutdown_timeout=0.3, handle_signals=False, keepalive_timeout=IDLE_S
        )
        await runner.setup()
        self._runners.append(runner)
        try:
            opened = listen(host, port)
            self.port = opened.getsockname()[1]
            await web.SockSite(runner, opened).start()
        except OSError as error:
            raise UserError(explain_listen(host, port, error)) from None
        if self._socket_path is None:
            return
        control = web.AppRunner(self._control, access_log=None, shutdown_timeout=0.3, handle_signals=False)
        await control.setup()
        self._runners.append(control)
        self._socket_path.unlink(missing_ok=True)
        try:
            await web.UnixSite(control, str(self._socket_path)).start()
            self._socket_path.chmod(0o600)  # its directory is ours alone already
        except OSError as error:
            raise UserError(f"cannot make the control socket {self._socket_path}: {error.strerror}") from None

    async def _watch_mesh(self) -> None:
        """Where we are, whether we are still a member, and who else is there."""
        while True:
            self._tell_where()
            self.node.feed(lambda _: self.node.pipeline.put_out(PUT_OUT if self.is_put_out else ""))
            await asyncio.sleep(PLACE_S)
            self._acquaintances.look()
            await asyncio.to_thread(self._acquaintances.note)

    async def _watch_disk(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            with suppress(OSError):
                await asyncio.to_thread(self._look_at_disk)
            self._look_at_guests()

    def _refusal(self, url: str) -> Callable[[RefusedError], None]:
        """What to do about a refusal: whom a peer of the command line refuses at once, has a mistake to mend.

        Everybody else goes on and tries again: a board draws alone too, and an address may get another owner.
        """

        def refused(error: RefusedError) -> None:
            is_starting = asyncio.get_running_loop().time() - self._started < START_S
            if error.code is not CloseCode.CLONE:  # a copy is found out only after its link has opened
                is_starting = is_starting and not self.links.was_linked
            if url in self._required and is_starting and error.code in REMEDIES and self._fatal is None:
                remedy = REMEDIES[error.code]
                self._fatal = UserError(f"the board at {url} refuses to link: {error}{remedy}")
                self._stopping.set()

        return refused

    def spawn(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        self._supervisor.spawn(work, name=name)

    @property
    def admission(self) -> Admission:
        """Its door for new boards."""
        return self._admission

    @property
    def is_put_out(self) -> bool:
        """Whether it was put out of its mesh, by all that it knows, or by the word of others."""
        return self._gate.trust.membership.is_out or bool(self.links.put_out)

    def standing(self) -> str:
        """What this board is in its mesh, in a line for people."""
        trust = self._gate.trust
        name, grant = trust.membership.charter.name, trust.membership.grant
        if self.is_put_out:
            return f"it was put out of the mesh {name}; with an invitation it comes back as a new board: edgeboard join"
        if trust.membership.is_private:
            return "it is in a mesh of its own; let another board in with: edgeboard mesh invite"
        return f"it is in the mesh {name}, with the role {grant.role.name.lower()}"

    def summary(self) -> str:
        """How it is, in a line for who asks the service manager."""
        pipeline = self.node.pipeline
        links = sum(1 for link in pipeline.mesh.statistics().links if not link.guest)
        trouble = f"cannot save: {pipeline.store_failed_text}; " if pipeline.store_failed_text else ""
        return f"{trouble}rooms {len(pipeline.rooms)}, guests {len(pipeline.guests)}, boards linked {links}"

    async def prove(self, patience_s: float) -> None:
        """Serve a caller: an input goes through the pipeline, and the local door answers as it does `edgeboard status`.

        Raises:
            StateError: it does not, or not in time.
        """
        self.node.ask(lambda _: self.node.pipeline.rooms)
        if self._socket_path is None:
            return
        try:
            async with asyncio.timeout(patience_s):
                reader, writer = await asyncio.open_unix_connection(self._socket_path)
                try:
                    writer.write(QUESTION)
                    answer = await reader.readline()
                finally:
                    writer.close()
        except TimeoutError:
            raise StateError(f"the local door of this board has not answered within {patience_s:.0f} s") from None
        except (OSError, ValueError) as error:
            raise StateError(f"the local door of this board does not answer: {error}") from None
        if not answer.startswith(SERVED):
            raise StateError(f"the local door of this board answers {answer[:60]!r}")

    def request_stop(self) -> None:
        self._stopping.set()

    def request_restart(self) -> None:
        self.is_restarting = True
        self._stopping.set()

    async def run_until_stopped(self) -> None:
        """Serve until `request_stop`, or until a required peer has refused.

        Raises:
            UserError: that refusal.
        """
        await self._stopping.wait()
        if self._fatal is not None:
            raise self._fatal

    async def stop(self) -> None:
        """Everything logged is on disk and every neighbour knows, within 2 s."""
        self._stopping.set()
        self.node.stop()
        self._gate.stop()
        self.links.close_all()
        try:
            await self.node.name_rooms()
        except StoreError as error:
            _log.error("rooms could not be named on the disk: %s", error)
        await self._supervisor.stop()
        await self.desk.screens.close()
        await self._admission.stop()
        try:
            async with asyncio.timeout(STOP_S):
                await asyncio.gather(
                    self._writer.close(),
                    self._transport.close(),
                    self._closing(),
                    *(() if self._discovery is None else (self._discovery.close(),)),
                    *(runner.cleanup() for runner in self._runners),
                )
        except TimeoutError:
            _log.warning("something did not stop in time")
        self._blobs.close()
        self._store.close()
        if self._socket_path is not None:
            self._socket_path.unlink(missing_ok=True)
        self._release()


def explain_listen(host: str, port: int, error: OSError) -> str:
    """Why the board's port cannot be opened, and what to do."""
    where = f"[{host}]:{port}" if ":" in host else f"{host or '*'}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is taken by another program; choose another with --listen HOST:PORT"
        case errno.EACCES:
            return f"not allowed to listen on {where}; ports below 1024 need root, choose another with --listen"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine; use [::]:PORT for all with --listen"
        case _:
            return f"cannot listen on {where}: {error.strerror or error}"
