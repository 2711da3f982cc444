"""The marquee of a panel, frame by frame: in step with mesh time; what was missed is counted, never caught up with."""

import asyncio
import gc
import sys
from dataclasses import replace

import pytest

from edgeboard.marquee.items import Level, TickerItem
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
        self.ribbon = Ribbon(self.ticker, time, lambda: self.now, self._pixels, self._take, context)
        self.ribbon.move_to(self.surface, BAR)

        self.seen = Surface(context.width, context.height, 1)  # of what was handed on
        self.moments = []  # (mesh time, frame) of each
        self.work_s = 0.0  # that drawing a frame takes

    def _take(self, area, pixels):
        self.shown.append(area)
        self.seen.paste(area, pixels)
        self.moments.append((self.ribbon._time.peek(self.now), self.count("marquee_frame")))

    def _pixels(self, area):
        self.now += self.work_s
        return self.surface.crop(area)

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
    assert one.seen.pixels == other.seen.pixels


def test_after_a_stall_the_newest_frame_shows_and_what_was_missed_is_counted():
    desk = Desk(LCD, NEWS)
    desk.run(1.0)
    desk.ribbon.step()
    before, at = desk.count("marquee_frames"), desk.count("marquee_frame")
    desk.now += 0.3
    while desk.ribbon.step() == 0.0:
        pass
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
    assert Desk(LCD).ribbon.has_news(Settings(fallback="edgeboard")), "what the owner has said shows, whatever it says"
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

    def pixels_of(area):
        return artist.pixels(area, is_still=False)

    def hand_on(area, pixels):
        mirror.show(frames.make(area, pixels))

    ribbon = Ribbon(ticker, time, lambda: clock[0], pixels_of, hand_on, context)
    ribbon.move_to(artist.surface, BAR)

    def run(count):
        for _ in range(count):
            clock[0] += max(ribbon.step(), 0.0) + 1e-5

    run(400)  # one cycle and more: every text is drawn
    left = [sys.maxsize]
    while min(left) > 2 and len(left) < 4:  # the first time some free lists are filled
        gc.collect()
        before = sys.getallocatedblocks()
        run(1_000)
        gc.collect()
        left.append(sys.getallocatedblocks() - before)
    assert min(left) <= 2, f"1,000 frames left {left[1:]} blocks of memory behind"


def test_frames_are_drawn_before_they_are_due_and_shown_when_they_begin():
    desk = Desk(LCD, NEWS)
    desk.work_s = 0.012
    desk.run(4.0)
    behind = [mesh_s - number / RATE_HZ for mesh_s, number in desk.moments[2:]]
    assert len(behind) > 100
    assert max(behind) < 0.000_1, f"a frame came {max(behind) * 1000:.3f} ms late, though it was drawn in 12"
    assert min(behind) > -0.000_1


def test_a_board_that_is_too_slow_shows_fewer_frames_of_those_that_all_show_and_all_in_time():
    slow = Desk(LCD, NEWS)
    slow.work_s = 0.045
    slow.run(5.0)
    assert slow.count("rate_hz") == 15.0
    late = slow.count("late")
    slow.run(4.0)
    assert slow.count("late") == late
    assert {number % 2 for _, number in slow.moments[-50:]} == {0}
    slow.work_s = 0.001
    slow.run(15.0)
    assert slow.count("rate_hz") == RATE_HZ, "it has time again"


def test_a_larger_frame_has_what_shows_now_and_not_what_was_drawn_for_later():
    desk, other = Desk(LCD, NEWS), Desk(LCD, NEWS)
    desk.run(1.01)
    other.run(1.01)
    assert desk.surface.pixels != desk.seen.pixels, "the next frame waits"
    desk.ribbon.draw()
    assert desk.surface.pixels == other.seen.pixels
    before = desk.count("marquee_frames")
    desk.run(1.0)
    assert desk.count("marquee_frames") - before >= RATE_HZ - 2


@pytest.mark.parametrize("leap_s", [-50.0, 3_600.0])
def test_where_mesh_time_was_set_what_moves_ends_its_turn_and_no_text_leaps(leap_s):
    desk = Desk(LCD, NEWS)
    desk.run(1.0)
    before = desk.ribbon._ticker.at(desk.ribbon._time.at(desk.now))
    left_s = before.next_change - before.mesh_s
    assert 2.0 < left_s < 30.0
    numbers = len(desk.moments)
    desk.ribbon._time = LoneTime(desk.now, desk.ribbon._time.at(desk.now) + leap_s)
    desk.ribbon.stir()
    assert desk.count("settled")
    desk.run(left_s - 0.1)
    moved = [number for _, number in desk.moments[numbers - 1 :]]
    assert set(map(int.__sub__, moved[1:], moved)) <= {0, 1}, "it goes on frame by frame"
    assert not desk.count("settled")
    desk.run(0.3)
    empty = bytes(desk.seen.pixels)
    desk.run(0.2)
    assert bytes(desk.seen.pixels) == empty, "the marquee is empty for half a second"
    desk.run(1.0)
    assert desk.count("settled")
    mesh_s, number = desk.moments[-1]
    assert mesh_s == pytest.approx(number / RATE_HZ, abs=0.001), "and goes on with the others"


def test_what_rests_or_is_urgent_does_not_wait_when_mesh_time_was_set():
    desk = Desk(LCD, NEWS, TickerItem("fire", "Leave the hall", Level.CRITICAL, at=BEGIN + 3_000))
    desk.run(1.0)
    desk.ribbon._time = LoneTime(desk.now, BEGIN + 3_600.0)
    desk.run(0.1)
    assert desk.count("settled")
    still = Desk(LCD)
    still.run(1.0)
    still.ribbon._time = LoneTime(still.now, BEGIN + 3_600.0)
    still.run(1.0)
    assert still.count("settled")
