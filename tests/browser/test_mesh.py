"""The page of the mesh: who is there, who links to whom, and who has gone."""

import pytest

from tests.conftest import eventually

LOOKS = [
    ("desk", {"viewport": {"width": 1280, "height": 800}}, ""),
    ("phone", {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}, ""),
    ("dark", {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}, ""),
    ("chinese", {"viewport": {"width": 390, "height": 844}}, "?lang=zh"),
]


@pytest.fixture
def three_boards(make_node, mesh_secret):
    first = make_node("kitchen", "--name", "Kitchen", secret=mesh_secret).start()
    second = make_node("hall", "--name", "Hall <b>&amp;", "--peer", first.url, secret=mesh_secret).start()
    third = make_node(
        "lab", "--name", "数学教室", "--peer", first.url, "--peer", second.url, secret=mesh_secret
    ).start()
    return first, second, third


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


def test_boards_come_and_go_on_the_page_while_it_is_open(three_boards, look, artifacts):
    first, second, third = three_boards
    page = look(f"{first.url}/mesh")
    eventually(lambda: page.inner_text("#mesh-summary") == "3 boards · 3 links")
    names = page.locator("#mesh-boards .name").all_inner_texts()
    assert names == ["Kitchen", "Hall <b>&amp;", "数学教室"]
    drawn = page.locator("#mesh-picture .mesh-name").all_text_contents()
    assert sorted(drawn) == sorted(names)
    assert page.locator("#mesh-picture line").count() == 3
    assert page.locator("#mesh-boards a").first.get_attribute("href") == f"{second.url}/mesh"
    states = page.locator("#mesh-boards .state").all_inner_texts()
    assert states == ["this board", "up to date", "up to date"]
    for name, how, query in LOOKS:
        other = look(f"{first.url}/mesh{query}", **how)
        other.wait_for_selector("#mesh-boards li:nth-child(3)")
        other.screenshot(path=artifacts / f"mesh-{name}.png")
        assert other.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: wider than the screen"
    third.kill()
    eventually(
        lambda: "gone" in [each.get_attribute("data-state") for each in page.locator("#mesh-boards li").all()], 40
    )
    assert page.inner_text("#mesh-summary").startswith("2 boards · 1 link · 1 not seen any more")
    first.kill()
    eventually(lambda: page.inner_text("#mesh-summary") == "The board cannot be reached.")
    first.start()
    eventually(lambda: page.evaluate("document.body.dataset.state") == "live")
