"""A pen of this board: what it does becomes ops, previews and cursors in a room, with nobody waited for.

Rules of this file: each pen is a person of its own, with an origin for each time it is plugged in; a piece is logged
when the pen is lifted, after 2 s, and when it is full, and leaves the board at once; whatever cannot be logged is said,
never dropped in silence; a pen that goes away in mid-stroke leaves all that it drew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import dist
from typing import Final, final

from edgeboard.canvas.bodies import Alive, Body
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.errors import RefusedError, StateError
from edgeboard.ids import OpId, Origin, PersonId
from edgeboard.interchange import pen
from edgeboard.node.core import Core
from edgeboard.node.values import Alarm, Inked, PenPlace
from edgeboard.oplog.codec import POINTS_MAX, Pen
from edgeboard.ports import PenMove, Touch
from edgeboard.rooms.room import Room
from edgeboard.wire.live import Cursor, LiveItem, live_item
from edgeboard.wire.previews import PreviewWriter

SCALE: Final = 20  # steps per px; the grid that the codec has a short name for
PIECE_S: Final = pen.PIECE_MS / 1000
SHOW_S: Final = 0.033  # between previews of a stroke, and between cursors
SHOW_POINTS: Final = 16  # points that are not kept for the next preview
ERASER_RADIUS: Final = 8.0  # px of the canvas
ERASER_STEP: Final = 2.0  # px: it is looked at again what lies below only after so much
WET_POINTS: Final = 4  # before a new point, that shape what is drawn to it
CURSOR_PEN, CURSOR_ERASER = 1, 2


@dataclass(slots=True)
class _Under:
    """A stroke under way."""

    began: float  # s
    item: OpId | None = None
    pieces: int = 0
    x: list[int] = field(default_factory=list)  # of the piece that is not logged yet, steps
    y: list[int] = field(default_factory=list)
    pressure: list[int] | None = None
    t: list[int] = field(default_factory=list)  # ms since the stroke began
    tilt: list[tuple[int, int]] | None = None
    first: float = 0.0  # s, when the piece began
    fresh: int = 0  # points that came since the last was logged
    previews: PreviewWriter | None = None

    def stroke(self) -> Stroke:
        tilt = self.tilt
        tilt_x, tilt_y = (None, None) if not tilt else ([x for x, _ in tilt], [y for _, y in tilt])
        return Stroke(SCALE, self.x, self.y, self.pressure, self.t, tilt_x, tilt_y)


@final
class Hand:
    """One pen in one room."""

    def __init__(self, core: Core, room: Room, person: PersonId, origin: Origin, place: PenPlace) -> None:
        self.place = place
        self.person = person
        self.maker = Maker(origin)
        self.room = room.room
        self.strokes = 0  # that were ended
        self._core = core
        self._style = pen.Style(colour=place.colour, width=place.thickness, page=place.page)
        self._pen = Pen(0, place.colour, place.thickness)
        self._under: _Under | None = None
        self._erasing: tuple[float, float] | None = None  # where the eraser was last, px
        self._has_erased = False
        self._sequence = 0
        self._shown_at = 0.0
        self._refusal = ""

    def receive(self, moves: Sequence[PenMove], now: float) -> None:
        """What the pen has done, in order."""
        place, wet = self.place, 0
        for move in moves:
            x, y = place.x + move.x * place.width, place.y + move.y * place.width
            match move.touch:
                case Touch.DOWN | Touch.MOVE if move.erases:
                    self._end_stroke(now)
                    self._erase(x, y, now)
                case Touch.DOWN | Touch.MOVE:
                    if self._under is None or move.touch is Touch.DOWN:
                        self._end(now)
                        self._begin(move)
                        wet = 0
                    self._add(move, x, y, now)
                    wet += 1
                case Touch.UP | Touch.AWAY:
                    self._wet(wet)
                    wet = 0
                    self._end(now)
                case Touch.HOVER:
                    self._end(now)
                    self._hover(x, y, move, now)
        self._wet(wet)
        self._preview(now)

    def next_timer(self) -> float | None:
        under = self._under
        if under is None or not under.fresh:
            return None
        return min(under.first + PIECE_S, self._shown_at + SHOW_S if self._is_unshown() else under.first + PIECE_S)

    def on_timer(self, now: float) -> None:
        self._preview(now)
        under = self._under
        if under is not None and under.fresh and now >= under.first + PIECE_S:
            self._log(now)

    def lift(self, now: float) -> None:
        """The pen is gone: what it drew stays."""
        self._end(now)

    # -- ink

    def _begin(self, move: PenMove) -> None:
        self._under = _Under(began=move.t, first=move.t)
        self._under.pressure = None if move.pressure is None else []
        self._under.tilt = None if move.tilt_x is None or move.tilt_y is None else []
        self._refusal = ""
        self._announce()

    def _announce(self) -> None:
        """The op that comes next will log what is drawn from here on."""
        assert self._under is not None
        self._under.previews = PreviewWriter(self.maker.next_id, self._pen, self.place.page)

    def _add(self, move: PenMove, x: float, y: float, now: float) -> None:
        """Take a point; a piece that is full, or has lasted long enough, is logged."""
        under = self._under
        assert under is not None
        step_x, step_y, t = round(x * SCALE), round(y * SCALE), max(0, round((move.t - under.began) * 1000))
        under.x.append(step_x)
        under.y.append(step_y)
        under.t.append(max(t, under.t[-1]) if under.t else t)
        if under.pressure is not None:
            under.pressure.append(move.pressure if move.pressure is not None else under.pressure[-1])
        if under.tilt is not None:
            last = under.tilt[-1] if under.tilt else (0, 0)
            is_known = move.tilt_x is not None and move.tilt_y is not None
            under.tilt.append((move.tilt_x or 0, move.tilt_y or 0) if is_known else last)
        under.fresh += 1
        if len(under.x) >= POINTS_MAX or (move.t - under.first >= PIECE_S and len(under.x) > 1):
            self._wet(min(under.fresh, WET_POINTS))
            self._log(now)

    def _log(self, now: float) -> None:
        """Log the piece under way; the next one begins where it ends."""
        under = self._under
        assert under is not None
        made = self._make(pen.body(under.stroke(), self._style, under.item, under.pieces), now, more=under.pieces > 0)
        under.item = under.item or made
        under.pieces += 1
        under.fresh = 0
        under.first = under.began + under.t[-1] / 1000
        for column in (under.x, under.y, under.pressure, under.t, under.tilt):
            if column is not None:
                del column[:-1]
        self._announce()

    def _end(self, now: float) -> None:
        self._erasing, self._has_erased = None, False
        self._end_stroke(now)

    def _end_stroke(self, now: float) -> None:
        if self._under is None:
            return
        if self._under.fresh:
            self._log(now)
        self._under = None
        self.strokes += 1

    def _make(self, body: Body, now: float, *, more: bool) -> OpId | None:
        """Log one op and send it at once; None if that was refused, which is said once for a stroke."""
        core, room = self._core, self._core.rooms[self.room]
        try:
            core.require_store()
            op = self.maker.make(body, room.document.lamport, more=more)
            room.take(self.maker.origin, self.person, op.tail, None, now)
        except (RefusedError, StateError) as error:
            if str(error) != self._refusal:
                self._refusal = str(error)
                core.out.append(Alarm(f"room {room.name}: what the pen of this board draws is refused: {error}"))
            return None
        core.publish(room, room.flush(core.identity.wall_ms()), None, now)
        return op.id

    # -- the eraser

    def _erase(self, x: float, y: float, now: float) -> None:
        if self._erasing is not None and dist(self._erasing, (x, y)) < ERASER_STEP:
            return
        room = self._core.rooms[self.room]
        scene = self._core.scene(self.room, self.place.page)
        scene.refresh(room.document)
        before = self._erasing or (x, y)
        self._erasing = (x, y)
        for item in scene.strokes_under(room.document, before, (x, y), ERASER_RADIUS):
            if self._make(Alive(item, False), now, more=self._has_erased) is not None:
                self._has_erased = True

    # -- what is shown and never logged

    def _wet(self, count: int) -> None:
        """Let the panels of this board draw the last `count` points at once."""
        under = self._under
        if under is None or not count or not under.x:
            return
        first = max(0, len(under.x) - count - WET_POINTS)
        points = tuple((x / SCALE, y / SCALE) for x, y in zip(under.x[first:], under.y[first:], strict=True))
        pressures = None if under.pressure is None else tuple(under.pressure[first:])
        self._core.out.append(Inked(self.room, self.place.page, self.maker.origin, self._pen, points, pressures))

    def _is_unshown(self) -> bool:
        under = self._under
        return under is not None and under.previews is not None and under.previews.shown < len(under.x)

    def _preview(self, now: float) -> None:
        under = self._under
        if under is None or under.previews is None or not self._is_unshown():
            return
        if now < self._shown_at + SHOW_S and len(under.x) - under.previews.shown < SHOW_POINTS:
            return
        self._shown_at = now
        self._show(under.previews.show(under.stroke(), len(under.x)), now)

    def _hover(self, x: float, y: float, move: PenMove, now: float) -> None:
        if now < self._shown_at + SHOW_S:
            return
        self._shown_at = now
        self._sequence += 1
        tool = CURSOR_ERASER if move.erases else CURSOR_PEN
        self._show([live_item(Cursor(self.maker.origin, self._sequence, x, y, tool, self.place.page))], now)

    def _show(self, items: Iterable[LiveItem], now: float) -> None:
        self._core.show_live(self.room, items, now)
