"""A board as people see it: real handwriting, people and their cursors. The picture is kept, to be looked at."""

from pathlib import Path

import edgeboard.cli
from edgeboard.cli.drawing import read_recording
from edgeboard.interchange import pen
from tests.crash.hosted import HostedGuest

RECORDING = Path(edgeboard.cli.__file__).parent / "data" / "handwriting.jsonl"
INK = pen.Style(colour=0, width=22, dy=60)


def test_handwriting_at_another_board_is_shown_as_it_was_written(boards, room, invite, loop, artifacts, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    scribe = HostedGuest(loop, boards[1].state, 1, name="Scribe", room=room)
    eventually(lambda: scribe.is_linked)
    recorded = [pen.moved(each.stroke, 0, INK.dy) for each in read_recording(RECORDING)]
    for stroke in recorded:
        scribe.write(stroke, INK)
    ana.sees(len(recorded))
    eventually(lambda: scribe.is_all_safe)

    ana.page.click("button[data-tool=marker]")
    ana.page.click("#colours [aria-label=Yellow]")
    ana.draw(645, 362, width=105, height=6, points=30, low=0.5, high=0.5)
    ana.page.click("button[data-tool=pen]")
    ana.page.click("#colours [aria-label=Blue]")
    ana.draw(250, 560, width=460, height=36, points=60, low=0.1, high=0.8)
    ben.sees(len(recorded) + 2)
    ben.hover(820, 470)
    ben.hover(830, 480)
    ana.until("document.querySelectorAll('#cursors .cursor').length === 1")
    ana.until("document.querySelectorAll('#toasts .toast').length === 0")

    picture = ana.page.screenshot(path=artifacts / "board.png")
    assert picture.startswith(b"\x89PNG")
    # nobody can say in code that it is beautiful; but there is ink where the recording has it, and paper beside it
    assert darkness(ana, 600, 205, 150, 140) > 0.02
    assert darkness(ana, 900, 560, 200, 100) == 0


def darkness(person, x, y, width, height):
    """The share of pixels of the sheet there that are not paper."""
    found = person.pixels(x, y, width, height)
    return sum(alpha > 99 and red + green + blue < 600 for red, green, blue, alpha in found) / len(found)
