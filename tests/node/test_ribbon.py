"""The marquee of a panel, frame by frame: in step with mesh time; what was missed is counted, never caught up with."""

import asyncio
import gc
import sys
from dataclasses import replace

import pytest

from edgeboard.marquee.items import TickerItem
from edgeboard.marquee.settings import Settings
from edgeboard.marquee.ticker import Ticker
from edgeboard.node.renderers import open_artist
from edgeboard.node.ribbon import RATE_HZ, Ribbon
from edgeboard.render.frames import Frames, Mirror
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PanelContext, PixelFormat, Refresh
from edgeboard.timesync.values import LoneTime

LCD = PanelContext(800, 480, PixelFormat.GREY8, Refresh.LCD)
EINK = PanelContext(800, 480, PixelFormat.GREY1, Refresh.EINK)
BAR = Area(0, 440, 800, 40)
BEGIN = 1_760_000_000.0
NEWS = TickerItem("pump", "Pump 3 is back in service", at=BEGIN - 100)


class Desk:
    """A ribbon, with a clock that a test moves."""

    def __init__(self, context, *items, ahead_s=0.0):
        self.now = 100.0
        self.ticker = Ticker()
        self.ticker.set_items(items)
        self.surface = Surface(context.width, context.height, 1)
        self.shown = []
        time = LoneTime(100.0, BEGIN + ahead_s)
        self.ribbon = Ribbon(self.ticker, time, lambda: self.now, self.shown.append, context)
        self.ribbon.move_to(self.surface, BAR)

    def run(self, seconds):
        """As the loop does, on time."""
        end = self.now + seconds
        while (wait := self.ribbon.step()) + self.now < end:
            self.now += max(wait, 0.0) + 1e-5
        self.now = end

    def count(self, name):
        return self.ribbon.statistics()[name]


def test_on_an_lcd_it_moves_thirty_times_a_second_and_nothing_is_late_dropped_or_repeated():
    desk = Desk(LCD, NEWS)
    desk.run(4.0)
    assert 4.0 * RATE_HZ - 2 <= desk.count("marquee_frames") <= 4.0 * RATE_HZ + 1
    assert [desk.count(name) for name in ("late", "dropped", "repeated")] == [0, 0, 0]
    assert set(desk.shown) == {BAR}


def test_two_panels_whose_clocks_differ_show_the_same_px_in_the_same_frame():
    one, other = Desk(LCD, NEWS), Desk(LCD, NEWS)
    other.now += 0.011  # it comes to draw the frame a little later
    one.ribbon.step()
    other.ribbon.step()
    assert one.count("marquee_frame") == other.count("marquee_frame")
    assert one.surface.pixels == other.surface.pixels


def test_after_a_stall_the_newest_frame_shows_and_what_was_missed_is_counted():
    desk = Desk(LCD, NEWS)
    desk.run(1.0)
    desk.ribbon.step()
    before, at = desk.count("marquee_frames"), desk.count("marquee_frame")
    desk.now += 0.3
    desk.ribbon.step()
    assert desk.count("marquee_frames") == before + 1, "what was missed is not shown late"
    assert desk.count("marquee_frame") - at in (9, 10)
    assert desk.count("dropped") in (8, 9)
    assert desk.count("late") == 1
    dropped = desk.count("dropped")
    desk.run(1.0)
    assert (desk.count("dropped"), desk.count("repeated")) == (dropped, 0)


def test_on_e_ink_a_page_stands_until_it_turns():
    items = (NEWS, TickerItem("tea", "Tea at four, in the kitchen", at=BEGIN - 100))
    desk = Desk(EINK, *items)
    desk.run(60.0)
    assert 2 <= desk.count("marquee_frames") <= 20
    assert desk.count("late") == 0


def test_where_nothing_moves_nothing_wakes_up():
    desk = Desk(LCD)  # the fall-back text fits, and rests
    waits = [desk.ribbon.step() for _ in range(3)]
    assert min(waits) >= 1.0
    assert desk.count("marquee_frames") == 1
    desk.ribbon.move_to(desk.surface, None)
    assert desk.ribbon.step() == float("inf")


def test_it_has_news_while_an_item_is_valid_or_the_owner_has_said_something():
    assert not Desk(LCD).ribbon.has_news(Settings())
    assert Desk(LCD).ribbon.has_news(Settings(fallback="Ask at the desk"))
    desk = Desk(LCD, replace(NEWS, expires=BEGIN + 10))
    assert desk.ribbon.has_news(Settings())
    desk.now += 11
    assert not desk.ribbon.has_news(Settings())


async def test_it_runs_by_itself_and_a_change_is_seen_at_once():
    desk = Desk(LCD)
    task = asyncio.create_task(desk.ribbon.run())
    try:
        await asyncio.sleep(0)
        assert len(desk.shown) == 1
        desk.ticker.set_items([NEWS])
        desk.ribbon.stir()
        async with asyncio.timeout(10):
            while len(desk.shown) < 2:  # noqa: ASYNC110 - turns of the loop are what is waited for
                await asyncio.sleep(0)
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("pixels", [PixelFormat.GREY1, PixelFormat.RGB565, PixelFormat.XRGB8888])
def test_a_marquee_that_moves_asks_for_no_memory_that_it_keeps(pixels):
    context = PanelContext(800, 480, pixels, Refresh.LCD)
    artist, frames, mirror = open_artist(context), Frames(), Mirror(context)
    clock, ticker = [100.0], Ticker()
    ticker.set_items([NEWS])
    time = LoneTime(100.0, BEGIN)

    def hand_on(area):
        mirror.show(frames.make(area, artist.pixels(area, is_still=False)))

    ribbon = Ribbon(ticker, time, lambda: clock[0], hand_on, context)
    ribbon.move_to(artist.surface, BAR)

    def run(count):
        for _ in range(count):
            clock[0] += max(ribbon.step(), 0.0) + 1e-5

    run(400)  # one cycle and more: every text is drawn
    gc.collect()
    before = sys.getallocatedblocks()
    run(300)
    gc.collect()
    assert ribbon.statistics()["marquee_frames"] == 700
    assert sys.getallocatedblocks() - before < 30, "300 frames left memory behind"


def test_a_marquee_goes_on_when_mesh_time_was_set_back_by_hours():
    desk = Desk(LCD, NEWS)
    desk.run(1.0)
    before = desk.count("marquee_frames")
    desk.ribbon._time = LoneTime(100.0, BEGIN - 50.0)
    desk.run(1.0)
    assert desk.count("marquee_frames") - before >= RATE_HZ - 2
