"""The message that carries an offer, or its answer, over links of others (docs/formats/wire.md)."""

from dataclasses import dataclass
from typing import ClassVar

from edgeboard.wire import fields as form
from edgeboard.wire.fields import Check

ENVELOPE_MAX = 16 * 1024  # bytes, as docs/formats/signaling.md has it
HOPS_MAX = 3  # nodes that pass one on


@dataclass(frozen=True, slots=True)
class Introduce:
    to: bytes  # node id
    sender: bytes  # node id, as whoever made it says; the envelope proves it
    hops: int  # nodes that have passed it on
    envelope: bytes
    NUMBER: ClassVar[int] = 27
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.exactly(16),
        form.exactly(16),
        form.number(255),
        form.blob(ENVELOPE_MAX),
    )
