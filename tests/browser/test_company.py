"""People among people: following what somebody looks at, and hearing what happened meanwhile."""

from tests.browser.test_history import open_history


def middle(person):
    """The canvas point in the middle of somebody's window."""
    return person.ask("(({ x, y, zoom }) => [x + innerWidth / 2 / zoom, y + innerHeight / 2 / zoom])(edgeboard.view)")


def press_follow(person, name):
    person.page.click("#people")
    person.page.get_by_role("button", name=f"Follow {name}").click()
    assert person.page.is_hidden("#card-people"), "the card would cover what the other shows"


def near(one, other):
    (x0, y0), (x1, y1) = middle(one), middle(other)
    return abs(x0 - x1) < 3 and abs(y0 - y1) < 3


def test_who_follows_sees_what_the_other_looks_at_until_they_move_the_paper(boards, room, invite, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    ana.draw(300, 300)
    ben.sees(1)
    ben.until("edgeboard.people.length === 2")
    press_follow(ben, "Ana")
    assert ben.page.locator("#follow").inner_text().startswith("Following Ana")
    open_history(ben)
    ben.page.evaluate("document.activeElement.blur()")
    ben.press("Escape")
    ben.page.locator("#player").wait_for(state="hidden")
    assert ben.page.locator("#follow").is_visible(), "one Escape ends one thing"
    ana.page.mouse.move(600, 400)
    for _ in range(10):
        ana.page.mouse.wheel(33, 21)
    eventually(lambda: near(ana, ben))
    ana.page.click("#people")
    ana.page.get_by_text("follows you").wait_for()
    before = middle(ben)
    ben.page.mouse.move(600, 400)
    ben.page.mouse.wheel(-40, 30)
    ben.page.locator("#follow").wait_for(state="hidden")
    ana.page.mouse.wheel(30, 10)
    assert middle(ben) != before
    eventually(lambda: not near(ana, ben))


def test_following_ends_when_the_other_leaves(boards, room, invite):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    ben.until("edgeboard.people.length === 2")
    press_follow(ben, "Ana")
    ben.page.locator("#follow").wait_for(state="visible")
    ana.close_tab()
    ben.page.locator("#follow").wait_for(state="hidden")


def test_who_comes_back_is_told_what_changed_and_shown_where(boards, room, invite, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    ana.draw(300, 300)
    ben.sees(1)
    ana.safe()
    ana.close_tab()
    ben.page.mouse.move(600, 400)
    for _ in range(30):
        ben.page.mouse.wheel(40, 0)
    ben.draw(500, 300)
    ben.safe()
    ana.open()
    ana.live().sees(2)
    ana.toast("1 change while you were away")
    before = middle(ana)
    ana.page.locator("#toasts .toast").get_by_text("Show").click()
    ana.until("!document.querySelector('.toast')")
    eventually(lambda: middle(ana)[0] > before[0] + 600)  # it glides there
    ana.press("0")
    for _ in range(30):
        ana.page.mouse.wheel(-40, 0)
    before = middle(ana)
    ana.page.click("#menu")
    ana.page.get_by_role("button", name="1 change while you were away").click()  # as long as anybody wants to look
    ana.until("document.getElementById('card-menu').hidden")
    eventually(lambda: middle(ana)[0] > before[0] + 600)
    ben.press("v")
    ben.press("Control+a")
    ben.press("Delete")
    ana.sees(0)
    ana.page.click("#menu")
    ana.page.click("#menu-news")
    ana.toast("What changed then has been erased since.")
    ana.page.click("#menu")
    assert ana.page.is_hidden("#menu-news")
