"""Reading the bodies of ops, field by field (docs/formats/oplog.md, "Op").

Every number in an op is below 2**53, so that JavaScript counts it too. Bytes behind the fields named in the contract
belong to a later version and are skipped. Payloads and values stay bytes here, found by their offset: the document
keeps tails as they came, and whoever draws unpacks them.
"""

from edgeboard.canvas.bodies import (
    INTERVALS_MAX,
    META_KEY_BYTES_MAX,
    NODE_BYTES,
    NUMBER_MAX,
    ORIGIN_BYTES,
    PIECES_MAX,
    VALUE_BYTES_MAX,
    Acl,
    Add,
    Alive,
    Body,
    Clear,
    Context,
    Cut,
    Floor,
    Kind,
    Meta,
    Set,
    Unknown,
)
from edgeboard.canvas.values import check_value, skip_value, unpack_text, unpack_value
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import COUNTER_BITS, COUNTER_MAX, NodeId, OpId
from edgeboard.varints import get_uvarint
from edgeboard.vectors import Vector


def get_number(data: bytes, at: int) -> tuple[int, int]:
    """A varint below 2**53; returns (value, offset behind it).

    Raises:
        DecodeError: as `get_uvarint`, or above `NUMBER_MAX`.
    """
    left = len(data) - at
    if left > 0:
        low = data[at]
        if low < 0x80:
            return low, at + 1
        if left > 1 and 0 < data[at + 1] < 0x80:
            return low & 0x7F | data[at + 1] << 7, at + 2
    value, at = get_uvarint(data, at)
    if value > NUMBER_MAX:
        raise DecodeError("a number is above 2**53 - 1")
    return value, at


def get_ref(data: bytes, at: int, maker: OpId) -> tuple[OpId, int]:
    """A ref in the op `maker`; returns (op id, offset behind it).

    Raises:
        DecodeError: cut short, or it names no possible op.
    """
    distance, at = get_number(data, at)
    if distance:
        if distance >= maker & COUNTER_MAX:
            raise DecodeError("a ref points before the first op of its origin")
        return OpId(maker - distance), at
    origin = int.from_bytes(data[at : at + ORIGIN_BYTES], "big")
    counter, at = get_number(data, at + ORIGIN_BYTES)
    if not 1 <= counter <= COUNTER_MAX:
        raise DecodeError("the counter of a ref is out of range")
    return OpId(origin << COUNTER_BITS | counter), at


def get_context(data: bytes, at: int, maker: OpId) -> tuple[Context, int]:
    """A causal context; returns (context, offset behind it).

    Raises:
        DecodeError: neither absolute nor relative, or its vector is broken.
    """
    form = data[at : at + 1]
    base: OpId | None = None
    at += 1
    if form == b"\1":
        base, at = get_ref(data, at, maker)
    elif form != b"\0":
        raise DecodeError("a causal context is neither absolute nor relative")
    vector, at = Vector.read(data, at)
    if any(n > NUMBER_MAX for _, n in vector):
        raise DecodeError("a number is above 2**53 - 1")
    return Context(base, vector), at


def get_add(data: bytes, at: int, maker: OpId) -> tuple[int, int, int, OpId | None, int, int]:
    """An add without its payload: page, layer, type, item, index, offset of the payload.

    Raises:
        DecodeError: the body breaks its format.
    """
    page, at = get_number(data, at)
    layer, at = get_number(data, at)
    head, at = get_number(data, at)
    if head & 1 == 0:
        return page, layer, head >> 1, None, 0, at
    item, at = get_ref(data, at, maker)
    index, at = get_number(data, at)
    if index == 0:
        raise DecodeError("a further piece has index 0")
    if index >= PIECES_MAX:
        raise LimitError(f"piece {index} of an item; the limit is {PIECES_MAX}")
    return page, layer, head >> 1, item, index, at


def get_set(data: bytes, at: int, maker: OpId) -> tuple[OpId, int, int]:
    """A set without its value: target, register, offset of the value, which is sound and fills the rest.

    Raises:
        DecodeError: the body breaks its format.
    """
    target, at = get_ref(data, at, maker)
    register, at = get_number(data, at)
    if len(data) - at > VALUE_BYTES_MAX:
        raise LimitError(f"a value of {len(data) - at} bytes; the limit is {VALUE_BYTES_MAX}")
    check_value(data[at:])
    return target, register, at


