"""History segments: every op comes back with its place, its maker and its label, and broken bytes are told."""

import random

import pytest

from edgeboard.canvas.document import Place
from edgeboard.canvas.ops import Add, Maker
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorTag, Origin, PersonId
from edgeboard.oplog.history import ENTRIES_MAX, Entry, decode_segment, encode_segment


def entries_of(seed, authors=3, count=60):
    rng = random.Random(seed)
    made = []
    for number in range(authors):
        tag = AuthorTag(bytes([number + 1]) * 8)
        makers = [Maker(Origin(rng.getrandbits(64))) for _ in range(rng.randint(1, 3))]
        time, lamport, entry = 1_700_000_000_000, 0, 0
        for _ in range(count):
            maker = rng.choice(makers)
            lamport += rng.randrange(3)
            time += rng.choice([0, rng.randrange(5_000)])
            entry += rng.choice([1, 1, 1, rng.randint(1, 9)])
            op = maker.make(Add(0, 0, 1, rng.randbytes(rng.randrange(80))), lamport)
            person = PersonId(bytes([makers.index(maker)]) * 16)
            made.append(Entry(Place(tag, entry), Origin(op.id >> 32), person, time, op.tail))
    return made


@pytest.mark.parametrize("seed", range(20))
def test_a_segment_comes_back_in_order_of_places(seed):
    entries = entries_of(seed)
    shuffled = random.Random(seed).sample(entries, len(entries))
    assert decode_segment(encode_segment(shuffled)) == sorted(entries)


def test_bodies_that_shrink_are_deflated_and_others_are_not():
    maker, tag = Maker(Origin(1)), AuthorTag(b"12345678")
    person = PersonId(bytes(16))
    text = [
        Entry(Place(tag, n), Origin(1), person, 0, maker.make(Add(0, 0, 3, b"words " * 50), n).tail) for n in range(20)
    ]
    assert len(encode_segment(text)) < 400
    noise = random.Random(1).randbytes(4_000)
    data = encode_segment([Entry(Place(tag, 0), Origin(1), person, 0, maker.make(Add(0, 0, 1, noise), 0).tail)])
    assert data.endswith(noise)


@pytest.mark.parametrize("count", [0, ENTRIES_MAX + 1])
def test_too_few_and_too_many_are_refused(count):
    with pytest.raises(LimitError):
        encode_segment(entries_of(1, 1, 1) * count)


def test_any_change_of_a_byte_is_a_decode_error_or_other_ops_and_nothing_else():
    data = encode_segment(entries_of(3, 2, 20))
    rng = random.Random(7)
    for _ in range(3_000):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        if rng.random() < 0.3:
            del broken[rng.randrange(len(broken)) :]
        try:
            for entry in decode_segment(bytes(broken)):
                assert 0 <= entry.time < 1 << 64
        except DecodeError:
            pass


def test_a_bomb_of_bodies_is_not_inflated_beyond_what_it_says():
    import zlib

    head = encode_segment(entries_of(1, 1, 2))
    at = head.rindex(b"\0", 0, len(head))
    with pytest.raises(DecodeError):
        decode_segment(head[:at] + b"\1" + zlib.compress(bytes(50_000_000), 9))
