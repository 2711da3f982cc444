"""A microcontroller of our own link as a device: a pen, a panel, or both (docs/formats/serial.md).

A device that boots anew in mid-update or in mid-stroke costs the update, which is refused so that all of it is sent
again, and ends the stroke where the pen last was; then it is called anew, without a new line.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import final

from firmware_bridge import link
from firmware_bridge.engine import (
    Command,
    Failed,
    Measured,
    Moved,
    Output,
    Ready,
    Refused,
    Rest,
    Show,
    Shown,
    Start,
    Started,
    Told,
    Write,
)
from firmware_bridge.errors import DeviceError
from firmware_bridge.link import Link
from firmware_bridge.messages import (
    Begin,
    Description,
    Log,
    Paint,
    PenBatch,
    Ping,
    Pong,
    Reason,
    Refresh,
    Sleep,
    State,
    Status,
    decode_description,
    decode_message,
    encode_message,
)
from firmware_bridge.panel import tiles
from firmware_bridge.panel.values import Update
from firmware_bridge.pen.samples import PenSample, Tool
from firmware_bridge.timestamps import DeviceClock

LINE_RATES = (115200, 921600, 460800)
PING_FIRST_S = 0.2  # the first pings come sooner, so that the clock is right before the first stroke
PING_FIRST = 4
PING_EVERY_S = 2.0
AHEAD = 2048  # bytes of tiles that wait in the link: what is not cut yet costs no memory
UPDATE_S = 30.0  # a refresh that takes longer is not coming any more
TOOLS = (Tool.PEN, Tool.ERASER, Tool.CURSOR, Tool.FINGER)
SAMPLES = 2**32  # their numbers wrap


@final
class McuDevice:
    """A DeviceEngine; see `engine`."""

    def __init__(self) -> None:
        self._link = Link()
        self._clock = DeviceClock()
        self._description: Description | None = None
        self._nonce = 0  # of the device's boot
        self._update: Update | None = None
        self._messages: Iterator[bytes] = iter(())
        self._is_begun = False
        self._update_due: float | None = None
        self._pings: dict[int, float] = {}  # tokens that are out, and when they left
        self._token = 0
        self._early = 0  # pings that still come soon
        self._ping_due: float | None = None
        self._last: PenSample | None = None
        self._next_sample: int | None = None
        self._outputs: list[Output] = []
        self._samples = self._missed = self._twice = self._dropped = self._bad = 0

    def submit(self, command: Command, now: float) -> None:
        match command:
            case Start():
                self._link.call(now)
            case Show(update):
                self._show(update, now)
            case Rest():
                if self._link.is_open and self._description is not None and self._description.panel is not None:
                    self._link.send(encode_message(Sleep()), now)
        self._carry(now)

    def receive(self, data: bytes, now: float) -> None:
        self._link.receive(data, now)
        self._carry(now)

    def on_timer(self, now: float) -> None:
        self._link.on_timer(now)
        self._carry(now)  # a session that has just ended wants no ping
        if self._ping_due is not None and now >= self._ping_due:
            self._ping(now)
        if self._update_due is not None and now >= self._update_due:
            self._refuse(f"no word of it for {UPDATE_S:.0f} s")
        self._carry(now)

    def next_timer(self) -> float | None:
        timers = (self._link.next_timer(), self._ping_due, self._update_due)
        return min((timer for timer in timers if timer is not None), default=None)

    def drain(self) -> list[Output]:
        outputs, self._outputs = self._outputs, []
        return outputs

    def statistics(self) -> dict[str, int]:
        own = {"samples": self._samples, "missed": self._missed, "twice": self._twice}
        return self._link.statistics() | own | {"dropped": self._dropped, "bad_messages": self._bad}

    # -- what the link says

    def _carry(self, now: float) -> None:
        """Hand on what the link has to say, until it and we have nothing more."""
        while True:
            self._feed(now)
            outputs = self._link.drain()
            if not outputs:
                return
            for output in outputs:
                match output:
                    case Write():
                        self._outputs.append(output)
                    case link.Opened():
                        self._opened(output, now)
                    case link.Delivered(message, at):
                        self._take(message, at)
                    case link.Closed(why):
                        self._closed(why, now)
                    case link.Said(text):
                        self._outputs.append(Told(f"the device says: {readable(text)}"))
                    case link.GivenUp(why):
                        self._outputs.append(Failed(f"{why}; is the firmware running, and its rate the line's?"))

    def _opened(self, opened: link.Opened, now: float) -> None:
        try:
            description = decode_description(opened.hello.body)
        except DeviceError as error:
            self._outputs.append(Failed(f"the device's hello cannot be read: {error}; update its firmware"))
            return
        if opened.hello.nonce != self._nonce:  # another boot: its clock and its numbers begin anew
            self._nonce = opened.hello.nonce
            self._clock = DeviceClock()
            self._next_sample = None
        self._clock.learn(opened.called, opened.heard, description.clock)
        self._description = description
        self._early, self._ping_due = PING_FIRST, now
        self._outputs.append(Ready(readable(description.name), description.pen, description.panel))

    def _closed(self, why: str, now: float) -> None:
        self._outputs.append(Told(f"{why}; it is called anew"))
        self._pings.clear()
        self._ping_due = None
        if self._last is not None and self._last.near:
            self._last = replace(self._last, t=max(now, self._last.t), near=False, tip=False, pressure=0)
            self._outputs.append(Moved((self._last,)))
        self._refuse("the link to it began anew")

    def _take(self, data: bytes, now: float) -> None:
        try:
            message = decode_message(data)
        except DeviceError:
            self._bad += 1
            return
        match message:
            case PenBatch():
                self._move(message, now)
            case Status():
                self._report(message)
            case Pong(token, clock):
                sent = self._pings.pop(token, None)
                if sent is not None:
                    self._clock.learn(sent, now, clock)
            case Log(text):
                self._outputs.append(Told(f"the device says: {readable(text)}"))
            case _:  # of a later version, or only ever of a host
                self._bad += message is not None

    def _ping(self, now: float) -> None:
        self._token = (self._token + 1) % 2**32
        self._early -= self._early > 0
        if len(self._pings) > PING_FIRST:
            self._pings.clear()  # nobody answers these any more
        self._pings[self._token] = now
        self._link.send_loose(encode_message(Ping(self._token)), now)
        self._ping_due = now + (PING_FIRST_S if self._early else PING_EVERY_S)

    # -- pen

    def _move(self, batch: PenBatch, now: float) -> None:
        facts = None if self._description is None else self._description.pen
        if facts is None:
            self._bad += 1
            return
        count = len(batch.states)
        skip = 0
        if self._next_sample is not None:
            ahead = (batch.first - self._next_sample) % SAMPLES
            if ahead < SAMPLES // 2:
                self._missed += ahead
            else:  # sent again, because we had not said that it had come
                skip = min(SAMPLES - ahead, count)
        self._twice += skip
        if skip < count:
            self._next_sample = (batch.first + count) % SAMPLES
        samples = []
        stamp = batch.clock
        for place in range(count):
            stamp += batch.steps[place]
            if place < skip:
                continue
            if batch.x[place] > facts.x_max or batch.y[place] > facts.y_max:
                self._dropped += 1
                continue
            t = self._clock.translate(stamp % 2**32, now)
            samples.append(self._sample(batch, place, max(t, self._last.t) if self._last else t, facts.pressure_max))
            self._last = samples[-1]
        if samples:
            self._samples += len(samples)
            self._outputs.append(Moved(tuple(samples)))

    def _sample(self, batch: PenBatch, place: int, t: float, pressure_max: int) -> PenSample:
        state = batch.states[place]
        return PenSample(
            t,
            batch.x[place],
            batch.y[place],
            min(batch.pressure[place], pressure_max),
            TOOLS[state >> 4 & 3],
            bool(state & 1),
            state & 3 == 3,  # what touches is near
            bool(state & 4),
            bool(state & 8),
            float(batch.tilt_x[place]) if batch.tilt_x else None,
            float(batch.tilt_y[place]) if batch.tilt_y else None,
        )

    # -- panel

    def _show(self, update: Update, now: float) -> None:
        panel = None if self._description is None else self._description.panel
        if self._update is not None or panel is None or not self._link.is_open:
            text = "another is under way" if self._update is not None else "no panel is connected"
            self._outputs.append(Refused(update.number, text, needs_all=self._update is None))
            return
        self._update, self._is_begun = update, False
        self._messages = _messages_of(update, panel.greys)
        self._update_due = now + UPDATE_S

    def _feed(self, now: float) -> None:
        """Cut as much of the update as the link takes now."""
        while self._update is not None and self._link.is_open and self._link.backlog < AHEAD:
            message = next(self._messages, None)
            if message is None:
                return
            self._update_due = now + UPDATE_S
            self._link.send(message, now)

    def _report(self, status: Status) -> None:
        if status.centidegrees is not None:
            self._outputs.append(Measured(status.centidegrees / 100))
        update = self._update
        if update is None or status.number != update.number or status.state is State.IDLE:
            return
        if status.state is State.REFUSED:
            why = {
                Reason.OTHER_BASE: "the panel shows something else than it should",
                Reason.BAD_UPDATE: "the panel cannot do this",
                Reason.PANEL_FAULT: "the panel reports a fault",
            }
            self._refuse(why.get(status.reason, "the panel gives no reason"))
        elif status.state is State.STARTED:
            self._begin(update)
        else:
            self._begin(update)  # the word of its beginning may come together with that of its end
            self._end()
            self._outputs.append(Shown(update.number))

    def _begin(self, update: Update) -> None:
        if not self._is_begun:
            self._is_begun = True
            self._outputs.append(Started(update.number))

    def _refuse(self, text: str) -> None:
        if self._update is not None:
            self._outputs.append(Refused(self._update.number, text, needs_all=True))
            self._end()

    def _end(self) -> None:
        self._update, self._update_due, self._messages = None, None, iter(())


def readable(text: str) -> str:
    """What a device says as a line of a log, a page or a terminal: whatever could command these is a space."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _messages_of(update: Update, greys: int) -> Iterator[bytes]:
    yield encode_message(Begin(update.number, update.base, update.frame, update.rect))
    for tile in tiles.encode(update.rect, update.pixels, greys):
        yield encode_message(Paint(update.number, tile))
    yield encode_message(Refresh(update.number, update.mode))
