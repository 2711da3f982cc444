"""Panels for as long as ./dev fuzz is told: what comes from a module, what a tile may hold, lines that lose and flip.

`./dev test` does a short round of the same.
"""

import random

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.engine import Failed, Refused, Show, Shown, Start, Write
from firmware_bridge.errors import DeviceError
from firmware_bridge.panel.tiles import Encoding, Tile, decode
from firmware_bridge.panel.values import Mode, Rect, Update
from firmware_bridge.panel.waveshare_frames import ReplyReader
from firmware_bridge.panel.waveshare_uart import WHOLE, WaveshareUart

words = st.sampled_from([b"OK", b"O", b"K", b"Error:", b"Error:20", b"0", b"21", b"250", b"\r\n", b"\xff", b"Er"])


@given(st.lists(words | st.binary(max_size=5), max_size=30), st.data())
def test_replies_do_not_depend_on_how_their_bytes_are_split(parts, data):
    text = b"".join(parts)
    whole, split = ReplyReader(), ReplyReader()
    expected = whole.receive(text, 0.0) + whole.settle()
    found = []
    while text:
        size = data.draw(st.integers(1, len(text)))
        found += split.receive(text[:size], 0.0)
        text = text[size:]
    assert found + split.settle() == expected
    assert split.noise == whole.noise


@given(st.lists(words | st.floats(0.0, 3.0) | st.sampled_from(["show", "part"]), max_size=60))
def test_a_module_that_says_anything_at_any_time_never_stops_the_engine(steps):
    """Each update is answered once, and there is always something to wait for, or nothing under way."""
    engine, now, number, under_way = WaveshareUart(), 0.0, 0, set()
    engine.submit(Start(), now)
    has_failed = False
    for step in [*steps, *[7.0] * 60]:
        match step:
            case bytes():
                engine.receive(step, now)
            case float():
                end = now + step
                while (due := engine.next_timer()) is not None and due <= end:
                    now = max(now, due)
                    engine.on_timer(now)
                now = end
            case _ if not has_failed:
                number += 1
                rect = WHOLE if step == "show" else Rect(0, 0, 9, 9)
                engine.submit(Show(Update(number, rect, bytes(rect.area), Mode.FULL, step == "part", 1)), now)
                under_way.add(number)
        for output in engine.drain():
            match output:
                case Shown(answered) | Refused(answered):
                    under_way.remove(answered)
                case Failed():
                    has_failed = True
                case Write(sent):
                    assert len(sent) <= 1033 + 9
    assert not under_way


@given(
    st.tuples(*[st.integers(-1, 70_000)] * 4, st.integers(-1, 5), st.binary(max_size=60)) | st.binary() | st.text(),
    st.sampled_from([2, 4, 16]),
)
def test_fields_of_any_kind_are_a_tile_or_a_device_error(fields, greys):
    try:
        tile = Tile.from_fields(fields)
        if tile.rect.area < 1 << 20:
            assert len(decode(tile, greys)) == tile.rect.area
    except DeviceError:
        pass


@given(st.integers(0, 1 << 60))
def test_a_damaged_tile_paints_all_of_its_px_or_nothing(seed):
    rng = random.Random(seed)
    data = bytearray(rng.choice([rng.randbytes(20), bytes([200, 255, 3, 1, 2, 3, 4, 130, 0])]))
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    rect = Rect(0, 0, rng.randint(1, 200), rng.randint(1, 9))
    tile = Tile(rect, rng.choice(list(Encoding)), bytes(data))
    try:
        pixels = decode(tile, 2)
    except DeviceError:
        return
    assert len(pixels) == tile.rect.area
