"""Wacom ISDv4 on a serial line: the "penabled" digitizers of tablet PCs (W8001, PNP ids WACf000 and up, FUJ*).

8N1 at 38400 or 19200. The host stops the sampling, discards what is queued, asks (`*`), and starts. Only the first
byte of a packet has bit 7 set: a byte with bit 7 inside a packet means that the packet was cut, and the next begins
there. Nothing has a checksum, so the maxima, on which all samples depend, count once they have been said twice alike,
and what no pen can have sent (beyond the maxima, tip without proximity, a reserved bit) is dropped and counted.

Sources: linuxwacom/xf86-input-wacom (src/wcmISDV4.c, isdv4.h), Linux' drivers/input/touchscreen/wacom_w8001.c; they
disagree on the order of the two tilt maxima, so tilt is read where both are equal.
"""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never, final

from firmware_bridge.engine import Command, Failed, Moved, Output, Ready, Rest, SetBaud, Show, Start, Told, Write
from firmware_bridge.pen.proximity import BITS_PER_BYTE, Proximity, limit
from firmware_bridge.pen.samples import PenFacts, PenSample, Tool
from firmware_bridge.pen.splitter import Splitter

LINE_RATES = (38400, 19200)

STOP, START, ASK_PEN, ASK_TOUCH = b"0", b"1", b"*", b"%"

STOP_S = 0.25  # between STOP and the query; whatever comes is discarded
ANSWER_S = 1.0
ASK_MAX = 6  # times that the query is sent until two answers are alike

HEADER, CONTROL, NEAR, TOUCH = 0x80, 0x40, 0x20, 0x10  # bits of the first byte
RESERVED, SHARED, SIDE, TIP = 0x08, 0x04, 0x02, 0x01
PEN_ANSWER = 0xC0
TOUCH_ANSWERS = (0xC1, 0xC3)  # one finger, two

PEN_LENGTH = 9
CONTROL_LENGTH = 11
TOUCH_LENGTHS = {0: 5, 2: 5, 1: 7, 3: 7, 4: 7, 5: 13}  # by sensor id

POINTS_PER_MM = 100.0  # 2540 lines an inch; the protocol has no field for it
TILT_DEGREES = 64.0  # full tilt either way, as Wacom's tablets have it; nor for this


class Step(Enum):
    IDLE = "idle"
    STOPPING = "stopping"
    ASKING = "asking"
    ASKING_TOUCH = "asking for touch"
    SAMPLING = "sampling"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PenAnswer:
    """The reply to the pen query."""

    x_max: int
    y_max: int
    pressure_max: int
    tilt_max: int  # 0: no tilt
    version: int


@dataclass(frozen=True, slots=True)
class TouchAnswer:
    """The reply to the touch query."""

    x_max: int  # 0: this device has no touch
    y_max: int
    length: int  # of a touch packet
    version: int


def read_pen_answer(packet: bytes) -> PenAnswer | None:
    """The 11 bytes of a reply to `*`; None if they cannot be one."""
    low = packet[6]
    tilts = packet[7], packet[8]
    answer = PenAnswer(
        x_max=packet[1] << 9 | packet[2] << 2 | low >> 5 & 3,
        y_max=packet[3] << 9 | packet[4] << 2 | low >> 3 & 3,
        pressure_max=(low & 7) << 7 | packet[5],
        tilt_max=tilts[0] if tilts[0] == tilts[1] else 0,
        version=packet[9] << 7 | packet[10],
    )
    return answer if packet[0] == PEN_ANSWER and answer.x_max and answer.y_max else None


def read_touch_answer(packet: bytes) -> TouchAnswer | None:
    """The 11 bytes of a reply to `%`; None if they cannot be one."""
    if packet[0] not in TOUCH_ANSWERS:
        return None
    low = packet[2]
    resolution = packet[1]
    x_max = packet[3] << 9 | packet[4] << 2 | low >> 5 & 3
    y_max = packet[5] << 9 | packet[6] << 2 | low >> 3 & 3
    if not resolution:
        x_max = y_max = 0
    elif not x_max or not y_max:
        x_max = y_max = 1 << min(resolution, 14)  # coordinates have 14 bits
    length = TOUCH_LENGTHS.get(low & 7)
    return None if length is None else TouchAnswer(x_max, y_max, length, packet[9] << 7 | packet[10])


