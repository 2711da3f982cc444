"""A renderer that others have made holds up the board for a bounded time, and its faults name it."""

import itertools
import logging
import signal
import time
from asyncio import CancelledError
from contextlib import suppress

import pytest

from edgeboard.node import guarding
from edgeboard.node.guarding import LIMIT_S, PAINT_S, SLOW_MOST, SLOW_WITHIN_S, Guarded, RendererFailed, failure_of
from edgeboard.oplog.codec import Pen
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PanelContext, PixelFormat, View

PANEL = PanelContext(8, 8, PixelFormat.GREY4)
WHOLE, VIEW, PEN = Area(0, 0, 8, 8), View(0, 0, 1.0), Pen(0, 0, 8)


class Slow:
    """An artist each of whose steps takes as long as a test says."""

    def __init__(self):
        self.surface = Surface(8, 8, 1)
        self.now = self.cpu = 0.0
        self.work = lambda: None

    def paint(self, area, view, items):
        for _ in range(3):
            self.work()
            yield area

    def ink(self, view, pen, points, pressures, clip=None):
        self.work()
        return WHOLE

    def moved(self, before, after):
        self.work()
        return [WHOLE]

    def pixels(self, area, *, is_still):
        self.work()
        return bytes(area.width * area.height)

    def takes(self, seconds, cpu=None):
        def work():
            self.now += seconds
            self.cpu += seconds if cpu is None else cpu

        self.work = work


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def guarded(slow):
    made = Guarded("snail", slow, PANEL, lambda: slow.now, lambda: slow.cpu)
    list(made.paint(WHOLE, VIEW, ()))  # fonts are loaded
    return made


def calls(guarded):
    return [
        lambda: list(guarded.paint(WHOLE, VIEW, ())),
        lambda: guarded.ink(VIEW, PEN, [(1, 1)], None),
        lambda: guarded.moved(VIEW, VIEW),
        lambda: guarded.pixels(WHOLE, is_still=False),
    ]


def test_what_draws_in_short_steps_is_as_it_was(slow, guarded):
    slow.takes(0.09)
    for _ in range(100):
        assert [call() for call in calls(guarded)] == [[WHOLE] * 3, WHOLE, [WHOLE], bytes(64)]
    assert guarded.surface is slow.surface


def test_slow_steps_are_named_and_too_many_in_a_minute_are_the_last(slow, guarded, caplog):
    slow.takes(0.15)
    with caplog.at_level(logging.WARNING), pytest.raises(RendererFailed, match=r"the renderer snail.*3 times.*150 ms"):
        list(guarded.paint(WHOLE, VIEW, ()))
    assert [each.message for each in caplog.records] == [
        "the renderer snail held up the board for 150 ms in its paint"
    ] * SLOW_MOST


def test_a_slow_step_now_and_then_is_forgiven(slow, guarded):
    for _ in range(10):
        slow.takes(0.15)
        guarded.pixels(WHOLE, is_still=False)
        slow.now += SLOW_WITHIN_S / 2 + 1


def test_a_busy_machine_is_no_fault_of_a_renderer(slow, guarded, caplog):
    slow.takes(0.45, cpu=0.02)
    for _ in range(10):
        assert [call() for call in calls(guarded)] == [[WHOLE] * 3, WHOLE, [WHOLE], bytes(64)]
    assert caplog.records == []


def test_a_renderer_that_waits_for_long_again_and_again_is_left_out_though_it_does_not_compute(slow, guarded):
    slow.takes(0.6, cpu=0.0)
    with pytest.raises(RendererFailed, match=r"3 times.*600 ms in its paint"):
        list(guarded.paint(WHOLE, VIEW, ()))


def test_the_first_slow_step_loads_fonts_and_is_forgiven(slow):
    fresh = Guarded("snail", slow, PANEL, lambda: slow.now, lambda: slow.cpu)
    slow.takes(0.4)
    for _ in range(SLOW_MOST):
        fresh.pixels(WHOLE, is_still=False)
    with pytest.raises(RendererFailed):
        fresh.pixels(WHOLE, is_still=False)


def test_a_painting_without_end_is_ended(slow, guarded, monkeypatch):
    slow.paint = lambda *_: itertools.repeat(None)
    monkeypatch.setattr(guarding, "STEPS_MOST", 1_000)
    with pytest.raises(RendererFailed, match=r"its paint found no end in 1,000 steps"):
        list(guarded.paint(WHOLE, VIEW, ()))


def test_a_painting_that_takes_the_processor_for_long_in_short_steps_is_ended(slow, guarded):
    def paint(*_):
        for _ in range(1_000):
            slow.work()
            yield None

    slow.paint = paint
    slow.takes(0.09)
    steps = guarded.paint(WHOLE, VIEW, ())
    with pytest.raises(RendererFailed, match=r"or 30 s of the processor"):
        list(steps)
    assert slow.cpu == pytest.approx(PAINT_S, abs=0.1)


