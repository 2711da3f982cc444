"""A renderer that others have made, kept from holding up the board: it is bounded in time, and its faults name it.

Rules of this file: what a plug-in draws runs in the loop, so each of its steps has an end: a step that computes for
`LIMIT_S` or hangs for `HANG_S` is broken off, where the machine can do that; one that is slow again and again, or
fails, or finds no end, is not asked any more. What counts is the time of the processor, because on a busy machine
everything takes long; a renderer that waits is told by several long steps. The first slow step loads fonts.
"""

import logging
import signal
import threading
import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, final

from edgeboard.oplog.codec import Pen
from edgeboard.render.renderers import Artist
from edgeboard.render.scene import Sight
from edgeboard.render.values import Area, PanelContext, View

if TYPE_CHECKING:
    from edgeboard.render.surface import Surface

LIMIT_S: Final = 0.5  # of the processor, in one step; then it is broken off. A step that takes longer is slow
HANG_S: Final = 2.0  # of one step, whatever it does; then it is broken off
FIRST_TIMES: Final = 3  # as long may last what comes before a page is painted, or one step was slow
SLOW_S: Final = 0.1  # of the processor: a step that takes more is slow: three frames of a marquee, and a pen waits
SLOW_MOST: Final = 3  # such steps ..
SLOW_WITHIN_S: Final = 60.0  # .. in so short a time are too many
STEPS_MOST: Final = 100_000  # of one painting; ours takes 11,000 for the worst of pages
PAINT_S: Final = 30.0  # of the processor, in one painting; ours takes 21 s for the worst of pages
TEXT_MOST: Final = 300  # letters of what is told of a fault
ALARM_LEAST_S: Final = 0.001
ENDINGS: Final = (SystemExit, GeneratorExit, CancelledError)  # of the process or a task: none of these is theirs

_log = logging.getLogger(__name__)


class RendererFailed(Exception):
    """A renderer is not asked any more; the text names it and says why, for people."""


class _Overdue(BaseException):
    """Raised within a step that takes too long; no `Exception`, or the step would take it for one of its own."""


class _Limit:
    """Breaks off steps of the main thread by SIGALRM, unless somebody else has that."""

    def __init__(self) -> None:
        self._is_running = False
        self._cpu_until = self._until = 0.0

    @contextmanager
    def over(self, cpu_s: float, seconds: float) -> Iterator[None]:
        """What is done herein takes so long at most, or raises `_Overdue`; a call into C has to end first.

        Args:
            cpu_s: of the processor, in this thread.
            seconds: whatever it does.
        """
        if self._is_running or not self._is_ours():
            yield
            return
        self._cpu_until, self._until = time.thread_time() + cpu_s, time.monotonic() + seconds
        self._is_running = True
        signal.setitimer(signal.ITIMER_REAL, min(cpu_s, seconds))
        try:
            yield
        finally:
            self._is_running = False
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def _is_ours(self) -> bool:
        if threading.current_thread() is not threading.main_thread():
            return False
        if signal.getsignal(signal.SIGALRM) is signal.SIG_DFL:
            signal.signal(signal.SIGALRM, self._ring)
        return signal.getsignal(signal.SIGALRM) == self._ring

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if not self._is_running:
            return
        left = min(self._cpu_until - time.thread_time(), self._until - time.monotonic())
        if left <= 0.0:
            raise _Overdue
        signal.setitimer(signal.ITIMER_REAL, max(left, ALARM_LEAST_S))  # others had the processor


_limit = _Limit()


