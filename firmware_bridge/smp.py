"""SMP, the management protocol of MCUboot and Zephyr (mcumgr): requests, answers and what they mean.

    header   [reserved 3 bits, version 2, op 3] [flags] [length u16] [group u16] [sequence] [command], big-endian
    body     a CBOR map; servers send maps of indefinite length too

Sources: Zephyr, "SMP Protocol Specification" and the pages of its groups 0 (operating system) and 1 (images). Requests
say version 1 of the header (what the documents call "SMP version 2"): its refusals name group and reason. Servers that
know only version 0 answer with `rc` alone; both are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct
from typing import Any, NamedTuple

import cbor2

from firmware_bridge.errors import DeviceError

HEADER = Struct(">BBHHBB")
DETAILED = 1  # version of the header with which refusals name their group
PLAIN = 0
BUFFER_DEFAULT = 256  # bytes, of servers that do not answer the question; the smallest that is in use
BUFFERS_MIN, BUFFERS_MAX = 64, 4096  # bytes that a server may say of itself
TEXT_MAX = 80  # characters that are shown of what a device says
IMAGES_MAX = 16  # slots that are listed

# cbor2 5 lets some of its own trouble through where version 6 does not
CBOR_TROUBLE = (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError)


class Op(IntEnum):
    READ = 0
    READ_ANSWER = 1
    WRITE = 2
    WRITE_ANSWER = 3


class Group(IntEnum):
    SYSTEM = 0
    IMAGES = 1


class Reason(IntEnum):
    """Refusals that any group gives (`rc`)."""

    UNKNOWN = 1
    NO_MEMORY = 2
    INVALID = 3
    TIMEOUT = 4
    NO_ENTRY = 5
    BAD_STATE = 6
    TOO_LONG = 7
    NOT_SUPPORTED = 8
    CORRUPT = 9
    BUSY = 10
    ACCESS_DENIED = 11
    TOO_OLD = 12
    TOO_NEW = 13


class ImageReason(IntEnum):
    """Refusals of the group of images (`err.rc`) that a person can do something about."""

    NO_IMAGE = 3
    NO_FREE_SLOT = 9
    WRITE_FAILED = 12
    ERASE_FAILED = 13
    INVALID_LENGTH = 21
    INVALID_HEADER = 22
    INVALID_MAGIC = 23
    INVALID_HASH = 24
    NEWER_RUNS = 27
    ALREADY_PENDING = 28
    TOO_LARGE = 30
    OVERRUN = 31
    CONFIRM_DENIED = 32
    TEST_OF_ACTIVE = 33


NOT_THIS_IMAGE = "this image is not for this device, or damaged; build it for this board and sign it with imgtool"
NO_ROOM = (
    "the device has no free slot: the other one holds the image to go back to, or one that is marked for the next "
    "start; confirm what runs (edgeboard firmware confirm), or restart the device (edgeboard firmware reset)"
)
TOO_LARGE = "the image is larger than the device's slot; build a smaller one"

TEXTS: dict[tuple[int, int], str] = {
    (Group.IMAGES, ImageReason.NO_IMAGE): "the device has no such image; see what it has: edgeboard firmware info",
    (Group.IMAGES, ImageReason.NO_FREE_SLOT): NO_ROOM,
    (Group.IMAGES, ImageReason.WRITE_FAILED): "the device cannot write its flash memory; it may be worn out",
    (Group.IMAGES, ImageReason.ERASE_FAILED): "the device cannot erase its flash memory; it may be worn out",
    (Group.IMAGES, ImageReason.INVALID_LENGTH): TOO_LARGE,
    (Group.IMAGES, ImageReason.INVALID_HEADER): NOT_THIS_IMAGE,
    (Group.IMAGES, ImageReason.INVALID_MAGIC): NOT_THIS_IMAGE,
    (Group.IMAGES, ImageReason.INVALID_HASH): NOT_THIS_IMAGE,
    (Group.IMAGES, ImageReason.NEWER_RUNS): "the device runs a newer version, and takes only newer ones",
    (Group.IMAGES, ImageReason.ALREADY_PENDING): "an image is marked for the next start already; restart the device",
    (Group.IMAGES, ImageReason.TOO_LARGE): TOO_LARGE,
    (Group.IMAGES, ImageReason.OVERRUN): TOO_LARGE,
    (Group.IMAGES, ImageReason.CONFIRM_DENIED): "the device does not let its image be confirmed from outside",
    (Group.IMAGES, ImageReason.TEST_OF_ACTIVE): "this image runs already; there is nothing to try",
}
PLAIN_TEXTS: dict[int, str] = {
    Reason.NO_MEMORY: "the device is short of memory; try again, or restart it",
    Reason.INVALID: "the device does not take this request, or not this image",
    Reason.TIMEOUT: "the device was too slow for itself; try again",
    Reason.NO_ENTRY: "the device has no such image; see what it has: edgeboard firmware info",
    Reason.BAD_STATE: NO_ROOM,
    Reason.TOO_LONG: "the message was too long for the device",
    Reason.NOT_SUPPORTED: "the device's firmware has no such command; it has to be built with it",
    Reason.CORRUPT: "the device found its data damaged",
    Reason.BUSY: "the device is busy; try again in a moment",
    Reason.ACCESS_DENIED: "the device does not allow this",
    Reason.TOO_OLD: "the device wants a newer version of the protocol",
    Reason.TOO_NEW: "the device knows only an older version of the protocol",
}


# How long an answer is waited for, in s, before the request is sent once more; after the last one it is given up.
Patience = tuple[float, ...]
USUAL: Patience = (0.5, 1.0, 2.0, 2.0)  # a board that restarts when its line is opened takes seconds
PROBING: Patience = (1.5,)
ERASING: Patience = (1.0, 2.0, 4.0, 6.0, 6.0, 6.0, 6.0, 6.0)  # the first piece is answered when the slot is erased
CHECKING: Patience = (1.0, 2.0, 4.0, 6.0, 6.0)  # the last one when the image was read once more
INSISTING: Patience = (1.0,) * 20  # where all hangs on the answer
ONCE: Patience = (4.0,)  # for what must not be done twice


@dataclass(frozen=True, slots=True)
class Request:
    """A question or an order, without its number."""

    op: Op
    group: int
    command: int
    fields: Mapping[str, object] = field(default_factory=dict)
    patience: Patience = USUAL


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a device does not do it."""

    group: int | None  # None: any group gives this reason
    reason: int
    said: str = ""  # in the device's own words, if it has any

    def describe(self) -> str:
        """One sentence for a person."""
        text = PLAIN_TEXTS.get(self.reason) if self.group is None else TEXTS.get((self.group, self.reason))
        number = f"reason {self.reason}" + ("" if self.group is None else f" of group {self.group}")
        said = f": {self.said}" if self.said else ""
        return f"{text} ({number}{said})" if text else f"the device refuses ({number}{said})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device has said."""

    op: int
    group: int
    sequence: int
    command: int
    fields: Mapping[Any, Any]

    @property
    def refusal(self) -> Refusal | None:
        """Why not; None if it did what it was asked for."""
        said = self.fields.get("rsn")
        words = clean(said) if isinstance(said, str) else ""
        error = self.fields.get("err")
        if isinstance(error, dict):
            return Refusal(_whole(error.get("group"), 0, 0xFFFF), _whole(error.get("rc"), 0, 0xFFFF, 1) or 1, words)
        reason = self.fields.get("rc", 0)
        if reason == 0 and not isinstance(reason, bool):
            return None
        return Refusal(None, _whole(reason, -0xFFFF, 0xFFFF, Reason.UNKNOWN) or Reason.UNKNOWN, words)


