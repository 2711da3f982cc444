"""The marquee on all of a panel: whole words in large letters, pages that turn and lines that move."""

import pytest

from edgeboard.marquee.items import Level, TickerItem
from edgeboard.marquee.ticker import Ticker
from edgeboard.render.poster import Poster
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PanelContext, PixelFormat, Refresh

BEGIN = 1_700_000_000.0
SIZES = [(400, 300, "grey2"), (800, 480, "grey1"), (1024, 600, "rgb888"), (128, 64, "grey1"), (480, 800, "grey4")]
SHORT = TickerItem("tea", "Tea at 4")
NEWS = TickerItem("door", "Kitchen door open since 14:30", Level.WARNING)
TEXT = " ".join(f"Heating {number} is off on Monday, please close the windows of room {number}." for number in range(6))
LONG = TickerItem("long", TEXT)


class Wall:
    def __init__(self, items, size=(400, 300), format="grey2", refresh="eink"):
        self.context = PanelContext(*size, PixelFormat(format), Refresh(refresh))
        self.surface = Surface(*size, self.context.format.channels)
        self.poster = Poster(self.surface, self.surface.area, self.context)
        self.ticker = Ticker("All quiet")
        self.ticker.set_items(items)

    def frame(self, t):
        return self.ticker.at(BEGIN + t)

    def draw(self, t):
        return self.poster.draw(self.frame(t))

    def pixels(self, t):
        self.draw(t)
        return bytes(self.surface.pixels)


def written(wall, t, monkeypatch):
    """The lines that are drawn at a moment, and where."""
    from edgeboard.render import poster

    found = []
    line_mask = poster.line_mask
    with monkeypatch.context() as patch:
        patch.setattr(
            poster, "line_mask", lambda text, em, *rest: (found.append((text, em)), line_mask(text, em, *rest))[1]
        )
        wall.poster.forget()
        wall.draw(t)
    return found


@pytest.mark.parametrize(("width", "height", "format"), SIZES)
@pytest.mark.parametrize("item", [SHORT, NEWS, LONG], ids=lambda item: item.id)
def test_no_word_is_broken_and_no_line_leaves_the_panel(width, height, format, item, monkeypatch):
    wall = Wall([item], (width, height), format)
    said = [line for line, _ in written(wall, 0.0, monkeypatch) if "/" not in line]
    assert set(" ".join(said).split()) <= set(item.text.split()), "a word is broken"
    where = []
    mask = Surface.mask
    monkeypatch.setattr(
        Surface, "mask", lambda self, at, *rest, **more: (where.append(at), mask(self, at, *rest, **more))
    )
    wall.poster.forget()
    wall.draw(0.0)
    assert where
    for at, area in enumerate(where):
        assert area.meet(wall.surface.area) == area, "a line is cut off at the edge"
        assert all(area.meet(other).is_empty for other in where[:at]), "a line stands on another"


@pytest.mark.parametrize(("width", "height", "format"), SIZES)
def test_about_twenty_letters_stand_in_a_line(width, height, format, monkeypatch):
    ((_, em),) = written(Wall([SHORT], (width, height), format), 0.0, monkeypatch)
    lines = written(Wall([LONG], (width, height), format), 0.0, monkeypatch)
    assert 14 <= max(len(line) for line, _ in lines) <= 40
    assert em <= 0.6 * height
    assert em >= 9


def test_a_long_text_turns_page_by_page_until_all_is_said(monkeypatch):
    wall, moment, said, pages = Wall([LONG], (128, 64), "grey1"), 0.0, [], 0
    moment = wall.frame(0.0).next_change - BEGIN
    end = moment + wall.frame(moment).slot.length_s
    while moment < end - 1e-6:
        said += [line for line, _ in written(wall, moment, monkeypatch) if "/" not in line]
        after = wall.poster.next_change(wall.frame(moment)) - BEGIN
        assert after - moment >= 2.5, "nobody reads a page so fast"
        moment, pages = after, pages + 1
    assert pages > 2
    assert " ".join(said).split() == LONG.text.split()


def test_on_a_panel_that_moves_a_long_text_moves_up_px_by_px_between_two_rests():
    wall = Wall([LONG], (128, 64), "rgb565", "lcd")
    begin = wall.frame(0.0).next_change - BEGIN
    length = wall.frame(begin).slot.length_s
    assert wall.poster.is_moving(wall.frame(begin))
    seen, moment = [], begin
    while moment < begin + length - 1e-6:
        seen.append(wall.pixels(moment + 1e-3))
        moment = wall.poster.next_change(wall.frame(moment + 1e-3)) - BEGIN
    assert len(set(seen)) == len(seen) > 50, "it is woken for nothing"
    assert wall.pixels(begin) == wall.pixels(begin + length * 0.19) != wall.pixels(begin + length * 0.3)
    assert wall.pixels(begin + length * 0.81) == wall.pixels(begin + length * 0.99)


def test_what_fits_stands_still_and_is_not_drawn_again():
    for refresh in ("lcd", "eink"):
        wall = Wall([NEWS], refresh=refresh)
        assert wall.draw(0.0) == wall.surface.area
        assert wall.draw(3.0) is None
        assert not wall.poster.is_moving(wall.frame(0.0))
        assert wall.poster.next_change(wall.frame(0.0)) == float("inf")
        wall.poster.forget()
        assert wall.draw(3.0) == wall.surface.area


def test_the_band_says_the_level_of_what_shows():
    wall = Wall([SHORT, NEWS], format="rgb888", refresh="lcd")
    first = wall.frame(0.0).next_change - BEGIN
    second = wall.frame(first).next_change - BEGIN
    bands = set()
    for moment in (first, second):
        wall.draw(moment)
        bands.add(bytes(wall.surface.crop(Area(0, 0, 8, 8))))
    assert len(bands) == 2


def test_cleared_it_says_nothing():
    wall = Wall([NEWS])
    wall.draw(0.0)
    assert wall.poster.clear() == wall.surface.area
    assert set(wall.surface.pixels) == {255}
    assert wall.draw(0.0) == wall.surface.area
