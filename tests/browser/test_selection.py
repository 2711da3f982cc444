"""Selecting with mouse, pen and finger, and what is done to a selection: by hand, by keys, by its bar."""

import pytest

from tests.conftest import eventually

TRANSFORM, STYLE, Z, LAYER, LOCK = 1, 2, 3, 5, 6


def value(person, item, register):
    """The value of an item's register as this person's page has it."""
    return person.ask(f"edgeboard.document.item({item!r})?.value({register}) ?? null")


def selected(person):
    return person.ask("edgeboard.selected")


def ids(person):
    """All items in paint order."""
    return person.ask("edgeboard.items().map(({ id }) => id)")


def drag(person, start, *places, steps=6):
    """The mouse from one place over others."""
    mouse = person.page.mouse
    mouse.move(*start)
    mouse.down()
    for place in places:
        mouse.move(*place, steps=steps)
    mouse.up()


def finger_tap(person, x, y):
    person.touch("touchStart", (x, y, 0.5))
    person.touch("touchEnd")


@pytest.fixture
def pair(boards, invite):
    """Ana has drawn two waves, and takes the tool that selects; Ben sees them."""
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(200, 200)
    ana.draw(200, 400)
    ben.sees(2)
    ana.press("v")
    return ana, ben


def same(ana, ben):
    return eventually(lambda: ana.digest == ben.digest)


def test_a_tap_selects_and_a_drag_moves_for_everybody(pair):
    ana, ben = pair
    first, second = ids(ana)
    ana.page.mouse.click(200, 200)
    assert selected(ana) == [first]
    ana.page.mouse.click(200, 400)
    assert selected(ana) == [second]
    drag(ana, (320, 400), (420, 450))
    eventually(lambda: value(ben, second, TRANSFORM) == [1, 0, 0, 1, 100, 50])
    assert value(ben, first, TRANSFORM) is None
    assert same(ana, ben)
    ana.undo()
    eventually(lambda: value(ben, second, TRANSFORM) is None)
    ana.redo()
    eventually(lambda: value(ben, second, TRANSFORM) == [1, 0, 0, 1, 100, 50])
    ana.page.mouse.click(900, 600)
    assert selected(ana) == []


def test_shift_adds_and_takes_away_and_nothing_moves_before_the_hand_does(pair):
    ana, _ = pair
    first, second = ids(ana)
    ana.page.mouse.click(200, 200)
    ana.page.keyboard.down("Shift")
    ana.page.mouse.click(200, 400)
    assert sorted(selected(ana)) == sorted([first, second])
    ana.page.mouse.click(200, 200)
    ana.page.keyboard.up("Shift")
    assert selected(ana) == [second]
    assert value(ana, second, TRANSFORM) is None


def test_delete_and_duplicate_by_keys_are_one_gesture_each(pair):
    ana, ben = pair
    ana.press("Control+a")
    assert len(selected(ana)) == 2
    ana.press("Control+d")
    ben.sees(4)
    copies = selected(ana)
    assert len(copies) == 2
    assert all(value(ben, copy, TRANSFORM) == [1, 0, 0, 1, 16, 16] for copy in copies)
    assert same(ana, ben)
    ana.undo()
    ben.sees(2)
    assert selected(ana) == []
    ana.press("Control+a")
    ana.press("Delete")
    ben.sees(0)
    ana.undo()
    ben.sees(2)
    assert same(ana, ben)


def test_arrow_keys_move_what_is_selected_as_one_gesture_and_the_paper_if_nothing_is(pair):
    ana, ben = pair
    first = ids(ana)[0]
    ana.page.mouse.click(200, 200)
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowLeft"):
        ana.press(key)
    eventually(lambda: value(ben, first, TRANSFORM) == [1, 0, 0, 1, 1, 10])
    ana.undo()
    eventually(lambda: value(ben, first, TRANSFORM) is None)
    ana.press("Escape")
    assert selected(ana) == []
    before = ana.ask("edgeboard.view")
    ana.press("ArrowRight")
    assert ana.ask("edgeboard.view") != before
