"""A renderer that somebody else brings, in a package with real metadata: it draws on the panels that it knows."""

import logging
import sys
from pathlib import Path

import pytest

from edgeboard.node.renderers import load_renderers, open_artist
from edgeboard.oplog.codec import Pen
from edgeboard.render.painter import Painter
from edgeboard.render.values import Area, PanelContext, PixelFormat, View
from tests.render.sheets import sights, stroke

PACKAGE = Path(__file__).parent / "plugin_package"
COLOUR, GREY = PanelContext(60, 40, PixelFormat.RGB888), PanelContext(60, 40, PixelFormat.GREY4)
NIGHT = PanelContext(60, 40, PixelFormat.RGB888, theme="night")


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.syspath_prepend(str(PACKAGE))
    load_renderers.cache_clear()
    yield
    load_renderers.cache_clear()
    sys.modules.pop("edgeboard_blueprint", None)


def pixel(artist, x, y):
    """Red, green, blue."""
    found = artist.pixels(Area(x, y, 1, 1), is_still=False)
    return found[2], found[1], found[0]


def test_it_draws_on_the_panels_that_it_supports_and_ours_on_all_others():
    assert [open_artist(context).name for context in (COLOUR, GREY, NIGHT)] == ["blueprint", "edgeboard", "edgeboard"]


def test_it_shows_the_same_ink_in_its_own_way():
    artist = open_artist(COLOUR)
    done = list(artist.paint(artist.surface.area, View(0, 0, 1.0), sights([stroke([(10, 20), (50, 20)], 48)])))
    assert done[-1] == artist.surface.area
    assert (pixel(artist, 30, 20), pixel(artist, 30, 5)) == ((255, 255, 255), (0x1B, 0x3A, 0x6B))
    assert not artist.ink(View(0, 0, 1.0), Pen(0, 0, 32), [(30, 2), (30, 12)], None).is_empty
    assert pixel(artist, 30, 5) == (255, 255, 255)


def test_an_entry_that_leads_nowhere_is_said_once_and_takes_nothing_with_it(caplog):
    with caplog.at_level(logging.WARNING):
        assert isinstance(open_artist(GREY), Painter)
        open_artist(GREY)
    assert [record.message for record in caplog.records if "torn" in record.message] == [
        "the renderer torn is left out: it cannot be loaded: module 'edgeboard_blueprint' has no attribute 'NotThere'"
    ]
