"""The kernel of the log against its twins in Python: the same answers, the same refusals, whatever the bytes."""

import random
from types import SimpleNamespace

import pytest

from edgeboard._native import batches
from edgeboard.canvas.items import rows_in_python
from edgeboard.canvas.leaves import Survey, hash_in_python, survey_in_python
from edgeboard.canvas.ops import Add, Alive, Clear, Context, Cut, Maker, Meta, Set, Undo, Unknown
from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorId, AuthorTag, Origin, PersonId, op_id
from edgeboard.oplog.batch import Slot, decode_in_python, encode_batch
from edgeboard.vectors import Vector
from tests._native import workshop

TABLE = [(Origin(number * 0x0123456789ABCDEF % 2**64), PersonId(bytes([number]) * 16)) for number in range(6)]
FAR = op_id(Origin(2**64 - 1), 2**32 - 1)


@pytest.fixture(scope="module")
def kernel():
    return workshop.kernel()


def draw_slot(rng, makers):
    row = rng.randrange(len(makers) + (rng.random() < 0.02))
    if rng.random() < 0.08 or row == len(makers):
        return Slot(row, b"\1\0\x10\0\0\2") if row == len(makers) else Slot(0, b"", rng.randbytes(16))
    maker = makers[row]
    seen = [op_id(maker.origin, rng.randint(1, maker.counter))] if maker.counter else []
    target = rng.choice([FAR, op_id(TABLE[0][0], rng.randint(1, 2**32 - 1)), *seen])
    body = rng.choice([
        Add(0, 0, 1, rng.randbytes(rng.choice((0, 1, 47, 48, 49, 55, 56, 120, 300)))),
        Add(0, 0, 1, b"x"),
        Add(rng.choice((0, 127, 128, 2**53 - 1)), rng.choice((0, 200)), rng.choice((1, 63, 64, 9000)), b"y"),
        Add(0, 0, 1, b"", target, rng.randint(1, 4095)),
        Set(target, rng.choice((1, 127, 128, 0xFFFF, 0x10000)), rng.choice((None, [1, 2.5], "text", {"a": b"b"}))),
        Alive(target, rng.random() < 0.5),
        Cut(target, ((1, 2),)),
        Clear(0, Context(None, Vector({AuthorTag(b"a" * 8): 3}))),
        Meta("key", 1),
        Unknown(rng.choice((1, 2, 3, 4, 9, 2**40)), rng.randbytes(rng.randint(0, 12))),
    ])  # fmt: skip
    undo = rng.choice((Undo.NONE, Undo.NONE, Undo.UNDO, Undo.REDO))
    op = maker.make(
        body,
        maker.counter + rng.choice((0, 0, 2**40)),
        undo=undo,
        more=rng.random() < 0.2,
        at=rng.choice((None, None, 9)),
    )
    if rng.random() < 0.1:
        maker.counter += rng.randint(1, 300)
    return Slot(row, op.tail)


def draw_batch(rng):
    makers = [Maker(origin) for origin, _ in TABLE[: rng.randint(1, len(TABLE))]]
    first = rng.choice((0, 1, 300, 2**40))
    slots = [draw_slot(rng, makers) for _ in range(rng.choice((1, 1, 2, 9, 40)))]
    introduction = (AuthorId(rng.randbytes(24)), rng.randbytes(32)) if first == 0 else None
    origins = [(Origin(rng.getrandbits(64)), PersonId(rng.randbytes(16))) for _ in range(rng.choice((0, 0, 1, 3)))]
    return encode_batch(
        AuthorTag(rng.randbytes(8)), first, rng.choice((0, 1_700_000_000_000)), introduction,
        rng.randint(0, 300) if origins else 0, origins, slots, rng.randbytes(64),
    )  # fmt: skip


