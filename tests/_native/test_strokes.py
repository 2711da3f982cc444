"""The kernel of the stroke codec against its twin in Python: the same bytes, the same values, the same refusals."""

import gc
import random
import sys
from array import array
from dataclasses import astuple, replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard._native import loading, strokes
from edgeboard.canvas.samples import Stroke
from edgeboard.errors import DecodeError, LimitError
from edgeboard.oplog import codec
from edgeboard.oplog.codec import decode_in_python, encode_in_python
from tests._native import golden, workshop

EDGE = codec.COORDINATE_END - 1


def outcome(function, *arguments):
    """What a call gives, or the kind of what it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return type(error)


def encode(kernel, stroke):
    return kernel.encode(*astuple(stroke))


def decode(kernel, data, at=0):
    return kernel.decode(data, at, Stroke)


def agree(kernel, stroke):
    """Both twins write the same bytes, or refuse alike, and both read them back."""
    written = outcome(encode, kernel, stroke)
    assert written == outcome(encode_in_python, stroke)
    if isinstance(written, bytes):
        padded = b"\x5a" + written + b"\xa5"
        wanted = tuple(None if column is None else tuple(column) for column in astuple(stroke)[1:])
        assert (
            decode(kernel, padded, 1) == decode_in_python(padded, 1) == (Stroke(stroke.scale, *wanted), len(padded) - 1)
        )
    return written


# ------------------------------------------------------------------------------------------------ the same answers


def test_golden_strokes_are_written_and_read(kernel):
    for stroke, data in golden.golden_strokes():
        assert encode(kernel, stroke) == data
        assert decode(kernel, data) == (stroke, len(data))


def test_all_golden_bytes_are_judged_alike(kernel):
    for data in golden.all_bytes():
        assert outcome(decode, kernel, data) == outcome(decode_in_python, data)


def test_handwriting(kernel):
    for stroke in golden.recorded_strokes():
        assert isinstance(agree(kernel, stroke), bytes)
        pieces = [stroke.choose(range(start, min(start + 8, len(stroke.x)))) for start in range(0, len(stroke.x), 8)]
        for piece in pieces:
            agree(kernel, replace(piece, t=None))


COLUMNS = {
    "x": (-EDGE, EDGE),
    "y": (-EDGE, EDGE),
    "pressure": (0, 4095),
    "t": (0, codec.TIME_END - 1),
    "tilt_x": (-90, 90),
    "tilt_y": (-90, 90),
}


def draw_column(rng, low, high, count):
    """A column that a pen, a grid, a hand or an enemy could make."""
    kind = rng.randrange(8)
    first = rng.randint(low, high) if rng.random() < 0.5 else max(low, min(high, rng.randint(-300, 300)))
    if kind == 0:
        return [first] * count
    if kind == 1:
        return [rng.randint(low, high) for _ in range(count)]
    if kind == 2:
        return [rng.choice((low, high)) for _ in range(count)]
    step = rng.choice((1, 1, 2, 20, 20, 40, 7, 1 << 10, 1 << 20, 1 << 21))
    spread = rng.choice((1, 3, 40, 1000))
    values, speed = [first], 0
    for _ in range(count - 1):
        speed = speed + rng.randint(-spread, spread) if kind > 5 else rng.randint(-spread, spread)
        jump = rng.randint(low, high) if kind == 4 and rng.random() < 0.05 else values[-1] + speed * step
        values.append(jump if low <= jump <= high else values[-1])
    return values


def draw_stroke(rng):
    """Mostly short ones, on all grids, with any of the columns; one in twenty outside the format."""
    count = rng.choice((1, 2, 3, rng.randint(1, 40), rng.randint(1, 40), rng.randint(1, 500), 500))
    columns = {name: draw_column(rng, low, high, count) for name, (low, high) in COLUMNS.items()}
    levels = rng.choice((100, 255, 1023, 2047, 4095))
    columns["pressure"] = [(p * levels // 4095 * 8190 + levels) // (2 * levels) for p in columns["pressure"]]
    for name in ("pressure", "t"):
        if rng.random() < 0.3:
            columns[name] = None
    if rng.random() < 0.6:
        columns["tilt_x"] = columns["tilt_y"] = None
    if rng.random() < 0.05:
        name = rng.choice(list(COLUMNS))
        if columns[name] is not None:
            columns[name][rng.randrange(count)] = rng.choice(COLUMNS[name]) + rng.choice((-1, 1, 1 << 40, 1 << 80))
    return Stroke(rng.choice((20, 20, 8, 8, 1, 3, 1024)), **columns)


@given(seed=st.integers(0, 1 << 40))
def test_strokes_of_any_kind(seed):
    rng = random.Random(seed)
    for _ in range(4):
        agree(workshop.kernel(), draw_stroke(rng))


EDGES = {
    "n = 1": Stroke(20, (EDGE,), (-EDGE,), (4095,), (codec.TIME_END - 1,), (90,), (-90,)),
    "n = 2, equal": Stroke(20, (5, 5), (6, 6)),
    "n = 500, constant": Stroke(8, (EDGE,) * 500, (-EDGE,) * 500, (0,) * 500, (9,) * 500, (90,) * 500, (-90,) * 500),
    "n = 500, from edge to edge": Stroke(1, (EDGE, -EDGE) * 250, (-EDGE, EDGE) * 250, (0, 4095) * 250),
    "the longest jump": Stroke(1, (-EDGE, EDGE), (EDGE, -EDGE), None, (0, (1 << 31) - 1)),
    "a jump too far": Stroke(1, (0, 0), (0, 0), None, (0, 1 << 31)),
    "a jump too far in second order only": Stroke(1, (0,) * 3, (0,) * 3, None, (0, (1 << 31) - 1, 0)),
    "a step of 2**20": Stroke(1, (0, 1 << 20, 3 << 20), (0, 0, 1 << 21)),
    "a step beyond 2**20": Stroke(1, (0, 1 << 21), (0, 1 << 22)),
    "a step beyond 2**20 on the usual grid": Stroke(20, (0, 20 << 20), (0, 0)),
    "a wide code at every k": Stroke(20, (*range(60), EDGE), (*(0,) * 60, EDGE)),
    "the usual grid, where the fine one is no longer": Stroke(20, (0, 20), (0, 0)),
    "a scale of 1024": Stroke(1024, (1, 2, 4), (8, 16, 32)),
    "lists": Stroke(20, [1, 2, 3], [4, 5, 6], [7, 8, 9]),
    "arrays": Stroke(20, array("i", [1, 2, 3]), array("q", [4, 5, 6]), array("H", [7, 8, 9])),
    "ranges": Stroke(20, range(40), range(0, 400, 10)),
}


@pytest.mark.parametrize("name", EDGES)
def test_strokes_at_the_edges(kernel, name):
    agree(kernel, EDGES[name])


OUTSIDE = {
    "no points": Stroke(20, (), ()),
    "501 points": Stroke(20, (0,) * 501, (0,) * 501),
    "scale 0": Stroke(0, (0,), (0,)),
    "scale 1025": Stroke(1025, (0,), (0,)),
    "a scale of many bits": Stroke(1 << 70, (0,), (0,)),
    "one tilt": Stroke(20, (0,), (0,), None, None, (0,)),
    "x too large": Stroke(20, (EDGE + 1,), (0,)),
    "x too small": Stroke(20, (-EDGE - 1,), (0,)),
    "y of many bits": Stroke(20, (0, 0), (0, 1 << 64)),
    "y of many bits below 0": Stroke(20, (0, 0), (0, -1 << 200)),
    "pressure 4096": Stroke(20, (0,), (0,), (4096,)),
    "pressure -1": Stroke(20, (0,), (0,), (-1,)),
    "time 2**32": Stroke(20, (0,), (0,), None, (1 << 32,)),
    "tilt 91": Stroke(20, (0,), (0,), None, None, (0,), (91,)),
    "y is short": Stroke(20, (0, 0), (0,)),
    "pressure is empty": Stroke(20, (0, 0), (0, 0), ()),
    "tilt is long": Stroke(20, (0,), (0,), None, None, (0,), (0,) * 600),
    "a jump too far": Stroke(20, (0, 0), (0, 0), None, ((1 << 31) + 1, 0)),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_outside_the_format_is_refused_in_the_same_words(kernel, name):
    with pytest.raises(LimitError) as by_kernel:
        encode(kernel, OUTSIDE[name])
    with pytest.raises(LimitError) as by_twin:
        encode_in_python(OUTSIDE[name])
    if "scale" not in name:  # the kernel does not repeat a number of any length
        assert str(by_kernel.value) == str(by_twin.value)


@pytest.mark.parametrize("column", [(1.5,), ("1",), (None,), 7, None])
def test_what_is_not_a_column_of_numbers_is_a_type_error(kernel, column):
    with pytest.raises(TypeError):
        kernel.encode(20, (0,), column, None, None, None, None)


# ------------------------------------------------------------------------------------------------ the same refusals


def wound(data, rng):
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(4)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del out[at:]
        elif kind == 2:
            out[at:at] = rng.randbytes(rng.randint(1, 5))
        elif out:
            out[at % min(len(out), 8)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(out)


@given(seed=st.integers(0, 1 << 40))
def test_wounded_bytes_are_judged_alike(seed):
    rng = random.Random(seed)
    seeds = golden.all_bytes()
    for _ in range(10):
        data = wound(rng.choice(seeds), rng)
        at = rng.choice((0, 0, 0, 1, len(data), len(data) + 1))
        assert outcome(decode, workshop.kernel(), data, at) == outcome(decode_in_python, data, at)


@given(head=st.binary(max_size=12), bits=st.binary(max_size=60))
def test_any_bytes_are_judged_alike(head, bits):
    for data in (head + bits, b"\x01\x05\x00\x00" + bits, b"\x65\x04\x00\x00\x09\x00\x00\x00" + bits):
        assert outcome(decode, workshop.kernel(), data) == outcome(decode_in_python, data)


def test_every_single_cut_and_flip_of_a_stroke_is_judged_alike(kernel):
    data = encode(kernel, next(golden.recorded_strokes()))
    for at in range(len(data)):
        assert outcome(decode, kernel, data[:at]) == outcome(decode_in_python, data[:at])
        for bit in range(8):
            flipped = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            assert outcome(decode, kernel, flipped) == outcome(decode_in_python, flipped)


def test_far_too_many_bytes_are_no_burden(kernel):
    data = encode(kernel, Stroke(20, (1, 2, 3), (4, 5, 6)))
    assert decode(kernel, data + bytes(1 << 20)) == decode_in_python(data + bytes(1 << 16))
    ones = b"\x01\xf4\x03\x00\x00\x41" + b"\xff" * (1 << 20)
    assert outcome(decode, kernel, ones) is DecodeError


@pytest.mark.parametrize("view", [bytes, bytearray, memoryview])
def test_any_buffer_is_read(kernel, view):
    stroke = Stroke(20, (1, 2, 3), (4, 5, 6))
    assert decode(kernel, view(encode(kernel, stroke)))[0] == stroke


@pytest.mark.parametrize("arguments", [(), (b"\x01", 0), (b"\x01", 0, 7), ("text", 0, Stroke), (b"\x01", "0", Stroke)])
def test_a_wrong_call_is_a_type_error(kernel, arguments):
    with pytest.raises(TypeError):
        kernel.decode(*arguments)
    with pytest.raises(TypeError):
        kernel.encode(*arguments)


def test_offsets(kernel):
    data = b"\x03\x01\x00\x00"
    assert decode(kernel, b"\xff" * 9 + data, 9)[1] == 13
    for at in (4, 5, 1 << 62, 1 << 80):
        with pytest.raises(DecodeError, match="cut short"):
            decode(kernel, data, at)
    with pytest.raises(ValueError, match="not negative"):
        decode(kernel, data, -1)


# ------------------------------------------------------------------------------------------------ as Python has it


def test_a_stroke_is_what_its_own_class_makes(kernel):
    stroke = decode(kernel, b"\x27\x01\x4f\x78\x64\x00")[0]
    assert type(stroke) is Stroke
    assert stroke == Stroke(20, (-40,), (60,), (4095,), (0,))
    assert hash(stroke) == hash(Stroke(20, (-40,), (60,), (4095,), (0,)))
    with pytest.raises(AttributeError):
        stroke.scale = 8


def test_a_class_without_the_fields_is_refused(kernel):
    class Bare:
        __slots__ = ("scale", "x")

    with pytest.raises(AttributeError):
        kernel.decode(b"\x03\x01\x00\x00", 0, Bare)


def test_nothing_is_kept_behind(kernel):
    stroke = Stroke(
        20, tuple(range(1000, 1100)), tuple(range(2000, 2100)), (300,) * 100, tuple(range(0, 500_000, 5000))
    )
    data = encode(kernel, stroke)
    faulty = data[:-3]
    outside = replace(stroke, t=(1 << 40,) * 100)
    held = [None, Stroke, DecodeError, LimitError, data, faulty, stroke.x, stroke.x[50], outside.t[0]]

    def work(times):
        for _ in range(times):
            decode(kernel, data)
            outcome(decode, kernel, faulty)
            encode(kernel, stroke)
            outcome(encode, kernel, outside)
            outcome(kernel.encode, 20, (1, 2.5), (1, 2), None, None, None, None)
            outcome(kernel.decode, data, 0, int)

    work(10)
    gc.collect()
    counts, blocks = [sys.getrefcount(each) for each in held], sys.getallocatedblocks()
    work(500)
    gc.collect()
    assert all(abs(sys.getrefcount(each) - count) < 50 for each, count in zip(held, counts, strict=True))
    assert sys.getallocatedblocks() - blocks < 500


# ------------------------------------------------------------------------------------------------ the face


def test_the_kernel_passes_its_self_check(kernel):
    assert strokes.is_sound(kernel)


def test_the_twin_gives_the_same_known_answer():
    twin = SimpleNamespace(
        encode=lambda *fields: encode_in_python(Stroke(*fields)), decode=lambda data, at, _: decode_in_python(data, at)
    )
    assert strokes.is_sound(twin)


def raises(error):
    def call(*_):
        raise error

    return call


@pytest.mark.parametrize(
    "faults",
    [
        {"encode": lambda *_: b""},
        {"encode": raises(TypeError())},
        {"decode": lambda *_: (SimpleNamespace(), 1)},
        {"decode": raises(LimitError())},
        {"decode": lambda data, at, kind: workshop.kernel().decode(data, at + 1, kind)},
    ],
)
def test_an_unsound_kernel_is_not_used_and_said_once(kernel, faults, monkeypatch, caplog):
    unsound = SimpleNamespace(**{"encode": kernel.encode, "decode": kernel.decode, **faults})
    monkeypatch.setattr(loading, "import_module", lambda _: unsound)
    assert loading.load("strokes", strokes.is_sound) is None
    assert [record.message for record in caplog.records] == [
        "the C kernel of strokes fails its self-check; Python runs instead"
    ]


def test_a_kernel_that_cannot_be_loaded_is_no_news(monkeypatch, caplog):
    monkeypatch.setattr(loading, "import_module", raises(ImportError()))
    assert loading.load("strokes", strokes.is_sound) is None
    assert not caplog.records


@pytest.mark.parametrize("sound", [True, False])
def test_the_codec_uses_the_kernel_that_there_is(kernel, sound, monkeypatch):
    monkeypatch.setattr(codec, "kernel", kernel if sound else None)
    stroke = next(golden.recorded_strokes())
    assert codec.decode_columns(codec.encode_columns(stroke)) == (stroke, len(encode_in_python(stroke)))
