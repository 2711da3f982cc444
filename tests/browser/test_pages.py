"""Pages and layers: what one person turns to, hides and locks, and what of it others see."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.test_selection import ids, selected, value
from tests.conftest import eventually

LAYER = 5


@pytest.fixture
def pair(boards, invite):
    return invite(boards[0]).live(), invite(boards[1]).live()


def place(person):
    shown = person.ask("edgeboard.place")
    return shown["page"], shown["layer"]


def shown(person):
    """How many items this person sees, not how many there are."""
    return person.ask("edgeboard.statistics().painter.pictures")


def number(person):
    return person.page.inner_text("#pages")


def add_page(person):
    person.page.click("#pages")
    person.page.click("#page-add")


def add_layer(person):
    if not person.page.is_visible("#card-layers"):
        person.page.click("#layers")
    person.page.click("#layer-add")


def test_a_page_is_added_turned_to_and_named_for_everybody(pair):
    ana, ben = pair
    ana.draw(200, 200)
    ben.sees(1)
    add_page(ana)
    assert place(ana) == (1, 0)
    assert shown(ana) == 0
    ana.press("Escape")
    ana.draw(300, 300)
    ana.draw(300, 400)
    ben.sees(3)
    assert shown(ben) == 1
    eventually(lambda: number(ben) == "1 / 2")
    ben.press("PageDown")
    assert shown(ben) == 2
    assert number(ben) == "2 / 2"
    ben.page.click("#pages")
    ben.page.click("#page-list li:nth-child(2) .tool")
    ben.page.fill("#rename", "Sketches <b>")
    ben.page.click("#dialog-rename button[type=submit]")
    eventually(lambda: "Sketches <b>" in ana.page.text_content("#page-list"))
    ana.press("PageUp")
    assert (place(ana), shown(ana)) == ((0, 0), 1)
    ana.press("PageUp")
    ana.toast("This is the first page")
    ana.agrees(ben)
    ben.undo()  # the name is his
    eventually(lambda: "Sketches" not in ana.page.text_content("#page-list"))


def test_the_page_is_kept_over_a_reload_and_is_what_is_saved_as_a_picture(pair):
    ana, _ = pair
    ana.draw(200, 200)
    add_page(ana)
    ana.press("Escape")
    ana.draw(300, 300)
    ana.safe()
    ana.page.reload()
    ana.live().sees(2)
    eventually(lambda: number(ana) == "2 / 2")
    assert shown(ana) == 1
    assert parse_qs(urlsplit(ana.page.get_attribute("#export-svg", "href")).query) == {"page": ["2"]}
    picture, _ = ana.download("#export-svg")
    assert picture.count(b"<path") == 1


def test_who_is_on_another_page_shows_no_cursor_and_no_stroke_here(pair):
    ana, ben = pair
    ana.draw(200, 200)
    ben.sees(1)
    ana.hover(400, 400)
    eventually(lambda: ben.page.locator("#cursors .cursor").count() == 1)
    add_page(ana)
    ana.hover(410, 410)
    eventually(lambda: ben.page.locator("#cursors .cursor").count() == 0)
    eventually(lambda: number(ben) == "1 / 2")
    ben.press("PageDown")
    ana.hover(420, 420)
    eventually(lambda: ben.page.locator("#cursors .cursor").count() == 1)


def test_a_page_is_deleted_for_everybody_and_one_undo_brings_it_back(pair):
    ana, ben = pair
    ana.draw(200, 200)
    add_page(ana)
    ana.undo()  # it was a slip
    eventually(lambda: number(ana) == "1 / 1")
    assert place(ana) == (0, 0)
    ana.redo()
    eventually(lambda: place(ana) == (1, 0))
    ana.draw(300, 300)
    ana.draw(300, 400)
    ben.sees(3)
    ben.press("PageDown")
    assert shown(ben) == 2
    ana.page.click("#pages")
    ana.page.click("#page-list [aria-label='Delete Page 2']")
    assert "2 items by 1 person" in ana.page.text_content("#remove-words")
    ana.page.click("#remove-do")
    ana.toast("Page 2 was deleted")
    ben.toast("The page that was shown is gone")
    ben.sees(1)
    assert (number(ana), number(ben)) == ("1 / 1", "1 / 1")
    assert (place(ana), place(ben)) == ((0, 0), (0, 0))
    ana.page.locator("#toasts .toast", has_text="was deleted").locator("button").click()
    ben.sees(3)
    eventually(lambda: (place(ana), place(ben)) == ((1, 0), (1, 0)))
    ana.page.click("#pages")
    ana.page.click("#page-list [aria-label='Delete Page 1']")  # the first one may go, too
    ana.page.click("#remove-do")
    ben.sees(2)
    eventually(lambda: (number(ana), number(ben)) == ("1 / 1", "1 / 1"))
    assert place(ana) == (1, 0)
    ana.agrees(ben)


def test_ink_of_others_on_a_page_that_is_deleted_meanwhile_is_not_lost(pair):
    ana, ben = pair
    ana.draw(200, 200)
    add_page(ana)
    ana.draw(300, 300)
    ben.sees(2)
    _, second = ids(ben)
    ben.press("PageDown")
    ana.page.click("#pages")
    ana.page.click("#page-list [aria-label='Delete Page 2']")
    ben.pen_down((500, 500, 0.5), (560, 540, 0.5))
    ana.page.click("#remove-do")
    eventually(lambda: second not in ids(ben))
    assert place(ben) == (1, 0)  # nobody turns the page under a pen
    ben.pen_along((600, 500, 0.5))
    ben.pen_up(600, 500)
    ana.sees(2)
    eventually(lambda: number(ana) == "2 / 2")
    assert (shown(ben), number(ben)) == (1, "2 / 2")
    ana.agrees(ben)


def test_a_layer_is_deleted_with_what_is_on_it_and_comes_back(pair):
    ana, ben = pair
    ana.draw(200, 300)
    add_layer(ana)
    ana.page.click("#layer-remove")  # nothing is on it: nobody asks
    ana.toast("Layer 2 was deleted")
    assert place(ana) == (0, 0)
    assert ana.page.is_disabled("#layer-remove")
    ana.undo()
    eventually(lambda: ana.page.locator("#layer-list li").count() == 2)
    ana.page.click("#layer-list li:nth-child(1) .row")
    ana.draw(200, 400)
    ben.sees(2)
    ana.page.click("#layers")
    ana.page.click("#layer-list li:nth-child(2) .row")
    ana.page.click("#layer-remove")
    ana.page.click("#remove-do")
    ben.sees(1)
    assert (place(ana), place(ben)) == ((0, 1), (0, 1))
    ana.undo()
    ben.sees(2)
    ana.agrees(ben)


def test_layers_are_painted_in_their_order_hidden_here_and_locked_for_everybody(pair):
    ana, ben = pair
    ana.draw(200, 300)
    add_layer(ana)
    assert place(ana) == (0, 1)
    ana.press("Escape")
    ana.draw(200, 400)
    ben.sees(2)
    first, second = ids(ana)
    assert value(ben, second, LAYER) is None  # the add says it
    ana.page.click("#layers")
    ana.page.click("#layer-list li:nth-child(1) [aria-label='Hide Layer 2']")
    assert (shown(ana), shown(ben)) == (1, 2)
    ana.toast("You draw on Layer 1 now")
    assert place(ana) == (0, 0)
    ana.page.click("#layer-list li:nth-child(1) [aria-label='Show Layer 2']")
    assert shown(ana) == 2
    ana.page.click("#layer-list li:nth-child(2) [aria-label='Lock Layer 1']")
    ben.press("v")
    eventually(lambda: ben.ask("edgeboard.document.meta('locked/0/0')") is True)
    ben.page.mouse.click(200, 300)
    assert selected(ben) == []
    ben.toast("Layer 1 is locked")
    ben.page.mouse.click(200, 400)
    assert selected(ben) == [second]
    ben.press("e")
    ben.drag((320, 250), (320, 450), steps=20)
    ana.sees(1)
    assert ids(ana) == [first]
    assert place(ben) == (0, 1)  # where ink may go


def test_where_the_only_layer_is_locked_or_hidden_ink_goes_to_a_new_one_above(pair):
    ana, ben = pair
    ana.draw(200, 300)
    ben.sees(1)
    ana.page.click("#layers")
    ana.page.click("#layer-list [aria-label='Lock Layer 1']")
    ben.toast("You draw on Layer 2 now")
    ana.press("Escape")
    ana.draw(200, 400)
    ben.sees(2).draw(200, 500)
    ana.sees(3)
    assert ana.ask("edgeboard.document.items().map(({ layer }) => layer)") == [0, 1, 1]
    ana.page.click("#layers")
    ana.page.click("#layer-list [aria-label='Hide Layer 2']")
    assert place(ana) == (0, 2)
    ana.press("Escape")
    ana.draw(200, 600)
    assert (shown(ana), place(ben)) == (2, (0, 1))


def test_a_selection_is_moved_to_a_layer_and_a_layer_above_another(pair):
    ana, ben = pair
    ana.draw(200, 300)
    ana.draw(200, 400)
    ben.sees(2)
    first = ids(ana)[0]
    add_layer(ana)
    ana.press("Escape")
    ana.press("v")
    ana.page.mouse.click(200, 300)
    ana.page.click("#layers")
    ana.page.click("#layer-bring")
    eventually(lambda: value(ben, first, LAYER) == [0, 1])
    assert selected(ana) == [first]
    above = "edgeboard.document.meta('order/0/0')"
    ana.page.click("#layer-list li:nth-child(2) .row")
    ana.page.click("#layer-up")
    eventually(lambda: ben.ask(above) not in (None, ""))
    assert ana.page.text_content("#layer-list li:nth-child(1) .name") == "Layer 1"
    ana.undo()
    eventually(lambda: ben.ask(above) is None)
    ana.agrees(ben)


def test_a_row_that_is_pressed_stays_until_it_is_let_go_while_others_draw(pair):
    ana, ben = pair
    add_layer(ana)
    row = ana.page.locator("#layer-list li:nth-child(2) .row").bounding_box()
    ana.page.mouse.move(row["x"] + 40, row["y"] + 10)
    ana.page.mouse.down()
    ben.draw(300, 300)
    ana.sees(1)
    ana.page.wait_for_timeout(0)  # its frame is over
    ana.page.mouse.up()
    eventually(lambda: place(ana) == (0, 0))
    eventually(lambda: "1 item" in ana.page.inner_text("#layer-list li:nth-child(2)"))


def test_clear_names_the_page_it_clears_where_there_are_others(pair):
    ana, ben = pair
    ana.draw(200, 200)
    ana.page.click("#menu")
    ana.page.click("#menu-clear")
    assert ana.page.text_content("#clear-title") == "Clear the board?"
    ana.press("Escape")
    add_page(ana)
    ana.press("Escape")
    ana.draw(300, 300)
    ben.sees(2)
    ana.page.click("#menu")
    ana.page.click("#menu-clear")
    assert ana.page.text_content("#clear-title") == "Clear Page 2?"
    words = ana.page.text_content("#clear-words")
    assert "1 thing by 1 person" in words
    assert words.endswith("The other pages stay as they are.")
    ana.page.click("#clear-do")
    ben.sees(1)


# What the page has said in passing since it was opened.
LISTEN = """
    window.said = [];
    addEventListener("DOMContentLoaded", () => {
        const listener = new MutationObserver((all) => {
            for (const { addedNodes } of all) for (const { textContent } of addedNodes) said.push(textContent);
        });
        const toasts = document.getElementById("toasts");
        if (toasts !== null) listener.observe(toasts, { childList: true });
    });
"""


@pytest.mark.parametrize("how", ["room", "embed"])
def test_who_opens_a_room_is_not_told_what_happened_to_its_layers_before(pair, boards, invite, how):
    ana, _ = pair
    ana.draw(200, 200)
    add_layer(ana)
    ana.page.click("#layer-list li:nth-child(1) [aria-label='Lock Layer 2']")
    ana.toast("You draw on Layer 1 now")
    ana.page.click("#layer-list li:nth-child(1) [aria-label='Unlock Layer 2']")
    ana.page.click("#layer-list li:nth-child(2) [aria-label='Lock Layer 1']")
    ana.page.click("#layer-list li:nth-child(2) [aria-label='Unlock Layer 1']")
    ana.safe()
    cyd = invite(boards[1], before=LISTEN)
    if how == "embed":
        cyd.open(f"{boards[1].url}/embed/{ana.room}")
    cyd.live()
    cyd.agrees(ana)
    ana.draw(300, 300)
    cyd.sees(2)
    assert cyd.ask("said") == []
    if how == "room":
        ana.page.click("#layers")
        ana.page.click("#layer-list li:nth-child(2) [aria-label='Lock Layer 1']")
        cyd.toast("You draw on Layer 2 now")
        assert cyd.ask("said.length") == 1
