"""Rooms without a running node: the store is opened directly: to look, without a lock; to change it, under the lock of
the state directory.

The same functions do the work as in a node: the pipeline, fed from the store and, by an import, saved back to it.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, final

from edgeboard import __version__
from edgeboard.clock import SystemClock
from edgeboard.config.values import default_name
from edgeboard.errors import RefusedError, UserError
from edgeboard.identity.credentials import BOOT_BYTES
from edgeboard.identity.keyfile import load_mesh, load_or_create_key, load_or_found_mesh, next_boot
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verify
from edgeboard.ids import MeshId, NodeId, Origin, PersonId, RoomId, author_id, room_id, show_op
from edgeboard.node.exporting import Segments, describe_past, take_source, write_export
from edgeboard.node.pipeline import Pipeline
from edgeboard.node.values import Identity, PipelineSettings, Save
from edgeboard.oplog.author import LocalAuthor
from edgeboard.ports import StoredBatch, StoredRoom
from edgeboard.rooms.archive import describe_log, plan_import, read_archive
from edgeboard.rooms.past import take_record
from edgeboard.rooms.room import Room
from edgeboard.storage.blobs import FOLDER, BlobFiles
from edgeboard.storage.reading import RoomSource, SqliteReader
from edgeboard.storage.settings import Settings as StorageSettings
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.statedir import DATABASE, StateDirectory
from edgeboard.web.exports import Exported, Wanted

NOW = 0.0  # nothing here waits for anything
ROOMS_MAX = 100_000  # to be looked at one after the other
NOBODY, NO_PERSON = NodeId(bytes(16)), PersonId(bytes(16))  # who only looks logs nothing


def _logs_nothing(_: RoomId) -> NoReturn:
    raise AssertionError("a reader has nothing to log")


def _signs_nothing(_: bytes) -> bytes:
    return bytes(SIGNATURE_BYTES)  # of a record that goes nowhere, since nobody is linked


@final
class Offline:
    """The rooms of a state directory, to look at.

    Args:
        state: the directory.
        mesh: whose rooms.
        store: where they are.
        node, person: who logs what is imported, and draws what corrects it.
        make_author: likewise.
    """

    def __init__(
        self,
        state: Path,
        mesh: MeshId,
        store: RoomSource,
        node: NodeId = NOBODY,
        person: PersonId = NO_PERSON,
        make_author: Callable[[RoomId], LocalAuthor] = _logs_nothing,
    ) -> None:
        self.mesh = mesh
        self.blobs = BlobFiles(state / FOLDER)
        self._state = state
        self._store = store
        identity = Identity(
            node=node,
            public_key=bytes(PUBLIC_KEY_BYTES),
            boot=bytes(BOOT_BYTES),
            name="",
            mesh=mesh,
            software=f"edgeboard {__version__}",
            person=person,
            origin=Origin(secrets.randbits(64)),
            sign=_signs_nothing,
            verify=verify,
            random=secrets.SystemRandom().random,
            make_author=make_author,
            wall_ms=SystemClock().wall_ms,
        )
        self.pipeline = Pipeline(identity, PipelineSettings(rooms_max=ROOMS_MAX))

    # -- questions

    def names(self) -> list[str]:
        """The rooms of this mesh."""
        return sorted(stored.name for stored in self._store.rooms() if stored.mesh == self.mesh)

    def rooms(self) -> list[dict[str, Any]]:
        return [self._describe(self.open(name)) for name in self.names()]

    def _describe(self, room: Room) -> dict[str, Any]:
        return {
            "name": room.name,
            "id": room.room.hex(),
            "state": "closed",
            "ops": room.document.statistics().ops,
            "items": room.document.count_living(),
            "bytes": room.log.statistics().bytes,
            "authors": len(room.log.vector()),
            "people": 0,
            "vector": room.log.vector().digest().hex(),
            "digest": room.document.digest().hex(),
        }

    def log(self, name: str, at: int | None = None) -> dict[str, Any]:
        """Who did what, up to a moment (Unix ms) if one is given."""
        room = self._existing(name)
        if at is None:
            return describe_log(name, room.document, room.log)
        return describe_past(name, take_record(room.log, room.document), self._segments(room), at)

    def export(self, name: str, wanted: Wanted) -> Exported:
        """As `Api.export` of a node."""
        room = self._existing(name)
        return write_export(take_source(room, self.mesh, wanted), wanted, self._segments(room), self.blobs.read)

    def _segments(self, room: Room) -> Segments:
        return lambda: (segment.data for segment in self._store.history(room.room))

    # -- rooms

    def _existing(self, name: str) -> Room:
        if name not in self.names():
            raise UserError(
                f"{self._state} has no room {name!r}; list them with: edgeboard rooms --state {self._state}"
            )
        return self.open(name)

    def open(self, name: str) -> Room:
        """A room with all that the disk holds of it; an empty one if it holds none of that name."""
        try:
            room = self.pipeline.open_room(name, NOW)
        except RefusedError as error:
            raise UserError(f"room {name!r}: {error}") from None
        if not room.is_loaded:
            batches = self._store.load(room_id(self.mesh, name))
            self.pipeline.loaded(room.room, (batch.data for batch in batches), NOW, done=True)
            for _ in self.pipeline.drain():
                pass  # nobody to be told, nothing new to save
        return room


@final
class Importer:
    """The rooms of a state directory that nobody else changes at the moment."""

    def __init__(self, held: StateDirectory) -> None:
        self._state = held.path
        self._key = load_or_create_key(held.path)
        mesh = load_or_found_mesh(held.path, default_name()).mesh
        self._store = SqliteStore(held.database, StorageSettings())
        person = PersonId(hashlib.sha256(b"edgeboard-pen-1" + self._key.public_key).digest()[:16])
        self.rooms = Offline(held.path, mesh, self._store, self._key.node_id, person, self._make_author)

    def _make_author(self, room: RoomId) -> LocalAuthor:
        author = author_id(self._key.node_id, next_boot(self._state), secrets.randbits(32))
        return LocalAuthor(self.rooms.mesh, room, author, self._key.public_key, self._key.sign)

    def close(self) -> None:
        self._store.close()

    def import_json(self, name: str, data: bytes) -> dict[str, Any]:
        """As `Api.import_json` of a node.

        Raises:
            DecodeError: not an archive. RefusedError: not a room name. StoreError: nothing of the rest was written.
        """
        archive = read_archive(data)
        room = self.rooms.open(name)
        plan = plan_import(archive, room.document)
        taken, known, refused = self.rooms.pipeline.take(name, plan.ops, NOW)
        if plan.corrections:
            self.rooms.pipeline.draw(name, plan.corrections, NOW)
        self._store.add_room(StoredRoom(room.room, self.rooms.mesh, name))
        self._save()
        here = {content for content, _ in self.rooms.blobs.listing()}
        fresh = [(content, image) for content, image in archive.blobs if content not in here]
        for content, image in fresh:
            self.rooms.blobs.write(content, image)
        skipped = [{"id": show_op(op), "reason": reason} for op, reason in plan.skipped]
        return {
            "room": name, "taken": taken, "known": known, "refused": refused, "skipped": skipped, "images": len(fresh),
        }  # fmt: skip

    def _save(self) -> None:
        self.rooms.pipeline.flush(0.0)
        for output in self.rooms.pipeline.drain():
            if isinstance(output, Save):
                self._store.write(
                    [StoredBatch(output.room, b.author, b.first, b.count, b.data) for b in output.batches]
                )


@contextmanager
def offline(state: Path) -> Iterator[Offline]:
    """Look at the rooms of a state directory, whoever uses it meanwhile.

    Raises:
        UserError: no node has ever kept its state there. StoreError: it cannot be read.
    """
    mesh = None if not (state / DATABASE).exists() else load_mesh(state)
    if mesh is None:
        raise UserError(f"no node has kept anything in {state}; name its directory with --state DIR")
    store = SqliteReader(state / DATABASE)
    try:
        yield Offline(state, mesh.mesh, store)
    finally:
        store.close()


@contextmanager
def importing(state: Path) -> Iterator[Importer]:
    """Change the rooms of a state directory, under its lock.

    Raises:
        UserError: no node has ever kept its state there, or one is running.
    """
    if not (state / DATABASE).exists():
        raise UserError(f"no node has kept anything in {state}; name its directory with --state DIR")
    with StateDirectory.open(state, "edgeboard import") as held:
        importer = Importer(held)
        try:
            yield importer
        finally:
            importer.close()
