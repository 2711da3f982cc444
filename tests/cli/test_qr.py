"""QR codes in a terminal."""

import io
import sys

import pytest

from edgeboard.cli.qr import qr_lines, side_by_side

URL = "http://192.168.1.20:8787/room/lobby"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_code_is_a_square_of_half_blocks():
    lines = qr_lines(URL)
    assert len({len(line) for line in lines}) == 1
    assert set("".join(lines)) == set("█▀▄ ")
    assert len(lines) * 2 - len(lines[0]) in (0, 1)


def test_a_terminal_that_cannot_show_it_gets_none(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert qr_lines(URL) == []
    assert side_by_side([[], []], ["a", "b"]) == []


def test_codes_stand_beside_each_other_below_their_titles():
    one, two = ["##", "##", "##"], ["@@@", "@@@"]
    assert side_by_side([one, two], ["A", "B"]) == ["A       B", "##     @@@", "##     @@@", "##        "]


@pytest.mark.parametrize(("out", "begins"), [(Terminal(), "\x1b[97;40m"), (io.StringIO(), "█")])
def test_on_a_terminal_a_code_is_light_on_dark_whatever_the_colours(monkeypatch, out, begins):
    monkeypatch.setattr(sys, "stdout", out)
    assert side_by_side([["██"]], ["A"])[1].startswith(begins)
