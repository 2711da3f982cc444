"""Policy and drivers together against the simulated controllers, which know nothing of either."""

import random

import pytest

from firmware_bridge.engine import Rest
from firmware_bridge.errors import DeviceError
from firmware_bridge.panel import frame
from firmware_bridge.panel.events import Damage, Done, PenState, Reconnected, Settings
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.it8951 import It8951
from firmware_bridge.panel.policy import RefreshPolicy
from firmware_bridge.panel.ssd1680 import Ssd1680
from firmware_bridge.panel.uc8179 import Uc8179
from firmware_bridge.panel.values import Rect, Update
from firmware_bridge.sim.catalogue import make_chip


class Clock:
    """Goes on when somebody waits."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return self.seconds

    def wait(self, seconds):
        self.seconds += seconds


class Board:
    """A driver, its chip and the policy between damage and both."""

    def __init__(self, name, options, make, **settings):
        self.clock = Clock()
        self.chip = make_chip(name, options, self.clock)
        self.driver = make(self.chip)
        facts = self.driver.start()
        self.policy = RefreshPolicy(facts, Settings(**settings))
        self.wanted = Frame(facts.width, facts.height)
        self.greys = facts.greys
        self.modes, self.rests = [], 0

    def paint(self, rect, grey, is_ink=True):
        self.wanted.paste(rect, frame.quantise(bytes([grey]), self.greys) * rect.area)
        self.give(Damage(rect, bytes([grey]) * rect.area, is_ink))

    def give(self, event):
        self.policy.submit(event, self.clock.now())
        self.carry()

    def carry(self):
        while outputs := self.policy.drain():
            for output in outputs:
                if isinstance(output, Update):
                    self.modes.append(output.mode.value)
                    self.driver.show(output, lambda: None)
                    self.policy.submit(Done(output.number), self.clock.now())
                elif isinstance(output, Rest):
                    self.rests += 1
                    self.driver.rest()

    def pass_time(self, seconds):
        end = self.clock.seconds + seconds
        while (due := self.policy.next_timer()) is not None and due <= end:
            self.clock.seconds = max(self.clock.seconds, due)
            self.policy.on_timer(self.clock.now())
            self.carry()
        self.clock.seconds = max(self.clock.seconds, end)


BOARDS = {
    "uc8179": ("uc8179", {}, Uc8179, {}),
    "uc8179 quick": ("uc8179", {}, lambda chip: Uc8179(chip, is_quick=True), {}),
    "ssd1680": ("ssd1680", {}, Ssd1680, {}),
    "it8951 M641": ("it8951", {"model": "6inch"}, lambda chip: It8951(chip, vcom=1530), {}),
    "it8951 M641, A2": ("it8951", {"model": "6inch"}, It8951, {"prefers_direct": True}),
    "it8951 M841": ("it8951", {"model": "10.3inch"}, It8951, {}),
    "it8951 M841, A2": ("it8951", {"model": "10.3inch"}, It8951, {"prefers_direct": True}),
    "it8951, always full": ("it8951", {"model": "6inch"}, It8951, {"always_full": True}),
}


@pytest.mark.parametrize("name", BOARDS)
def test_whatever_is_drawn_stands_on_the_glass_and_the_controller_has_no_complaint(name):
    chip_name, options, make, settings = BOARDS[name]
    board = Board(chip_name, options, make, **settings)
    rng = random.Random(name)
    board.paint(board.wanted.rect, 255, is_ink=False)
    for _ in range(25):
        w, h = rng.randint(1, 40), rng.randint(1, 40)
        rect = Rect(rng.randint(0, board.wanted.width - w), rng.randint(0, board.wanted.height - h), w, h)
        board.paint(rect, rng.choice((0, 0, 255, 120)), is_ink=rng.random() < 0.7)
        board.pass_time(rng.choice((0.05, 0.3, 1.0, 90.0)))
    board.pass_time(1000.0)  # settled, cleaned, asleep
    assert board.chip.faults == []
    assert board.chip.glass.target == board.wanted.pixels
    assert board.chip.glass.seen == board.wanted.pixels, "ghosts are left"
    assert board.rests > 0


@pytest.mark.parametrize("name", ["uc8179", "ssd1680", "it8951 M841"])
def test_ink_is_on_the_glass_long_before_a_full_refresh_would_be(name):
    chip_name, options, make, _ = BOARDS[name]
    board = Board(chip_name, options, make)
    board.paint(board.wanted.rect, 255, is_ink=False)
    board.give(PenState(True))
    started = board.clock.now()
    board.paint(Rect(32, 40, 16, 9), 0)
    assert board.clock.now() - started < 0.7
    assert board.chip.glass.target == board.wanted.pixels


@pytest.mark.parametrize("name", ["uc8179", "ssd1680", "it8951 M641", "it8951 M841"])
@pytest.mark.parametrize("trouble", ["hang", "pull_out"])
def test_a_panel_in_trouble_is_an_error_soon_and_begun_anew_shows_all(name, trouble):
    chip_name, options, make, _ = BOARDS[name]
    board = Board(chip_name, options, make)
    board.paint(board.wanted.rect, 255, is_ink=False)
    getattr(board.chip, trouble)()
    started = board.clock.now()
    with pytest.raises(DeviceError):
        board.paint(Rect(32, 40, 16, 9), 0)
    assert board.clock.now() - started < 40.0
    if trouble == "pull_out":
        board.chip.put_in()
    board.driver.start()
    board.give(Reconnected())
    board.pass_time(5.0)
    assert board.chip.faults == []
    assert board.chip.glass.target == board.wanted.pixels