# -- requests


def echo(text: str) -> Request:
    return Request(Op.WRITE, Group.SYSTEM, 0, {"d": text}, PROBING)


def reset() -> Request:
    """Restart. Asked once: a second one would end the trial of a new image."""
    return Request(Op.WRITE, Group.SYSTEM, 5, patience=ONCE)


def read_parameters() -> Request:
    return Request(Op.READ, Group.SYSTEM, 6)


def read_state(patience: Patience = USUAL) -> Request:
    return Request(Op.READ, Group.IMAGES, 0, patience=patience)


def mark(image_hash: bytes | None, *, confirm: bool) -> Request:
    """Try an image at the next start, or keep one for good; `None` is the one that runs, and can only be confirmed."""
    fields: dict[str, object] = {"confirm": confirm}
    if image_hash is not None:
        fields["hash"] = image_hash
    return Request(Op.WRITE, Group.IMAGES, 0, fields)


def upload(
    offset: int, data: bytes, *, whole: int, sha: bytes = b"", image: int = 0, patience: Patience = USUAL
) -> Request:
    """A piece of an image; the first one says how long all of it is (bytes), its SHA-256, and which image it is.

    `patience` is for those in the middle.
    """
    fields: dict[str, object] = {"off": offset, "data": data}
    if offset == 0:
        fields |= {"len": whole, "sha": sha} | ({"image": image} if image else {})
    last = offset + len(data) == whole
    return Request(Op.WRITE, Group.IMAGES, 1, fields, ERASING if offset == 0 else CHECKING if last else patience)


