"""What the page looks like in each of its states, compared with pictures that somebody has looked at."""

import json
from pathlib import Path

import msgpack
import pytest

import edgeboard.cli
from edgeboard.canvas.ops import Add, ItemType
from edgeboard.cli.drawing import read_recording
from edgeboard.interchange import pen
from tests.browser import sights
from tests.crash.hosted import HostedGuest

RECORDING = Path(edgeboard.cli.__file__).parent / "data" / "handwriting.jsonl"
INK = pen.Style(dx=-20, dy=-220, width=24)
ANA = """
    const ana = { id: "a7".repeat(16), name: "Ana", colour: 5 };
    if (origin !== "null") localStorage.setItem("edgeboard.person", JSON.stringify(ana));
"""
PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
FIGURES = [
    Add(0, 0, ItemType.SHAPE, msgpack.packb([2, [70, 470, 290, 590], 5, 3, None])),
    Add(0, 0, ItemType.SHAPE, msgpack.packb([3, [330, 470, 520, 590], 9, 3, 6])),
    Add(0, 0, ItemType.SHAPE, msgpack.packb([1, [540, 580, 700, 480], 4, 4, None])),
    Add(0, 0, ItemType.TEXT, msgpack.packb([88, 540, "Line 3: 0.8 mm", 26, 0])),
    Add(0, 0, ItemType.STICKY, msgpack.packb([740, 440, 190, 150, "Ask Ben about\nthe new belt", 6])),
]


@pytest.fixture
def looks(browser, artifacts):
    """Compare what somebody sees with what was found good."""
    with browser.new_context() as context:
        page = context.new_page()

        def check(person, name, *, but=()):
            """`but`: what differs from run to run, as selectors."""
            person.until("document.fonts.status === 'loaded'")
            person.until("document.querySelectorAll('#toasts .toast').length === 0")
            covered = [person.page.locator(selector) for selector in but]
            picture = person.page.screenshot(animations="disabled", mask=covered, mask_color="#888888")
            sights.check(page, name, picture, artifacts)

        yield check


@pytest.fixture
def written(boards, room, loop, eventually):
    """A room with handwriting, shapes, a text and a note."""
    scribe = HostedGuest(loop, boards[1].state, 1, name="Scribe", room=room)
    eventually(lambda: scribe.is_linked)
    recorded = [each.stroke for each in read_recording(RECORDING)][:40]
    for stroke in recorded:
        scribe.write(stroke, INK)
    scribe.draw(*FIGURES)
    eventually(lambda: scribe.is_all_safe)
    scribe.leave()
    return len(recorded) + len(FIGURES)


@pytest.fixture
def ana(boards, invite, written):
    """Makes Ana, who is alone with what is written; takes what a browser context takes."""

    def make(**how):
        person = invite(boards[0], before=ANA, **{"reduced_motion": "reduce", "locale": "en-GB", **how}).live()
        person.sees(written)
        person.until("edgeboard.people.length === 1")
        return person

    return make


def test_a_board_with_writing_by_day(ana, looks):
    looks(ana(), "day")


def test_a_board_with_writing_by_night(ana, looks):
    looks(ana(color_scheme="dark"), "night")


def test_a_room_where_nothing_is_yet(boards, invite, looks):
    ana = invite(boards[0], before=ANA, reduced_motion="reduce").live()
    ana.until("edgeboard.people.length === 1")
    looks(ana, "empty")


def test_a_selection_with_its_bar(ana, looks):
    person = ana()
    person.press("s")
    person.press("Control+a")
    person.page.locator("#selection").wait_for()
    looks(person, "selection")


def test_the_menu(ana, looks):
    person = ana()
    person.page.click("#menu")
    looks(person, "menu")


def test_the_sheet_of_keys(ana, looks):
    person = ana()
    person.press("?")
    looks(person, "keys")


def test_sharing(ana, looks):
    person = ana()
    person.page.click("#menu")
    person.page.click("#menu-share")
    person.until("document.getElementById('share-code').naturalWidth > 100")
    looks(person, "share", but=["#share-code", "#share-link", "#share-embed"])


def test_the_ticker(ana, boards, room, looks, eventually):
    person = ana()
    texts = ("The door is open since 14:30, and nobody knows who has the key", "warning"), ("Soup at noon", "info")
    items = [{"id": text, "text": text, "level": level, "interval": 600} for text, level in texts]
    assert boards[0].ask("PUT", f"/api/marquee?room={room}", json.dumps({"items": items}))[0] == 200
    eventually(lambda: person.page.is_visible("#marquee-line"))
    person.page.click("#marquee-line")
    person.until("document.getElementById('dialog-marquee').open")
    looks(person, "ticker", but=["#marquee-line"])


def test_the_time_slider(ana, looks):
    person = ana()
    person.page.click("#menu")
    person.page.click("#menu-history")
    person.page.locator("#player").wait_for()
    looks(person, "history", but=["#player-time"])


def test_layers_and_pages(ana, looks):
    person = ana()
    person.page.click("#layers")
    looks(person, "layers")


def test_the_card_of_people(ana, looks):
    person = ana()
    person.page.click("#people")
    looks(person, "people")


def test_a_phone_held_upright(ana, looks):
    person = ana(**PHONE)
    person.press("1")
    looks(person, "phone")


def test_colours_and_widths_on_a_phone(ana, looks):
    person = ana(**PHONE)
    person.press("1")
    person.page.click("#style")
    looks(person, "style")


def test_a_seven_inch_kiosk(ana, looks):
    person = ana(viewport={"width": 800, "height": 480}, has_touch=True, query="kiosk")
    person.press("1")
    looks(person, "kiosk")


def test_a_board_that_is_away(mortal_boards, invite, looks):
    ana = invite(mortal_boards[0], before=ANA, reduced_motion="reduce").live()
    ana.draw(200, 300)
    ana.safe()
    mortal_boards[0].kill()
    ana.draw(200, 400)
    ana.until("document.getElementById('badge-title').textContent === 'Offline'")
    looks(ana, "offline")


def test_pictures_of_different_states_are_told_apart(browser):
    with browser.new_context() as context:
        page = context.new_page()
        day, menu, selection = ((sights.LOOKS / f"{name}.png").read_bytes() for name in ("day", "menu", "selection"))
        assert sights.difference(page, day, day) == 0
        assert sights.difference(page, day, menu) > 2 * sights.TOLERANCE
        assert sights.difference(page, day, selection) > 2 * sights.TOLERANCE
