import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel import frame
from firmware_bridge.panel.tiles import DATA_LIMIT, Encoding, Tile, decode, encode, pack_bits, unpack_bits
from firmware_bridge.panel.values import Rect

ONE_MORE = bytes([*range(1, 256), 255])


@st.composite
def pictures(draw):
    """Rectangle, 8-bit grey in the panel's levels, greys: noise, stripes, few marks on white."""
    greys = draw(st.sampled_from([2, 4, 16]))
    w, h = draw(st.integers(1, 90)), draw(st.integers(1, 40))
    grey = st.integers(0, greys - 1).map(lambda level: level * 255 // (greys - 1))
    pattern = draw(st.lists(grey, min_size=1, max_size=40))
    pixels = bytearray(pattern * (w * h // len(pattern) + 1))[: w * h]
    for x, y, length, mark in draw(
        st.lists(st.tuples(st.integers(0, w - 1), st.integers(0, h - 1), st.integers(1, 20), grey))
    ):
        pixels[y * w + x : y * w + x + length] = bytes([mark]) * len(pixels[y * w + x : y * w + x + length])
    return Rect(draw(st.integers(0, 900)), draw(st.integers(0, 900)), w, h), bytes(pixels), greys


def paint(tiles, rect, greys):
    """What the tiles paint onto nothing, and how often each px."""
    pixels, times = bytearray(rect.area), bytearray(rect.area)
    for tile in tiles:
        part = decode(tile, greys)
        for row in range(tile.rect.h):
            at = (tile.rect.y - rect.y + row) * rect.w + tile.rect.x - rect.x
            pixels[at : at + tile.rect.w] = part[row * tile.rect.w : (row + 1) * tile.rect.w]
            times[at : at + tile.rect.w] = times[at : at + tile.rect.w].translate(ONE_MORE)
    return bytes(pixels), set(times)


@settings(max_examples=60)
@given(pictures(), st.sampled_from([1, 5, 60, DATA_LIMIT]))
def test_tiles_paint_each_px_of_the_picture_once_and_none_is_larger_than_allowed(picture, limit):
    rect, pixels, greys = picture
    tiles = list(encode(rect, pixels, greys, limit))
    assert all(len(tile.data) <= limit for tile in tiles)
    assert paint(tiles, rect, greys) == (pixels, {1})


@settings(max_examples=30)
@given(pictures())
def test_a_tile_survives_its_fields(picture):
    rect, pixels, greys = picture
    for tile in encode(rect, pixels, greys):
        assert Tile.from_fields(tile.to_fields()) == tile


@pytest.mark.parametrize("greys", [2, 4, 16])
def test_a_white_panel_is_one_tile_of_one_byte(greys):
    tiles = list(encode(Rect(0, 0, 1872, 1404), b"\xff" * (1872 * 1404), greys))
    assert tiles == [Tile(Rect(0, 0, 1872, 1404), Encoding.SOLID, bytes([greys - 1]))]


def test_a_row_too_wide_for_a_decoder_is_cut_in_columns():
    pixels = bytes([0, 255]) * 936
    tiles = list(encode(Rect(0, 0, 1872, 1), pixels, 16))
    assert paint(tiles, Rect(0, 0, 1872, 1), 16) == (pixels, {1})
    assert all(frame.row_bytes(tile.rect.w, 16) <= 256 for tile in tiles)


@given(st.one_of(st.binary(max_size=600), st.lists(st.tuples(st.sampled_from(b"\0\1\xff"), st.integers(1, 300))).map(
    lambda runs: b"".join(bytes([byte]) * length for byte, length in runs))))  # fmt: skip
def test_packed_runs_come_back_and_grow_by_a_byte_in_128_at_most(data):
    packed = pack_bits(data)
    assert unpack_bits(packed, len(data)) == data
    assert len(packed) <= len(data) + -(-len(data) // 128) + 1


@given(
    st.binary(max_size=80),
    st.sampled_from(Encoding),
    st.integers(1, 64),
    st.integers(1, 8),
    st.sampled_from([2, 4, 16]),
)
def test_any_bytes_are_a_picture_of_the_right_size_or_a_device_error(data, encoding, w, h, greys):
    try:
        pixels = decode(Tile(Rect(0, 0, w, h), encoding, data), greys)
    except DeviceError:
        return
    assert len(pixels) == w * h


# What docs/formats/serial.md shows.
GOLDEN = [
    (Rect(0, 0, 16, 4), 2, Encoding.SOLID, "01", ["1" * 16] * 4),
    (Rect(8, 3, 16, 2), 2, Encoding.RAW, "a5 3c c3 5a", ["1010010100111100", "1100001101011010"]),
    (Rect(0, 0, 24, 3), 2, Encoding.RUNS, "fd ff 00 e7 fd ff", ["1" * 24, "1" * 8 + "11100111" + "1" * 8, "1" * 24]),
    (Rect(0, 0, 12, 4), 4, Encoding.RISES, "02 ff cf ff f8 00", ["333330333333"] * 4),
    (Rect(4, 0, 3, 2), 16, Encoding.RAW, "0f 8f 7f 0f", ["0f8", "7f0"]),
]


@pytest.mark.parametrize(("rect", "greys", "encoding", "data", "levels"), GOLDEN)
def test_the_examples_of_the_format(rect, greys, encoding, data, levels):
    pixels = bytes(int(level, 16) * 255 // (greys - 1) for row in levels for level in row)
    tile = Tile(rect, encoding, bytes.fromhex(data))
    assert decode(tile, greys) == pixels
    assert list(encode(rect, pixels, greys)) == [tile]


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        (Encoding.SOLID, ""), (Encoding.SOLID, "02"), (Encoding.SOLID, "00 00"), (Encoding.RAW, "00"),
        (Encoding.RUNS, "80 00"), (Encoding.RUNS, "01 00"), (Encoding.RUNS, "fe 00"), (Encoding.RUNS, "ff"),
        (Encoding.RISES, "fc 00"),
    ],
)  # fmt: skip
def test_data_that_does_not_fill_its_tile_exactly_is_refused(encoding, data):
    with pytest.raises(DeviceError):
        decode(Tile(Rect(0, 0, 8, 4), encoding, bytes.fromhex(data)), 2)


@pytest.mark.parametrize("fields", [
    None, [], [0, 0, 1, 1, 0], [0, 0, 0, 1, 0, b"1"], [0, 0, 1, 1, 4, b""], [0, 0, 1, 1, 0, "x"],
    [0, 0, 1, True, 0, b"1"], [-1, 0, 1, 1, 0, b"1"], [0, 0, 65536, 1, 0, b"1"], "abcdef", b"abcdef",
])  # fmt: skip
def test_fields_of_no_tile_are_refused(fields):
    with pytest.raises(DeviceError):
        Tile.from_fields(fields)


def test_tiles_grow_again_where_the_picture_is_emptier():
    crowded = bytes([0, 255] * 1800)[: 64 * 50]
    pixels = bytes(grey ^ (at * 37 % 11 > 5 and 255) for at, grey in enumerate(crowded)) + b"\xff" * (64 * 900)
    tiles = list(encode(Rect(0, 0, 64, 950), pixels, 2, limit=40))
    crowded_tiles = [tile for tile in tiles if tile.rect.y < 50]
    assert len(tiles) - len(crowded_tiles) < 12


def test_the_reserved_byte_of_packed_runs_is_refused():
    with pytest.raises(DeviceError):
        unpack_bits(b"\x80\x00", 500)
