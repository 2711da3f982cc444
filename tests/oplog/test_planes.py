"""Columns in planes: the shortest form, found exactly, and its way back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError, LimitError
from edgeboard.oplog.planes import RICE_MAX, least_bits, plan_column, read_column, write_plan

SMALL = st.lists(st.integers(-40, 40), min_size=2, max_size=40)
LARGE = st.lists(st.integers(-(2**29), 2**29), min_size=2, max_size=12)
ODD = st.lists(st.sampled_from([0, 0, 0, 1, 5, 24, 1 << 20, 1 << 28, -(1 << 28)]), min_size=2, max_size=60)


def written(values):
    parts = []
    write_plan(parts, plan_column(values))
    return "".join(parts)


def residuals(values, order):
    deltas = [b - a for a, b in pairwise(values)]
    if order == 2:
        deltas = deltas[:1] + [b - a for a, b in pairwise(deltas)]
    return [2 * r if r >= 0 else -2 * r - 1 for r in deltas]


def cost(codes, k):
    return 7 + sum((u >> k) + 1 + k if u >> k < RICE_MAX else RICE_MAX + 1 + 32 for u in codes)


@given(SMALL | LARGE | ODD, st.text("01", max_size=9))
def test_a_column_comes_back_and_ends_where_it_ends(values, behind):
    bits = written(values)
    assert read_column(behind + bits + behind, len(behind), values[0], len(values)) == (values, len(behind) + len(bits))


@given(SMALL | LARGE | ODD)
def test_no_other_form_is_shorter_and_ties_go_down(values):
    plan = plan_column(values)
    assert len(written(values)) == plan.bits
    if len(set(values)) == 1:
        assert (plan.order, plan.bits) == (0, 2)
        return
    forms = [(cost(residuals(values, order), k), order, k) for order in (1, 2) for k in range(RICE_MAX + 1)]
    assert (plan.bits, plan.order, plan.k) == min(forms)


@given(SMALL, st.integers(1, 40))
def test_the_bound_of_a_finer_grid_is_a_bound(values, factor):
    plan = plan_column(values)
    assert least_bits(plan, factor.bit_length() - 1) <= plan_column([factor * value for value in values]).bits


@given(st.text("01", max_size=120), st.integers(2, 20))
def test_any_bits_are_a_column_or_an_error(bits, count):
    try:
        values, at = read_column(bits, 0, 7, count)
    except DecodeError:
        return
    assert len(values) == count
    assert at <= len(bits)


@pytest.mark.parametrize("jump", [2**31, -(2**31) - 1])
def test_a_jump_that_fits_no_order_is_refused(jump):
    with pytest.raises(LimitError):
        plan_column([0, jump])


def test_an_order_that_does_not_fit_leaves_the_other():
    ramp = [0, 2**31 - 1, 2**32 - 1]
    assert plan_column(ramp).order == 2
    assert read_column(written(ramp), 0, 0, 3)[0] == ramp
    back = [0, 2**31 - 1, 0]
    assert plan_column(back).order == 1
    assert read_column(written(back), 0, 0, 3)[0] == back


@pytest.mark.parametrize(
    ("bits", "why"),
    [
        ("", "nothing"),
        ("0", "half an order"),
        ("01", "no k"),
        ("1100000", "order 3"),
        ("0111001", "k of 25"),
        ("010000011", "no zero"),
        ("0100000" + "1" * 25 + "0", "25 ones"),
        ("0100011" + "0" + "01", "low bits cut short"),
        ("0100000" + "1" * 24 + "0" + "1" * 31, "wide bits cut short"),
    ],
)
def test_what_breaks_the_format_is_an_error(bits, why):
    with pytest.raises(DecodeError):
        read_column(bits, 0, 0, 2)


def test_low_bits_beyond_the_tables_and_wide_ones_beside_them():
    values = [0, 1 << 18, -(1 << 20), 3, 1 << 29, 5]
    assert read_column(written(values), 0, 0, len(values))[0] == values
