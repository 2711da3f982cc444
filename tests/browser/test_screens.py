"""What stands where on screens of different sizes: cards above bars, and room for what is shown."""

import pytest

from tests.conftest import eventually

PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
KIOSK = {"viewport": {"width": 800, "height": 480}, "has_touch": True, "query": "kiosk"}

# Buttons of an open card that something else covers, by their names.
COVERED = """(card) => [...document.querySelectorAll(`${card} button`)].filter((button) => {
    const { left, top, width, height } = button.getBoundingClientRect();
    if (width === 0) return false;
    return !button.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}).map((button) => button.getAttribute("aria-label"))"""


def box(person, selector):
    return person.ask(
        "(selector) => (({ left, top, right, bottom }) => [left, top, right, bottom])"
        "(document.querySelector(selector).getBoundingClientRect())",
        selector,
    )


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def add_pages(person, count):
    person.page.click("#menu")
    person.page.click("#menu-pages")
    for _ in range(count):
        person.page.click("#page-add")
    person.press("Escape")


@pytest.mark.parametrize("screen", [PHONE, KIOSK, {}], ids=["phone", "kiosk", "desktop"])
def test_cards_lie_above_every_bar(boards, invite, screen):
    ana = invite(boards[0], **screen).live()
    add_pages(ana, 2)
    assert not overlap(box(ana, "#pagebar"), box(ana, "#toolbar"))
    for button, card in (("#more", "#card-more"), ("#style", "#card-style"), ("#shapes", "#card-shapes")):
        if not ana.page.is_visible(button):
            continue
        ana.page.click(button)
        eventually(lambda card=card: ana.page.is_visible(card))
        assert ana.ask(COVERED, card) == []
        ana.press("Escape")
    ana.page.click("#toolbar [data-tool=pen]")
    ana.draw(200, 200, width=100, height=20)
    ana.press("v")
    ana.press("Control+a")
    ana.page.click("#selection-style")
    eventually(lambda: ana.page.is_visible("#card-selection-style"))
    assert ana.ask(COVERED, "#card-selection-style") == []


def test_on_a_phone_the_history_takes_two_rows(boards, invite):
    ana = invite(boards[0], **PHONE).live()
    ana.page.tap("#toolbar [data-tool=pen]")
    ana.draw(100, 200, width=100)
    ana.safe()
    ana.page.tap("#menu")
    ana.page.tap("#menu-history")
    ana.page.locator("#player").wait_for()
    assert abs(box(ana, "#player-close")[1] - box(ana, "#player-play")[1]) <= 4
    _, top, _, bottom = box(ana, "#player")
    assert bottom - top <= 100
    assert box(ana, "#player-time")[1] > box(ana, "#player-close")[1]


def test_a_keyboard_on_the_screen_leaves_the_note_that_is_typed_in_sight(boards, invite):
    ana = invite(boards[0], **PHONE).live()
    ana.press("n")
    ana.touch("touchStart", (180, 560, 0.5))
    ana.touch("touchEnd")
    ana.page.locator("#note").wait_for()
    ana.page.set_viewport_size({"width": 360, "height": 340})
    eventually(lambda: box(ana, "#note")[1] >= 60 and box(ana, "#note")[3] <= 340)
    assert not ana.page.is_visible("#toolbar")
    ana.page.keyboard.type("seen")
    ana.press("Escape")
    ana.sees(1)
    assert ana.page.is_visible("#toolbar")


@pytest.mark.parametrize("screen", [{}, KIOSK], ids=["desktop", "kiosk"])
def test_show_everything_leaves_nothing_under_a_bar(boards, invite, screen):
    ana = invite(boards[0], reduced_motion="reduce", **screen).live()
    add_pages(ana, 1)
    ana.press("r")
    ana.drag((100, 100), (700, 400))
    ana.sees(1)
    for wide, high in ((1.0, 1.0), (1.0, 0.3), (0.3, 1.0)):
        ana.press("Control+a")
        ana.press("Delete")
        ana.sees(0)
        ana.press("r")
        ana.drag((100, 100), (100 + 600 * wide, 100 + 280 * high))
        ana.sees(1)
        ana.press("1")
        ana.press("Control+a")
        frame = ana.ask(
            "(({ x0, y0, x1, y1 }, { x, y, zoom }) => [x0 - x, y0 - y, x1 - x, y1 - y].map((each) => each * zoom))"
            "(edgeboard.selectionBox, edgeboard.view)"
        )
        for bar in ("#zoombar", "#pagebar", "#toolbar", "#top .pill:last-child"):
            assert not overlap(frame, box(ana, bar)), (frame, bar, box(ana, bar))


def test_targets_of_a_desktop_are_large_enough(boards, invite):
    ana = invite(boards[0]).live()
    left, top, right, bottom = box(ana, "#colours button")
    assert (right - left, bottom - top) >= (24, 24)
    assert bottom - top >= 24
    _, top, _, bottom = box(ana, "#toolbar")
    assert bottom - top <= 52


def test_a_class_scans_the_way_into_the_room_from_a_kiosk(boards, invite):
    ana = invite(boards[0], **KIOSK).live()
    ana.page.click("#menu")
    ana.page.click("#menu-share")
    ana.until("document.getElementById('share-code').naturalWidth > 100")
    assert ana.page.is_visible("#share-link")
    assert ana.page.is_hidden("#share-embed"), "nothing is copied from a panel"
    assert ana.page.is_hidden("[data-copy=share-link]")
    done = box(ana, "#dialog-share .actions button")
    assert done[3] <= 480, "who has seen it finds the way back"
