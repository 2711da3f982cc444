"""Undo, redo and the eraser: one's own work only, across reloads."""

import pytest

from tests.conftest import eventually


def test_undo_and_redo_touch_only_ones_own_work(boards, invite):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(200, 200)
    ana.sees(1)
    ben.sees(1).draw(200, 400)
    ana.sees(2).draw(200, 600)
    ben.sees(3)
    by_ana = [stroke["id"] for stroke in ana.strokes() if stroke["id"].startswith(ana.ask("edgeboard.origin"))]
    assert len(by_ana) == 2

    ana.undo()
    ben.sees(2)
    ana.page.click("#undo")
    ben.sees(1)
    ana.undo()
    ana.toast("Nothing of yours to undo")
    assert ben.count() == ana.count() == 1
    assert not ana.strokes()[0]["id"].startswith(ana.ask("edgeboard.origin"))

    ana.redo()
    ben.sees(2)
    ana.page.click("#redo")
    ben.sees(3)
    ana.redo()
    ana.toast("Nothing of yours to redo")
    ana.agrees(ben)


def test_a_reload_keeps_the_canvas_and_undo_still_takes_back_ones_own_last_stroke(boards, invite):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(200, 200)
    ana.draw(200, 400)
    ben.sees(2).draw(200, 600)
    before = ana.sees(3).safe().agrees(ben).digest
    person, origin = ana.ask("[edgeboard.person, edgeboard.origin]")

    ana.page.reload()
    ana.live()
    eventually(lambda: ana.digest == before)
    assert ana.ask("edgeboard.person") == person
    assert ana.ask("edgeboard.origin") != origin

    ana.undo()
    ben.sees(2)
    left = [stroke["id"] for stroke in ben.strokes()]
    assert f"{origin}:1" in left
    assert f"{origin}:2" not in left
    ana.redo()
    assert ana.agrees(ben).digest == before  # the canvas is as it was


def test_the_eraser_takes_whole_strokes_of_anybody_and_undo_brings_them_back(boards, invite):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(200, 200)
    ana.draw(200, 300)
    ana.draw(200, 600)
    ben.sees(3)
    ben.press("e")
    ben.draw(320, 160, width=10, height=0, points=3)  # over nothing
    assert ben.count() == 3
    ben.stroke(*((320, y, 0.5) for y in range(150, 420, 10)))
    ana.sees(1)
    ben.undo()  # one swipe is one gesture
    ana.sees(3)
    ana.undo()  # her own last stroke, not Ben's swipe
    ben.sees(2)


def test_the_other_end_of_a_pen_erases(boards, invite):
    ana = invite(boards[0]).live()
    ana.draw(200, 200)
    ana.sees(1)
    ana.swipe([(320, y) for y in range(150, 260, 10)], turned=True)
    ana.sees(0)


def test_fingers_draw_and_two_of_them_move_the_paper(boards, invite):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    for y in (200, 400):  # a screen must show first that it measures pressure
        moves = (("touchMove", (300 + 10 * at, y, 0.2 + at / 40)) for at in range(1, 20))
        ana.touches(("touchStart", (300, y, 0.21)), *moves, ("touchEnd",))
    ben.sees(2)
    assert all(stroke["pieces"] for stroke in ben.strokes())
    before = ana.ask("edgeboard.view")
    moves = (("touchMove", (300, 500 + 10 * at, 0.5), (600, 500 + 10 * at, 0.5)) for at in range(1, 11))
    both = ("touchStart", (300, 500, 0.5), (600, 500, 0.5))
    ana.touches(("touchStart", (300, 500, 0.5)), both, *moves, ("touchEnd",))
    after = ana.ask("edgeboard.view")
    assert after["zoom"] == pytest.approx(before["zoom"])
    assert after["y"] < before["y"] - 50
    assert ana.count() == 2
