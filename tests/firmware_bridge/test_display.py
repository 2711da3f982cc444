import asyncio

import pytest

from firmware_bridge.display import Display
from firmware_bridge.engine import Measured, Refused, Rest, Show, Shown, Started
from firmware_bridge.panel.events import Settings
from firmware_bridge.panel.values import Mode, PanelFacts, Rect

FACTS = PanelFacts(64, 32, modes=frozenset({Mode.FULL, Mode.FAST}), has_sleep=True)
DOT = Rect(8, 8, 8, 8)
BLACK = bytes(64)


class Driven:
    """A display whose panel is this test."""

    def __init__(self, settings=None):
        self.commands, self.said = [], []
        self.is_there = True
        self.display = Display(FACTS, settings or Settings(), self._drive, self.said.append)

    def _drive(self, command):
        if self.is_there:
            self.commands.append(command)
        return self.is_there

    @property
    def update(self):
        return self.commands[-1].update

    def finish(self):
        """The update that is on its way stands on the panel."""
        number = self.update.number
        self.display.on_output(Started(number))
        self.display.on_output(Shown(number))

    def begin(self):
        """Everything is shown; the panel is idle."""
        self.display.show(Rect(0, 0, 64, 32), b"\xff" * 2048, is_ink=False)
        while self.display.is_busy:
            self.finish()
        self.commands.clear()
        self.display.waits.clear()


@pytest.fixture
async def driven():
    driven = Driven()
    yield driven
    driven.display.close()


async def test_ink_on_an_idle_panel_is_on_its_way_in_the_same_call(driven):
    driven.begin()
    driven.display.show(DOT, BLACK, is_ink=True)
    assert isinstance(driven.commands[-1], Show)
    assert driven.update.mode is Mode.FAST
    assert driven.update.rect.meet(DOT) == DOT
    driven.display.on_output(Started(driven.update.number))
    assert len(driven.display.waits) == 1


async def test_only_the_newest_state_follows_a_busy_panel(driven):
    driven.begin()
    driven.display.show(DOT, BLACK, is_ink=True)
    for level in (255, 0, 255):
        driven.display.show(Rect(40, 8, 8, 8), bytes((level,)) * 64, is_ink=True)
    driven.display.show(Rect(48, 8, 8, 8), BLACK, is_ink=True)
    assert len(driven.commands) == 1
    driven.finish()
    assert len(driven.commands) == 2
    assert driven.update.rect.meet(Rect(40, 8, 4, 8)).area == 0  # white again by now


async def test_a_panel_that_comes_back_shows_all_that_is_wanted(driven):
    driven.begin()
    driven.display.show(DOT, BLACK, is_ink=True)
    driven.is_there = False
    driven.display.lost()
    driven.display.show(Rect(40, 8, 8, 8), BLACK, is_ink=True)
    assert not driven.display.is_busy
    driven.commands.clear()
    driven.is_there = True
    driven.display.connected()
    while driven.display.is_busy:
        last = driven.update
        driven.finish()
    assert last.rect == Rect(0, 0, 64, 32)
    assert last.pixels[8 * 64 + 8] == last.pixels[8 * 64 + 40] == 0
    assert last.pixels[0] == 255


async def test_what_became_of_an_update_before_the_line_was_lost_counts_no_more(driven):
    driven.begin()
    driven.display.show(DOT, BLACK, is_ink=True)
    old = driven.update.number
    driven.display.lost()
    driven.display.connected()
    shown = driven.display.updates
    driven.display.on_output(Shown(old))
    assert driven.display.updates == shown
    assert driven.display.is_busy


async def test_a_panel_that_vanishes_while_it_is_driven_is_waited_for(driven):
    driven.begin()
    driven.is_there = False
    driven.display.show(DOT, BLACK, is_ink=True)
    assert not driven.display.is_busy
    async with asyncio.timeout(5):
        await driven.display.until_idle()


async def test_a_refusal_is_said_and_tried_again():
    driven = Driven(Settings(retry_s=0.001, retry_max_s=0.002))
    driven.begin()
    driven.display.show(DOT, BLACK, is_ink=True)
    number = driven.update.number
    driven.display.on_output(Refused(number, "it is wet", needs_all=True))
    assert any("it is wet" in text for text in driven.said)
    async with asyncio.timeout(5):
        while len(driven.commands) < 2:  # noqa: ASYNC110 - turns of the loop
            await asyncio.sleep(0)
    assert driven.update.rect == Rect(0, 0, 64, 32)
    driven.display.close()


async def test_a_panel_that_nobody_draws_on_sleeps():
    driven = Driven(Settings(sleep_after_s=0.001, clean_after_s=0.0005, flush_after_s=0.0005, settle_s=0.0001))
    driven.begin()
    async with asyncio.timeout(5):
        while not any(isinstance(command, Rest) for command in driven.commands):
            if driven.display.is_busy:
                driven.finish()
            await asyncio.sleep(0)
    driven.display.close()


async def test_damage_that_does_not_fit_is_refused(driven):
    with pytest.raises(ValueError, match="on a panel of"):
        driven.display.show(Rect(60, 0, 8, 8), BLACK, is_ink=True)


async def test_a_panel_that_is_too_cold_waits_and_says_so_once(driven):
    driven.begin()
    for celsius in (-4.0, -5.0):
        driven.display.on_output(Measured(celsius))
    driven.display.show(DOT, BLACK, is_ink=True)
    assert driven.commands == []
    assert len(driven.said) == 1
    driven.display.on_output(Measured(21.0))
    assert isinstance(driven.commands[-1], Show)
