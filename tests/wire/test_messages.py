"""Messages: what is encoded is read back, and what is not a message is refused by the one family of errors."""

import contextlib

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorTag
from edgeboard.vectors import Range, Vector
from edgeboard.wire.fields import Held, Host, Owned, Person
from edgeboard.wire.gossip import Cover, Graft, Have, Members, Prune, Roster
from edgeboard.wire.introductions import Introduce
from edgeboard.wire.live import Live, LiveItem
from edgeboard.wire.messages import (
    BY_CHANNEL,
    Batches,
    BatchIs,
    BlobChunk,
    BlobHave,
    BlobLack,
    BlobWant,
    CaughtUp,
    Channel,
    CharterIs,
    Close,
    Credit,
    Digest,
    Guest,
    Hosts,
    Join,
    Leave,
    Message,
    Notice,
    Ping,
    Pong,
    Presence,
    Receipt,
    Recent,
    Refused,
    RoomIs,
    Stored,
    Submit,
    VectorIs,
    Want,
    Welcome,
    closing,
    decode,
    encode,
)
from edgeboard.wire.releases import Named, OfRelease, ReleaseIs

ROOM, NODE, ORIGIN, TAG = b"r" * 16, b"n" * 16, b"o" * 8, AuthorTag(b"a" * 8)
EXAMPLES: list[tuple[Channel, Message]] = [
    (Channel.CTL, Close(7, "no")),
    (Channel.CTL, CharterIs(b"charter", b"s" * 32)),
    (Channel.CTL, Ping(3, {ROOM: b"d" * 8})),
    (Channel.CTL, Pong(3)),
    (Channel.CTL, Join(ROOM, "lobby", b"\x00", 4)),
    (Channel.CTL, Join(b"", "lobby", b"\x00", 0)),
    (Channel.CTL, Leave(ROOM)),
    (Channel.CTL, VectorIs(ROOM, b"\x00")),
    (Channel.CTL, Want(ROOM, (Range(TAG, 0, 4), Range(AuthorTag(b"b" * 8), 7, 9)))),
    (Channel.CTL, Credit(1 << 40)),
    (Channel.CTL, Stored(ROOM, b"\x00")),
    (Channel.LOG, Batches(ROOM, (b"one", b"two"))),
    (Channel.CTL, Cover(ROOM, Vector({}).to_bytes())),
    (Channel.CTL, Digest(ROOM, b"v" * 8, b"c" * 16)),
    (Channel.CTL, Guest(1, b"p" * 16, ORIGIN, "Ana", 5, {"x": 1})),
    (Channel.CTL, Welcome(1, NODE, "kitchen", {"gather_ms": 33}, "0.1.0")),
    (Channel.CTL, Receipt(ROOM, 2, ORIGIN, (1, 4, 9, 9))),
    (Channel.CTL, CaughtUp(ROOM, b"\x00")),
    (Channel.CTL, Presence(ROOM, NODE, (Person((b"p" * 16, ORIGIN, "Ana", 5)),), 7)),
    (Channel.CTL, Refused(ROOM, ORIGIN, 12, 13, "too far ahead")),
    (Channel.CTL, Notice(2, "disk full")),
    (Channel.CTL, RoomIs(ROOM, "lobby", "active")),
    (Channel.CTL, ReleaseIs("beta", "riscv64", "1.2", 3, 4, 1, (Named("timestamp.json", bytes(32), 900),))),
    (Channel.CTL, OfRelease(b"message")),
    (Channel.CTL, Introduce(NODE, b"m" * 16, 2, b"envelope")),
    (Channel.CTL, BlobWant(b"h" * 32, 16_384, 16_384)),
    (Channel.CTL, BlobChunk(b"h" * 32, 16_384, 100_000, b"bytes")),
    (Channel.CTL, BlobHave((Held(b"h" * 32, 100_000, 2), Held(b"i" * 32, 7, 0)))),
    (Channel.CTL, BlobLack(b"h" * 32, 15, "no image")),
    (Channel.CTL, Hosts((Host(NODE, "hall", ("http://10.0.0.5:8787", "https://hall.local")),), "ticket")),
    (Channel.CTL, Hosts((), "")),
    (Channel.CTL, Members((b"record", b"another"))),
    (Channel.CTL, Roster(((NODE, 3, 17),))),
    (Channel.CTL, Have(ROOM, b"\x00")),
    (Channel.CTL, Prune(ROOM)),
    (Channel.CTL, Graft(ROOM)),
    (Channel.LOG, BatchIs(ROOM, b"bytes")),
    (Channel.LOG, Submit(ROOM, ORIGIN, (b"one", b"two"))),
    (Channel.LOG, Recent(ROOM, (Owned((ORIGIN, b"p" * 16, (b"one", b"two"))),))),
]


@pytest.mark.parametrize(("channel", "message"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_message_is_read_back_as_it_was_said(channel: Channel, message: Message) -> None:
    assert decode(channel, encode(message)) == message


def test_every_message_has_an_example_here() -> None:
    numbers = {kind.NUMBER for table in BY_CHANNEL.values() for kind in table.values()}
    shown = {message.NUMBER for _, message in EXAMPLES} | {34}  # fragments have a test of their own
    assert numbers == shown, f"add an example for the messages {numbers - shown}"


@pytest.mark.parametrize(("channel", "message"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_fields_of_a_later_version_are_skipped(channel: Channel, message: Message) -> None:
    array = msgpack.unpackb(encode(message), strict_map_key=False)
    assert decode(channel, msgpack.packb([*array, {"new": [1, 2]}])) == message


def test_an_unknown_number_is_ignored() -> None:
    assert decode(Channel.CTL, msgpack.packb([250, "whatever"])) is None


def test_a_message_on_the_wrong_channel_is_unknown_there() -> None:
    assert decode(Channel.LOG, encode(Pong(1))) is None


@pytest.mark.parametrize(("channel", "message"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_message_that_lacks_its_last_field_is_refused(channel: Channel, message: Message) -> None:
    array = msgpack.unpackb(encode(message), strict_map_key=False)
    with pytest.raises(DecodeError):
        decode(channel, msgpack.packb(array[:-1]))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text() | st.binary(), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(EXAMPLES), st.data())
def test_a_field_of_the_wrong_form_raises_only_a_decode_error(
    example: tuple[Channel, Message], data: st.DataObject
) -> None:
    channel, message = example
    array = msgpack.unpackb(encode(message), strict_map_key=False)
    at = data.draw(st.integers(0, len(array) - 1))
    array[at] = data.draw(JUNK)
    with contextlib.suppress(DecodeError):
        decode(channel, msgpack.packb(array))


@given(st.sampled_from(list(Channel)), st.binary(max_size=200))
def test_any_bytes_raise_only_a_decode_error(channel: Channel, data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        decode(channel, data)


def test_a_frame_of_the_live_channel_is_read_there() -> None:
    frame = Live(3, (LiveItem(1, 0, ORIGIN),))
    assert decode(Channel.LIVE, encode(frame)) == frame


def test_deeply_nested_bytes_are_refused_and_not_followed() -> None:
    with pytest.raises(DecodeError):
        decode(Channel.CTL, b"\x91" * 5000 + b"\x00")


def test_a_closing_text_is_cut_to_its_limit() -> None:
    message = decode(Channel.CTL, closing(7, "x" * 5000))  # type: ignore[arg-type]
    assert isinstance(message, Close)
    assert len(message.text) == 400
