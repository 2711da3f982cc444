"""Identifiers: how they are made, compared and printed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError
from edgeboard.ids import (
    COUNTER_MAX,
    ORIGIN_MAX,
    MeshId,
    NodeId,
    OpId,
    author_id,
    author_tag,
    counter_of,
    node_id,
    op_id,
    origin_of,
    parse_op,
    room_id,
    show_op,
    show_origin,
)

GOLDEN = json.loads((Path(__file__).parent / "vectors" / "ids.json").read_text())
ORIGINS, COUNTERS = st.integers(0, ORIGIN_MAX), st.integers(1, COUNTER_MAX)


@given(ORIGINS, COUNTERS)
def test_an_op_id_gives_back_its_parts_and_its_print(origin, counter):
    op = op_id(origin, counter)
    assert (origin_of(op), counter_of(op)) == (origin, counter)
    assert parse_op(show_op(op)) == op
    assert show_op(op).startswith(show_origin(origin))


@given(st.tuples(ORIGINS, COUNTERS), st.tuples(ORIGINS, COUNTERS))
def test_op_ids_compare_as_origin_then_counter(one, other):
    assert (op_id(*one) < op_id(*other)) == (one < other)


ZEROS = "00000000000000ff"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":1",
        ZEROS,
        f"{ZEROS}:",
        f"{ZEROS}:0",
        f"{ZEROS}:4294967296",
        f"{ZEROS}:x",
        f"{ZEROS[1:]}:1",
        f"g{ZEROS[1:]}:1",
    ],
)
def test_what_is_no_op_id_is_refused(text):
    with pytest.raises(DecodeError):
        parse_op(text)


@pytest.mark.parametrize("case", GOLDEN["authors"], ids=lambda case: case["node"])
def test_golden_authors(case):
    key = bytes.fromhex(case["public_key"])
    author = author_id(node_id(key), case["boot"], case["random"])
    assert node_id(key).hex() == case["node"]
    assert author.hex() == case["author"]
    assert author_tag(author, key).hex() == case["tag"]


@pytest.mark.parametrize("case", GOLDEN["rooms"], ids=lambda case: case["name"])
def test_golden_rooms(case):
    assert room_id(MeshId(bytes.fromhex(case["mesh"])), case["name"]).hex() == case["room"]


@pytest.mark.parametrize("case", GOLDEN["ops"], ids=lambda case: case["printed"])
def test_golden_op_ids(case):
    op = op_id(int(case["origin"], 16), case["counter"])
    assert show_op(op) == case["printed"]
    assert parse_op(case["printed"]) == op


def test_another_boot_of_a_node_is_another_author():
    node = NodeId(bytes(16))
    tags = {author_tag(author_id(node, boot, nonce), bytes(32)) for boot in (1, 2) for nonce in (1, 2)}
    assert len(tags) == 4


def test_an_op_id_is_one_number():
    assert op_id(1, 2) == OpId((1 << 32) + 2)