@pytest.mark.parametrize("ending", [ValueError, SystemExit, CancelledError])
def test_a_fault_that_cannot_say_what_it_is_is_a_fault_all_the_same(slow, guarded, ending):
    class MuteError(Exception):
        def __str__(self):
            raise ending

    def fail():
        raise MuteError

    slow.work = fail
    with pytest.raises(RendererFailed, match="its ink failed: MuteError: it cannot say what it is"):
        guarded.ink(VIEW, PEN, [(1, 1)], None)


def test_a_step_that_waits_without_end_is_broken_off(slow, guarded, monkeypatch):
    monkeypatch.setattr(guarding, "HANG_S", 0.05)
    slow.work = lambda: time.sleep(30.0)
    began = time.monotonic()
    with pytest.raises(RendererFailed, match=r"or 0.05 s in all"):
        guarded.pixels(WHOLE, is_still=False)
    assert time.monotonic() - began < 30.0


@pytest.mark.parametrize("at", range(4), ids=["paint", "ink", "moved", "pixels"])
def test_a_step_that_does_not_end_is_broken_off_even_if_it_takes_all_exceptions_for_its_own(slow, guarded, at):
    def hang():  # and computes
        ends = time.monotonic() + 30.0
        while time.monotonic() < ends:
            with suppress(Exception):  # as plug-ins do
                sum(range(1_000))

    slow.work = hang
    began = time.monotonic()
    with pytest.raises(RendererFailed, match=r"the renderer snail is left out: one step of its .* more than 0.5 s"):
        calls(guarded)[at]()
    assert time.monotonic() - began < 30.0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0.0, "nothing is broken off afterwards"


def test_a_step_that_fails_says_how(slow, guarded):
    def fail():
        raise ZeroDivisionError("no ink")

    slow.work = fail
    for call in calls(guarded):
        with pytest.raises(RendererFailed, match=r"snail.*failed: ZeroDivisionError: no ink"):
            call()


@pytest.mark.parametrize("ending", [SystemExit, GeneratorExit, CancelledError, StopIteration])
def test_what_would_end_the_board_or_its_task_ends_the_renderer(slow, guarded, ending):
    def fail():
        raise ending

    slow.work = fail
    for call in calls(guarded)[1:]:
        with pytest.raises(RendererFailed, match="snail is left out"):
            call()


@pytest.mark.parametrize(
    ("part", "gives"),
    [
        ("pixels", None),
        ("pixels", b""),
        ("pixels", bytes(65)),
        ("pixels", "x" * 64),
        ("ink", None),
        ("moved", [None]),
        ("moved", 5),
    ],
)
def test_what_is_no_answer_is_a_failure_of_the_renderer(slow, guarded, part, gives):
    setattr(slow, part, lambda *_, **__: gives)
    with pytest.raises(RendererFailed, match=f"snail is left out: its {part} failed"):
        calls(guarded)[["paint", "ink", "moved", "pixels"].index(part)]()


def test_nothing_is_shown_of_what_lies_beside_the_panel(slow, guarded):
    slow.ink = lambda *_: Area(-5, 4, 100, 100)
    assert guarded.ink(VIEW, PEN, [(1, 1)], None) == Area(0, 4, 8, 4)


@pytest.mark.parametrize("surface", [None, "x", Surface(8, 9, 1), Surface(8, 8, 4)])
def test_an_artist_without_a_surface_for_its_panel_draws_nothing(slow, surface):
    slow.surface = surface
    with pytest.raises((AttributeError, ValueError)):
        Guarded("snail", slow, PANEL)


def test_where_somebody_else_has_the_alarm_nothing_is_broken_off_and_slow_steps_count_all_the_same(
    slow, guarded, monkeypatch
):
    monkeypatch.setattr(guarding.signal, "getsignal", lambda number: print)
    monkeypatch.setattr(guarding.signal, "setitimer", lambda *what: pytest.fail("the alarm is not ours"))
    slow.takes(LIMIT_S + 0.1)
    for _ in range(SLOW_MOST - 1):
        guarded.pixels(WHOLE, is_still=False)
    with pytest.raises(RendererFailed):
        guarded.pixels(WHOLE, is_still=False)


def test_a_failure_is_found_wherever_tasks_have_put_it():
    failure = RendererFailed("snail")
    group = ExceptionGroup("of tasks", [ValueError(), ExceptionGroup("inner", [failure])])
    assert failure_of(group) is failure
    assert failure_of(failure) is failure
    assert failure_of(ExceptionGroup("of tasks", [ValueError()])) is None
