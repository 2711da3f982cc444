"""The Waveshare 4.3 inch e-paper module with a UART: 800x600, four greys, draws rectangles and takes no pixels.

What differs between the picture in its memory and the one that is wanted becomes filled rectangles (`shapes`), each
a command that the module answers. Some are under way at a time (`waveshare_window`), few enough for its buffer: it
loses what comes faster than it can draw. A refresh takes the whole screen. Commands may be said twice, so after an
error or a missing answer all that is not sure is said again, behind a handshake that brings the module back to the
beginning of a frame.

    IDLE -> CALLING -> SETTING -> READY <-> DRAWING -> REFRESHING -> READY;  any -> FAILED

It cannot be put to sleep: only a pulse on its WAKE_UP pin would end that, and a serial line has no such pin. Source:
`waveshare_frames`; a refresh takes 1.5 s.
"""

from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from typing import final

from firmware_bridge.engine import Command, Failed, Output, Ready, Refused, Rest, Show, Shown, Start, Started, Write
from firmware_bridge.panel import frame, shapes
from firmware_bridge.panel import waveshare_frames as frames
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update
from firmware_bridge.panel.waveshare_frames import Reply, ReplyReader
from firmware_bridge.panel.waveshare_window import Order, Window

LINE_RATES = (115200,)

REFRESH_S = 1.5
FACTS = PanelFacts(800, 600, greys=4, is_whole=True, durations=((Mode.FULL, REFRESH_S),))
WHOLE = Rect(0, 0, FACTS.width, FACTS.height)

CALLS_MAX = 6  # handshakes without an answer until nobody is there; it takes 3 s to start
CALL_S = 0.6
BYTE_S = 10 / LINE_RATES[0]
RESTART_S = 2.5  # of silence: long enough for it to have lost power, started, and forgotten what was drawn
PX_S = 0.000_002  # that it may take to fill one; the manual does not say, so the screen gets a second
REFRESH_WORK_S = 6.0
TRIES_MAX = 6  # of the same commands; with four, one page in seven got over a line that loses every hundredth byte

HANDSHAKE, REFRESH = frames.frame(frames.HANDSHAKE), frames.frame(frames.REFRESH)
CLEARING = Order(frames.frame(frames.CLEAR), work_s=WHOLE.area * PX_S)
REFRESHING = Order(REFRESH, work_s=REFRESH_WORK_S)


class Step(Enum):
    IDLE = "idle"
    CALLING = "calling"
    SETTING = "setting"
    READY = "ready"
    DRAWING = "drawing"
    REFRESHING = "refreshing"
    FAILED = "failed"


