"""Readers of arguments of `edgeboard marquee`."""

import pytest

from edgeboard.cli.entry import make_parser
from edgeboard.cli.marquee_arguments import LEVELS, read_interval, read_lasting, read_rank
from edgeboard.marquee.items import Level


def test_the_levels_are_those_of_the_items():
    assert tuple(level.name.lower() for level in Level) == LEVELS


@pytest.mark.parametrize(("text", "rank"), [("0", 0), ("7", 7), ("-1000", -1000)])
def test_a_rank_may_be_below_nothing(text, rank):
    assert read_rank(text) == rank


@pytest.mark.parametrize("text", ["", "x", "1001", "-1001", "--1", "1.5"])
def test_what_is_no_rank_is_refused(text):
    with pytest.raises(ValueError, match="from -1000 to 1000"):
        read_rank(text)


@pytest.mark.parametrize(("text", "seconds"), [("8s", 8.0), ("1min", 60.0), ("60min", 3600.0)])
def test_a_turn_is_a_span_of_time(text, seconds):
    assert read_interval(text) == seconds


@pytest.mark.parametrize("text", ["0.5s", "2h", "8", "soon"])
def test_what_is_no_turn_is_refused(text):
    with pytest.raises(ValueError, match=r"not allowed|not a span"):
        read_interval(text)


@pytest.mark.parametrize(("text", "seconds"), [("10m", 600.0), ("2h", 7200.0), ("0", 0.0), ("ever", 0.0)])
def test_how_long_an_item_lasts_may_be_without_an_end(text, seconds):
    assert read_lasting(text) == seconds


def test_of_an_item_nothing_is_assumed_here_so_that_what_is_not_said_stays_as_it_is():
    said = make_parser().parse_args(["marquee", "set", "door", "--priority", "-5"])
    assert (said.what, said.id, said.text, said.priority) == ("set", "door", None, -5)
    assert {said.level, said.order, said.interval, said.seconds, said.icon} == {None}