@final
class Guarded:
    """An artist of others, as one that cannot hold up the board for long.

    Each method raises RendererFailed when this artist is to draw no more.
    """

    def __init__(
        self,
        name: str,
        artist: Artist,
        context: PanelContext,
        now: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        """
        Args:
            name: of the renderer.
            artist: that it has opened.
            context: of the panel.
            now: monotonic seconds.
            cpu: seconds that this thread has had the processor.

        Raises:
            ValueError: its surface is not one for that panel.
        """
        self.name = name
        self.surface: Surface = artist.surface
        self._whole = Area(0, 0, context.width, context.height)
        self._channels = context.format.channels
        if (self.surface.area, self.surface.channels) != (self._whole, self._channels):
            raise ValueError(f"its surface is not of {context.width} x {context.height} px of {self._channels} bytes")
        self._artist = artist
        self._now = now
        self._cpu = cpu
        self._is_warm = False  # it has painted, or was slow once
        self._slow: deque[float] = deque(maxlen=SLOW_MOST)

    def paint(self, area: Area, view: View, items: Sequence[Sight]) -> Generator[Area | None, None, None]:
        """See `Artist.paint`."""
        with self._step("paint"):
            parts = iter(self._artist.paint(area, view, items))
        spent = 0.0
        for _ in range(STEPS_MOST):
            began = self._cpu()
            with self._step("paint"):
                try:
                    part = next(parts)
                except StopIteration:
                    self._is_warm = True
                    return
            spent += self._cpu() - began
            if spent > PAINT_S:
                break
            # Work for a thread is not handed on: nobody can end what others call there.
            yield part.meet(self._whole) if isinstance(part, Area) else None
        raise RendererFailed(
            f"the renderer {self.name} is left out: its paint found no end in {STEPS_MOST:,} steps or"
            f" {PAINT_S:g} s of the processor"
        )

    def ink(
        self,
        view: View,
        pen: Pen,
        points: Sequence[tuple[float, float]],
        pressures: Sequence[float] | None,
        clip: Area | None = None,
    ) -> Area:
        """See `Artist.ink`."""
        with self._step("ink"):
            return _area(self._artist.ink(view, pen, points, pressures, clip)).meet(self._whole)

    def moved(self, before: View, after: View) -> list[Area]:
        """See `Artist.moved`."""
        with self._step("moved"):
            return [_area(each).meet(self._whole) for each in self._artist.moved(before, after)]

    def pixels(self, area: Area, *, is_still: bool) -> bytes:
        """See `Artist.pixels`."""
        with self._step("pixels"):
            found: object = self._artist.pixels(area, is_still=is_still)
            size = area.width * area.height * self._channels
            if not isinstance(found, bytes) or len(found) != size:
                had = f"{len(found)}" if isinstance(found, bytes) else f"a {type(found).__name__} and no"
                raise ValueError(f"it gave {had} bytes for {area.width} x {area.height} px, where there are {size}")
            return found

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        began, began_cpu = self._now(), self._cpu()
        times = 1 if self._is_warm else FIRST_TIMES
        try:
            with _limit.over(times * LIMIT_S, times * HANG_S):
                yield
        except RendererFailed:
            raise
        except _Overdue:
            raise RendererFailed(
                f"the renderer {self.name} is left out: one step of its {what} took more than {times * LIMIT_S:g} s of"
                f" the processor, or {times * HANG_S:g} s in all"
            ) from None
        except (Exception, *ENDINGS) as error:  # somebody else's code, whatever it does
            _log.debug("in the renderer %s", self.name, exc_info=error)
            raise RendererFailed(
                f"the renderer {self.name} is left out: its {what} failed: {type(error).__name__}: {text_of(error)}"
            ) from None
        ended = self._now()
        if self._cpu() - began_cpu <= SLOW_S and ended - began <= LIMIT_S:
            return
        if self._is_warm:
            self._slow.append(ended)
        self._is_warm = True
        _log.warning("the renderer %s held up the board for %.0f ms in its %s", self.name, (ended - began) * 1e3, what)
        if len(self._slow) == SLOW_MOST and ended - self._slow[0] <= SLOW_WITHIN_S:
            raise RendererFailed(
                f"the renderer {self.name} is left out: it held up the board {SLOW_MOST} times in"
                f" {SLOW_WITHIN_S:g} s, last for {(ended - began) * 1e3:.0f} ms in its {what}"
            )


def text_of(error: BaseException) -> str:
    """What an exception of others says, if it can say it."""
    try:
        with _limit.over(SLOW_S, LIMIT_S):
            return str(error)[:TEXT_MOST]
    except (Exception, *ENDINGS, _Overdue):
        return "it cannot say what it is"


def _area(found: object) -> Area:
    if not isinstance(found, Area):
        raise TypeError(f"it gave a {type(found).__name__} where there is an Area")
    return found


def failure_of(error: BaseException) -> RendererFailed | None:
    """The failure of a renderer that an exception is, or that it was raised with; None: there is none."""
    if isinstance(error, RendererFailed):
        return error
    if isinstance(error, BaseExceptionGroup):
        return next((found for each in error.exceptions if (found := failure_of(each)) is not None), None)
    return None