def get_alive(data: bytes, at: int, maker: OpId) -> tuple[OpId, bool]:
    """An alive: target and value.

    Raises:
        DecodeError: the body breaks its format.
    """
    target, at = get_ref(data, at, maker)
    if at >= len(data) or data[at] > 1:
        raise DecodeError("alive is neither 0 nor 1")
    return target, data[at] == 1


def get_cut(data: bytes, at: int, maker: OpId) -> tuple[OpId, tuple[tuple[int, int], ...]]:
    """A cut: the piece and its intervals.

    Raises:
        DecodeError: the body breaks its format.
    """
    piece, at = get_ref(data, at, maker)
    count, at = get_number(data, at)
    if count == 0:
        raise DecodeError("a cut has no interval")
    if count > INTERVALS_MAX:
        raise LimitError(f"a cut of {count} intervals; the limit is {INTERVALS_MAX}")
    intervals = []
    end = 0
    for _ in range(count):
        skipped, at = get_number(data, at)
        length, at = get_number(data, at)
        start = end + skipped
        end = start + length
        if length == 0 or end > NUMBER_MAX:
            raise DecodeError("an interval of a cut is empty or out of range")
        intervals.append((start, end))
    return piece, tuple(intervals)


def get_meta(data: bytes, at: int) -> tuple[str, int, int]:
    """A meta: the key, and from where to where its value lies.

    Raises:
        DecodeError: the body breaks its format.
    """
    if skip_value(data, at) != len(data):
        raise DecodeError("bytes follow a value")
    first = data[at]
    if 0x92 <= first <= 0x9F:
        at += 1
    elif first == 0xDC and data[at + 1 : at + 3] >= b"\0\2":
        at += 3
    elif first == 0xDD and data[at + 1 : at + 5] >= b"\0\0\0\2":
        at += 5
    else:
        raise DecodeError("meta is not an array of a key and a value")
    value_at = skip_value(data, at)
    key = unpack_text(data[at:value_at])
    if len(key.encode()) > META_KEY_BYTES_MAX:
        raise LimitError(f"a key of meta is longer than {META_KEY_BYTES_MAX} bytes")
    return key, value_at, skip_value(data, value_at)


def get_acl(data: bytes, at: int, maker: OpId) -> Acl:
    """An acl.

    Raises:
        DecodeError: the body breaks its format.
    """
    subject = NodeId(data[at : at + NODE_BYTES])
    if len(subject) < NODE_BYTES:
        raise DecodeError("an acl is cut short")
    role, at = get_number(data, at + NODE_BYTES)
    context, _ = get_context(data, at, maker)
    return Acl(subject, role, context)


def get_clear(data: bytes, at: int, maker: OpId) -> Clear:
    """A clear.

    Raises:
        DecodeError: the body breaks its format.
    """
    scope, at = get_number(data, at)
    context, _ = get_context(data, at, maker)
    return Clear(scope, context)


def get_body(kind: int, data: bytes, at: int, maker: OpId) -> Body:
    """The body of kind `kind` that begins at `at` in the tail of the op `maker`.

    Raises:
        DecodeError: it breaks its format.
    """
    match kind:
        case Kind.ADD:
            page, layer, item_type, item, index, at = get_add(data, at, maker)
            return Add(page, layer, item_type, data[at:], item, index)
        case Kind.SET:
            target, register, at = get_set(data, at, maker)
            return Set(target, register, unpack_value(data[at:]))
        case Kind.ALIVE:
            return Alive(*get_alive(data, at, maker))
        case Kind.CUT:
            return Cut(*get_cut(data, at, maker))
        case Kind.CLEAR:
            return get_clear(data, at, maker)
        case Kind.META:
            key, at, end = get_meta(data, at)
            return Meta(key, unpack_value(data[at:end]))
        case Kind.ACL:
            return get_acl(data, at, maker)
        case Kind.FLOOR:
            return Floor(get_context(data, at, maker)[0])
        case _:
            return Unknown(kind, data[at:])
