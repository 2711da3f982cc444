"""The page of a panel: what stands on the panel stands there, px for px and frame for frame, for whoever may see it."""

import io
import json
import urllib.request

import pytest
from PIL import Image

from tests.conftest import LOOPBACK, eventually

PANELS = LOOPBACK + (
    "panels:\n"
    "  - driver: virtual:wall?width=800&height=480&format=rgb888\n"
    "    view: 0, 0, 1280\n"
    "  - driver: virtual:door?width=800&height=480&format=grey1&refresh=eink\n"
    "  - driver: virtual:night?width=480&height=320&format=rgb565\n"
    "    theme: night\n"
)
PIXELS = """() => {
    const canvas = document.getElementById("panel-picture");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return { width: canvas.width, dark: data.filter((value, at) => at % 4 === 0 && value < 100).length,
             sequence: Number(document.body.dataset.sequence), faults: Number(document.body.dataset.faults) };
}"""


def panels_of(board):
    with urllib.request.urlopen(f"{board.url}/api/panels", timeout=20) as answer:
        return {each["name"]: each for each in json.load(answer)}


@pytest.fixture
def board(make_node, mesh_secret):
    return make_node("kitchen", "--name", "Kitchen", secret=mesh_secret, config_text=PANELS).start()


@pytest.fixture
def look(browser):
    """Opens a page; at the end none has had an error."""
    contexts, faults = [], []

    def open_page(url, **how):
        contexts.append(browser.new_context(**how))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def in_step(page, board, name):
    """Whether the page shows the newest frame of a panel that rests."""
    return page.evaluate(PIXELS)["sequence"] == panels_of(board)[name]["frames"] > 0


def test_a_panel_is_followed_live_and_every_frame_has_its_number_and_its_sum(board, look, invite, artifacts):
    page = look(f"{board.url}/panel/wall", viewport={"width": 1000, "height": 700})
    eventually(lambda: page.evaluate("document.body.dataset.state") == "live")
    eventually(lambda: in_step(page, board, "wall"))
    before = page.evaluate(PIXELS)
    assert before["dark"] > 2_000, "the idle screen, with its code"
    assert page.inner_text("#panel-about") == "wall · lobby · 800 × 480 · rgb888"
    page.screenshot(path=artifacts / "panel-idle.png")
    person = invite(board, "Ada", room="lobby")
    for at in range(6):
        person.draw(200 + 60 * at, 300)
    eventually(lambda: page.evaluate(PIXELS)["sequence"] > before["sequence"])
    eventually(lambda: in_step(page, board, "wall"))
    after = page.evaluate(PIXELS)
    assert 100 < after["dark"] < before["dark"], "ink, and nothing of the idle screen"
    assert after["faults"] == 0
    page.screenshot(path=artifacts / "panel-drawn.png")
    picture = Image.open(io.BytesIO(page.locator("#panel-picture").screenshot()))
    assert picture.width > 900, "as large as the window has room for"


def test_pages_of_e_ink_at_night_and_of_all_panels_look_as_they_should(board, look, artifacts):
    door = look(f"{board.url}/panel/door?look=eink", viewport={"width": 1000, "height": 700})
    eventually(lambda: door.evaluate("document.body.dataset.state") == "live")
    assert door.evaluate("document.body.classList.contains('eink')")
    door.screenshot(path=artifacts / "panel-eink.png")
    door.uncheck("#panel-eink")
    assert not door.evaluate("document.body.classList.contains('eink')")
    night = look(f"{board.url}/panel/night?lang=zh", viewport={"width": 390, "height": 700})
    eventually(lambda: night.evaluate("document.body.dataset.state") == "live")
    night.screenshot(path=artifacts / "panel-night.png")
    assert night.evaluate("document.documentElement.scrollWidth <= innerWidth")
    every = look(f"{board.url}/panels")
    eventually(lambda: every.inner_text("#panels-summary") == "3 panels")
    assert every.locator("#panels-list .name").all_inner_texts() == ["door", "night", "wall"]
    every.screenshot(path=artifacts / "panels.png")
    every.click("text=wall")
    eventually(lambda: every.evaluate("document.body.dataset.state") == "live")


def test_a_panel_that_is_not_there_is_said_and_a_board_that_dies_is_followed_again(board, look):
    page = look(f"{board.url}/panel/attic")
    eventually(lambda: page.inner_text("#panel-trouble") == "this board has no panel 'attic'; it has door, night, wall")
    eventually(lambda: page.locator("#panel-others a").all_inner_texts() == ["door", "night", "wall"])
    assert not page.is_visible("#panel-picture")
    wall = look(f"{board.url}/panel/wall")
    eventually(lambda: wall.evaluate("document.body.dataset.state") == "live")
    board.kill()
    eventually(lambda: wall.inner_text("#panel-trouble") == "The board cannot be reached.")
    board.start()
    eventually(lambda: wall.evaluate("document.body.dataset.state") == "live")
    assert wall.inner_text("#panel-trouble") == ""


def test_where_a_pin_is_asked_for_nobody_sees_the_panel_without_it(make_node, mesh_secret, look):
    text = PANELS + "guests:\n  admit: pin\n"
    board = make_node("kitchen", "--name", "Kitchen", secret=mesh_secret, config_text=text).start()
    page = look(f"{board.url}/panel/wall")
    eventually(lambda: "PIN" in page.inner_text("#panel-trouble"))
    assert page.evaluate(PIXELS)["width"] == 1, "not even its size is told"
