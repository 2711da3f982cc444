"""The envelope of ops, and who makes them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.bodies import kind_of
from edgeboard.canvas.ops import (
    LAMPORT_MAX,
    TAIL_BYTES_MAX,
    Add,
    Alive,
    Kind,
    Maker,
    Meta,
    Undo,
    Unknown,
    content_hash,
    decode_body,
    decode_op,
    encode_op,
    hash_of,
)
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import COUNTER_MAX, Origin, op_id, origin_of, show_op
from tests.vectors.parts import body_fields

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "ops.json").read_text())
ORIGIN = Origin(0x0123456789ABCDEF)


def read(case):
    return decode_op(Origin(int(case["origin"], 16)), bytes.fromhex(case["tail"]))


def check_fields(op, case):
    assert show_op(op.id) == case["id"]
    assert (op.lamport, op.kind, op.undo, op.more) == (case["lamport"], case["kind"], case["undo"], case["more"])
    assert (op.at, op.body_at, hash_of(op).hex()) == (case["at"], case["body_at"], case["hash"])


@pytest.mark.parametrize("case", GOLDEN["ops"], ids=lambda case: case["name"])
def test_golden_ops_are_read_and_written(case):
    op = read(case)
    check_fields(op, case)
    assert body_fields(op) == case["body"]
    body = decode_body(op)
    assert kind_of(body) == op.kind
    assert encode_op(op.id, op.lamport, body, undo=op.undo, more=op.more, at=op.at) == op


@pytest.mark.parametrize("case", GOLDEN["only_read"], ids=lambda case: case["name"])
def test_golden_ops_of_other_makers_are_read(case):
    op = read(case)
    check_fields(op, case)
    assert body_fields(op) == case["body"]


@pytest.mark.parametrize("case", GOLDEN["bad_heads"], ids=lambda case: case["why"])
def test_golden_bad_heads(case):
    with pytest.raises(DecodeError):
        read(case)


@pytest.mark.parametrize("case", GOLDEN["bad_bodies"], ids=lambda case: case["why"])
def test_golden_bad_bodies(case):
    op = read(case)
    with pytest.raises(DecodeError):
        decode_body(op)


@given(
    st.integers(0, 2**64 - 1), st.integers(1, COUNTER_MAX), st.integers(0, 2**40), st.sampled_from(Undo), st.booleans(),
    st.none() | st.integers(0, 2**53 - 1),
)  # fmt: skip
def test_a_head_comes_back(origin, counter, gap, undo, more, at):
    op = encode_op(op_id(origin, counter), counter + gap, Alive(op_id(origin, 1), True), undo=undo, more=more, at=at)
    assert decode_op(origin, op.tail) == op
    assert type(decode_op(origin, op.tail).kind) is Kind


@given(st.sampled_from(GOLDEN["ops"] + GOLDEN["only_read"]), st.data())
def test_a_mutated_op_is_an_op_or_an_error(case, dice):
    tail = bytearray.fromhex(case["tail"])
    for _ in range(dice.draw(st.integers(1, 3))):
        tail[dice.draw(st.integers(0, len(tail) - 1))] = dice.draw(st.integers(0, 255))
    tail = bytes(tail[: dice.draw(st.integers(0, len(tail)))])
    try:
        op = decode_op(ORIGIN, tail)
        decode_body(op)
    except DecodeError:
        return
    assert op.tail == tail


def test_a_tail_above_the_limit_is_neither_read_nor_made():
    payload = bytes(TAIL_BYTES_MAX - 6)
    assert len(encode_op(op_id(ORIGIN, 1), 1, Add(0, 0, 1, payload)).tail) == TAIL_BYTES_MAX
    with pytest.raises(LimitError):
        encode_op(op_id(ORIGIN, 1), 1, Add(0, 0, 1, payload + b"x"))
    with pytest.raises(LimitError):
        decode_op(ORIGIN, bytes(TAIL_BYTES_MAX + 1))


@pytest.mark.parametrize("lamport", [4, LAMPORT_MAX + 1])
def test_a_lamport_number_is_within_bounds(lamport):
    with pytest.raises(LimitError):
        encode_op(op_id(ORIGIN, 5), lamport, Alive(op_id(ORIGIN, 1), True))


def test_a_maker_counts_from_one_and_stamps_beyond_what_was_seen():
    maker = Maker(ORIGIN)
    assert maker.next_id == op_id(ORIGIN, 1)
    made = [maker.make(Alive(op_id(ORIGIN, 1), True), seen, more=True, undo=Undo.REDO, at=7) for seen in (0, 40, 3)]
    assert [op.id for op in made] == [op_id(ORIGIN, counter) for counter in (1, 2, 3)]
    assert [op.lamport for op in made] == [1, 41, 42]
    assert {(op.more, op.undo, op.at, origin_of(op.id)) for op in made} == {(True, Undo.REDO, 7, ORIGIN)}


def test_golden_maker():
    maker = Maker(ORIGIN)
    made = [maker.make(Add(0, 0, 1, b""), 0), maker.make(Alive(op_id(ORIGIN, 1), False), 40)]
    assert [op.tail.hex() for op in made] == [case["tail"] for case in GOLDEN["maker"]]


def test_what_cannot_be_made_is_not_counted():
    maker = Maker(ORIGIN)
    with pytest.raises(LimitError):
        maker.make(Meta("k" * 129, 1), 0)
    assert maker.counter == 0
    with pytest.raises(LimitError):
        Maker(ORIGIN, COUNTER_MAX).make(Meta("k", 1), 0)


def test_the_content_hash_is_over_origin_and_tail():
    assert content_hash(Origin(1), b"tail") != content_hash(Origin(2), b"tail")
    assert len(content_hash(Origin(1), b"")) == 16


def test_an_unknown_kind_keeps_its_number():
    op = decode_op(ORIGIN, encode_op(op_id(ORIGIN, 1), 1, Unknown(77, b"body")).tail)
    assert (op.kind, decode_body(op)) == (77, Unknown(77, b"body"))
