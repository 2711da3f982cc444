"""The parts list of a node, from top to bottom. The only place that names concrete classes, and joins what row 7 keeps
apart: web and transport, transport and signaling.

`build` takes the state directory and makes the parts; `Board.start` opens the doors, `Board.stop` closes them again.
"""

import asyncio
import hashlib
import os
import random
import secrets
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from edgeboard import __version__
from edgeboard.clock import Clock, SystemClock
from edgeboard.config.schema import Config
from edgeboard.config.values import read_signaling
from edgeboard.discovery.mdns import MdnsDiscovery
from edgeboard.discovery.neighbours import look_around
from edgeboard.errors import CloseCode, RefusedError, TransportError, UserError
from edgeboard.identity.credentials import Credentials, boot_bytes
from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import load_issuer, load_or_create_key, load_or_found_mesh, load_peers, next_boot
from edgeboard.identity.keys import verify
from edgeboard.identity.tickets import Tickets
from edgeboard.identity.tokens import read_token
from edgeboard.ids import NodeId, Origin, PersonId, RoomId, author_id, mesh_tag, node_id, room_id
from edgeboard.mesh.introductions import Introduced
from edgeboard.node.acquaintances import Acquaintances
from edgeboard.node.admission import Admission
from edgeboard.node.adoption import adopt_rooms
from edgeboard.node.announcing import Announcing
from edgeboard.node.api import Api
from edgeboard.node.board import Board
from edgeboard.node.desk import Desk
from edgeboard.node.directory import Directory
from edgeboard.node.footprint import list_imports
from edgeboard.node.gate import Gate
from edgeboard.node.guestbook import Guestbook
from edgeboard.node.introducing import ByService, InBand, Introducer
from edgeboard.node.links import Links
from edgeboard.node.node import Node
from edgeboard.node.ownership import Ownership
from edgeboard.node.pipeline import Pipeline
from edgeboard.node.renewing import Renewing
from edgeboard.node.settings import pipeline_settings
from edgeboard.node.sightings import Sightings
from edgeboard.node.timefile import TimeFile
from edgeboard.node.trust import Trust
from edgeboard.node.values import Identity
from edgeboard.node.vitals import Vitals
from edgeboard.oplog.author import LocalAuthor
from edgeboard.ota.values import Layout
from edgeboard.peripherals.settings import Settings as DeviceSettings
from edgeboard.ports import Link, Signaling, Store
from edgeboard.rooms.admission import Door, Rule
from edgeboard.runtime import failpoints
from edgeboard.runtime.supervise import Supervisor
from edgeboard.signaling.attendance import SCHEME, Attendance
from edgeboard.signaling.client import SignalingClient
from edgeboard.signaling.server import SignalingServer
from edgeboard.storage.blobs import FOLDER, BlobFiles, BlobMemory, BlobShelves
from edgeboard.storage.memory import MemoryStore
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.statedir import StateDirectory
from edgeboard.storage.writer import GroupWriter
from edgeboard.transport.dialer import LinkTransport
from edgeboard.web.addresses import board_urls, is_near, told_urls
from edgeboard.web.app import Doors, make_app
from edgeboard.web.callers import source_of
from edgeboard.web.devices import DeviceDoors
from edgeboard.web.marquee import MarqueeDoors
from edgeboard.web.panels import PanelDoors
from edgeboard.web.releases import ReleaseDoors

if TYPE_CHECKING:
    from edgeboard.node.welcome import Host
    from edgeboard.peripherals.devices import Devices

RELEASES = "releases"  # folder of chunks that were fetched for boards


