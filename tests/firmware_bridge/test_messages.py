import contextlib
from dataclasses import replace

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import DeviceError
from firmware_bridge.messages import (
    Begin,
    Description,
    Log,
    Paint,
    PenBatch,
    Ping,
    Pong,
    Reason,
    Refresh,
    Sleep,
    State,
    Status,
    decode_description,
    decode_message,
    encode_description,
    encode_message,
    read_map,
)
from firmware_bridge.panel.tiles import Encoding, Tile
from firmware_bridge.panel.values import Mode, PanelFacts, Rect
from firmware_bridge.pen.samples import PenFacts

BATCH = PenBatch(7, 2**32 - 1, (0, 5000), (1, 65535), (2, 3), (0, 1023), b"\x03\x11", (-90, 90), (0, -1))
MESSAGES = [
    Ping(2**32 - 1),
    Begin(1, 0, 2**32 - 1, Rect(8, 16, 24, 32)),
    Paint(1, Tile(Rect(0, 0, 16, 4), Encoding.SOLID, b"\x01")),
    Refresh(1, Mode.DIRECT),
    Sleep(),
    BATCH,
    PenBatch(0, 0, (0,), (1,), (2,), (3,), b"\x01"),
    Status(1, State.REFUSED, Reason.OTHER_BASE),
    Status(0, State.IDLE, Reason.NONE, -1250),
    Log("Füller leer"),
    Pong(1, 2),
]
PEN = PenFacts(20_000, 15_000, 1023, 100.0, True, 200, is_checked=True)
PANEL = PanelFacts(
    800, 480, 4, frozenset({Mode.FULL, Mode.DIRECT}), True, 8, 2, ((Mode.FULL, 1.5),), 0, 50, 10, 180, True
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_come_back(message):
    assert decode_message(encode_message(message)) == message


@pytest.mark.parametrize("pen", [None, PEN])
@pytest.mark.parametrize("panel", [None, PANEL])
def test_descriptions_come_back(pen, panel):
    description = Description("my board", 2**32 - 1, pen, panel)
    assert decode_description(encode_description(description)) == description


def test_what_came_later_is_skipped():
    assert decode_message(cbor2.dumps({0: 1, 1: 5, 23: [1, [2, "x"]]})) == Ping(5)
    assert decode_message(cbor2.dumps({0: 22, 1: "new"})) is None
    longer = cbor2.loads(encode_description(Description("x", 1, PEN)))
    longer[2] += [99]
    assert decode_description(cbor2.dumps(longer)).pen == PEN


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("empty", ""),
        ("no map", "8101"),
        ("indefinite length", "bf0001ff"),
        ("a number longer than it need be", "a1001801"),
        ("keys out of order", "a201000001"),
        ("a key twice", "a200010001"),
        ("a key that is text", "a1616101"),
        ("a key of 24", "a2000118180a"),
        ("a fraction", "a20001f93c00"),
        ("a tag", "a200c101"),
        ("a map inside", "a2000101a0"),
        ("five arrays deep", "a20001018181818181 01".replace(" ", "")),
        ("a number of 33 bits", "a20001011b0000000100000000"),
        ("something behind it", "a200010105ff"),
        ("cut short", "a2000101"),
        ("text that is no UTF-8", "a2000a0161ff"),
        ("ping without a token", "a10001"),
        ("ping with a token below zero", "a200010120"),
        ("begin of update 0", "a8000201000200030104000500060007 00".replace(" ", "")),
        ("refresh in a mode nobody knows", "a3000401010205"),
        ("status of a state nobody knows", "a400090100020403 00".replace(" ", "")),
    ],
)
def test_what_is_not_as_agreed_is_refused(why, data):
    with pytest.raises(DeviceError):
        decode_message(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (3, b"\0\0"),
        (3, b"\1\0\0\0"),
        (4, b""),
        (7, b""),
        (7, bytes(33)),
        (8, b"\x5b\0"),
        (8, b"\0"),
        (9, None),
        (1, -1),
    ],
)
def test_a_pen_batch_with_columns_that_do_not_fit_is_refused(key, value):
    fields = cbor2.loads(encode_message(BATCH))
    fields[key] = value
    with pytest.raises(DeviceError):
        decode_message(cbor2.dumps(fields, canonical=True))


def test_a_panel_of_more_px_than_a_small_board_can_hold_is_refused():
    description = Description("wall", 5, None, replace(PANEL, width=8192, height=8192))
    with pytest.raises(DeviceError, match="8192 x 8192"):
        decode_description(encode_description(description))


@pytest.mark.parametrize("greys", [3, 0, 17])
def test_a_panel_of_odd_greys_is_refused(greys):
    fields = cbor2.loads(encode_description(Description("x", 1, None, PANEL)))
    fields[3][2] = greys
    with pytest.raises(DeviceError):
        decode_description(cbor2.dumps(fields, canonical=True))


@given(st.binary(max_size=60))
def test_hostile_bytes_raise_nothing_else(data):
    for decode in (decode_message, decode_description, read_map):
        with contextlib.suppress(DeviceError):
            decode(data)


@given(st.sampled_from(MESSAGES), st.integers(0), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused_and_never_raises_otherwise(message, place, byte):
    data = bytearray(encode_message(message))
    data[place % len(data)] = byte
    try:
        found = decode_message(bytes(data))
    except DeviceError:
        return
    assert found is None or decode_message(encode_message(found)) == found
