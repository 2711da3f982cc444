"""The marquee as pixels: what moves and what turns."""

import gc
import random
import tracemalloc

import pytest

from edgeboard.marquee.items import Level, TickerItem
from edgeboard.marquee.layout import needed_s
from edgeboard.marquee.ticker import Ticker
from edgeboard.render.bar import EM_SHARE, Bar, bar_area
from edgeboard.render.surface import Surface
from edgeboard.render.text import line_width
from edgeboard.render.values import Area, PanelContext, PixelFormat, Refresh

BEGIN = 1_700_000_000.0
ITEMS = [
    TickerItem("boiler", "Boiler 61 °C, all well", Level.HEALTHY, 3, icon="thermometer"),
    TickerItem("door", "Kitchen door open since 14:30", Level.WARNING, 2),
    TickerItem("lunch", "Team lunch at noon — Привет", icon="cup"),
]
LONG = TickerItem(
    "long", "A text that goes on and on, so that no panel of this size has room for all of it", interval_s=12
)


class Wall:
    """A bar on a panel of its own."""

    def __init__(self, items=ITEMS, size=(800, 480), format="rgb565", refresh="lcd", theme="paper", fallback="quiet"):
        self.context = PanelContext(*size, PixelFormat(format), Refresh(refresh), theme)
        self.surface = Surface(*size, self.context.format.channels)
        self.area = bar_area(self.context)
        self.bar = Bar(self.surface, self.area, self.context)
        self.ticker = Ticker(fallback)
        self.ticker.set_items(items)

    def draw(self, t):
        return self.bar.draw(self.ticker.at(BEGIN + t))

    def pixels(self, t=None):
        if t is not None:
            self.draw(t)
        return self.surface.crop(self.area)

    def column(self, x):
        return self.surface.crop(Area(self.area.x + x, self.area.y + 1, 1, self.area.height - 1))


KINDS = [(format, refresh) for format in ("grey1", "grey4", "rgb565", "bwry") for refresh in ("lcd", "eink")]


@pytest.mark.parametrize(("format", "refresh"), KINDS)
def test_what_shows_depends_on_the_moment_alone_and_not_on_what_showed_before(format, refresh):
    rng = random.Random(7)
    wall = Wall(format=format, refresh=refresh)
    for _ in range(12):
        moment = rng.uniform(0, 100)
        assert wall.pixels(moment) == Wall(format=format, refresh=refresh).pixels(moment), f"at {moment}"


@pytest.mark.parametrize(("format", "refresh"), KINDS)
def test_nothing_is_drawn_outside_of_the_bar(format, refresh):
    wall = Wall(format=format, refresh=refresh)
    before = wall.surface.crop(Area(0, 0, 800, wall.area.y))
    for moment in (0.0, 9.0, 18.0):
        assert wall.draw(moment) == wall.area
    assert wall.surface.crop(Area(0, 0, 800, wall.area.y)) == before


def test_what_shows_already_is_not_drawn_again_until_somebody_has_drawn_over_it():
    wall = Wall()
    assert wall.draw(1.0) == wall.area
    assert wall.draw(1.0) is None
    wall.bar.forget()
    assert wall.draw(1.0) == wall.area


def test_the_ribbon_moves_by_whole_pixels():
    wall = Wall()
    left = wall.area.height + 10
    window = Area(left, wall.area.y + 1, 300, wall.area.height - 1)
    for step in range(1, 6):
        wall.draw(2.0)
        moved = wall.surface.crop(window._replace(x=left + 3 * step))
        wall.draw(2.0 + step / 30)
        assert wall.surface.crop(window) == moved, f"after {step} frames it has not moved by {3 * step} px"


def test_the_ribbon_joins_where_it_wraps_around():
    wall = Wall()
    cycle = wall.ticker.at(BEGIN).plan.cycle_us / 1e6
    assert wall.pixels(1.0) == Wall().pixels(1.0 + cycle) == Wall().pixels(1.0 + 7 * cycle)


def test_a_text_stands_at_the_same_distance_on_narrow_and_on_wide_panels():
    """In em: what is at the left of one is at the left of all."""
    wide, narrow = Wall(size=(800, 480)), Wall(size=(400, 480))
    wide.draw(3.0)
    narrow.draw(3.0)
    for x in range(wide.area.height, 400):
        assert wide.column(x) == narrow.column(x)


@pytest.mark.parametrize("size", [(250, 122), (400, 300), (800, 480)])
def test_it_is_never_blank(size):
    wall = Wall([TickerItem("a", "Hi", interval_s=60)], size=size, format="grey1")
    for tenth in range(0, 600, 3):
        wall.draw(tenth / 10)
        text = [wall.column(x) for x in range(wall.area.height, wall.area.width)]
        assert any(0 in column for column in text), f"nothing shows after {tenth / 10} s"


def test_letters_of_one_text_never_touch_the_next():
    for text in ("Wide WWW MMM", "Water in the server room: leave by the north stairs", "x" * 500, "0123456789" * 20):
        for level in Level:
            em = 24
            room = needed_s(TickerItem("a", text, level), 3.75) * 3.75 * em
            assert room > 1.35 * em + line_width(text, em, level is Level.CRITICAL) + em / 2


def test_the_badge_is_that_of_the_item_beside_it_and_not_of_the_worst():
    wall = Wall(
        [TickerItem("well", "All well in the hall", Level.HEALTHY, 3), TickerItem("door", "Door open", Level.WARNING)]
    )
    badge = Area(0, wall.area.y + 1, 4, 4)
    seen = []
    for tenth in range(0, round(wall.ticker.at(BEGIN).plan.cycle_us / 1e5)):
        wall.draw(tenth / 10)
        colour = bytes(wall.surface.crop(badge))[:3]
        if not seen or seen[-1] != colour:
            seen.append(colour)
    assert len(set(seen)) == 2, "the badge is the same beside both"
    assert len(seen) <= 4, "the badge flickers"