def build(
    config: Config,
    *,
    clock: Clock | None = None,
    required_peers: tuple[str, ...] = (),
    updates: Layout | None = None,
) -> Board:
    """A board out of its parts; runs on the current event loop.

    Args:
        config: what the owner wants.
        clock: another source of time, for tests.
        updates: where `edgeboard ota` keeps what it has verified; None: where the configuration says.
        required_peers: peers whose refusal ends the start, because somebody has just typed them.

    Raises:
        UserError: the state directory is in use, not writable, or holds a damaged key.
        StoreError: the database cannot be opened.
    """
    clock = clock or SystemClock()
    failpoints.arm(os.environ.get(failpoints.VARIABLE, ""))
    state = StateDirectory.open(config.node.state)
    try:
        key = load_or_create_key(state.path)
        membership = load_or_found_mesh(state.path, config.node.name)
        issuer = load_issuer(state.path, membership)
        boot, boot_nonce = next_boot(state.path), secrets.randbits(32)
        store: Store = (
            MemoryStore() if config.storage.kind == "memory" else SqliteStore(state.database, config.storage.settings)
        )
    except BaseException:
        state.close()
        raise
    mesh = membership.mesh
    credentials = Credentials(key, membership, boot_bytes(boot, boot_nonce))

    def make_author(room: RoomId) -> LocalAuthor:
        return LocalAuthor(mesh, room, author_id(key.node_id, boot, boot_nonce), key.public_key, key.sign)

    tickets = Tickets(lambda: credentials.mesh)
    door = Door(
        key.node_id,
        Rule(config.guests.admit),
        tickets.read,
        lambda text: read_token(text, key.public, mesh, key.node_id),
        lambda name: room_id(mesh, name),
        lambda token: credentials.membership.charter.is_revoked_token(token),
    )
    identity = Identity(
        node=key.node_id,
        public_key=key.public_key,
        boot=credentials.boot,
        name=config.node.name,
        mesh=mesh,
        software=f"edgeboard {__version__}",
        person=PersonId(hashlib.sha256(b"edgeboard-pen-1" + key.public_key).digest()[:16]),
        origin=Origin(secrets.randbits(64)),
        sign=key.sign,
        verify=verify,
        random=random.Random(secrets.randbits(64)).random,
        grant=credentials.grant_bytes,
        admits=credentials.admits,
        draws=membership.grant.role >= Role.DRAW,
        make_author=make_author,
        wall_ms=clock.wall_ms,
        seal_ticket=tickets.seal,
        door=door,
        steady_ahead=clock.steady_ahead,
        time_floor_s=TimeFile.reached(state.path),
    )
    pipeline = Pipeline(identity, pipeline_settings(config))
    node = Node(pipeline, clock, store, mesh, source_of)
    supervisor = Supervisor(stop_s=1.0)

    time_file = TimeFile(state.path, pipeline.timekeeping, clock.now, supervisor.spawn)
    node.on_keep_time = time_file.keep

    def look_at_guests() -> None:
        node.feed(pipeline.hosting.look_at_entries)

    trust = Trust(credentials, issuer, secrets.token_bytes)
    directory = Directory(lambda: pipeline.mesh.membership.members, state.path)

    def put_out(other: NodeId) -> None:
        directory.depart(other)
        supervisor.spawn(directory.keep(), name="keep the name of a board that was put out")

    gate = Gate(trust, clock, state.path, node, supervisor.spawn, look_at_guests, put_out)
    guestbook = Guestbook(state.path, key, mesh, door, clock, look_at_guests, gate.end_token)
    writer = GroupWriter(store, clock, node.committed, node.store_failed, node.store_recovered, config.storage.settings)
    is_memory = config.storage.kind == "memory"
    blobs = BlobShelves(BlobMemory() if is_memory else BlobFiles(state.path / FOLDER))
    renewing = Renewing(
        node,
        updates or Layout.under(config.updates.root),
        BlobMemory() if is_memory else BlobFiles(state.path / RELEASES),
    )
    links = Links(
        key.node_id,
        random.Random(secrets.randbits(64)),
        supervisor.spawn,
        gate.link_up,
        gate.link_down,
        gate.message,
        node.heard,
        node.is_suspect,
    )
    gate.wire(links)

    def on_link(link: Link) -> None:
        links.accept(link)

    admission = Admission(
        key, gate, clock, state.path, lambda: told_urls(config.node.listen.host, board.port),
        lambda: board.request_restart(), node.alarms.append,
        look=partial(look_around, config.discovery.interfaces) if config.discovery.mdns else None,
    )  # fmt: skip
    ownership = Ownership(admission, links, directory, pair_at_panel=config.node.pair_at_panel)
    client = SignalingClient(credentials)

    def tell_of_us() -> dict[str, object]:
        takes_guests = config.guests.failover and identity.draws  # who was drawing elsewhere could not go on here
        urls = told_urls(config.node.listen.host, board.port) if takes_guests else []
        return {"name": config.node.name, "urls": urls}

    transport = LinkTransport(
        config.transport, credentials, client.introduce, on_link, on_news=gate.news, capabilities=tell_of_us
    )

    async def answer_node(offer: str, public_key: bytes, source: str) -> str:
        node.check_welcome(node_id(public_key))
        return await transport.answer_node(offer, public_key, source)

    signaling = SignalingServer(credentials, clock, answer_node, transport.answer_guest)

    node.wire(writer, blobs, links, supervisor.spawn, links.dial)

    def found(other: NodeId, urls: tuple[str, ...]) -> None:
        if not gate.trust.shuns(other, directory.get(other).grant):
            node.found(other, urls)
            links.seen(other, urls)

    sightings = Sightings(found, node.gone)
    members = pipeline.mesh.membership.members
    acquaintances = Acquaintances(state.path, mesh, lambda: [(each, members.urls(each)) for each in members.alive()])
    tag, host = mesh_tag(mesh), config.node.listen.host
    introducer = Introducer(client, signaling.relayed_offer, supervisor.spawn)
    in_band = InBand(introducer, node.introduce)
    node.on_introduced = in_band.arrived

    def arrived(url: str, sender: NodeId, envelope: bytes) -> None:
        way = f"signaling service {url}, from {sender.hex()[:8]}"
        introducer.arrived(Introduced(sender, envelope), way, partial(attendance.send, url))

    attendance = Attendance(
        key,
        mesh,
        random.Random(secrets.randbits(64)),
        partial(sightings.found, "signaling"),
        partial(sightings.gone, "signaling"),
        arrived,
    )

    def routes(node: NodeId, urls: Sequence[str]) -> list[Signaling]:
        services = [url.removeprefix(SCHEME) for url in urls if url.startswith(SCHEME)]
        found: list[Signaling] = [in_band] if in_band.is_open(node) and links.has_nodes else []
        return found + [ByService(introducer, url, attendance.send) for url in services]

    links.wire(transport, routes)
    discovery = MdnsDiscovery(config.discovery, key.node_id, tag, config.node.name, host)

    async def closing() -> None:
        await asyncio.gather(client.close(), attendance.close(), time_file.close())
        renewing.close()

    def make_devices(seat: Desk) -> "Devices":
        from edgeboard.peripherals.devices import Devices

        return Devices(devices, state.path, seat)

    bridged = [DeviceSettings(each.driver) for each in config.panels if each.is_bridged]
    devices = (*config.devices, *bridged)

    def make_host() -> "Host":
        from edgeboard.node.welcome import Host

        urls = partial(told_urls, config.node.listen.host)
        pin = (lambda: str(guestbook.pin()["pin"])) if config.guests.admit == "pin" else str
        return Host(pipeline, clock, lambda: urls(board.port), pin)

    desk = Desk(node, make_devices, config.panels, config.rooms[0], blobs.read, clock.now, make_host)

    board: Board
    vitals = Vitals(
        lambda: board.port, state, boot, ownership, writer, config.storage.kind, pipeline, transport, attendance, desk,
        discovery if config.discovery.mdns else None,
    )  # fmt: skip

    def change_signaling(add: str | None, remove: str | None) -> bool:
        try:
            return attendance.add(read_signaling(add)) if add else attendance.remove(read_signaling(remove or ""))
        except ValueError as error:
            raise UserError(str(error)) from None
        except TransportError as error:
            raise RefusedError(CloseCode.LIMIT, str(error)) from None

    api = Api(node, links, store, blobs, clock, vitals.describe)
    announcing = Announcing(node, config.rooms[0], config.marquee.sources)
    doors = Doors(
        guest_offer=signaling.guest_offer,
        node_offer=signaling.offer,
        serve_guest=transport.serve_guest,
        serve_link=transport.serve_link,
        status=api.status,
        rooms=api.rooms,
        room_log=api.room_log,
        export=api.export,
        convert=api.convert,
        import_json=api.import_json,
        prove_saving=api.prove_saving,
        imports=list_imports,
        signaling=attendance.describe,
        change_signaling=change_signaling,
        trust=ownership.doors(),
        devices=DeviceDoors(desk.describe, desk.release, desk.resume),
        marquee=MarqueeDoors(
            announcing.room,
            announcing.listing,
            announcing.put,
            announcing.remove,
            lambda shown, room, source: door.check_writer(shown, room_id(mesh, room), source_of(source), clock.now()),
        ),
        releases=ReleaseDoors(renewing.describe, renewing.metadata, renewing.content, renewing.want),
        panels=PanelDoors(desk.describe_panels, desk.screens.watch, desk.screens.change),
        urls=lambda: board_urls(config.node.listen.host, board.port),
        holds_ticket=tickets.holds,
        check_reader=lambda ticket, room, source: door.check_reader(
            ticket, room_id(mesh, room), source_of(source), clock.now()
        ),
        survey=api.survey,
        picture=api.picture,
        is_near=is_near,
        pin=guestbook.pin,
        new_pin=guestbook.new_pin,
        tokens=guestbook.tokens,
        issue_token=guestbook.issue,
        revoke_token=guestbook.revoke,
    )
    board = Board(
        node,
        links,
        transport,
        store,
        blobs,
        writer,
        app=make_app(doors, control=False),
        control=make_app(doors, control=True),
        listen=(config.node.listen.host, config.node.listen.port),
        socket_path=state.control_socket,
        mesh=mesh,
        rooms=tuple(dict.fromkeys((*config.rooms, config.marquee.settings.room or config.rooms[0]))),
        peers=(*config.peers, *load_peers(state.path)),
        required_peers=required_peers,
        supervisor=supervisor,
        tell_where=lambda: node.reachable_at(tuple(told_urls(config.node.listen.host, board.port))),
        sightings=sightings,
        acquaintances=acquaintances,
        discovery=discovery if config.discovery.mdns else None,
        gate=gate,
        admission=admission,
        join_file=config.node.join_file,
        desk=desk,
        poll=announcing.poll if config.marquee.sources else None,
        has_devices=bool(devices),
        renewing=renewing,
        warm_up=transport.warm_up,
        adopt=lambda: adopt_rooms(store, mesh, api, node.alarms.append),
        look_at_disk=state.space.look,
        attend=lambda: [attendance.add(url) for url in config.signaling],
        closing=closing,
        look_at_guests=guestbook.look,
        guest_pin=lambda: str(guestbook.pin()["pin"]),
        release=state.close,
    )
    return board