def encode(request: Request, sequence: int, version: int = DETAILED) -> bytes:
    """The message of a request.

    Args:
        request: what to ask.
        sequence: 0 .. 255; the answer has the same.
        version: of the header.
    """
    body = cbor2.dumps(dict(request.fields))
    head = HEADER.pack(version << 3 | request.op, 0, len(body), request.group, sequence, request.command)
    return head + body


# -- answers


def decode(message: bytes) -> Answer:
    """Read an answer.

    Raises:
        DeviceError: it is none, or damaged.
    """
    if len(message) < HEADER.size:
        raise DeviceError(f"an SMP message of {len(message)} bytes is cut short")
    first, _, length, group, sequence, command = HEADER.unpack_from(message)
    if length != len(message) - HEADER.size:
        raise DeviceError(f"an SMP message of {len(message)} bytes says that it has {length + HEADER.size}")
    if not first & 1:
        raise DeviceError("an SMP message that is no answer: the line echoes what is written to it")
    try:
        fields = cbor2.loads(message[HEADER.size :]) if length else {}
    except CBOR_TROUBLE:
        raise DeviceError("an SMP answer whose CBOR cannot be read") from None
    if not isinstance(fields, dict):
        raise DeviceError("an SMP answer that is no map")
    return Answer(first & 0x07, group, sequence, command, fields)


class Parameters(NamedTuple):
    """What a server can take."""

    buffer_size: int = BUFFER_DEFAULT  # bytes of one message with its framing
    buffers: int = 1


def to_parameters(fields: Mapping[Any, Any]) -> Parameters:
    """What the device says of its buffers; what it does not say sensibly is the smallest in use."""
    size = _whole(fields.get("buf_size"), BUFFERS_MIN, BUFFERS_MAX, BUFFER_DEFAULT)
    return Parameters(size or BUFFER_DEFAULT, _whole(fields.get("buf_count"), 1, 0xFF, 1) or 1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A valid image on the device."""

    image: int  # which of the device's programs; mostly 0
    slot: int  # 0 the first, which mostly runs; 1 the second
    version: str
    hash: bytes = b""  # as in the image's own trailer; empty if the device does not say
    active: bool = False  # runs
    confirmed: bool = False  # will run after the next start too
    pending: bool = False  # is to run after the next start
    permanent: bool = False  # and is to stay then
    bootable: bool = False


def to_slots(fields: Mapping[Any, Any]) -> tuple[Slot, ...]:
    """The images of a device.

    Raises:
        DeviceError: the answer has none of the form that the description gives.
    """
    images = fields.get("images")
    if not isinstance(images, list):
        raise DeviceError("the device's answer lists no images")
    found = []
    for entry in images[:IMAGES_MAX]:
        number = _whole(entry.get("slot"), 0, 0xFF) if isinstance(entry, dict) else None
        if number is None:
            raise DeviceError("the device lists an image without a slot")
        version, image_hash = entry.get("version"), entry.get("hash")
        flags = {name: entry.get(name) is True for name in ("active", "confirmed", "pending", "permanent", "bootable")}
        found.append(
            Slot(
                _whole(entry.get("image"), 0, 0xFF, 0) or 0,
                number,
                clean(version) if isinstance(version, str) else "",
                image_hash[:64] if isinstance(image_hash, bytes) else b"",
                **flags,
            )
        )
    return tuple(found)


def to_offset(fields: Mapping[Any, Any]) -> int:
    """How far the device has an upload, in bytes.

    Raises:
        DeviceError: it does not say.
    """
    offset = _whole(fields.get("off"), 0, 0xFFFFFFFF)
    if offset is None:
        raise DeviceError("the device does not say how far it has the image")
    return offset


def _whole(value: object, least: int, most: int, otherwise: int | None = None) -> int | None:
    """A number that is one, and within bounds."""
    good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return value if good and isinstance(value, int) else otherwise


def clean(text: str) -> str:
    """What a device says, safe to print."""
    return "".join(each if each.isprintable() else "?" for each in text[:TEXT_MAX])
