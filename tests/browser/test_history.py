"""The time slider: the room's past is shown and played, and an old state comes back as an undoable gesture."""


def move(person, position):
    """Drag the slider of the history to a position."""
    person.page.evaluate(
        """(position) => {
            const slider = document.getElementById("player-at");
            slider.value = position;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        str(position),
    )


def shown(person):
    """How many items the paper shows."""
    return person.ask("edgeboard.statistics().painter.pictures")


def open_history(person):
    person.page.click("#menu")
    person.page.click("#menu-history")
    person.page.locator("#player").wait_for(state="visible")


def test_the_past_is_shown_and_the_present_is_there_afterwards(boards, room, invite, tmp_path):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(300, 200)
    ben.sees(1).draw(600, 300)
    ana.sees(2).draw(300, 500)
    ana.safe()
    open_history(ana)
    assert int(ana.page.input_value("#player-at")) >= 3  # a slow hand's stroke is logged in pieces
    move(ana, 1)
    assert shown(ana) == 1
    ana.draw(700, 200)  # the past takes no ink
    assert ana.count() == 3
    ben.sees(3).draw(600, 500)
    ana.sees(4)
    assert shown(ana) == 1, "what others do meanwhile waits behind the past"
    ana.page.click("#player-who")
    ana.page.screenshot(path=tmp_path / "history.png")
    ana.press("Escape")
    ana.until("edgeboard.statistics().painter.pictures === 4")
    ana.draw(700, 200)
    ben.sees(5)


def test_it_plays_to_the_end(boards, room, invite):
    ana = invite(boards[0]).live()
    for y in (200, 400, 600):
        ana.draw(300, y)
    ana.safe()
    open_history(ana)
    ana.page.select_option("#player-speed", "200")
    ana.page.click("#player-play")
    ana.until("document.getElementById('player-at').value === document.getElementById('player-at').max")
    ana.until("document.getElementById('player-play').getAttribute('aria-label') === 'Play'")
    assert shown(ana) == 3


def test_an_old_state_is_restored_for_everybody_and_undo_takes_that_back(boards, room, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(300, 200)
    ben.sees(1).draw(600, 300)
    ana.sees(2).safe()
    open_history(ana)
    move(ana, 1)
    ana.page.click("#player-restore")
    ana.toast("Restored")
    ben.sees(1)
    ana.sees(1)
    ana.agrees(ben)
    ana.undo()
    ben.sees(2)
    ana.agrees(ben)
    ben.undo()  # what was away for a while is still ben's
    ana.sees(1)


def test_the_offer_to_undo_goes_when_something_else_would_be_undone(boards, invite):
    ana = invite(boards[0]).live()
    ana.draw(300, 200)
    ana.draw(300, 300)
    ana.safe()
    offer = ana.page.locator("#toasts .toast button", has_text="Undo")
    for is_undone in (True, False):
        open_history(ana)
        move(ana, 1)
        ana.page.click("#player-restore")
        ana.toast("Restored")
        ana.sees(1)
        assert offer.count() == 1
        if is_undone:
            ana.undo()
        else:
            ana.draw(500, 500)
        ana.sees(2)
        assert offer.count() == 0
    ana.page.click("#menu")
    ana.page.click("#menu-clear")
    ana.page.click("#clear-do")
    ana.sees(0)
    offer.click()
    ana.sees(2)


def test_the_page_speaks_the_browsers_language(browser, boards, room, invite):
    person = invite(boards[0])
    person.page.goto(f"{boards[0].url}/room/{room}?lang=zh-CN")
    person.live()
    assert person.ask("document.documentElement.lang") == "zh"
    assert person.page.get_attribute("#toolbar [data-tool=pen]", "aria-label") == "钢笔"
    person.page.click("#menu")
    assert person.page.inner_text("#menu-history").strip() == "这里发生过什么"