@final
class WaveshareUart:
    """Engine of one module."""

    def __init__(self) -> None:
        self._step = Step.IDLE
        self._reader = ReplyReader()
        self._memory: Frame | None = None  # what the module holds; None: unknown
        self._frame = 0
        self._update: Update | None = None
        self._window = Window()
        self._queue: Iterator[Order] = iter(())
        self._waiting: deque[Order] = deque()  # goes before the queue
        self._tries = 0  # without success since all was sure
        self._calls = 0  # handshakes since the last answer to one
        self._called_at: float | None = None  # a handshake waits for its answer
        self._call_until = 0.0
        self._heard_at = 0.0
        self._error: int | None = None  # the last one
        self._again_at: float | None = None  # a pause ends, if the line has been quiet
        self._then: Callable[[float], None] = self._resume  # what comes after it
        self._refreshed_at = 0.0  # when the refresh has had its time
        self._shown_at: float | None = None  # the same, once it has been answered
        self._out: list[Output] = []
        self._count = dict.fromkeys(("commands", "again", "errors", "strays"), 0)

    # -- the verbs

    def receive(self, data: bytes, now: float) -> None:
        for reply in self._reader.receive(data, now):
            self._take_reply(reply, now)

    def submit(self, command: Command, now: float) -> None:
        match command:
            case Start():
                self._step = Step.CALLING
                self._call(now)
            case Show(update):
                self._show(update, now)
            case Rest():
                pass  # it would not wake again

    def on_timer(self, now: float) -> None:
        if self._reader.silent_at is not None and now >= self._reader.silent_at:
            for reply in self._reader.settle():
                self._take_reply(reply, now)
        deadline = self._deadline()
        if deadline is not None and now >= deadline:
            self._miss_answer(now)
        if self._again_at is not None and now >= self._again_at:
            self._again_at = None
            self._then(now)
        if self._shown_at is not None and now >= self._shown_at:
            self._shown_at = None
            self._finish()

    def next_timer(self) -> float | None:
        due = (self._reader.silent_at, self._deadline(), self._again_at, self._shown_at)
        return min((at for at in due if at is not None), default=None)

    def drain(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def statistics(self) -> dict[str, int]:
        return {**self._count, "noise": self._reader.noise}

    # -- updates

    def _show(self, update: Update, now: float) -> None:
        if self._step is not Step.READY:
            is_busy = self._update is not None
            why = "the panel is still busy with another" if is_busy else "the panel is not ready"
            self._out.append(Refused(update.number, why, needs_all=not is_busy))
            return
        is_whole = update.base == 0 and update.rect == WHOLE
        if not is_whole and (self._memory is None or update.base != self._frame):
            self._out.append(Refused(update.number, "the panel holds another picture", needs_all=True))
            return
        # A whole frame trusts nothing: a module that has lost its memory to a power cut does not say so.
        before = None if is_whole or self._memory is None else self._memory.crop(update.rect)
        drawing = shapes.plan(update.rect, before, frame.quantise(update.pixels, FACTS.greys))
        self._update, self._heard_at = update, now
        self._step = Step.DRAWING
        self._queue = _order(drawing)
        self._say_more(now)

    def _finish(self) -> None:
        update, self._update = self._update, None
        if update is None:
            return
        if self._memory is None:
            self._memory = Frame(FACTS.width, FACTS.height)
        self._memory.paste(update.rect, frame.quantise(update.pixels, FACTS.greys))
        self._frame = update.frame
        self._step = Step.READY
        self._out.append(Shown(update.number))

    def _give_up(self, why: str) -> None:
        """What was to be drawn is drawn in part."""
        update, self._update = self._update, None
        self._memory, self._frame = None, 0
        self._window.fall_back()
        self._waiting.clear()
        self._queue = iter(())
        self._called_at = self._again_at = self._shown_at = None
        self._tries = self._calls = 0
        self._step = Step.READY
        if update is not None:
            self._out.append(Refused(update.number, why, needs_all=True))

    def _fail(self, text: str) -> None:
        self._give_up(text)
        self._step = Step.FAILED
        self._out.append(Failed(text))

    # -- commands

    def _say_more(self, now: float) -> None:
        """As many as have room; what comes after the last of them, once all are answered."""
        while (order := self._next()) is not None:
            if not self._window.has_room(order):
                return
            self._waiting.popleft()
            if order is REFRESHING:
                self._refreshed_at = now + REFRESH_S
            self._window.say(order, now)
            self._write(order.data)
        if not self._window.is_open:
            self._go_on(now)

    def _next(self) -> Order | None:
        if not self._waiting and (order := next(self._queue, None)) is not None:
            self._waiting.append(order)
        return self._waiting[0] if self._waiting else None

    def _go_on(self, now: float) -> None:
        if self._step is Step.SETTING:
            self._step = Step.READY
            self._out.append(Ready("Waveshare 4.3 inch e-paper module", panel=FACTS))
        elif self._step is Step.DRAWING and self._update is not None:
            self._step = Step.REFRESHING
            self._waiting.append(REFRESHING)
            self._say_more(now)
            self._out.append(Started(self._update.number))
        elif self._step is Step.REFRESHING:
            if now >= self._refreshed_at:
                self._finish()
            else:
                self._shown_at = self._refreshed_at

    def _write(self, data: bytes) -> None:
        self._count["commands"] += 1
        self._out.append(Write(data))

    def _take_reply(self, reply: Reply, now: float) -> None:
        is_called = self._called_at is not None
        silence, self._heard_at = now - self._heard_at, now
        if not is_called and not self._window.is_open:  # nothing was asked
            self._count["strays"] += 1
            if self._again_at is not None:
                self._pause(self._then, now)
        elif reply.error is not None:
            self._count["errors"] += 1
            self._error = reply.error
            if is_called:  # somebody is there, in the middle of a frame
                self._miss_call(now)
            else:
                self._take_error(reply.error, now)
        elif self._called_at is not None:
            if self._calls == 1:
                self._window.measure(now - self._called_at)
            self._called_at = None
            if self._update is not None and silence >= RESTART_S:
                self._give_up("the Waveshare module was silent for long, and may have forgotten what was drawn")
                return
            self._pause(self._resume, now)  # other answers may follow: late ones, and of frames that the filling ended
        else:
            if self._window.answer(now):
                self._tries = 0
            self._say_more(now)

    # -- trouble

    def _deadline(self) -> float | None:
        """Of an answer."""
        return self._window.deadline() if self._called_at is None else self._call_until

    def _take_error(self, code: int, now: float) -> None:
        self._fall_back()
        if self._tries < TRIES_MAX:
            self._pause(self._call, now)
        elif self._step is Step.SETTING:
            self._fail(f"the Waveshare module refuses to be set up: {frames.explain(code)}")
        else:
            self._give_up(f"the Waveshare module refuses a command: {frames.explain(code)}")

    def _miss_answer(self, now: float) -> None:
        self._error = None
        self._window.miss()
        if self._called_at is not None:
            self._miss_call(now)
            return
        self._fall_back()
        if self._tries < TRIES_MAX:
            self._call(now)
        else:
            self._fail("the Waveshare module has stopped answering")

    def _fall_back(self) -> None:
        again = self._window.fall_back()
        self._waiting.extendleft(reversed(again))
        self._count["again"] += len(again)
        self._tries += 1

    def _pause(self, then: Callable[[float], None], now: float) -> None:
        """Until nothing has come for a while that answers what was said before."""
        self._then = then
        self._again_at = now + self._window.patience / 2

    def _call(self, now: float) -> None:
        """A handshake; from the third on, behind zeros that end the longest frame the module may still wait for."""
        self._calls += 1
        words = (bytes(frames.FRAME_LIMIT) if self._calls >= 3 else b"") + HANDSHAKE
        patience = CALL_S if self._step is Step.CALLING else self._window.patience
        self._called_at, self._call_until = now, now + patience + len(words) * BYTE_S
        self._write(words)

    def _miss_call(self, now: float) -> None:
        self._called_at = None
        if self._calls < CALLS_MAX:
            if self._error is None:
                self._call(now)
            else:
                self._pause(self._call, now)
        elif self._step is Step.CALLING:
            self._fail(
                f"no Waveshare module answers the handshake, said {self._calls} times at {LINE_RATES[0]} baud; see "
                "that its TX goes to our RX and RX to our TX, and that it has power"
            )
        elif self._error is not None and self._step is not Step.SETTING:
            self._give_up(f"the Waveshare module refuses a command: {frames.explain(self._error)}")
        else:
            self._fail("the Waveshare module has stopped answering")

    def _resume(self, now: float) -> None:
        """It has answered a handshake: on with the settings, or with what is not sure."""
        self._calls = 0
        if self._step is Step.CALLING:
            self._step = Step.SETTING
            self._queue = iter((Order(frames.frame(frames.ROTATE, b"\0")), _colour(0)))
        self._say_more(now)


def _order(drawing: shapes.Drawing) -> Iterator[Order]:
    level: int | None = None
    if drawing.clears:
        yield _colour(0)
        yield CLEARING
        level = 0
    for grey, rect in drawing.shapes:
        if grey // 85 != level:
            level = grey // 85
            yield _colour(level)
        yield Order(frames.fill(rect), work_s=rect.area * PX_S)


def _colour(level: int) -> Order:
    return Order(frames.colour(level), lasts=True)
