"""What a person at a terminal sees while an update is under way."""

import io
import time
from contextlib import redirect_stderr

import pytest

from edgeboard.cli import update_desk
from edgeboard.cli.update_desk import Desk


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def wait_for(self, text):
        until = time.monotonic() + 30
        while text not in self.getvalue():
            assert time.monotonic() < until, f"no {text!r} in {self.getvalue()!r}"

    @property
    def lines(self):
        return self.getvalue().split("\r\033[K")[1:]


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(update_desk, "CLOCK_S", 0.001)


def test_what_has_a_length_has_a_bar():
    with redirect_stderr(Terminal()) as terminal:
        Desk(as_json=False).draw("unpacking", 3 << 20, 6 << 20)
    assert terminal.lines == [f"unpacking  [{'#' * 12}{'.' * 12}] 3.0 of 6.0 MiB"]


def test_of_what_has_none_it_is_told_how_long_it_has_taken(monkeypatch):
    now, later = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now() + later[0])
    with redirect_stderr(Terminal()) as terminal:
        desk = Desk(as_json=False)
        desk.draw("compiling", 0, 0)
        terminal.wait_for("compiling  0:00")
        later[0] = 75.0
        terminal.wait_for("compiling  1:1")
        desk.draw("unpacking", 1, 2)
        desk.clear()
    assert terminal.lines[-1] == ""
    assert terminal.lines[-2].startswith("unpacking"), "a clock that goes on would write over what comes after it"


def test_scripts_are_told_the_result_alone(capsys):
    with redirect_stderr(Terminal()) as terminal:
        desk = Desk(as_json=True)
        for whole in (0, 5):
            desk.draw("compiling", 0, whole)
        desk.waiting(3.0)
        desk.tell({"result": "done"}, "it is done")
    assert terminal.getvalue() == ""
    assert capsys.readouterr().out == '{"result": "done"}\n'
