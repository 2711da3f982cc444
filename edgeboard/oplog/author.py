"""The author of this boot: numbers the entries of its log, signs them in batches (docs/formats/oplog.md, "Batch").

An author is made anew at each boot, and only when something is to be logged; so neither a crash nor a copied card can
fill a place of the log twice. It introduces itself in its first batch and each origin in the batch that first needs it.
"""

from collections.abc import Callable, Sequence
from typing import Final, final

from edgeboard.canvas.ops import Op, hash_of
from edgeboard.errors import LimitError
from edgeboard.ids import AuthorId, MeshId, Origin, PersonId, RoomId, author_tag, origin_of
from edgeboard.oplog.batch import SIGNATURE_BYTES, TIME_UNIT, Slot, encode_batch, signed_bytes

UNSIGNED: Final = bytes(SIGNATURE_BYTES)


@final
class LocalAuthor:
    """Makes the batches of one author in one room."""

    def __init__(
        self, mesh: MeshId, room: RoomId, author: AuthorId, public_key: bytes, sign: Callable[[bytes], bytes]
    ) -> None:
        """Args:
        mesh: the mesh that the room belongs to.
        room: where the log lies.
        author: this boot's id, which nothing has been logged under.
        public_key: Ed25519, 32 bytes.
        sign: the 64 bytes of an Ed25519 signature over a message.
        """
        self.tag = author_tag(author, public_key)
        self.author = author
        self.next = 0  # entry
        self._mesh = mesh
        self._room = room
        self._public_key = public_key
        self._sign = sign
        self._rows: dict[tuple[Origin, PersonId], int] = {}

    def batch(self, ops: Sequence[tuple[Op, PersonId]], time_ms: int) -> bytes:
        """Log some ops as one batch.

        Args:
            ops: each with the person who made it.
            time_ms: Unix milliseconds, a label; what is left of a tenth of a second is not logged.

        Raises:
            LimitError: more than fits into a batch; nothing has been logged.
        """
        time_ms -= time_ms % TIME_UNIT
        origins: list[tuple[Origin, PersonId]] = []
        rows: dict[tuple[Origin, PersonId], int] = {}
        slots = []
        for op, person in ops:
            who = origin_of(op.id), person
            row = self._rows.get(who, rows.get(who))
            if row is None:
                row = rows[who] = len(self._rows) + len(origins)
                origins.append(who)
            slots.append(Slot(row, op.tail))
        introduction = (self.author, self._public_key) if self.next == 0 else None
        # encoded without the signature first, so that what is too large is refused before anything is signed
        unsigned = encode_batch(self.tag, self.next, time_ms, introduction, len(self._rows), origins, slots, UNSIGNED)
        hashes = b"".join(hash_of(op) for op, _ in ops)
        message = signed_bytes(
            self._mesh, self._room, self.author, self._public_key, self.next, time_ms, len(self._rows), origins, hashes
        )
        signature = self._sign(message)
        if len(signature) != SIGNATURE_BYTES:
            raise LimitError(f"a signature of {len(signature)} bytes; it has {SIGNATURE_BYTES}")
        self._rows |= rows
        self.next += len(slots)
        return unsigned[:-SIGNATURE_BYTES] + signature
