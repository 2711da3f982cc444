"""What verbs are made of."""

import argparse

import pytest

from edgeboard.cli.verbs import add_json, add_state, reads
from edgeboard.config.values import read_path, read_whole


def test_a_readers_own_words_reach_the_person_who_typed():
    with pytest.raises(argparse.ArgumentTypeError, match="write a whole number"):
        reads(read_whole)("many")
    assert reads(read_whole)("7") == 7


def test_the_state_directory_and_json_are_said_alike_everywhere(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    parser = argparse.ArgumentParser()
    add_state(parser, "the node")
    add_json(parser)
    parsed = parser.parse_args(["--state", "/var/lib/edgeboard", "--json"])
    assert (parsed.state, parsed.json) == (read_path("/var/lib/edgeboard"), True)
    assert parser.parse_args([]).state is None
    assert "state directory of the node" in parser.format_help()
