"""The page as an installation serves it, bundled: everything that is fetched later is there when somebody asks."""

import pytest

from benchmarks.installation import install
from tests.interchange.scenes import element, scene


@pytest.fixture(scope="module")
def environment(esbuild_path, tmp_path_factory):
    pytest.importorskip(
        "setuptools", reason="setuptools is not in this environment; install it: pip install setuptools"
    )
    return install(tmp_path_factory.mktemp("installed"))


def test_two_people_use_every_part_of_an_installed_page(environment, make_node, mesh_secret, invite, tmp_path):
    board = make_node("installed", secret=mesh_secret, environment=environment).start()
    ana, ben = invite(board), invite(board, locale="zh-CN")
    for each in (ana, ben):
        each.until("window.edgeboard?.state === 'live'")  # the words come before the page does
    assert ben.ask("document.documentElement.lang") == "zh"
    scripts = ana.ask(
        "performance.getEntriesByType('resource').map((each) => each.name).filter((name) => /js$/.test(name))"
    )
    assert 0 < sum(name.endswith(".js") for name in scripts) < 15, scripts
    ana.draw(300, 300)
    ben.sees(1).agrees(ana)
    drawing = tmp_path / "drawing.excalidraw"
    drawing.write_bytes(scene(element("rectangle", x=1, y=2, width=30, height=40)))
    ana.page.set_input_files("#open-file", str(drawing))
    ben.sees(2)
    ana.download("[data-png='1']")
    ana.page.click("#menu")
    ana.page.click("#menu-share")
    ana.page.locator("#share-code").wait_for(state="visible")
    ana.press("Escape")
    ana.page.click("#menu")
    ana.page.click("#menu-history")
    ana.page.locator("#player").wait_for(state="visible")
