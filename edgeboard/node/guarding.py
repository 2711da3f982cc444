"""A renderer that others have made, kept from holding up the board: it is bounded in time, and its faults name it.

Rules of this file: what a plug-in draws runs in the loop, so each of its steps has an end: a step that takes `LIMIT_S`
is broken off, where the machine can do that; one that is slow again and again, or fails, is not asked any more.
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

LIMIT_S: Final = 0.5  # of one step; then it is broken off
SLOW_S: Final = 0.1  # a step that takes longer is slow: three frames of a marquee, and a pen is seen to wait
SLOW_MOST: Final = 3  # such steps ..
SLOW_WITHIN_S: Final = 60.0  # .. in so short a time are too many
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

    @contextmanager
    def over(self, seconds: float) -> Iterator[None]:
        """What is done herein takes so long at most, or raises `_Overdue`; a call into C has to end first."""
        if self._is_running or not self._is_ours():
            yield
            return
        self._is_running = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
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
        if self._is_running:
            raise _Overdue


_limit = _Limit()


@final
class Guarded:
    """An artist of others, as one that cannot hold up the board for long.

    Each method raises RendererFailed when this artist is to draw no more.
    """

    def __init__(
        self, name: str, artist: Artist, context: PanelContext, now: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            name: of the renderer.
            artist: that it has opened.
            context: of the panel.
            now: monotonic seconds.

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
        self._slow: deque[float] = deque(maxlen=SLOW_MOST)

    def paint(self, area: Area, view: View, items: Sequence[Sight]) -> Generator[Area | None, None, None]:
        """See `Artist.paint`."""
        with self._step("paint"):
            parts = iter(self._artist.paint(area, view, items))
        while True:
            with self._step("paint"):
                try:
                    part = next(parts)
                except StopIteration:
                    return
            yield (
                part.meet(self._whole) if isinstance(part, Area) else None
            )  # what others call in a thread nobody can end

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
        began = self._now()
        try:
            with _limit.over(LIMIT_S):
                yield
        except RendererFailed:
            raise
        except _Overdue:
            raise RendererFailed(
                f"the renderer {self.name} is left out: one step of its {what} took more than {LIMIT_S:g} s"
            ) from None
        except (Exception, *ENDINGS) as error:  # somebody else's code, whatever it does
            _log.debug("in the renderer %s", self.name, exc_info=error)
            raise RendererFailed(
                f"the renderer {self.name} is left out: its {what} failed: {type(error).__name__}: {error}"
            ) from None
        ended = self._now()
        if ended - began <= SLOW_S:
            return
        self._slow.append(ended)
        _log.warning("the renderer %s held up the board for %.0f ms in its %s", self.name, (ended - began) * 1e3, what)
        if len(self._slow) == SLOW_MOST and ended - self._slow[0] <= SLOW_WITHIN_S:
            raise RendererFailed(
                f"the renderer {self.name} is left out: it held up the board {SLOW_MOST} times in"
                f" {SLOW_WITHIN_S:g} s, last for {(ended - began) * 1e3:.0f} ms in its {what}"
            )


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
