"""The words of the command line."""

import argparse

import pytest

from edgeboard.cli.arguments import VERBS, read_colour, reads
from edgeboard.cli.entry import make_parser
from edgeboard.config.values import Listen


def test_every_verb_has_a_module_a_summary_and_a_lesson():
    for verb in VERBS:
        assert verb.summary[0].islower()
        assert f"edgeboard {verb.name}" in verb.lesson
        assert all(len(line) <= 110 for line in verb.lesson.splitlines())


def test_what_prints_data_prints_json_too():
    for name in (
        "rooms",
        "log lobby",
        "status",
        "mesh init a",
        "mesh invite",
        "mesh invitations",
        "mesh revoke 1",
        "join x",
        "pair",
        "import r f",
        "replay f --room r",
        "demo",
    ):
        assert make_parser().parse_args([*name.split(), "--json"]).json


def test_run_takes_everything_several_times_where_that_makes_sense():
    words = "run --room a --room b --peer x --peer http://y:1 --listen [::]:80 --name N --log-level debug"
    parsed = make_parser().parse_args(words.split())
    assert parsed.room == ["a", "b"]
    assert parsed.peer == ["http://x:8787", "http://y:1"]
    assert parsed.listen == Listen("::", 80)
    assert (parsed.name, parsed.log_level, parsed.state, parsed.config) == ("N", "debug", None, None)


def test_replay_draws_in_real_time_unless_told_otherwise():
    parsed = make_parser().parse_args(["replay", "f", "--room", "r"])
    assert (parsed.speed, parsed.loop, parsed.colour, parsed.width) == (1.0, False, None, None)


@pytest.mark.parametrize(("text", "colour"), [("0", 0), ("15", 15), ("#000000", 16), ("#aBcDeF", 16 + 0xABCDEF)])
def test_colours_are_of_the_palette_or_any(text, colour):
    assert read_colour(text) == colour


@pytest.mark.parametrize("text", ["16", "-1", "#12345", "#gggggg", "blue", ""])
def test_what_is_no_colour_is_explained(text):
    with pytest.raises(ValueError, match="is not a colour; write 0 to 15 for one of the palette, or #rrggbb"):
        read_colour(text)


def test_a_reader_keeps_its_words():
    with pytest.raises(argparse.ArgumentTypeError, match="is not a colour"):
        reads(read_colour)("x")