def test_a_critical_item_takes_the_whole_bar():
    wall = Wall([*ITEMS, TickerItem("fire", "Out!", Level.CRITICAL)], format="grey1")
    pixels = wall.pixels(1.0)
    assert pixels.count(0) > len(pixels) / 2
    assert Wall(format="grey1").pixels(1.0).count(255) > len(pixels) / 2


def test_what_interrupts_stands_still_where_it_fits():
    fire = TickerItem("fire", "Out!", Level.CRITICAL)
    short, long = Ticker("quiet"), Ticker("quiet")
    short.set_items([fire])
    long.set_items([TickerItem("fire", "Leave the building " * 20, Level.CRITICAL)])
    wall = Wall([fire])
    assert not wall.bar.is_moving(short.at(100.0)), "a text that fits is read whole at once"
    assert wall.bar.is_moving(long.at(100.0)), "a text that does not fit passes by"
    assert wall.bar.draw(short.at(100.0)) is not None
    assert wall.bar.draw(short.at(101.3)) is None


def test_the_fall_back_text_rests():
    wall = Wall([], fallback="All quiet")
    assert wall.draw(0.0) == wall.area
    assert not wall.bar.is_moving(wall.ticker.at(BEGIN))
    assert wall.draw(5.0) is None
    long = Wall([], fallback="word " * 60)
    assert long.bar.is_moving(long.ticker.at(BEGIN))


def test_items_that_come_are_seen_at_once():
    wall = Wall([])
    before = wall.pixels(1.0)
    wall.ticker.set_items(ITEMS)
    assert wall.pixels(1.0) != before
    assert wall.bar.is_moving(wall.ticker.at(BEGIN))


# --------------------------------------------------------------------------------------------------------------- pages


def test_a_text_that_fits_is_one_page_and_stands_for_its_turn():
    wall = Wall(format="grey1", refresh="eink")
    wall.draw(0.0)
    frame = wall.ticker.at(BEGIN)
    assert wall.bar.next_change(frame) == frame.next_change
    assert wall.bar.draw(wall.ticker.at(frame.next_change - 0.01)) is None
    assert wall.bar.draw(wall.ticker.at(frame.next_change)) == wall.area


def test_a_long_text_is_turned_page_by_page():
    wall = Wall([LONG], format="grey1", refresh="eink")
    begin = moment = wall.ticker.at(BEGIN).next_change
    seen = []
    while moment < begin + 2 * wall.ticker.at(begin).slot.length_s:
        frame = wall.ticker.at(moment)
        assert wall.bar.draw(frame) == wall.area
        seen.append(wall.pixels())
        moment = wall.bar.next_change(frame)
    pages = len(seen) // 2
    assert pages >= 2
    assert seen[:pages] == seen[pages:], "the second turn shows other pages"
    assert len(set(seen)) == pages


def test_pages_that_nobody_could_read_in_time_are_left_out():
    wall = Wall([TickerItem("a", "word " * 90 + "end")], size=(100, 60), format="grey1", refresh="eink")
    frame = wall.ticker.at(BEGIN)
    pages = wall.bar._pages_of(frame)
    assert frame.slot.length_s / len(pages) >= 2.5
    assert not pages[-1].endswith("end") or len(pages) == 1


def test_a_word_wider_than_the_panel_is_cut():
    wall = Wall([TickerItem("a", "Donaudampfschifffahrtsgesellschaft" * 3)], size=(250, 122), refresh="eink")
    pages = wall.bar._pages_of(wall.ticker.at(BEGIN))
    assert all(line_width(page, wall.area.height * EM_SHARE) < 250 for page in pages)


# ----------------------------------------------------------------------------------------------------------- economy


def test_in_the_steady_state_no_memory_is_asked_for():
    """What a frame allocates is gone before the next: nothing grows, and the peak is a few objects."""
    wall = Wall()
    for frame in range(900):
        wall.draw(frame / 30)
    gc.collect()
    tracemalloc.start()
    try:
        wall.draw(30.0)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for frame in range(901, 1800):
            wall.draw(frame / 30)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_024, f"{after - before} bytes more after 900 frames"
    assert peak - before < 8_192, f"a frame took {peak - before} bytes; a row of the bar has 3,200, the bar 128,000"


def test_texts_that_passed_long_ago_are_let_go_of():
    items = [TickerItem(f"{n:03}", f"Item {n} " + "of a long line " * 10) for n in range(60)]
    wall = Wall(items)
    for second in range(0, 600, 5):
        wall.draw(second)
    assert wall.bar._strips.statistics().bytes <= 1 << 20


@pytest.mark.parametrize(
    "area", [Area(0, 0, 801, 40), Area(0, 470, 800, 40), Area(0, 0, 800, 7), Area(0, 0, 60, 40), Area(-1, 0, 200, 40)]
)
def test_a_bar_needs_room(area):
    context = PanelContext(800, 480)
    with pytest.raises(ValueError, match="it needs a wide part"):
        Bar(Surface(800, 480), area, context)


@pytest.mark.parametrize("size", [(800, 480), (1872, 1404), (400, 300), (250, 122), (128, 64), (8192, 8192)])
def test_every_panel_has_a_place_for_it(size):
    context = PanelContext(*size)
    area = bar_area(context)
    assert area.y + area.height == size[1]
    assert area.width == size[0]
    assert 20 <= area.height <= max(112, 20)