@final
class Isdv4Pen:
    """A `DeviceEngine` for one such digitizer."""

    def __init__(self, rate: int | None = None, *, touch: bool = False) -> None:
        """
        Args:
            rate: baud to try before the usual ones.
            touch: ask for touch, and give what fingers do, as samples in the pen's units.
        """
        self._rates = tuple(dict.fromkeys((rate, *LINE_RATES) if rate else LINE_RATES))
        self._attempt = 0
        self._wants_touch = touch
        self._step = Step.IDLE
        self._deadline: float | None = None
        self._asked = 0
        self._answer: PenAnswer | None = None
        self._touch: TouchAnswer | None = None
        self._tilt_scale = 0.0
        self._splitter = Splitter(self._length_of)
        self._proximity = Proximity(self._rates[0])
        self._out: list[Output] = []
        names = "packets", "damaged", "out_of_range", "control", "touch", "touch_ignored", "silences"
        self._counts = dict.fromkeys(names, 0)

    # -- what goes in

    def submit(self, command: Command, now: float) -> None:
        match command:
            case Start():
                self._attempt = 0
                self._try_rate(now)
            case Show() | Rest():
                pass  # a pen shows nothing, and may rest as it is
            case _:
                assert_never(command)

    def receive(self, data: bytes, now: float) -> None:
        if self._step in (Step.IDLE, Step.STOPPING, Step.FAILED):
            return  # what was queued before the query, or is nobody's
        for packet, bytes_after in self._splitter.split(data):
            self._take(packet, now, bytes_after)
        self._hand_over()

    def on_timer(self, now: float) -> None:
        if self._proximity.on_timer(now):
            self._counts["silences"] += 1
            self._hand_over()
        if self._proximity.is_nudge_due(now):
            self._out.append(Write(START))
        if self._deadline is None or now < self._deadline:
            return
        match self._step:
            case Step.STOPPING:
                self._step = Step.ASKING
                self._ask(now)
            case Step.ASKING if self._answer is not None and self._asked < ASK_MAX:
                self._ask(now)
            case Step.ASKING if self._answer is not None:
                self._settle(now)  # said once, and nothing else
            case Step.ASKING:
                self._try_next_rate(now)
            case Step.ASKING_TOUCH:
                self._begin(now)  # a pen-only device may stay silent
            case _:
                self._deadline = None

    def next_timer(self) -> float | None:
        return self._proximity.next_timer() if self._deadline is None else self._deadline

    # -- what comes out

    def drain(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def statistics(self) -> dict[str, int]:
        """Counters: `packets` of the pen, `noise` bytes outside packets, `cut` packets, `damaged` ones, those
        `out_of_range`, `control` packets, `touch` packets, `touch_ignored` of them, `silences` of a pen that was near.
        """
        splitter, counts = self._splitter, dict(self._counts)
        counts["touch"] += splitter.unknown
        counts["touch_ignored"] += splitter.unknown
        return {**counts, "noise": splitter.noise, "cut": splitter.cut}

    # -- the handshake

    def _try_rate(self, now: float) -> None:
        rate = self._rates[self._attempt]
        self._proximity = Proximity(rate)
        self._answer = None
        self._touch = None
        self._asked = 0
        self._splitter.clear()
        self._step = Step.STOPPING
        self._deadline = now + STOP_S
        self._out += [SetBaud(rate), Write(STOP)]

    def _try_next_rate(self, now: float) -> None:
        self._attempt += 1
        if self._attempt < len(self._rates):
            self._try_rate(now)
            return
        self._step = Step.FAILED
        self._deadline = None
        tried = " and ".join(str(rate) for rate in self._rates)
        self._out.append(
            Failed(
                f"no ISDv4 digitizer answered its query at {tried} baud; see that it has power and that nobody else "
                "uses the port, or name another device in its URL"
            )
        )

    def _ask(self, now: float) -> None:
        self._asked += 1
        self._deadline = now + ANSWER_S
        self._out.append(Write(ASK_PEN))

    def _hear(self, packet: bytes, now: float) -> None:
        """A control packet."""
        self._counts["control"] += 1
        if self._step is Step.ASKING:
            answer = read_pen_answer(packet)
            if answer is None:
                self._counts["damaged"] += 1
            elif answer == self._answer:
                self._settle(now)
            elif self._asked < ASK_MAX:
                self._answer = answer
                self._ask(now)
            else:
                self._try_next_rate(now)
        elif self._step is Step.ASKING_TOUCH:
            touch = read_touch_answer(packet)
            if touch is not None:
                self._touch = touch if touch.x_max else None
                self._begin(now)

    def _settle(self, now: float) -> None:
        """The pen is known."""
        if not self._wants_touch:
            self._begin(now)
            return
        self._step = Step.ASKING_TOUCH
        self._deadline = now + ANSWER_S
        self._out.append(Write(ASK_TOUCH))

    def _begin(self, now: float) -> None:
        answer = self._answer
        assert answer is not None, "nobody begins before the pen has answered"
        self._step = Step.SAMPLING
        self._deadline = None
        self._proximity.begin(now)
        self._tilt_scale = TILT_DEGREES / (answer.tilt_max / 2) if answer.tilt_max else 0.0
        if self._wants_touch and self._touch is None:
            self._out.append(Told("this ISDv4 digitizer has no touch, or does not say"))
        facts = PenFacts(
            x_max=answer.x_max,
            y_max=answer.y_max,
            pressure_max=answer.pressure_max,
            points_per_mm=POINTS_PER_MM,
            has_tilt=answer.tilt_max > 0,
            rate=self._rates[self._attempt] // (BITS_PER_BYTE * PEN_LENGTH),
        )
        self._out += [Ready(f"Wacom ISDv4, version {answer.version}", pen=facts), Write(START)]

    # -- packets

    def _length_of(self, first: int) -> int:
        """Bytes of the packet that begins so; 0: not known, it ends where the next begins."""
        if first & CONTROL:
            return CONTROL_LENGTH
        if first & TOUCH:
            return self._touch.length if self._touch else 0
        return PEN_LENGTH

    def _take(self, packet: bytes, now: float, bytes_after: int) -> None:
        """A whole packet."""
        if packet[0] & CONTROL:
            self._hear(packet, now)
        elif self._step is not Step.SAMPLING:
            return  # of the time before the query
        elif packet[0] & TOUCH:
            self._take_touch(packet, self._proximity.stamp(now, bytes_after))
        else:
            self._take_pen(packet, self._proximity.stamp(now, bytes_after))

    def _take_pen(self, packet: bytes, t: float) -> None:
        answer = self._answer
        assert answer is not None, "nobody samples before the pen has answered"
        first, x_high, x_low, y_high, y_low, pressure_low, low, tilt_x, tilt_y = packet
        if first & RESERVED or (first & (NEAR | TIP)) == TIP:
            self._counts["damaged"] += 1
            return
        self._counts["packets"] += 1
        if not first & NEAR:
            if self._proximity.tool is not Tool.FINGER:
                self._proximity.leave(t)
            return
        x = limit(x_high << 9 | x_low << 2 | low >> 5 & 3, answer.x_max)
        y = limit(y_high << 9 | y_low << 2 | low >> 3 & 3, answer.y_max)
        pressure = limit((low & 7) << 7 | pressure_low, answer.pressure_max) if answer.pressure_max else 0
        if x is None or y is None or pressure is None:
            self._counts["out_of_range"] += 1
            return
        tool, side2 = self._proximity.read_shared_bit(bool(first & SHARED))
        tip, side = bool(first & TIP), bool(first & SIDE)
        lean_x, lean_y = self._read_tilt(tilt_x), self._read_tilt(tilt_y)
        self._proximity.report(PenSample(t, x, y, pressure, tool, True, tip, side, side2, lean_x, lean_y))

    def _read_tilt(self, raw: int) -> float | None:
        """Degrees; None where there is no tilt, or this is none."""
        if not self._tilt_scale or self._answer is None or raw > self._answer.tilt_max:
            return None
        return (raw - self._answer.tilt_max / 2) * self._tilt_scale

    def _take_touch(self, packet: bytes, t: float) -> None:
        self._counts["touch"] += 1
        pen, touch = self._answer, self._touch
        if pen is None or touch is None or self._proximity.tool not in (None, Tool.FINGER):
            self._counts["touch_ignored"] += 1
            return
        if not packet[0] & TIP:
            self._proximity.leave(t)
            return
        x = limit(packet[1] << 7 | packet[2], touch.x_max)
        y = limit(packet[3] << 7 | packet[4], touch.y_max)
        if x is None or y is None:
            self._counts["out_of_range"] += 1
            return
        x, y = x * pen.x_max // touch.x_max, y * pen.y_max // touch.y_max
        self._proximity.report(PenSample(t, x, y, tool=Tool.FINGER, tip=True))

    def _hand_over(self) -> None:
        if samples := self._proximity.take():
            self._out.append(Moved(samples))