def wound(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(data):
                data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del data[at : at + rng.randint(1, 3)]
            case 3:
                data[at:at] = rng.randbytes(rng.randint(1, 3))
            case _:
                data = data[: rng.randint(0, len(data))] or bytearray(1)
    return bytes(data)


def answer(call, *arguments):
    """What a call gives, or how it refuses."""
    try:
        return call(*arguments)
    except DecodeError as error:
        return type(error)


def agree(kernel, data, table=TABLE):
    """Ask both twins everything about some bytes; returns what they said to the first question."""
    read = answer(decode_in_python, data)
    got = answer(kernel.decode_batch, data)
    if isinstance(read, type) or isinstance(got, type):
        assert read == got, data.hex()
        return read
    at = got[3]
    assert (got[0], got[1], got[2], got[4], got[7]) == (read.first, read.count, read.time, read.row, read.heads)
    assert (data[at : at + 56] if at else None) == (b"".join(read.introduction) if read.introduction else None)
    assert data[got[5] : got[5] + 24 * got[6]] == b"".join(
        origin.to_bytes(8, "big") + person for origin, person in read.origins
    )
    survey = answer(survey_in_python, data, read.heads, table)
    found = answer(kernel.survey_batch, data, read.heads, len(table))
    assert (found if isinstance(found, type) else Survey(*found)) == survey, data.hex()
    assert answer(kernel.hash_slots, data, read.heads, table) == answer(hash_in_python, data, read.heads, table)
    return read


def test_batches_are_read_alike(kernel):
    rng = random.Random(1)
    said = [agree(kernel, draw_batch(rng)) for _ in range(400)]
    assert not any(isinstance(read, type) for read in said)


def test_hostile_bytes_are_refused_alike(kernel):
    rng = random.Random(2)
    said = [agree(kernel, wound(draw_batch(rng), rng)) for _ in range(1500)]
    assert {read for read in said if isinstance(read, type)} >= {DecodeError}
    assert sum(not isinstance(read, type) for read in said) > 100


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (bytes(65_537), "a batch of 65537 bytes; the limit is 65536"),
        (b"\2" + bytes(80), "a batch of the unknown format 2"),
        (b"\1tttttttt\1\x81\x20\0" + bytes(80), "a batch of 4097 ops; there are 1 to 4096"),
        (b"\x61tttttttt\1\0\0\0" + bytes(80), "a batch brings 0 origins; there are 1 to 1024"),
        (b"\x41tttttttt\1\0\3" + bytes(80), "a dropped op has a length"),
    ],
)
def test_refusals_are_said_in_the_same_words(kernel, data, text):
    for decode in (kernel.decode_batch, decode_in_python):
        with pytest.raises(DecodeError) as caught:
            decode(data)
        assert str(caught.value) == text


def test_rows_of_the_digest_are_the_same(kernel):
    rng = random.Random(3)
    hashes = rng.randbytes(16 * 9)
    for origin, counter in ((0, 1), (2**64 - 1, 2**32 - 9), (7, 300)):
        for entry, length in ((0, 0), (0, 9), (3, 1), (8, 1), (9, 0)):
            made = kernel.digest_rows(origin, counter, hashes, entry, length)
            assert made == rows_in_python(origin, counter, hashes, entry, length)
    for entry, length in ((-1, 1), (9, 1), (0, 10), (2**60, 2**60)):
        with pytest.raises(ValueError, match="hash"):
            kernel.digest_rows(1, 1, hashes, entry, length)


def test_what_is_no_batch_and_no_number_is_a_type_error_or_refused(kernel):
    for call, arguments in (
        (kernel.decode_batch, ()), (kernel.decode_batch, (1,)), (kernel.survey_batch, (b"", b"")),
        (kernel.survey_batch, (b"", 7, 1)), (kernel.survey_batch, (b"", b"", "1")), (kernel.hash_slots, (b"", b"", 1)),
        (kernel.digest_rows, (1, 2, 3, 4, 5)), (kernel.hash_slots, (b"\x0e\0", bytes(4), [7])),
    ):  # fmt: skip
        with pytest.raises((TypeError, DecodeError)):
            call(*arguments)
    with pytest.raises(ValueError, match="heads"):
        kernel.survey_batch(b"", b"123", 1)
    with pytest.raises(DecodeError):
        kernel.survey_batch(b"abc", (77).to_bytes(4, "little"), 1)


@pytest.mark.parametrize("name", ["decode_batch", "survey_batch", "hash_slots", "digest_rows"])
def test_a_kernel_that_answers_otherwise_is_unsound(kernel, name):
    whole = {each: getattr(kernel, each) for each in ("decode_batch", "survey_batch", "hash_slots", "digest_rows")}
    assert batches.is_sound(SimpleNamespace(**whole))
    assert not batches.is_sound(SimpleNamespace(**{**whole, name: lambda *_: b""}))
    del whole[name]
    assert not batches.is_sound(SimpleNamespace(**whole))
