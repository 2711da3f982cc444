"""Live frames: what is said is read back, and broken bytes raise the one family of errors."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import OpId, Origin, op_id
from edgeboard.oplog.codec import Pen
from edgeboard.wire.live import (
    LIVE_ITEMS_MAX,
    LIVE_MAX,
    Cursor,
    Ended,
    Further,
    Live,
    LiveItem,
    LiveKind,
    Preview,
    Sequenced,
    decode_live,
    encode_live,
    item_size,
    live_item,
    read_item,
    short_name,
)
from tests.vectors.live import said

ORIGIN = Origin(0x0123456789ABCDEF)
OP = op_id(ORIGIN, 300)
BODIES = [
    Cursor(ORIGIN, 7, -1.5, 20.0, 1),
    Preview(OP, 16, Pen(1, 17, 24), 2, 3, b"columns"),
    Further(short_name(OP), 24, b"columns"),
    Ended(ORIGIN, 8, 300),
]
GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "live.json").read_text())
ITEMS = st.builds(LiveItem, st.integers(0, 15), st.integers(0, 7), st.binary(max_size=200))


@pytest.mark.parametrize("vector", GOLDEN["frames"], ids=lambda vector: vector["name"])
def test_the_golden_frames_are_read_and_written(vector):
    data = bytes.fromhex(vector["hex"])
    frame = decode_live(data)
    assert encode_live(frame) == data
    assert frame.handle == vector["handle"]
    assert [(item.kind, item.hops, item.body.hex()) for item in frame.items] == [
        (item["kind"], item["hops"], item["hex"]) for item in vector["items"]
    ]
    for item, golden in zip(frame.items, vector["items"], strict=True):
        assert said(read_item(item)) == golden["says"]


@pytest.mark.parametrize("vector", GOLDEN["bad_frames"], ids=lambda vector: vector["why"])
def test_the_bad_golden_frames_are_refused(vector):
    with pytest.raises(DecodeError):
        decode_live(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize("vector", GOLDEN["bad_items"], ids=lambda vector: vector["why"])
def test_the_bad_golden_items_are_refused(vector):
    with pytest.raises(DecodeError):
        read_item(LiveItem(vector["kind"], 0, bytes.fromhex(vector["hex"])))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_a_body_is_read_back_as_it_was_said(body):
    item = live_item(body)
    assert item.hops == 0
    assert read_item(item) == body


def test_of_an_unknown_kind_the_origin_and_the_sequence_are_known():
    item = LiveItem(11, 3, ORIGIN.to_bytes(8, "big") + b"\x05anything")
    assert read_item(item) == Sequenced(ORIGIN, 5)
    assert live_item(Sequenced(ORIGIN, 5), LiveKind.PROBE).body == item.body[:9]


@given(st.integers(0, 255), st.lists(ITEMS, max_size=5))
def test_a_frame_is_read_back_as_it_was_sent(handle, items):
    frame = Live(handle, tuple(items))
    data = encode_live(frame)
    assert decode_live(data) == frame
    assert len(data) <= 1 + sum(map(item_size, items))


def test_an_item_alone_costs_one_byte_and_the_frame_another():
    assert encode_live(Live(1, (LiveItem(5, 2, b"body"),))) == b"\x01\x25body"
    assert encode_live(Live(1, (LiveItem(5, 0, b"body"), LiveItem(1, 0, b"")))) == b"\x01\x85\x04body\x01"


def test_a_stroke_is_named_by_the_ends_of_its_origin_and_its_counter():
    assert short_name(OP) == (0xCDEF, 300 & 0xFF)


@pytest.mark.parametrize(
    ("data", "why"), [(b"", "empty"), (b"\1\x81", "short"), (b"\1\x81\5body", "short"), (b"\1\x81\0", "short")]
)
def test_a_frame_that_is_cut_short_is_refused(data, why):
    with pytest.raises(DecodeError, match=why):
        decode_live(data)


def test_a_frame_beyond_a_limit_is_refused():
    with pytest.raises(LimitError, match="live"):
        decode_live(bytes(LIVE_MAX + 1))
    with pytest.raises(LimitError, match="items"):
        decode_live(b"\1" + b"\x84\0" * LIVE_ITEMS_MAX + b"\4")


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_a_body_that_lacks_a_field_is_refused(body):
    whole = live_item(body)
    fields = len(whole.body) - (len(b"columns") if isinstance(body, Preview | Further) else 0)
    for size in range(fields):
        with pytest.raises(DecodeError):
            read_item(LiveItem(whole.kind, 0, whole.body[:size]))


@pytest.mark.parametrize(
    "preview",
    [
        Preview(OP, 0, Pen(2, 0, 24), 0, 0, b""),
        Preview(OP, 0, Pen(0, 1 << 30, 24), 0, 0, b""),
        Preview(OP, 0, Pen(0, 0, 0), 0, 0, b""),
        Preview(OpId(ORIGIN << 32), 0, Pen(0, 0, 24), 0, 0, b""),
    ],
)
def test_a_pen_or_an_op_that_cannot_be_is_refused(preview):
    with pytest.raises(DecodeError):
        read_item(live_item(preview))


@given(st.binary(max_size=80))
def test_any_bytes_raise_only_a_decode_error(data):
    with contextlib.suppress(DecodeError):
        for item in decode_live(data).items:
            read_item(item)
