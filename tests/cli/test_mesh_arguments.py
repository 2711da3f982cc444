"""Readers of arguments of the verbs about the mesh."""

import pytest

from edgeboard.cli.entry import make_parser
from edgeboard.cli.mesh_arguments import read_rate, read_share


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("0", 0.0), ("90%", 0.9)])
def test_a_share_is_read_in_percent_or_as_a_number(text: str, share: float) -> None:
    assert read_share(text) == pytest.approx(share)


@pytest.mark.parametrize(("text", "rate"), [("10/min", 10.0), ("10", 10.0), ("2/h", 2 / 60), ("1/s", 60.0)])
def test_a_rate_is_read_by_the_minute(text: str, rate: float) -> None:
    assert read_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "five", "95%", "-1%", "5%%", "1.5"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        read_share(text)


@pytest.mark.parametrize("text", ["", "x/min", "5/week", "-1/min"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        read_rate(text)


def test_what_is_asked_of_the_mesh_needs_no_more_than_a_word():
    for word in ("status", "peers", "graph", "invitations"):
        assert make_parser().parse_args(["mesh", word]).what == word
    assert str(make_parser().parse_args(["mesh", "graph", "--svg", "mesh.svg"]).svg) == "mesh.svg"


def test_of_a_token_nothing_is_assumed_here_so_that_words_without_a_room_are_noticed():
    token = make_parser().parse_args(["token", "--room", "lesson"])
    assert (token.role, token.seconds, token.revoke) == (None, None, None)
    assert make_parser().parse_args(["token", "--room", "lesson", "--for", "90min"]).seconds == 5_400.0
